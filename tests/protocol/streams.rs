//! Streams: how they open, what their events bring, and what acknowledges it. §3.

use serde_json::json;

use crate::support::{Browser, Response, Setup, Site, Stream, each_site, form, get, post, request};

/// The bodies that the next event brings.
#[track_caller]
fn bodies(stream: &mut Stream) -> Vec<String> {
    stream.event().bodies().into_iter().map(str::to_owned).collect()
}

/// A stream that has had its first event, which was empty.
#[track_caller]
fn open(browser: &Browser) -> Stream {
    let mut stream = browser.stream();
    assert_eq!(bodies(&mut stream), [""; 0]);
    stream
}

#[test]
fn the_first_event_comes_at_once_even_if_it_is_empty() {
    each_site(|site| {
        let mut stream = site.online("alice", &[]).stream();
        let event = stream.event();
        let empty = json!({"status": "ok", "messages": [], "presences": [], "statuses": [], "seq": 0});
        assert_eq!((event.id, event.data), (0, empty));
        for (name, value) in [
            ("content-type", "text/event-stream"),
            ("cache-control", "no-store, no-transform"),
            ("x-accel-buffering", "no"),
            ("x-content-type-options", "nosniff"),
            ("access-control-allow-origin", "*"),
            ("vary", "Origin"),
        ] {
            assert_eq!(stream.head.header(name), Some(value), "{name}");
        }
        assert_eq!(stream.head.header("content-length"), None);
    });
}

#[test]
fn an_event_is_what_an_answer_to_a_poll_would_be() {
    each_site(|site| {
        let (bob, alice) = (site.online("bob", &[]), site.online("alice", &[("buddies", "bob")]));
        let mut stream = open(&alice);
        bob.say("alice", "hi");
        let event = stream.event();
        assert_eq!(event.data["messages"][0]["body"], "hi");
        bob.types("alice", "typing");
        assert_eq!(stream.event().data["statuses"][0]["show"], "typing");
        bob.show("away");
        assert_eq!(stream.event().data["presences"][0]["show"], "away");
        bob.signals("alice", "read", "{\"upto\":\"1\"}");
        let event = stream.event();
        assert_eq!(event.data["signals"][0]["name"], "read");
        assert_eq!(alice.poll_with(&[]).json()["seq"], event.id, "in one row of numbers");
    });
}

#[test]
fn within_one_stream_each_packet_is_sent_once_and_until_it_is_acknowledged_on_the_next_one_again() {
    each_site(|site| {
        let mut alice = site.online("alice", &[]);
        let mut stream = open(&alice);
        for body in ["one", "two", "three"] {
            site.push("x", "alice", body);
            assert_eq!(bodies(&mut stream), [body]);
        }
        drop(stream);
        let mut stream = alice.stream();
        assert_eq!(bodies(&mut stream), ["one", "two", "three"]);
        alice.ack(2).ok();
        site.push("x", "alice", "four");
        assert_eq!(bodies(&mut stream), ["four"]);
        drop(stream);
        let mut stream = alice.stream();
        assert_eq!(bodies(&mut stream), ["three", "four"]);
        alice.ack(4).ok();
        site.push("x", "alice", "five");
        assert_eq!(bodies(&mut stream), ["five"]);
        assert_eq!(alice.poll().bodies(), ["five"], "a poll in its place repeats as well");
        assert_eq!(stream.stopped().data["reason"], "replaced");
        assert!(alice.everything().is_silent(), "and the next one acknowledges");
    });
}

#[test]
fn what_the_kernel_took_of_a_stream_is_not_acknowledged() {
    each_site(|site| {
        let mut alice = site.online("alice", &[]).without_seq();
        let mut stream = open(&alice);
        site.push("x", "alice", "one");
        assert_eq!(bodies(&mut stream), ["one"]);
        drop(stream);
        assert_eq!(alice.poll().bodies(), ["one"]);
        site.push("x", "alice", "two");
        assert_eq!(alice.poll().bodies(), ["two"], "as that of a poll is");
    });
}

