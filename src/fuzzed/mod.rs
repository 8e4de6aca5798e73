//! Promises that hold for all inputs: one function for each fuzz target.
//!
//! Each takes any bytes, passes them to the server's own code, and panics if the result breaks a promise of that code.
//! `fuzz/fuzz_targets/` calls them with the inputs that libFuzzer makes; the tests below, with the files in
//! `fuzz/inputs/`: some examples, and every input that has broken a promise, named after the promise.
//!
//! Owns: the promises, written a second time and as plainly as possible. Must not: be part of the server; only tests and
//! the fuzzer compile it.

mod call;
mod config;
mod limits;
mod request;
mod text;
mod websocket;

pub use self::call::call;
pub use self::config::config;
pub use self::request::{chunked, request};
pub use self::text::{callback, form, json, ticket};
pub use self::websocket::websocket;

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    type Target = (&'static str, fn(&[u8]));

    const TARGETS: [Target; 9] = [
        ("call", super::call),
        ("callback", super::callback),
        ("chunked", super::chunked),
        ("config", super::config),
        ("form", super::form),
        ("json", super::json),
        ("request", super::request),
        ("ticket", super::ticket),
        ("websocket", super::websocket),
    ];

    fn folder(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(name)
    }

    /// The names of what a folder holds, in order.
    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn every_kept_input_is_taken_as_promised() {
        for (target, check) in TARGETS {
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
        let targets = TARGETS.map(|(target, _)| target);
        assert_eq!(names(&folder("inputs")), targets);
        assert_eq!(names(&folder("fuzz_targets")), targets.map(|target| format!("{target}.rs")));
        let manifest = fs::read_to_string(folder("Cargo.toml")).unwrap();
        assert_eq!(manifest.matches("[[bin]]").count(), targets.len());
    }
}
