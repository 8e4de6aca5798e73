//! The site's own files, and how long they may be kept.

use std::fs;
use std::path::PathBuf;

use crate::harness::{World, crate_folder};

fn of_site(file: &str) -> PathBuf {
    crate_folder().join("static").join(file)
}

/// The files of which the stylesheet is made.
fn stylesheets() -> Vec<String> {
    let files: Vec<PathBuf> =
        fs::read_dir(of_site("css")).unwrap().map(|file| file.unwrap().path()).collect();
    assert!(files.len() > 5);
    files.iter().map(|file| fs::read_to_string(file).unwrap()).collect()
}

#[test]
fn a_file_with_its_version_is_kept_for_ever() {
    let world = World::new();
    let browser = world.browser();
    let page = browser.get("/");
    for (name, kind, parts) in [
        ("site.css", "text/css; charset=utf-8", stylesheets()),
        ("favicon.svg", "image/svg+xml", vec![fs::read_to_string(of_site("favicon.svg")).unwrap()]),
    ] {
        let start = page.body.find(&format!("/static/{name}?v=")).unwrap();
        let url = page.body[start..].split('"').next().unwrap();
        let file = browser.get(url);
        file.is(200);
        assert_eq!(file.header("content-type"), kind);
        assert!(file.header("cache-control").contains("immutable"));
        assert_eq!(file.body.len(), parts.iter().map(String::len).sum::<usize>());
        assert!(parts.iter().all(|part| file.body.contains(part)), "all of {name} is served");
    }
}

#[test]
fn a_file_without_a_version_is_asked_for_again() {
    let world = World::new();
    let browser = world.browser();
    for path in ["/static/site.css", "/static/site.css?v=another", "/favicon.ico", "/static/old.js"] {
        let file = browser.get(path);
        file.is(200);
        assert_eq!(file.header("cache-control"), "no-cache", "{path}");
        let tag = file.header("etag").to_owned();
        for known in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".to_owned()] {
            let same = browser.get_with(path, &[("if-none-match", &known)]);
            same.is(304);
            assert!(same.body.is_empty());
        }
        browser.get_with(path, &[("if-none-match", "\"x\"")]).is(200);
    }
}

#[test]
fn pages_load_nothing_from_elsewhere() {
    assert!(stylesheets().iter().all(|css| !css.contains("url(") && !css.contains("@import")));
    for file in fs::read_dir(crate_folder().join("templates")).unwrap() {
        let path = file.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        assert!(!text.contains("|safe") && !text.contains("| safe"), "{}", path.display());
        assert!(!text.contains("src=\"http"), "{}", path.display());
    }
}
