//! One poll a session, acknowledgement, and how polls are stopped. §3.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::{Browser, Heard, Poll, Response, Setup, each_site, eventually, get};

/// The bodies of a raw answer.
fn bodies(answer: &Response) -> Vec<String> {
    let answer = answer.json();
    let list = answer["messages"].as_array().unwrap().iter();
    list.map(|message| message["body"].as_str().unwrap().to_owned()).collect()
}

/// Polls as a client that has the packets up to `seq`.
fn poll_from(browser: &Browser, seq: &str) -> Response {
    let params = [("domain", &*browser.site.domain), ("ticket", &*browser.ticket), ("seq", seq)];
    browser.site.send(&get("/packets", &params))
}

#[test]
fn queued_packets_are_answered_at_once_and_in_order() {
    each_site(|site| {
        let mut alice = site.online("alice", &[]);
        let said: Vec<String> = (0..30).map(|i| i.to_string()).collect();
        for body in &said {
            site.push("x", "alice", body);
        }
        assert_eq!(alice.poll().bodies(), said);
        assert_eq!(alice.seq, Some(30));
    });
}

#[test]
fn a_parked_poll_is_answered_when_a_packet_comes() {
    each_site(|site| {
        let (mut alice, bob) = (site.online("alice", &[("buddies", "bob")]), site.online("bob", &[]));
        let poll = alice.park_surely();
        bob.say("alice", "hi");
        assert_eq!(alice.read(poll).bodies(), ["hi"]);
        let poll = alice.park_surely();
        bob.types("alice", "typing");
        assert_eq!(alice.read(poll).statuses.len(), 1);
        let poll = alice.park_surely();
        site.online("carol", &[("buddies", "alice")]);
        assert_eq!(alice.read(poll).moves(), ["carol online available"]);
    });
}

#[test]
fn a_newer_poll_replaces_a_parked_one() {
    each_site(|site| {
        let mut alice = site.online("alice", &[]);
        for _ in 0..2 {
            let poll = alice.park_surely();
            site.push("x", "alice", "hello");
            assert_eq!(alice.read(poll).bodies(), ["hello"], "the newer poll is the one that hears");
        }
    });
}

#[test]
fn a_replaced_answer_has_the_shape_of_every_answer() {
    each_site(|site| {
        let alice = site.online("alice", &[]).by_polls();
        let (one, other) = (alice.park(), alice.park());
        let first = crate::support::eventually("one of the two is replaced", || {
            if one.is_readable() { Some(true) } else { other.is_readable().then_some(false) }
        });
        let (replaced, parked) = if first { (one, other) } else { (other, one) };
        let answer = replaced.response().json();
        for (name, value) in [
            ("status", json!("stopped")),
            ("reason", json!("replaced")),
            ("seq", json!(0)),
            ("messages", json!([])),
            ("presences", json!([])),
            ("statuses", json!([])),
        ] {
            assert_eq!(answer[name], value);
        }
        site.push("x", "alice", "hello");
        assert_eq!(bodies(&parked.response()), ["hello"]);
    });
}

#[test]
fn two_pages_on_one_ticket_lose_nothing() {
    each_site(|site| {
        let mut alice = site.online("alice", &[]).by_polls();
        let polls = [alice.park_surely(), alice.park()];
        site.push("x", "alice", "hello");
        // The older one may be answered, replaced, or closed while its answer is on the way.
        let answers = polls.map(|poll| poll.into_conn().try_response());
        assert!(answers.iter().flatten().any(|answer| bodies(answer) == ["hello"]), "{answers:?}");
        assert_eq!(alice.everything().bodies(), ["hello"], "none of them acknowledged it");
    });
}

#[test]
fn packets_are_numbered_from_one_and_answered_until_acknowledged() {
    each_site(|site| {
        let alice = site.online("alice", &[]);
        for body in ["one", "two", "three"] {
            site.push("x", "alice", body);
        }
        for _ in 0..2 {
            let answer = poll_from(&alice, "0");
            assert_eq!(bodies(&answer), ["one", "two", "three"]);
            assert_eq!(answer.json()["seq"], 3);
        }
        assert_eq!(bodies(&poll_from(&alice, "1")), ["two", "three"]);
        let answer = poll_from(&alice, "2");
        assert_eq!(bodies(&answer), ["three"]);
        assert_eq!(answer.json()["seq"], 3);
        assert_eq!(bodies(&poll_from(&alice, "0")), ["three"], "what is acknowledged stays so");
        assert_eq!(bodies(&poll_from(&alice, "1")), ["three"]);
        site.push("x", "alice", "four");
        let answer = poll_from(&alice, "3");
        assert_eq!((bodies(&answer), answer.json()["seq"].as_u64()), (vec!["four".to_owned()], Some(4)));
    });
}

