//! What comes back to the site: §4 Undelivered, and what a lingering user counts (§2 messages).

mod sites;

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::json;

use crate::support::{Browser, Inbox, Reply, Setup, Site, basic, eventually};

const A: &str = "a.example";
const B: &str = "b.example";
const KEYS: &[&str] = &["key one", "key two"];

/// One domain whose site takes back what was not delivered; users linger until the test is over.
fn setup(inbox: &Inbox) -> Setup {
    Setup::calm().sites(&[(A, KEYS)]).domain(A, inbox.line())
}

/// The same, with users who linger a moment.
fn quick(inbox: &Inbox) -> Setup {
    setup(inbox).timeout("linger_ms", 50)
}

/// Runs `test` with a site and its inbox.
fn each(setup: impl Fn(&Inbox) -> Setup, test: impl Fn(&Site, &Inbox)) {
    let inbox = Inbox::start();
    setup(&inbox).own(|server| {
        inbox.forget();
        test(&Site::named(server, A, KEYS[0]), &inbox);
    });
}

/// The site sends a message whose body is its id. Returns how many receivers counted.
#[track_caller]
fn tell(site: &Site, to: &str, id: &str) -> u64 {
    site.post("/messages", &[("from", "x"), ("to", to), ("body", id), ("id", id)]).delivered()
}

/// Leaves one more message behind, and waits until it comes back. Returns what has come back, without such messages.
#[track_caller]
fn all_that_came_back(site: &Site, inbox: &Inbox) -> Vec<String> {
    let fence = leave(site);
    eventually("the last one comes back", || inbox.taken().contains(&fence).then_some(()));
    taken(inbox)
}

/// A new user goes offline with an unread message. Returns its id.
#[track_caller]
fn leave(site: &Site) -> String {
    static FENCES: AtomicU64 = AtomicU64::new(0);
    let fence = format!("fence-{}", FENCES.fetch_add(1, Ordering::Relaxed));
    site.online(&fence, &[]);
    assert_eq!(tell(site, &fence, &fence), 1);
    site.offline(&fence);
    fence
}

fn taken(inbox: &Inbox) -> Vec<String> {
    inbox.taken().into_iter().filter(|id| !id.starts_with("fence-")).collect()
}

/// The page acknowledges every packet it has read.
#[track_caller]
fn acknowledge(page: &Browser) {
    drop(page.park_surely());
}

#[test]
fn unread_messages_come_back_whole_when_a_user_goes_offline() {
    each(quick, |site, inbox| {
        let (alice, bob) = (site.online("alice", &[]), site.online("bob", &[("nick", "Bob <b>")]));
        let said = [("to", "alice"), ("id", "m-1"), ("body", "one </script>"), ("style", "color:red")];
        bob.call("/messages", &[&said[..], &[("timestamp", "17")]].concat()).delivered();
        tell(site, "alice", "m-2");
        alice.offline();
        let post = &inbox.wait_for_posts(1)[0];
        assert_eq!(post.ids(), ["m-1", "m-2"], "in one request, in their order");
        let expected = json!({"type": "unicast", "to": "alice", "from": "bob", "nick": "Bob <b>", "timestamp": 17,
            "body": "one </script>", "style": "color:red", "id": "m-1"});
        assert_eq!(post.messages[0], expected);
        assert_eq!(post.request.line(), "POST /back?a=b HTTP/1.1");
        assert_eq!(post.request.header("content-type"), Some("application/json"));
        assert_eq!(post.request.header("authorization"), Some(&*basic(A, KEYS[0])), "by the first key");
        assert!(post.request.header("user-agent").is_some_and(|agent| agent.starts_with("nextim/")));
        assert_eq!(all_that_came_back(site, inbox), ["m-1", "m-2"], "once");
        assert!(site.online("alice", &[]).everything().is_silent());
    });
}

#[test]
fn what_comes_back_has_its_object() {
    each(quick, |site, inbox| {
        let alice = site.online("alice", &[]);
        let old = site.start("alice", &[("version", "3")]);
        let said = [("from", "x"), ("to", "alice"), ("body", "b"), ("id", "m-1"), ("meta", "{\"a\":\"<\"}")];
        assert_eq!(site.post("/messages", &said).delivered(), 2);
        old.poll_with(&[]).json();
        alice.offline();
        old.offline();
        assert_eq!(inbox.wait_for_posts(1)[0].messages[0]["meta"], json!({"a": "<"}));
    });
}

#[test]
fn a_page_change_delivers_and_nothing_comes_back() {
    each(setup, |site, inbox| {
        let old = site.online("alice", &[]);
        tell(site, "alice", "before");
        old.offline();
        assert_eq!(tell(site, "alice", "between"), 1, "a lingering user counts");
        let mut new = site.online("alice", &[]);
        assert_eq!(new.everything().bodies(), ["before", "between"]);
        acknowledge(&new);
        site.offline("alice");
        assert_eq!(all_that_came_back(site, inbox), [""; 0]);
    });
}

