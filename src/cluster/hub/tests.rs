//! Hubs that hear one another.
//!
//! Owns: what nodes promise without users. Must not: need a router; the simulator has those.

use super::*;
use crate::base::domains::DomainConfig;
use crate::base::stats::BrokerSeen;
use crate::router::owners::Nodes;

/// Processes that hear all that is said, a turn later.
struct Town {
    hubs: Vec<Hub>,
    time: u64,
    /// Whether nobody hears anybody.
    is_cut: bool,
}

impl Town {
    fn new() -> Town {
        Town { hubs: Vec::new(), time: 1_000, is_cut: false }
    }

    fn start(&mut self, name: &str, epoch: u32) {
        self.start_with(HubSettings::plain(name, epoch));
    }

    fn start_with(&mut self, settings: HubSettings) {
        let domains = Arc::new(Domains::new(&[DomainConfig::new("site", "key")]));
        let places = Places::new(1, [1, 2, 3, 4]);
        self.hubs.push(Hub::new(settings, places, domains, Tick::ZERO.after(self.time)));
    }

    /// Without a word.
    fn kill(&mut self, epoch: u32) {
        self.hubs.retain(|hub| hub.settings.epoch != epoch);
    }

    fn pass(&mut self, ms: u64) {
        let until = self.time + ms;
        while self.time < until {
            self.time += 50;
            let now = Tick::ZERO.after(self.time);
            let orders: Vec<Order> = self
                .hubs
                .iter_mut()
                .flat_map(|hub| {
                    hub.begin(now, 0);
                    hub.end()
                })
                .collect();
            for order in orders.into_iter().filter(|_| !self.is_cut) {
                match order {
                    Order::Beat(bytes) => self.hubs.iter_mut().for_each(|hub| hub.take_beat(&bytes)),
                    Order::Frame { epoch, bytes, .. } => {
                        let to = self.hubs.iter_mut().filter(|hub| hub.settings.epoch == epoch);
                        to.for_each(|hub| hub.take_frame(&bytes));
                    }
                    Order::Mail(..) | Order::Tell(_) => {}
                }
            }
        }
    }

    fn hub(&self, epoch: u32) -> &Hub {
        self.hubs.iter().find(|hub| hub.settings.epoch == epoch).expect("it was started")
    }

    /// Why a node takes no calls.
    fn isolation(&self, epoch: u32) -> Option<Isolation> {
        self.hub(epoch).view.isolation()
    }

    fn takes_calls(&self, epoch: u32) -> bool {
        self.isolation(epoch).is_none()
    }

    /// The process that a node takes for this one, and how many views it has had.
    fn seen_by(&self, epoch: u32, name: &str) -> (Option<u32>, u64) {
        let hub = self.hub(epoch);
        (hub.members.get(name).map(|member| member.epoch), hub.counts.views)
    }
}

#[test]
fn the_second_process_of_a_name_takes_no_calls_while_the_first_one_is_there() {
    let mut town = Town::new();
    town.start("im1", 20);
    town.start("im2", 30);
    town.pass(4_000);
    assert!(town.takes_calls(20) && town.takes_calls(30));
    let seen = town.seen_by(30, "im1");
    assert_eq!(seen.0, Some(20));

    town.start("im1", 10);
    town.pass(10_000);
    assert!(town.takes_calls(20));
    assert_eq!(town.isolation(10), Some(Isolation::NameTaken));
    assert_eq!(town.seen_by(30, "im1"), seen, "others do not notice");

    town.kill(20);
    town.pass(10_000);
    assert!(town.takes_calls(10) && town.takes_calls(30), "it has waited for the name");
    assert_eq!(town.seen_by(30, "im1").0, Some(10));
}

#[test]
fn of_two_processes_of_one_name_that_come_together_one_takes_calls() {
    let mut town = Town::new();
    town.start("im1", 20);
    town.start("im1", 10);
    town.start("im2", 30);
    town.pass(4_000);
    let seen = town.seen_by(30, "im1");
    town.pass(10_000);
    assert!(town.takes_calls(10) && !town.takes_calls(20) && town.takes_calls(30));
    assert_eq!(town.seen_by(30, "im1"), (Some(10), seen.1), "others see one of them");
}

#[test]
fn a_node_that_takes_no_calls_knows_why() {
    let mut town = Town::new();
    town.start_with(HubSettings { min_nodes: 2, ..HubSettings::plain("im1", 20) });
    town.pass(500);
    assert_eq!(town.isolation(20), Some(Isolation::Joining));
    town.pass(4_000);
    assert_eq!(town.isolation(20), Some(Isolation::TooFewNodes));
    town.start("im2", 30);
    town.pass(4_000);
    assert_eq!(town.isolation(20), None);
    town.is_cut = true;
    town.pass(4_000);
    assert_eq!(
        (town.isolation(20), town.isolation(30)),
        (Some(Isolation::NoBroker), Some(Isolation::NoBroker))
    );
    town.is_cut = false;
    town.pass(4_000);
    assert!(town.takes_calls(20) && town.takes_calls(30));
}

#[test]
fn an_operator_sees_all_nodes_that_are_known() {
    let mut town = Town::new();
    let listed: Vec<Box<str>> = ["im1", "im2", "im3", "im4"].map(Into::into).into();
    let settings = |name, epoch| HubSettings { listed: listed.clone(), ..HubSettings::plain(name, epoch) };
    let report = |town: &Town| town.hub(10).report("forum", BrokerSeen::default());
    let states = |town: &Town| -> Vec<String> {
        let nodes = report(town).nodes;
        nodes.iter().map(|node| format!("{} {}", node.name, node.state.word())).collect()
    };
    town.start_with(settings("im2", 10));
    town.start_with(settings("im1", 20));
    town.start_with(settings("im3", 30));
    // Its settings differ.
    town.start("im5", 50);
    town.pass(500);
    assert_eq!(states(&town), ["im2 joining", "im1 missing", "im3 missing", "im4 missing"]);
    town.pass(4_000);
    assert_eq!(states(&town), ["im2 up", "im1 up", "im3 up", "im4 missing", "im5 refused"]);
    let seen = report(&town);
    let link = seen.nodes[1].link.expect("it is another node");
    assert!(link.is_up && link.frames_in > 0 && link.frames_out > 0, "{link:?}");
    assert_eq!(seen.nodes[4].reason, Some(Misfit::Division.words()));
    assert_eq!((seen.nodes[0].link, seen.nodes[3].link), (None, None));

    town.kill(20);
    town.pass(2_500);
    assert_eq!(states(&town)[1], "im1 suspect");
    town.pass(2_500);
    assert_eq!(states(&town)[1], "im1 dead");
    let dead = &report(&town).nodes[1];
    assert!(dead.silent_ms >= Some(4_000) && dead.link.is_some_and(|link| !link.is_up), "{dead:?}");
    town.start_with(settings("im1", 40));
    town.pass(4_000);
    assert_eq!(states(&town)[1], "im1 up");
    town.is_cut = true;
    town.pass(4_000);
    assert_eq!(
        (states(&town)[0].as_str(), report(&town).nodes[0].reason),
        ("im2 isolated", Some("no broker"))
    );
}
