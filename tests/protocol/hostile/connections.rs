//! Attacks with connections: too slow, too silent, too many requests at once.

use std::io::{ErrorKind, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;

use super::pair::beside_a_pair;
use crate::support::{Conn, Random, Response, Setup, Site, eventually, form, get, request};

/// Connections of an attacker.
const CONNECTIONS: usize = 150;

/// Sends each connection its beginning, and then one byte after another of `drops`, over and over. A byte that comes
/// in time saves nobody: each is answered 408 when its time has passed.
#[track_caller]
fn drip(site: &Site, beginning: &[u8], drops: &[u8]) {
    let mut conns: Vec<Conn> = (0..CONNECTIONS).map(|_| site.connect()).collect();
    for conn in &mut conns {
        conn.send(beginning);
    }
    let mut dripping: Vec<TcpStream> = conns.iter().map(Conn::writer).collect();
    let mut drops = drops.iter().cycle();
    eventually("all who drip are answered", || {
        let drop = *drops.next().unwrap();
        let mut open = 0;
        for (conn, stream) in conns.iter().zip(&mut dripping) {
            if !conn.is_readable() {
                // It may be closed in between.
                stream.write_all(&[drop]).ok();
                open += 1;
            }
        }
        (open == 0).then_some(())
    });
    for conn in conns {
        assert_eq!(Response::whole(&conn.rest()).status, 408);
    }
}

#[test]
fn heads_that_drip_end_at_their_deadline() {
    beside_a_pair(&Setup::calm().timeout("head_ms", 1_000), |site, pair| {
        thread::scope(|scope| {
            scope.spawn(|| drip(site, b"GET /onlines?domain=a HTTP/1.1\r\nHost: a\r\nX: ", b"a"));
            scope.spawn(|| drip(site, b"G", b"ET"));
            pair.keeps_talking();
        });
    });
}

#[test]
fn bodies_that_drip_end_at_their_deadline() {
    beside_a_pair(&Setup::calm().timeout("body_ms", 1_000), |site, pair| {
        let head = "POST /onlines HTTP/1.1\r\nHost: a\r\n";
        let announced = format!("{head}Content-Length: 100000\r\n\r\n");
        let chunked = format!("{head}Transfer-Encoding: chunked\r\n\r\n");
        thread::scope(|scope| {
            scope.spawn(|| drip(site, announced.as_bytes(), b"names=alice&"));
            scope.spawn(|| drip(site, chunked.as_bytes(), b"1\r\na\r\n"));
            scope.spawn(|| drip(site, format!("{chunked}0\r\n").as_bytes(), b"a: b\r\n"));
            pair.keeps_talking();
        });
    });
}

#[test]
fn whoever_reads_nothing_is_let_go() {
    const CONNECTIONS: usize = 20;
    beside_a_pair(&Setup::calm().timeout("write_ms", 1_000), |site, pair| {
        let ask = request("GET /webim.js HTTP/1.1", &[], b"").repeat(50);
        let conns: Vec<Conn> = (0..CONNECTIONS).map(|_| site.connect()).collect();
        let mut asking: Vec<TcpStream> = conns.iter().map(Conn::writer).collect();
        for stream in &asking {
            stream.set_nonblocking(true).unwrap();
        }
        pair.keeps_talking();
        eventually("the server closes on all of them", || {
            // What is not taken means that the server does not read; anything else, that it has closed.
            asking.retain_mut(|stream| match stream.write(&ask) {
                Ok(_) => true,
                Err(error) => error.kind() == ErrorKind::WouldBlock,
            });
            asking.is_empty().then_some(())
        });
    });
}

#[test]
fn connections_that_say_nothing_cost_nobody_anything() {
    beside_a_pair(&Setup::calm().timeout("idle_ms", 2_000), |site, pair| {
        let silent: Vec<Conn> = (0..2 * CONNECTIONS).map(|_| site.connect()).collect();
        pair.keeps_talking();
        for conn in silent {
            assert_eq!(conn.rest(), b"", "silently");
        }
    });
}

#[test]
fn half_closed_connections_are_answered_if_they_asked_and_closed() {
    beside_a_pair(&Setup::calm(), |site, pair| {
        let whole = get("/onlines", &site.signed(&[("names", "alice")]));
        let alice = site.online("alice", &[]);
        for sent in [&b""[..], b"\r\n", b"GET /onl", &whole[..whole.len() - 1], &whole] {
            let conns: Vec<Conn> = (0..CONNECTIONS / 5)
                .map(|_| {
                    let mut conn = site.connect();
                    conn.send(sent);
                    conn.writer().shutdown(Shutdown::Write).unwrap();
                    conn
                })
                .collect();
            pair.keeps_talking();
            for conn in conns {
                let said = conn.rest();
                if sent == whole {
                    Response::whole(&said).is(200, &alice.name);
                } else {
                    assert_eq!(said, b"", "{:?}", String::from_utf8_lossy(sent));
                }
            }
        }
    });
}

#[test]
fn thousands_of_requests_in_one_write_are_answered_one_after_another() {
    const TURNS: usize = 1_500;
    beside_a_pair(&Setup::calm(), |site, pair| {
        let mut alice = site.online("alice", &[]);
        let turn = [
            site.post_bytes("/onlines", &[("names", "alice")]),
            get("/nowhere", &[]),
            site.post_bytes("/messages", &[("from", "x"), ("to", "nobody"), ("body", "hi")]),
            site.post_bytes("/statuses", &[("ticket", "x")]),
            get("/onlines", &[("domain", &site.domain), ("apikey", "wrong")]),
        ];
        let (mut conn, bomb) = (site.connect(), turn.concat().repeat(TURNS));
        let mut sending = conn.writer();
        let sender = thread::spawn(move || sending.write_all(&bomb).unwrap());
        pair.keeps_talking();
        for _ in 0..TURNS {
            conn.response().is(200, "alice");
            conn.response().is(404, "not found");
            assert_eq!(conn.response().delivered(), 0);
            conn.response().is(404, "invalid ticket");
            conn.response().is(401, "authentication failed");
        }
        sender.join().unwrap();
        assert!(alice.everything().is_silent());
    });
}

#[test]
fn polls_behind_polls_wait_one_at_a_time() {
    const POLLS: usize = 200;
    beside_a_pair(&Setup::calm(), |site, pair| {
        let mut alice = site.online("alice", &[]).without_seq();
        let mut conn = site.connect();
        conn.send(&alice.poll_bytes(&[]).repeat(POLLS));
        pair.keeps_talking();
        for number in 0..POLLS {
            assert_eq!(site.push("x", "alice", &number.to_string()), 1);
            let answer = conn.response().json();
            let bodies: Vec<_> =
                answer["messages"].as_array().unwrap().iter().map(|message| &message["body"]).collect();
            assert_eq!(bodies, [&number.to_string()]);
        }
        assert!(alice.everything().is_silent());
    });
}

/// Requests in which a few bytes are others.
fn damaged(random: &mut Random, whole: &[u8]) -> Vec<u8> {
    let mut bytes = whole.to_vec();
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len());
        let byte = u8::try_from(random.below(256)).unwrap();
        match random.below(3) {
            0 => bytes[at] = byte,
            1 => bytes.insert(at, byte),
            _ => drop(bytes.remove(at)),
        }
    }
    bytes
}

