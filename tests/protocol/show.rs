//! `/presences/show`: §2 show.

use serde_json::json;

use crate::support::each_site;

#[test]
fn a_changed_show_is_told_to_the_buddies() {
    each_site(|site| {
        let mut bob = site.online("bob", &[]);
        let alice = site.online("alice", &[("nick", "Alice"), ("buddies", "bob")]);
        bob.everything();
        alice.call("/presences/show", &[("show", "away"), ("status", "lunch")]).ok();
        let told = bob.everything().presences;
        let expected =
            json!([{"from": "alice", "nick": "Alice", "type": "show", "show": "away", "status": "lunch"}]);
        assert_eq!(json!(told), expected);
    });
}

#[test]
fn every_word_is_passed_on_as_it_is() {
    each_site(|site| {
        let mut bob = site.online("bob", &[]);
        let alice = site.online("alice", &[("buddies", "bob")]);
        bob.everything();
        for show in ["away", "chat", "dnd", "busy", "available", "离开", "OnThePhone", "hidden"] {
            alice.show(show);
            assert_eq!(bob.everything().moves(), [format!("alice show {show}")]);
            assert_eq!(site.start("carol", &[("buddies", "alice")]).answer["buddies"]["alice"], show);
            site.offline("carol");
        }
    });
}

#[test]
fn show_by_name_needs_no_session() {
    each_site(|site| {
        let mut bob = site.online("bob", &[]);
        site.online("alice", &[("buddies", "bob")]);
        bob.everything();
        site.post("/presences/show", &[("name", "alice"), ("show", "dnd")]).ok();
        assert_eq!(bob.everything().moves(), ["alice show dnd"]);
    });
}

#[test]
fn the_users_other_version_6_sessions_are_told_too() {
    each_site(|site| {
        let mut caller = site.online("alice", &[]);
        let mut other = site.online("alice", &[]);
        let mut old = [site.start("alice", &[]), site.start("alice", &[("version", "3")])];
        caller.show("away");
        assert_eq!(other.everything().moves(), ["alice show away"]);
        assert!(caller.everything().is_silent());
        for session in &mut old {
            assert!(session.everything().is_silent());
        }
    });
}

#[test]
fn what_is_absent_changes_nothing() {
    each_site(|site| {
        let mut bob = site.online("bob", &[]);
        let alice = site.online("alice", &[("show", "dnd"), ("status", "s"), ("buddies", "bob")]);
        bob.everything();
        let told = |bob: &mut crate::support::Browser, params: &[(&str, &str)]| {
            alice.call("/presences/show", params).ok();
            let presences = bob.everything().presences;
            let shown = |presence: &serde_json::Value| format!("{}{}", presence["show"], presence["status"]);
            presences.iter().map(shown).collect::<String>()
        };
        assert_eq!(told(&mut bob, &[]), "", "nothing has changed");
        assert_eq!(told(&mut bob, &[("show", ""), ("nick", "")]), "", "empty is absent");
        assert_eq!(told(&mut bob, &[("show", "dnd"), ("status", "s")]), "", "the same is no change");
        assert_eq!(told(&mut bob, &[("status", "t")]), r#""dnd""t""#);
        assert_eq!(told(&mut bob, &[("show", "away")]), r#""away""t""#);
        assert_eq!(told(&mut bob, &[("status", "")]), r#""away""""#, "an empty status clears");
    });
}

#[test]
fn a_nick_given_to_show_is_stored() {
    each_site(|site| {
        let alice = site.online("alice", &[("rooms", "r")]);
        alice.call("/presences/show", &[("nick", "Al")]).ok();
        let members = site.get("/room/members", &[("room", "r")]).json();
        assert_eq!(members, json!({"r": [{"id": "alice", "nick": "Al"}]}));
    });
}
