//! One shard stands still while the others run: §1 503, §2 online, and what the operator sees.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use nextim_testkit::frozen::Frozen;
use serde_json::Value;

use crate::support::{Browser, Conn, Response, Server, Setup, Site, eventually, get, post};

/// Users, so many that every shard has some.
const USERS: usize = 100;
/// Connections, so many that the shards that run have some.
const CONNS: usize = 40;
/// Rooms of all users, so many that the shards that run have some.
const ROOMS: [&str; 8] = ["r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7"];
/// The shard that stands still.
const SHARD: u16 = 1;

fn patient() -> Setup {
    Setup::calm().top("admin = \"127.0.0.1:0\"")
}

/// Everybody comes online, and then a shard stops: what happens while it does not run?
fn with_one_frozen(setup: &Setup, test: impl Fn(Frozen, Crowd)) {
    setup.own(|server| {
        if server.shards == 1 {
            return; // nobody is left to see
        }
        let site = Site::fresh(server);
        let names: Vec<String> = (0..USERS).map(|number| format!("user{number}")).collect();
        let rooms = ROOMS.join(",");
        let pages = names.iter().map(|name| site.online(name, &[("rooms", &rooms)]));
        let pages: Vec<Browser> = pages.collect();
        let mut conns: Vec<Conn> = (0..CONNS).map(|_| site.connect()).collect();
        let ping = get("/packets", &[]);
        for conn in &mut conns {
            conn.call(&ping).is(400, "missing parameter: domain");
        }
        let frozen = server.freeze(SHARD);
        for conn in &mut conns {
            conn.send(&ping);
        }
        let at = eventually("a shard that runs answers", || conns.iter().position(Conn::is_readable));
        let mut conn = conns.swap_remove(at);
        conn.response().is(400, "missing parameter: domain");
        let found = conn.call(&get("/onlines", &site.signed(&[("names", &names.join(","))])));
        let running: Vec<&str> = found.text().split(',').collect();
        let (here, there): (Vec<_>, Vec<_>) =
            names.iter().cloned().partition(|name| running.contains(&&**name));
        assert!(!here.is_empty() && !there.is_empty(), "{here:?} {there:?}");
        test(frozen, Crowd { server: Arc::clone(server), site, conn, pages, here, there });
    });
}

/// Those who are online on either side, and a connection to a shard that runs.
struct Crowd {
    server: Arc<Server>,
    site: Site,
    conn: Conn,
    pages: Vec<Browser>,
    here: Vec<String>,
    there: Vec<String>,
}

impl Crowd {
    fn call(&mut self, path: &str, params: &[(&str, &str)]) -> Response {
        self.conn.call(&post(path, &self.site.signed(params)))
    }

    fn total(&self, counter: &str) -> u64 {
        let stats: Value = self.server.watch("/stats").json();
        stats["totals"][counter].as_u64().expect("a counter")
    }

    fn health(&self) -> (u16, String) {
        let answer = self.server.watch("/healthz");
        (answer.status, answer.text().to_owned())
    }
}

#[test]
fn a_shard_that_stands_still_is_left_out_and_what_it_missed_comes_later() {
    with_one_frozen(&patient(), |frozen, mut crowd| {
        let everybody = [crowd.here.as_slice(), &crowd.there].concat();
        let (me, others) = crowd.here.split_first().unwrap();
        let (me, others) = (me.clone(), others.to_vec());
        let params = [("name", &*me), ("version", "6"), ("buddies", &everybody.join(","))];
        let answer = crowd.call("/presences/online", &params).json();
        assert_eq!(answer["partial"], true, "{answer}");
        let buddies = answer["buddies"].as_array().unwrap().iter();
        let buddies: BTreeSet<&str> = buddies.map(|buddy| buddy["name"].as_str().unwrap()).collect();
        assert!(others.iter().all(|name| buddies.contains(&**name)), "{answer}");
        assert!(crowd.there.iter().all(|name| !buddies.contains(&**name)), "{answer}");
        // Counters are shown after the answers of their turn. A list of who is online was late, too.
        eventually("two gathers were late", || (crowd.total("gathers_late_total") >= 2).then_some(()));

        drop(frozen);
        let mut page = Browser::new(&crowd.site, &me, answer);
        let missed = page.hear(|heard| crowd.there.iter().all(|name| !heard.moves_of(name).is_empty()));
        for name in &crowd.there {
            assert_eq!(missed.moves_of(name), ["online available"]);
        }
        let answer = crowd.call("/presences/online", &params).json();
        assert_eq!(answer.get("partial"), None);
    });
}

#[test]
fn what_a_shard_has_not_reported_in_time_is_marked() {
    with_one_frozen(&patient(), |frozen, mut crowd| {
        let partial = |answer: &Response| answer.header("x-nextim-partial").map(str::to_owned);
        let everybody = [crowd.here.as_slice(), &crowd.there].concat().join(",");
        let marked = Some("1".to_owned());
        let sender = crowd.here[0].clone();
        let said = [("from", &*sender), ("type", "broadcast"), ("body", "hi")];
        let answer = crowd.call("/messages", &said);
        let others = crowd.here.len() as u64 - 1;
        assert_eq!((answer.delivered(), partial(&answer)), (others, marked.clone()));
        for shape in ["version", "format"]
            .map(|name| [("names", &*everybody), (name, if name == "format" { "json" } else { "6" })])
        {
            assert_eq!(partial(&crowd.call("/onlines", &shape)), marked);
        }
        // Of rooms that live on the shard itself nothing is known.
        let answers = ROOMS.iter().map(|room| crowd.call("/room/members", &[("room", room)]));
        let answer =
            answers.into_iter().find(|answer| answer.status == 200).expect("a room on a shard that runs");
        assert_eq!(partial(&answer), marked);

        drop(frozen);
        let answer = eventually("it turns again", || {
            let answer = crowd.call("/messages", &said);
            (answer.delivered() == USERS as u64 - 1).then_some(answer)
        });
        assert_eq!(partial(&answer), None);
        assert_eq!(partial(&crowd.call("/onlines", &[("names", &*everybody)])), None);
        assert_eq!(partial(&crowd.call("/room/members", &[("room", "r0")])), None);
    });
}

