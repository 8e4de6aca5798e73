//! The site's own files, and how long they may be kept.

use std::fs;

use crate::harness::{World, crate_folder};

#[test]
fn a_file_with_its_version_is_kept_for_ever() {
    let world = World::new();
    let browser = world.browser();
    let page = browser.get("/");
    for (name, kind) in [("site.css", "text/css; charset=utf-8"), ("favicon.svg", "image/svg+xml")] {
        let start = page.body.find(&format!("/static/{name}?v=")).unwrap();
        let url = page.body[start..].split('"').next().unwrap();
        let file = browser.get(url);
        file.is(200);
        assert_eq!(file.header("content-type"), kind);
        assert!(file.header("cache-control").contains("immutable"));
        assert_eq!(file.body, fs::read_to_string(crate_folder().join("static").join(name)).unwrap());
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
    let css = fs::read_to_string(crate_folder().join("static/site.css")).unwrap();
    assert!(!css.contains("url(") && !css.contains("@import"));
    for file in fs::read_dir(crate_folder().join("templates")).unwrap() {
        let path = file.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        assert!(!text.contains("|safe") && !text.contains("| safe"), "{}", path.display());
        assert!(!text.contains("src=\"http"), "{}", path.display());
    }
}
