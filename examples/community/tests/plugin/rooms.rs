//! Rooms, which are open to their members only.

use nextim_community::store::groups;
use nextim_testkit::patience::eventually;
use serde_json::json;

use crate::common::{TestSite, each, with_id};

#[test]
fn rooms_are_the_users_own() {
    let site = TestSite::start();
    let (alice, bob) = (site.log_in("alice"), site.log_in("bob"));
    let _page = bob.online(&[]);
    let mine = alice.read("rooms", &[("_", "1321862400000")]);
    assert_eq!(each(&mine, "id"), ["1", "2"]);
    assert_eq!((&mine[0]["count"], &mine[0]["all_count"]), (&json!(1), &json!(4)));
    for key in ["nick", "url", "pic_url", "default_pic_url"] {
        assert!(mine[0][key].is_string(), "{key}");
    }
    assert_eq!(
        each(&alice.read("rooms", &[("ids", "2,3,undefined")]), "id"),
        ["2"],
        "alice is no member of the third"
    );
}

#[test]
fn a_room_is_left_and_joined() {
    let site = TestSite::start();
    let (alice, bob) = (site.log_in("alice"), site.log_in("bob"));
    let (at_alice, mut at_bob) = (alice.online(&[]), bob.online(&[]));
    assert_eq!(at_bob.done("leave", &[("id", "1"), ("name", "whatever")]), "ok");
    at_alice.done("message", &[("type", "multicast"), ("to", "1"), ("body", "unheard")]);
    assert!(at_bob.messages().is_empty());
    let page = bob.online(&[]);
    assert_eq!(
        (&page.answer["rooms"]["1"]["blocked"], &page.answer["rooms"]["2"]["blocked"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(page.answer["setting"]["blocked_rooms"], json!(["1"]));
    assert_eq!(with_id(&bob.read("rooms", &[]), "1")["blocked"], true);
    let room = at_bob.done("join", &[("id", "1"), ("name", "whatever")]);
    assert_eq!((&room["id"], &room["count"], &room["blocked"]), (&json!("1"), &json!(2), &json!(false)));
    at_alice.done("message", &[("type", "multicast"), ("to", "1"), ("body", "heard")]);
    assert_eq!(at_bob.next("messages", |_| true)["body"], "heard");
    assert_eq!(bob.online(&[]).answer["setting"]["blocked_rooms"], json!([]));
}

#[test]
fn members_are_the_members_who_are_online() {
    let site = TestSite::start();
    let (alice, bob) = (site.log_in("alice"), site.log_in("bob"));
    let (at_alice, _at_bob) = (alice.online(&[]), bob.online(&[]));
    let members = alice.read("members", &[("id", "1"), ("ticket", &at_alice.ticket)]);
    let mut ids = each(&members, "id");
    ids.sort();
    assert_eq!(ids, ["alice", "bob"]);
    assert_eq!(with_id(&members, "bob")["nick"], "Bob");
    let by_room = alice.read("members", &[("ids", "1,2"), ("names", "a,b")]);
    assert_eq!((by_room["1"].as_array().unwrap().len(), by_room["2"].as_array().unwrap().len()), (2, 2));
}

#[test]
fn a_group_that_is_not_mine_looks_like_none() {
    let site = TestSite::start();
    let alice = site.log_in("alice");
    for id in ["3", "99", "x", "-1", ""] {
        let status = if id.is_empty() { 400 } else { 404 };
        for endpoint in ["join", "leave"] {
            assert_eq!(alice.post(endpoint, &[("id", id)]).refusal().0, status, "{endpoint} {id}");
        }
        assert_eq!(alice.get("members", &[("id", id)]).refusal().0, status, "{id}");
        assert_eq!(alice.get("history", &[("type", "multicast"), ("id", id)]).refusal().0, status, "{id}");
        let params = [("type", "multicast"), ("id", id)];
        assert_eq!(alice.post("clear_history", &params).refusal().0, status, "{id}");
        assert_eq!(alice.get("download_history", &params).refusal().0, status, "{id}");
    }
    assert_eq!(alice.get("members", &[("ids", "1,3")]).refusal().0, 404);
}

#[test]
fn membership_takes_effect_at_once() {
    let site = TestSite::start();
    let (alice, dave) = (site.log_in("alice"), site.log_in("dave"));
    let (at_alice, mut at_dave) = (alice.online(&[]), dave.online(&[]));
    let (inner, say) = (site.community.site(), |body| {
        at_alice.done("message", &[("type", "multicast"), ("to", "1"), ("body", body)]);
    });
    inner.store.write(|db| groups::join(db, 1, "dave")).unwrap();
    inner.webim.enter("dave", "Dave", "1");
    say("welcome");
    assert_eq!(at_dave.next("messages", |_| true)["body"], "welcome");
    inner.store.write(|db| groups::leave(db, 1, "dave")).unwrap();
    inner.webim.expel("dave", "Dave", "1");
    say("gone?");
    assert!(at_dave.messages().is_empty());
    inner.webim.enter("meiling", "美玲", "1");
    let count = eventually("counted", || alice.read("rooms", &[("ids", "1")])[0]["count"].as_i64());
    assert_eq!(count, 1, "a user who is offline does not come online by that");
}
