//! A node that stands still and goes on, as a machine that sleeps or a process that is stopped.
//!
//! Owns: that nobody is at two nodes afterwards, and that all read what was counted. Must not: end a process.

use std::thread;
use std::time::Duration;

use nextim_testkit::inbox::Inbox;

use crate::support::{Page, Sent, Town, Traffic, settle, within};

const USERS: usize = 24;
const STOPPED: usize = 2;

/// Stops a node for this long while messages are sent. Returns how often the pages went online.
fn stop_for(stop: Duration) -> Vec<usize> {
    let inbox = Inbox::start();
    let line = inbox.line();
    let town = Town::with(3, |setup| setup.cut_ms(8_000).domain(&line));
    let site = town.site();
    let names: Vec<String> = (0..USERS).map(|number| format!("user{number:02}")).collect();
    let buddies = names.join(",");
    let mut pages: Vec<Page> =
        names.iter().map(|name| site.online(name, &[("buddies", &buddies), ("rooms", "hall")])).collect();
    let mut sent = Traffic::around(&site, &[0, 1], &mut pages, |traffic| {
        let names = || names.iter().map(String::as_str);
        traffic.reaches(names());
        town.nodes[STOPPED].stand_still();
        thread::sleep(stop);
        town.nodes[STOPPED].go_on();
        town.whole();
        traffic.mark();
        traffic.reaches(names());
        within("each user is at one node", || {
            let users: u64 = town.nodes.iter().map(|node| node.gauge("nextim_users")).sum();
            (users == USERS as u64).then_some(())
        });
    });
    for by in 0..town.nodes.len() {
        for name in &names {
            let body = format!("at last by node {by}");
            let count = within("the user is reached", || {
                Some(site.at(by).try_push(name, &body)).filter(|count| *count > 0)
            });
            sent.push(Sent { from: "site".to_owned(), to: name.clone(), body, count, phase: 1 });
        }
        assert_eq!(site.at(by).members("hall"), names);
        let count = site.at(by).push_to_room("hall", &format!("to the room by node {by}"));
        assert!(count >= USERS as u64, "{count}");
    }
    settle(&mut pages, &sent, Some(&inbox));
    for page in &mut pages {
        page.until("all messages to the room", |heard| {
            (0..3).all(|by| heard.has(&format!("to the room by node {by}")))
        });
    }
    pages.iter().map(|page| page.starts).collect()
}

#[test]
fn for_two_seconds_and_nobody_notices() {
    assert_eq!(stop_for(Duration::from_secs(2)), [1; USERS]);
}

#[test]
fn for_ten_seconds_and_its_users_are_at_one_node_again() {
    stop_for(Duration::from_secs(10));
}
