//! `/statuses`: §2 statuses.

use serde_json::json;

use crate::support::{Browser, each_site};

#[test]
fn a_typing_state_reaches_every_session_of_the_receiver() {
    each_site(|site| {
        let mut bob =
            [site.online("bob", &[]), site.start("bob", &[]), site.start("bob", &[("version", "3")])];
        let mut alice = site.online("alice", &[("nick", "Alice")]);
        let mut carol = site.online("carol", &[]);
        alice.types("bob", "typing");
        for session in &mut bob {
            let heard = session.everything();
            let expected = json!([{"from": "alice", "nick": "Alice", "to": "bob", "show": "typing"}]);
            assert_eq!(json!(heard.statuses), expected);
            assert!(heard.messages.is_empty() && heard.presences.is_empty());
        }
        assert!(alice.everything().is_silent());
        assert!(carol.everything().is_silent());
    });
}

#[test]
fn a_typing_state_for_nobody_is_ok() {
    each_site(|site| {
        let alice = site.online("alice", &[]);
        alice.types("nobody", "typing");
        site.online("bob", &[]);
        site.offline("bob");
        alice.types("bob", "clear");
    });
}

#[test]
fn the_words_and_the_nick_are_passed_on_as_they_are() {
    each_site(|site| {
        let mut bob = site.online("bob", &[]);
        let alice = site.online("alice", &[]);
        for show in ["typing", "clear", "正在输入..."] {
            alice.call("/statuses", &[("to", "bob"), ("show", show), ("nick", "A<")]).ok();
            let heard = bob.everything();
            assert_eq!([&heard.statuses[0]["show"], &heard.statuses[0]["nick"]], [show, "A<"]);
        }
        alice.types("bob", "typing");
        assert_eq!(bob.everything().statuses[0]["nick"], "alice", "the nick was for those packets only");
    });
}

/// The page types in a room.
#[track_caller]
fn types_in(page: &Browser, room: &str) {
    page.call("/statuses", &[("type", "multicast"), ("to", room), ("show", "typing")]).is(200, "ok");
}

#[test]
fn a_typing_state_in_a_room_reaches_the_version_6_pages_of_its_other_members() {
    each_site(|site| {
        let room = [("rooms", "r")];
        let mut bob = [site.online("bob", &room), site.online("bob", &[])];
        let mut old = [site.start("carol", &room), site.start("carol", &[("version", "3")])];
        let mut dave = site.online("dave", &[("rooms", "q")]);
        let mut alice = [site.online("alice", &room), site.online("alice", &[])];
        types_in(&alice[0], "r");
        types_in(&alice[0], "nowhere");
        for page in &mut bob {
            let heard = page.everything();
            let expected = json!([{"from": "alice", "nick": "alice", "to": "r", "show": "typing"}]);
            assert_eq!((json!(heard.statuses), heard.messages.len()), (expected, 0));
        }
        for page in old.iter_mut().chain(&mut alice).chain([&mut dave]) {
            assert!(page.everything().is_silent(), "{}", page.name);
        }
        let params = [("type", "broadcast"), ("to", "r"), ("show", "typing")];
        alice[0].call("/statuses", &params).is(400, "bad parameter: type");
    });
}

#[test]
fn typing_states_are_for_rooms_of_at_most_200_members() {
    each_site(|site| {
        let mut bob = site.online("bob", &[("rooms", "r")]);
        let names: Vec<String> = (0..199).map(|number| format!("member{number}")).collect();
        let members: Vec<Browser> = names.iter().map(|name| site.online(name, &[("rooms", "r")])).collect();
        types_in(&members[0], "r");
        assert_eq!(bob.everything().statuses.len(), 1, "there are 200");
        let last = site.online("last", &[("rooms", "r")]);
        types_in(&last, "r");
        assert!(bob.everything().is_silent(), "there are 201");
    });
}
