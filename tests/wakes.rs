//! Wakes across descriptor tables.
//!
//! Every shard has its own table, so a number that means a waker in one of them could mean a browser's socket in
//! another. This opens many sockets first, so that low numbers are taken and every shard holds many connections, and
//! then has threads wake each other as often as it can: a wake that went astray would be eight bytes at some browser
//! that it did not ask for, or a shard that sleeps on.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use nextim::{Config, Server, Timeouts};
use nextim_testkit::conn::{Conn, call};
use nextim_testkit::http::post;
use std::net::{TcpListener, TcpStream};

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
    let idle: Vec<Conn> = (0..IDLE).map(|_| Conn::open(address)).collect();
    let mut sites: Vec<Conn> = (0..2 * SHARDS).map(|_| Conn::open(address)).collect();

    for round in 0..ROUNDS {
        let at = round % sites.len();
        let site = &mut sites[at];
        // The user of this name lives on some shard, the connection on another: mail goes there and back.
        let to = format!("user{round}");
        let message = [("from", "x"), ("body", "hello"), ("to", &to)];
        site.call(&post(
            "/messages",
            &[&[("domain", "localhost"), ("apikey", "public")], &message[..]].concat(),
        ))
        .ok();
        // And this thread wakes them all.
        server.reload(&config.domains);
        // The sockets of the admin listener have numbers of the main table, which mean others on the shards.
        let readyz = b"GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n";
        call(server.admin().unwrap(), readyz).is(200, "ok\n");
    }

    assert!(server.stats().sum("wakes_total").unwrap() > 0, "shards slept and were woken");
    for conn in &idle {
        assert!(!conn.is_readable(), "nothing was asked for");
    }
    server.drain();
    drop(idle);
    drop(sites);
    let admin = server.admin().unwrap();
    server.wait().unwrap();
    assert!(TcpStream::connect(admin).is_err(), "the admin listener has ended with the server");
    drop(before);
}
