//! What a parked user costs, counted to the byte.
//!
//! The server runs in this process, so that its allocations can be counted. Clients are raw sockets, which cost the
//! heap nothing that stays. Alone in its file: nothing else may allocate meanwhile.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use nextim::internals::PARKED_USER_BYTES_MAX;
use nextim::{Config, Server, Timeouts};
use nextim_testkit::events::stream_request;
use nextim_testkit::http::{Response, get, post, post_form};
use nextim_testkit::patience::eventually;
use nextim_testkit::socket::{ack_frame, handshake};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

const USERS: usize = 4_000;
/// A group of users who are buddies of each other: each has nine.
const GROUP: usize = 10;
const ROOM: usize = 50;
/// Two servers differ by this many bytes a user at most, whatever their pages do: what a table has in reserve.
const SPREAD_BYTES: usize = 16;

/// How the pages of the users wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Waits {
    Polls,
    Streams,
    Sockets,
}

#[test]
fn a_parked_user_costs_at_most_what_the_budget_says_and_by_a_stream_or_a_socket_no_more() {
    let [polls, streams, sockets] = [Waits::Polls, Waits::Streams, Waits::Sockets].map(bytes_of_a_user);
    assert!(polls <= PARKED_USER_BYTES_MAX, "{polls} bytes a user");
    assert!(streams <= polls + SPREAD_BYTES, "{streams} bytes a user by streams, {polls} by polls");
    assert!(sockets <= polls + SPREAD_BYTES, "{sockets} bytes a user by sockets, {polls} by polls");
}

/// The heap that each of many users takes whose page waits.
fn bytes_of_a_user(waits: Waits) -> usize {
    // Time enough on a loaded machine; in the order the defaults have.
    let timeouts = Timeouts {
        session_cut_ms: 600_000,
        poll_hold_ms_min: 900_000,
        poll_hold_ms_max: 930_000,
        session_idle_ms: 1_800_000,
        idle_ms: 1_800_000,
        ..Timeouts::DEFAULT
    };
    let listen = vec!["127.0.0.1:0".parse().unwrap()];
    let server = Server::start(&Config { listen, shards: Some(1), timeouts, ..Config::default() }).unwrap();
    let address = server.addresses()[0];
    let mut site = TcpStream::connect(address).unwrap();
    let mut parked = Vec::with_capacity(USERS);
    let profiler = dhat::Profiler::builder().testing().build();
    let before = dhat::HeapStats::get().curr_bytes;
    let tickets: Vec<String> = (0..USERS).map(|number| online(&mut site, number)).collect();
    for (number, ticket) in tickets.iter().enumerate() {
        parked.push(match waits {
            Waits::Polls => park(address, ticket, number % GROUP + 1 < GROUP),
            Waits::Streams => stream(address, &mut site, ticket),
            Waits::Sockets => socket(address, ticket),
        });
    }
    let ours: usize = tickets.iter().map(String::capacity).sum::<usize>() + USERS * size_of::<String>();
    let counters: &[&str] = match waits {
        Waits::Polls => &["polls_parked_total"],
        Waits::Streams => &["streams_parked"],
        // Their acknowledgements are on the way.
        Waits::Sockets => &["sockets_parked", "acks_total"],
    };
    for counter in counters {
        eventually("all are parked", || (server.stats().sum(counter).unwrap() >= USERS as u64).then_some(()));
    }
    let bytes = (dhat::HeapStats::get().curr_bytes - before - ours) / USERS;
    drop(profiler);
    bytes
}

/// Opens a stream, and acknowledges what its first event brings.
fn stream(address: SocketAddr, site: &mut TcpStream, ticket: &str) -> TcpStream {
    let mut conn = TcpStream::connect(address).unwrap();
    let params = [("domain", "localhost"), ("ticket", ticket), ("seq", "0")];
    conn.write_all(&stream_request(&params, &[])).unwrap();
    let mut event = [0; 4_096];
    let count = conn.read(&mut event).unwrap();
    let event = std::str::from_utf8(&event[..count]).unwrap();
    let (_, after) = event.split_once("id: ").expect("the head and an event come at once");
    let seq = after.split('\n').next().expect("an id");
    site.write_all(&post("/packets/ack", &[("domain", "localhost"), ("ticket", ticket), ("seq", seq)]))
        .unwrap();
    assert!(site.read(&mut [0; 4_096]).unwrap() > 0);
    conn
}

/// Opens a socket, and acknowledges what its first text brings.
fn socket(address: SocketAddr, ticket: &str) -> TcpStream {
    let mut conn = TcpStream::connect(address).unwrap();
    conn.write_all(&handshake(&format!("/ws?domain=localhost&ticket={ticket}&seq=0"), &[])).unwrap();
    let mut first = [0; 4_096];
    let count = conn.read(&mut first).unwrap();
    let first = String::from_utf8_lossy(&first[..count]).into_owned();
    let (_, after) = first.rsplit_once("\"seq\":").expect("the head and a text come at once");
    let seq = after.split('}').next().expect("a number").parse().expect("a number");
    conn.write_all(&ack_frame(seq)).unwrap();
    conn
}

/// Brings a user online. Returns the ticket.
fn online(site: &mut TcpStream, number: usize) -> String {
    let first = number / GROUP * GROUP;
    let buddies: Vec<String> = (first..first + GROUP).map(|buddy| format!("user{buddy:06}")).collect();
    let form = format!(
        "domain=localhost&apikey=public&name=user{number:06}&nick=User%20{number:06}&rooms=room{}&buddies={}",
        number / ROOM,
        buddies.join(",")
    );
    site.write_all(&post_form("/presences/online", &form)).unwrap();
    let mut answer = [0; 4_096];
    let count = site.read(&mut answer).unwrap();
    Response::whole(&answer[..count]).ticket()
}

/// Polls until the poll is parked: if buddies have come online since, the first poll is answered.
fn park(address: SocketAddr, ticket: &str, heard: bool) -> TcpStream {
    let mut conn = TcpStream::connect(address).unwrap();
    let poll = get("/packets", &[("domain", "localhost"), ("ticket", ticket)]);
    conn.write_all(&poll).unwrap();
    if heard {
        assert!(conn.read(&mut [0; 4_096]).unwrap() > 0);
        conn.write_all(&poll).unwrap();
    }
    conn
}
