//! Histories, as each side sees them.

use nextim_community::store::accounts::{self, NewUser};
use serde_json::json;

use crate::common::{TestSite, each};

fn many(site: &TestSite, count: i64) {
    let db = rusqlite::Connection::open(site.file()).unwrap();
    db.execute_batch("BEGIN").unwrap();
    for number in 1..=count {
        let sql = "INSERT INTO messages (type, from_user, to_id, nick, body, timestamp, delivered)
            VALUES ('unicast', 'dave', 'carol', 'Dave', ?1, ?2, 1)";
        db.execute(sql, (format!("line {number}"), number)).unwrap();
    }
    db.execute_batch("COMMIT").unwrap();
}

#[test]
fn history_is_paged_by_time() {
    let site = TestSite::start();
    many(&site, 70);
    let carol = site.log_in("carol");
    let page =
        |before: &str| carol.read("history", &[("type", "unicast"), ("id", "dave"), ("before", before)]);
    let (newest, older, oldest) = (page("undefined"), page("41"), page("11"));
    let lines = |from: usize, to: usize| (from..=to).map(|n| format!("line {n}")).collect::<Vec<_>>();
    assert_eq!(each(&newest, "body"), lines(41, 70));
    assert_eq!(each(&older, "body"), lines(11, 40));
    assert_eq!(each(&oldest, "body"), lines(1, 10));
    assert_eq!(page("1"), json!([]));
    assert_eq!(carol.read("history", &[("type", "unicast"), ("id", "4")]), newest, "by uid");
    assert_eq!(carol.get("history", &[("type", "unicast"), ("id", "nobody")]).refusal().0, 404);
    assert_eq!(carol.get("history", &[("type", "shout"), ("id", "dave")]).refusal().0, 400);
}

#[test]
fn clearing_a_history_changes_only_one_side() {
    let site = TestSite::start();
    let (alice, bob) = (site.log_in("alice"), site.log_in("bob"));
    let (with_bob, with_alice) =
        ([("type", "unicast"), ("id", "bob")], [("type", "unicast"), ("id", "alice")]);
    bob.done("message", &[("to", "alice"), ("body", "not seen yet")]);
    assert_eq!(alice.done("clear_history", &with_bob), "ok");
    assert_eq!(alice.read("history", &with_bob), json!([]));
    assert_eq!(bob.read("history", &with_alice).as_array().unwrap().len(), 5);
    assert_eq!(each(&alice.online(&[]).answer["new_messages"], "body"), ["not seen yet"], "not cleared");
    bob.done("clear_history", &[("id", "alice")]);
    let left: i64 = count(&site, "type = 'unicast' AND 'bob' IN (from_user, to_id)");
    assert_eq!(left, 1, "messages cleared by both are deleted, unseen ones are kept");
    assert_eq!(each(&alice.read("history", &with_bob), "body"), ["not seen yet"]);
    assert_eq!(each(&alice.read("history", &[("id", "xiaoming")]), "from").len(), 2, "others are untouched");
}

#[test]
fn a_room_is_cleared_for_each_member() {
    let site = TestSite::start();
    let room = [("type", "multicast"), ("id", "1")];
    let carol = site.log_in("carol");
    for member in ["alice", "bob", "meiling"] {
        let member = site.log_in(member);
        member.done("clear_history", &room);
        assert_eq!(member.read("history", &room), json!([]));
    }
    assert_eq!(carol.read("history", &room).as_array().unwrap().len(), 3);
    carol.done("clear_history", &room);
    assert_eq!(count(&site, "type = 'multicast'"), 0, "all members have cleared it, so it is deleted");
    carol.done("message", &[("type", "multicast"), ("to", "1"), ("body", "new")]);
    assert_eq!(each(&site.log_in("alice").read("history", &room), "body"), ["new"]);
}

#[test]
fn a_downloaded_history_is_text() {
    let site = TestSite::start();
    many(&site, 1_001);
    let carol = site.log_in("carol");
    let said = "<script>alert(1)</script> & \"more\"";
    carol.done("message", &[("to", "dave"), ("body", said)]);
    let file = carol.get("download_history", &[("type", "unicast"), ("id", "dave"), ("_", "1")]);
    let disposition = file.header("content-disposition");
    assert!(disposition.starts_with("attachment; filename=\"histories-2"), "{disposition}");
    assert_eq!(file.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(file.header("x-content-type-options"), "nosniff");
    assert!(!file.body.contains("<script") && file.body.contains("alert(1)"), "escaped");
    assert_eq!(file.body.matches("<dd>").count(), 1_000);
    assert!(file.body.contains(">line 3<") && !file.body.contains(">line 2<"), "the newest");
    let room = carol.get("download_history", &[("type", "multicast"), ("id", "1")]);
    assert!(room.body.contains("那就十點出發吧。"));
}

fn count(site: &TestSite, which: &str) -> i64 {
    let db = rusqlite::Connection::open(site.file()).unwrap();
    db.query_row(&format!("SELECT count(*) FROM messages WHERE {which}"), [], |row| row.get(0)).unwrap()
}

#[test]
fn a_number_has_one_form_and_an_answer_few_histories() {
    let site = TestSite::start();
    let alice = site.log_in("alice");
    for odd in ["+2", "02", "2.0", "-2"] {
        assert_eq!(alice.get("history", &[("ids", &format!("2,{odd}"))]).refusal().0, 404, "{odd}");
        assert_eq!(alice.post("message", &[("to", odd), ("body", "x")]).refusal().0, 404, "{odd}");
    }
    assert_eq!(alice.get("history", &[("type", "multicast"), ("id", "01")]).refusal().0, 404);
    site.community
        .site()
        .store
        .write(|db| {
            (0..30).try_for_each(|number| {
                let id = format!("new{number}");
                let user = NewUser { id: &id, nick: &id, password: "", is_admin: false, bio: "" };
                accounts::add(db, &user)
            })
        })
        .unwrap();
    let ids: Vec<String> = (0..30).map(|number| format!("new{number}")).collect();
    let found = alice.read("history", &[("ids", &ids.join(","))]);
    assert_eq!(found.as_object().unwrap().len(), 20);
}
