//! The memory of domains: one that does not drain keeps what it has, and there is always something left for others.
use nextim::internals::{RETRY_LATER_S, Ticket};
use nextim::{Config, DomainConfig, Limits};

use crate::support::{Conn, Response, Running, Unconnected, eventually, get, poll, post_form, strict};

/// What one shard may hold.
const SHARE_BYTES: usize = 4 * 1_024 * 1_024;
/// A message of 32,000 `<`, each of which takes six bytes, holds about this much: a queue has room for one.
const MESSAGE_BYTES: usize = 193_000;
/// Users of a site that does not drain, for each shard: enough that those of any shard can fill it.
const USERS: usize = 40;

fn each_small(test: impl Fn(&Running)) {
    for shards in [1, 2, 7] {
        let limits = Limits { memory_bytes: SHARE_BYTES * usize::from(shards), ..Limits::DEFAULT };
        let mut config = strict(limits);
        config.domains.push(DomainConfig::new("c", "m"));
        test(&Running::start(&Config { exempt: vec!["127.9.9.9".parse().unwrap()], ..config }, shards));
    }
}

/// A call of one of the sites.
fn call(site: &str, path: &str, params: &str) -> Vec<u8> {
    let apikey = match site {
        "a" => "k",
        "b" => "l",
        _ => "m",
    };
    post_form(path, &format!("domain={site}&apikey={apikey}&{params}"))
}

fn packets(site: &str, ticket: &str) -> Vec<u8> {
    get(&format!("/packets?domain={site}&ticket={ticket}&seq=0"), &[])
}

/// Users of a site; their tickets.
fn users(server: &Running, site: &str, count: usize) -> Vec<String> {
    let mut conn = server.from("127.9.9.9");
    let online = |number| call(site, "/presences/online", &format!("name=user{number}"));
    (0..count).map(|number| conn.call(&online(number)).ticket()).collect()
}

/// Sends the longest message to each user, on three connections, until one is refused. Returns the numbers of the users
/// that were sent one. Sender and receiver are the same user, so that one shard checks and queues the message.
fn fill(server: &Running, site: &str) -> Vec<usize> {
    let body = "%3C".repeat(32_000);
    let count = USERS * server.shards;
    let mut conns: Vec<Conn> = (0..3).map(|_| server.from("127.9.9.9")).collect();
    let mut say = |number: usize| {
        let params = format!("from=user{number}&to=user{number}&body={body}");
        conns[number % 3].call(&call(site, "/messages", &params))
    };
    let given = |answer: &Response| {
        if answer.status != 200 {
            answer.refuses(503, "server busy", RETRY_LATER_S);
        }
        answer.status == 200
    };
    let filled: Vec<usize> = (0..count).filter(|number| given(&say(*number))).collect();
    assert!(filled.len() < count, "not all fit");
    filled
}

/// On each shard a domain has filled its part, and not more than a message more.
#[track_caller]
fn waits(server: &Running, number: u32, share_bytes: usize) {
    let about = |bytes: usize| (bytes * server.shards) as u64;
    let range = about(share_bytes - MESSAGE_BYTES)..=about(share_bytes + MESSAGE_BYTES);
    let found = eventually("it is shown", || {
        let waiting_bytes = server.domain(number).waiting_bytes;
        (waiting_bytes >= *range.start()).then_some(waiting_bytes)
    });
    assert!(range.contains(&found), "{found} is not in {range:?}");
}

/// The door is open, and a site is served ten times of ten.
#[track_caller]
fn serves(server: &Running, site: &str) {
    let mut conn = server.from("127.9.9.9");
    for number in 0..10 {
        let online = conn.call(&call(site, "/presences/online", &format!("name=plain{number}")));
        let ticket = online.ticket();
        let params = format!("from=x&to=plain{number}&body=hello");
        conn.call(&call(site, "/messages", &params)).is(200, "ok");
        let mut page = server.from("127.0.0.2");
        assert!(page.call(&packets(site, &ticket)).text().contains("\"body\":\"hello\""));
    }
    assert_eq!(server.count("connections_refused_memory"), 0);
}

