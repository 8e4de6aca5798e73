//! Calls that the router refuses: each reason has a counter.
use nextim::internals::{RETRY_LATER_S, RETRY_MUCH_LATER_S, RETRY_SOON_S};
use nextim::{DomainConfig, Limits};

use crate::support::{Running, each, eventually, poll, post_form, strict};

#[test]
fn each_refusal_is_counted_by_its_reason() {
    let mut config = strict(Limits { rooms_per_user: 1, queue_messages: 1, ..Limits::DEFAULT });
    config.domains[0] = DomainConfig { max_users: 1, ..DomainConfig::new("a", "k") };
    each(&config, |server| {
        let alice = server.online("alice");
        server.call("/presences/online", "name=bob").refuses(429, "too many users", RETRY_MUCH_LATER_S);
        server.counts("calls_refused_users", 1);

        eventually("alice is in a room", || {
            (server.call("/room/join", "name=alice&room=one").status == 200).then_some(())
        });
        server.call("/room/join", "name=alice&room=two").refuses(429, "too many rooms", RETRY_MUCH_LATER_S);
        server.counts("calls_refused_rooms", 1);

        server.call("/messages", "from=x&to=alice&body=one").is(200, "ok");
        let full = server.call("/messages", "from=x&to=alice&body=two");
        full.refuses(503, "receiver cannot take more", RETRY_LATER_S);
        server.counts("calls_refused_receiver", 1);

        server.from("127.9.9.9").call(&poll(&alice, 0)).is(404, "no client found");
        server.counts("calls_refused_no_client", 1);
        polls(server);
    });
}

fn polls(server: &Running) {
    let alice = server.call("/presences/online", "name=alice").ticket();
    let mut conn = server.from("127.9.9.9");
    assert!(conn.call(&poll(&alice, 0)).text().contains("\"one\""), "it lingered");
    conn.call(&poll(&alice, 99)).is(400, "bad parameter: seq");
    server.counts("calls_refused_seq", 1);
    // The second of four replaces the first, the third waits, and the fourth is one too many; or, if that took more than
    // a second, one of the next.
    let mut conns = Vec::new();
    let refused = eventually("a poll is one too many", || {
        let mut conn = server.from("127.9.9.9");
        conn.send(&poll(&alice, 1));
        conns.push(conn);
        let said = conns.iter_mut().filter(|conn| conn.is_readable()).map(crate::support::Conn::response);
        said.filter(|answer| answer.status == 429).last()
    });
    refused.refuses(429, "too many polls", RETRY_SOON_S);
    server.reaches("calls_refused_polls", 1);
}

#[test]
fn a_wrong_key_is_counted() {
    each(&strict(Limits::DEFAULT), |server| {
        let mut conn = server.from("127.0.0.2");
        for _ in 0..3 {
            conn.call(&crate::support::post_form("/onlines", "domain=a&apikey=wrong"))
                .is(401, "authentication failed");
        }
        server.counts("requests_refused_apikey", 3);
    });
}

/// The sessions of a domain are those of all its users, on all shards; those of another domain do not count.
#[test]
fn a_domain_has_so_many_sessions() {
    let mut config = strict(Limits::DEFAULT);
    config.domains = vec![
        DomainConfig { max_sessions: 3, ..DomainConfig::new("a", "k") },
        DomainConfig { max_sessions: 1, ..DomainConfig::new("b", "k") },
    ];
    each(&config, |server| {
        let refused = |name: &str| {
            let answer = server.call("/presences/online", &format!("name={name}"));
            answer.refuses(429, "too many sessions", RETRY_MUCH_LATER_S);
        };
        let alice = server.online("alice");
        server.online("alice");
        let bob = server.online("bob");
        refused("alice");
        refused("carol");
        server.counts("calls_refused_sessions", 2);
        let other =
            server.from("127.9.9.9").call(&post_form("/presences/online", "domain=b&apikey=k&name=alice"));
        assert_eq!(other.status, 200, "{other:?}");
        // A user who was refused is not online, and has used up nothing.
        server.call("/presences/offline", &format!("ticket={bob}")).is(200, "ok");
        server.online("carol");
        refused("bob");
        server.call("/presences/offline", &format!("ticket={alice}")).is(200, "ok");
        server.online("bob");
        refused("alice");
        server.call("/presences/offline", "name=alice").is(200, "ok");
        server.online("dave");
    });
}

#[test]
fn a_user_too_many_leaves_no_session_counted() {
    let mut config = strict(Limits::DEFAULT);
    config.domains[0] = DomainConfig { max_users: 1, max_sessions: 2, ..DomainConfig::new("a", "k") };
    each(&config, |server| {
        server.online("alice");
        for _ in 0..3 {
            server.call("/presences/online", "name=bob").refuses(429, "too many users", RETRY_MUCH_LATER_S);
        }
        server.online("alice");
        server.call("/presences/online", "name=alice").refuses(429, "too many sessions", RETRY_MUCH_LATER_S);
    });
}
