//! The real message server behind the site: what users see of each other.
//!
//! Owns: a few whole conversations. Must not: repeat what the puppet shows.

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use nextim_testkit::http::get;
use serde_json::{Value, json};

use super::case::{Case, offered};
use crate::failure::{Failure, Verdict};
use crate::wire;
use crate::world::{DOMAIN, Page, World, go_online, send, send_room};

pub(super) const CASES: &[Case] = &[
    offered("server: a chat goes both ways", &["server"], chat),
    offered("server: presence, typing and a room", &["server"], presence),
    offered("server: what a page did not get comes with the next one", &["server"], comes_back),
    offered(
        "server: a page of version 3 gets only types it knows",
        &["server", "old", "broadcast"],
        old_page,
    ),
];

/// How long a packet may take.
const PACKET_MAX: Duration = Duration::from_secs(20);

/// Between two attempts to go online.
const BETWEEN: Duration = Duration::from_millis(400);

/// The packets of a page.
struct Poller {
    server: SocketAddr,
    ticket: String,
    seq: u64,
    packets: Vec<(&'static str, Value)>,
}

impl Poller {
    fn of(world: &World, page: &Page) -> Verdict<Poller> {
        let server = world.real.ok_or_else(|| page.answer.failure("the real message server is started"))?;
        Ok(Poller { server, ticket: page.ticket.clone(), seq: 0, packets: Vec::new() })
    }

    fn poll(&mut self) -> Verdict {
        let seq = self.seq.to_string();
        let request = get("/packets", &[("domain", DOMAIN), ("ticket", &self.ticket), ("seq", &seq)]);
        let failed = |came: &dyn std::fmt::Display| Failure::new("a poll", came, "the session goes on");
        let answer = wire::call(self.server, &request).map_err(|error| failed(&error))?;
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        if answer.status != 200 {
            return Err(failed(&format!("{} {text}", answer.status)));
        }
        let said: Value = serde_json::from_str(&text).map_err(|error| failed(&error))?;
        self.seq = said["seq"].as_u64().unwrap_or(self.seq);
        for list in ["messages", "presences", "statuses"] {
            let packets = said[list].as_array().into_iter().flatten();
            self.packets.extend(packets.map(|packet| (list, packet.clone())));
        }
        Ok(())
    }

    /// The first packet of a list that fits; each packet is looked at once.
    fn next(&mut self, list: &str, contract: &str, fits: impl Fn(&Value) -> bool) -> Verdict<Value> {
        let end = Instant::now() + PACKET_MAX;
        loop {
            let found = self.packets.iter().position(|(of, packet)| *of == list && fits(packet));
            if let Some(found) = found {
                return Ok(self.packets.remove(found).1);
            }
            if Instant::now() > end {
                let came: Vec<String> =
                    self.packets.iter().map(|(of, packet)| format!("{of} {packet}")).collect();
                return Err(Failure::new(format!("polls for {list}"), came.join("; "), contract));
            }
            self.poll()?;
        }
    }
}

fn chat(world: &World) -> Verdict {
    let (alice, bob) = (world.log_in("alice")?, world.log_in("bob")?);
    let (at_alice, at_bob) = (go_online(&alice, &[("version", "6")])?, go_online(&bob, &[("version", "6")])?);
    let (mut alices, mut bobs) = (Poller::of(world, &at_alice)?, Poller::of(world, &at_bob)?);
    for (from, to, polls) in [(&at_alice, "bob", &mut bobs), (&at_bob, "alice", &mut alices)] {
        let body = format!("hello {to}, \"it's\" 你好 👋🏽 \\ %");
        let sent = from.post("message", &[("to", world.id(to)), ("body", &body), ("cid", "c1")])?;
        sent.fits("message")?;
        let got = polls.next("messages", "the message arrives", |message| message["body"] == body)?;
        sent.must(got["id"] == sent.json["id"], "the page gets the id of the row")?;
        sent.must(got["timestamp"] == sent.json["timestamp"], "the page gets the time of the row")?;
    }
    let again = go_online(&bob, &[])?;
    again.answer.equals("/new_messages", json!([]), "what reached a page is delivered")
}

fn presence(world: &World) -> Verdict {
    let (alice, bob) = (world.log_in("alice")?, world.log_in("bob")?);
    let at_alice = go_online(&alice, &[("version", "6")])?;
    let mut polls = Poller::of(world, &at_alice)?;
    let at_bob = go_online(&bob, &[("show", "away"), ("version", "6")])?;
    let seen = at_bob.answer.entry("/buddies", world.id("alice"), "a friend")?;
    at_bob.answer.must(seen["presence"] == "online", "a friend who is there is online")?;
    let is_bob = |packet: &Value| packet["from"] == world.id("bob");
    polls.next("presences", "friends see each other come", |packet| {
        is_bob(packet) && packet["show"] == "away"
    })?;
    at_bob.post("presence", &[("show", "dnd")])?.is_ok()?;
    polls.next("presences", "a changed show is seen", |packet| is_bob(packet) && packet["show"] == "dnd")?;
    at_bob.post("status", &[("to", world.id("alice")), ("show", "typing")])?.is_ok()?;
    polls.next("statuses", "typing is seen", |packet| is_bob(packet) && packet["show"] == "typing")?;
    send_room(&bob, world.room("walkers"), "to the room")?;
    polls.next("messages", "a member gets the room's messages", |packet| packet["body"] == "to the room")?;
    let members = alice.get("members", &[("id", world.room("walkers"))])?;
    members.entry("", world.id("bob"), "members are those online")?;
    at_bob.post("offline", &[])?.is_ok()?;
    polls.next("presences", "friends see each other go", |packet| {
        is_bob(packet) && packet["type"] == "offline"
    })?;
    Ok(())
}

fn comes_back(world: &World) -> Verdict {
    let (alice, bob) = (world.log_in("alice")?, world.log_in("bob")?);
    let page = go_online(&bob, &[])?;
    send(&alice, world.id("bob"), "not seen")?;
    // The page goes without a poll; the message server posts the message back.
    page.post("offline", &[])?.is_ok()?;
    let end = Instant::now() + PACKET_MAX;
    loop {
        let page = go_online(&bob, &[])?;
        if page.missed() == ["not seen"] {
            let again = go_online(&bob, &[])?;
            return again.answer.equals("/new_messages", json!([]), "it comes once");
        }
        let is_early = Instant::now() < end;
        page.answer
            .must(is_early, "the message server posts back what a page did not get; it waits again")?;
        page.post("offline", &[])?.is_ok()?;
        // Often enough, and not more often than a user may go online.
        thread::sleep(BETWEEN);
    }
}

fn old_page(world: &World) -> Verdict {
    let page = go_online(&world.log_in("alice")?, &[("version", "3")])?;
    let mut polls = Poller::of(world, &page)?;
    let admin = world.log_in("admin")?;
    admin.post("message", &[("type", "broadcast"), ("body", "to all"), ("cid", "1")])?.fits("message")?;
    let got = polls.next("messages", "a broadcast arrives", |message| message["body"] == "to all")?;
    page.answer.must(
        got["type"] == "unicast" && got["to"] == world.id("alice"),
        "online passes version=3 on: front ends of 2011 know no broadcasts, and get a unicast",
    )
}
