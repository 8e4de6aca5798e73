//! The ceiling of memory: what strangers hold, what domains hold, and that what is done holds nothing.
use nextim::internals::{RETRY_CROWDED_S, RETRY_LATER_S};
use nextim::{Config, Limits};

use crate::support::{Conn, Running, eventually, get, poll, post_form, site_call, strict};

/// What one shard may hold.
const SHARE_BYTES: usize = 1_024 * 1_024;

fn each_small(test: impl Fn(&Running)) {
    for shards in [1, 2, 7] {
        let config = strict(Limits { memory_bytes: SHARE_BYTES * usize::from(shards), ..Limits::DEFAULT });
        test(&Running::start(&Config { exempt: vec!["127.9.9.9".parse().unwrap()], ..config }, shards));
    }
}

/// A part of a body, from somebody without a key.
fn part_of_a_body() -> Vec<u8> {
    let mut request = post_form("/onlines", &"x".repeat(500_000));
    request.truncate(100_000);
    request
}

#[test]
fn bodies_of_strangers_fill_only_a_part_of_it() {
    each_small(|server| {
        let mut inside = server.from("127.0.0.3");
        inside.call(&get("/packets?domain=a&ticket=x", &[])).is(404, "invalid ticket");
        let mut conns: Vec<Conn> = Vec::new();
        let mut judged = 0;
        let mut refused = |conns: &mut Vec<Conn>| {
            // Each connection has an address of its own, so that no address sends too much.
            let mut conn =
                server.from(&format!("127.0.{}.{}", 10 + conns.len() / 250, 1 + conns.len() % 250));
            conn.send(&part_of_a_body());
            judged += 1;
            // Some stay and say nothing, the others are told.
            eventually("the body is kept or refused", || {
                (server.count("connections_total") + server.count("connections_refused_memory") > judged)
                    .then_some(())
            });
            conns.push(conn);
        };
        while server.count("requests_refused_memory") + server.count("connections_refused_memory") < 4 {
            refused(&mut conns);
            assert!(conns.len() < 20 * server.shards + 100, "{} bodies were taken", conns.len());
        }
        for conn in conns.iter_mut().filter(|conn| conn.is_readable()) {
            let answer = conn.response();
            let retry_s = if answer.header("access-control-allow-origin").is_some() {
                RETRY_CROWDED_S
            } else {
                RETRY_LATER_S
            };
            answer.refuses(503, "server busy", retry_s);
        }
        let held = server.count("memory_strangers_bytes");
        assert!(held <= ((SHARE_BYTES / 4 + 200_000) * server.shards) as u64, "{held}");
        assert_eq!(server.count("requests_refused_unfinished"), 0);
        // Clients that are connected go on, and so does the site.
        inside.call(&get("/packets?domain=a&ticket=x", &[])).is(404, "invalid ticket");
        let ticket = server.online("alice");
        server.call("/messages", "from=x&to=alice&body=hello").is(200, "ok");
        assert!(server.from("127.9.9.9").call(&poll(&ticket, 0)).text().contains("hello"));
        drop(conns);
        eventually("strangers are welcome again", || {
            let answer = server.from("127.0.0.2").call(&site_call("/onlines", "names=alice"));
            (answer.status == 200).then_some(())
        });
    });
}

#[test]
fn bodies_that_have_begun_to_arrive_end_at_a_quarter_too() {
    each_small(|server| {
        let count = 40 * server.shards;
        let request = part_of_a_body();
        let (beginning, rest) = request.split_at(200);
        let begin = |number: usize| {
            let mut conn = server.from(&format!("127.0.{}.{}", 10 + number / 250, 1 + number % 250));
            conn.send(beginning);
            conn
        };
        let mut conns: Vec<Conn> = (0..count).map(begin).collect();
        server.reaches("memory_strangers_bytes", (count * beginning.len()) as u64);
        for conn in &mut conns {
            conn.send(rest);
        }
        server.reaches("requests_refused_memory", 1);
        // However far each has come: a shard that is full refuses all.
        let most = ((SHARE_BYTES / 4 + 200_000) * server.shards) as u64;
        eventually("all that was sent is read or refused", || {
            let held = server.count("memory_strangers_bytes").max(server.count("memory_bytes"));
            (held <= most && conns.iter().any(Conn::is_readable)).then_some(())
        });
        let refused = conns.iter_mut().find(|conn| conn.is_readable()).unwrap();
        refused.response().refuses(503, "server busy", RETRY_LATER_S);
        assert_eq!(server.count("requests_refused_unfinished"), 0, "each address has sent one");
    });
}

#[test]
fn messages_are_refused_and_nothing_that_was_taken_is_lost() {
    each_small(|server| {
        let users = 20 * server.shards;
        let mut tickets = Vec::new();
        for number in 0..users {
            tickets.push((server.online(&format!("user{number}")), 0));
        }
        let mut site = server.from("127.9.9.9");
        let mut say = |number: usize| {
            let body = "x".repeat(30_000);
            site.call(&site_call("/messages", &format!("from=x&to=user{number}&body={body}")))
        };
        let answer = (0..8 * users).find_map(|index| {
            let answer = say(index % users);
            if answer.status == 200 {
                tickets[index % users].1 += 1;
            }
            (answer.status != 200).then_some(answer)
        });
        answer.expect("not all fit").refuses(503, "server busy", RETRY_LATER_S);
        server.counts("calls_refused_memory", 1);
        let held = server.count("memory_bytes");
        assert!(held <= (SHARE_BYTES * server.shards + 40_000) as u64, "{held}");
        assert_eq!(server.count("sessions"), users as u64, "nobody is thrown out");
        let mut pages = Vec::new();
        for (ticket, taken) in tickets.iter().filter(|(_, taken)| *taken > 0) {
            let mut page = server.from("127.9.9.9");
            let answer = page.call(&poll(ticket, 0));
            assert_eq!(answer.text().matches("\"body\":\"xxx").count(), *taken);
            let (_, seq) = answer.text().rsplit_once("\"seq\":").unwrap();
            let seq = seq.trim_end_matches('}').parse().unwrap();
            page.send(&poll(ticket, seq)); // and with this, the server forgets it
            pages.push(page); // a poll whose page has gone before it was read acknowledges nothing
        }
        eventually("there is room again", || (say(0).status == 200).then_some(()));
        assert_eq!(server.count("sessions_overflowed_total"), 0);
    });
}

#[test]
fn requests_and_answers_that_are_done_hold_nothing() {
    each_small(|server| {
        let mut conn = server.from("127.9.9.9");
        let request = site_call("/onlines", &format!("names={}", "x".repeat(200)));
        for at in [10, 100, request.len() - 1] {
            conn.send(&request[..at]);
            eventually("the beginning is held", || (server.count("memory_bytes") > 0).then_some(()));
            conn.send(&request[at..]);
            conn.response().is(200, "");
            server.counts("memory_bytes", 0);
        }
        conn.send(&request[..50]);
        eventually("the beginning is held", || (server.count("memory_bytes") > 0).then_some(()));
        drop(conn);
        server.counts("memory_bytes", 0);
    });
}
