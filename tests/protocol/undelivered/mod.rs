//! What comes back to the site: §4 Undelivered, and what a lingering user counts (§2 messages).

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use nix::sys::signal::Signal;
use serde_json::json;

use crate::support::{Browser, Closed, Inbox, Poll, Reply, Server, Setup, Site, basic, eventually};

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
    let inbox = Inbox::new();
    setup(&inbox).own(|server| {
        inbox.forget();
        test(&Site::named(server, A, KEYS[0]), &inbox);
    });
}

/// Says something by the site; the body is the id. To how many it was delivered.
#[track_caller]
fn tell(site: &Site, to: &str, id: &str) -> u64 {
    site.post("/messages", &[("from", "x"), ("to", to), ("body", id), ("id", id)]).delivered()
}

/// A message comes back that was handed in after all others were; what has come back till then, without such messages.
#[track_caller]
fn all_that_came_back(site: &Site, inbox: &Inbox) -> Vec<String> {
    let fence = leave(site);
    eventually("the last one comes back", || inbox.taken().contains(&fence).then_some(()));
    taken(inbox)
}

/// Somebody leaves a message behind; its id.
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

/// The page has all it was answered, and the server knows.
#[track_caller]
fn acknowledge(page: &Browser) {
    drop(page.park_surely());
}

