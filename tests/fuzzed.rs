//! What the fuzz targets promise, held for every input that is kept: examples, and whatever has broken a promise once.
//! `tests/long` makes up new ones.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails, in its helpers too")]

#[path = "../fuzz/src/lib.rs"]
#[allow(unreachable_pub, reason = "it is a library for the fuzzer")]
mod checks;

use std::fs;
use std::path::{Path, PathBuf};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(name)
}

/// What is in a folder, by name and in order.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn every_input_that_is_kept_is_taken_as_promised() {
    for (target, check) in checks::TARGETS {
        let inputs = folder("inputs").join(target);
        let names = names(&inputs);
        assert!(!names.is_empty(), "{target} has examples");
        for name in names {
            let data = fs::read(inputs.join(&name)).unwrap();
            let taken = std::panic::catch_unwind(|| check(&data));
            assert!(taken.is_ok(), "fuzz/inputs/{target}/{name}");
        }
    }
}

#[test]
fn every_target_is_run_and_replayed() {
    let targets = checks::TARGETS.map(|(target, _)| target);
    assert_eq!(names(&folder("inputs")), targets);
    assert_eq!(names(&folder("fuzz_targets")), targets.map(|target| format!("{target}.rs")));
    let manifest = fs::read_to_string(folder("Cargo.toml")).unwrap();
    assert_eq!(manifest.matches("[[bin]]").count(), targets.len());
}
