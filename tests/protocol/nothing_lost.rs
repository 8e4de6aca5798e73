//! Nothing is lost, doubled or reordered while connections break: §3 Acknowledgement, §4 Order.
//!
//! Four hundred users in pairs send each other twenty messages each. All poll with `seq`, or acknowledge some events of
//! streams or sockets, over connections that are cut at random: before the answer, in the middle of it, or after it was
//! received but before the next poll.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use nextim_testkit::socket::handshake;

use crate::support::{
    Browser, Conn, Frame, Random, Response, Site, Socket, Stream, Transport, each_site, form, get,
    stream_request,
};

const PAIRS: usize = 200;
const MESSAGES: usize = 20;
const SENDERS: usize = 8;
const SEED: u64 = 0x1DEA_5EED;
/// For all of it; a single poll may have to wait for a second until it replaces one that was cut.
const PATIENCE: Duration = Duration::from_mins(2);

#[test]
fn every_message_is_received_once_and_in_order_however_connections_break() {
    each_site(|site| {
        let users: Vec<Browser> = (0..PAIRS * 2).map(|i| site.online(&format!("user{i}"), &[])).collect();
        let next_sender = AtomicUsize::new(0);
        let tickets: Vec<&str> = users.iter().map(|user| &*user.ticket).collect();
        thread::scope(|scope| {
            for _ in 0..SENDERS {
                scope.spawn(|| send_all(site, &tickets, next_sender.fetch_add(1, Ordering::Relaxed)));
            }
            for (i, user) in users.iter().enumerate() {
                let receiver = thread::Builder::new().stack_size(256 * 1_024);
                let receive = match site.transport {
                    Transport::Poll | Transport::Script => receive_all,
                    Transport::Stream => stream_all,
                    Transport::Socket => socket_all,
                };
                receiver.spawn_scoped(scope, move || receive(user, i)).unwrap();
            }
        });
    });
}

/// Sends the messages of every eighth user to the other user of the pair, one after another.
fn send_all(site: &Site, tickets: &[&str], sender: usize) {
    let mut conn = site.connect();
    for number in 0..MESSAGES {
        for user in (sender..tickets.len()).step_by(SENDERS) {
            let (to, id) = (format!("user{}", user ^ 1), format!("{user}-{number}"));
            let params = [("ticket", tickets[user]), ("to", &*to), ("body", "hello"), ("id", &*id)];
            assert_eq!(conn.call(&site.post_bytes("/messages", &params)).delivered(), 1);
        }
    }
}

/// Polls until all messages are there; each must be the next one.
fn receive_all(user: &Browser, number: usize) {
    let mut random = Random::new(SEED.wrapping_add(number as u64));
    let deadline = Instant::now() + PATIENCE;
    let (mut seq, mut received) = (0, 0);
    let mut conn = user.site.connect();
    while received < MESSAGES {
        assert!(Instant::now() < deadline, "user {number} has {received} messages, seed {SEED:#x}");
        conn.send(&poll_bytes(user, seq));
        let cut = random.below(10);
        if cut < 2 {
            conn = user.site.connect();
            continue;
        }
        if cut < 4 {
            conn.skip(1);
            conn = user.site.connect();
            continue;
        }
        let Some(answer) = answered(user, &mut conn) else { continue };
        for message in answer["messages"].as_array().unwrap() {
            let expected = format!("{}-{received}", number ^ 1);
            assert_eq!(message["id"], *expected, "user {number}, seed {SEED:#x}: {answer}");
            received += 1;
        }
        seq = answer["seq"].as_u64().expect("a seq");
        if cut == 4 {
            conn = user.site.connect();
        }
    }
}