#[test]
fn the_last_event_id_wins_over_the_seq_of_the_url() {
    each_site(|site| {
        let alice = site.online("alice", &[]);
        for body in ["one", "two", "three"] {
            site.push("x", "alice", body);
        }
        let again = |id: &str| alice.stream_with(&[("Last-Event-ID", id)]);
        assert_eq!(bodies(&mut alice.stream()), ["one", "two", "three"]);
        assert_eq!(bodies(&mut again("2").unwrap()), ["three"]);
        assert_eq!(bodies(&mut again("1").unwrap()), ["three"], "an older one acknowledges nothing");
        assert_eq!(bodies(&mut again("").unwrap()), ["three"], "an empty one is none");
        for bad in ["9", "x", "+3", "3 3", "18446744073709551616"] {
            again(bad).unwrap_err().is(400, "bad parameter: seq");
        }
        let twice = [("Last-Event-ID", "2"), ("Last-Event-ID", "3")];
        alice.stream_with(&twice).unwrap_err().is(400, "bad parameter: seq");
    });
}

#[test]
fn every_other_accept_is_a_poll() {
    each_site(|site| {
        let alice = site.online("alice", &[]);
        site.push("x", "alice", "hi");
        let params = form(&[("domain", &site.domain), ("ticket", &alice.ticket), ("seq", "0")]);
        let polled = |method: &str, headers: &[(&str, &str)]| {
            let line = format!("{method} /packets?{params} HTTP/1.1");
            let answer = site.send(&request(&line, headers, b"")).json();
            assert_eq!(answer["messages"][0]["body"], "hi", "{method} {headers:?}");
        };
        for accept in
            ["*/*", "text/event-stream, */*", "text/event-stream;q=1", "Text/Event-Stream", "text/*"]
        {
            polled("GET", &[("Accept", accept)]);
        }
        polled("GET", &[("Accept", "text/event-stream"), ("Accept", "*/*")]);
        polled("POST", &[("Accept", "text/event-stream")]);
    });
}

#[test]
fn what_cannot_be_a_stream_is_refused_before_it_begins() {
    each_site(|site| {
        let alice = site.online("alice", &[]);
        let (domain, ticket) = (("domain", &*site.domain), ("ticket", &*alice.ticket));
        let gone = site.online("gone", &[]);
        gone.offline();
        let refused = |line: &str, status: u16, body: &str| {
            let answer = site.send(&request(line, &[("Accept", "text/event-stream")], b""));
            answer.is(status, body);
            assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{line}");
        };
        let target = |params: &[(&str, &str)]| format!("GET /packets?{}", form(params));
        let check = |params: &[(&str, &str)], status, body| {
            refused(&format!("{} HTTP/1.1", target(params)), status, body);
        };
        check(&[domain, ticket, ("callback", "f")], 400, "bad parameter: callback");
        check(&[domain, ticket, ("seq", "9")], 400, "bad parameter: seq");
        check(&[domain, ("ticket", "x")], 404, "invalid ticket");
        check(&[domain, ("ticket", &gone.ticket)], 404, "no client found");
        check(&[domain], 400, "missing parameter: ticket");
        let old = request(
            &format!("{} HTTP/1.0", target(&[domain, ticket])),
            &[("Accept", "text/event-stream")],
            b"",
        );
        site.send(&old).is(400, "a stream needs HTTP/1.1");
    });
}

#[test]
fn an_empty_event_comes_when_nothing_else_does() {
    let setup = Setup::calm().timeout("poll_hold_ms_min", 50).timeout("poll_hold_ms_max", 100);
    setup.each(|site| {
        let alice = site.online("alice", &[]);
        let mut stream = open(&alice);
        assert_eq!(bodies(&mut stream), [""; 0]);
        site.push("x", "alice", "hi");
        let heard: Vec<String> = std::iter::repeat_with(|| bodies(&mut stream)).take(4).flatten().collect();
        assert_eq!(heard, ["hi"], "it is not repeated");
        assert_eq!(stream.event().id, 1, "the last number");
    });
}

#[test]
fn an_object_with_line_ends_arrives_whole() {
    each_site(|site| {
        let (alice, bob) = (site.online("alice", &[]), site.online("bob", &[]));
        let mut stream = open(&alice);
        let meta = "{\n\"a\"\r\n:\r[1,\n\n2]}";
        bob.call("/messages", &[("to", "alice"), ("body", "a\nb"), ("meta", meta)]).ok();
        let message = &stream.event().data["messages"][0];
        assert_eq!((&message["meta"], &message["body"]), (&json!({"a": [1, 2]}), &json!("a\nb")));
    });
}

