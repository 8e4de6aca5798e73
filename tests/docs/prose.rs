//! What the documents say between their examples.
//!
//! Owns: links, paths, names of tests, and words. Must not: start a server.

use std::fs;
use std::path::{Path, PathBuf};

use nextim_testkit::documents::{cut, root, text};

use super::{README, code, documents};

/// Documents with an owner of their own, whose links are followed as well.
const BESIDE: [&str; 6] = [
    "packaging/README.md",
    "src/web/README.md",
    "examples/community/README.md",
    "plugins/README.md",
    "plugins/endpoints.md",
    "plugins/conformance/README.md",
];

/// The anchor of a heading, as GitHub makes it.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().chars().filter(|char| char.is_alphanumeric() || " -_".contains(*char));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

/// Where the links and pictures of a text lead.
fn targets(prose: &str) -> impl Iterator<Item = &str> {
    let links = prose.split("](").skip(1).map(|rest| rest.split(')').next().unwrap());
    links.chain(prose.split("src=\"").skip(1).map(|rest| rest.split('"').next().unwrap()))
}

/// Whether a link from this document leads somewhere.
fn leads(document: &str, target: &str) -> bool {
    let (file, anchored) =
        target.split_once('#').map_or((target, None), |(file, anchor)| (file, Some(anchor)));
    let folder = Path::new(document).parent().unwrap();
    let path = if file.is_empty() { PathBuf::from(document) } else { folder.join(file) };
    let Some(wanted) = anchored else { return root().join(path).exists() };
    let (prose, _) = cut(path.to_str().unwrap());
    let headings = prose.lines().filter(|line| line.starts_with('#'));
    headings.map(|line| anchor(line.trim_start_matches('#'))).any(|found| found == wanted)
}

#[test]
fn every_link_leads_somewhere() {
    let mut links = 0;
    for document in documents().into_iter().chain(BESIDE.map(str::to_owned)) {
        let (prose, _) = cut(&document);
        for target in targets(&prose).filter(|target| !target.starts_with("https://")) {
            assert!(leads(&document, target), "{document}: {target}");
            links += 1;
        }
    }
    assert!(links > 60, "only {links} links");
}

/// All code in Rust below these folders.
fn sources(folders: &[&str]) -> String {
    let mut folders: Vec<PathBuf> = folders.iter().map(|folder| root().join(folder)).collect();
    let mut sources = String::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                sources += &fs::read_to_string(path).unwrap();
            }
        }
    }
    sources
}

#[test]
fn every_invariant_names_a_test_that_exists() {
    let (prose, _) = cut("ARCHITECTURE.md");
    let (_, list) = prose.split_once("## Invariants\n").expect("invariants");
    let list = list.split("\n## ").next().unwrap();
    let (sources, lints) = (sources(&["src", "tests"]), text("Cargo.toml"));
    let holds = |name: &str| {
        sources.contains(&format!("fn {name}()")) || lints.contains(&format!("\n{name} = \"forbid\""))
    };
    let invariants: Vec<&str> = list.split("\n- ").skip(1).collect();
    assert!(invariants.len() > 15, "{invariants:?}");
    for invariant in invariants {
        let names: Vec<&str> = code(invariant).filter(|code| code.contains('_')).collect();
        assert!(!names.is_empty(), "nothing holds this: {invariant}");
        for name in names {
            assert!(holds(name), "{invariant}: there is no test {name}");
        }
    }
}

#[test]
fn every_path_in_the_project_that_is_named_exists() {
    let folders = ["src/", "tests/", "docs/", "loadtest/", "benches/", "fuzz/", "examples/", "packaging/"];
    let mut paths = 0;
    for document in documents() {
        let (prose, _) = cut(&document);
        for path in code(&prose).filter(|code| folders.iter().any(|folder| code.starts_with(folder))) {
            assert!(root().join(path).exists(), "{document}: {path}");
            paths += 1;
        }
    }
    assert!(paths > 30, "only {paths} paths");
}

#[test]
fn every_step_of_a_journey_exists() {
    let (prose, _) = cut("ARCHITECTURE.md");
    let (_, journeys) = prose.split_once("## Three journeys\n").expect("journeys");
    let journeys = journeys.split("\n## ").next().unwrap();
    let (mut file, mut steps) = ("", 0);
    for (path, function) in code(journeys).filter_map(|code| code.split_once("::")) {
        if path.starts_with(|letter: char| letter.is_uppercase()) {
            continue; // a type
        }
        if !path.is_empty() {
            file = path;
        }
        assert!(text(&format!("src/{file}")).contains(&format!("fn {function}")), "{file} has no {function}");
        steps += 1;
    }
    assert!(steps > 20, "only {steps} steps");
}

/// What only documents do without; tests/architecture has the words that no file uses.
const UNPLAIN: [&str; 3] = ["her", "seldom", "so many"];

#[test]
fn the_documents_use_plain_words() {
    for document in documents() {
        let (prose, _) = cut(&document);
        let words = prose.split(|char: char| !char.is_alphanumeric()).filter(|word| !word.is_empty());
        let spoken = format!(" {} ", words.collect::<Vec<_>>().join(" ").to_lowercase());
        for word in UNPLAIN {
            assert!(!spoken.contains(&format!(" {word} ")), "{document} has \"{word}\"");
        }
    }
}

#[test]
fn every_document_can_be_reached_from_the_readme() {
    let (prose, _) = cut(README);
    let linked: Vec<&str> = targets(&prose).map(|target| target.split('#').next().unwrap()).collect();
    for document in documents().iter().filter(|document| *document != README) {
        assert!(linked.contains(&&**document), "{document}");
    }
}