/// Waits until every shard counts a lingering user as so much.
#[track_caller]
fn wait_until_lingering_counts(site: &Site, expected: u64) {
    let names: Vec<String> = (0..4 * site.server.shards).map(|number| format!("user{number}")).collect();
    eventually("the configuration is read", || {
        let mut counts = names.iter().map(|name| {
            site.online(name, &[]).offline();
            let count = tell(site, name, "probe");
            site.offline(name);
            count
        });
        counts.all(|count| count == expected).then_some(())
    });
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
        assert_eq!(post.line, "POST /back?a=b HTTP/1.1");
        assert_eq!(post.header("content-type"), "application/json");
        assert_eq!(post.header("authorization"), basic(A, KEYS[0]), "by the first key");
        assert!(post.header("user-agent").starts_with("nextim/"));
        assert_eq!(all_that_came_back(site, inbox), ["m-1", "m-2"], "once");
        assert!(site.online("alice", &[]).everything().is_silent());
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
    let inbox = Inbox::new();
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

#[test]
fn a_site_that_fails_is_tried_again_and_gets_everything_in_order() {
    each(setup, |site, inbox| {
        inbox.replies(&[Reply::Status(500), Reply::Close]);
        site.online("alice", &[]);
        tell(site, "alice", "1");
        site.offline("alice");
        inbox.wait_for_posts(1);
        site.online("bob", &[]);
        tell(site, "bob", "2");
        site.offline("bob");
        assert_eq!(all_that_came_back(site, inbox), ["1", "2"]);
        let replies: Vec<Reply> = inbox.posts()[..2].iter().map(|post| post.reply).collect();
        assert_eq!(replies, [Reply::Status(500), Reply::Close]);
        assert!(site.server.log().contains("undelivered messages of a.example: its site does not take them"));
    });
}

#[test]
fn a_site_that_is_down_gets_everything_when_it_is_there() {
    for redirected in [false, true] {
        let closed = Closed::new();
        let setup = Setup::calm().sites(&[(A, KEYS)]);
        let setup = setup.domain(A, format!("undelivered_url = {:?}", closed.url()));
        let server = Arc::new(Server::start(&setup, 2));
        let site = Site::named(&server, A, KEYS[0]);
        site.online("alice", &[]);
        tell(&site, "alice", "1");
        site.offline("alice");
        eventually("it was tried", || server.log().contains("site does not take them").then_some(()));
        let inbox = closed.open();
        if redirected {
            inbox.replies(&[Reply::Status(302)]);
        }
        assert_eq!(inbox.wait_for(1), ["1"]);
        assert!(
            inbox.posts().iter().all(|post| post.line.starts_with("POST /back?")),
            "redirects are not followed"
        );
    }
}

#[test]
fn what_a_site_refuses_is_not_sent_again_and_said_in_the_log() {
    each(setup, |site, inbox| {
        inbox.replies(&[Reply::Status(400)]);
        site.online("alice", &[]);
        tell(site, "alice", "refused");
        site.offline("alice");
        inbox.wait_for_posts(1);
        assert_eq!(all_that_came_back(site, inbox), [""; 0]);
        let posts = inbox.posts();
        assert_eq!(posts.iter().filter(|post| post.ids().contains(&"refused")).count(), 1);
        eventually("it is said", || {
            site.server.log().contains("its site refuses 1 with status 400").then_some(())
        });
    });
}

#[test]
fn what_waits_too_long_is_dropped() {
    let short = |inbox: &Inbox| setup(inbox).timeout("undelivered_ms", 100);
    each(short, |site, inbox| {
        inbox.replies(&[Reply::Status(503)]);
        site.online("alice", &[]);
        tell(site, "alice", "too old");
        site.offline("alice");
        // It is not tried again before half a second has passed. What is left behind until then is too old as well.
        let came = |fence: &String| inbox.taken().contains(fence);
        eventually("a later one comes back", || {
            let fence = leave(site);
            let later = leave(site);
            (came(&fence) || came(&later)).then_some(())
        });
        assert_eq!(taken(inbox), [""; 0]);
    });
}

#[test]
fn what_is_not_acknowledged_comes_back_when_the_server_goes_down() {
    each(setup, |site, inbox| {
        let mut watcher = site.online("watcher", &[]);
        let mut reader = site.online("reader", &[("buddies", "watcher")]);
        tell(site, "reader", "acknowledged");
        assert_eq!(reader.poll().bodies(), ["acknowledged"]);
        let acknowledging = reader.park_surely();
        let mut answered = site.online("answered", &[]);
        tell(site, "answered", "answered");
        assert_eq!(answered.poll().bodies(), ["answered"]);
        let parked = site.online("parked", &[]);
        let poll = parked.park_surely();
        site.online("queued", &[]);
        tell(site, "queued", "queued");
        site.online("lingering", &[]).offline();
        assert_eq!(tell(site, "lingering", "lingering"), 1);
        watcher.poll();
        let watching = watcher.park_surely();

        site.server.signal(Signal::SIGTERM);
        let told = [poll, acknowledging, watching].map(Poll::stopped);
        assert_eq!(told, ["shutdown"; 3], "and nobody is told that others are offline");
        assert_eq!(site.server.wait().code(), Some(0));
        let mut back = taken(inbox);
        back.sort_unstable();
        assert_eq!(back, ["answered", "lingering", "queued"], "all of it before the process has ended");
    });
}

#[test]
fn a_site_that_is_not_there_does_not_hold_a_server_that_goes_down_for_long() {
    let brief = |inbox: &Inbox| setup(inbox).timeout("drain_ms", 300);
    each(brief, |site, inbox| {
        site.online("alice", &[]);
        tell(site, "alice", "1");
        inbox.replies(&[Reply::Hang]);
        site.server.signal(Signal::SIGTERM);
        assert_eq!(site.server.wait().code(), Some(0));
        assert!(site.server.log().contains("1 could not be posted before the end and are lost"));
    });
}

#[test]
fn a_reload_can_take_the_url_away_and_bring_it_back() {
    each(setup, |site, inbox| {
        let without = Setup::calm().sites(&[(A, KEYS)]);
        site.server.reload(&without);
        wait_until_lingering_counts(site, 0);
        site.online("alice", &[]);
        tell(site, "alice", "lost");
        site.offline("alice");
        site.server.reload(&setup(inbox));
        wait_until_lingering_counts(site, 1);
        site.online("alice", &[]);
        tell(site, "alice", "back");
        site.offline("alice");
        let back = all_that_came_back(site, inbox);
        assert_eq!(back.iter().filter(|id| *id != "probe").collect::<Vec<_>>(), ["back"]);
    });
}

#[test]
fn a_removed_domain_gets_nothing() {
    let inbox = Inbox::new();
    let other = Inbox::new();
    let both =
        || Setup::calm().sites(&[(A, KEYS), (B, KEYS)]).domain(A, inbox.line()).domain(B, other.line());
    both().own(|server| {
        let [a, b] = [A, B].map(|domain| Site::named(server, domain, KEYS[0]));
        let alice = a.online("alice", &[]);
        let poll = alice.park_surely();
        tell(&a, "alice", "gone");
        poll.response();
        server.reload(&Setup::calm().sites(&[(B, KEYS)]).domain(B, other.line()));
        eventually("it is removed", || (a.get("/onlines", &[("names", "x")]).status == 401).then_some(()));
        assert_eq!(all_that_came_back(&b, &other), [""; 0]);
        assert_eq!(inbox.taken(), [""; 0]);
    });
}

#[test]
fn a_site_that_hangs_stops_neither_the_server_nor_other_sites() {
    let (hanging, other) = (Inbox::new(), Inbox::new());
    let both = Setup::calm().sites(&[(A, KEYS), (B, KEYS)]).domain(A, hanging.line()).domain(B, other.line());
    both.own(|server| {
        let [a, b] = [A, B].map(|domain| Site::named(server, domain, KEYS[0]));
        hanging.forget();
        hanging.replies(&[Reply::Hang]);
        a.online("alice", &[]);
        tell(&a, "alice", "1");
        a.offline("alice");
        hanging.wait_for_posts(1);
        assert_eq!(all_that_came_back(&b, &other), [""; 0]);
        let mut alice = a.online("alice", &[]);
        assert_eq!(tell(&a, "alice", "2"), 1);
        assert_eq!(alice.message()["body"], "2");
    });
}

#[test]
fn nothing_private_is_logged_about_what_comes_back() {
    let inbox = Inbox::new();
    let setup = Setup::calm().sites(&[(A, &["private-key"])]).domain(A, inbox.line()).top("log = \"trace\"");
    setup.own(|server| {
        let site = Site::named(server, A, "private-key");
        inbox.forget();
        inbox.replies(&[Reply::Status(500), Reply::Close, Reply::Status(404)]);
        site.online("private-alice", &[]);
        let said =
            [("from", "private-x"), ("to", "private-alice"), ("body", "private"), ("id", "private-id")];
        site.post("/messages", &said).delivered();
        site.offline("private-alice");
        inbox.wait_for_posts(3);
        server.signal(Signal::SIGTERM);
        server.wait();
        let written = server.written();
        let url = inbox.url.strip_prefix("http://").unwrap();
        let key = basic(A, "private-key");
        for private in ["private", url, "/back", key.strip_prefix("Basic ").unwrap()] {
            assert!(!written.contains(private), "{private} is in {written}");
        }
    });
}
