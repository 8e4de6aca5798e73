//! A node that does not read, until its broker gives it up.
//!
//! Owns: that it comes back by itself and that nothing which was counted is lost. Must not: rely on how much a system
//! keeps of what nobody reads.

use std::io::Write;
use std::net::TcpStream;

use nextim_testkit::inbox::Inbox;

use crate::support::{Broker, Page, Town, Traffic, settle, within};

const USERS: usize = 12;
const SLOW: usize = 2;

/// A stranger that publishes where all nodes listen, until the broker has dropped a connection.
fn flood(broker: &Broker) {
    let mut stream = TcpStream::connect(broker.address).unwrap();
    stream.write_all(b"CONNECT {\"verbose\":false}\r\n").unwrap();
    let noise = "x".repeat(60_000);
    let message = format!("PUB im.town.hb {}\r\n{noise}\r\n", noise.len());
    within("the broker drops a node that does not read", || {
        for _ in 0..20 {
            stream.write_all(message.as_bytes()).unwrap();
        }
        let dropped = broker.watch("/varz")?["slow_consumers"].as_u64()?;
        (dropped > 0).then_some(())
    });
}

#[test]
fn a_node_that_was_dropped_comes_back_and_all_is_whole() {
    let inbox = Inbox::start();
    let line = inbox.line();
    let broker = Broker::with("max_payload: 1048576\nmax_pending: 1048576\nwrite_deadline: \"200ms\"");
    let town = Town::around(broker, 3, |setup| setup.cut_ms(8_000).domain(&line));
    let site = town.site();
    let names: Vec<String> = (0..USERS).map(|number| format!("user{number:02}")).collect();
    let mut pages: Vec<Page> = names.iter().map(|name| site.online(name, &[])).collect();
    let sent = Traffic::around(&site, &[0, 1], &mut pages, |traffic| {
        traffic.reaches(names.iter().map(String::as_str));
        town.nodes[SLOW].stand_still();
        flood(&town.broker);
        town.nodes[SLOW].go_on();
        within("it is back at the broker", || (town.broker.nodes() == ["im1", "im2", "im3"]).then_some(()));
        town.whole();
        traffic.mark();
        traffic.reaches(names.iter().map(String::as_str));
    });
    settle(&mut pages, &sent, Some(&inbox));
    for page in &mut pages {
        for by in 0..3 {
            let name = page.name.clone();
            within("the user is reached by every node", || {
                (site.at(by).try_push(&name, &format!("at last by node {by}")) > 0).then_some(())
            });
        }
        page.until("messages of every node", |heard| {
            (0..3).all(|by| heard.has(&format!("at last by node {by}")))
        });
    }
}