#[test]
fn a_site_that_fills_its_memory_is_refused_and_others_are_not() {
    each_small(|server| {
        let first = users(server, "a", USERS * server.shards);
        let second = users(server, "b", USERS * server.shards);
        let filled = fill(server, "a");
        waits(server, 0, SHARE_BYTES / 2);
        serves(server, "b");
        serves(server, "c");
        let also_filled = fill(server, "b");
        waits(server, 0, SHARE_BYTES / 2);
        waits(server, 1, SHARE_BYTES / 4);
        serves(server, "c");
        // Polls go on, and what was taken is there.
        for (site, tickets, filled) in [("a", &first, &filled), ("b", &second, &also_filled)] {
            for number in filled {
                let answer = server.from("127.0.0.3").call(&packets(site, &tickets[*number]));
                assert_eq!(answer.text().matches("\\u003c").count(), 32_000);
            }
        }
        let refused = 2 * USERS * server.shards - filled.len() - also_filled.len();
        server.counts("calls_refused_memory", refused as u64);
        assert_eq!(server.domain(0).refused + server.domain(1).refused, refused as u64);
        assert_eq!((server.domain(2).refused, server.count("sessions_overflowed_total")), (0, 0));
    });
}

#[test]
fn what_a_site_is_refused_above_its_threshold_and_what_it_is_not() {
    each_small(|server| {
        let tickets = users(server, "a", USERS * server.shards);
        let mut conn = server.from("127.9.9.9");
        let mut ask = |path: &str, params: &str| conn.call(&call("a", path, params));
        let alice = ask("/presences/online", "name=alice").ticket();
        // Bob's answer shows alice, and a packet shows bob to alice.
        let bob = ask("/presences/online", "name=bob&buddies=alice&rooms=r").ticket();
        let told = server.from("127.0.0.2").call(&poll(&alice, 0));
        assert!(told.text().contains("\"online\""), "{told:?}");
        fill(server, "a");
        let signal = "from=bob&to=alice&name=x&data={}";
        for (path, params) in [
            ("/presences/online", "name=carol"),
            ("/messages", "from=bob&to=alice&body=x"),
            ("/signals", signal),
        ] {
            ask(path, params).refuses(503, "server busy", RETRY_LATER_S);
        }
        for (path, params) in [
            ("/messages", "from=x&to=r&type=multicast&body=x"),
            ("/messages", "from=x&type=broadcast&body=x"),
            ("/signals", "from=x&to=r&type=multicast&name=x&data={}"),
        ] {
            let answer = ask(path, params);
            answer.is(200, "ok");
            assert_eq!(answer.header("x-nextim-delivered"), Some("0"), "{answer:?}");
        }
        let dropped = server.count("packets_dropped_total");
        for (path, params) in [
            ("/onlines", "names=alice".to_owned()),
            ("/room/members", "room=r".to_owned()),
            ("/statuses", format!("ticket={bob}&to=alice&show=typing")),
            ("/presences/show", format!("ticket={bob}&show=away")),
            ("/buddies/remove", "name=bob&buddies=user0".to_owned()),
            ("/room/leave", "name=bob&room=r".to_owned()),
            ("/presences/offline", format!("ticket={}", tickets[0])),
            ("/presences/offline", "name=user1".to_owned()),
        ] {
            assert_eq!(ask(path, &params).status, 200, "{path}");
        }
        server.reaches("packets_dropped_total", dropped + 1);
        // Alice misses what bob shows now. The session ends; alice goes online again when there is room, and sees it.
        server.from("127.0.0.2").call(&poll(&alice, 1)).is(404, "no client found");
        server.counts("sessions_overflowed_total", 1);
        assert_eq!(server.from("127.0.0.2").call(&poll(&tickets[0], 0)).status, 404);
    });
}

