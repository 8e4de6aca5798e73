//! The nginx of docs/cluster.md before the nodes, for the calls of a site.
//!
//! Owns: that the configuration in the document does what is said of it. Must not: have one of its own.

use std::net::SocketAddr;

use nextim_testkit::documents::blocks;
use nextim_testkit::proxy::{need, start_nginx};
use tempfile::TempDir;

use crate::support::{Site, Town, within};

/// The configuration with its addresses changed; each must be there once.
fn adapted(nodes: &[SocketAddr], port: u16) -> String {
    let [block] = <[String; 1]>::try_from(blocks("docs/cluster.md", "nginx")).expect("one block");
    let shown = ["10.0.0.1:8000", "10.0.0.2:8000", "10.0.0.3:8000"];
    let changes = shown.into_iter().zip(nodes.iter().map(SocketAddr::to_string));
    let changes = changes.chain([("127.0.0.1:8080", format!("127.0.0.1:{port}"))]);
    changes.fold(block, |block, (from, to)| {
        assert_eq!(block.matches(from).count(), 1, "{from}");
        block.replace(from, &to)
    })
}

#[test]
fn calls_find_a_node_that_takes_them() {
    need("nginx");
    let mut town = Town::start(3);
    let nodes: Vec<SocketAddr> = town.nodes.iter().map(|node| node.address).collect();
    let dir = TempDir::new().unwrap();
    let (_nginx, port) = start_nginx(dir.path(), |port| adapted(&nodes, port));
    let site = Site::new(vec![SocketAddr::from(([127, 0, 0, 1], port))], "site");
    let call = |round: &str| {
        for number in 0..30 {
            let answer = site.post("/presences/online", &[("name", &format!("{round}{number}"))]);
            assert_eq!(answer.status, 200, "{}", answer.text());
        }
    };
    call("all");
    // Nothing listens there.
    town.nodes[1].kill();
    let others = |town: &Town, nodes: &[usize]| {
        for at in nodes {
            within("it sees who is left", || {
                (town.nodes[*at].figure("nodes") == nodes.len() as u64).then_some(())
            });
        }
    };
    others(&town, &[0, 2]);
    call("two");
    // It answers 503, because it listens whether its name is free, or looks who is there.
    for _ in 0..3 {
        town.nodes[1].start();
        call("joining");
        town.nodes[1].kill();
        others(&town, &[0, 2]);
    }
}
