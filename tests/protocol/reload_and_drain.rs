//! SIGHUP and SIGTERM: §4 Reload, §3 `shutdown`.

use std::net::TcpStream;

use nix::sys::signal::Signal;

use crate::support::{Poll, Setup, Site, eventually, get};

const A: (&str, &[&str]) = ("a.example", &["key a"]);
const B: (&str, &[&str]) = ("b.example", &["key b"]);

/// Waits until the site's key is accepted, or is not.
#[track_caller]
fn wait_until_served(site: &Site, served: bool) {
    let wanted = if served { 200 } else { 401 };
    let is_so = || site.get("/onlines", &[("names", "nobody")]).status == wanted;
    // Each call takes another connection, and with it perhaps another shard: all of them must have read it.
    let calls = 8 * site.server.shards;
    eventually("the configuration is read", || (0..calls).all(|_| is_so()).then_some(()));
}

#[test]
fn rotating_keys_ends_no_session() {
    let before = Setup::calm().sites(&[A]);
    before.own(|server| {
        let site = Site::named(server, "a.example", "key a");
        let mut alice = site.online("alice", &[("rooms", "r")]);
        let poll = alice.park_surely();
        server.reload(&before.clone().sites(&[("a.example", &["key a", "key c"])]));
        let rotated = Site::named(server, "a.example", "key c");
        wait_until_served(&rotated, true);
        wait_until_served(&site, true);
        server.reload(&before.clone().sites(&[("a.example", &["key c"])]));
        wait_until_served(&site, false);
        assert_eq!([rotated.onlines("alice"), rotated.members("r")], ["alice"; 2]);
        assert_eq!(rotated.push("x", "alice", "hello"), 1);
        assert_eq!(alice.read(poll).bodies(), ["hello"], "the same poll of the same session");
    });
}

#[test]
fn reloading_many_times_disturbs_nobody() {
    const RELOADS: usize = 12;
    let before = Setup::calm().sites(&[A]);
    before.own(|server| {
        let site = Site::named(server, "a.example", "key a");
        let (alice, mut bob) = (site.online("alice", &[]), site.online("bob", &[]));
        let reloaded = |count: usize| (server.log().matches("reloaded").count() >= count).then_some(());
        let mut said = Vec::new();
        for round in 0..RELOADS {
            // In every other round there is a second domain.
            let sites = if round % 2 == 0 { &[A, B][..] } else { &[A] };
            let poll = bob.park_surely();
            server.reload(&before.clone().sites(sites));
            said.push(format!("message {round}"));
            let body = said.last().unwrap();
            site.post("/messages", &[("ticket", &alice.ticket), ("to", "bob"), ("body", body)]).ok();
            assert_eq!(bob.read(poll).bodies(), [body.as_str()]);
            // A reload that is over before the next one begins is one line.
            eventually("it is reloaded", || reloaded(round + 1));
        }
        assert_eq!(site.onlines("alice,bob"), "alice,bob");
        assert!(!server.log().contains("not reloaded"), "{}", server.log());
    });
}

#[test]
fn removing_a_domain_stops_its_sessions_and_no_others() {
    let both = Setup::calm().sites(&[A, B]);
    both.own(|server| {
        let [a, b] = [A, B].map(|(domain, keys)| Site::named(server, domain, keys[0]));
        let (gone, mut stays) = (a.online("alice", &[("rooms", "r")]), b.online("alice", &[("rooms", "r")]));
        let quiet = a.online("bob", &[]);
        let (stopped, parked) = (gone.park_surely(), stays.park_surely());
        server.reload(&both.clone().sites(&[B]));
        stopped.stopped();
        wait_until_served(&a, false);
        for session in [&gone, &quiet] {
            assert_ne!(session.poll_with(&[]).status, 200);
        }
        b.push("x", "alice", "hello");
        assert_eq!(stays.read(parked).bodies(), ["hello"]);
        assert_eq!(b.members("r"), "alice");

        server.reload(&both);
        wait_until_served(&a, true);
        assert_eq!([a.onlines("alice,bob"), a.members("r")], [""; 2], "nothing comes back");
        gone.is_gone();
    });
}

