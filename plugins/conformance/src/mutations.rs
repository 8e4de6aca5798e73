//! Breaks of a plugin, each of which a case must find: a suite that passes everything would be of no use.
//!
//! Owns: the list's format, and copies of the plugin to break. Must not: change the plugin itself.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use tempfile::TempDir;

use crate::cases::{self, Case};
use crate::runner;
use crate::target::Target;

/// A list of mutations.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    /// The folder of all paths below, from the folder of this list.
    root: PathBuf,
    /// The target file.
    target: PathBuf,
    /// The folders that are copied.
    copied: Vec<PathBuf>,
    #[serde(rename = "mutation")]
    mutations: Vec<Mutation>,
}

/// A change of one place, and the case that must fail then.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Mutation {
    file: PathBuf,
    before: String,
    after: String,
    case: String,
}

/// Tries all mutations of a list. Returns whether each was caught.
pub(crate) fn run(file: &Path, print: fn(&str)) -> Result<bool, String> {
    let failed = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
    let text = fs::read_to_string(file).map_err(|error| failed(&error))?;
    let list: List = toml::from_str(&text).map_err(|error| failed(&error))?;
    let root = file.parent().unwrap_or(Path::new("")).join(&list.root);
    let mut named = Vec::new();
    for mutation in &list.mutations {
        let found = cases::all().into_iter().find(|case| case.name == mutation.case);
        named.push(found.ok_or_else(|| failed(&format!("there is no case {:?}", mutation.case)))?);
    }
    let unbroken = list.try_copy(&root, None, &named, |_| {})?;
    if unbroken != (named.len(), 0) {
        let text = "these cases must pass before anything is broken; run them with the target file";
        return Err(failed(&text));
    }
    let mut caught = 0;
    for (mutation, case) in list.mutations.iter().zip(named) {
        let is_caught = list.try_copy(&root, Some(mutation), &[case], print)? == (0, 1);
        caught += usize::from(is_caught);
        let word = if is_caught { "caught" } else { "missed" };
        print(&format!(
            "{word}       {}: {:?} -> {:?}",
            mutation.file.display(),
            mutation.before,
            mutation.after
        ));
    }
    let missed = list.mutations.len() - caught;
    print(&format!("{caught} caught, {missed} missed"));
    Ok(missed == 0)
}

impl List {
    /// Runs cases on a copy with this mutation. Returns how many passed, and how many failed.
    fn try_copy(
        &self,
        root: &Path,
        mutation: Option<&Mutation>,
        cases: &[Case],
        print: fn(&str),
    ) -> Result<(usize, usize), String> {
        // A copy for each: Python would run what it has compiled of a file of the same age and length.
        let copy = TempDir::new().map_err(|error| format!("a folder for a copy: {error}"))?;
        for folder in &self.copied {
            let (from, to) = (root.join(folder), copy.path().join(folder));
            copy_folder(&from, &to).map_err(|error| format!("{}: {error}", from.display()))?;
        }
        if let Some(mutation) = mutation {
            mutation.apply(copy.path())?;
        }
        let file = copy.path().join(&self.target);
        let counts = runner::run(Target::read(&file)?, &file, cases, false, print)?;
        Ok((counts.passed, counts.failed))
    }
}

impl Mutation {
    fn apply(&self, copy: &Path) -> Result<(), String> {
        let failed = |error: &dyn std::fmt::Display| format!("{}: {error}", self.file.display());
        let file = copy.join(&self.file);
        let text = fs::read_to_string(&file).map_err(|error| failed(&error))?;
        let places = text.matches(&self.before).count();
        if places != 1 {
            return Err(failed(&format!("{:?} stands there {places} times, and not once", self.before)));
        }
        fs::write(&file, text.replace(&self.before, &self.after)).map_err(|error| failed(&error))
    }
}

/// Copies a folder without what was compiled or installed in it.
fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with('.') || ["__pycache__", "node_modules", "vendor"].contains(&&*name) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &to.join(&*name))?;
        } else {
            fs::copy(entry.path(), to.join(&*name)).map(drop)?;
        }
    }
    Ok(())
}
