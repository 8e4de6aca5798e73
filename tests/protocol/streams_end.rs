//! Streams: what takes their place, and what ends them. §3.

use nextim_testkit::events::End;
use nix::sys::signal::Signal;
use serde_json::Value;

use crate::support::{Browser, Event, Setup, Site, Stream, each_site, eventually, get, post};

/// A stream that has had its first event.
#[track_caller]
fn open(browser: &Browser) -> Stream {
    let mut stream = browser.stream();
    stream.event();
    stream
}

fn reason(event: &Event) -> &Value {
    &event.data["reason"]
}

#[test]
fn a_newer_stream_replaces_an_older_one() {
    each_site(|site| {
        let alice = site.online("alice", &[]);
        let mut stream = open(&alice);
        for body in ["one", "two"] {
            let newer = alice.stream();
            assert_eq!(reason(&stream.stopped()), "replaced");
            stream = newer;
            let queued = stream.event().bodies().len();
            site.push("x", "alice", body);
            assert_eq!(stream.event().bodies(), [body], "after {queued}");
        }
    });
}

#[test]
fn a_poll_replaces_a_stream_and_a_stream_a_poll() {
    each_site(|site| {
        let mut alice = site.online("alice", &[]);
        let stream = open(&alice);
        let poll = alice.park();
        assert_eq!(reason(&stream.stopped()), "replaced");
        let mut stream = alice.stream();
        assert_eq!(poll.stopped(), "replaced");
        stream.event();
        site.push("x", "alice", "hi");
        assert_eq!(stream.event().bodies(), ["hi"]);
        drop(stream);
        assert_eq!(alice.everything().bodies(), ["hi"]);
    });
}

#[test]
fn of_two_pages_with_one_ticket_the_newer_one_streams_on() {
    each_site(|site| {
        let alice = site.online("alice", &[]);
        // Two replacements within a second: the third stream waits for its second, and a fourth is one too many.
        let first = open(&alice);
        let second = alice.stream();
        assert_eq!(reason(&first.stopped()), "replaced");
        let third = alice.stream();
        assert_eq!(reason(&second.stopped()), "replaced");
        let mut third = third;
        third.event();
        site.push("x", "alice", "hi");
        assert_eq!(third.event().bodies(), ["hi"]);
    });
}

#[test]
fn the_end_of_a_session_is_the_last_event() {
    each_site(|site| {
        let alice = site.online("alice", &[]);
        let stream = open(&alice);
        alice.offline();
        assert_eq!(reason(&stream.stopped()), "offline");
        alice.ack(0).is(404, "no client found");
        assert_eq!(alice.stream_with(&[]).unwrap_err().status, 404);

        let bob = site.online("bob", &[]);
        let stream = open(&bob);
        site.offline("bob");
        assert_eq!(reason(&stream.stopped()), "offline");
    });
}

#[test]
fn a_page_too_many_is_stopped() {
    Setup::calm().limit("sessions_per_user", 1).each(|site| {
        let stream = open(&site.online("alice", &[]));
        site.online("alice", &[]);
        let stopped = stream.stopped();
        assert_eq!(reason(&stopped), "limit");
        assert!(stopped.retry.is_some());
    });
}

#[test]
fn a_session_whose_stream_is_not_acknowledged_ends() {
    // In this order: what holds events, what a session may be silent.
    let setup = Setup::calm()
        .timeout("poll_hold_ms_min", 50)
        .timeout("poll_hold_ms_max", 60)
        .timeout("session_idle_ms", 2_000);
    setup.each_at_once(|site| {
        let (heard, silent) = (site.online("heard", &[]), site.online("silent", &[]));
        let (mut acknowledged, mut not) = (open(&heard), open(&silent));
        let stopped = loop {
            let event = acknowledged.event();
            assert_eq!(event.data["status"], "ok", "it was heard: {event:?}");
            heard.ack(event.id).ok();
            let event = not.event();
            if event.data["status"] == "stopped" {
                break event;
            }
        };
        assert_eq!(reason(&stopped), "offline");
        assert_eq!(not.try_event(), Err(End::Whole));
        silent.is_gone();
        site.push("x", "heard", "hi");
        while acknowledged.event().bodies() != ["hi"] {}
    });
}

