//! The settings in `[cluster]`.
//!
//! Owns: their names and what they may be. Must not: open a file.

use toml::Spanned;
use toml::de::DeValue;

use super::reader::Reader;
use crate::base::limits::cluster::{NODES_MAX, is_node_name};
use crate::config::cluster::{ClusterConfig, PartitionKind};
use crate::config::values::{self, ValueResult};

/// The names in `[cluster]`.
const CLUSTER: [&str; 15] = [
    "name",
    "node",
    "nats",
    "nkey_file",
    "tls_ca",
    "tls_cert",
    "tls_key",
    "nodes",
    "min_nodes",
    "partition",
    "ranges",
    "isolated",
    "dead_ms",
    "offline_grace_ms",
    "answer_ms",
];
const RANGE: [&str; 2] = ["below", "node"];

impl Reader<'_> {
    pub(super) fn cluster(&mut self, value: &Spanned<DeValue<'_>>) -> Option<ClusterConfig> {
        let mut cluster = ClusterConfig::default();
        let before = self.problems.len();
        for (key, value) in self.table(value, "cluster")? {
            match key.get_ref().as_ref() {
                "name" => cluster.name = self.text(value, "cluster.name", name).unwrap_or_default(),
                "node" => cluster.node = self.text(value, "cluster.node", name).unwrap_or_default(),
                "nats" => cluster.nats = self.texts(value, "cluster.nats", 1, broker).unwrap_or_default(),
                "nkey_file" => cluster.nkey_file = self.text(value, "cluster.nkey_file", values::path),
                "tls_ca" => cluster.tls_ca = self.text(value, "cluster.tls_ca", values::path),
                "tls_cert" => cluster.tls_cert = self.text(value, "cluster.tls_cert", values::path),
                "tls_key" => cluster.tls_key = self.text(value, "cluster.tls_key", values::path),
                "nodes" => {
                    cluster.nodes = self.texts(value, "cluster.nodes", 1, name).unwrap_or_default();
                }
                "min_nodes" => {
                    let number = self.number(value, "cluster.min_nodes", &(0..=NODES_MAX));
                    cluster.min_nodes = number.unwrap_or_default();
                }
                "partition" => {
                    let partition = self.text(value, "cluster.partition", partition);
                    cluster.partition = partition.unwrap_or_default();
                }
                "ranges" => cluster.ranges = self.ranges(value),
                "isolated" => {
                    cluster.serves_alone = self.text(value, "cluster.isolated", isolated).unwrap_or_default();
                }
                "dead_ms" => {
                    let number = self.number(value, "cluster.dead_ms", &(2_000..=60_000_u64));
                    cluster.dead_ms = number.unwrap_or(cluster.dead_ms);
                }
                "offline_grace_ms" => {
                    let number = self.number(value, "cluster.offline_grace_ms", &(0..=600_000_u64));
                    cluster.offline_grace_ms = number.unwrap_or(cluster.offline_grace_ms);
                }
                "answer_ms" => {
                    let number = self.number(value, "cluster.answer_ms", &(100..=2_999_u64));
                    cluster.answer_ms = number.unwrap_or(cluster.answer_ms);
                }
                _ => self.unknown(key, "cluster.", &CLUSTER),
            }
        }
        if self.problems.len() == before {
            self.check_cluster(value, &cluster);
        }
        Some(cluster)
    }

    fn check_cluster(&mut self, value: &Spanned<DeValue<'_>>, cluster: &ClusterConfig) {
        let mut wrong =
            |setting: &str, wrong: &str| self.wrong(&value.span(), format!("cluster.{setting}"), wrong);
        if cluster.name.is_empty() {
            wrong("name", "is required");
        }
        if cluster.node.is_empty() {
            wrong("node", "is required");
        }
        if cluster.nats.is_empty() {
            wrong("nats", "is required: at least one broker");
        }
        let nodes = &cluster.nodes;
        if nodes.len() > NODES_MAX {
            wrong("nodes", "at most 64 nodes");
        }
        if nodes.iter().enumerate().any(|(at, node)| nodes[..at].contains(node)) {
            wrong("nodes", "a node is listed twice");
        }
        if !nodes.is_empty() && !nodes.contains(&cluster.node) {
            wrong("nodes", "does not list this node");
        }
        if cluster.partition != PartitionKind::Rendezvous && nodes.is_empty() {
            wrong("nodes", "is required for this partition");
        }
        if cluster.partition == PartitionKind::Range && cluster.ranges.is_empty() {
            wrong("ranges", "is required for this partition");
        }
        if cluster.ranges.iter().any(|(_, node)| !nodes.contains(node)) {
            wrong("ranges", "names a node that nodes does not list");
        }
        if !cluster.ranges.is_sorted_by(|(one, _), (other, _)| one < other) {
            wrong("ranges", "the bounds must ascend");
        }
        if cluster.tls_cert.is_some() != cluster.tls_key.is_some() {
            wrong("tls_cert", "needs tls_key, and the other way round");
        }
    }

    fn ranges(&mut self, value: &Spanned<DeValue<'_>>) -> Vec<(u64, String)> {
        let Some(list) = value.get_ref().as_array() else {
            self.wrong(
                &value.span(),
                "cluster.ranges",
                "must be a list of { below = number, node = \"name\" }",
            );
            return Vec::new();
        };
        let mut ranges = Vec::new();
        for item in list {
            let Some(table) = self.table(item, "cluster.ranges") else { continue };
            let (mut below, mut node) = (None, None);
            for (key, value) in table {
                match key.get_ref().as_ref() {
                    "below" => below = self.number(value, "cluster.ranges.below", &(1..=u64::MAX)),
                    "node" => node = self.text(value, "cluster.ranges.node", name),
                    _ => self.unknown(key, "cluster.ranges.", &RANGE),
                }
            }
            match (below, node) {
                (Some(below), Some(node)) => ranges.push((below, node)),
                _ => self.wrong(&item.span(), "cluster.ranges", "each needs below and node"),
            }
        }
        ranges
    }
}

