//! Storms: pages that are answered together are asked to come back one after the other.
use nextim::internals::RETRY_MS_MAX;
use nextim::{Config, Limits, Timeouts};

use crate::support::{Conn, Running, poll, site_call, strict};

/// A broadcast to so many pages that wait; what each was told to wait.
fn broadcast(server: &Running, pages: usize) -> Vec<Option<u64>> {
    let mut site = server.from("127.9.9.9");
    let mut conns: Vec<Conn> = (0..pages)
        .map(|number| {
            let online = site.call(&site_call("/presences/online", &format!("name=user{number}")));
            let mut conn = server.from("127.9.9.9");
            conn.send(&poll(&online.ticket(), 0));
            conn
        })
        .collect();
    server.counts("polls_parked_total", pages as u64);
    site.call(&site_call("/messages", "from=x&type=broadcast&body=hello")).is(200, "ok");
    let told = conns.iter_mut().map(|conn| {
        let answer = conn.response();
        assert!(answer.text().contains("\"hello\""), "{answer:?}");
        let (_, retry) = answer.text().rsplit_once("\"retry\":")?;
        Some(retry.trim_end_matches('}').parse().unwrap())
    });
    told.collect()
}

#[test]
fn very_many_pages_come_back_one_after_the_other() {
    // A small server: two milliseconds of work are a storm to it. What a page costs is measured, and never less than one
    // microsecond.
    let timeouts = Timeouts { storm_ms: 2, ..Timeouts::DEFAULT };
    let server = Running::start(&Config { timeouts, ..strict(Limits::DEFAULT) }, 1);
    let told = broadcast(&server, 3_000);
    let mut waits: Vec<u64> = told.iter().flatten().copied().collect();
    assert!((500..3_000).contains(&waits.len()), "the first ones are not told: {}", waits.len());
    server.counts("polls_spread_total", waits.len() as u64);
    waits.sort_unstable();
    assert!(waits[0] >= 2 && waits.last().is_some_and(|last| *last <= RETRY_MS_MAX), "{waits:?}");
    waits.dedup();
    assert!(waits.len() > 1, "they come one after the other: {waits:?}");
}

#[test]
fn some_pages_come_back_at_once() {
    for shards in [1, 2, 7] {
        let server = Running::start(&strict(Limits::DEFAULT), shards);
        assert!(broadcast(&server, 100).iter().all(Option::is_none));
        assert_eq!(server.count("polls_spread_total"), 0);
    }
}