#[test]
fn a_session_whose_stream_is_cut_may_open_another() {
    let setup = Setup::calm().timeout("session_cut_ms", 1_000);
    setup.each_at_once(|site| {
        let (mut back, gone) = (site.online("back", &[]), site.online("gone", &[]));
        let (one, other) = (open(&back), open(&gone));
        site.push("x", "back", "hi");
        drop((one, other));
        let mut stream = back.stream();
        assert_eq!(stream.event().bodies(), ["hi"]);
        eventually("the other one ends", || (gone.ack(0).status == 404).then_some(()));
        drop(stream);
        back.seq = Some(1);
        assert!(back.everything().is_silent());
    });
}

#[test]
fn a_reader_that_stalls_is_closed_and_nothing_is_lost() {
    const BODIES: usize = 100;
    let setup = Setup::calm()
        .timeout("write_ms", 1_000)
        .limit("queue_bytes", 16 * 1_024 * 1_024)
        .limit("message_bytes", 32_768);
    setup.each_at_once(|site| {
        let mut alice = site.online("alice", &[]);
        let stream = open(&alice);
        let body = "x".repeat(30_000);
        for _ in 0..BODIES * 4 {
            assert_eq!(site.push("x", "alice", &body), 1);
        }
        // The stream is closed in the middle of an event, and only then a poll is served: it repeats everything.
        let heard = alice.hear(|heard| heard.messages.len() == BODIES * 4);
        assert!(heard.bodies().iter().all(|heard| *heard == body));
        drop(stream);
        assert!(alice.everything().is_silent());
    });
}

#[test]
fn a_full_queue_ends_the_session() {
    Setup::calm().limit("queue_messages", 5).each(|site| {
        let mut stream = open(&site.online("alice", &[]));
        for body in ["1", "2", "3", "4", "5"] {
            site.push("x", "alice", body);
            assert_eq!(stream.event().bodies(), [body]);
        }
        let params = site.signed(&[("from", "x"), ("to", "alice"), ("body", "6")]);
        assert_eq!(site.send(&post("/messages", &params)).status, 503);
        assert_eq!(reason(&stream.stopped()), "offline");
    });
}

#[test]
fn what_a_page_of_a_stream_has_not_acknowledged_passes_to_the_next_page() {
    each_site(|site| {
        let old = site.online("alice", &[]);
        let mut stream = open(&old);
        for body in ["one", "two"] {
            site.push("x", "alice", body);
            assert_eq!(stream.event().bodies(), [body]);
        }
        old.ack(1).ok();
        drop(stream);
        old.offline();
        assert_eq!(site.online("alice", &[]).everything().bodies(), ["two"]);
    });
}

#[test]
fn a_server_that_goes_down_has_an_event_on_each_stream_and_then_stops_it() {
    Setup::calm().own(|server| {
        let site = Site::fresh(server);
        let alice = site.online("alice", &[]);
        let mut streams: Vec<Stream> = vec![open(&alice)];
        streams.extend((0..4).map(|i| open(&site.online(&format!("user{i}"), &[]))));
        site.push("x", "alice", "hi");
        assert_eq!(streams[0].event().bodies(), ["hi"]);
        let ack = |seq: &str| {
            post("/packets/ack", &[("domain", &*site.domain), ("ticket", &*alice.ticket), ("seq", seq)])
        };
        let mut acks = site.connect();
        acks.call(&ack("0")).ok();
        let idle = {
            let mut conn = site.connect();
            conn.call(&get("/onlines", &site.signed(&[("names", "nobody")]))).is(200, "");
            conn
        };
        server.signal(Signal::SIGTERM);
        for (number, mut stream) in streams.into_iter().enumerate() {
            let event = stream.event();
            assert_eq!((&event.data["status"], event.bodies().len()), (&Value::from("ok"), 0));
            if number == 0 {
                // Kept connections are for this, and not for one request only.
                acks.call(&ack("0")).ok();
                acks.call(&ack("1")).ok();
            }
            let stopped = stream.stopped();
            assert_eq!(reason(&stopped), "shutdown");
            assert!(stopped.retry.is_some());
        }
        assert_eq!(idle.rest(), b"");
        assert_eq!(server.wait().code(), Some(0));
    });
}

#[test]
fn streams_of_a_removed_domain_are_stopped() {
    let both = Setup::calm().sites(&[("a.example", &["a"]), ("b.example", &["b"])]);
    both.own(|server| {
        let [a, b] = ["a", "b"].map(|key| Site::named(server, &format!("{key}.example"), key));
        let (gone, mut stays) = (open(&a.online("alice", &[])), open(&b.online("alice", &[])));
        server.reload(&both.clone().sites(&[("b.example", &["b"])]));
        assert_eq!(reason(&gone.stopped()), "offline");
        b.push("x", "alice", "hi");
        assert_eq!(stays.event().bodies(), ["hi"]);
    });
}
