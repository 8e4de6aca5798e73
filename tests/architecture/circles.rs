//! Which file imports which, and whether that goes round.
//!
//! Owns: the graph of files. Must not: judge it; `main.rs` does.

use std::collections::{BTreeMap, BTreeSet};

use super::source::Source;

/// For each file of a crate, the files that it imports from.
pub(crate) struct Imports {
    edges: BTreeMap<String, BTreeSet<String>>,
}

impl Imports {
    /// Of a crate whose root is in `folder`, such as `src/`.
    pub(crate) fn of(sources: &[&Source], folder: &str) -> Imports {
        let modules: BTreeMap<Vec<String>, &str> =
            sources.iter().map(|source| (module(&source.path, folder), source.path.as_str())).collect();
        let mut edges = BTreeMap::new();
        for source in sources {
            let here = module(&source.path, folder);
            let mut targets = BTreeSet::new();
            for path in source.uses.iter().cloned().chain(inline(&source.tokens)) {
                let file = resolve(&path, &here, &modules).filter(|file| *file != source.path);
                targets.extend(file.map(str::to_owned));
            }
            edges.insert(source.path.clone(), targets);
        }
        Imports { edges }
    }

    /// How many files import something.
    pub(crate) fn count(&self) -> usize {
        self.edges.values().map(BTreeSet::len).sum()
    }

    /// The groups of files each of which can be reached from each other.
    pub(crate) fn circles(&self) -> Vec<Vec<&str>> {
        let mut found: Vec<Vec<&str>> = Vec::new();
        for file in self.edges.keys().map(String::as_str) {
            if found.iter().any(|circle| circle.contains(&file)) {
                continue;
            }
            let reached = self.reach(file);
            let circle: Vec<&str> =
                reached.iter().copied().filter(|other| self.reach(other).contains(file)).collect();
            if !circle.is_empty() {
                found.push(circle);
            }
        }
        found
    }

    /// Each import from one of these files to another, as a line.
    pub(crate) fn between(&self, files: &[&str]) -> String {
        let lines = files.iter().flat_map(|from| {
            let targets = self.edges[*from].iter().filter(|to| files.contains(&to.as_str()));
            targets.map(move |to| format!("  {from} imports {to}\n"))
        });
        lines.collect()
    }

    /// The files that are imported by this one, directly or not; itself only if it is on a circle.
    fn reach(&self, from: &str) -> BTreeSet<&str> {
        let mut reached = BTreeSet::new();
        let mut open = vec![from];
        while let Some(file) = open.pop() {
            for next in self.edges.get(file).into_iter().flatten() {
                if reached.insert(next.as_str()) {
                    open.push(next);
                }
            }
        }
        reached
    }
}

/// The module that a file is: `src/router/mod.rs` is `router`, `src/lib.rs` the root.
fn module(path: &str, folder: &str) -> Vec<String> {
    let inner = path.strip_prefix(folder).unwrap_or(path).trim_end_matches(".rs");
    let inner = inner.strip_suffix("/mod").unwrap_or(inner);
    match inner {
        "lib" | "main" | "mod" => Vec::new(),
        inner => inner.split('/').map(str::to_owned).collect(),
    }
}

/// Paths of two parts and more that stand in the code.
fn inline(tokens: &[String]) -> Vec<Vec<String>> {
    let is_word = |token: &str| token.starts_with(|first: char| first.is_alphabetic() || first == '_');
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let start = at;
        let mut path = Vec::new();
        while at < tokens.len() && is_word(&tokens[at]) {
            path.push(tokens[at].clone());
            if tokens.get(at + 1).is_some_and(|next| next == "::") {
                at += 2;
            } else {
                break;
            }
        }
        // `pub(in crate::api)` says who may import, and imports nothing.
        let is_visibility = start >= 2 && tokens[start - 2..start] == ["pub", "in"];
        if path.len() > 1 && !is_visibility {
            found.push(path);
        }
        at += 1;
    }
    found
}

/// The file that a path leads to, if it is one of ours.
fn resolve<'a>(
    path: &[String],
    here: &[String],
    modules: &BTreeMap<Vec<String>, &'a str>,
) -> Option<&'a str> {
    let (mut at, rest) = match path.first()?.as_str() {
        "crate" => (Vec::new(), &path[1..]),
        "self" => (here.to_vec(), &path[1..]),
        "super" => {
            let ups = path.iter().take_while(|part| *part == "super").count();
            (here[..here.len().checked_sub(ups)?].to_vec(), &path[ups..])
        }
        // A child of this module.
        first => {
            let child = [here, &[first.to_owned()]].concat();
            modules.get(&child)?;
            (here.to_vec(), path)
        }
    };
    for part in rest {
        let child = [&at[..], std::slice::from_ref(part)].concat();
        if !modules.keys().any(|module| module.starts_with(&child)) {
            break;
        }
        at = child;
    }
    modules.get(&at).copied()
}
