//! Storms: pages that are answered together are asked to come back one after the other.

use nextim::limits::{Limits, STORM_POLLS};

use crate::support::{Client, Running, poll, site_call, strict, ticket};

/// A broadcast to so many pages that wait; what each was told to wait.
fn broadcast(server: &Running, pages: usize) -> Vec<Option<u64>> {
    let mut site = server.from("127.9.9.9");
    let mut conns: Vec<Client> = (0..pages)
        .map(|number| {
            let online = site.call(&site_call("/presences/online", &format!("name=user{number}")));
            let mut conn = server.from("127.9.9.9");
            conn.send(&poll(&ticket(&online), 0));
            conn
        })
        .collect();
    server.counts("polls_parked_total", pages as u64);
    site.call(&site_call("/messages", "from=x&type=broadcast&body=hello")).is(200, "ok");
    let told = conns.iter_mut().map(|conn| {
        let answer = conn.response();
        assert!(answer.body.contains("\"hello\""), "{answer:?}");
        let (_, retry) = answer.body.rsplit_once("\"retry\":")?;
        Some(retry.trim_end_matches('}').parse().unwrap())
    });
    told.collect()
}

#[test]
fn very_many_pages_come_back_one_after_the_other() {
    let server = Running::start(&strict(Limits::DEFAULT), 1);
    let pages = usize::try_from(STORM_POLLS).unwrap() + 500;
    let told = broadcast(&server, pages);
    let mut waits: Vec<u64> = told.into_iter().flatten().collect();
    waits.sort_unstable();
    // All of them are answered in one moment: the pace is fifty a millisecond, and the first thousand are not told.
    assert_eq!((waits.len(), waits.first(), waits.last()), (500, Some(&21), Some(&30)));
    server.counts("polls_spread_total", 500);
}

#[test]
fn some_pages_come_back_at_once() {
    for shards in [1, 2, 7] {
        let server = Running::start(&strict(Limits::DEFAULT), shards);
        assert!(broadcast(&server, 100).iter().all(Option::is_none));
        assert_eq!(server.count("polls_spread_total"), 0);
    }
}
