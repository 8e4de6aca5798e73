//! Acknowledgements that come after the end of their sessions. §3 Acknowledgement.

use serde_json::Value;

use crate::support::{Browser, Inbox, Setup, Site, each_site, eventually};

/// A page that was answered with these messages, has acknowledged none, and was ended by its site.
#[track_caller]
fn left(site: &Site, bodies: &[&str]) -> Browser {
    let mut page = site.online("alice", &[]);
    for body in bodies {
        site.push("x", "alice", body);
    }
    assert_eq!(page.poll().bodies(), bodies);
    page.offline();
    page
}

/// A new page hears exactly these messages.
#[track_caller]
fn next_hears(site: &Site, bodies: &[&str]) {
    assert_eq!(site.online("alice", &[]).everything().bodies(), bodies);
}

#[test]
fn the_next_page_is_not_given_what_an_ended_one_acknowledges() {
    each_site(|site| {
        let old = left(site, &["one", "two", "three"]);
        site.push("x", "alice", "four");
        old.ack(9).is(404, "no client found");
        old.ack(2).ok();
        old.ack(2).ok();
        next_hears(site, &["three", "four"]);
    });
}

#[test]
fn a_poll_of_an_ended_session_is_refused_and_acknowledges() {
    each_site(|site| {
        let old = left(site, &["one"]).by_polls();
        old.poll_with(&[]).is(404, "no client found");
        next_hears(site, &[]);
    });
}

#[test]
fn a_page_that_has_started_meanwhile_is_given_no_more_of_it() {
    each_site(|site| {
        let old = left(site, &["one", "two"]);
        let mut next = site.online("alice", &[]);
        old.ack(1).ok();
        assert_eq!(next.everything().bodies(), ["two"]);
    });
}

#[test]
fn a_page_that_was_there_before_is_given_no_more_of_it() {
    each_site(|site| {
        let mut old = site.online("alice", &[]);
        site.push("x", "alice", "one");
        assert_eq!(old.poll().bodies(), ["one"]);
        let answered = old.park_surely();
        let mut next = site.online("alice", &[]);
        site.push("x", "alice", "two");
        assert_eq!(old.read(answered).bodies().last(), Some(&"two"));
        old.offline();
        old.ack(2).ok();
        assert_eq!(next.everything().bodies(), ["two"], "it was given that one itself");
    });
}

#[test]
fn what_a_page_was_answered_with_stays_its_own_and_goes_to_no_third() {
    each_site(|site| {
        let old = left(site, &["one"]);
        let mut next = site.online("alice", &[]);
        assert_eq!(next.poll().bodies(), ["one"]);
        old.ack(1).ok();
        next_hears(site, &[]);
        assert!(next.everything().is_silent());
    });
}

#[test]
fn a_signal_that_waits_is_acknowledged_like_a_message() {
    each_site(|site| {
        let signal = |number: &str| {
            let data = format!("{{\"n\":{number}}}");
            site.post("/signals", &[("from", "x"), ("to", "alice"), ("name", "edit"), ("data", &data)]).ok();
        };
        let mut old = site.online("alice", &[]);
        signal("1");
        assert_eq!(old.poll().signals.len(), 1);
        old.offline();
        signal("2");
        old.ack(1).ok();
        let heard = site.online("alice", &[]).everything().signals;
        let numbers: Vec<&Value> = heard.iter().map(|signal| &signal["data"]["n"]).collect();
        assert_eq!(numbers, [2]);
    });
}

#[test]
fn what_has_not_been_answered_is_not_acknowledged() {
    each_site(|site| {
        let page = site.online("alice", &[]);
        site.push("x", "alice", "one");
        page.offline();
        page.ack(1).is(404, "no client found");
        next_hears(site, &["one"]);
    });
}

#[test]
fn an_ended_session_is_forgotten_with_its_user_and_known_by_its_ticket_only() {
    each_site(|site| {
        let old = left(site, &["one"]);
        let other = site.online("bob", &[]);
        let ticket = [("domain", &*site.domain), ("ticket", &*other.ticket), ("seq", "1")];
        site.send(&nextim_testkit::http::post("/packets/ack", &ticket)).is(400, "bad parameter: seq");
        site.offline("alice");
        old.ack(1).is(404, "no client found");
    });
}

#[test]
fn after_the_linger_nothing_can_be_acknowledged() {
    Setup::calm().timeout("linger_ms", 50).each(|site| {
        let stays = site.online("alice", &[]);
        let old = left(site, &["one"]);
        eventually("it is forgotten", || (old.ack(1).status == 404).then_some(()));
        drop(stays);
    });
}

#[test]
fn it_does_not_go_back_to_the_site() {
    let inbox = Inbox::start();
    let setup = Setup::calm().sites(&[("a.example", &["key"])]).domain("a.example", inbox.line());
    setup.timeout("linger_ms", 2_000).own(|server| {
        inbox.forget();
        let site = Site::named(server, "a.example", "key");
        let send = |id: &str| {
            site.post("/messages", &[("from", "x"), ("to", "alice"), ("body", id), ("id", id)]).ok();
        };
        let mut page = site.online("alice", &[]);
        ["read", "unread"].into_iter().for_each(send);
        assert_eq!(page.poll().bodies(), ["read", "unread"]);
        page.offline();
        page.ack(1).ok();
        eventually("the rest comes back", || inbox.taken().contains(&"unread".to_owned()).then_some(()));
        assert_eq!(inbox.taken(), ["unread"]);
    });
}