#[test]
fn a_message_that_was_refused_as_late_came_all_the_same() {
    with_one_frozen(&patient(), |frozen, mut crowd| {
        let receiver = crowd.there[0].clone();
        let params = [("from", "news"), ("to", &*receiver), ("body", "late")];
        let call = post("/messages", &crowd.site.signed(&params));
        crowd.conn.send(&call);
        // Some of these are read by a shard that runs, and some of the rooms live on the one that does not.
        let sent = ROOMS.map(|room| {
            let params = [("from", "news"), ("type", "multicast"), ("to", room), ("body", room)];
            let mut conn = crowd.site.connect();
            conn.send(&post("/messages", &crowd.site.signed(&params)));
            (room, conn)
        });
        assert_eq!(crowd.health().0, 200);
        let told =
            eventually("a standstill is seen", || Some(crowd.health()).filter(|(status, _)| *status != 200));
        assert_eq!(told, (503, format!("standing still: shard {SHARD}\n")));
        assert_eq!(crowd.server.watch("/readyz").status, 200);
        let answer = crowd.conn.response();
        answer.is(503, "not answered in time");
        assert!(answer.header("retry-after").is_some());
        // A call that the shard carries out at the last moment may be refused by a loaded machine meanwhile.
        eventually("no call waits for it", || {
            let waiting = crowd.total("connections_calling");
            (waiting == 0 && crowd.total("calls_refused_late") >= 1).then_some(())
        });

        drop(frozen);
        eventually("it turns again", || (crowd.health() == (200, "ok\n".to_owned())).then_some(()));
        let (refused, taken) = sent
            .map(|(room, mut conn)| (room, conn.response().status))
            .into_iter()
            .partition::<Vec<_>, _>(|(_, status)| *status == 503);
        let page = crowd.pages.iter_mut().find(|page| page.name == receiver).unwrap();
        let heard = page.everything();
        let bodies: BTreeSet<&str> = heard.bodies().into_iter().collect();
        assert_eq!(bodies, taken.iter().map(|(room, _)| *room).collect(), "the others were not sent");
        let late = refused.len() as u64 + 1;
        eventually("each is counted once", || (crowd.total("calls_refused_late") == late).then_some(()));
    });
}

#[test]
fn mail_that_a_shard_has_no_room_for_waits_and_comes_once_or_is_refused() {
    let setup = patient().limit("queue_messages", 100_000).limit("queue_bytes", 16_000_000);
    with_one_frozen(&setup, |frozen, mut crowd| {
        let (receiver, speaker) = (crowd.there[0].clone(), crowd.here[0].clone());
        let mut sent = BTreeMap::new();
        eventually("its mailbox is full", || {
            // A connection whose call waits cannot call again.
            for _ in 0..500 {
                let body = format!("{:05}", sent.len());
                let mut conn = crowd.site.connect();
                let params = [("from", &*speaker), ("to", &*receiver), ("body", &*body)];
                conn.send(&post("/messages", &crowd.site.signed(&params)));
                sent.insert(body, conn);
                // What is answered after it came in a later turn, if not in the same.
                let params = [("from", &*speaker), ("to", &*speaker), ("body", "to myself")];
                assert_eq!(crowd.call("/messages", &params).delivered(), 1);
            }
            (crowd.total("mail_delayed_total") > 0).then_some(())
        });
        assert!(crowd.total("mail_waiting") > 0);

        drop(frozen);
        eventually("all mail has arrived", || (crowd.total("mail_waiting") == 0).then_some(()));
        sent.retain(|_, conn| {
            let answer = conn.response();
            if answer.status == 503 {
                answer.is(503, "not answered in time"); // it took long to fill the mailbox
                return false;
            }
            assert_eq!(answer.delivered(), 1);
            true
        });
        let page = crowd.pages.iter_mut().find(|page| page.name == receiver).unwrap();
        let mut heard: Vec<String> = page.everything().bodies().into_iter().map(str::to_owned).collect();
        heard.sort_unstable();
        assert!(heard.iter().eq(sent.keys()), "{} of {}", heard.len(), sent.len());
    });
}

#[test]
fn a_poll_of_a_newcomer_that_has_gone_again_replaces_no_newer_one() {
    let server = Arc::new(Server::start(&Setup::calm(), 1));
    let site = Site::fresh(&server);
    let alice = site.online("alice", &[]);
    let poll = alice.poll_bytes(&[]);
    let mut conn = site.connect();
    conn.call(&get("/packets", &[])).is(400, "missing parameter: domain");
    let frozen = server.freeze(0);
    let mut gone = site.connect();
    gone.send(&poll);
    drop(gone);
    // The shard reads this first, because it has the connection already.
    conn.send(&poll);
    drop(frozen);
    site.push("x", "alice", "hello");
    let answer = conn.response().json();
    assert_eq!(
        (&answer["status"], &answer["messages"][0]["body"]),
        (&"ok".into(), &"hello".into()),
        "{answer}"
    );
}
