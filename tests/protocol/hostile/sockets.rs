//! Attacks with sockets: handshakes and frames cut anywhere, what must not come, and what is never read or said.

use std::io::Write;
use std::thread;
use std::time::Duration;

use nextim_testkit::socket::{BINARY, CLOSE, PONG, TEXT, ack_frame, frame, handshake};

use super::pair::beside_a_pair;
use crate::support::{Conn, Frame, Setup, Site, Socket, eventually, form, post};

/// Between two bytes, so that the server reads one at a time.
const GAP: Duration = Duration::from_micros(200);
/// What closes a socket that is in order.
const NORMAL: [u8; 2] = 1000_u16.to_be_bytes();

/// What opens the socket of a new session, and what closes it.
fn whole(site: &Site, name: &str) -> Vec<u8> {
    let ticket = site.online(name, &[]).ticket;
    let target = format!("/ws?{}", form(&[("domain", &site.domain), ("ticket", &ticket)]));
    [handshake(&target, &[]), frame(CLOSE, &NORMAL)].concat()
}

/// Sends what comes first at once, and then byte by byte, as long as somebody takes them.
#[track_caller]
fn byte_by_byte(site: &Site, first: &[u8], then: &[u8]) -> Conn {
    let mut conn = site.connect();
    conn.send(first);
    let mut writer = conn.writer();
    for byte in then {
        if writer.write_all(&[*byte]).is_err() {
            break;
        }
        thread::sleep(GAP);
    }
    conn
}

#[test]
fn a_handshake_that_ends_anywhere_is_answered_with_nothing_and_a_whole_one_is_taken_byte_by_byte() {
    beside_a_pair(&Setup::calm(), |site, pair| {
        let all = whole(site, "alice");
        let cut = all.len() - frame(CLOSE, &NORMAL).len();
        let cuts: Vec<Conn> = (0..cut)
            .map(|bytes| {
                let mut conn = site.connect();
                conn.send(&all[..bytes]);
                conn.stop_sending();
                conn
            })
            .collect();
        pair.keeps_talking();
        for (bytes, conn) in cuts.into_iter().enumerate() {
            assert_eq!(conn.rest(), b"", "{bytes} bytes");
        }
        let mut socket = Socket::open(byte_by_byte(site, b"", &all), b"").unwrap();
        assert_eq!(socket.bodies(), [""; 0]);
        assert_eq!(socket.closed(), 1000);
    });
}

#[test]
fn what_must_not_come_closes_the_socket_though_it_comes_byte_by_byte() {
    let announced = |first: u8, bytes: u64| [&[first, 0xFF][..], &bytes.to_be_bytes()].concat();
    let bad = [
        (frame(BINARY, b"x").repeat(1_000), 1008),
        (announced(TEXT, 5), 1002),
        (announced(TEXT, 1 << 40), 1009),
        (announced(TEXT, u64::MAX), 1002),
        (announced(PONG, 126), 1002),
        (frame(0x80, b"x"), 1002),
        (frame(0x09, b"x"), 1002),
        (frame(0x08, b"x"), 1002),
        (b"\x81\x02{}".to_vec(), 1002),
        (frame(PONG, &[b'x'; 126]), 1002),
        (handshake("/ws", &[]), 1002),
    ];
    beside_a_pair(&Setup::calm(), |site, pair| {
        for (number, (bytes, code)) in bad.iter().enumerate() {
            let open = whole(site, &format!("user{number}"));
            let open = &open[..open.len() - frame(CLOSE, &NORMAL).len()];
            let few = [&ack_frame(0), &bytes[..bytes.len().min(130)]].concat();
            // The second one would take the place of the first if that were not closed yet.
            let check = |conn: Conn, sent: &[u8]| {
                let socket = Socket::open(conn, sent).unwrap();
                assert_eq!(socket.closed(), *code, "{:02x?}", &bytes[..bytes.len().min(12)]);
            };
            check(site.connect(), &[open, bytes].concat());
            check(byte_by_byte(site, open, &few), b"");
        }
        pair.keeps_talking();
    });
}

#[test]
fn a_body_of_a_handshake_is_no_frame() {
    beside_a_pair(&Setup::calm(), |site, _| {
        let body = frame(CLOSE, &1001_u16.to_be_bytes());
        let chunk = [format!("{:x}\r\n", body.len()).as_bytes(), &body, b"\r\n0\r\n\r\n"].concat();
        for (number, (header, body)) in
            [(("Content-Length", "8"), &body), (("Transfer-Encoding", "chunked"), &chunk)]
                .into_iter()
                .enumerate()
        {
            let ticket = site.online(&format!("user{number}"), &[]).ticket;
            for target in [
                format!("/ws?{}", form(&[("domain", &site.domain), ("ticket", &ticket)])),
                "/v5/wsocket".to_owned(),
            ] {
                let bytes = [&handshake(&target, &[header])[..], body, &frame(CLOSE, &NORMAL)].concat();
                let socket = Socket::open(site.connect(), &bytes).unwrap();
                assert_eq!(socket.closed(), 1000, "{target} {header:?}");
            }
        }
    });
}