#[test]
fn every_packet_takes_the_next_number_whatever_its_kind() {
    each_site(|site| {
        let (alice, bob) = (site.online("alice", &[]), site.online("bob", &[("buddies", "alice")]));
        bob.types("alice", "typing");
        bob.say("alice", "hi");
        let answer = poll_from(&alice, "0").json();
        assert_eq!(answer["seq"], 3, "{answer}");
        let rest = poll_from(&alice, "1").json();
        assert_eq!([&rest["presences"], &rest["seq"]], [&json!([]), &json!(3)], "the presence came first");
        assert_eq!(rest["statuses"].as_array().unwrap().len(), 1);
        let rest = poll_from(&alice, "2").json();
        assert_eq!(rest["statuses"], json!([]));
        assert_eq!(rest["messages"][0]["body"], "hi");
    });
}

#[test]
fn a_seq_that_was_never_issued_is_refused() {
    each_site(|site| {
        let alice = site.online("alice", &[]);
        poll_from(&alice, "1").is(400, "bad parameter: seq");
        site.push("x", "alice", "hi");
        for bad in ["2", "18446744073709551615", "18446744073709551616", "-1", "x", "1.0", "+1"] {
            poll_from(&alice, bad).is(400, "bad parameter: seq");
        }
        assert_eq!(bodies(&poll_from(&alice, "0")), ["hi"]);
    });
}

#[test]
fn sessions_have_numbers_of_their_own() {
    each_site(|site| {
        let mut first = site.online("alice", &[]);
        site.push("x", "alice", "one");
        assert_eq!(first.poll().bodies(), ["one"]);
        let poll = first.park_surely();
        let mut second = site.online("alice", &[]);
        site.push("x", "alice", "two");
        assert_eq!(first.read(poll).bodies(), ["two"]);
        assert_eq!(second.poll().bodies(), ["two"]);
        assert_eq!([first.seq, second.seq], [Some(2), Some(1)]);
    });
}

#[test]
fn a_poll_without_seq_acknowledges_what_was_flushed() {
    each_site(|site| {
        let mut alice = site.online("alice", &[]).without_seq();
        site.push("x", "alice", "one");
        assert_eq!(alice.poll().bodies(), ["one"]);
        let poll = alice.park();
        site.push("x", "alice", "two");
        assert_eq!(alice.read(poll).bodies(), ["two"]);
        site.push("x", "alice", "three");
        assert_eq!(alice.everything().bodies(), ["three"]);
    });
}

#[test]
fn a_lost_answer_is_not_a_lost_message() {
    each_site(|site| {
        let mut alice = site.online("alice", &[]);
        for round in 0..2 {
            let poll = alice.park_surely();
            site.push("x", "alice", &format!("{round}"));
            // The page is gone, or the network is, before the answer is read.
            drop(poll);
            assert_eq!(alice.poll().bodies(), [format!("{round}")]);
        }
    });
}

#[test]
fn answered_packets_are_not_merged_with_later_ones() {
    each_site(|site| {
        let mut alice = site.online("alice", &[]);
        let bob = site.online("bob", &[("buddies", "alice")]);
        alice.everything();
        let seq = alice.seq;
        bob.show("away");
        assert_eq!(alice.poll().moves(), ["bob show away"]);
        bob.show("dnd");
        alice.seq = seq;
        assert_eq!(alice.everything().moves(), ["bob show away", "bob show dnd"]);
    });
}

