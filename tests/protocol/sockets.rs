//! Sockets: how they open, what a client may send, and what acknowledges. §3. What has ended is in `sockets_end`.

use nextim_testkit::socket::{CLOSE, PING, PONG, TEXT, ack_frame, frame, handshake};
use serde_json::json;

use crate::support::{Browser, Frame, Setup, Socket, each_site, eventually, form, get, request};

/// A socket that has had its first text, which was empty, and the ping behind it.
#[track_caller]
pub(crate) fn open(browser: &Browser) -> Socket {
    let mut socket = browser.socket();
    assert_eq!(socket.bodies(), [""; 0]);
    assert_eq!(socket.frame(), Frame::Ping(vec![]));
    socket
}

/// Waits until this is all that is not acknowledged: the shard of a socket may pass on what it has read when its client
/// sees the end already.
#[track_caller]
fn is_left(browser: &Browser, expected: &[&str]) {
    eventually("the others are acknowledged", || {
        let mut socket = browser.socket_with(&[]).ok()?;
        let bodies = socket.bodies();
        socket.leave();
        (bodies == expected).then_some(())
    });
}

#[test]
fn the_first_text_comes_at_once_even_if_it_is_empty() {
    each_site(|site| {
        let mut socket = site.online("alice", &[]).socket();
        let empty = r#"{"status":"ok","messages":[],"presences":[],"statuses":[],"seq":0}"#;
        assert_eq!(socket.frame(), Frame::Text(empty.to_owned()));
        assert_eq!(socket.frame(), Frame::Ping(vec![]));
    });
}

#[test]
fn a_text_is_what_an_answer_to_a_poll_would_be() {
    each_site(|site| {
        let (bob, alice) = (site.online("bob", &[]), site.online("alice", &[("buddies", "bob")]));
        let mut socket = open(&alice);
        bob.call("/messages", &[("to", "alice"), ("body", "a\nb"), ("meta", "{\n\"a\":\r[1]}")]).ok();
        let message = socket.text()["messages"][0].clone();
        assert_eq!((&message["body"], &message["meta"]), (&json!("a\nb"), &json!({"a": [1]})));
        bob.types("alice", "typing");
        assert_eq!(socket.text()["statuses"][0]["show"], "typing");
        bob.show("away");
        assert_eq!(socket.text()["presences"][0]["show"], "away");
        bob.signals("alice", "read", "{\"upto\":\"1\"}");
        let text = socket.text();
        assert_eq!(text["signals"][0]["name"], "read");
        assert_eq!(alice.poll_with(&[]).json()["seq"], text["seq"], "in one row of numbers");
    });
}

#[test]
fn a_long_text_is_one_frame() {
    each_site(|site| {
        let mut socket = open(&site.online("alice", &[]));
        for bytes in [100, 32_000] {
            let body = "x".repeat(bytes);
            site.push("x", "alice", &body);
            assert_eq!(socket.bodies(), [body]);
        }
        let bodies = [1, 2, 3].map(|number| number.to_string().repeat(30_000));
        drop(socket);
        let bob = site.online("bob", &[]);
        for body in &bodies {
            site.push("x", "bob", body);
        }
        assert_eq!(bob.socket().bodies(), bodies);
    });
}

#[test]
fn on_one_socket_each_packet_comes_once_and_until_it_is_acknowledged_on_the_next_one_again() {
    each_site(|site| {
        let mut alice = site.online("alice", &[]);
        let mut socket = open(&alice);
        for body in ["one", "two", "three"] {
            site.push("x", "alice", body);
            assert_eq!(socket.bodies(), [body]);
        }
        drop(socket);
        let mut socket = alice.socket();
        assert_eq!(socket.bodies(), ["one", "two", "three"]);
        socket.ack(2);
        socket.ack(1);
        socket.send(PONG, b"of no ping");
        site.push("x", "alice", "four");
        assert_eq!(socket.bodies(), ["four"]);
        socket.leave();
        is_left(&alice, &["three", "four"]);
        let mut socket = alice.socket();
        assert_eq!(socket.bodies(), ["three", "four"]);
        alice.ack(4).ok();
        site.push("x", "alice", "five");
        assert_eq!(alice.everything().bodies(), ["five"], "a call acknowledges as well");
        assert_eq!(socket.stopped().0["reason"], "replaced");
    });
}

