//! `/presences/offline`: §2 offline.

use crate::support::{Setup, each_site};

#[test]
fn offline_by_ticket_ends_that_session_only() {
    each_site(|site| {
        let (first, mut second) = (site.online("alice", &[]), site.online("alice", &[]));
        first.offline();
        first.is_gone();
        assert_eq!(site.push("x", "alice", "hello"), 1);
        assert_eq!(second.message()["body"], "hello");
        assert_eq!(site.onlines("alice"), "alice");
    });
}

#[test]
fn a_parked_poll_of_an_ended_session_is_told_so() {
    each_site(|site| {
        let alice = site.online("alice", &[]);
        let poll = alice.park_surely();
        alice.offline();
        assert_eq!(poll.stopped(), "offline");
        alice.is_gone();
    });
}

#[test]
fn offline_by_name_ends_all_sessions_at_once_and_without_linger() {
    each_site(|site| {
        let mut bob = site.online("bob", &[]);
        let alice = [site.online("alice", &[("buddies", "bob"), ("rooms", "r")]), site.online("alice", &[])];
        let polls = [alice[0].park_surely(), alice[1].park_surely()];
        bob.everything();
        site.offline("alice");
        for (session, poll) in alice.iter().zip(polls) {
            assert_eq!(poll.stopped(), "offline");
            session.is_gone();
        }
        assert_eq!(bob.everything().moves(), ["alice offline unavailable"]);
        assert_eq!(site.onlines("alice"), "");
        assert_eq!(site.members("r"), "");
        assert_eq!(site.push("x", "alice", "lost"), 0);
        assert!(site.online("alice", &[]).everything().is_silent(), "no mailbox was kept");
    });
}

#[test]
fn offline_by_name_drops_a_lingering_user_too() {
    each_site(|site| {
        let mut bob = site.online("bob", &[]);
        let alice = site.online("alice", &[("buddies", "bob")]);
        bob.everything();
        alice.offline();
        assert_eq!(site.onlines("alice"), "alice", "alice lingers");
        assert!(bob.everything().is_silent());
        site.offline("alice");
        assert_eq!(site.onlines("alice"), "");
        assert_eq!(bob.everything().moves(), ["alice offline unavailable"]);
    });
}

#[test]
fn offline_by_ticket_lingers_and_then_tells_the_buddies() {
    Setup::calm().timeout("linger_ms", 400).each(|site| {
        let mut bob = site.online("bob", &[]);
        let alice = site.online("alice", &[("buddies", "bob")]);
        bob.everything();
        alice.offline();
        assert_eq!(bob.hear(|heard| !heard.presences.is_empty()).moves(), ["alice offline unavailable"]);
        assert_eq!(site.onlines("alice"), "");
    });
}
