//! `/statuses`: §2 statuses.

use serde_json::json;

use crate::support::each_site;

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
