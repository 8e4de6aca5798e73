//! Deadlines: each is counted by what it was for.
use nextim::{Config, Limits, Timeouts};

use crate::support::{Conn, Running, Unconnected, each, get, site_call, strict};

const SHORT_MS: u64 = 300;

fn with(set: impl Fn(&mut Timeouts)) -> Config {
    let mut config = strict(Limits::DEFAULT);
    set(&mut config.timeouts);
    config
}

#[test]
fn an_idle_connection_is_closed() {
    each(&with(|timeouts| timeouts.idle_ms = SHORT_MS), |server| {
        let mut conn = server.from("127.0.0.2");
        assert!(conn.try_response().is_none(), "silently");
        server.counts("connections_expired_idle", 1);
    });
}

#[test]
fn a_slow_head_and_a_slow_body_are_told_apart() {
    each(&with(|timeouts| timeouts.head_ms = SHORT_MS), |server| {
        let mut conn = server.from("127.0.0.2");
        conn.call(b"GET /packets?domain=a HTTP/1.1\r\n").is(408, "request timed out");
        assert_eq!(conn.rest(), b"");
        server.counts("connections_expired_head", 1);
        assert_eq!(server.count("connections_expired_body"), 0);
    });
    each(&with(|timeouts| timeouts.body_ms = SHORT_MS), |server| {
        let request = site_call("/onlines", "names=x");
        let mut conn = server.from("127.0.0.2");
        conn.call(&request[..request.len() - 1]).is(408, "request timed out");
        assert_eq!(conn.rest(), b"");
        server.counts("connections_expired_body", 1);
        assert_eq!(server.count("connections_expired_head"), 0);
    });
}

/// Asks for more than all buffers on the way hold, and takes nothing of it.
fn ask_for_much(server: &Running) -> Conn {
    let mut conn = Unconnected::new("127.0.0.2").with_small_window().connect(server.address);
    conn.send(&get("/webim.js", &[]).repeat(400));
    conn
}

#[test]
fn who_takes_nothing_of_an_answer_is_closed() {
    each(&with(|timeouts| timeouts.write_ms = SHORT_MS), |server| {
        let _conn = ask_for_much(server);
        server.counts("connections_expired_write", 1);
        server.counts("memory_bytes", 0);
    });
}

#[test]
fn an_answer_must_have_been_taken_after_a_time_however_it_drips() {
    // Only the one for the whole answer can be what ends it.
    let config = with(|timeouts| (timeouts.write_ms, timeouts.answer_ms) = (3_600_000, SHORT_MS));
    each(&config, |server| {
        let _conn = ask_for_much(server);
        server.counts("connections_expired_write", 1);
    });
}

#[test]
fn who_does_not_close_after_a_refusal_is_closed() {
    each(&strict(Limits::DEFAULT), |server| {
        let mut conn = server.from("127.0.0.2");
        conn.call(b"nonsense\r\n\r\n").is(400, "malformed request");
        server.counts("connections_expired_farewell", 1);
    });
}
