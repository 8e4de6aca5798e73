//! The listener: requests it serves and refuses, connections that hold it up, and readiness.

use nextim::internals::ADMIN_CONNECTIONS_MAX;
use nextim_testkit::conn::{Conn, call};
use nextim_testkit::patience::eventually;
use nextim_testkit::process::nextim;
use nix::sys::signal::Signal;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;

use crate::prometheus::Metrics;
use crate::server::Server;

#[test]
fn only_reading_is_served_and_only_by_names_of_ours() {
    let server = Server::start(&[]);
    let ask = |request: &str| call(server.admin(), request.as_bytes());
    let status = |request: &str| ask(request).status;
    assert_eq!(server.watch("/nowhere").status, 404);
    assert_eq!(server.body("/healthz"), "ok\n");
    assert_eq!(server.body("/readyz"), "ok\n");
    assert_eq!(status("GET /healthz HTTP/1.1\r\nHost: localhost:9\r\n\r\n"), 200);
    assert_eq!(status("GET /stats HTTP/1.1\r\nHost: evil.example\r\n\r\n"), 421);
    assert_eq!(status("GET /stats HTTP/1.1\r\n\r\n"), 400);
    assert_eq!(status("GET /stats HTTP/9\r\n\r\n"), 400);
    let answer = ask("POST / HTTP/1.1\r\nHost: [::1]\r\nContent-Length: 2\r\n\r\nhi");
    answer.is(405, "method not allowed\n");
    assert_eq!(answer.header("allow"), Some("GET, HEAD"));
    let mut conn = Conn::open(server.admin());
    conn.send(b"HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let answer = conn.bodiless_response();
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("text/html; charset=utf-8")));
    assert_eq!(conn.rest(), b"");
    let long = format!("GET / HTTP/1.1\r\nHost: localhost\r\nX: {}\r\n\r\n", "x".repeat(9_000));
    assert_eq!(status(&long), 431);
}

/// This many connections to the admin listener, each of which has sent `sent`.
fn held(server: &Server, count: usize, sent: &str) -> Vec<TcpStream> {
    let hold = |_| {
        let mut conn = TcpStream::connect(server.admin()).unwrap();
        conn.write_all(sent.as_bytes()).unwrap();
        conn
    };
    (0..count).map(hold).collect()
}

/// Whether the server has closed a connection, be it with a reset. What it has sent before is read.
fn is_closed(mut conn: &TcpStream) -> bool {
    conn.set_nonblocking(true).unwrap();
    loop {
        match conn.read(&mut [0; 4_096]) {
            Ok(0) => return true,
            Ok(_) => {}
            Err(error) => return error.kind() != std::io::ErrorKind::WouldBlock,
        }
    }
}

/// The listener has accepted a newcomer after all of these, so those that gave way are closed already.
#[track_caller]
fn have_a_bound(conns: &[TcpStream]) {
    let open = conns.iter().filter(|conn| !is_closed(conn)).count();
    assert!(open < ADMIN_CONNECTIONS_MAX, "{open} of {} are open", conns.len());
}

#[test]
fn silent_connections_to_the_admin_listener_do_not_shut_out_healthz() {
    let server = Server::start(&[]);
    // As many as the bound was when they did, and more.
    for (count, sent) in [(32, ""), (500, ""), (500, "G"), (500, "GET /healthz HTTP/1.1\r\nHost: ")] {
        let conns = held(&server, count, sent);
        for _ in 0..20 {
            assert_eq!(server.body("/healthz"), "ok\n", "beside {count} that sent {sent:?}");
        }
        have_a_bound(&conns);
    }
}

#[test]
fn trickling_connections_to_the_admin_listener_do_not_shut_out_healthz() {
    let server = Server::start(&[]);
    let mut conns = held(&server, 500, "GET /healthz HTTP/1.1\r\nX: ");
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    thread::scope(|scope| {
        let tricklers = scope.spawn(move || {
            let mut rounds = 0;
            while stopped.try_recv() == Err(std::sync::mpsc::TryRecvError::Empty) {
                // Those that gave way cannot send any more.
                conns.retain_mut(|conn| conn.write_all(b"x").is_ok());
                rounds += 1;
            }
            (rounds, conns)
        });
        for _ in 0..200 {
            assert_eq!(server.body("/healthz"), "ok\n");
        }
        drop(stop);
        let (rounds, left) = tricklers.join().unwrap();
        assert!(rounds > 0, "none was sent to");
        have_a_bound(&left);
    });
}

#[test]
fn connections_that_do_not_read_what_they_asked_do_not_shut_out_healthz() {
    let server = Server::start(&[]);
    let request = format!("GET /metrics HTTP/1.1\r\nHost: {}\r\n\r\n", server.admin());
    let _conns = held(&server, 500, &request);
    for _ in 0..20 {
        assert_eq!(server.body("/healthz"), "ok\n");
    }
}

#[test]
fn readiness_ends_when_the_drain_begins_and_health_does_not() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "timeouts.drain_ms = 3_600_000\ntimeouts.body_ms = 3_600_000\n").unwrap();
    let server = Server::start(&["--config", file.path().to_str().unwrap()]);
    // A call whose body is not all there keeps the drain waiting. The server has begun it: it says continue.
    let mut conn = Conn::open(server.address);
    let head = b"POST /onlines HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n";
    assert_eq!(conn.call(head).status, 100);
    server.signal(Signal::SIGTERM);
    let unready = || Some(server.watch("/readyz")).filter(|answer| answer.status == 503);
    assert_eq!(eventually("it is not ready any more", unready).text(), "shutting down\n");
    assert_eq!(server.body("/healthz"), "ok\n");
    assert_eq!(server.stats()["draining"], true);
    assert!((Metrics::read(&server.body("/metrics")).sum("nextim_draining", &[]) - 1.0).abs() < 1e-9);
    drop(conn);
    assert_eq!(server.wait().code(), Some(0));
}

#[test]
fn an_address_that_is_taken_is_an_error_at_the_start() {
    let server = Server::start(&[]);
    let admin = server.admin().to_string();
    let second = nextim(&["--listen", "127.0.0.1:0", "--admin", &admin]).output().unwrap();
    assert_eq!(second.status.code(), Some(1));
    let stderr = String::from_utf8(second.stderr).unwrap();
    assert!(stderr.starts_with(&format!("nextim: admin {admin}: ")), "{stderr}");
}