#[test]
fn a_ticket_of_another_site_opens_nothing() {
    beside_a_pair(&Setup::calm(), |site, _| {
        let other = site.neighbour();
        let (eve, mut alice) = (site.online("eve", &[]), other.online("alice", &[]));
        for (domain, ticket) in [(&site.domain, &alice.ticket), (&other.domain, &eve.ticket)] {
            let target = format!("/ws?{}", form(&[("domain", domain), ("ticket", ticket), ("seq", "0")]));
            Socket::open(site.connect(), &handshake(&target, &[])).unwrap_err().is(404, "no client found");
            let mut socket = Socket::open(site.connect(), &handshake("/v5/wsocket", &[])).unwrap();
            socket.send(TEXT, format!("subscribe {domain} {ticket}").as_bytes());
            assert_eq!(socket.closed(), 1008);
        }
        other.push("x", "alice", "hi");
        assert_eq!(alice.everything().bodies(), ["hi"]);
    });
}

#[test]
fn a_socket_that_is_never_read_is_let_go_and_keeps_no_more_than_a_queue() {
    const MESSAGES_MAX: usize = 2_000;
    let setup = Setup::calm().timeout("write_ms", 1_000).limit("queue_bytes", 4 * 1_024 * 1_024);
    beside_a_pair(&setup, |site, pair| {
        let alice = site.online("alice", &[]);
        let mut deaf = alice.socket();
        let body = "x".repeat(30_000);
        let say = post("/messages", &site.signed(&[("from", "x"), ("to", "alice"), ("body", &body)]));
        let taken = (0..MESSAGES_MAX).take_while(|_| {
            // Some of it is acknowledged, which is not read either while something is to be written.
            deaf.ack(0);
            site.send(&say).status == 200
        });
        assert!(taken.count() < MESSAGES_MAX, "its queue is full at some time");
        pair.keeps_talking();
        let mut writer = deaf.into_conn().writer();
        eventually("the server closes", || writer.write_all(&ack_frame(0)).is_err().then_some(()));
    });
}

#[test]
fn a_socket_takes_the_place_of_a_poll_and_a_poll_of_a_socket() {
    beside_a_pair(&Setup::calm(), |site, _| {
        let alice = site.by_polls().online("alice", &[]);
        let parked = alice.park_surely();
        let mut socket = alice.socket();
        assert_eq!(parked.response().json()["reason"], "replaced");
        assert_eq!(socket.bodies(), [""; 0]);
        site.push("x", "alice", "hi");
        assert_eq!(socket.bodies(), ["hi"]);
        assert_eq!(alice.poll_with(&[]).json()["messages"][0]["body"], "hi");
        let (last, code) = socket.stopped();
        assert_eq!((&last["reason"], code), (&"replaced".into(), 1000));
    });
}

#[test]
fn sockets_of_a_domain_that_is_removed_end_and_no_others() {
    let [a, b] = [("a.example", ["key a"]), ("b.example", ["key b"])];
    let sites = [(a.0, &a.1[..]), (b.0, &b.1[..])];
    let both = Setup::calm().sites(&sites);
    both.own(|server| {
        let [gone, stays] = [a, b].map(|(domain, keys)| Site::named(server, domain, keys[0]));
        let open = |site: &Site| {
            let alice = site.online("alice", &[]);
            let mut socket = alice.socket();
            assert_eq!(socket.bodies(), [""; 0]);
            (alice, socket)
        };
        let ((alice, ends), (_, mut goes_on)) = (open(&gone), open(&stays));
        let [mut late, mut other] =
            [(); 2].map(|()| Socket::open(gone.connect(), &handshake("/v5/wsocket", &[])).unwrap());
        server.reload(&both.clone().sites(&sites[1..]));
        let (last, code) = ends.stopped();
        assert_eq!((&last["status"], code), (&"stopped".into(), 1000));
        late.send(TEXT, format!("subscribe a.example {}", alice.ticket).as_bytes());
        assert_eq!(late.closed(), 1008);
        assert_ne!(alice.socket_with(&[]).unwrap_err().status, 101);
        stays.push("x", "alice", "hi");
        assert_eq!(goes_on.bodies(), ["hi"]);
        let page = stays.online("bob", &[]).ticket;
        other.send(TEXT, format!("subscribe b.example {page}").as_bytes());
        assert!(matches!(other.frame(), Frame::Ping(_)));
    });
}
