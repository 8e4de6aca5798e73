//! Calls that are put off because their domain has used its share of a turn: wherever they were read, and how much of them
//! may wait.

use nextim::internals::{Place, RETRY_LATER_S, Ticket};
use nextim::{Config, Limits};
use std::time::Instant;

use crate::support::{Conn, PATIENCE, Running, eventually, get, post_form, site_call, strict};

/// What one shard may hold.
const SHARE_BYTES: usize = 512 * 1_024;

/// Connections to one shard.
fn connected(server: &Running, to: Place, count: usize) -> Vec<Conn> {
    let requests = || [0, 1].map(|place| server.count_at(Place::new(place), "requests_total"));
    let mut conns = Vec::new();
    while conns.len() < count {
        let mut conn = server.from("127.9.9.9");
        let before = requests();
        conn.call(&get("/health", &[]));
        let after = eventually("it is counted", || Some(requests()).filter(|after| *after != before));
        if after[usize::from(to.number())] > before[usize::from(to.number())] {
            conns.push(conn);
        }
    }
    conns
}

/// A call is judged where its user lives, but only those that were read there had to wait for their domain's share: a site
/// kept that shard busy by way of another.
#[test]
fn calls_that_another_shard_had_read_were_never_put_off() {
    let config = Config { exempt: vec!["127.9.9.9".parse().unwrap()], ..strict(Limits::DEFAULT) };
    let server = &Running::start(&config, 2);
    let place_of = |name: &str| Ticket::parse(&server.online(name)).unwrap().session.place;
    let home = place_of("alice");
    let other = Place::new(1 - home.number());
    // Only the owner of these is asked, and pays for it.
    let names: Vec<String> =
        (0..1_000).map(|number| format!("n{number}")).filter(|name| place_of(name) == home).collect();
    let call = site_call("/buddies/remove", &format!("name=alice&buddies={}", names.join(",")));
    let mut conns = connected(server, other, 80);
    let until = Instant::now() + PATIENCE;
    while server.count_at(home, "requests_postponed_total") == 0 {
        assert!(Instant::now() < until, "none was put off");
        for conn in &mut conns {
            conn.send(&call);
        }
        for conn in &mut conns {
            conn.response().is(200, "ok");
        }
    }
    assert_eq!(server.count_at(other, "requests_postponed_total"), 0, "it has nothing to pay for");
}

/// What was put off was the domain's, but nobody asked whether the domain had room for it: a site with a hundred connections
/// filled the memory of all. What is never refused is done at once then.
#[test]
fn calls_that_were_put_off_filled_the_memory_of_all() {
    for shards in [1, 2, 7] {
        let limits = Limits { memory_bytes: SHARE_BYTES * usize::from(shards), ..Limits::DEFAULT };
        let server = &Running::start(&strict(limits), shards);
        let names: Vec<String> = (0..2_000).map(|number| format!("n{number}")).collect();
        let names = names.join(",");
        let question = site_call("/onlines", &format!("names={names}"));
        let removal = site_call("/buddies/remove", &format!("name=alice&buddies={names}"));
        // Each arrives in one piece, so that none is a stranger's.
        assert!(question.len() < 16_000 && removal.len() < 16_000);
        server.online("alice");
        let most = (SHARE_BYTES / 4 * 3 + 2 * removal.len()) * usize::from(shards);
        let mut conns: Vec<Conn> =
            (0..150 * shards).map(|number| server.from(&format!("127.9.9.{}", 1 + number / 10))).collect();
        let until = Instant::now() + PATIENCE;
        let mut refused = 0;
        while refused == 0 {
            assert!(Instant::now() < until, "none was refused");
            for (number, conn) in conns.iter_mut().enumerate() {
                conn.send(if number % 4 == 0 { &removal } else { &question });
            }
            let waiting_bytes = server.domain(0).waiting_bytes;
            assert!(waiting_bytes <= most as u64, "{waiting_bytes} is more than {most}");
            // Another site has room meanwhile.
            let params = "domain=b&apikey=l&from=x&to=y&type=broadcast&body=hello";
            server.from("127.0.0.2").call(&post_form("/messages", params)).is(200, "ok");
            for (number, conn) in conns.iter_mut().enumerate() {
                let answer = conn.response();
                match answer.status {
                    _ if number % 4 == 0 => answer.is(200, "ok"),
                    200 => answer.is(200, ""),
                    _ => answer.refuses(503, "server busy", RETRY_LATER_S),
                }
                refused += u64::from(answer.status == 503);
            }
        }
        server.counts("calls_refused_memory", refused);
        assert_eq!((server.domain(0).refused, server.domain(1).refused), (refused, 0));
        server.counts("memory_bytes", 0);
        server.call("/onlines", "names=alice").is(200, "alice");
    }
}