#[test]
fn older_dialects_stream_what_they_know() {
    each_site(|site| {
        let papers = site.start("papers", &[]);
        let third = site.start("third", &[("version", "3")]);
        let mut streams = [&papers, &third].map(open);
        site.online("bob", &[]).say_to_all("hi");
        for (stream, name) in streams.iter_mut().zip(["papers", "third"]) {
            let message = &stream.event().data["messages"][0];
            assert_eq!([&message["type"], &message["to"]], ["unicast", name]);
        }
    });
}

/// An acknowledgement with these parameters.
fn acked(site: &Site, params: &[(&str, &str)]) -> Response {
    site.send(&post("/packets/ack", params))
}

#[test]
fn an_acknowledgement_is_refused_as_a_poll_is() {
    each_site(|site| {
        let alice = site.online("alice", &[]);
        site.push("x", "alice", "hi");
        let gone = site.online("gone", &[]);
        gone.offline();
        let (domain, ticket) = (("domain", &*site.domain), ("ticket", &*alice.ticket));
        let neighbour = site.neighbour();
        let check = |params: &[(&str, &str)], status, body| {
            let answer = acked(site, params);
            answer.is(status, body);
            assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
            assert_eq!(answer.header("vary"), Some("Origin"));
        };
        check(&[domain, ticket, ("seq", "1")], 200, "ok");
        check(&[domain, ticket, ("seq", "0")], 200, "ok");
        check(&[domain, ticket], 400, "missing parameter: seq");
        check(&[domain, ticket, ("seq", "2")], 400, "bad parameter: seq");
        check(&[domain, ticket, ("seq", "x")], 400, "bad parameter: seq");
        check(&[domain, ("seq", "1")], 400, "missing parameter: ticket");
        check(&[ticket, ("seq", "1")], 400, "missing parameter: domain");
        check(&[domain, ("ticket", "x"), ("seq", "0")], 404, "invalid ticket");
        check(&[domain, ("ticket", &gone.ticket), ("seq", "0")], 404, "no client found");
        check(&[("domain", &neighbour.domain), ticket, ("seq", "0")], 404, "no client found");
        check(&[("domain", "nowhere"), ticket, ("seq", "0")], 404, "no client found");
        let answer = site.send(&get("/packets/ack", &[domain, ticket, ("seq", "1")]));
        answer.is(405, "method not allowed");
        assert_eq!(answer.header("allow"), Some("POST, OPTIONS"));
        let json = format!("{{\"domain\":{:?},\"ticket\":{:?},\"seq\":1}}", site.domain, alice.ticket);
        let json_type = [("Content-Type", "application/json")];
        site.send(&request("POST /packets/ack HTTP/1.1", &json_type, json.as_bytes())).ok();
    });
}

#[test]
fn an_acknowledgement_may_be_read_by_scripts_of_the_domains_origins() {
    let setup = Setup::calm().domains("origins = [\"https://a.example\"]");
    setup.each(|site| {
        let alice = site.online("alice", &[]);
        let params = form(&[("domain", &site.domain), ("ticket", &alice.ticket), ("seq", "0")]);
        for (origin, allowed) in
            [("https://a.example", Some("https://a.example")), ("https://b.example", None)]
        {
            for method in ["POST", "OPTIONS"] {
                let line = format!("{method} /packets/ack?{params} HTTP/1.1");
                let answer = site.send(&request(&line, &[("Origin", origin)], b""));
                assert_eq!(answer.header("access-control-allow-origin"), allowed, "{method} {origin}");
            }
            let stream = alice.stream_with(&[("Origin", origin)]).unwrap();
            assert_eq!(stream.head.header("access-control-allow-origin"), allowed, "{origin}");
        }
    });
}

#[test]
fn an_acknowledgement_counts_for_polls_as_well() {
    each_site(|site| {
        let mut alice = site.online("alice", &[]);
        site.push("x", "alice", "one");
        assert_eq!(alice.poll_with(&[]).json()["seq"], 1);
        alice.ack(1).ok();
        alice.seq = Some(0);
        site.push("x", "alice", "two");
        assert_eq!(alice.poll().bodies(), ["two"]);
    });
}