#[test]
fn an_empty_text_and_a_ping_come_when_nothing_else_does() {
    let setup = Setup::calm().timeout("poll_hold_ms_min", 50).timeout("poll_hold_ms_max", 100);
    setup.each(|site| {
        let mut socket = open(&site.online("alice", &[]));
        for _ in 0..3 {
            assert_eq!(socket.bodies(), [""; 0]);
            assert_eq!(socket.frame(), Frame::Ping(vec![]));
        }
    });
}

#[test]
fn a_ping_of_the_client_is_answered_with_its_payload() {
    each_site(|site| {
        let alice = site.online("alice", &[]);
        let mut unknown = Socket::open(site.connect(), &handshake("/v5/wsocket", &[])).unwrap();
        for socket in [&mut open(&alice), &mut unknown] {
            for payload in [&b""[..], b"anybody there?", &[0xFF; 125]] {
                socket.send(PING, payload);
                assert_eq!(socket.frame(), Frame::Pong(payload.to_vec()));
            }
        }
        let mut socket = alice.socket();
        assert_eq!(socket.bodies(), [""; 0]);
        assert_eq!(socket.frame(), Frame::Ping(vec![]));
        // Of many that come together only some are answered, and the last one is.
        let pings: Vec<u8> = (0..1_000_u16).flat_map(|number| frame(PING, &number.to_be_bytes())).collect();
        socket.send_bytes(&pings);
        while socket.frame() != Frame::Pong(999_u16.to_be_bytes().to_vec()) {}
        site.push("x", "alice", "still there");
        assert_eq!(socket.bodies(), ["still there"]);
    });
}

#[test]
fn a_handshake_is_refused_by_a_status_and_the_end_of_the_connection() {
    each_site(|site| {
        let alice = site.online("alice", &[]);
        let gone = site.online("gone", &[]);
        gone.offline();
        let (domain, ticket) = (("domain", &*site.domain), ("ticket", &*alice.ticket));
        let check = |params: &[(&str, &str)], status, body| {
            // What stands behind a handshake is not for this server if it is refused.
            let mut bytes = handshake(&format!("/ws?{}", form(params)), &[]);
            bytes.extend_from_slice(&get("/health", &[]));
            let mut conn = site.connect();
            conn.send(&bytes);
            conn.response().is(status, body);
            assert_eq!(conn.rest(), b"");
        };
        check(&[domain, ticket, ("seq", "9")], 400, "bad parameter: seq");
        check(&[domain, ("ticket", "x")], 404, "invalid ticket");
        check(&[domain, ("ticket", &gone.ticket)], 404, "no client found");
        check(&[domain], 400, "missing parameter: ticket");
        let target = format!("/ws?{}", form(&[domain, ticket]));
        for target in [&*target, "/v5/wsocket"] {
            let refused = site.send(&request(&format!("GET {target} HTTP/1.1"), &[], b""));
            refused.is(
                426,
                if target.starts_with("/v5") {
                    r#"{"status":"error","message":"upgrade to a WebSocket of version 13"}"#
                } else {
                    "upgrade to a WebSocket of version 13"
                },
            );
            assert_eq!(refused.header("upgrade"), Some("websocket"));
            assert_eq!(refused.header("sec-websocket-version"), Some("13"));
        }
    });
}

#[test]
fn a_domain_with_origins_takes_sockets_of_these_pages_only() {
    Setup::calm().domains("origins = [\"https://a.example\"]").each(|site| {
        let alice = site.online("alice", &[]);
        for other in [&[][..], &[("Origin", "https://b.example")], &[("Origin", "null")]] {
            alice.socket_with(other).unwrap_err().is(403, "origin not allowed");
        }
        let mut socket = alice.socket_with(&[("Origin", "https://a.example")]).unwrap();
        assert_eq!(socket.bodies(), [""; 0]);
    });
}

