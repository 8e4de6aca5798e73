//! Connections that move to the shard of the user they poll for: nobody notices, and nothing is left behind.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use nix::sys::signal::Signal;
use serde_json::Value;

use crate::support::{Browser, Conn, Server, Setup, Site, eventually, get};

/// Browsers, so many that about half of them are on another shard than their user.
const BROWSERS: usize = 24;
const ROUNDS: usize = 6;

fn start(setup: Setup, shards: u16) -> (Arc<Server>, Site) {
    let server = Arc::new(Server::start(&setup.top("admin = \"127.0.0.1:0\""), shards));
    let site = Site::fresh(&server);
    (server, site)
}

fn total(server: &Server, counter: &str) -> u64 {
    let stats: Value = server.watch("/stats").json();
    stats["totals"][counter].as_u64().expect("a counter")
}

/// The descriptors of all shards together. Other threads may begin after the server is ready.
fn descriptors(server: &Server) -> usize {
    let tasks = fs::read_dir(format!("/proc/{}/task", server.id())).unwrap();
    let tasks = tasks.map(|task| task.unwrap().path());
    let is_shard =
        |task: &PathBuf| fs::read_to_string(task.join("comm")).is_ok_and(|name| name.starts_with("shard-"));
    tasks.filter(is_shard).map(|task| fs::read_dir(task.join("fd")).unwrap().count()).sum()
}

fn pages(site: &Site, count: usize) -> Vec<(Browser, Conn)> {
    let page = |number| (site.online(&format!("user{number}"), &[]).without_seq(), site.connect());
    (0..count).map(page).collect()
}

/// Sends a message, and polls for it on this connection.
fn hear(site: &Site, name: &str, (browser, conn): (&Browser, &mut Conn), body: &str) {
    site.push("x", name, body);
    let answer = conn.call(&browser.poll_bytes(&[])).json();
    assert_eq!((&answer["status"], &answer["messages"][0]["body"]), (&"ok".into(), &body.into()), "{answer}");
}

#[test]
fn a_connection_moves_once_and_nothing_is_lost_or_left_behind() {
    for shards in [2, 5] {
        let (server, site) = start(Setup::calm(), shards);
        let before = descriptors(&server);
        let mut pages = pages(&site, BROWSERS);
        for round in 0..ROUNDS {
            for (number, (browser, conn)) in pages.iter_mut().enumerate() {
                hear(&site, &format!("user{number}"), (browser, conn), &format!("m{round}"));
            }
        }
        // Counters are shown at the end of a turn.
        let moved = eventually("some have moved", || {
            Some(total(&server, "connections_moved_total")).filter(|moved| *moved > 0)
        });
        assert!(moved <= BROWSERS as u64, "{moved}");
        drop(pages);
        eventually("no descriptor is left", || (descriptors(&server) == before).then_some(()));
    }
}

#[test]
fn what_is_pipelined_behind_a_poll_moves_with_it() {
    let (server, site) = start(Setup::calm(), 5);
    let mut pages = pages(&site, BROWSERS);
    for round in 0..ROUNDS {
        for (number, (browser, conn)) in pages.iter_mut().enumerate() {
            let body = format!("m{round}");
            site.push("x", &format!("user{number}"), &body);
            conn.send(&[browser.poll_bytes(&[]), get("/packets", &[])].concat());
            assert_eq!(conn.response().json()["messages"][0]["body"], *body);
            conn.response().is(400, "missing parameter: domain");
        }
    }
    eventually("some have moved", || (total(&server, "connections_moved_total") > 0).then_some(()));
}

#[test]
fn a_poll_that_came_with_its_connection_is_parked_and_cut() {
    let (server, site) = start(Setup::calm(), 5);
    let mut pages = pages(&site, BROWSERS);
    for round in 0..2 {
        for (number, (browser, conn)) in pages.iter_mut().enumerate() {
            hear(&site, &format!("user{number}"), (browser, conn), &format!("m{round}"));
        }
    }
    for (browser, conn) in &mut pages {
        conn.send(&browser.poll_bytes(&[]));
    }
    eventually("all are parked", || (total(&server, "connections_parked") == BROWSERS as u64).then_some(()));
    drop(pages);
    eventually("all are cut", || (total(&server, "polls_cut_total") == BROWSERS as u64).then_some(()));
    assert_eq!(total(&server, "connections_parked"), 0);
}

#[test]
fn a_connection_of_several_sessions_in_turn_stays() {
    let (server, site) = start(Setup::calm(), 5);
    let browsers: Vec<Browser> = pages(&site, 3).into_iter().map(|(browser, _)| browser).collect();
    let mut conns: Vec<Conn> = (0..BROWSERS).map(|_| site.connect()).collect();
    for conn in &mut conns {
        for round in 0..ROUNDS {
            for (number, browser) in browsers.iter().enumerate() {
                hear(&site, &format!("user{number}"), (browser, &mut *conn), &format!("m{round}"));
            }
        }
    }
    assert_eq!(total(&server, "connections_moved_total"), 0);
}

#[test]
fn a_shard_without_room_is_given_no_connection() {
    // Less than must be free for a move.
    let (server, site) = start(Setup::calm().limit("connections_per_shard", 200), 2);
    let mut pages = pages(&site, BROWSERS);
    for round in 0..ROUNDS {
        for (number, (browser, conn)) in pages.iter_mut().enumerate() {
            hear(&site, &format!("user{number}"), (browser, conn), &format!("m{round}"));
        }
    }
    assert_eq!(total(&server, "connections_moved_total"), 0);
}

#[test]
fn connections_on_their_way_do_not_stop_a_server_that_goes_down() {
    let (server, site) = start(Setup::calm(), 5);
    let mut pages = pages(&site, BROWSERS);
    for round in 0..2 {
        for (number, (browser, conn)) in pages.iter_mut().enumerate() {
            hear(&site, &format!("user{number}"), (browser, conn), &format!("m{round}"));
        }
    }
    // The drain meets the moves somewhere on their way.
    for (browser, conn) in &mut pages {
        conn.send(&browser.poll_bytes(&[]));
    }
    server.signal(Signal::SIGTERM);
    for (_, conn) in &mut pages {
        // The poll is stopped, or its connection came too late to be served.
        if let Some(answer) = conn.try_response() {
            assert_eq!(answer.json()["reason"], "shutdown");
        }
    }
    assert_eq!(server.wait().code(), Some(0));
}
