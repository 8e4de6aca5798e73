//! Reads the sources and holds the invariants that the crate documentation states.
//!
//! Owns: the rules. Must not: judge what rustfmt and clippy judge.
//!
//! Code is read as items (`source`), so that a rule sees every function of a file, wherever its tests stand. Tests,
//! comments and the words of strings are left out of code; `words` reads those.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails, in its helpers too")]

mod circles;
mod source;
mod words;

use std::path::Path;

use circles::Imports;
use source::{Source, files_in, sources_in, spell};
use syn::visit_mut::VisitMut;

/// No code outside `allowed` (paths or folders below `src/`) names one of these paths.
#[track_caller]
fn only_in(allowed: &[&str], paths: &[&str]) {
    check(|file| !starts_with_one(file, allowed), paths);
}

/// No code in `places` (paths or folders below `src/`) names one of these paths.
#[track_caller]
fn none_in(places: &[&str], paths: &[&str]) {
    check(|file| starts_with_one(file, places), paths);
}

#[track_caller]
fn check(is_judged: impl Fn(&str) -> bool, paths: &[&str]) {
    let mut judged = 0;
    for source in sources_in("src") {
        if is_judged(&source.path["src/".len()..]) {
            judged += 1;
            let named: Vec<_> = paths.iter().filter(|path| source.names(path)).collect();
            assert!(named.is_empty(), "{} names {named:?}", source.path);
        }
    }
    assert!(judged > 0, "the rule for {paths:?} reads at least one file");
}

fn starts_with_one(file: &str, places: &[&str]) -> bool {
    places.iter().any(|place| file.starts_with(place))
}

/// What waits, tells the time, draws lots, or is shared between threads.
const IMPURE: [&str; 19] = [
    "Instant",
    "SystemTime",
    "std::time",
    "getrandom",
    "TcpStream",
    "TcpListener",
    "UdpSocket",
    "UnixStream",
    "std::fs",
    "std::env",
    "std::thread",
    "std::process",
    "std::io::Read",
    "std::sync::atomic",
    "Mutex",
    "RwLock",
    "Condvar",
    "OnceLock",
    "log",
];

#[test]
fn the_pure_wings_read_no_clock_no_randomness_and_no_socket_and_take_no_lock() {
    none_in(&["router/", "http/", "api/", "cluster/"], &IMPURE);
    let pure = ["json", "domains", "limits", "memory", "ranges", "slots"].map(|file| format!("base/{file}"));
    none_in(&pure.each_ref().map(String::as_str), &IMPURE);
}

/// Puts a mark into each block of code, and says how many marks there are.
fn mark(file: &mut syn::File) -> usize {
    struct Marks(usize);
    impl VisitMut for Marks {
        fn visit_block_mut(&mut self, block: &mut syn::Block) {
            let mark = syn::parse_str(&format!("mark::n{}();", self.0)).unwrap();
            self.0 += 1;
            syn::visit_mut::visit_block_mut(self, block);
            block.stmts.insert(0, mark);
        }
    }
    let mut marks = Marks(0);
    marks.visit_file_mut(file);
    marks.0
}

#[test]
fn the_rules_see_every_function_of_every_file() {
    let mut all = 0;
    for source in sources_in("src") {
        let mut file = source.items();
        let marks = mark(&mut file);
        let marked = source.with(&file);
        for n in 0..marks {
            assert!(marked.names(&format!("mark::n{n}")), "{}: block {n} is not read", source.path);
        }
        // No test takes what stands after it out of sight.
        let read = source.tokens.iter().filter(|token| *token == "fn").count();
        assert!(read >= source.functions(), "{}: {read} of {} functions", source.path, source.functions());
        all += marks;
    }
    assert!(all > 1000, "{all} blocks are found");
}

#[test]
fn a_clock_a_lock_and_a_socket_in_a_function_are_seen() {
    let codes = [
        "let now = std::time::Instant::now();",
        "use std::time::{self, Duration, Instant as Now}; let now = Now::now();",
        "static LOCK: std::sync::Mutex<()> = std::sync::Mutex::new(());",
        "let stream = std::net::TcpStream::connect(address)?;",
        "let entropy = getrandom::u64();",
        "assert!(std::env::var(name).is_ok());",
        "log::warn!(\"slow\");",
    ];
    let source = |code: &str| {
        let text = format!(
            "#[cfg(test)] mod early {{ use std::time::Instant; }} impl A {{ fn f() {{ if b {{ {code}\n }} }} }}"
        );
        Source::parse("src/router/a.rs".to_owned(), text)
    };
    let named = |code: &str| IMPURE.iter().any(|path| source(code).names(path));
    for code in codes {
        assert!(named(code), "{code}");
    }
    assert!(!named("let instant = a.now(); // Instant::now()"));
}

