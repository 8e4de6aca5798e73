//! Domains that change in one node before the others.
//!
//! Owns: what is answered meanwhile. Must not: start a node again.

use crate::support::{Setup, Town, within};

#[test]
fn a_domain_that_only_some_nodes_serve_yet() {
    let mut town = Town::start(3);
    let both = Setup::new(&[&town.broker]).domains(&["site", "second"]);
    let (site, second) = (town.site(), town.site_of("second"));
    let mut alice = site.online("alice", &[]);
    second.post("/presences/online", &[("name", "alice")]).is(401, "authentication failed");

    town.nodes[0].reload(&both);
    second.at(1).post("/presences/online", &[("name", "alice")]).is(401, "authentication failed");
    // Names that another node would own are refused there for now, the others served.
    let names: Vec<String> = (0..40).map(|number| format!("user{number:02}")).collect();
    let (mut served, mut refused) = (0, 0);
    for name in &names {
        let answer = second.post("/presences/online", &[("name", name)]);
        match answer.status {
            200 => served += 1,
            503 => {
                refused += 1;
                answer.refuses(503, "cluster: domain", 1);
            }
            _ => panic!("{} {}", answer.status, answer.text()),
        }
    }
    assert!(served > 0 && refused > 0, "{served} {refused}");
    assert_eq!(site.at(1).push("alice", "the other domain goes on"), 1);

    for node in &mut town.nodes[1..] {
        node.reload(&both);
    }
    let mut pages = Vec::new();
    for (number, name) in names.iter().enumerate() {
        let second = second.at(number);
        within("the domain is served for all names", || {
            (second.post("/presences/online", &[("name", name)]).status == 200).then_some(())
        });
        pages.push(second.online(name, &[]));
        within("the message is counted", || {
            (second.at(number + 1).try_push(name, "hello") > 0).then_some(())
        });
    }
    for page in &mut pages {
        page.until("the message", |heard| heard.has("hello"));
    }
    alice.until("the message", |heard| heard.has("the other domain goes on"));

    // And it goes, first in one node.
    let only = Setup::new(&[&town.broker]);
    town.nodes[2].reload(&only);
    second.at(2).post("/presences/online", &[("name", "alice")]).is(401, "authentication failed");
    assert_eq!(site.at(2).push("alice", "still here"), 1);
    for node in &mut town.nodes[..2] {
        node.reload(&only);
    }
    for number in 0..3 {
        second.at(number).post("/presences/online", &[("name", "a")]).is(401, "authentication failed");
        assert_eq!(site.at(number).push("alice", &format!("by node {number}")), 1);
    }
    alice.until("messages of every node", |heard| (0..3).all(|by| heard.has(&format!("by node {by}"))));
    town.whole();
}
