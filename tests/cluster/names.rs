//! Two processes of one name, and nodes that do not agree how names are divided.
//!
//! Owns: who takes calls, and what an operator reads of it. Must not: stop a node for more than that.

use crate::support::{Broker, Node, Setup, Town, whole, within};

#[test]
fn of_two_processes_of_one_name_the_second_waits_until_the_first_has_gone() {
    for is_killed in [false, true] {
        let mut town = Town::start(2);
        let site = town.site();
        let mut second = Node::new("im1", &Setup::new(&[&town.broker]));
        second.start();
        within("it says why it waits", || {
            second.log().contains("another process keeps its name").then_some(())
        });
        second.refuses_calls("another process has the name of this node");
        // The others go on with the first.
        town.whole();
        let mut page = site.online("alice", &[]);
        assert_eq!(site.at(1).push("alice", "hello"), 1);
        page.until("the message", |heard| heard.has("hello"));
        assert_eq!(second.health().status, 503);
        if is_killed {
            town.nodes[0].kill();
        } else {
            town.nodes[0].leave();
        }
        town.nodes[0] = second;
        town.whole();
        let site = town.site();
        let mut page = site.online("bob", &[]);
        within("bob is reached by both", || {
            (0..2).all(|by| site.at(by).try_push("bob", &format!("by {by}")) > 0).then_some(())
        });
        page.until("both messages", |heard| heard.has("by 0") && heard.has("by 1"));
    }
}

#[test]
fn nodes_that_divide_names_differently_are_no_members_of_each_other() {
    let broker = Broker::start();
    let setup = Setup::new(&[&broker]);
    let other = setup.clone().cluster("partition = \"md5\"\nnodes = [\"im1\", \"im2\"]");
    let mut nodes = [Node::new("im1", &setup), Node::new("im2", &other)];
    nodes.iter_mut().for_each(Node::start);
    for (node, other) in [(0, "im2"), (1, "im1")] {
        let line = format!("node {other} is no member: its partition, ranges or nodes differ");
        within("the operator can read why", || nodes[node].log().contains(&line).then_some(()));
        assert_eq!(nodes[node].log().matches(&line).count(), 1, "once");
        within("it serves by itself", || (nodes[node].health().status == 200).then_some(()));
        assert_eq!(nodes[node].figure("nodes"), 1);
    }
    // As soon as they agree, they are one.
    nodes[0].leave();
    nodes[0] = Node::new("im1", &other);
    nodes[0].start();
    whole(&nodes);
}