#[test]
fn only_nodes_name_sockets_and_channels() {
    only_in(&["node/"], &["mio", "socket2", "crossbeam_channel"]);
    // The clock that systemd compares with its own, and a signal to a process, are not in the standard library.
    only_in(&["node/", "base/clock", "ops/pid_file"], &["nix"]);
    // A terminal, the connections of the admin listener, the level-triggered events of the others, and descriptors that
    // go from table to table.
    only_in(&["ops/admin/", "ops/top/", "node/shard/listener", "node/shard/passing"], &["rustix"]);
}

#[test]
fn only_bridges_call_others() {
    only_in(&["bridges/"], &["ureq", "rustls_native_certs"]);
    only_in(&["bridges/cluster/"], &["async_nats", "tokio", "futures_util"]);
}

#[test]
fn the_clock_is_read_in_one_place() {
    only_in(&["base/clock"], &["Instant::now", "SystemTime::now"]);
}

#[test]
fn there_is_one_poll_call() {
    let calls =
        |source: &Source| source.tokens.windows(3).filter(|window| *window == ["poll", ".", "poll"]).count();
    let files: Vec<(String, usize)> = sources_in("src/node")
        .iter()
        .map(|source| (source.path.clone(), calls(source)))
        .filter(|(_, n)| *n > 0)
        .collect();
    assert_eq!(files.len(), 1, "{files:?}");
    assert_eq!(files[0].1, 1, "{files:?}");
}

#[test]
fn no_lock_and_no_atomic_where_shards_serve() {
    let locks = ["Mutex", "RwLock", "Condvar", "OnceLock", "LazyLock", "Once"];
    // The admin listener's threads share what was seen of the server; no shard is one of them.
    // Figures of a domain are made once, by the first shard that counts; another one waits as long as that takes.
    // The bridge to other nodes posts what operators see of them, once a second.
    only_in(&["node/mod.rs", "node/handle", "ops/admin/", "base/figures", "base/stats/cluster"], &locks);
    let atomics = ["std::sync::atomic", "fence"];
    // The log counts lines it drops: a line is rare, and one that is dropped is rarer. Shards count together how many
    // connections they give to another one, once for each that moves.
    only_in(
        &[
            "node/shard/wake",
            "node/shard/passing",
            "base/stats",
            "base/cell",
            "base/figures",
            "base/admission",
            "ops/logging",
        ],
        &atomics,
    );
}

#[test]
fn slabs_are_used_through_slots_only() {
    only_in(&["base/slots"], &["slab"]);
}

/// Each wing, and the wings that it may import.
const WINGS: [(&str, &[&str]); 10] = [
    ("base", &[]),
    ("http", &["base"]),
    ("router", &["base"]),
    ("ops", &["base"]),
    ("api", &["base", "http", "router"]),
    ("cluster", &["base", "router"]),
    ("bridges", &["base", "router", "cluster"]),
    ("config", &["base", "ops"]),
    ("node", &["base", "http", "router", "ops", "api", "bridges", "cluster", "config"]),
    ("fuzzed", &["base", "http", "router", "ops", "api", "config"]),
];

#[test]
fn wings_import_only_the_wings_below_them() {
    for (wing, below) in WINGS {
        for source in sources_in(&format!("src/{wing}")) {
            for (other, _) in WINGS {
                let is_allowed = other == wing || below.contains(&other);
                assert!(
                    is_allowed || !source.names(&format!("crate::{other}")),
                    "{} imports {other}",
                    source.path
                );
            }
        }
    }
    // A shard is told what the configuration says; it does not read it.
    none_in(&["node/shard/"], &["crate::config", "crate::ops"]);
}

#[test]
fn every_file_of_the_crate_is_in_a_wing() {
    for source in sources_in("src") {
        let inner = &source.path["src/".len()..];
        let is_root = ["internals.rs", "lib.rs", "main.rs"].contains(&inner);
        let is_in_wing = WINGS.iter().any(|(wing, _)| inner.starts_with(&format!("{wing}/")));
        assert!(is_root || is_in_wing, "{} is in no wing", source.path);
    }
}

/// What others may rely on: all that documentation shows.
const API: [&str; 11] = [
    "AddressRange",
    "Config",
    "ConfigError",
    "DomainConfig",
    "Format",
    "Handle",
    "Limits",
    "Server",
    "ServerError",
    "StartError",
    "Timeouts",
];

