//! The lines of a frame about the nodes of a cluster.
//!
//! Owns: which come first. Must not: have more than two lines, however many nodes there are.

use super::text::{BAD, FrameLine, GOOD, duration, grouped, latency};
use crate::ops::admin::report::{ClusterReport, NodeReport};

/// The cluster in a line, and its other nodes in one more: those that are broken first, and whole ones only.
pub(super) fn lines(cluster: &ClusterReport, width: usize) -> Vec<FrameLine> {
    let Some((own, others)) = cluster.nodes.split_first() else { return Vec::new() };
    let up = cluster.nodes.iter().filter(|node| node.state == "up").count();
    let broker = if cluster.broker.connected {
        ("", format!("broker connected, {}", round_trip(own)))
    } else {
        (BAD, "NO BROKER".to_owned())
    };
    let facts = vec![
        (colour(own), format!("{} {}", own.name, own.state)),
        ("", format!("{up} of {} nodes up", cluster.nodes.len())),
        broker,
    ];
    let mut others: Vec<&NodeReport> = others.iter().collect();
    others.sort_by_key(|node| (colour(node) != BAD, node.state == "up"));
    let others = others.into_iter().map(|node| (colour(node), text(node))).collect();
    let mut lines = vec![line(format!("cluster {}", cluster.name), facts, 3, width)];
    if cluster.nodes.len() > 1 {
        lines.push(line("nodes".to_owned(), others, 6, width));
    }
    lines
}

/// A title and as many pieces as fit.
fn line(title: String, pieces: Vec<(&'static str, String)>, gap: usize, width: usize) -> FrameLine {
    let (mut left, mut gap) = (width.saturating_sub(title.chars().count()), gap);
    let mut line = vec![("", title)];
    for (colour, piece) in pieces {
        let wanted = gap + piece.chars().count();
        if wanted > left {
            if left > 1 {
                line.push(("", " …".to_owned()));
            }
            break;
        }
        left -= wanted;
        line.extend([("", " ".repeat(gap)), (colour, piece)]);
        gap = 3;
    }
    line
}

fn text(node: &NodeReport) -> String {
    let NodeReport { name, state, heard_ms, users, reason, .. } = node;
    let is_silent = colour(node) == BAD && reason.is_none();
    match (state.as_str(), users, heard_ms) {
        ("up", Some(users), _) => format!("{name} up {}, {} users", round_trip(node), grouped(*users)),
        ("up", None, _) => format!("{name} up {}", round_trip(node)),
        (_, _, Some(ms)) if is_silent => format!("{name} {state} {}", duration(ms / 1_000)),
        _ => format!("{name} {state}"),
    }
}

fn round_trip(node: &NodeReport) -> String {
    #[allow(clippy::cast_precision_loss, reason = "it is less than a minute")]
    latency(node.round_trip_us.map(|us| us as f64))
}

/// The colour of a node; empty if its state is neither good nor bad.
fn colour(node: &NodeReport) -> &'static str {
    match node.state.as_str() {
        "up" => GOOD,
        "isolated" | "suspect" | "dead" | "missing" | "refused" => BAD,
        _ => "",
    }
}
