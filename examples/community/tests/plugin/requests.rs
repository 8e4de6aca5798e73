//! Rules for all endpoints.

use crate::common::TestSite;

#[test]
fn answers_are_neither_cached_nor_shared() {
    let site = TestSite::start();
    let alice = site.log_in("alice");
    let answer = alice.get("buddies", &[("ids", "bob")]);
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert_eq!(answer.header("referrer-policy"), "same-origin");
    assert_eq!(answer.header("access-control-allow-origin"), "");
    let policy = answer.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; script-src 'self' http://127.0.0.1:"), "{policy}");
    assert!(policy.ends_with("frame-ancestors 'none'"), "{policy}");
}

#[test]
fn other_endpoints_and_methods_are_refused() {
    let site = TestSite::start();
    let alice = site.log_in("alice");
    assert_eq!(alice.get("nothing", &[]).refusal().0, 404);
    assert_eq!(alice.ask("PUT", "/webim/buddies", &[("origin", &site.origin())], "").refusal().0, 405);
}

#[test]
fn pictures_are_pictures() {
    let site = TestSite::start();
    let browser = site.browser();
    let picture = browser.ask("GET", "/avatar/xiaoming.svg", &[], "");
    assert_eq!((picture.status, picture.header("content-type")), (200, "image/svg+xml"));
    assert!(picture.body.contains("&#23567;"), "{}", picture.body);
    assert_eq!(picture.header("content-security-policy"), "default-src 'none'; sandbox");
    for path in
        ["/avatar/default.svg", "/avatar/%3Cscript%3E.svg", "/avatar/group/1.svg", "/avatar/group/x.svg"]
    {
        let picture = browser.ask("GET", path, &[], "");
        assert!(picture.status == 200 && !picture.body.contains("script"), "{path}");
    }
}

#[test]
fn a_post_of_ours_may_have_a_callback() {
    let site = TestSite::start();
    let alice = site.log_in("alice");
    let answer = alice.post("message", &[("to", "bob"), ("body", "x"), ("callback", "jQuery1_2.cb")]);
    assert_eq!((answer.status, answer.body.as_str()), (200, "/**/jQuery1_2.cb(\"ok\");"));
}