#[test]
fn the_crate_shows_its_api_and_one_hidden_door() {
    let [root, internals] = ["src/lib.rs", "src/internals.rs"]
        .map(|path| sources_in("src").into_iter().find(|source| source.path == path).unwrap().items());
    let is_public = |vis: &syn::Visibility| matches!(vis, syn::Visibility::Public(_));
    let (mut modules, mut paths) = (Vec::new(), Vec::new());
    for item in &root.items {
        if let syn::Item::Use(list) = item {
            assert!(is_public(&list.vis), "src/lib.rs uses nothing");
            spell(&list.tree, &mut Vec::new(), &mut paths);
        } else if let syn::Item::Mod(module) = item {
            modules.extend(is_public(&module.vis).then(|| module.ident.to_string()));
        } else {
            panic!("src/lib.rs lists modules and names only");
        }
    }
    let mut names: Vec<String> = paths.iter_mut().filter_map(Vec::pop).collect();
    names.sort();
    assert_eq!(names, API);
    assert_eq!(modules, ["fuzzed", "internals"]);
    let is_hidden =
        |attribute: &syn::Attribute| attribute.parse_args::<syn::Ident>().is_ok_and(|word| word == "hidden");
    assert!(internals.attrs.iter().any(is_hidden), "documentation shows no internals");
}

#[test]
fn no_imports_go_round() {
    for folder in [
        "src/",
        "examples/community/src/",
        "loadtest/src/",
        "plugins/conformance/src/",
        "tests/kit/src/",
        "tests/faults/",
    ] {
        let sources = sources_in(folder.trim_end_matches('/'));
        let imports = Imports::of(&sources, folder);
        assert!(imports.count() > sources.len() / 2, "{folder}: imports are found");
        let circles: Vec<_> = imports.circles().iter().map(|circle| imports.between(circle)).collect();
        assert!(circles.is_empty(), "{folder}: imports go round:\n{}", circles.join("\n"));
    }
}

#[test]
fn a_circle_of_imports_is_seen() {
    let file = |path: &str, text: &str| Source::parse(path.to_owned(), text.to_owned());
    let sources = [
        file("src/a/mod.rs", "mod b; mod c; use b::B; pub struct A;"),
        file("src/a/b.rs", "use crate::a::c::{C}; pub struct B;"),
        file("src/a/c.rs", "pub struct C; fn f() { let _ = super::A; }"),
        file("src/d.rs", "use crate::a::A;"),
    ];
    let imports = Imports::of(&sources.each_ref(), "src/");
    assert_eq!(imports.circles(), [vec!["src/a/b.rs", "src/a/c.rs", "src/a/mod.rs"]]);
}

#[test]
fn a_module_with_children_is_a_folder() {
    for source in sources_in("src") {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(source.path.trim_end_matches(".rs"));
        assert!(!folder.is_dir(), "{} stands beside its folder; it is its mod.rs", source.path);
    }
}

/// How many lines a file has at most, without its tests.
const FILE_LINES_MAX: usize = 400;

#[test]
fn no_file_is_longer_than_can_be_read_at_once() {
    for folder in ["src", "loadtest", "examples", "plugins", "tests", "benches"] {
        for source in sources_in(folder) {
            let lines = source.lines_without_tests();
            assert!(lines <= FILE_LINES_MAX, "{} has {lines} lines without its tests", source.path);
        }
    }
}

#[test]
fn only_the_command_prints_or_ends_the_process() {
    only_in(&["main.rs"], &["println", "eprintln", "std::process", "ExitCode"]);
}

#[test]
fn every_file_opens_by_saying_what_it_owns() {
    for source in sources_in("src") {
        let lines = source.text.lines().map_while(|line| line.strip_prefix("//!"));
        let opening = lines.map(str::trim_start).collect::<Vec<_>>().join(" ");
        let documented =
            source.path == "src/lib.rs" || (opening.contains("Owns:") && opening.contains("ust not:"));
        assert!(documented, "{} does not say what it owns and what it must not do", source.path);
    }
}

/// What is read for its words, and which files of it.
const PROSE: [(&str, &[&str]); 8] = [
    ("src", &["rs", "js", "css", "html", "md"]),
    ("tests", &["rs", "js", "md"]),
    ("loadtest", &["rs", "css", "md"]),
    ("examples", &["rs", "js", "css", "html", "sql", "md"]),
    ("plugins", &["rs", "toml", "md"]),
    ("benches", &["rs"]),
    ("docs", &["md"]),
    ("packaging", &["md", "toml"]),
];

#[test]
fn words_that_must_be_decoded_stand_nowhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = PROSE.iter().flat_map(|(folder, extensions)| files_in(&root.join(folder), extensions));
    let documents =
        ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "nextim.toml"];
    let mut found = Vec::new();
    for file in folders.chain(documents.map(|name| root.join(name))) {
        if file.ends_with("tests/architecture/words.rs") {
            continue; // which has the list
        }
        let text = std::fs::read_to_string(&file).unwrap();
        let text = if file.extension().is_some_and(|extension| extension == "rs") {
            words::prose(&text)
        } else {
            text
        };
        let name = file.strip_prefix(root).unwrap().display().to_string();
        found.extend(words::unwanted(&text).into_iter().map(|(line, word)| format!("{name}:{line}: {word}")));
    }
    assert!(found.is_empty(), "{} unwanted words:\n{}", found.len(), found.join("\n"));
}
