//! Users who look offline: §4 Invisible.

use serde_json::json;

use crate::support::{Browser, Setup, Site, each_site};

const HIDDEN: (&str, &str) = ("show", "invisible");

/// Bob, who is visible, and Alice, who is not; they are linked and share a room.
fn pair(site: &Site) -> (Browser, Browser) {
    let bob = site.online("bob", &[("rooms", "r")]);
    let alice = site.online("alice", &[HIDDEN, ("status", "s"), ("buddies", "bob"), ("rooms", "r")]);
    (bob, alice)
}

#[test]
fn an_invisible_user_is_nowhere_to_be_seen() {
    each_site(|site| {
        let (mut bob, _alice) = pair(site);
        assert!(bob.everything().is_silent(), "an invisible user causes no online");
        assert_eq!(site.onlines("alice,bob"), "bob");
        for (params, empty) in [(&[("version", "6")][..], json!([])), (&[("format", "json")], json!({}))] {
            let params = [&[("names", "alice")], params].concat();
            assert_eq!(site.get("/onlines", &params).json(), empty);
        }
        assert_eq!(site.members("r"), "bob");
        bob.call("/onlines", &[("names", "alice,bob")]).is(200, "bob");
        let carol = site.start("carol", &[("buddies", "alice,bob"), ("rooms", "r")]);
        let expected = json!({"buddies": {"bob": "available"}, "roominfo": {"r": 2}, "clientnum": 1});
        assert_eq!(carol.answer, expected);
        assert_eq!(bob.join("r"), json!({"r": 2}));
    });
}

#[test]
fn an_invisible_user_is_visible_to_itself() {
    each_site(|site| {
        let (_bob, alice) = pair(site);
        let shown = json!([{"name": "r", "total": 2}]);
        assert_eq!(alice.answer["rooms"], shown);
        assert_eq!(site.online("alice", &[("rooms", "r")]).answer["rooms"], shown);
        assert_eq!(alice.join("r"), json!({"r": 2}));
        let members = alice.call("/room/members", &[("room", "r")]).json();
        assert_eq!(members["r"].as_array().unwrap().len(), 2);
        let answer = alice.call("/onlines", &[("names", "alice,bob")]);
        let mut names: Vec<&str> = answer.text().split(',').collect();
        names.sort_unstable();
        assert_eq!(names, ["alice", "bob"]);
    });
}

#[test]
fn an_invisible_user_sees_the_others() {
    each_site(|site| {
        let (bob, mut alice) = pair(site);
        assert_eq!(alice.answer["buddies"][0]["name"], "bob");
        bob.show("away");
        assert_eq!(alice.everything().moves(), ["bob show away"]);
        site.online("carol", &[("buddies", "alice")]);
        assert_eq!(alice.everything().moves(), ["carol online available"]);
    });
}

#[test]
fn whoever_names_an_invisible_user_is_linked_silently() {
    each_site(|site| {
        let (mut bob, alice) = pair(site);
        let mut carol = site.online("carol", &[("buddies", "alice")]);
        assert_eq!(carol.answer["buddies"], json!([]));
        assert!(carol.everything().is_silent());
        alice.show("dnd");
        for user in [&mut bob, &mut carol] {
            assert_eq!(user.everything().moves(), ["alice online dnd"], "turning visible is told as online");
        }
    });
}

#[test]
fn turning_invisible_is_told_as_offline_and_back_as_online() {
    each_site(|site| {
        let mut bob = site.online("bob", &[("rooms", "r")]);
        let alice = site.online("alice", &[("buddies", "bob"), ("rooms", "r"), ("status", "s")]);
        bob.everything();
        alice.call("/presences/show", &[HIDDEN, ("status", "secret")]).ok();
        let heard = bob.everything();
        assert_eq!(heard.moves(), ["alice offline unavailable"]);
        assert_ne!(heard.presences[0]["status"], "secret");
        assert_eq!([site.onlines("alice"), site.members("r")], ["", "bob"]);
        alice.call("/presences/show", &[("status", "t")]).ok();
        assert!(bob.everything().is_silent(), "what changes behind the curtain is not told");
        alice.show("away");
        let heard = bob.everything();
        assert_eq!(heard.moves(), ["alice online away"]);
        assert_eq!(heard.presences[0]["status"], "t");
        assert_eq!([site.onlines("alice"), site.members("r")], ["alice", "alice,bob"]);
        site.online("alice", &[HIDDEN]);
        assert_eq!(bob.everything().moves(), ["alice offline unavailable"], "by going online, too");
    });
}

#[test]
fn an_invisible_user_comes_and_goes_and_enters_and_leaves_unheard() {
    each_site(|site| {
        let (mut bob, alice) = pair(site);
        alice.leave("r");
        alice.join("r");
        assert!(bob.everything().is_silent());
        site.offline("alice");
        assert!(bob.everything().is_silent());
    });
}

#[test]
fn an_invisible_users_linger_ends_unheard() {
    Setup::calm().timeout("linger_ms", 400).each(|site| {
        let (mut bob, alice) = pair(site);
        let clock = site.online("clock", &[("buddies", "bob")]);
        alice.offline();
        clock.offline();
        let heard =
            bob.hear(|heard| heard.moves_of("clock").last().is_some_and(|last| last.starts_with("off")));
        assert!(heard.moves_of("alice").is_empty());
    });
}

#[test]
fn an_invisible_user_receives_everything_may_send_and_counts() {
    each_site(|site| {
        let (mut bob, mut alice) = pair(site);
        assert_eq!(bob.say("alice", "one"), 1);
        assert_eq!(bob.say_in("r", "two"), 1);
        assert_eq!(bob.say_to_all("three"), 1);
        bob.types("alice", "typing");
        let heard = alice.everything();
        assert_eq!(heard.bodies(), ["one", "two", "three"]);
        assert_eq!(heard.statuses.len(), 1);
        assert_eq!(alice.say("bob", "four"), 1);
        assert_eq!(alice.say_in("r", "five"), 1);
        assert_eq!(alice.say_to_all("six"), 1);
        alice.types("bob", "typing");
        let heard = bob.everything();
        assert_eq!(heard.bodies(), ["four", "five", "six"]);
        assert_eq!(heard.statuses.len(), 1);
        assert!(heard.presences.is_empty());
    });
}

#[test]
fn the_users_own_sessions_get_the_real_show() {
    each_site(|site| {
        let (_bob, alice) = pair(site);
        let mut other = site.online("alice", &[]);
        alice.show("away");
        assert_eq!(other.everything().presences.last().unwrap()["show"], "away");
        alice.show("invisible");
        assert_eq!(other.everything().presences.last().unwrap()["show"], "invisible");
    });
}
