//! `/presences/online`: §2 online, and what a ticket is.

use std::collections::HashSet;

use serde_json::json;

use crate::support::{Setup, Site, each_site, get};

#[test]
fn the_papers_shape() {
    each_site(|site| {
        site.online("bob", &[("show", "away"), ("rooms", "r1")]);
        let alice = site.start("alice", &[("buddies", "bob,nobody"), ("rooms", "r1,r2")]);
        let expected = json!({"buddies": {"bob": "away"}, "roominfo": {"r1": 2, "r2": 1}, "clientnum": 1});
        assert_eq!(alice.answer, expected);
        let empty = json!({"buddies": {}, "roominfo": {}, "clientnum": 1});
        assert_eq!(site.start("carol", &[]).answer, empty);
    });
}

#[test]
fn the_list_shape() {
    each_site(|site| {
        site.online("bob", &[("nick", "Bob"), ("show", "away"), ("status", "lunch"), ("rooms", "r1")]);
        for version in ["3", "6"] {
            let params = [("version", version), ("buddies", "nobody,bob"), ("rooms", "r1,r2")];
            let alice = site.start("alice", &params);
            assert_eq!(
                alice.answer,
                json!({
                    "rooms": [{"name": "r1", "total": 2}, {"name": "r2", "total": 1}],
                    "buddies": [{"name": "bob", "nick": "Bob", "show": "away", "status": "lunch"}],
                    "server": "https://im.example/packets",
                    "clientnum": 1,
                })
            );
            site.offline("alice");
        }
    });
}

#[test]
fn a_new_user_shows_a_name_and_is_available() {
    each_site(|site| {
        site.start("bob", &[]);
        let alice = site.online("alice", &[("buddies", "bob")]);
        let bob = json!([{"name": "bob", "nick": "bob", "show": "available", "status": ""}]);
        assert_eq!(alice.answer["buddies"], bob);
        site.start("carol", &[("nick", ""), ("show", ""), ("status", "")]);
        let carol = json!([{"name": "carol", "nick": "carol", "show": "available", "status": ""}]);
        let answer = site.get("/onlines", &[("names", "carol"), ("version", "6")]);
        assert_eq!(answer.json(), carol);
    });
}

#[test]
fn an_absent_parameter_changes_nothing_later() {
    each_site(|site| {
        let bob = |params: &[(&str, &str)]| {
            site.online("bob", params);
            let all = site.get("/onlines", &[("names", "bob"), ("version", "6")]).json();
            ["nick", "show", "status"].map(|name| all[0][name].as_str().unwrap().to_owned())
        };
        assert_eq!(bob(&[("nick", "B"), ("show", "dnd"), ("status", "s")]), ["B", "dnd", "s"]);
        assert_eq!(bob(&[]), ["B", "dnd", "s"]);
        assert_eq!(bob(&[("nick", ""), ("show", "")]), ["B", "dnd", "s"], "empty is absent");
        assert_eq!(bob(&[("nick", "C")]), ["C", "dnd", "s"]);
        assert_eq!(bob(&[("show", "away")]), ["C", "away", "s"]);
        assert_eq!(bob(&[("status", "")]), ["C", "away", ""], "an empty status clears");
    });
}

#[test]
fn clientnum_counts_the_users_sessions() {
    each_site(|site| {
        let first = site.online("alice", &[]);
        site.online("bob", &[]);
        assert_eq!(site.online("alice", &[]).answer["clientnum"], 2);
        assert_eq!(site.start("alice", &[]).answer["clientnum"], 3);
        first.offline();
        assert_eq!(site.online("alice", &[]).answer["clientnum"], 3);
    });
}

#[test]
fn rooms_count_users_and_not_sessions() {
    each_site(|site| {
        site.online("bob", &[("rooms", "r")]);
        site.online("bob", &[("rooms", "r")]);
        site.online("bob", &[]);
        assert_eq!(site.online("alice", &[("rooms", "r")]).answer["rooms"][0]["total"], 2);
        assert_eq!(site.online("alice", &[("rooms", "r")]).answer["rooms"][0]["total"], 2);
        assert_eq!(site.start("carol", &[("rooms", "r")]).answer["roominfo"], json!({"r": 3}));
    });
}

#[test]
fn buddies_and_rooms_are_listed_in_full_on_many_shards() {
    each_site(|site| {
        let names: Vec<String> = (0..40).map(|i| format!("user{i}")).collect();
        for (i, name) in names.iter().enumerate() {
            site.online(name, &[("rooms", &format!("room{i}"))]);
        }
        let rooms = (0..40).map(|i| format!("room{i}")).collect::<Vec<_>>().join(",");
        let alice = site.online("alice", &[("buddies", &names.join(",")), ("rooms", &rooms)]);
        let buddies = alice.answer["buddies"].as_array().unwrap();
        let found: HashSet<&str> = buddies.iter().map(|buddy| buddy["name"].as_str().unwrap()).collect();
        assert_eq!((buddies.len(), found.len()), (40, 40));
        let totals = alice.answer["rooms"].as_array().unwrap();
        assert_eq!(totals.len(), 40);
        assert!(totals.iter().all(|room| room["total"] == 2), "{totals:?}");
        assert!(alice.answer.get("partial").is_none_or(|partial| partial == false));
    });
}

#[test]
fn tickets_are_long_url_safe_and_never_the_same() {
    each_site(|site| {
        let tickets: HashSet<String> = (0..30).map(|_| site.online("alice", &[]).ticket).collect();
        assert_eq!(tickets.len(), 30);
        for ticket in &tickets {
            let safe = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
            assert!(ticket.bytes().all(safe), "{ticket}");
            assert!(ticket.len() >= 22, "128 bits take 22 characters: {ticket}");
        }
        // 30 tickets of 128 random bits differ from each other in at least 21 places, whatever else they hold.
        let first = tickets.iter().next().unwrap().as_bytes();
        let varies = |at: usize| tickets.iter().any(|ticket| ticket.as_bytes().get(at) != first.get(at));
        assert!((0..first.len()).filter(|at| varies(*at)).count() >= 21);
    });
}

#[test]
fn a_ticket_is_only_good_for_its_own_process() {
    Setup::calm().sites(&[("a.example", &["key"])]).own(|server| {
        let other = Setup::calm().sites(&[("a.example", &["key"])]);
        let other = std::sync::Arc::new(crate::support::Server::start(&other, server.shards));
        let (here, there) = (Site::fresh(server), Site::fresh(&other));
        let (alice, elsewhere) = (here.online("alice", &[]), there.online("alice", &[]));
        assert_ne!(alice.ticket, elsewhere.ticket);
        let poll = [("domain", "a.example"), ("ticket", &*alice.ticket)];
        there.send(&get("/packets", &poll)).is(404, "no client found");
        there.post("/presences/offline", &[("ticket", &alice.ticket)]).is(404, "no client found");
        assert_eq!(there.onlines("alice"), "alice");
    });
}
