//! The metrics of a node of a cluster.
//!
//! Owns: their names. Must not: name more nodes than a cluster may have, with as many that are gone: the bridge forgets the
//! others.

use super::text::{MetricsText, seconds};
use crate::base::stats::{CLUSTER_FIGURES, ClusterPost, LinkSeen, NodeSeen, NodeState};

/// The labels and the value of one frame count.
type Frames = (&'static str, fn(&LinkSeen) -> u64);

const FRAMES: [Frames; 3] =
    [("in", |link| link.frames_in), ("out", |link| link.frames_out), ("again", |link| link.frames_again)];

/// Writes all of them.
pub(super) fn write(text: &mut MetricsText, post: &ClusterPost) {
    for ((name, grows, help), value) in CLUSTER_FIGURES.iter().zip(post.seen.figures) {
        let kind = if *grows { "counter" } else { "gauge" };
        text.single(&format!("nextim_cluster_{name}"), kind, help, value);
    }
    broker(text, post);
    nodes(text, post);
    links(text, &post.seen.nodes);
}

fn broker(text: &mut MetricsText, post: &ClusterPost) {
    let broker = &post.seen.broker;
    let help = "1 while this node is connected to a broker.";
    text.single("nextim_cluster_broker_connected", "gauge", help, u8::from(broker.is_connected));
    let help = "How often this node was connected to a broker.";
    text.single("nextim_cluster_broker_connects_total", "counter", help, broker.connects);
    let help = "Messages of the broker that were dropped because this node did not fetch them in time.";
    text.single("nextim_cluster_broker_dropped_total", "counter", help, broker.dropped);
}

fn nodes(text: &mut MetricsText, post: &ClusterPost) {
    let nodes = &post.seen.nodes;
    let name = "nextim_cluster_node_state";
    text.about(name, "gauge", "1 for the state of the node as this one sees it, 0 for the other states.");
    for node in nodes {
        for state in NodeState::ALL {
            let labels = [("node", &*node.name), ("state", state.word())];
            text.value(name, &labels, u8::from(node.state == state));
        }
    }
    let mut each = |name: &str, help: &str, value: &dyn Fn(&NodeSeen) -> Option<String>| {
        text.about(name, "gauge", help);
        for node in nodes {
            if let Some(value) = value(node) {
                text.value(name, &[("node", &node.name)], value);
            }
        }
    };
    let name = "nextim_cluster_node_silence_seconds";
    each(name, "How long ago the node was heard.", &|node| {
        Some(seconds((node.silent_ms? + post.age_ms()) * 1_000).to_string())
    });
    let name = "nextim_cluster_node_round_trip_seconds";
    let help = "How long words take to the node and back; of this node: to the broker and back.";
    each(name, help, &|node| Some(seconds(node.round_trip_us?).to_string()));
    let help = "Users online at the node, as it says.";
    each("nextim_cluster_node_users", help, &|node| Some(node.users?.to_string()));
    let help = "1 if frames go through to the node.";
    each("nextim_cluster_node_linked", help, &|node| Some(u8::from(node.link?.is_up).to_string()));
    let help = "Users and rooms of the node that users and rooms here have to do with.";
    each("nextim_cluster_node_images", help, &|node| Some(node.link?.images.to_string()));
}

fn links(text: &mut MetricsText, nodes: &[NodeSeen]) {
    let links = || nodes.iter().filter_map(|node| Some((&*node.name, node.link?)));
    let name = "nextim_cluster_node_frames_total";
    let help =
        "Frames that came from the node, that were sent to it, and of these the ones that were sent again.";
    text.about(name, "counter", help);
    for (node, link) in links() {
        for (direction, of) in FRAMES {
            text.value(name, &[("node", node), ("direction", direction)], of(&link));
        }
    }
    let name = "nextim_cluster_node_unreachable_total";
    text.about(name, "counter", "Requests that the node could not answer.");
    for (node, link) in links() {
        text.value(name, &[("node", node)], link.unreachable);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::stats::{Stats, cluster_of_three};

    #[test]
    fn each_node_has_its_series() {
        let stats = Stats::new(1);
        stats.cluster().publish(cluster_of_three());
        let mut text = MetricsText::default();
        write(&mut text, &stats.cluster().read().unwrap());
        let text = text.done();
        for line in [
            "nextim_cluster_nodes 2",
            "nextim_cluster_broker_connected 1",
            "nextim_cluster_broker_connects_total 2",
            "nextim_cluster_node_state{node=\"im1\",state=\"up\"} 1",
            "nextim_cluster_node_state{node=\"im1\",state=\"dead\"} 0",
            "nextim_cluster_node_state{node=\"im3\",state=\"dead\"} 1",
            "nextim_cluster_node_round_trip_seconds{node=\"im2\"} 0.00042",
            "nextim_cluster_node_users{node=\"im2\"} 1234",
            "nextim_cluster_node_linked{node=\"im3\"} 0",
            "nextim_cluster_node_frames_total{node=\"im2\",direction=\"again\"} 7",
            "nextim_cluster_node_unreachable_total{node=\"im3\"} 31",
        ] {
            assert!(text.contains(&format!("\n{line}\n")), "{line} is not in {text}");
        }
        assert!(text.contains("nextim_cluster_node_silence_seconds{node=\"im3\"} 12."), "{text}");
        for absent in ["round_trip_seconds{node=\"im3\"}", "linked{node=\"im1\"}"] {
            assert!(!text.contains(absent), "{absent} is not known: {text}");
        }
        let documents = include_str!("../../../../docs/cluster.md");
        let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        let words = documents.split(|letter| !is_part(letter));
        let named: Vec<&str> = words.filter(|word| word.starts_with("nextim_")).collect();
        assert!(named.len() > 20, "{named:?}");
        for name in named {
            assert!(text.contains(&format!("# TYPE {name} ")), "{name} is documented");
        }
        for line in text.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
            let (name, kind) = line.split_once(' ').unwrap();
            assert_eq!(name.ends_with("_total"), kind == "counter", "{line}");
        }
    }
}