fn name(text: &str) -> ValueResult<String> {
    if is_node_name(text) {
        Ok(text.to_owned())
    } else {
        Err("must be 1 to 32 characters of a-z, 0-9 and -".to_owned())
    }
}

fn broker(text: &str) -> ValueResult<String> {
    let rest = text.strip_prefix("nats://").or_else(|| text.strip_prefix("tls://"));
    match rest {
        Some(rest) if !rest.is_empty() && !rest.contains(['@', '/', ' ']) => Ok(text.to_owned()),
        Some(rest) if rest.contains('@') => Err(
            "must have no user and no password; NEXTIM_CLUSTER_USER and NEXTIM_CLUSTER_PASSWORD have them"
                .to_owned(),
        ),
        Some(_) | None => Err("must be nats://host:port or tls://host:port".to_owned()),
    }
}

fn partition(text: &str) -> ValueResult<PartitionKind> {
    match text {
        "rendezvous" => Ok(PartitionKind::Rendezvous),
        "md5" => Ok(PartitionKind::Md5),
        "range" => Ok(PartitionKind::Range),
        _ => Err("must be rendezvous, md5 or range".to_owned()),
    }
}

fn isolated(text: &str) -> ValueResult<bool> {
    match text {
        "refuse" => Ok(false),
        "serve" => Ok(true),
        _ => Err("must be refuse or serve".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::read;
    use super::*;

    /// A file whose fifth line is the first one of these settings.
    fn file(settings: &str) -> String {
        let mut text = "[cluster]\n".to_owned();
        for (name, value) in [("name", "\"a\""), ("node", "\"im1\""), ("nats", "[\"nats://127.0.0.1:4222\"]")]
        {
            let is_given = settings.lines().any(|line| line.starts_with(&format!("{name} =")));
            let line = if is_given { String::new() } else { format!("{name} = {value}") };
            text.push_str(&line);
            text.push('\n');
        }
        text + settings
    }

    #[track_caller]
    fn taken(settings: &str) -> ClusterConfig {
        match read(&file(settings)) {
            Ok(layer) => layer.cluster.expect("it is there"),
            Err(problems) => panic!("{settings}: {}", problems[0]),
        }
    }

    /// Each file has one problem, with this line and setting.
    #[track_caller]
    fn check(line: usize, setting: &str, lines: &[&str]) {
        for settings in lines {
            let problems = read(&file(settings)).err().unwrap_or_default();
            let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
            let begin = format!("{line}: cluster.{setting}: ");
            assert!(
                problems.len() == 1 && problems[0].starts_with(&begin),
                "{settings}: {problems:?}, not {begin}"
            );
        }
    }

    #[test]
    fn every_setting_of_a_cluster_is_read() {
        let cluster = taken(
            r#"
            nkey_file = "/etc/nextim/nkey"
            tls_ca = "/ca.pem"
            tls_cert = "/cert.pem"
            tls_key = "/key.pem"
            nodes = ["im2", "im1"]
            min_nodes = 2
            partition = "range"
            ranges = [{ below = 10, node = "im1" }, { below = 18446744073709551615, node = "im2" }]
            isolated = "serve"
            dead_ms = 60_000
            offline_grace_ms = 0
            answer_ms = 2_999
            "#
            .replace("18446744073709551615", "9223372036854775807")
            .as_str(),
        );
        assert_eq!((cluster.name.as_str(), cluster.node.as_str()), ("a", "im1"));
        assert_eq!(cluster.nats, ["nats://127.0.0.1:4222"]);
        let paths = [&cluster.nkey_file, &cluster.tls_ca, &cluster.tls_cert, &cluster.tls_key];
        assert!(paths.iter().all(|path| path.is_some()), "{cluster:?}");
        assert_eq!((&cluster.nodes[..], cluster.min_nodes), (&["im2".to_owned(), "im1".to_owned()][..], 2));
        assert_eq!(cluster.partition, PartitionKind::Range);
        assert_eq!(cluster.ranges, [(10, "im1".to_owned()), (i64::MAX as u64, "im2".to_owned())]);
        let times = (cluster.dead_ms, cluster.offline_grace_ms, cluster.answer_ms);
        assert_eq!((cluster.serves_alone, times), (true, (60_000, 0, 2_999)));
        let defaults = ClusterConfig::default();
        assert_eq!(
            ClusterConfig { name: String::new(), node: String::new(), nats: Vec::new(), ..taken("") },
            defaults
        );
    }

    #[test]
    fn names_of_clusters_and_nodes() {
        let longest = "x".repeat(32);
        for name in ["a", "im-1", "0", "-", &longest] {
            assert_eq!(taken(&format!("name = \"{name}\"")).name, name);
            assert_eq!(taken(&format!("node = \"{name}\"")).node, name);
        }
        let too_long = format!("{longest}x");
        for name in ["", "A", "im 1", "im.1", "im_1", "聊", "*", ">", "im1\\n", &too_long] {
            check(5, "name", &[&format!("name = \"{name}\"")]);
            check(5, "node", &[&format!("node = \"{name}\"")]);
        }
        check(5, "name", &["name = 1", "name = []"]);
        check(5, "nodes", &["nodes = [\"IM1\"]", "nodes = \"im1\"", "nodes = [1]", "nodes = []"]);
    }

    #[test]
    fn what_is_required() {
        for (text, missing) in [
            ("[cluster]", &["name", "node", "nats"][..]),
            ("[cluster]\nname = \"a\"\nnats = [\"tls://b\"]", &["node"]),
        ] {
            let problems = read(text).err().unwrap_or_default();
            let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
            let expected: Vec<String> =
                missing.iter().map(|setting| format!("1: cluster.{setting}: is required")).collect();
            assert_eq!(problems.len(), expected.len(), "{problems:?}");
            assert!(
                problems.iter().zip(&expected).all(|(one, begin)| one.starts_with(begin)),
                "{problems:?}"
            );
        }
    }

    #[test]
    fn brokers_have_urls_without_a_login() {
        for url in ["nats://a", "nats://a:4222", "tls://a.example:1", "nats://[::1]:4222"] {
            assert_eq!(taken(&format!("nats = [\"{url}\", \"{url}\"]")).nats, [url, url]);
        }
        for url in
            ["", "a:4222", "http://a", "nats://", "tls://", "nats://a/b", "nats://a b", "nats:a", "NATS://a"]
        {
            check(5, "nats", &[&format!("nats = [\"{url}\"]")]);
        }
        check(
            5,
            "nats",
            &["nats = []", "nats = \"nats://a\"", "nats = [1]", "nats = [\"nats://u:secret@a\"]"],
        );
        let problems = read(&file("nats = [\"nats://u:secret@a\"]")).err().unwrap_or_default();
        assert!(!problems[0].to_string().contains("secret"), "{}", problems[0]);
    }

    #[test]
    fn numbers_and_words_of_clusters() {
        for (setting, least, most) in [
            ("min_nodes", 0, 64),
            ("dead_ms", 2_000, 60_000),
            ("offline_grace_ms", 0, 600_000),
            ("answer_ms", 100, 2_999),
        ] {
            taken(&format!("{setting} = {least}"));
            taken(&format!("{setting} = {most}"));
            for wrong in
                [(least - 1).to_string(), (most + 1).to_string(), "\"1\"".to_owned(), "2500.0".to_owned()]
            {
                check(5, setting, &[&format!("{setting} = {wrong}")]);
            }
        }
        check(5, "isolated", &["isolated = \"\"", "isolated = true", "isolated = \"Serve\""]);
        check(5, "partition", &["partition = \"\"", "partition = 1", "partition = \"sha1\""]);
        check(5, "tls_ca", &["tls_ca = 1"]);
        check(5, "nkey_file", &["nkey_file = []"]);
        check(5, "nod", &["nod = \"im1\""]);
    }

    /// What is wrong only beside another setting has the line of the table.
    #[test]
    fn settings_that_do_not_go_together() {
        let crowd: Vec<String> = (1..=65).map(|number| format!("im{number}")).collect();
        check(
            1,
            "nodes",
            &[
                "partition = \"md5\"",
                "nodes = [\"im2\"]",
                "nodes = [\"im1\", \"im2\", \"im1\"]",
                &format!("nodes = {crowd:?}"),
            ],
        );
        taken(&format!("nodes = {:?}", &crowd[..64]));
        taken("partition = \"md5\"\nnodes = [\"im1\"]");
        let ranges =
            |ranges: &str| format!("partition = \"range\"\nnodes = [\"im1\", \"im2\"]\nranges = {ranges}");
        check(
            1,
            "ranges",
            &[
                "partition = \"range\"\nnodes = [\"im1\"]",
                &ranges("[]"),
                &ranges("[{ below = 5, node = \"im3\" }]"),
                &ranges("[{ below = 5, node = \"im1\" }, { below = 5, node = \"im2\" }]"),
                &ranges("[{ below = 9, node = \"im1\" }, { below = 5, node = \"im2\" }]"),
            ],
        );
        taken(&ranges("[{ below = 5, node = \"im1\" }, { below = 6, node = \"im1\" }]"));
        check(
            7,
            "ranges",
            &[&ranges("1"), &ranges("[1]"), &ranges("[{ below = 5 }]"), &ranges("[{ node = \"im1\" }]")],
        );
        check(1, "tls_cert", &["tls_cert = \"/a\"", "tls_key = \"/a\""]);
    }
}
