//! Reads the sources and holds the invariants that the crate documentation states.
//!
//! Owns: the rules. Must not: judge style; rustfmt and clippy do. Comments and strings are left out of what is read,
//! roughly, by dropping whatever follows `//` on a line; tests at the foot of a file are left out, too.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

struct Source {
    /// The path below `src/`.
    path: String,
    /// The code without comments and tests.
    code: String,
    /// The file as it is.
    text: String,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                folders.extend((!path.ends_with("router/sim")).then_some(path)); // which is a test
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                let path = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
                let production = text.split("#[cfg(test)]\nmod ").next().unwrap();
                let lines = production.lines().map(|line| line.split("//").next().unwrap());
                let code = lines.collect::<Vec<_>>().join("\n");
                found.push(Source { path, code, text });
            }
        }
    }
    assert!(found.len() > 30, "the sources are found");
    found
}

/// No code outside `allowed` (paths or folders below `src/`) has any of `words`.
#[track_caller]
fn only_in(allowed: &[&str], words: &[&str]) {
    for source in sources() {
        if allowed.iter().any(|place| source.path.starts_with(place)) {
            continue;
        }
        for word in words {
            assert!(!names(&source.code, word), "src/{} has {word}", source.path);
        }
    }
}

/// No code in `places` has any of `words`.
#[track_caller]
fn none_in(places: &[&str], words: &[&str]) {
    for source in sources() {
        if places.iter().any(|place| source.path.starts_with(place)) {
            for word in words {
                assert!(!names(&source.code, word), "src/{} has {word}", source.path);
            }
        }
    }
}

/// Whether a word stands in the code, and not only at the end of a longer one.
fn names(code: &str, word: &str) -> bool {
    let inside = |at: usize| code[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_');
    code.match_indices(word).any(|(at, _)| !inside(at))
}

#[test]
fn only_shards_and_the_server_name_sockets_and_channels() {
    only_in(&["node/"], &["mio::", "socket2::", "crossbeam_channel::"]);
    // The clock that systemd compares with its own is not in the standard library.
    only_in(&["node/", "base/clock.rs"], &["nix::"]);
    // A terminal, and the connections of the admin listener.
    only_in(&["ops/admin/conns.rs", "ops/top/"], &["rustix::"]);
}

#[test]
fn only_the_poster_calls_sites() {
    only_in(&["bridges/"], &["ureq::", "rustls_native_certs::"]);
}

#[test]
fn the_pure_modules_read_no_clock_no_randomness_and_no_socket() {
    let pure = [
        "router/",
        "http/",
        "api/",
        "base/json.rs",
        "base/domains",
        "base/limits/",
        "base/memory.rs",
        "base/ranges.rs",
        "base/slots.rs",
    ];
    let words = [
        "Instant",
        "SystemTime",
        "std::time",
        "getrandom",
        "std::net::Tcp",
        "std::fs",
        "std::env",
        "std::thread",
        "std::io::Read",
        "log::",
    ];
    none_in(&pure, &words);
}

#[test]
fn the_clock_is_read_in_one_place() {
    only_in(&["base/clock.rs"], &["Instant::now", "SystemTime::now"]);
}

#[test]
fn there_is_one_poll_call() {
    let calls: Vec<String> = sources()
        .iter()
        .flat_map(|source| vec![source.path.clone(); source.code.matches("poll.poll(").count()])
        .collect();
    assert_eq!(calls, ["node/shard/turn.rs"]);
}

#[test]
fn no_lock_and_no_atomic_where_shards_serve() {
    // The admin listener's threads share what was seen of the server; no shard is one of them.
    only_in(&["node/mod.rs", "ops/admin/watch.rs"], &["Mutex", "RwLock", "Condvar", "OnceLock", "LazyLock"]);
    // The log counts lines it drops: a line is rare, and one that is dropped is rarer.
    only_in(
        &["node/shard/wake.rs", "base/stats", "base/admission.rs", "ops/logging.rs"],
        &["Atomic", "fence("],
    );
}

#[test]
fn slabs_are_used_through_slots_only() {
    only_in(&["base/slots.rs"], &["slab::", "Slab<"]);
}

#[test]
fn dependencies_point_down_only() {
    let above = |wings: &[&str]| wings.iter().map(|wing| format!("crate::{wing}")).collect::<Vec<_>>();
    let rules: [(&str, &[&str]); 7] = [
        ("base/", &["http", "router", "ops", "api", "config", "bridges", "node"]),
        ("http/", &["router", "ops", "api", "config", "bridges", "node"]),
        ("router/", &["http", "ops", "api", "config", "bridges", "node"]),
        ("ops/", &["http", "router", "api", "config", "bridges", "node"]),
        ("api/", &["ops", "config", "bridges", "node"]),
        ("bridges/", &["http", "ops", "api", "config", "node"]),
        ("node/shard/", &["ops", "config"]),
    ];
    for (wing, others) in rules {
        let others = above(others);
        none_in(&[wing], &others.iter().map(String::as_str).collect::<Vec<_>>());
    }
}

#[test]
fn only_the_command_prints_or_ends_the_process() {
    only_in(&["main.rs"], &["println!", "eprintln!", "std::process::exit", "ExitCode"]);
}

#[test]
fn every_file_opens_by_saying_what_it_owns() {
    for source in sources() {
        let lines = source.text.lines().map_while(|line| line.strip_prefix("//!"));
        let opening = lines.map(str::trim_start).collect::<Vec<_>>().join(" ");
        let documented =
            source.path == "lib.rs" || (opening.contains("Owns:") && opening.contains("ust not:"));
        assert!(documented, "src/{} does not say what it owns and what it must not do", source.path);
    }
}
