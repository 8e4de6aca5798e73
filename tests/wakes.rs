//! Wakes across descriptor tables.
//!
//! Every shard has its own table, so a number that means a waker in one of them could mean a browser's socket in
//! another. This opens many sockets first, so that low numbers are taken and every shard holds many connections, and
//! then has threads wake each other as often as it can: a wake that went astray would be eight bytes at some browser
//! that it did not ask for, or a shard that sleeps on.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use nextim::{Config, Server, Timeouts};
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

const SHARDS: u16 = 5;
const IDLE: usize = 300;
const ROUNDS: usize = 400;

#[test]
fn wakes_never_land_in_a_browsers_socket() {
    // What the process has open before the server starts.
    let before: Vec<TcpListener> = (0..50).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
    let local = "127.0.0.1:0".parse().unwrap();
    // No connection falls idle on a loaded machine.
    let timeouts = Timeouts { idle_ms: Timeouts::MAX.idle_ms, ..Timeouts::DEFAULT };
    let listen = vec![local];
    let config = Config { listen, shards: Some(SHARDS), admin: Some(local), timeouts, ..Config::default() };
    let server = Server::start(&config).unwrap();
    let address = server.addresses()[0];
    let mut idle: Vec<TcpStream> = (0..IDLE).map(|_| connect(address)).collect();
    let mut sites: Vec<TcpStream> = (0..2 * SHARDS).map(|_| connect(address)).collect();

    for round in 0..ROUNDS {
        let at = round % sites.len();
        let site = &mut sites[at];
        // The user of this name lives on some shard, the connection on another: mail goes there and back.
        let body = format!("domain=localhost&apikey=public&from=x&body=hello&to=user{round}");
        assert!(call(site, "/messages", &body).ends_with("\r\n\r\nok"));
        // And this thread wakes them all.
        server.reload(&config.domains);
        // The sockets of the admin listener have numbers of the main table, which mean others on the shards.
        assert!(ready(server.admin().unwrap()));
    }

    assert!(server.stats().sum("wakes_total").unwrap() > 0, "shards slept and were woken");
    for conn in &mut idle {
        conn.set_nonblocking(true).unwrap();
        let stray = conn.read(&mut [0; 64]);
        assert_eq!(stray.map_err(|error| error.kind()), Err(ErrorKind::WouldBlock), "nothing was asked for");
    }
    server.drain();
    drop(idle);
    drop(sites);
    let admin = server.admin().unwrap();
    server.wait().unwrap();
    assert!(TcpStream::connect(admin).is_err(), "the admin listener has ended with the server");
    drop(before);
}

fn connect(address: SocketAddr) -> TcpStream {
    let conn = TcpStream::connect(address).unwrap();
    conn.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
    conn
}

/// Whether the admin listener says so.
fn ready(admin: SocketAddr) -> bool {
    let mut conn = connect(admin);
    conn.write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut answer = String::new();
    conn.read_to_string(&mut answer).unwrap();
    answer.ends_with("\r\n\r\nok\n")
}

/// Makes a call; the whole answer as text.
fn call(conn: &mut TcpStream, path: &str, body: &str) -> String {
    let length = body.len();
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    );
    conn.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    let mut buffer = [0; 1_024];
    // Every answer here ends with `ok`.
    while !answer.ends_with("\r\n\r\nok") {
        let count = conn.read(&mut buffer).unwrap();
        assert_ne!(count, 0, "the connection was closed after {answer:?}");
        answer.push_str(std::str::from_utf8(&buffer[..count]).unwrap());
    }
    answer
}
