//! What the server is built from: where it comes from, under which licences, and how much it is.
//!
//! cargo-deny judges the same and more, but takes longer to be built than all of these tests; what cargo itself
//! knows is enough. Known vulnerabilities are another matter: `tests/long` asks for them where they can be reached.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails, in its helpers too")]

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

/// The registry that crates.io is.
const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";
/// Licences that ask for no more than to be told.
const LICENCES: [&str; 11] = [
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    // As free as MIT: the hash by which the names of a cluster are divided.
    "BSL-1.0",
    // Of Mozilla's list of certification authorities, which the community's tests bring along.
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];
/// Asks besides that changed files are published. The gateway's library of XMPP has it, and is used as it is; the server
/// is linked with none.
const WITH_SOURCES: &str = "MPL-2.0";
/// Most crates that end up in the server's binary, or in macros that made it. Each has authors whom everybody trusts who
/// runs the server.
const SERVER_CRATES_MAX: usize = 72;
/// The same of a server that can be a node of a cluster: the client of NATS has a runtime.
const CLUSTER_CRATES_MAX: usize = 152;
/// What is there in two versions: ring, of the TLS that undelivered messages go by, asks for an older one.
const TWICE: [&str; 1] = ["getrandom"];

/// What cargo says, without asking the network.
fn cargo(arguments: &[&str]) -> String {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(arguments).args(["--locked", "--offline"]).current_dir(env!("CARGO_MANIFEST_DIR"));
    let ran = cargo.output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).unwrap()
}

/// The workspace and all it needs on this system.
fn metadata() -> Value {
    let triple = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let said = cargo(&["metadata", "--format-version", "1", "--filter-platform", &triple]);
    serde_json::from_str(&said).unwrap()
}

/// The packages that take part in a build on this system.
fn packages(metadata: &Value) -> Vec<&Value> {
    let nodes = metadata["resolve"]["nodes"].as_array().unwrap();
    let used: BTreeSet<&str> = nodes.iter().map(|node| node["id"].as_str().unwrap()).collect();
    let all = metadata["packages"].as_array().unwrap();
    all.iter().filter(|package| used.contains(package["id"].as_str().unwrap())).collect()
}

#[test]
fn everything_comes_from_crates_io_or_from_here() {
    let metadata = metadata();
    for package in packages(&metadata) {
        let here = package["manifest_path"].as_str().unwrap().starts_with(env!("CARGO_MANIFEST_DIR"));
        let source = package["source"].as_str();
        assert!(source == Some(CRATES_IO) || source.is_none() && here, "{} {source:?}", package["name"]);
    }
}

/// Whether one may do as one likes under a licence, which may be several: with OR one may choose, AND asks for both.
fn is_allowed(expression: &str) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let (allowed, rest) = any_of(&words);
    assert!(rest.is_empty(), "not understood: {expression}");
    allowed
}

fn any_of<'w>(words: &'w [&'w str]) -> (bool, &'w [&'w str]) {
    let (mut allowed, mut rest) = all_of(words);
    while let ["OR", after @ ..] = rest {
        let (other, next) = all_of(after);
        (allowed, rest) = (allowed | other, next);
    }
    (allowed, rest)
}

fn all_of<'w>(words: &'w [&'w str]) -> (bool, &'w [&'w str]) {
    let (mut allowed, mut rest) = one(words);
    while let ["AND", after @ ..] = rest {
        let (other, next) = one(after);
        (allowed, rest) = (allowed & other, next);
    }
    (allowed, rest)
}

fn one<'w>(words: &'w [&'w str]) -> (bool, &'w [&'w str]) {
    match words {
        ["(", inner @ ..] => match any_of(inner) {
            (allowed, [")", rest @ ..]) => (allowed, rest),
            (_, rest) => panic!("a parenthesis that is not closed before {rest:?}"),
        },
        // An exception allows more, not less.
        [licence, "WITH", _, rest @ ..] | [licence, rest @ ..] => (LICENCES.contains(licence), rest),
        [] => panic!("a licence is missing"),
    }
}

#[test]
fn every_licence_lets_the_server_be_used_and_passed_on() {
    for (expression, expected) in [
        ("MIT", true),
        ("GPL-3.0", false),
        ("GPL-3.0 OR MIT", true),
        ("MIT/Apache-2.0", true),
        ("MIT AND GPL-3.0", false),
        ("(MIT OR GPL-3.0) AND Unicode-3.0", true),
        ("MIT OR GPL-3.0 AND LGPL-3.0", true),
        ("Apache-2.0 WITH LLVM-exception", true),
    ] {
        assert_eq!(is_allowed(expression), expected, "{expression}");
    }
    let (metadata, server) = (metadata(), server_crates(&[]));
    for package in packages(&metadata) {
        let licence =
            package["license"].as_str().unwrap_or_else(|| panic!("{} has no licence", package["name"]));
        let is_with_sources =
            licence == WITH_SOURCES && !server.contains_key(package["name"].as_str().unwrap());
        assert!(is_allowed(licence) || is_with_sources, "{}: {licence}", package["name"]);
    }
}

/// What the server is linked with or its macros need, and nothing that only its tests do; each with its versions.
fn server_crates(features: &[&str]) -> BTreeMap<String, BTreeSet<String>> {
    let tree = ["tree", "--package", "nextim", "--edges", "normal", "--prefix", "none", "--format", "{p}"];
    let tree = cargo(&[&tree, features].concat());
    let mut crates: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in tree.lines().filter(|line| !line.is_empty()) {
        let (name, rest) = line.split_once(' ').unwrap();
        let version = rest.split(' ').next().unwrap();
        crates.entry(name.to_owned()).or_default().insert(version.to_owned());
    }
    crates
}

#[test]
fn the_server_is_made_of_few_crates_and_each_but_one_once() {
    let clustered = server_crates(&[]);
    assert!(clustered.contains_key("async-nats"), "{clustered:?}");
    assert!(clustered.len() <= CLUSTER_CRATES_MAX, "{} crates: {:?}", clustered.len(), clustered.keys());
    let crates = server_crates(&["--no-default-features"]);
    assert!(!crates.contains_key("tokio"), "a server that is alone has no runtime");
    assert!(crates.contains_key("mio") && !crates.contains_key("proptest"), "{crates:?}");
    assert!(crates.len() <= SERVER_CRATES_MAX, "{} crates: {:?}", crates.len(), crates.keys());
    let twice = crates.iter().filter(|(_, versions)| versions.len() > 1).map(|(name, _)| name);
    assert_eq!(twice.collect::<Vec<_>>(), TWICE);
}
