//! Who hears whom come, change and go: §4 Presence.

use serde_json::json;

use crate::support::{Setup, each_site};

#[test]
fn the_first_session_announces_online_and_further_ones_do_not() {
    each_site(|site| {
        let mut bob = [site.online("bob", &[]), site.start("bob", &[])];
        let first =
            site.online("alice", &[("nick", "Al"), ("show", "dnd"), ("status", "s"), ("buddies", "bob")]);
        let online = json!([{"from": "alice", "nick": "Al", "type": "online", "show": "dnd", "status": "s"}]);
        for session in &mut bob {
            assert_eq!(json!(session.everything().presences), online, "every session of a buddy hears it");
        }
        let second = site.online("alice", &[("buddies", "bob")]);
        first.offline();
        second.offline();
        site.online("alice", &[("buddies", "bob")]);
        for session in &mut bob {
            assert!(session.everything().is_silent());
        }
    });
}

#[test]
fn a_change_that_comes_with_going_online_is_announced_as_show() {
    each_site(|site| {
        let mut bob = site.online("bob", &[]);
        let params = [("buddies", "bob"), ("show", "away"), ("status", "s")];
        site.online("alice", &params);
        bob.everything();
        site.online("alice", &[("show", "dnd")]);
        assert_eq!(bob.everything().moves(), ["alice show dnd"]);
        site.online("alice", &[("status", "t")]);
        assert_eq!(bob.everything().moves(), ["alice show dnd"]);
        site.online("alice", &[("show", "dnd"), ("status", "t")]);
        site.online("alice", &[]);
        assert!(bob.everything().is_silent(), "nothing changed");
    });
}

#[test]
fn a_changed_nick_alone_is_silent() {
    each_site(|site| {
        let mut bob = site.online("bob", &[]);
        let alice = site.online("alice", &[("buddies", "bob")]);
        bob.everything();
        alice.call("/presences/show", &[("nick", "Al")]).ok();
        site.online("alice", &[("nick", "Alice")]);
        assert!(bob.everything().is_silent());
        alice.show("away");
        assert_eq!(bob.everything().presences[0]["nick"], "Alice", "but it is stored");
    });
}

#[test]
fn going_offline_is_announced() {
    each_site(|site| {
        let mut bob = site.online("bob", &[]);
        site.online("alice", &[("nick", "Al"), ("status", "s"), ("buddies", "bob")]);
        bob.everything();
        site.offline("alice");
        let heard = bob.everything();
        assert_eq!(heard.moves(), ["alice offline unavailable"]);
        assert_eq!(heard.presences[0]["nick"], "Al");
    });
}

#[test]
fn rosters_are_mutual() {
    each_site(|site| {
        let mut bob = site.online("bob", &[]);
        let mut alice = site.online("alice", &[("buddies", "bob")]);
        let mut carol = site.online("carol", &[]);
        bob.everything();
        bob.show("away");
        assert_eq!(alice.everything().moves(), ["bob show away"], "bob never named alice");
        alice.show("dnd");
        assert_eq!(bob.everything().moves(), ["alice show dnd"]);
        site.offline("bob");
        assert_eq!(alice.everything().moves(), ["bob offline unavailable"]);
        assert!(carol.everything().is_silent());
    });
}

#[test]
fn naming_each_other_is_heard_once() {
    each_site(|site| {
        let mut bob = site.online("bob", &[("buddies", "alice")]);
        let mut alice = site.online("alice", &[("buddies", "bob")]);
        assert_eq!(bob.everything().moves(), ["alice online available"]);
        alice.show("away");
        assert_eq!(bob.everything().moves(), ["alice show away"]);
        bob.show("dnd");
        assert_eq!(alice.everything().moves(), ["bob show dnd"]);
    });
}