/// The same by streams, of which the page acknowledges some events.
fn stream_all(user: &Browser, number: usize) {
    let mut random = Random::new(SEED.wrapping_add(number as u64));
    let deadline = Instant::now() + PATIENCE;
    let (mut seq, mut received) = (0, 0);
    while received < MESSAGES {
        assert!(Instant::now() < deadline, "user {number} has {received} messages, seed {SEED:#x}");
        if random.below(10) < 2 {
            let request = stream_request(&poll_params(user, &seq.to_string()), &[]);
            user.site.connect().send(&request);
            continue;
        }
        let Some(mut stream) = streamed(user, seq) else { continue };
        // A stream that is replaced by one that was cut, and came later by way of another shard, ends by itself.
        while let Ok(event) = stream.try_event() {
            if event.data["status"] == "stopped" {
                assert_eq!(event.data["reason"], "replaced", "{event:?}");
                break;
            }
            for message in event.data["messages"].as_array().unwrap() {
                let expected = format!("{}-{received}", number ^ 1);
                assert_eq!(message["id"], *expected, "user {number}, seed {SEED:#x}: {event:?}");
                received += 1;
            }
            seq = event.id;
            match random.below(10) {
                0 | 1 => break,
                2 | 3 => user.ack(seq).ok(),
                _ => {}
            }
            if received == MESSAGES {
                break;
            }
        }
    }
}

/// The same by sockets, which acknowledge some texts.
fn socket_all(user: &Browser, number: usize) {
    let mut random = Random::new(SEED.wrapping_add(number as u64));
    let deadline = Instant::now() + PATIENCE;
    let (mut seq, mut received) = (0, 0);
    while received < MESSAGES {
        assert!(Instant::now() < deadline, "user {number} has {received} messages, seed {SEED:#x}");
        let target = format!("/ws?{}", form(&poll_params(user, &seq.to_string())));
        if random.below(10) < 2 {
            user.site.connect().send(&handshake(&target, &[]));
            continue;
        }
        let opened = Socket::open(user.site.connect(), &handshake(&target, &[]));
        let Some(mut socket) = unless_busy(opened) else { continue };
        loop {
            let text = match socket.frame() {
                Frame::Text(text) => serde_json::from_str::<Value>(&text).unwrap(),
                Frame::Ping(_) | Frame::Pong(_) => continue,
                Frame::Close(_) | Frame::End => break,
            };
            if text["status"] == "stopped" {
                assert_eq!(text["reason"], "replaced", "{text}");
                break;
            }
            for message in text["messages"].as_array().unwrap() {
                let expected = format!("{}-{received}", number ^ 1);
                assert_eq!(message["id"], *expected, "user {number}, seed {SEED:#x}: {text}");
                received += 1;
            }
            seq = text["seq"].as_u64().expect("a seq");
            match random.below(10) {
                0 | 1 => break,
                2 | 3 => socket.ack(seq),
                _ => {}
            }
            if received == MESSAGES {
                break;
            }
        }
    }
}

/// A poll, by whichever kind of poll the user waits.
fn poll_bytes(user: &Browser, seq: u64) -> Vec<u8> {
    let seq = seq.to_string();
    get("/packets", &[&poll_params(user, &seq), user.site.transport.params()].concat())
}

/// A stream, unless the server asks for patience.
fn streamed(user: &Browser, seq: u64) -> Option<Stream> {
    let request = stream_request(&poll_params(user, &seq.to_string()), &[]);
    unless_busy(Stream::open(user.site.connect(), &request))
}

/// What was opened, unless the server asks for patience.
fn unless_busy<T>(opened: Result<T, Response>) -> Option<T> {
    opened
        .inspect_err(|refused| {
            assert!([429, 503].contains(&refused.status), "{refused:?}");
            thread::sleep(Duration::from_millis(100));
        })
        .ok()
}

fn poll_params<'a>(user: &'a Browser, seq: &'a str) -> [(&'a str, &'a str); 3] {
    [("domain", &user.site.domain), ("ticket", &user.ticket), ("seq", seq)]
}

/// The answer, unless the server asks for patience: polls that were cut a moment ago may still be in its books.
fn answered(user: &Browser, conn: &mut Conn) -> Option<Value> {
    let response = conn.response();
    if [429, 503].contains(&response.status) {
        thread::sleep(Duration::from_millis(100));
        *conn = user.site.connect();
        return None;
    }
    let answer = user.site.transport.read(&response);
    if answer["status"] == "stopped" {
        // A poll that was cut came to another shard and is read only now: it counts as the newer one.
        assert_eq!(answer["reason"], "replaced", "{answer}");
        return None;
    }
    assert_eq!(answer["status"], "ok", "{answer}");
    Some(answer)
}
