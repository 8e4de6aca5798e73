//! `/buddies/remove`: §2.

use crate::support::each_site;

#[test]
fn removed_buddies_hear_no_more_of_each_other() {
    each_site(|site| {
        let mut bob = site.online("bob", &[]);
        let mut carol = site.online("carol", &[]);
        let mut alice = site.online("alice", &[("buddies", "bob,carol")]);
        site.post("/buddies/remove", &[("name", "alice"), ("buddies", "bob,nobody")]).ok();
        for user in [&mut alice, &mut bob, &mut carol] {
            user.everything();
        }
        alice.show("away");
        bob.show("dnd");
        assert!(bob.everything().is_silent());
        assert_eq!(carol.everything().moves(), ["alice show away"]);
        assert!(alice.everything().is_silent());
        site.offline("alice");
        assert!(bob.everything().is_silent());
        assert_eq!(carol.everything().moves(), ["alice offline unavailable"]);
    });
}

#[test]
fn removing_strangers_is_ok() {
    each_site(|site| {
        site.online("alice", &[]);
        site.online("bob", &[]);
        for buddies in ["bob", "nobody", "alice", "bob,bob", "[\"bob\"]"] {
            site.post("/buddies/remove", &[("name", "alice"), ("buddies", buddies)]).ok();
        }
    });
}

#[test]
fn removed_buddies_may_be_named_again() {
    each_site(|site| {
        let mut bob = site.online("bob", &[]);
        let alice = site.online("alice", &[("buddies", "bob")]);
        site.post("/buddies/remove", &[("name", "alice"), ("buddies", "bob")]).ok();
        site.online("alice", &[("buddies", "bob")]);
        bob.everything();
        alice.show("away");
        assert_eq!(bob.everything().moves(), ["alice show away"]);
    });
}

/// The other page went on showing the one that was removed.
#[test]
fn a_removed_buddy_was_still_shown() {
    each_site(|site| {
        let mut bob = site.online("bob", &[]);
        let mut alice =
            [site.online("alice", &[("buddies", "bob")]), site.online("alice", &[("buddies", "bob")])];
        bob.everything();
        site.post("/buddies/remove", &[("name", "bob"), ("buddies", "alice")]).ok();
        for page in &mut alice {
            assert_eq!(page.everything().moves(), ["bob offline unavailable"]);
        }
        assert_eq!(bob.everything().moves(), ["alice offline unavailable"], "buddies are mutual");
        site.post("/buddies/remove", &[("name", "alice"), ("buddies", "bob")]).ok();
        assert!(
            bob.everything().is_silent() && alice[0].everything().is_silent(),
            "nothing was left to undo"
        );
    });
}

#[test]
fn removing_an_invisible_buddy_causes_no_packet() {
    each_site(|site| {
        let mut bob = site.online("bob", &[]);
        let mut alice = site.online("alice", &[("buddies", "bob"), ("show", "invisible")]);
        site.post("/buddies/remove", &[("name", "alice"), ("buddies", "bob")]).ok();
        assert!(bob.everything().is_silent());
        assert_eq!(alice.everything().moves(), ["bob offline unavailable"]);
    });
}
