//! Partitions: which of the nodes that are up owns a name.
//!
//! Owns: [`Partition`] and its three ways. Must not: know which nodes are up, or who stays where it was.
//!
//! A site may split its users itself, and then calls the right node at once; so the ways are documented for sites, and
//! every node must compute the same. `docs/cluster.md` has examples.

use md5::{Digest, Md5};
use xxhash_rust::xxh3::{Xxh3Default, xxh3_64};

/// How the names are divided.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Partition {
    /// The node with the highest hash of node, domain and name: a node that comes or goes moves only its share.
    #[default]
    Rendezvous,
    /// The MD5 of the name modulo the number of nodes, in the order in which they are listed.
    Md5,
    /// By bounds: a name that is a number below a bound, and not below an earlier one, is that node's.
    Range(Vec<Bound>),
}

/// The end of a range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bound {
    /// Numbers below this …
    pub(crate) below: u64,
    /// … are this node's, by its place in the list of nodes.
    pub(crate) node: usize,
}

/// A name in a domain, as it is divided.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Name<'n> {
    pub(crate) domain: &'n str,
    pub(crate) text: &'n str,
}

impl Partition {
    /// The node that should own a name, by its place among the listed `nodes`, whether it is up or not; `None` if the
    /// nodes that are up are to be asked by [`rendezvous`].
    pub(crate) fn listed(&self, name: Name<'_>, nodes: usize) -> Option<usize> {
        match self {
            Partition::Rendezvous => None,
            Partition::Md5 => {
                let [b0, b1, b2, b3, ..] = <[u8; 16]>::from(Md5::digest(name.text.as_bytes()));
                let number = u32::from_be_bytes([b0, b1, b2, b3]) as usize;
                number.checked_rem(nodes)
            }
            Partition::Range(bounds) => {
                let number: u64 = name.text.parse().ok().filter(|_| !name.text.starts_with('+'))?;
                bounds.iter().find(|bound| number < bound.below).map(|bound| bound.node)
            }
        }
    }

    /// A number that differs where nodes would divide names differently. `nodes` are those that are listed.
    pub(crate) fn hash(&self, nodes: &[Box<str>]) -> u64 {
        let mut text = format!("{self:?}");
        for node in nodes {
            text.push('\0');
            text.push_str(node);
        }
        xxh3_64(text.as_bytes())
    }
}

/// The weight of a node for a name; the node with the greatest owns it.
pub(crate) fn rendezvous(node: &str, name: Name<'_>) -> u64 {
    let mut hash = Xxh3Default::new();
    for part in [node, "\0", name.domain, "\0", name.text] {
        hash.update(part.as_bytes());
    }
    hash.digest()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name<'_> {
        Name { domain: "shop.example", text }
    }

    fn best<'n>(nodes: &[&'n str], text: &str) -> &'n str {
        nodes.iter().max_by_key(|node| rendezvous(node, name(text))).unwrap()
    }

    #[test]
    fn md5_is_what_a_site_in_php_computes() {
        // php > echo hexdec(substr(md5("alice"), 0, 8)) % 3;
        let at = |text: &str, nodes| Partition::Md5.listed(name(text), nodes);
        assert_eq!(at("alice", 3), Some(0x6384_e2b2 % 3));
        assert_eq!(at("", 7), Some(0xd41d_8cd9 % 7));
        assert_eq!(at("a", 5), Some(0x0cc1_75b9 % 5));
        assert_eq!(at("a", 0), None);
    }

    #[test]
    fn ranges_take_numbers_only() {
        let bounds = vec![Bound { below: 10, node: 1 }, Bound { below: 100, node: 0 }];
        let at = |text: &str| Partition::Range(bounds.clone()).listed(name(text), 2);
        assert_eq!((at("9"), at("10"), at("99"), at("007")), (Some(1), Some(0), Some(0), Some(1)));
        assert_eq!((at("100"), at("-1"), at("+1"), at("a"), at("")), (None, None, None, None, None));
    }

    #[test]
    fn rendezvous_has_golden_values() {
        assert_eq!(rendezvous("im1", name("alice")), xxh3_64(b"im1\0shop.example\0alice"));
        let owners: Vec<&str> = ["alice", "bob", "小明", "1", "2"]
            .iter()
            .map(|text| best(&["im1", "im2", "im3"], text))
            .collect();
        assert_eq!(owners, GOLDEN);
    }

    /// What any other program must compute, too.
    const GOLDEN: [&str; 5] = ["im3", "im1", "im3", "im2", "im3"];

    #[test]
    fn a_node_that_comes_moves_its_share_and_nothing_else() {
        let (before, after) = (["im1", "im2", "im3"], ["im1", "im2", "im3", "im4"]);
        let names: Vec<String> = (0..10_000).map(|number| format!("user{number}")).collect();
        let moved = names.iter().filter(|text| best(&before, text) != best(&after, text));
        let moved: Vec<&str> = moved.map(|text| best(&after, text)).collect();
        assert!(moved.iter().all(|node| *node == "im4"), "a name moves to the newcomer only");
        assert!((2_250..2_750).contains(&moved.len()), "a quarter and no tenth more: {}", moved.len());
    }

    #[test]
    fn nodes_that_divide_differently_have_another_hash() {
        let nodes = [Box::from("a"), Box::from("b")];
        let bounds = Partition::Range(vec![Bound { below: 1, node: 0 }]);
        let hashes = [Partition::Rendezvous.hash(&nodes), Partition::Md5.hash(&nodes), bounds.hash(&nodes)];
        assert!(hashes[0] != hashes[1] && hashes[1] != hashes[2] && hashes[0] != hashes[2]);
        assert_ne!(Partition::Md5.hash(&nodes), Partition::Md5.hash(&nodes[..1]));
    }
}
