//! Reads the sources and checks which module imports which.
//!
//! Owns: the order of modules that the crate documentation states. Must not: import the crate.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// A module may import the modules before it. Those of the same line do not import each other.
const FLOORS: [&[&str]; 9] = [
    &["http", "dates", "limits", "names", "arguments"],
    &["buckets", "secret"],
    &["webim"],
    &["store", "passwords"],
    &["site"],
    &["session", "seed"],
    &["visit", "handler"],
    &["plug", "avatar", "pages"],
    &["community"],
];
/// All that the plugin imports from outside its folder.
const OF_PLUGIN: [&str; 4] = ["buckets", "dates", "http", "secret"];

/// The sources of a folder below `src/` by the names of their modules, without comments and tests.
fn sources(folder: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(folder)).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]\nmod ").next().unwrap();
            let lines = code.lines().map(|line| line.split("//").next().unwrap());
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            found.insert(name, lines.collect::<Vec<_>>().join("\n"));
        }
    }
    found
}

/// The names right after `prefix`, such as `crate::`; also all names of a list in braces.
fn named<'a>(code: &'a str, prefix: &str) -> BTreeSet<&'a str> {
    let is_end = |c: char| !c.is_alphanumeric() && c != '_';
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices(prefix) {
        let rest = &code[at + prefix.len()..];
        match rest.strip_prefix('{').and_then(|list| list.split_once("};")) {
            // Words of inner lists are found too: no item has the name of a module beside it.
            Some((list, _)) => found.extend(list.split(is_end).filter(|name| !name.is_empty())),
            None => found.extend(rest.split(is_end).next()),
        }
    }
    found
}

/// All code of a module: its file or the files of its folder.
fn whole(module: &str) -> String {
    let file = sources("").remove(module);
    file.unwrap_or_else(|| sources(module).into_values().collect())
}

#[test]
fn each_module_imports_only_modules_before_it() {
    let modules: BTreeSet<&str> = FLOORS.iter().flat_map(|floor| floor.iter().copied()).collect();
    let mut before = BTreeSet::new();
    for floor in FLOORS {
        for module in floor {
            let code = whole(module);
            assert!(!code.is_empty(), "{module} has no code");
            let imported = named(&code, "crate::");
            let above: Vec<_> = imported
                .intersection(&modules)
                .filter(|name| *name != module && !before.contains(*name))
                .collect();
            assert!(above.is_empty(), "{module} imports {above:?}");
        }
        before.extend(floor.iter().copied());
    }
    let declared = named(&sources("")["lib"], "mod ").into_iter().map(str::to_owned).collect::<BTreeSet<_>>();
    assert_eq!(
        declared,
        modules.iter().map(|name| (*name).to_owned()).collect(),
        "every module has its floor"
    );
}

#[test]
fn the_plugin_imports_nothing_of_the_site() {
    assert_eq!(named(&whole("webim"), "crate::"), BTreeSet::from(OF_PLUGIN));
}

#[test]
fn files_of_a_folder_import_each_other_in_no_circle() {
    for folder in ["http", "webim", "store", "pages"] {
        let sources = sources(folder);
        let mut left: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (file, code) in sources.iter().filter(|(file, _)| *file != "mod") {
            let (files, items): (BTreeSet<&str>, BTreeSet<&str>) =
                named(code, "super::").into_iter().partition(|name| sources.contains_key(*name));
            // `mod.rs` of the others imports their files, so these import nothing from it.
            assert!(folder == "store" || items.is_empty(), "{folder}/{file} imports {items:?} from mod.rs");
            left.insert(file, files);
        }
        assert!(left.len() > 3, "{folder} has files");
        // A file that imports none of those left is in no circle.
        while let Some(file) = left.iter().find(|(_, imported)| imported.is_empty()).map(|(file, _)| *file) {
            left.remove(file);
            for imported in left.values_mut() {
                imported.remove(file);
            }
        }
        assert!(left.is_empty(), "{folder}: a circle is among {left:?}");
    }
}
