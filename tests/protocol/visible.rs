//! X-NextIM-Visible: the number that a site may show. §4 Invisible.

use crate::support::{Browser, Inbox, Setup, Site, each_site};

/// The numbers of a message: the sessions it was queued to, and those of visible users.
#[track_caller]
fn counts(page: &Browser, kind: &str, to: &str) -> (u64, u64) {
    let answer = page.call("/messages", &[("type", kind), ("to", to), ("body", "hi")]);
    let visible = answer.header("x-nextim-visible").expect("X-NextIM-Visible").parse().unwrap();
    assert_eq!(answer.header("x-nextim-partial"), None, "all have reported");
    (answer.delivered(), visible)
}

#[test]
fn sessions_of_invisible_users_are_delivered_to_and_not_shown() {
    each_site(|site| {
        let room = [("rooms", "r")];
        let bob = [site.online("bob", &room), site.start("bob", &room)];
        let unseen = [("rooms", "r"), ("show", "invisible")];
        let carol = [site.online("carol", &unseen), site.online("carol", &[])];
        let alice = [site.online("alice", &room), site.online("alice", &[])];
        let [page, _] = &alice;
        assert_eq!(counts(page, "unicast", "bob"), (2, 2));
        assert_eq!(counts(page, "unicast", "carol"), (2, 0));
        assert_eq!(counts(page, "unicast", "nobody"), (0, 0));
        assert_eq!(counts(page, "multicast", "r"), (4, 2), "copies are not counted");
        assert_eq!(counts(page, "multicast", "nowhere"), (0, 0));
        assert_eq!(counts(page, "broadcast", ""), (4, 2));
        carol[1].show("away");
        assert_eq!(counts(page, "multicast", "r"), (4, 4));
        bob[0].show("invisible");
        assert_eq!(counts(page, "multicast", "r"), (4, 2));
        page.show("invisible");
        assert_eq!(counts(page, "unicast", "carol"), (2, 2), "the sender may be invisible");
    });
}

#[test]
fn a_push_of_the_site_and_a_signal_have_it_too() {
    each_site(|site| {
        let _pages = [site.online("bob", &[]), site.online("carol", &[("show", "invisible")])];
        for (to, visible) in [("bob", "1"), ("carol", "0")] {
            let said = [("from", "x"), ("to", to), ("body", "hi"), ("name", "edit"), ("data", "{}")];
            for path in ["/messages", "/signals"] {
                let answer = site.post(path, &said);
                assert_eq!(
                    (answer.delivered(), answer.header("x-nextim-visible")),
                    (1, Some(visible)),
                    "{path}"
                );
            }
        }
        let answer = site
            .post("/statuses", &[("ticket", &*site.online("a", &[]).ticket), ("to", "bob"), ("show", "x")]);
        assert_eq!((answer.header("x-nextim-delivered"), answer.header("x-nextim-visible")), (None, None));
    });
}

#[test]
fn a_lingering_user_whose_messages_come_back_counts_as_visible_only_if_others_see_the_user() {
    let inbox = Inbox::start();
    Setup::calm().domains(inbox.line()).own(|server| {
        let site = Site::fresh(server);
        let alice = site.online("alice", &[]);
        site.online("bob", &[]).offline();
        site.online("carol", &[("show", "invisible")]).offline();
        assert_eq!(counts(&alice, "unicast", "bob"), (1, 1));
        assert_eq!(counts(&alice, "unicast", "carol"), (1, 0));
    });
}
