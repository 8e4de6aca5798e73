//! A message server that cannot be reached, and a database that cannot be written.

use std::io::{Read, Write, copy};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use nextim_community::site::Options;
use nextim_community::store::forum;
use nextim_community::webim::server::Address;
use serde_json::json;

use crate::common::{Page, TestSite, anywhere, each, message_server};
use crate::log_outs::{is_there, post};

/// A relay to the message server. When it is closed, all connections are cut, and new ones are cut at once.
struct Relay {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    open: bool,
    connections: Vec<TcpStream>,
    /// Runs before the next call gets through.
    before: Option<Box<dyn FnOnce() + Send>>,
}

/// A site, and the open relay through which it reaches the message server.
fn behind_a_relay() -> (TestSite, Relay) {
    let relay = Relay::closed();
    relay.set(true);
    let url = format!("http://{}", relay.address);
    (TestSite::with(Options::default(), |address| Address { url, ..address }), relay)
}

impl Relay {
    fn closed() -> Relay {
        let server = message_server().addresses()[0];
        let listener = TcpListener::bind(anywhere()).unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::<Mutex<State>>::default();
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for came in listener.incoming().map_while(Result::ok) {
                let mut state = shared.lock().unwrap();
                if state.open {
                    if let Some(before) = state.before.take() {
                        before();
                    }
                    let went = TcpStream::connect(server).unwrap();
                    state.connections.push(came.try_clone().unwrap());
                    pass(came.try_clone().unwrap(), went.try_clone().unwrap());
                    pass(went, came);
                }
            }
        });
        Relay { address, state }
    }

    fn set(&self, open: bool) {
        let mut state = self.state.lock().unwrap();
        state.open = open;
        for connection in state.connections.drain(..) {
            connection.shutdown(Shutdown::Both).ok();
        }
    }
}

impl Relay {
    /// Cuts all connections, so that the next call opens one, and changes the database before that call gets through.
    fn before_next_in(&self, site: &TestSite, sql: &'static str) {
        self.set(true);
        let file = site.file();
        let change = move || rusqlite::Connection::open(file).unwrap().execute_batch(sql).unwrap();
        self.state.lock().unwrap().before = Some(Box::new(change));
    }
}

fn pass(mut from: impl Read + Send + 'static, mut to: TcpStream) {
    thread::spawn(move || {
        copy(&mut from, &mut to).and_then(|_| to.flush()).ok();
        to.shutdown(Shutdown::Both).ok();
    });
}

#[test]
fn a_message_server_that_comes_back_is_used_again() {
    let relay = Relay::closed();
    relay.set(true);
    let url = format!("http://{}", relay.address);
    let site = TestSite::with(Options::default(), |address| Address { url, ..address });
    let (alice, bob) = (site.log_in("alice"), site.log_in("bob"));
    let (at_alice, mut at_bob) = (alice.online(&[]), bob.online(&[]));
    relay.set(false);
    let (status, text) = at_alice.post("presence", &[("show", "away")]).refusal();
    assert_eq!((status, text.as_str()), (503, "The chat cannot be reached at the moment."));
    assert_eq!(at_alice.post("status", &[("to", "bob"), ("show", "typing")]).refusal().0, 503);
    relay.set(true);
    assert_eq!(at_alice.done("presence", &[("show", "away")]), "ok");
    // The site's kept connections are dead, which it has not noticed.
    relay.set(true);
    at_alice.done("message", &[("to", "bob"), ("body", "at once")]);
    assert_eq!(at_bob.next("messages", |_| true)["body"], "at once");
}