#[test]
fn damaged_requests_get_whole_answers_or_none() {
    const SEED: u64 = 2;
    beside_a_pair(&Setup::calm(), |site, pair| {
        let mut random = Random::new(SEED);
        let alice = site.online("alice", &[]);
        let params = form(&site.signed(&[("from", "eve"), ("to", "nobody"), ("body", "hi")]));
        let chunked = format!("{:x}\r\n{params}\r\n0\r\n\r\n", params.len());
        let chunked =
            request("POST /messages HTTP/1.1", &[("Transfer-Encoding", "chunked")], chunked.as_bytes());
        let whole = [
            site.post_bytes("/onlines", &[("names", "alice"), ("ticket", &alice.ticket)]),
            chunked,
            get("/packets", &[("domain", &site.domain), ("ticket", "x"), ("callback", "cb")]),
        ];
        for number in 0..3 * CONNECTIONS {
            let mut conn = site.connect();
            conn.send(&damaged(&mut random, &whole[number % whole.len()]));
            conn.writer().shutdown(Shutdown::Write).unwrap();
            while let Some(answer) = conn.try_response() {
                assert!((100..600).contains(&answer.status), "{answer:?}");
            }
            assert_eq!(conn.rest(), b"", "it ends with an answer");
        }
        pair.keeps_talking();
        assert_eq!(site.onlines("alice"), "alice");
    });
}
