//! The text of `/metrics`, read as Prometheus reads it (exposition format 0.0.4).
//!
//! Owns: the format. Must not: know a metric.

use std::collections::{BTreeMap, BTreeSet};

/// The labels of a series.
pub(crate) type Labels = BTreeMap<String, String>;

/// What the text of `/metrics` says, read as Prometheus reads it (exposition format 0.0.4).
pub(crate) struct Metrics {
    /// The type of each metric.
    pub(crate) types: BTreeMap<String, String>,
    /// The value of each series, by its name and sorted labels.
    pub(crate) samples: BTreeMap<(String, Labels), f64>,
}

impl Metrics {
    #[track_caller]
    pub(crate) fn read(text: &str) -> Metrics {
        assert!(text.ends_with('\n'), "the last line ends");
        let mut metrics = Metrics { types: BTreeMap::new(), samples: BTreeMap::new() };
        let mut helped: BTreeSet<String> = BTreeSet::new();
        let mut current = String::new();
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("# HELP ") {
                let (name, help) = rest.split_once(' ').expect(line);
                assert!(!help.trim().is_empty() && helped.insert(name.to_owned()), "{line}");
            } else if let Some(rest) = line.strip_prefix("# TYPE ") {
                let (name, kind) = rest.split_once(' ').expect(line);
                assert!(helped.contains(name), "{name} has help before its type");
                assert!(metrics.types.insert(name.to_owned(), kind.to_owned()).is_none(), "{line}");
                name.clone_into(&mut current);
            } else {
                let (name, labels, value) = sample(line);
                let family = metrics.family(&name);
                assert_eq!(family, current, "series of a metric stand together: {line}");
                assert!(metrics.samples.insert((name, labels), value).is_none(), "twice: {line}");
            }
        }
        metrics
    }

    /// The metric a series belongs to.
    fn family(&self, name: &str) -> String {
        let is_histogram = |base: &&str| self.types.get(*base).is_some_and(|kind| kind == "histogram");
        let base =
            ["_bucket", "_sum", "_count"].iter().filter_map(|end| name.strip_suffix(end)).find(is_histogram);
        base.unwrap_or(name).to_owned()
    }

    /// The sum of all series of this name that have these labels.
    pub(crate) fn sum(&self, name: &str, wanted: &[(&str, &str)]) -> f64 {
        let has = |labels: &Labels| {
            wanted.iter().all(|(label, value)| labels.get(*label).is_some_and(|found| found == value))
        };
        let found: Vec<f64> = self
            .samples
            .iter()
            .filter(|((n, labels), _)| n == name && has(labels))
            .map(|(_, v)| *v)
            .collect();
        assert!(!found.is_empty(), "no {name} {wanted:?}");
        found.iter().sum()
    }
}

/// Name, labels and value of a line.
#[track_caller]
fn sample(line: &str) -> (String, Labels, f64) {
    let is_name = |name: &str| {
        !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b':')
    };
    let (series, value) = line.rsplit_once(' ').expect(line);
    let (name, mut rest) = series.split_at(series.find('{').unwrap_or(series.len()));
    assert!(is_name(name), "{line}");
    let mut labels = BTreeMap::new();
    while !rest.is_empty() && rest != "}" {
        let (label, after) = rest[1..].split_once("=\"").expect(line);
        let mut value = String::new();
        let mut chars = after.char_indices();
        let end = loop {
            match chars.next().expect(line) {
                (_, '\\') => value.push(match chars.next().expect(line).1 {
                    'n' => '\n',
                    escaped @ ('\\' | '"') => escaped,
                    other => panic!("\\{other} in {line}"),
                }),
                (at, '"') => break at,
                (_, char) => value.push(char),
            }
        };
        assert!(is_name(label) && labels.insert(label.to_owned(), value).is_none(), "{line}");
        rest = &after[end + 1..];
        assert!(rest.starts_with([',', '}']), "{line}");
    }
    (name.to_owned(), labels, value.parse().expect(line))
}