#[test]
fn a_domain_can_be_added() {
    let one = Setup::calm().sites(&[A]);
    one.own(|server| {
        let mut alice = Site::named(server, "a.example", "key a").online("alice", &[]);
        let b = Site::named(server, "b.example", "key b");
        wait_until_served(&b, false);
        server.reload(&one.clone().sites(&[A, B]));
        wait_until_served(&b, true);
        let mut bob = b.online("bob", &[]);
        assert!(bob.everything().is_silent());
        assert!(alice.everything().is_silent());
    });
}

#[test]
fn lower_limits_refuse_newcomers_only() {
    let before = Setup::calm().sites(&[A]);
    before.own(|server| {
        let site = Site::named(server, "a.example", "key a");
        let mut users = ["alice", "bob", "carol"].map(|name| site.online(name, &[]));
        let lower = Setup::calm().sites(&[("a.example", &["key a", "new"])]).domains("max_users = 1");
        server.reload(&lower);
        wait_until_served(&Site::named(server, "a.example", "new"), true);
        assert_eq!(site.onlines("alice,bob,carol"), "alice,bob,carol");
        for user in &mut users {
            assert!(user.everything().is_silent());
        }
        assert_eq!(site.post("/presences/online", &[("name", "dave")]).status, 429);
        assert_eq!(site.online("alice", &[]).answer["clientnum"], 2);
    });
}

#[test]
fn a_configuration_that_cannot_be_read_changes_nothing() {
    let before = Setup::calm().sites(&[A]);
    before.own(|server| {
        let site = Site::named(server, "a.example", "key a");
        let mut alice = site.online("alice", &[]);
        let logged = server.log().len();
        server.reload(&before.clone().domains("max_users = \"many\""));
        eventually("the operator is told", || (server.log().len() > logged).then_some(()));
        server.reload(&before.clone().sites(&[("a.example", &["key a", "new"])]));
        wait_until_served(&Site::named(server, "a.example", "new"), true);
        assert!(alice.everything().is_silent());
    });
}

#[test]
fn a_server_that_goes_down_tells_its_browsers_and_exits_with_0() {
    Setup::calm().own(|server| {
        let site = Site::fresh(server);
        let users: Vec<_> = (0..6).map(|i| site.online(&format!("user{i}"), &[])).collect();
        let polls: Vec<Poll> = users.iter().map(crate::support::Browser::park_surely).collect();
        let idle = {
            let mut conn = site.connect();
            conn.call(&get("/onlines", &site.signed(&[("names", "nobody")]))).is(200, "");
            conn
        };
        server.signal(Signal::SIGTERM);
        for poll in polls {
            let answer = poll.answer();
            assert_eq!([&answer["status"], &answer["reason"]], ["stopped", "shutdown"], "{answer}");
            assert!(answer["retry"].is_u64(), "{answer}");
        }
        assert_eq!(idle.rest(), b"");
        assert_eq!(server.wait().code(), Some(0));
        assert!(TcpStream::connect(server.address).is_err());
    });
}

#[test]
fn messages_that_were_queued_are_answered_before_the_server_is_gone() {
    Setup::calm().own(|server| {
        let mut alice = Site::fresh(server).online("alice", &[]);
        let poll = alice.park_surely();
        alice.site.push("x", "alice", "hello");
        server.signal(Signal::SIGTERM);
        assert_eq!(alice.read(poll).bodies(), ["hello"]);
        assert_eq!(server.wait().code(), Some(0));
    });
}

#[test]
fn a_server_without_visitors_goes_down_at_once() {
    Setup::calm().own(|server| {
        server.signal(Signal::SIGTERM);
        assert_eq!(server.wait().code(), Some(0));
    });
}
