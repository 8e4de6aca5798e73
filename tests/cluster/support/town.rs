//! A town: a broker and the nodes around it.
//!
//! Owns: how they start together, and when they are whole. Must not: know what a test does to them.

use super::broker::Broker;
use super::node::{Node, Setup};
use super::site::Site;
use super::wire::within;

/// Nodes around a broker.
#[derive(Debug)]
pub(crate) struct Town {
    pub(crate) broker: Broker,
    pub(crate) nodes: Vec<Node>,
}

impl Town {
    /// This many nodes, which see each other.
    #[track_caller]
    pub(crate) fn start(count: usize) -> Town {
        Town::with(count, |setup| setup)
    }

    /// The same, configured like this.
    #[track_caller]
    pub(crate) fn with(count: usize, change: impl Fn(Setup) -> Setup) -> Town {
        Town::around(Broker::start(), count, change)
    }

    /// The same around this broker.
    #[track_caller]
    pub(crate) fn around(broker: Broker, count: usize, change: impl Fn(Setup) -> Setup) -> Town {
        Town::around_with(broker, count, |_, setup| change(setup))
    }

    /// The same, where what is configured depends on the name of the node.
    #[track_caller]
    pub(crate) fn around_with(broker: Broker, count: usize, change: impl Fn(&str, Setup) -> Setup) -> Town {
        let setup = Setup::new(&[&broker]);
        let names = (1..=count).map(|number| format!("im{number}"));
        let nodes = names.map(|name| Node::new(&name, &change(&name, setup.clone()))).collect();
        let mut town = Town { broker, nodes };
        for node in &mut town.nodes {
            node.start();
        }
        town.whole();
        town
    }

    /// The site, which calls the first node.
    pub(crate) fn site(&self) -> Site {
        self.site_of("site")
    }

    /// The site of this domain.
    pub(crate) fn site_of(&self, domain: &str) -> Site {
        Site::new(self.nodes.iter().map(|node| node.address).collect(), domain)
    }

    /// The number of the node at this address.
    #[track_caller]
    pub(crate) fn number_of(&self, page: &super::Page) -> usize {
        self.nodes.iter().position(|node| node.address == page.server).expect("a page polls at a node")
    }

    /// Waits until all nodes that run see each other, and take calls.
    #[track_caller]
    pub(crate) fn whole(&self) {
        whole(&self.nodes);
    }
}

/// Waits until those of these nodes that run see each other, and take calls.
#[track_caller]
pub(crate) fn whole(nodes: &[Node]) {
    let running: Vec<_> = nodes.iter().filter(|node| node.runs()).collect();
    let count = running.len() as u64;
    for node in &running {
        within(&format!("{} sees {count} nodes", node.name), || {
            let seen = ["nodes", "links", "isolated"].map(|name| node.figure(name));
            let serves = seen == [count, count - 1, 0] && node.health().status == 200;
            serves.then_some(())
        });
    }
}
