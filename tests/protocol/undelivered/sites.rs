//! Sites that fail, refuse, hang or go away while messages come back, and servers that reload or shut down meanwhile.

use std::sync::Arc;

use nix::sys::signal::Signal;

use super::{A, B, KEYS, all_that_came_back, each, leave, setup, taken, tell};
use crate::support::{Closed, Inbox, Poll, Reply, Server, Setup, Site, basic, eventually};

/// Waits until every shard counts a lingering user as this many receivers.
#[track_caller]
fn wait_until_lingering_counts(site: &Site, expected: u64) {
    let names: Vec<String> = (0..4 * site.server.shards).map(|number| format!("user{number}")).collect();
    eventually("the configuration is read", || {
        let mut counts = names.iter().map(|name| {
            site.online(name, &[]).offline();
            let count = tell(site, name, "probe");
            site.offline(name);
            count
        });
        counts.all(|count| count == expected).then_some(())
    });
}

#[test]
fn a_site_that_fails_is_tried_again_and_gets_everything_in_order() {
    each(setup, |site, inbox| {
        inbox.replies(&[Reply::Status(500), Reply::Close]);
        site.online("alice", &[]);
        tell(site, "alice", "1");
        site.offline("alice");
        inbox.wait_for_posts(1);
        site.online("bob", &[]);
        tell(site, "bob", "2");
        site.offline("bob");
        assert_eq!(all_that_came_back(site, inbox), ["1", "2"]);
        let replies: Vec<Reply> = inbox.posts()[..2].iter().map(|post| post.reply).collect();
        assert_eq!(replies, [Reply::Status(500), Reply::Close]);
        assert!(site.server.log().contains("undelivered messages of a.example: its site does not take them"));
    });
}

#[test]
fn a_site_that_is_down_gets_everything_when_it_is_there() {
    for redirected in [false, true] {
        let closed = Closed::take();
        let setup = Setup::calm().sites(&[(A, KEYS)]);
        let setup = setup.domain(A, format!("undelivered_url = {:?}", closed.url()));
        let server = Arc::new(Server::start(&setup, 2));
        let site = Site::named(&server, A, KEYS[0]);
        site.online("alice", &[]);
        tell(&site, "alice", "1");
        site.offline("alice");
        eventually("it was tried", || server.log().contains("site does not take them").then_some(()));
        let inbox = closed.open();
        if redirected {
            inbox.replies(&[Reply::Status(302)]);
        }
        assert_eq!(inbox.wait_for(1), ["1"]);
        assert!(
            inbox.posts().iter().all(|post| post.request.line().starts_with("POST /back?")),
            "redirects are not followed"
        );
    }
}

#[test]
fn what_a_site_refuses_is_not_sent_again_and_said_in_the_log() {
    each(setup, |site, inbox| {
        inbox.replies(&[Reply::Status(400)]);
        site.online("alice", &[]);
        tell(site, "alice", "refused");
        site.offline("alice");
        inbox.wait_for_posts(1);
        assert_eq!(all_that_came_back(site, inbox), [""; 0]);
        let posts = inbox.posts();
        assert_eq!(posts.iter().filter(|post| post.ids().contains(&"refused")).count(), 1);
        eventually("it is said", || {
            site.server.log().contains("its site refuses 1 with status 400").then_some(())
        });
    });
}

#[test]
fn what_waits_too_long_is_dropped() {
    let short = |inbox: &Inbox| setup(inbox).timeout("undelivered_ms", 100);
    each(short, |site, inbox| {
        inbox.replies(&[Reply::Status(503)]);
        site.online("alice", &[]);
        tell(site, "alice", "too old");
        site.offline("alice");
        // It is not tried again before half a second has passed. What is left behind until then is too old as well.
        let came = |fence: &String| inbox.taken().contains(fence);
        eventually("a later one comes back", || {
            let fence = leave(site);
            let later = leave(site);
            (came(&fence) || came(&later)).then_some(())
        });
        assert_eq!(taken(inbox), [""; 0]);
    });
}

#[test]
fn what_is_not_acknowledged_comes_back_when_the_server_goes_down() {
    each(setup, |site, inbox| {
        let mut watcher = site.online("watcher", &[]);
        let mut reader = site.online("reader", &[("buddies", "watcher")]);
        tell(site, "reader", "acknowledged");
        assert_eq!(reader.poll().bodies(), ["acknowledged"]);
        let acknowledging = reader.park_surely();
        let mut answered = site.online("answered", &[]);
        tell(site, "answered", "answered");
        assert_eq!(answered.poll().bodies(), ["answered"]);
        let parked = site.online("parked", &[]);
        let poll = parked.park_surely();
        site.online("queued", &[]);
        tell(site, "queued", "queued");
        site.online("lingering", &[]).offline();
        assert_eq!(tell(site, "lingering", "lingering"), 1);
        watcher.poll();
        let watching = watcher.park_surely();

        site.server.signal(Signal::SIGTERM);
        let told = [poll, acknowledging, watching].map(Poll::stopped);
        assert_eq!(told, ["shutdown"; 3], "and nobody is told that others are offline");
        assert_eq!(site.server.wait().code(), Some(0));
        let mut back = taken(inbox);
        back.sort_unstable();
        assert_eq!(back, ["answered", "lingering", "queued"], "all of it before the process has ended");
    });
}

