//! Hostile clients: here what they have found, each named after what broke; below what they try.
//!
//! Owns: attacks, by what they attack. While each goes on, a well-behaved [`pair`] of another domain keeps talking, and
//! nothing of that is lost.

mod connections;
mod pair;
mod sockets;
mod texts;
mod tickets;
mod worlds;

use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::sync::Arc;
use std::thread;

use nextim_testkit::socket::{TEXT, frame, handshake};
use nix::sys::signal::Signal;

use crate::support::{Server, Setup, Site, Socket, each_site, get, request};

#[test]
fn requests_that_come_faster_than_they_are_served_wait_in_the_kernel() {
    // Small requests, so that what is served in a turn is less than what can be read in one.
    const REQUEST: &[u8] = b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n";
    const REQUESTS: usize = 150_000;
    const GROWTH_KB_MAX: u64 = 1_000;
    let server = Arc::new(Server::start(&Setup::calm(), 1));
    let mut conn = Site::fresh(&server).connect();
    conn.call(REQUEST);
    let before = peak_kb(server.id());
    let mut sending: TcpStream = conn.writer();
    let sender = thread::spawn(move || sending.write_all(&REQUEST.repeat(REQUESTS)).unwrap());
    for _ in 0..REQUESTS {
        assert_eq!(conn.response().status, 404);
    }
    sender.join().unwrap();
    let growth = peak_kb(server.id()) - before;
    assert!(growth < GROWTH_KB_MAX, "{growth} KB were kept of {} KB", REQUEST.len() * REQUESTS / 1_024);
}

/// The most memory a process ever had resident.
fn peak_kb(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
fn a_line_end_behind_a_request_is_no_request_that_is_slow() {
    Setup::calm().timeout("head_ms", 200).timeout("idle_ms", 1_000).each(|site| {
        let mut conn = site.connect();
        conn.call(&site.post_bytes("/onlines", &[("names", "alice")])).is(200, "");
        conn.send(b"\r\n");
        assert_eq!(conn.rest(), b"", "it is idle, and is closed silently");
    });
}

#[test]
fn a_connection_that_was_read_to_the_last_byte_of_the_buffer_still_falls_idle() {
    const READ_BYTES: usize = 64 * 1_024;
    let setup = Setup::calm().timeout("poll_hold_ms_min", 1_500).timeout("poll_hold_ms_max", 1_500);
    setup.timeout("idle_ms", 1_000).each(|site| {
        let alice = site.online("alice", &[]);
        let mut conn = site.connect();
        conn.send(&alice.poll_bytes(&[]));
        let padding = |bytes: usize| {
            let form =
                format!("domain={}&apikey={}&names=x&pad={}", site.domain, site.apikey, "y".repeat(bytes));
            let form_type = ("Content-Type", "application/x-www-form-urlencoded");
            request("POST /onlines HTTP/1.1", &[form_type], form.as_bytes())
        };
        // The same number of digits in Content-Length, so the sum is exact.
        let rest = READ_BYTES - padding(60_000).len();
        let exact = padding(60_000 + rest);
        assert_eq!(exact.len(), READ_BYTES);
        let sent = 31;
        let mut sending = conn.writer();
        let sender = thread::spawn(move || sending.write_all(&exact.repeat(sent)).unwrap());
        conn.response().json();
        for _ in 0..sent {
            conn.response().is(200, "");
        }
        sender.join().unwrap();
        assert_eq!(conn.rest(), b"", "it is closed when it has been idle");
    });
}

#[test]
fn a_refused_client_is_not_reset_while_it_sends() {
    each_site(|site| {
        let mut conn = site.connect();
        conn.send(b"POST /messages HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\n");
        assert_eq!(conn.response().status, 413);
        // The client has not read yet. Meanwhile the server has time to close.
        for _ in 0..10 {
            conn.send(&[b'x'; 10_000]);
            site.onlines("alice");
        }
    });
}

#[test]
fn a_connection_that_never_says_anything_does_not_hold_up_the_drain() {
    Setup::calm().timeout("drain_ms", 3_600_000).own(|server| {
        let site = Site::fresh(server);
        let silent = site.connect();
        let mut idle = site.connect();
        idle.call(&get("/onlines", &site.signed(&[("names", "x")]))).is(200, "");
        server.signal(Signal::SIGTERM);
        assert!(server.wait().success());
        drop(silent);
    });
}

#[test]
fn a_socket_that_showed_no_ticket_held_up_the_drain() {
    Setup::calm().timeout("drain_ms", 3_600_000).own(|server| {
        let site = Site::fresh(server);
        let silent = Socket::open(site.connect(), &handshake("/v5/wsocket", &[])).unwrap();
        let mut half = Socket::open(site.connect(), &handshake("/v5/wsocket", &[])).unwrap();
        half.send_bytes(&frame(TEXT, b"subscribe")[..5]);
        site.send(&get("/health", &[])).is(200, "ok"); // so that both were read
        server.signal(Signal::SIGTERM);
        assert!(server.wait().success());
        for socket in [silent, half] {
            assert_eq!(socket.closed(), 1001);
        }
    });
}
