//! The page on which a front end of 2011 runs.

use std::fs;

use nextim_community::site::Options;
use tempfile::TempDir;

use crate::harness::World;

fn front_end() -> (TempDir, World) {
    let folder = tempfile::tempdir().unwrap();
    let files = [
        ("old/webim.all.js", "large"),
        ("old/webim.all.min.js", "small"),
        ("old/webim.all.min.css", "looks"),
        ("old/i18n/webim-en.js", "words"),
        ("old/themes/base/jquery.ui.theme.css", "colours"),
        ("old/images/emot/default/smile.gif", "GIF89a"),
        ("old/config.php", "secret"),
        ("secret.js", "secret"),
    ];
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    std::os::unix::fs::symlink(folder.path().join("secret.js"), folder.path().join("old/link.js")).unwrap();
    let world = World::with(Options { old: Some(folder.path().join("old")), ..Options::default() });
    (folder, world)
}

#[test]
fn without_a_front_end_the_page_lists_the_missing_files() {
    let world = World::new();
    let page = world.user("alice").get("/old");
    page.is(200).has(&["--old DIR", "webim.all.min.js", "data-site=\"/webim\" data-user="]);
    world.browser().get("/old/webim/webim.all.min.js").is(404);
}

#[test]
fn with_a_front_end_it_runs_in_place_of_the_chat_bar() {
    let (_folder, world) = front_end();
    let page = world.user("alice").get("/old");
    page.is(200).has(&[
        "<link rel=\"stylesheet\" href=\"/old/webim/webim.all.min.css\">",
        "<link rel=\"stylesheet\" href=\"/old/webim/themes/base/jquery.ui.theme.css\">",
        "<script src=\"/old/webim/webim.all.min.js\"></script>\n<script src=\"/old/webim/i18n/webim-en.js\"></script>\n\
         <script src=\"/static/old.js?v=",
        "href=\"/home.php?mod=space&amp;uid=2\"",
    ]);
    page.lacks(&["data-site="]);
    let config = page.body.split("data-config=\"").nth(1).unwrap().split('"').next().unwrap();
    let config =
        config.replace("&#34;", "\"").replace("&#38;", "&").replace("&#60;", "<").replace("&#62;", ">");
    let config: serde_json::Value = serde_json::from_str(&config).unwrap();
    assert_eq!((&config["site"], &config["files"]), (&"/webim".into(), &"/old/webim".into()));
    assert_eq!((&config["user"]["id"], &config["user"]["uid"]), (&"alice".into(), &"1".into()));
    assert!(config["setting"].is_object() && config["menu"].is_array());
    world.browser().get("/old").has(&["data-site=\"/webim\"", "/login?next=/old"]);
}

#[test]
fn only_this_page_lets_styles_stand_in_markup() {
    let (_folder, world) = front_end();
    let alice = world.user("alice");
    assert!(
        alice.get("/old").header("content-security-policy").contains("style-src 'self' http://127.0.0.1:")
    );
    assert!(alice.get("/old").header("content-security-policy").contains("'unsafe-inline'"));
    assert!(!alice.get("/").header("content-security-policy").contains("'unsafe-inline'"));
    assert!(!alice.get("/old").header("content-security-policy").contains("script-src 'self' 'unsafe"));
}

#[test]
fn its_folder_is_served_and_nothing_else() {
    let (_folder, world) = front_end();
    let browser = world.browser();
    let script = browser.get("/old/webim/webim.all.min.js");
    script.is(200).has(&["small"]);
    assert_eq!(script.header("content-type"), "text/javascript; charset=utf-8");
    assert_eq!(browser.get("/old/webim/images/emot/default/smile.gif").header("content-type"), "image/gif");
    for path in [
        "../secret.js",
        "..%2fsecret.js",
        "%2e%2e/secret.js",
        "i18n/../../secret.js",
        "i18n/..%2f..%2fsecret.js",
        "/etc/passwd",
        "%2fetc/passwd",
        "..%5csecret.js",
        "link.js",
        "config.php",
        "i18n",
        "nope.js",
        "webim.all.min.js%00",
    ] {
        let file = browser.get(&format!("/old/webim/{path}"));
        assert!([400, 404].contains(&file.status), "{path}: {}", file.status);
        file.lacks(&["secret\n", ">secret<", "root:"]);
        assert_ne!(file.body, "secret", "{path}");
    }
}