/// What a client must not send, and the code that it is closed with.
#[test]
fn anything_else_closes_the_socket_and_not_the_session() {
    let reason = |code: u16| [&code.to_be_bytes()[..], b"why"].concat();
    let cases = [
        (frame(TEXT, b"hello"), 1008),
        (frame(TEXT, b"{\"seq\":\"1\"}"), 1008),
        (frame(TEXT, b"{\"seq\":99}"), 1008),
        (frame(0x82, b"{\"seq\":0}"), 1008),
        (frame(0x01, b"{\"seq\":0}"), 1008),
        (frame(0x80, b"x"), 1002),
        (frame(0xC1, b"{\"seq\":0}"), 1002),
        (frame(0x83, b""), 1002),
        (frame(0x8B, b""), 1002),
        (frame(TEXT, b"\xFF"), 1002),
        (b"\x81\x09{\"seq\":0}".to_vec(), 1002),
        (frame(PONG, &[0; 126]), 1002),
        (frame(TEXT, &[b'x'; 126]), 1009),
        (b"\x81\xFF\0\0\0\0\x7F\0\0\0".to_vec(), 1009),
        (get("/health", &[]), 1002),
        (frame(CLOSE, &1005_u16.to_be_bytes()), 1002),
        (frame(CLOSE, b""), 1000),
        (frame(CLOSE, &reason(1001)), 1001),
        (frame(CLOSE, &reason(4000)), 4000),
    ];
    each_site(|site| {
        let alice = site.online("alice", &[]);
        for (bytes, code) in &cases {
            let mut socket = alice.socket();
            // An acknowledgement before it counts, one behind it does not.
            let all = [&ack_frame(0), &**bytes, &ack_frame(0)].concat();
            socket.send_bytes(&all);
            assert_eq!(socket.closed(), *code, "{bytes:02x?}");
        }
        site.push("x", "alice", "hi");
        assert_eq!(alice.socket().bodies(), ["hi"]);
    });
}

#[test]
fn frames_may_be_cut_anywhere() {
    each_site(|site| {
        let alice = site.online("alice", &[]);
        let cuts = 1..[&frame(PONG, b"abc")[..], &ack_frame(9)].concat().len();
        for cut in cuts {
            let mut socket = alice.socket();
            socket.text();
            site.push("x", "alice", "hi");
            let seq = socket.text()["seq"].as_u64().unwrap();
            let bytes = [&frame(PONG, b"abc")[..], &ack_frame(seq)].concat();
            socket.send_bytes(&bytes[..cut]);
            site.onlines("alice"); // so that the server reads one part after the other
            socket.send_bytes(&bytes[cut..]);
            socket.leave();
            is_left(&alice, &[]);
        }
    });
}

#[test]
fn frames_behind_the_handshake_are_frames_of_the_socket() {
    each_site(|site| {
        let alice = site.online("alice", &[]);
        site.push("x", "alice", "one");
        site.push("x", "alice", "two");
        let params = [("domain", &*site.domain), ("ticket", &*alice.ticket), ("seq", "0")];
        let target = format!("/ws?{}", form(&params));
        let bytes = [&handshake(&target, &[])[..], &ack_frame(1), &frame(TEXT, b"no")].concat();
        let mut socket = Socket::open(site.connect(), &bytes).unwrap();
        assert_eq!(socket.bodies(), ["one", "two"]);
        assert_eq!(socket.closed(), 1008);
        is_left(&alice, &["two"]);
    });
}

#[test]
fn an_acknowledgement_before_the_end_of_the_connection_counts() {
    each_site(|site| {
        let alice = site.online("alice", &[]);
        for number in 1..=20 {
            let mut socket = alice.socket();
            socket.text();
            site.push("x", "alice", "hi");
            assert_eq!(socket.bodies(), ["hi"]);
            socket.ack(number);
            socket.leave();
            is_left(&alice, &[]);
        }
    });
}

#[test]
fn floods_of_frames_hold_up_nothing() {
    each_site(|site| {
        let (alice, bob) = (site.online("alice", &[]), site.online("bob", &[]));
        let (mut flooded, mut other) = (open(&alice), open(&bob));
        for flood in [ack_frame(0), frame(PONG, &[b'x'; 125]), frame(PING, &[b'x'; 125])] {
            flooded.send_bytes(&flood.repeat(2_000));
        }
        for name in ["alice", "bob"] {
            site.push("x", name, "hi");
        }
        assert_eq!(other.bodies(), ["hi"]);
        assert_eq!(flooded.bodies(), ["hi"]);
        flooded.ack(1);
        flooded.leave();
        is_left(&alice, &[]);
    });
}