#[test]
fn a_site_that_is_not_there_does_not_hold_a_server_that_goes_down_for_long() {
    let brief = |inbox: &Inbox| setup(inbox).timeout("drain_ms", 300);
    each(brief, |site, inbox| {
        site.online("alice", &[]);
        tell(site, "alice", "1");
        inbox.replies(&[Reply::Hang]);
        site.server.signal(Signal::SIGTERM);
        assert_eq!(site.server.wait().code(), Some(0));
        assert!(site.server.log().contains("1 could not be posted before the end and are lost"));
    });
}

#[test]
fn a_reload_can_take_the_url_away_and_bring_it_back() {
    each(setup, |site, inbox| {
        let without = Setup::calm().sites(&[(A, KEYS)]);
        site.server.reload(&without);
        wait_until_lingering_counts(site, 0);
        site.online("alice", &[]);
        tell(site, "alice", "lost");
        site.offline("alice");
        site.server.reload(&setup(inbox));
        wait_until_lingering_counts(site, 1);
        site.online("alice", &[]);
        tell(site, "alice", "back");
        site.offline("alice");
        let back = all_that_came_back(site, inbox);
        assert_eq!(back.iter().filter(|id| *id != "probe").collect::<Vec<_>>(), ["back"]);
    });
}

#[test]
fn a_removed_domain_gets_nothing() {
    let inbox = Inbox::start();
    let other = Inbox::start();
    let both =
        || Setup::calm().sites(&[(A, KEYS), (B, KEYS)]).domain(A, inbox.line()).domain(B, other.line());
    both().own(|server| {
        let [a, b] = [A, B].map(|domain| Site::named(server, domain, KEYS[0]));
        let alice = a.online("alice", &[]);
        let poll = alice.park_surely();
        tell(&a, "alice", "gone");
        poll.answer();
        server.reload(&Setup::calm().sites(&[(B, KEYS)]).domain(B, other.line()));
        eventually("it is removed", || (a.get("/onlines", &[("names", "x")]).status == 401).then_some(()));
        assert_eq!(all_that_came_back(&b, &other), [""; 0]);
        assert_eq!(inbox.taken(), [""; 0]);
    });
}

#[test]
fn a_site_that_hangs_stops_neither_the_server_nor_other_sites() {
    let (hanging, other) = (Inbox::start(), Inbox::start());
    let both = Setup::calm().sites(&[(A, KEYS), (B, KEYS)]).domain(A, hanging.line()).domain(B, other.line());
    both.own(|server| {
        let [a, b] = [A, B].map(|domain| Site::named(server, domain, KEYS[0]));
        hanging.forget();
        hanging.replies(&[Reply::Hang]);
        a.online("alice", &[]);
        tell(&a, "alice", "1");
        a.offline("alice");
        hanging.wait_for_posts(1);
        assert_eq!(all_that_came_back(&b, &other), [""; 0]);
        let mut alice = a.online("alice", &[]);
        assert_eq!(tell(&a, "alice", "2"), 1);
        assert_eq!(alice.message()["body"], "2");
    });
}

#[test]
fn nothing_private_is_logged_about_what_comes_back() {
    let inbox = Inbox::start();
    let setup = Setup::calm().sites(&[(A, &["private-key"])]).domain(A, inbox.line()).top("log = \"trace\"");
    setup.own(|server| {
        let site = Site::named(server, A, "private-key");
        inbox.forget();
        inbox.replies(&[Reply::Status(500), Reply::Close, Reply::Status(404)]);
        site.online("private-alice", &[]);
        let said =
            [("from", "private-x"), ("to", "private-alice"), ("body", "private"), ("id", "private-id")];
        site.post("/messages", &said).delivered();
        site.offline("private-alice");
        inbox.wait_for_posts(3);
        server.signal(Signal::SIGTERM);
        server.wait();
        let written = server.written();
        let url = inbox.url.strip_prefix("http://").unwrap();
        let key = basic(A, "private-key");
        for private in ["private", url, "/back", key.strip_prefix("Basic ").unwrap()] {
            assert!(!written.contains(private), "{private} is in {written}");
        }
    });
}
