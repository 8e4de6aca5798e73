//! Signals of sessions that have ended: §4 Extras of a message.

use serde_json::{Value, json};

use crate::support::{Browser, Inbox, Setup, Site, each_site, eventually};

/// The site signals a number to a user. Returns to how many sessions it went.
#[track_caller]
fn tell(site: &Site, to: &str, number: u32) -> u64 {
    let data = format!("{{\"n\":{number}}}");
    site.post("/signals", &[("from", "x"), ("to", to), ("name", "edit"), ("data", &data)]).delivered()
}

/// The numbers of the signals that a page has heard up to now.
#[track_caller]
fn heard(page: &mut Browser) -> Vec<u64> {
    let heard = page.everything();
    assert!(heard.messages.is_empty(), "{heard:?}");
    heard.signals.iter().map(|signal| signal["data"]["n"].as_u64().unwrap()).collect()
}

#[test]
fn a_page_change_keeps_signals_in_order() {
    each_site(|site| {
        let mut old = site.online("bob", &[]);
        assert_eq!(tell(site, "bob", 1), 1);
        assert_eq!(old.poll().signals.len(), 1);
        tell(site, "bob", 2);
        old.offline();
        assert_eq!(tell(site, "bob", 3), 0, "a lingering user counts nothing");
        assert_eq!(heard(&mut site.online("bob", &[])), [1, 2, 3]);
    });
}

#[test]
fn a_page_that_opens_is_given_what_waits_in_pages_without_a_poll() {
    each_site(|site| {
        let mut old = site.online("bob", &[]);
        tell(site, "bob", 1);
        tell(site, "bob", 2);
        let mut new = site.online("bob", &[]);
        tell(site, "bob", 3);
        assert_eq!(heard(&mut new), [1, 2, 3]);
        assert_eq!(heard(&mut old), [1, 2, 3]);
        old.offline();
        assert!(new.everything().is_silent());
    });
}

#[test]
fn what_an_ended_page_had_not_acknowledged_goes_to_the_newest_that_was_not_given_it() {
    each_site(|site| {
        let mut first = site.online("bob", &[]).by_polls();
        let mut second = site.online("bob", &[]);
        let poll = first.park_surely();
        assert_eq!(tell(site, "bob", 1), 2);
        assert_eq!(first.read(poll).signals.len(), 1);
        // It has not acknowledged it, and polls.
        first.seq = Some(0);
        let _poll = first.park();
        assert_eq!(heard(&mut second), [1]);
        first.offline();
        assert!(second.everything().is_silent(), "it was given it");
    });
}

#[test]
fn older_pages_are_given_none_and_keep_none() {
    each_site(|site| {
        let new = site.online("bob", &[]);
        let old = site.start("bob", &[("version", "3")]);
        tell(site, "bob", 1);
        new.offline();
        assert_eq!(tell(site, "bob", 2), 0, "no page can read it");
        site.push("x", "bob", "fence");
        let answer = old.poll_with(&[]).json();
        assert_eq!((answer.get("signals"), answer["messages"].as_array().unwrap().len()), (None, 1));
        old.offline();
        assert_eq!(tell(site, "bob", 3), 0);
        let mut next = site.online("bob", &[]);
        let heard = next.everything();
        let numbers: Vec<&Value> = heard.signals.iter().map(|signal| &signal["data"]["n"]).collect();
        assert_eq!(numbers, [&json!(1), &json!(2), &json!(3)]);
    });
}

#[test]
fn a_user_who_never_had_a_page_that_reads_signals_keeps_none_while_online() {
    each_site(|site| {
        let _old = site.start("bob", &[("version", "3")]);
        assert_eq!(tell(site, "bob", 1), 0);
        assert!(site.online("bob", &[]).everything().is_silent(), "its site has the state");
    });
}

#[test]
fn signals_of_a_page_wait_only_as_long_as_users_linger() {
    Setup::calm().timeout("linger_ms", 50).top("admin = \"127.0.0.1:0\"").own(|server| {
        let site = Site::fresh(server);
        let (new, _old) = (site.online("bob", &[]), site.start("bob", &[("version", "3")]));
        tell(&site, "bob", 1);
        new.offline();
        eventually("it is dropped", || {
            let metrics = server.watch("/metrics");
            let mut lines =
                metrics.text().lines().filter(|line| line.starts_with("nextim_signals_dropped_total"));
            lines.any(|line| line.ends_with(" 1")).then_some(())
        });
        assert_eq!(site.onlines("bob"), "bob", "the user is online all the time");
        assert!(site.online("bob", &[]).everything().is_silent());
    });
}

#[test]
fn a_mailbox_without_room_drops_signals_first() {
    Setup::calm().limit("queue_messages", 3).each(|site| {
        site.online("bob", &[]).offline();
        for number in 0..3 {
            tell(site, "bob", number);
        }
        site.push("x", "bob", "m1");
        tell(site, "bob", 3);
        site.push("x", "bob", "m2");
        site.push("x", "bob", "m3");
        tell(site, "bob", 4);
        let heard = site.online("bob", &[]).poll();
        assert_eq!((heard.bodies(), heard.signals.len()), (vec!["m1", "m2", "m3"], 0));
    });
}

#[test]
fn waiting_signals_supersede_each_other_in_the_mailbox_too() {
    Setup::calm().limit("queue_messages", 2).each(|site| {
        site.online("bob", &[]).offline();
        for number in 0..50 {
            let data = format!("{{\"key\":\"k\",\"n\":{number}}}");
            let params = [("from", "x"), ("to", "bob"), ("name", "edit"), ("data", &*data)];
            assert_eq!(site.post("/signals", &params).delivered(), 0);
        }
        assert_eq!(heard(&mut site.online("bob", &[])), [49]);
    });
}

#[test]
fn signals_are_never_posted_as_undelivered() {
    let inbox = Inbox::start();
    let setup = Setup::calm().timeout("linger_ms", 50).domains(inbox.line());
    setup.own(|server| {
        inbox.forget();
        let site = Site::fresh(server);
        let bob = site.online("bob", &[]);
        assert_eq!(tell(&site, "bob", 1), 1);
        let said = [("from", "x"), ("to", "bob"), ("body", "b"), ("id", "m-1")];
        assert_eq!(site.post("/messages", &said).delivered(), 1);
        bob.offline();
        tell(&site, "bob", 2);
        assert_eq!(inbox.wait_for(1), ["m-1"]);
        assert_eq!(inbox.posts().len(), 1);
    });
}
