//! Page changes: what is handed over, and the linger. §4 Sessions and users.

use crate::support::{Setup, each_site, eventually};

#[test]
fn a_page_change_that_ends_the_old_page_first_is_seen_by_nobody_and_loses_nothing() {
    each_site(|site| {
        let mut bob = site.online("bob", &[("rooms", "r")]);
        let old = site.online("alice", &[("buddies", "bob"), ("rooms", "r")]);
        bob.everything();
        bob.say("alice", "one");
        old.offline();
        assert_eq!([site.onlines("alice"), site.members("r")], ["alice", "alice,bob"], "alice lingers");
        bob.say("alice", "two");
        bob.say_in("r", "three");
        let mut new = site.online("alice", &[("buddies", "bob"), ("rooms", "r")]);
        assert_eq!(new.answer["clientnum"], 1);
        bob.say("alice", "four");
        assert_eq!(new.everything().bodies(), ["one", "two", "three", "four"]);
        assert!(bob.everything().is_silent());
        old.is_gone();
    });
}

#[test]
fn a_page_change_that_starts_the_new_page_first_is_seen_by_nobody_and_loses_nothing() {
    each_site(|site| {
        let mut bob = site.online("bob", &[("rooms", "r")]);
        let old = site.online("alice", &[("buddies", "bob"), ("rooms", "r")]);
        bob.everything();
        bob.say("alice", "one");
        let mut new = site.online("alice", &[("buddies", "bob"), ("rooms", "r")]);
        bob.say("alice", "both were given this");
        old.offline();
        bob.say("alice", "three");
        let heard = new.everything();
        assert_eq!(heard.bodies(), ["one", "both were given this", "three"]);
        assert!(bob.everything().is_silent());
        assert_eq!([site.onlines("alice"), site.members("r")], ["alice", "alice,bob"]);
    });
}

#[test]
fn a_page_that_starts_is_given_what_waits_in_those_without_a_poll() {
    each_site(|site| {
        let first = site.online("alice", &[]);
        site.push("x", "alice", "one");
        let mut others = [site.online("alice", &[]), site.online("alice", &[])];
        first.offline();
        for other in &mut others {
            assert_eq!(other.everything().bodies(), ["one"]);
        }
    });
}

/// What one page has acknowledged is handed to no other.
#[test]
fn what_one_of_two_pages_has_acknowledged_is_given_to_no_third() {
    each_site(|site| {
        let silent = site.online("alice", &[]);
        let mut heard = site.online("alice", &[]);
        site.push("x", "alice", "one");
        assert_eq!(heard.everything().bodies(), ["one"]);
        let _acknowledges = heard.park_surely();
        let mut third = site.online("alice", &[]);
        silent.offline();
        assert!(third.everything().is_silent());
    });
}

/// The second page read the second message first, and the first one when the first page went.
#[test]
fn a_page_that_was_opened_between_two_messages_read_the_second_first() {
    each_site(|site| {
        let first = site.online("alice", &[]);
        let bob = site.online("bob", &[]);
        bob.say("alice", "m1");
        let mut second = site.online("alice", &[]);
        bob.say("alice", "m2");
        assert_eq!(second.everything().bodies(), ["m1", "m2"]);
        first.offline();
        assert!(second.everything().is_silent());
    });
}

#[test]
fn what_was_acknowledged_is_not_passed_on() {
    each_site(|site| {
        let mut old = site.online("alice", &[]);
        site.push("x", "alice", "acknowledged");
        assert_eq!(old.poll().bodies(), ["acknowledged"]);
        site.push("x", "alice", "answered");
        assert_eq!(old.poll().bodies(), ["answered"]);
        site.push("x", "alice", "queued");
        old.offline();
        let mut new = site.online("alice", &[]);
        assert_eq!(new.everything().bodies(), ["answered", "queued"]);
    });
}

