//! Limits of lists, links, rooms, sessions and users: §1 Limits, and 429.

use serde_json::json;

use crate::support::{Setup, each_site, eventually};

/// `count` names, comma-separated.
fn list(prefix: &str, count: usize) -> String {
    (0..count).map(|i| format!("{prefix}{i}")).collect::<Vec<_>>().join(",")
}

#[test]
fn buddies_and_rooms_beyond_the_limit_are_ignored_and_the_answer_says_so() {
    Setup::calm().limit("buddies_per_call", 3).limit("rooms_per_call", 2).each(|site| {
        for i in 0..4 {
            site.online(&format!("b{i}"), &[]);
        }
        for version in [&[][..], &[("version", "3")], &[("version", "6")]] {
            let check = |buddies, rooms, truncated| {
                let (buddies, rooms) = (list("b", buddies), list("r", rooms));
                let params = [&[("buddies", &*buddies), ("rooms", &*rooms)], version].concat();
                let answer = site.start("alice", &params).answer;
                assert_eq!(answer["truncated"] == true, truncated, "{answer}");
                let size = |name: &str| {
                    let value = &answer[name];
                    value
                        .as_array()
                        .map_or_else(|| value.as_object().map_or(0, serde_json::Map::len), Vec::len)
                };
                assert!(size("buddies") <= 3 && size("rooms") + size("roominfo") <= 2, "{answer}");
                site.offline("alice");
            };
            check(3, 2, false);
            check(4, 2, true);
            check(3, 3, true);
        }
    });
}

#[test]
fn two_thousand_buddies_and_five_hundred_rooms_are_taken() {
    each_site(|site| {
        let last = site.online("b1999", &[]);
        let beyond = site.online("b2000", &[]);
        let (buddies, rooms) = (list("b", 2_000), list("r", 500));
        let alice = site.online("alice", &[("buddies", &buddies), ("rooms", &rooms)]);
        assert_ne!(alice.answer["truncated"], true);
        assert_eq!(alice.answer["buddies"][0]["name"], "b1999");
        assert_eq!(alice.answer["rooms"].as_array().unwrap().len(), 500);
        site.offline("alice");
        let (buddies, rooms) = (list("b", 2_001), list("r", 501));
        let alice = site.online("alice", &[("buddies", &buddies)]);
        assert_eq!(alice.answer["truncated"], true);
        assert_eq!(alice.answer["buddies"].as_array().unwrap().len(), 1);
        let alice = site.online("alice", &[("rooms", &rooms)]);
        assert_eq!(alice.answer["truncated"], true);
        assert_eq!(alice.answer["rooms"].as_array().unwrap().len(), 500);
        drop((last, beyond));
    });
}

#[test]
fn a_roster_holds_only_so_many_links() {
    Setup::calm().limit("roster_links", 2).each(|site| {
        let mut buddies: Vec<_> = ["b0", "b1", "b2", "b3"].map(|name| site.online(name, &[])).into();
        let alice = site.online("alice", &[("buddies", "b0,b1,b2,b3")]);
        alice.show("away");
        alice.show("dnd");
        let told = buddies.iter_mut().filter_map(|buddy| buddy.everything().moves().pop());
        let told: Vec<String> = told.filter(|told| told.ends_with(" dnd")).collect();
        assert_eq!(told.len(), 2, "{told:?}");
    });
}

/// Buddies beyond a full roster were answered as online, and never went offline.
#[test]
fn buddies_beyond_a_full_roster_were_answered() {
    Setup::calm().limit("roster_links", 2).each(|site| {
        let buddies = ["b0", "b1", "b2", "b3"].map(|name| site.online(name, &[]));
        let mut alice = site.online("alice", &[("buddies", "b0,b1,b2,b3")]);
        assert_eq!(alice.answer["buddies"].as_array().map(Vec::len), Some(2), "{}", alice.answer);
        assert_eq!(alice.answer["truncated"], true);
        let carol = site.online("carol", &[("buddies", "alice")]);
        assert_eq!((&carol.answer["buddies"], &carol.answer["truncated"]), (&json!([]), &json!(true)));
        site.online("dave", &[("show", "invisible"), ("buddies", "carol")]);
        site.online("erin", &[("show", "invisible"), ("buddies", "carol")]);
        let named = site.online("carol", &[("buddies", "dave,erin")]);
        assert_eq!(named.answer["truncated"], json!(null), "what is invisible is left out of everything");
        for buddy in &buddies {
            site.offline(&buddy.name);
        }
        let shown = alice.answer["buddies"].as_array().unwrap().iter();
        let mut shown: Vec<_> =
            shown.map(|buddy| format!("{} offline unavailable", buddy["name"].as_str().unwrap())).collect();
        let mut gone = alice.everything().moves();
        shown.sort();
        gone.sort();
        assert_eq!(gone, shown, "alice gets an offline of each user that was shown, and of no other");
    });
}

#[test]
fn a_user_is_in_only_so_many_rooms() {
    Setup::calm().limit("rooms_per_user", 2).each(|site| {
        let alice = site.online("alice", &[("rooms", "r0")]);
        // Rooms are counted where the user lives, entered where the room lives: the count may lag by a call.
        let mut rooms = (1..).map(|i| format!("r{i}"));
        let refused = eventually("a room too many is refused", || {
            let room = rooms.next()?;
            (alice.call("/room/join", &[("room", &room)]).status != 200).then_some(room)
        });
        assert_eq!(site.members(&refused), "");
        assert_eq!(
            alice.call("/room/join", &[("room", "r1")]).json()["r1"],
            1,
            "a member needs no second place"
        );
    });
}

#[test]
fn one_session_too_many_stops_the_one_idle_longest() {
    Setup::calm().limit("sessions_per_user", 2).each(|site| {
        let (first, second) = (site.online("alice", &[]), site.online("alice", &[]));
        let (old, young) = (first.park_surely(), second.park_surely());
        let mut third = site.online("alice", &[]);
        assert_eq!(third.answer["clientnum"], 2);
        assert_eq!(old.stopped(), "limit");
        first.is_gone();
        assert_eq!(site.push("x", "alice", "hello"), 2);
        assert_eq!(young.answer()["messages"][0]["body"], "hello");
        assert_eq!(third.message()["body"], "hello");
    });
}

#[test]
fn thirty_two_sessions_are_a_users_most() {
    each_site(|site| {
        for i in 1..=32 {
            assert_eq!(site.online("alice", &[]).answer["clientnum"], i);
        }
        assert_eq!(site.online("alice", &[]).answer["clientnum"], 32);
        assert_eq!(site.push("x", "alice", "hello"), 32);
    });
}

#[test]
fn a_full_domain_refuses_newcomers_with_429_until_somebody_leaves() {
    Setup::calm().domains("max_users = 2").each(|site| {
        let alice = site.online("alice", &[]);
        site.online("bob", &[]);
        let refused = site.post("/presences/online", &[("name", "carol")]);
        assert_eq!(refused.status, 429, "{}", refused.text());
        assert!(refused.header("retry-after").is_some_and(|after| after.parse::<u32>().is_ok()));
        assert_eq!(site.onlines("alice,bob,carol"), "alice,bob");
        assert_eq!(site.online("alice", &[]).answer["clientnum"], 2, "a second session is no second user");
        site.neighbour().online("carol", &[]);
        assert_eq!(alice.say("bob", "hi"), 1);
        site.offline("bob");
        eventually("there is room for carol", || {
            (site.post("/presences/online", &[("name", "carol")]).status == 200).then_some(())
        });
    });
}
