//! Lines between nodes and brokers that are cut and mended.
//!
//! Owns: that what was split becomes one again: nobody is at two nodes, and all read what was counted. Must not: end a
//! process, or cut a line that is not its own.

use std::net::SocketAddr;

use nextim_testkit::inbox::Inbox;

use crate::support::{
    Broker, Line, Node, Page, Sent, Setup, Site, Traffic, free_address, is_in_its_own_network, settle, whole,
    within,
};

const USERS: usize = 12;
const FAR: usize = 2;

/// Nodes near and one that is far, with a line between them.
struct World {
    line: Line,
    _brokers: Vec<Broker>,
    nodes: Vec<Node>,
    inbox: Inbox,
}

impl World {
    /// All nodes at one broker, which is near.
    fn at_one_broker() -> World {
        let line = Line::lay();
        let broker = Broker::at(Line::near_address(), free_address(), None, "");
        let urls = [broker.url(), broker.url()];
        World::around(line, vec![broker], &urls, "")
    }

    /// The far node at a broker of its own.
    fn at_two_brokers(setting: &str) -> World {
        let line = Line::lay();
        let routes = [Line::near_address(), Line::far_address()];
        let settings = |own: SocketAddr| {
            let routes = routes.map(|route| format!("\"nats-route://{route}\""));
            format!(
                "ping_interval: \"2s\"\ncluster {{ name: town, listen: \"{own}\", routes: [{}] }}",
                routes.join(", ")
            )
        };
        let near = Broker::at(Line::near_address(), free_address(), None, &settings(routes[0]));
        let far =
            Broker::at(Line::far_address(), Line::watched_address(), Some(line.far()), &settings(routes[1]));
        let urls = [near.url(), far.url()];
        World::around(line, vec![near, far], &urls, setting)
    }

    fn around(line: Line, brokers: Vec<Broker>, urls: &[String; 2], setting: &str) -> World {
        let inbox = Inbox::start();
        let back = format!("undelivered_url = {:?}", Line::far_url(&inbox.url));
        let setup = Setup::new(&[]).cut_ms(8_000).cluster(setting).domain(&back);
        let near = setup.clone().brokers(&[&urls[0]]);
        let far = setup.brokers(&[&urls[1]]);
        let mut nodes = vec![
            Node::new("im1", &near),
            Node::new("im2", &near),
            Node::at("im3", &far, Line::watched_address(), Some(line.far())),
        ];
        nodes.iter_mut().for_each(Node::start);
        whole(&nodes);
        World { line, _brokers: brokers, nodes, inbox }
    }

    fn site(&self) -> Site {
        Site::new(self.nodes.iter().map(|node| node.address).collect(), "site")
    }

    /// Waits until every node shows all users in their room.
    fn all_are_in_the_room(&self) {
        let site = self.site();
        let names: Vec<String> = (0..USERS).map(|number| format!("user{number:02}")).collect();
        for by in 0..self.nodes.len() {
            within("all are in the room", || (site.at(by).members("hall") == names).then_some(()));
        }
    }

    /// Waits until this many nodes see each other here, and the far one is alone.
    fn is_split(&self) {
        for (node, seen) in self.nodes.iter().zip([2, 2, 1]) {
            within(&format!("{} sees {seen} nodes", node.name), || {
                (node.figure("nodes") == seen).then_some(())
            });
        }
    }

    /// Cuts the line under messages, does this, and mends it. Then all must be one.
    fn split(&self, cut: impl FnOnce(&World, &Site)) {
        let site = self.site();
        let names: Vec<String> = (0..USERS).map(|number| format!("user{number:02}")).collect();
        let buddies = names.join(",");
        let mut pages: Vec<Page> =
            names.iter().map(|name| site.online(name, &[("buddies", &buddies), ("rooms", "hall")])).collect();
        let mut sent = Traffic::around(&site, &[0, 1, 2], &mut pages, |traffic| {
            let names = || names.iter().map(String::as_str);
            traffic.reaches(names());
            self.line.cut();
            cut(self, &site);
            self.line.mend();
            whole(&self.nodes);
            traffic.mark();
            traffic.reaches(names());
            within("each user is at one node", || {
                let users: u64 = self.nodes.iter().map(|node| node.gauge("nextim_users")).sum();
                (users == USERS as u64).then_some(())
            });
        });
        for by in 0..self.nodes.len() {
            for name in &names {
                let body = format!("at last by node {by}");
                let count = within("the user is reached", || {
                    Some(site.at(by).try_push(name, &body)).filter(|count| *count > 0)
                });
                sent.push(Sent { from: "site".to_owned(), to: name.clone(), body, count, phase: 1 });
            }
        }
        settle(&mut pages, &sent, Some(&self.inbox));
    }
}

#[test]
fn a_node_that_is_cut_off_from_the_broker() {
    if !is_in_its_own_network("cut::a_node_that_is_cut_off_from_the_broker") {
        return;
    }
    let world = World::at_one_broker();
    world.split(|world, _| {
        world.nodes[FAR].refuses_calls("no broker");
        for node in &world.nodes[..FAR] {
            within("the others go on", || (node.figure("nodes") == 2).then_some(()));
            assert_eq!(node.health().status, 200);
        }
    });
    world.all_are_in_the_room();
}

#[test]
fn two_halves_that_both_serve() {
    if !is_in_its_own_network("cut::two_halves_that_both_serve") {
        return;
    }
    let world = World::at_two_brokers("");
    world.split(|world, site| {
        world.is_split();
        assert!(world.nodes.iter().all(|node| node.health().status == 200), "both halves serve");
        // A user who is in both.
        for half in [0, FAR] {
            site.at(half).online("user00", &[]);
        }
    });
    world.all_are_in_the_room();
}

#[test]
fn of_two_halves_the_smaller_one_takes_no_calls() {
    if !is_in_its_own_network("cut::of_two_halves_the_smaller_one_takes_no_calls") {
        return;
    }
    let world = World::at_two_brokers("min_nodes = 2");
    world.split(|world, _| {
        world.is_split();
        world.nodes[FAR].refuses_calls("fewer nodes than min_nodes");
        assert!(world.nodes[..FAR].iter().all(|node| node.health().status == 200));
    });
    world.all_are_in_the_room();
}
