//! Two brokers that are one.
//!
//! Owns: that nodes at different brokers are one community, and that they go on when one of the brokers ends. Must not:
//! end both.

use std::net::SocketAddr;

use crate::support::{Broker, Node, Page, Setup, Site, Traffic, free_address, settle, whole, within};

const USERS: usize = 12;

/// Two brokers that pass on to each other what they are given.
fn brokers() -> [Broker; 2] {
    let routes = [free_address(), free_address()];
    let broker = |own: SocketAddr| {
        let routes = routes.map(|route| format!("\"nats-route://{route}\""));
        Broker::with(&format!("cluster {{ name: town, listen: \"{own}\", routes: [{}] }}", routes.join(", ")))
    };
    routes.map(broker)
}

#[test]
fn nodes_at_two_brokers_are_one_community_and_go_on_at_either() {
    let mut brokers = brokers();
    let setup = Setup::new(&[]).cut_ms(8_000);
    let of = |numbers: &[usize]| {
        let urls: Vec<String> = numbers.iter().map(|number| brokers[*number].url()).collect();
        setup.clone().brokers(&urls.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let mut nodes =
        [Node::new("im1", &of(&[0])), Node::new("im2", &of(&[1])), Node::new("im3", &of(&[0, 1]))];
    nodes.iter_mut().for_each(Node::start);
    whole(&nodes);
    assert!(brokers.iter().all(|broker| !broker.nodes().is_empty()), "each has a node");

    let site = Site::new(nodes.iter().map(|node| node.address).collect(), "site");
    let names: Vec<String> = (0..USERS).map(|number| format!("user{number:02}")).collect();
    let mut pages: Vec<Page> =
        names.iter().enumerate().map(|(number, name)| site.at(number).online(name, &[])).collect();
    let sent = Traffic::around(&site, &[0, 1, 2], &mut pages, |traffic| {
        for gone in 0..2 {
            traffic.mark();
            traffic.reaches(names.iter().map(String::as_str));
            brokers[gone].kill();
            within("all nodes are at the other broker", || {
                (brokers[1 - gone].nodes() == ["im1", "im2", "im3"]).then_some(())
            });
            whole(&nodes);
            traffic.mark();
            traffic.reaches(names.iter().map(String::as_str));
            brokers[gone].start_again();
        }
    });
    settle(&mut pages, &sent, None);
    assert!(pages.iter().all(|page| page.starts == 1), "all sessions have lived on");
}