#[test]
fn presences_and_typing_states_are_not_passed_on() {
    each_site(|site| {
        let bob = site.online("bob", &[]);
        for ended_first in [true, false] {
            let old = site.online("alice", &[("buddies", "bob")]);
            bob.show(if ended_first { "away" } else { "dnd" });
            bob.types("alice", "typing");
            bob.say("alice", "hello");
            if ended_first {
                old.offline();
                bob.types("alice", "typing");
            }
            let mut new = site.online("alice", &[]);
            if !ended_first {
                old.offline();
            }
            let heard = new.everything();
            assert_eq!(heard.bodies(), ["hello"]);
            assert!(heard.presences.is_empty() && heard.statuses.is_empty(), "{heard:?}");
            site.offline("alice");
        }
    });
}

#[test]
fn the_mailbox_goes_to_the_next_session_and_to_no_later_one() {
    each_site(|site| {
        site.online("alice", &[]).offline();
        site.push("x", "alice", "one");
        let mut next = site.online("alice", &[]);
        assert_eq!(next.everything().bodies(), ["one"]);
        let _acknowledges = next.park_surely();
        let mut other = site.online("alice", &[]);
        assert!(other.everything().is_silent());
        assert!(next.everything().is_silent(), "and is acknowledged");
        other.offline();
        next.offline();
        assert!(site.online("alice", &[]).everything().is_silent());
    });
}

#[test]
fn a_mailbox_survives_several_page_changes() {
    each_site(|site| {
        for i in 0..5 {
            let page = site.online("alice", &[]);
            site.push("x", "alice", &format!("on page {i}"));
            page.offline();
            site.push("x", "alice", &format!("after page {i}"));
        }
        let heard = site.online("alice", &[]).everything();
        let expected: Vec<_> =
            (0..5).flat_map(|i| [format!("on page {i}"), format!("after page {i}")]).collect();
        assert_eq!(heard.bodies(), expected);
    });
}

#[test]
fn a_user_whose_session_ran_out_lingers_with_a_mailbox() {
    Setup::calm().timeout("session_cut_ms", 1_500).each(|site| {
        site.online("alice", &[("rooms", "r")]);
        let mut sent = 0;
        eventually("the session runs out", || {
            sent += 1;
            (site.push("x", "alice", &sent.to_string()) == 0).then_some(())
        });
        assert_eq!([site.onlines("alice"), site.members("r")], ["alice", "alice"]);
        let mut alice = site.online("alice", &[]);
        let expected: Vec<String> = (1..=sent).map(|i| i.to_string()).collect();
        assert_eq!(alice.everything().bodies(), expected);
    });
}

#[test]
fn the_linger_ends_with_the_user_offline_and_the_mailbox_gone() {
    Setup::calm().timeout("linger_ms", 400).each(|site| {
        let mut bob = site.online("bob", &[]);
        let alice = site.online("alice", &[("buddies", "bob")]);
        bob.everything();
        bob.say("alice", "hello");
        alice.offline();
        assert_eq!(bob.hear(|heard| !heard.presences.is_empty()).moves(), ["alice offline unavailable"]);
        let mut alice = site.online("alice", &[("buddies", "bob")]);
        assert!(alice.everything().is_silent());
        assert_eq!(bob.everything().moves(), ["alice online available"]);
    });
}

#[test]
fn a_session_that_is_opened_ends_the_linger() {
    Setup::calm().timeout("linger_ms", 2_000).each(|site| {
        let mut bob = site.online("bob", &[]);
        let [alice, clock] = ["alice", "clock"].map(|name| site.online(name, &[("buddies", "bob")]));
        bob.everything();
        alice.offline();
        let mut alice = site.online("alice", &[]);
        clock.offline();
        assert_eq!(bob.hear(|heard| !heard.presences.is_empty()).moves(), ["clock offline unavailable"]);
        assert_eq!(alice.say("bob", "still here"), 1);
        assert!(alice.everything().is_silent());
    });
}