#[test]
fn rooms_and_broadcasts_tell_to_how_many_they_came() {
    // On one shard, and on two of which one is full: from there on they are ok, and the count is true.
    let said = |server: &Running, from: &str| {
        ["type=broadcast", "type=multicast&to=r"].map(|kind| {
            let answer = server.call("/messages", &format!("from={from}&{kind}&body=x"));
            answer.header("x-nextim-delivered")?.parse::<usize>().ok()
        })
    };
    let limits = Limits { memory_bytes: SHARE_BYTES * 2, ..Limits::DEFAULT };
    let config = Config { exempt: vec!["127.9.9.9".parse().unwrap()], ..strict(limits) };
    let server = &Running::start(&config, 2);
    let count = 2 * USERS;
    let online =
        |number: usize| server.call("/presences/online", &format!("name=user{number}&rooms=r")).ticket();
    let tickets: Vec<String> = (0..count).map(online).collect();
    assert_eq!(said(server, "x"), [Some(count); 2]);
    let place = |number: &usize| Ticket::parse(&tickets[*number]).unwrap().session.place;
    let (here, there): (Vec<usize>, Vec<usize>) = (0..count).partition(|number| place(number) == place(&0));
    // Users of one shard are told much, until that is full; those of the other can be reached as before.
    let body = "%3C".repeat(32_000);
    let say = |number: usize| {
        let params = format!("from=user{number}&to=user{number}&body={body}");
        server.call("/messages", &params)
    };
    let mut here = here.into_iter();
    let first_refused = here.find(|number| say(*number).status == 503).expect("not all fit");
    let elsewhere = there[0];
    let here = format!("user{first_refused}");
    server.call("/messages", &format!("from={here}&to={here}&body=x")).refuses(
        503,
        "server busy",
        RETRY_LATER_S,
    );
    // The sender does not get it, and is not counted.
    let [broadcast, multicast] = said(server, &format!("user{elsewhere}")).map(Option::unwrap);
    assert!(broadcast > 0 && broadcast < count - 1, "{broadcast}");
    assert_eq!(broadcast, multicast, "those of one shard");
    assert_eq!(said(server, &here), [Some(broadcast + 1); 2], "on any shard, by any sender");
}

#[test]
fn answers_that_are_not_taken_do_not_use_up_what_is_free() {
    // Queues so long that the kernel does not take them as a whole.
    const SHARE_BYTES: usize = 128 * 1_024 * 1_024;
    const QUEUE_BYTES: usize = 16 * 1_024 * 1_024;
    let limits = Limits { memory_bytes: SHARE_BYTES, queue_bytes: QUEUE_BYTES, ..Limits::DEFAULT };
    let config = Config { exempt: vec!["127.9.9.9".parse().unwrap()], ..strict(limits) };
    let server = &Running::start(&config, 1);
    let tickets = users(server, "a", 20);
    let body = "%3C".repeat(32_000);
    let mut conn = server.from("127.9.9.9");
    let mut filled = Vec::new();
    let is_full = tickets.iter().enumerate().any(|(number, ticket)| {
        let message = call("a", "/messages", &format!("from=x&to=user{number}&body={body}"));
        let said = (0..QUEUE_BYTES / MESSAGE_BYTES).take_while(|_| conn.call(&message).status == 200).count();
        filled.push((ticket, said));
        said < QUEUE_BYTES / MESSAGE_BYTES
    });
    assert!(is_full);
    waits(server, 0, SHARE_BYTES / 2);
    let poll = |ticket: &str| {
        let mut page = Unconnected::new("127.0.0.2").with_small_window().connect(server.address);
        page.send(&packets("a", ticket));
        page
    };
    let pages: Vec<Conn> = filled.iter().map(|(ticket, _)| poll(ticket)).collect();
    server.reaches("answers_unkept_total", 1);
    let most = (SHARE_BYTES / 4 * 3 + QUEUE_BYTES) as u64;
    assert!(server.domain(0).waiting_bytes <= most, "{}", server.domain(0).waiting_bytes);
    serves(server, "b");
    // What was not kept is still queued, and comes to those who read.
    drop(pages);
    for (ticket, said) in filled.iter().filter(|(_, said)| *said > 0) {
        let answer = eventually("the page before has gone", || {
            Some(server.from("127.0.0.2").call(&packets("a", ticket))).filter(|answer| answer.status == 200)
        });
        assert_eq!(answer.text().matches("\"body\"").count(), *said);
    }
}