#[test]
fn what_comes_back_is_what_was_not_acknowledged() {
    each(setup, |site, inbox| {
        let mut alice = site.online("alice", &[]);
        tell(site, "alice", "acknowledged");
        assert_eq!(alice.poll().bodies(), ["acknowledged"]);
        tell(site, "alice", "answered");
        assert_eq!(alice.poll().bodies(), ["answered"]);
        tell(site, "alice", "queued");
        let mut old = site.online("old", &[]).without_seq();
        tell(site, "old", "flushed");
        assert_eq!(old.poll().bodies(), ["flushed"]);
        tell(site, "old", "polled after");
        assert_eq!(old.poll().bodies(), ["polled after"]);
        site.offline("alice");
        site.offline("old");
        assert_eq!(all_that_came_back(site, inbox), ["answered", "queued", "polled after"]);
    });
}

#[test]
fn what_a_lingering_user_was_sent_comes_back_too() {
    each(quick, |site, inbox| {
        let alice = site.online("alice", &[]);
        tell(site, "alice", "before");
        alice.offline();
        let kept = tell(site, "alice", "after");
        let expected: &[&str] = if kept == 1 { &["before", "after"] } else { &["before"] };
        eventually("they come back", || (taken(inbox).len() >= expected.len()).then_some(()));
        assert_eq!(all_that_came_back(site, inbox), expected, "1 means that it is sure to arrive somewhere");
        assert_eq!(tell(site, "alice", "offline"), 0);
    });
}

#[test]
fn a_message_to_several_pages_comes_back_once_if_none_acknowledged_it() {
    each(setup, |site, inbox| {
        let sessions = [(); 3].map(|()| site.online("alice", &[]));
        assert_eq!(tell(site, "alice", "to all"), 3);
        sessions[1].offline();
        let later = site.online("alice", &[]);
        assert_eq!(tell(site, "alice", "to the others"), 3);
        site.offline("alice");
        assert_eq!(all_that_came_back(site, inbox), ["to all", "to the others"]);
        later.is_gone();
    });
}

#[test]
fn a_message_that_one_page_acknowledged_does_not_come_back() {
    each(setup, |site, inbox| {
        for reader_goes_first in [true, false] {
            let (idle, mut reader) = (site.online("alice", &[]), site.online("alice", &[]));
            tell(site, "alice", "read");
            assert_eq!(reader.poll().bodies(), ["read"]);
            acknowledge(&reader);
            tell(site, "alice", "unread");
            let (first, second) = if reader_goes_first { (&reader, &idle) } else { (&idle, &reader) };
            first.offline();
            second.offline();
            site.offline("alice");
        }
        assert_eq!(all_that_came_back(site, inbox), ["unread", "unread"]);
    });
}

#[test]
fn copies_and_what_was_said_in_rooms_or_to_all_do_not_come_back() {
    each(setup, |site, inbox| {
        let pages = [(); 2].map(|()| site.online("alice", &[("rooms", "r")]));
        site.online("bob", &[("rooms", "r")]);
        pages[0].say("bob", "a copy of this is at the other page");
        let mut bob = site.online("bob", &[]);
        bob.say_in("r", "in the room");
        bob.say_to_all("to all");
        tell(site, "alice", "to her");
        pages[0].offline();
        pages[1].offline();
        bob.say_in("r", "in the room while alice lingers");
        site.offline("alice");
        let expected = ["to her"];
        assert_eq!(all_that_came_back(site, inbox), expected);
        bob.everything();
    });
}

#[test]
fn only_where_messages_come_back_does_a_lingering_user_count() {
    let inbox = Inbox::start();
    let both = Setup::calm().sites(&[(A, KEYS), (B, KEYS)]).domain(A, inbox.line());
    both.own(|server| {
        for (domain, expected) in [(A, 1), (B, 0)] {
            let site = Site::named(server, domain, KEYS[0]);
            site.online("alice", &[("rooms", "r")]).offline();
            assert_eq!(tell(&site, "alice", "m"), expected, "{domain}");
            let multicast = [("from", "x"), ("type", "multicast"), ("to", "r"), ("body", "in the room")];
            assert_eq!(site.post("/messages", &multicast).delivered(), 0, "it does not come back");
            assert_eq!(site.online("alice", &[]).everything().bodies(), ["m", "in the room"]);
        }
    });
}

#[test]
fn without_room_for_its_way_back_a_message_is_not_kept_and_counts_0() {
    // Two short messages fit, and what they cost.
    let small = |inbox: &Inbox| setup(inbox).limit("undelivered_bytes", 600);
    each(small, |site, inbox| {
        site.online("alice", &[]).offline();
        let counts = ["1", "2", "3"].map(|id| tell(site, "alice", id));
        assert_eq!(counts, [1, 1, 0]);
        let mut alice = site.online("alice", &[]);
        assert_eq!(alice.poll().bodies(), ["1", "2"]);
        acknowledge(&alice);
        alice.offline();
        assert_eq!(tell(site, "alice", "4"), 1, "there is room again");

        inbox.replies(&[Reply::Hang]);
        site.offline("alice");
        assert_eq!(inbox.wait_for_posts(1)[0].ids(), ["4"], "it is under way");
        site.online("bob", &[]).offline();
        assert_eq!([tell(site, "bob", "5"), tell(site, "bob", "6")], [1, 0], "the other place is taken");
        assert_eq!(site.online("bob", &[]).poll().bodies(), ["5"]);
    });
}
