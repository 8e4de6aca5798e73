//! A broker that ends and starts again, and a node that is alone.
//!
//! Owns: who takes calls meanwhile, and that pages which wait go on waiting. Must not: end a node for more than that.

use nextim_testkit::conn::Conn;

use crate::support::{Broker, Node, Page, Setup, Town, Traffic, settle, whole, within};

const USERS: usize = 12;

fn users(town: &Town, params: &[(&str, &str)]) -> Vec<Page> {
    (0..USERS).map(|number| town.site().at(number).online(&format!("user{number:02}"), params)).collect()
}

#[test]
fn calls_are_refused_until_it_is_back_and_no_page_that_waits_is_emptied() {
    let mut town = Town::with(3, |setup| setup.hold_ms(40_000));
    let site = town.site();
    let names: Vec<String> = (0..USERS).map(|number| format!("user{number:02}")).collect();
    let buddies = names.join(",");
    let mut pages = users(&town, &[("buddies", &buddies)]);
    // All that was said so far is read, so that a poll waits.
    for (number, page) in pages.iter_mut().enumerate() {
        assert_eq!(site.at(number).push(&page.name, "before"), 1);
        page.until("the message", |heard| heard.has("before"));
    }
    let mut waiting: Vec<Conn> = pages.iter().map(|page| Conn::open(page.server)).collect();
    for (page, conn) in pages.iter().zip(&mut waiting) {
        conn.send(&page.poll_bytes(&[]));
    }
    town.broker.kill();
    for (number, node) in town.nodes.iter().enumerate() {
        node.refuses_calls("no broker");
        let site = site.at(number);
        let message = [("from", "site"), ("to", "user00"), ("body", "in vain")];
        for (path, params) in [("/messages", &message[..]), ("/presences/online", &[("name", "user99")])] {
            // One shard may know it a moment before another.
            within("calls are refused", || {
                let answer = site.post(path, params);
                let is_isolated = answer.text() == "cluster: isolated";
                is_isolated.then(|| answer.refuses(503, "cluster: isolated", 1))
            });
        }
        assert_eq!(node.figure("isolated"), 1);
    }
    town.broker.start_again();
    town.whole();
    for (number, (page, mut conn)) in pages.iter_mut().zip(waiting).enumerate() {
        within("the user is reached", || {
            (site.at(number + 1).try_push(&page.name, "after") == 1).then_some(())
        });
        // The poll that has waited all the time is answered: others may be shown again, but never as gone.
        page.take(conn.response().json());
        page.until("the message", |heard| heard.has("after"));
        let moves = names.iter().flat_map(|name| page.heard.moves_of(name));
        assert!(moves.into_iter().all(|kind| kind == "online"), "{:?}", page.heard);
        assert_eq!(page.starts, 1);
    }
    for number in 0..3 {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        assert_eq!(site.at(number).onlines(&names), names);
    }
}

#[test]
fn all_that_was_counted_is_read_though_it_ends_twice_under_messages() {
    let mut town = Town::with(3, |setup| setup.cut_ms(8_000));
    let site = town.site();
    let mut pages = users(&town, &[]);
    let Town { broker, nodes } = &mut town;
    let sent = Traffic::around(&site, &[0, 1, 2], &mut pages, |traffic| {
        let names: Vec<String> = (0..USERS).map(|number| format!("user{number:02}")).collect();
        for _ in 0..2 {
            traffic.mark();
            traffic.reaches(names.iter().map(String::as_str));
            broker.kill();
            for node in nodes.iter() {
                node.refuses_calls("no broker");
            }
            broker.start_again();
            whole(nodes);
        }
        // A moment is not even noticed.
        traffic.mark();
        broker.kill();
        broker.start_again();
        whole(nodes);
        traffic.reaches(names.iter().map(String::as_str));
    });
    settle(&mut pages, &sent, None);
    assert!(pages.iter().all(|page| page.starts == 1), "all sessions have lived on");
}

#[test]
fn nodes_that_serve_alone_serve_their_own_users_meanwhile() {
    let mut town = Town::with(2, |setup| setup.cluster("isolated = \"serve\""));
    let site = town.site();
    let mut pages = users(&town, &[]);
    let homes: Vec<usize> = pages.iter().map(|page| town.number_of(page)).collect();
    town.broker.kill();
    within("users of the other node are not reached", || {
        let other = homes.iter().position(|home| *home == 1).expect("users are at both nodes");
        (site.at(0).try_push(&pages[other].name, "in vain") == 0).then_some(())
    });
    for (page, home) in pages.iter_mut().zip(&homes) {
        assert_eq!(town.nodes[*home].health().status, 200);
        // The name of the sender has an owner, too.
        let message = [("from", &*page.name), ("to", &*page.name), ("body", "alone")];
        assert_eq!(site.at(*home).post("/messages", &message).delivered(), 1);
        page.until("a message of its own node", |heard| heard.has("alone"));
    }
    town.broker.start_again();
    town.whole();
    for (page, home) in pages.iter_mut().zip(&homes) {
        within("the user is reached", || {
            (site.at(1 - home).try_push(&page.name, "again") == 1).then_some(())
        });
        page.until("a message of the other node", |heard| heard.has("again"));
    }
}

#[test]
fn a_node_that_sees_too_few_takes_no_calls() {
    let broker = Broker::start();
    let setup = Setup::new(&[&broker]).cluster("min_nodes = 2");
    let mut nodes = [Node::new("im1", &setup), Node::new("im2", &setup)];
    nodes[0].start();
    within("it is up", || nodes[0].log().contains("this node is up").then_some(()));
    nodes[0].refuses_calls("fewer nodes than min_nodes");
    for _ in 0..2 {
        nodes[1].start();
        whole(&nodes);
        nodes[1].kill();
        nodes[0].refuses_calls("fewer nodes than min_nodes");
    }
    nodes[1].start();
    whole(&nodes);
    nodes[0].leave();
    nodes[1].refuses_calls("fewer nodes than min_nodes");
}
