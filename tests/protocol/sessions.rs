//! When sessions end by themselves, and when not: §4 Sessions and users.
//!
//! Nothing here measures time. That something has not ended too early is shown by something that had as long to
//! live, was started later, and has ended.

use std::thread;
use std::time::Duration;

use nix::sys::signal::Signal;

use crate::support::{Browser, Setup, Site};

/// Long enough for a test to come back to a session in time, even on a busy machine.
const SHORT_MS: u64 = 2_500;

fn cut_soon() -> Setup {
    Setup::calm().timeout("session_cut_ms", SHORT_MS).timeout("linger_ms", 200)
}

/// A user that polls all the time and gets the presences of the others.
fn watcher(site: &Site) -> Browser {
    let mut bob = site.online("bob", &[]);
    assert!(bob.everything().is_silent());
    bob
}

#[track_caller]
fn hears_offline(bob: &mut Browser, name: &str) {
    bob.hear(|heard| heard.moves_of(name).last().is_some_and(|last| last == "offline unavailable"));
}

/// A session started now, never polled, ends: as much time has passed.
#[track_caller]
fn let_the_cut_time_pass(site: &Site, bob: &mut Browser) {
    let clock = site.online("clock", &[("buddies", "bob")]);
    hears_offline(bob, "clock");
    clock.is_gone();
}

#[test]
fn a_session_that_never_polled_ends() {
    cut_soon().each(|site| {
        let mut bob = watcher(site);
        let alice = site.online("alice", &[("buddies", "bob")]);
        assert_eq!(site.onlines("alice"), "alice");
        hears_offline(&mut bob, "alice");
        alice.is_gone();
        assert_eq!(site.onlines("alice"), "");
    });
}

#[test]
fn a_session_whose_parked_poll_was_cut_ends() {
    cut_soon().each(|site| {
        let mut bob = watcher(site);
        let alice = site.online("alice", &[("buddies", "bob")]);
        drop(alice.park_surely());
        hears_offline(&mut bob, "alice");
        alice.is_gone();
    });
}

#[test]
fn a_session_that_polls_again_after_a_cut_lives_on() {
    cut_soon().each(|site| {
        let mut bob = watcher(site);
        let mut alice = site.online("alice", &[("buddies", "bob")]);
        drop(alice.park_surely());
        let poll = alice.park();
        let_the_cut_time_pass(site, &mut bob);
        assert_eq!(site.push("x", "alice", "hello"), 1);
        assert_eq!(alice.read(poll).bodies(), ["hello"]);
    });
}

#[test]
fn a_session_whose_poll_was_answered_outlives_the_cut_time() {
    cut_soon().each(|site| {
        let mut bob = watcher(site);
        let mut alice = site.online("alice", &[("buddies", "bob")]).by_polls();
        site.push("x", "alice", "hello");
        assert_eq!(alice.message()["body"], "hello");
        let_the_cut_time_pass(site, &mut bob);
        assert_eq!(site.push("x", "alice", "again"), 1);
        assert_eq!(alice.message()["body"], "again");
    });
}

#[test]
fn a_session_whose_poll_was_answered_ends_when_it_is_idle() {
    let setup = Setup::calm().timeout("session_idle_ms", SHORT_MS).timeout("linger_ms", 200);
    setup.each(|site| {
        let mut bob = watcher(site).by_polls();
        let mut parked = site.online("parked", &[]).by_polls();
        let poll = parked.park_surely();
        let mut alice = site.online("alice", &[("buddies", "bob")]).by_polls();
        site.push("x", "alice", "hello");
        assert_eq!(alice.message()["body"], "hello");
        hears_offline(&mut bob, "alice");
        alice.is_gone();
        assert_eq!(site.push("x", "parked", "hello"), 1, "a parked poll is not idle");
        assert_eq!(parked.read(poll).bodies(), ["hello"]);
    });
}

#[test]
fn a_parked_session_outlives_the_cut_time() {
    cut_soon().each(|site| {
        let mut bob = watcher(site);
        let mut alice = site.online("alice", &[("buddies", "bob")]);
        let poll = alice.park();
        let_the_cut_time_pass(site, &mut bob);
        assert_eq!(site.push("x", "alice", "hello"), 1);
        assert_eq!(alice.read(poll).bodies(), ["hello"]);
    });
}

#[test]
fn a_quiet_page_that_polls_again_and_again_lives_on() {
    let setup = cut_soon().timeout("poll_hold_ms_min", 100).timeout("poll_hold_ms_max", 150);
    setup.timeout("session_idle_ms", SHORT_MS).each(|site| {
        let mut alice = site.online("alice", &[]);
        site.online("clock", &[("buddies", "alice")]);
        // Alice polls as a page does, and the session of clock, without polls, ends meanwhile.
        alice.hear(|heard| heard.moves_of("clock").last().is_some_and(|last| last == "offline unavailable"));
        assert_eq!(site.push("x", "alice", "hello"), 1);
        assert_eq!(alice.message()["body"], "hello");
    });
}

#[test]
fn two_sessions_end_one_by_one() {
    cut_soon().each(|site| {
        let mut bob = watcher(site);
        let silent = site.online("alice", &[("buddies", "bob")]);
        let mut alive = site.online("alice", &[]);
        let poll = alive.park();
        let_the_cut_time_pass(site, &mut bob);
        silent.is_gone();
        assert_eq!(site.push("x", "alice", "hello"), 1);
        assert_eq!(alive.read(poll).bodies(), ["hello"]);
        assert!(bob.everything().moves_of("alice").is_empty());
    });
}

#[test]
fn nobody_is_expired_for_a_time_in_which_the_process_was_stopped() {
    cut_soon().own(|server| {
        let site = Site::fresh(server);
        let (mut alice, mut carol) = (site.online("alice", &[]), site.online("carol", &[]));
        server.signal(Signal::SIGSTOP);
        let poll = alice.park();
        // The one sleep of these tests: how long the process stands still is what this is about.
        thread::sleep(Duration::from_millis(2 * SHORT_MS));
        server.signal(Signal::SIGCONT);
        assert_eq!(site.push("x", "alice", "hello"), 1, "the poll that waited in the socket was read");
        assert_eq!(alice.read(poll).bodies(), ["hello"]);
        assert_eq!(site.push("x", "carol", "hello"), 1, "her deadline moved with the stop");
        assert_eq!(carol.message()["body"], "hello");
    });
}