#[test]
fn a_link_ends_when_either_goes_offline() {
    each_site(|site| {
        site.online("bob", &[]);
        let mut alice = site.online("alice", &[("buddies", "bob")]);
        site.offline("bob");
        alice.everything();
        let mut bob = site.online("bob", &[]);
        alice.show("away");
        bob.show("dnd");
        assert!(bob.everything().is_silent() && alice.everything().is_silent());
    });
}

#[test]
fn names_that_are_offline_are_not_remembered() {
    each_site(|site| {
        let mut alice = site.online("alice", &[("buddies", "bob")]);
        let bob = site.online("bob", &[]);
        bob.show("away");
        assert!(alice.everything().is_silent());
        site.offline("bob");
        let bob = site.online("bob", &[("buddies", "alice")]);
        assert_eq!(bob.answer["buddies"][0]["name"], "alice");
        assert_eq!(alice.everything().moves(), ["bob online available"]);
    });
}

#[test]
fn later_online_calls_add_links() {
    each_site(|site| {
        let [mut bob, mut carol] = ["bob", "carol"].map(|name| site.online(name, &[]));
        let alice = site.online("alice", &[("buddies", "bob")]);
        let second = site.online("alice", &[("buddies", "carol")]);
        assert_eq!(second.answer["buddies"][0]["name"], "carol");
        bob.everything();
        carol.everything();
        alice.show("away");
        for user in [&mut bob, &mut carol] {
            assert_eq!(user.everything().moves(), ["alice show away"]);
        }
    });
}

#[test]
fn the_state_in_the_online_answer_and_what_is_heard_later_fit_together() {
    each_site(|site| {
        let names: Vec<String> = (0..20).map(|i| format!("user{i}")).collect();
        let mut users: Vec<_> =
            names.iter().map(|name| site.online(name, &[("buddies", &names.join(","))])).collect();
        for (i, user) in users.iter_mut().enumerate() {
            let seen = user.answer["buddies"].as_array().unwrap().len();
            assert_eq!(seen, i, "those who came before");
            let mut heard = user.everything().moves();
            heard.sort_unstable();
            let mut expected: Vec<String> =
                names[i + 1..].iter().map(|name| format!("{name} online available")).collect();
            expected.sort_unstable();
            assert_eq!(heard, expected, "those who came after");
        }
    });
}

/// A link made by a later call was told neither to the other side nor to the namer's other pages.
#[test]
fn a_link_that_a_later_page_made_was_not_shown() {
    each_site(|site| {
        let mut bob = [site.online("bob", &[]), site.online("bob", &[])];
        let mut alice = site.online("alice", &[("show", "dnd")]);
        let later = site.start("alice", &[("buddies", "bob")]);
        assert_eq!(later.answer["buddies"], json!({"bob": "available"}));
        for page in &mut bob {
            assert_eq!(page.everything().moves(), ["alice online dnd"]);
        }
        assert_eq!(alice.everything().moves(), ["bob online available"], "her other page, too");
        site.start("alice", &[("buddies", "bob")]);
        assert!(bob[0].everything().is_silent() && alice.everything().is_silent(), "it is not new any more");
    });
}

#[test]
fn a_link_with_an_invisible_user_is_shown_to_neither_until_that_user_appears() {
    each_site(|site| {
        let mut bob = site.online("bob", &[]);
        let mut alice = site.online("alice", &[("show", "invisible")]);
        site.start("alice", &[("buddies", "bob")]);
        assert!(bob.everything().is_silent());
        assert_eq!(alice.everything().moves(), ["bob online available"]);
        alice.show("away");
        assert_eq!(bob.everything().moves(), ["alice online away"]);
    });
}

/// Fifteen comings and goings of one buddy left fifteen packets, and at last ended the other's session.
#[test]
fn comings_and_goings_of_one_buddy_piled_up() {
    Setup::calm().limit("roster_links", 1).each(|site| {
        let mut bob = site.online("bob", &[]);
        for _ in 0..15 {
            site.online("alice", &[("buddies", "bob")]);
            site.offline("alice");
        }
        assert_eq!(bob.everything().moves(), ["alice offline unavailable"]);
    });
}