#[test]
fn an_answer_that_is_not_taken_counts_as_not_sent() {
    let setup = Setup::calm().limit("queue_bytes", 16 << 20).limit("message_bytes", 1 << 20);
    setup.limit("body_bytes", 4 << 20).limit("list_body_bytes", 4 << 20).each(|site| {
        for with_seq in [true, false] {
            let mut alice = site.online("alice", &[]).by_polls();
            if !with_seq {
                alice = alice.without_seq();
            }
            // More than the kernel keeps for a client that does not read.
            let large = "x".repeat(1_000_000);
            for i in 0..12 {
                site.push("x", "alice", &format!("{i}{large}"));
            }
            let mut stuck = alice.park().into_conn();
            stuck.skip(1);
            let heard = alice.hear(|heard: &Heard| heard.messages.len() >= 12);
            let all =
                heard.bodies().into_iter().enumerate().all(|(i, body)| body.starts_with(&format!("{i}x")));
            assert!(all && heard.messages.len() == 12, "every message once and in order");
            let rest = stuck.rest();
            assert!(rest.len() < 11_000_000, "the older poll was closed");
            site.offline("alice");
        }
    });
}

#[test]
fn a_ticket_that_is_unknown_or_ended_is_404_with_or_without_callback() {
    each_site(|site| {
        let alice = site.online("alice", &[]);
        alice.offline();
        alice.is_gone();
        alice.poll_with(&[("callback", "f")]).is(404, "no client found");
    });
}

/// Two old pages on one ticket must not spin: each would replace the other as fast as it can.
#[test]
fn a_parked_poll_is_replaced_at_most_once_a_second() {
    each_site(|site| {
        let alice = site.online("alice", &[]).by_polls();
        let begun = Instant::now();
        let polls: Vec<Poll> = (0..40).map(|_| alice.park()).collect();
        // One is parked and one waits; the others were one too many, or replaced.
        eventually("all polls but two are answered", || {
            let answered = polls.iter().filter(|poll| poll.is_readable()).count();
            (answered >= polls.len() - 2).then_some(())
        });
        let readable = polls.into_iter().filter(Poll::is_readable);
        let replaced = readable.map(Poll::response).filter(|answer| answer.status == 200).count();
        // After they were looked at: more may have been replaced meanwhile.
        let seconds = begun.elapsed().as_secs();
        assert!(replaced as u64 <= seconds + 2, "{replaced} in {seconds} s");
    });
}

/// One ticket polled over and over with one number pushed 238 MB a second out.
#[test]
fn the_same_answer_was_repeated_as_fast_as_it_was_asked_for() {
    each_site(|site| {
        let mut alice = site.online("alice", &[]).by_polls();
        site.push("x", "alice", "one");
        let begun = Instant::now();
        for _ in 0..4 {
            assert_eq!(bodies(&poll_from(&alice, "0")), ["one"]);
        }
        // The first is news and the second a repetition; each later one had to wait.
        assert!(begun.elapsed() >= Duration::from_secs(2), "{:?}", begun.elapsed());
        let poll = alice.park();
        site.push("x", "alice", "two");
        assert_eq!(alice.read(poll).bodies(), ["one", "two"], "news are answered at once");
    });
}

#[test]
fn a_poll_that_waits_to_repeat_may_be_replaced_and_cut() {
    each_site(|site| {
        let mut alice = site.online("alice", &[]).by_polls();
        site.push("x", "alice", "one");
        for _ in 0..2 {
            assert_eq!(bodies(&poll_from(&alice, "0")), ["one"]);
        }
        let polls = [alice.park(), alice.park()];
        // Whichever came first is replaced by the other, unless its second is over, and then it is answered.
        let answered = eventually("one of two is answered", || polls.iter().position(Poll::is_readable));
        let [first, second] = polls;
        let (over, waiting) = if answered == 0 { (first, second) } else { (second, first) };
        let answer = over.response();
        assert!(answer.json()["status"] == "stopped" || bodies(&answer) == ["one"], "{}", answer.text());
        site.push("x", "alice", "two");
        let heard = alice.read(waiting);
        assert!([vec!["one", "two"], vec!["one"]].contains(&heard.bodies()), "{heard:?}");
        alice.seq = Some(0);
        drop(alice.park());
        assert_eq!(bodies(&poll_from(&alice, "0")), ["one", "two"], "the session lives on");
    });
}

#[test]
fn without_seq_what_was_flushed_is_not_repeated_and_nothing_is_delayed() {
    each_site(|site| {
        let mut alice = site.online("alice", &[]).without_seq();
        for body in ["one", "two", "three", "four"] {
            site.push("x", "alice", body);
            assert_eq!(alice.poll().bodies(), [body]);
        }
    });
}