#[test]
fn a_log_out_without_the_message_server_takes_effect_later() {
    let (site, relay) = behind_a_relay();
    let (here, phone) = (site.log_in("alice"), site.log_in("alice"));
    let (mut first, mut second, mut other) = (here.online(&[]), here.online(&[]), phone.online(&[]));
    let log_out = |browser, next: &str, pages: &mut [&mut Page<'_, '_>]| {
        relay.set(false);
        assert_eq!(post(browser, "/logout", ""), 303);
        relay.set(true);
        assert!(
            pages.iter_mut().all(|page| is_there(page)),
            "the message server does not know of the log-out"
        );
        let next = site.log_in(next);
        let mut came = next.online(&[]);
        assert!(!pages.iter_mut().any(|page| is_there(page)));
        assert!(is_there(&mut came), "a later page stays online");
    };
    log_out(&here, "bob", &mut [&mut first, &mut second]);
    assert!(is_there(&mut other), "the phone has not logged out");
    log_out(&phone, "alice", &mut [&mut other]);
}

#[test]
fn rights_lost_while_a_page_goes_online_are_taken_from_its_session() {
    let (site, relay) = behind_a_relay();
    let (alice, bob) = (site.log_in("alice"), site.log_in("bob"));
    let at_alice = alice.online(&[]);
    site.community.site().store.write(|db| forum::subscribe(db, "bob", true)).unwrap();
    // Bob leaves a group, blocks another, is blocked, and unsubscribes.
    relay.before_next_in(
        &site,
        "DELETE FROM group_members WHERE user = 'bob' AND group_id = 1;
         INSERT OR REPLACE INTO settings (user, data) VALUES ('bob', '{\"blocked_rooms\": [\"2\"]}');
         INSERT INTO blocks VALUES ('alice', 'bob');
         DELETE FROM subscriptions WHERE user = 'bob'",
    );
    let mut at_bob = bob.online(&[]);
    for group in ["1", "2"] {
        at_alice.done("message", &[("type", "multicast"), ("to", group), ("body", "a secret")]);
    }
    site.community.site().webim.push_post(1, "not for bob");
    at_alice.done("presence", &[("show", "dnd")]);
    assert_eq!(at_bob.messages(), [] as [serde_json::Value; 0]);
    // Bob gets one packet for the end of the link, and none for alice's show after that.
    at_bob.got_only("presences", |presence| presence["type"] == "offline");
}

#[test]
fn a_locked_database_is_answered_with_503_and_nothing_is_lost() {
    let site = TestSite::start();
    let (alice, bob) = (site.log_in("alice"), site.log_in("bob"));
    alice.done("message", &[("to", "bob"), ("body", "before"), ("cid", "1")]);
    let other = rusqlite::Connection::open(site.file()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let (status, text) = alice.post("message", &[("to", "bob"), ("body", "during"), ("cid", "2")]).refusal();
    assert_eq!((status, text.as_str()), (503, "The site is busy. Nothing was saved; please try again."));
    assert_eq!(
        bob.post("online", &[]).refusal().0,
        503,
        "a message that cannot be marked is not handed over"
    );
    assert!(alice.get("history", &[("id", "bob")]).status == 200, "reading goes on");
    other.execute_batch("ROLLBACK").unwrap();
    alice.done("message", &[("to", "bob"), ("body", "during"), ("cid", "2")]);
    assert_eq!(each(&bob.online(&[]).answer["new_messages"], "body"), ["before", "during"]);
    assert_eq!(bob.online(&[]).answer["new_messages"], json!([]));
}

#[test]
fn a_full_disk_is_answered_with_503() {
    let site = TestSite::start();
    let alice = site.log_in("alice");
    let store = &site.community.site().store;
    let pages = |db: &rusqlite::Connection| {
        let used: i64 = db.query_row("PRAGMA page_count", [], |row| row.get(0))?;
        db.pragma_update(None, "max_page_count", used)
    };
    store.write(pages).unwrap();
    let send = || alice.post("message", &[("to", "bob"), ("body", &"x".repeat(30_000))]);
    let refused = (0..5).map(|_| send()).find(|answer| answer.status != 200).unwrap();
    assert_eq!(refused.refusal(), (503, "The site has no space left. Nothing was saved.".to_owned()));
    store.write(|db| db.pragma_update(None, "max_page_count", 1_000_000_i64)).unwrap();
    assert_eq!(send().status, 200);
}
