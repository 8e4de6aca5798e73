//! Sessions that cannot take more: §4 Overload, and the queue limits of §1.

use crate::support::{Browser, Response, Setup, Site, each_site};

fn few_messages() -> Setup {
    Setup::calm().limit("queue_messages", 5)
}

fn push(site: &Site, to: &str, body: &str) -> Response {
    site.post("/messages", &[("from", "x"), ("to", to), ("body", body)])
}

/// Fills the queue of a user's sessions.
#[track_caller]
fn fill(site: &Site, browser: &Browser) {
    for i in 0..5 {
        assert_eq!(push(site, &browser.name, &i.to_string()).delivered(), 1);
    }
}

#[track_caller]
fn is_overloaded(answer: &Response) {
    assert_eq!(answer.status, 503, "{}", answer.text());
    assert!(answer.header("retry-after").is_some_and(|after| after.parse::<u32>().is_ok()));
}

#[test]
fn a_session_that_cannot_take_a_message_is_ended() {
    let setup = few_messages().timeout("poll_hold_ms_min", 200).timeout("poll_hold_ms_max", 300);
    setup.each(|site| {
        let alice = site.online("alice", &[]);
        fill(site, &alice);
        is_overloaded(&push(site, "alice", "too much"));
        alice.is_gone();
        let mut alice = site.online("alice", &[]);
        let kept = alice.poll();
        assert!(!kept.bodies().contains(&"too much"), "the site was told that it was not taken");
        alice.poll();
        site.push("x", "alice", "hello");
        assert_eq!(alice.message()["body"], "hello");
    });
}

#[test]
fn a_session_that_polls_is_not_overloaded() {
    few_messages().each(|site| {
        let mut alice = site.online("alice", &[]);
        for i in 0..20 {
            assert_eq!(site.push("x", "alice", &i.to_string()), 1);
            assert_eq!(alice.poll().bodies(), [i.to_string()]);
        }
    });
}

#[test]
fn a_unicast_that_another_session_took_is_ok() {
    few_messages().each(|site| {
        let (slow, mut quick) = (site.online("alice", &[]), site.online("alice", &[]));
        for i in 0..5 {
            assert_eq!(push(site, "alice", &i.to_string()).delivered(), 2);
            quick.poll();
        }
        assert_eq!(push(site, "alice", "hello").delivered(), 1);
        slow.is_gone();
        assert_eq!(quick.message()["body"], "hello");
    });
}

#[test]
fn multicast_and_broadcast_are_ok_with_the_true_count() {
    few_messages().each(|site| {
        for kind in ["multicast", "broadcast"] {
            let full = site.online("full", &[("rooms", "r")]);
            let mut carol = site.online("carol", &[("rooms", "r")]);
            fill(site, &full);
            let params = [("from", "x"), ("type", kind), ("to", "r"), ("body", "hello")];
            assert_eq!(site.post("/messages", &params).delivered(), 1);
            full.is_gone();
            assert_eq!(carol.message()["body"], "hello");
            site.offline("full");
            site.offline("carol");
        }
    });
}

#[test]
fn the_bytes_of_a_queue_are_limited_too() {
    Setup::calm().limit("queue_bytes", 8_192).limit("message_bytes", 1_200).each(|site| {
        let alice = site.online("alice", &[]);
        let body = "x".repeat(1_100);
        for _ in 0..5 {
            assert_eq!(push(site, "alice", &body).delivered(), 1);
        }
        let refused = (0..4).any(|_| push(site, "alice", &body).status == 503);
        assert!(refused, "nine messages of 1,100 bytes do not fit into 8,192");
        alice.is_gone();
    });
}

#[test]
fn typing_states_are_dropped_first_and_end_no_session() {
    few_messages().each(|site| {
        let (mut alice, bob) = (site.online("alice", &[]), site.online("bob", &[]));
        for _ in 0..50 {
            bob.types("alice", "typing");
        }
        fill(site, &alice);
        for _ in 0..50 {
            bob.types("alice", "typing");
        }
        let heard = alice.hear(|heard| heard.messages.len() >= 5);
        assert_eq!(heard.bodies(), ["0", "1", "2", "3", "4"]);
    });
}

#[test]
fn presences_are_kept_newest_per_sender() {
    few_messages().each(|site| {
        let mut alice = site.online("alice", &[]);
        let bob = site.online("bob", &[("buddies", "alice")]);
        alice.everything();
        for i in 0..30 {
            bob.show(&format!("show{i}"));
        }
        assert_eq!(alice.everything().moves(), ["bob show show29"]);
    });
}

#[test]
fn presences_do_not_count_as_messages() {
    few_messages().each(|site| {
        let mut alice = site.online("alice", &[]);
        for i in 0..20 {
            site.online(&format!("user{i}"), &[("buddies", "alice")]);
        }
        fill(site, &alice);
        let heard = alice.hear(|heard| heard.messages.len() >= 5);
        assert_eq!(heard.presences.len(), 20);
    });
}

#[test]
fn a_thousand_messages_wait_for_a_session() {
    each_site(|site| {
        let mut alice = site.online("alice", &[]);
        let call = |i: u32| {
            site.post_bytes("/messages", &[("from", "x"), ("to", "alice"), ("body", &i.to_string())])
        };
        let mut conn = site.connect();
        for start in (0..1_000).step_by(100) {
            conn.send(&(start..start + 100).map(call).collect::<Vec<_>>().concat());
            for _ in 0..100 {
                assert_eq!(conn.response().delivered(), 1);
            }
        }
        let heard = alice.poll();
        assert_eq!(heard.messages.len(), 1_000);
        assert_eq!(alice.seq, Some(1_000));
        let (full, all) = (site.online("full", &[]), 0..1_000);
        for i in all {
            conn.send(
                &site.post_bytes("/messages", &[("from", "x"), ("to", "full"), ("body", &i.to_string())]),
            );
            assert_eq!(conn.response().delivered(), 1);
        }
        is_overloaded(&push(site, "full", "one more"));
        full.is_gone();
    });
}
