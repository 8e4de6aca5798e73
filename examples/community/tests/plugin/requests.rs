//! Rules for all endpoints.

use serde_json::json;

use crate::common::TestSite;

const CHANGES: [&str; 11] = [
    "offline",
    "refresh",
    "message",
    "presence",
    "status",
    "setting",
    "join",
    "leave",
    "clear_history",
    "block",
    "unblock",
];
const READS: [&str; 10] = [
    "buddies",
    "buddy",
    "rooms",
    "members",
    "history",
    "histories",
    "download_history",
    "notifications",
    "notification",
    "buddies",
];

#[test]
fn without_a_log_in_every_endpoint_answers_401() {
    let site = TestSite::start();
    let nobody = site.browser();
    for endpoint in CHANGES {
        let forged = [("from", "alice"), ("id", "bob"), ("to", "bob"), ("body", "x"), ("show", "away")];
        assert_eq!(
            nobody.post(endpoint, &forged).refusal(),
            (401, "Please log in.".to_owned()),
            "{endpoint}"
        );
    }
    for endpoint in READS {
        assert_eq!(nobody.get(endpoint, &[("id", "bob")]).refusal().0, 401, "{endpoint}");
    }
}

#[test]
fn other_sites_change_nothing() {
    let site = TestSite::start();
    let alice = site.log_in("alice");
    let own = site.origin();
    let cases: [&[(&str, &str)]; 6] = [
        &[],
        &[("origin", "http://evil.example")],
        &[("origin", "null")],
        &[("referer", "http://evil.example/")],
        &[("sec-fetch-site", "cross-site")],
        &[("origin", &own), ("sec-fetch-site", "cross-site")],
    ];
    for endpoint in CHANGES.into_iter().chain(["online"]) {
        for headers in cases {
            let answer = alice.ask("POST", &format!("/webim/{endpoint}"), headers, "id=bob&to=bob&body=x");
            assert_eq!(answer.refusal().0, 403, "{endpoint} {headers:?}");
        }
        let answer = alice.get(endpoint, &[("id", "bob"), ("to", "bob"), ("body", "x")]);
        assert_eq!(answer.refusal().0, 405, "{endpoint}: a link changes nothing");
    }
    assert!(site.waiting("bob").is_empty());
    let referer = format!("{own}/page");
    let sent = alice.ask("POST", "/webim/message", &[("referer", &referer)], "to=bob&body=x");
    assert_eq!(sent.status, 200, "{sent:?}");
}

#[test]
fn parameters_may_stand_in_the_query() {
    let site = TestSite::start();
    let alice = site.log_in("alice");
    let own = site.origin();
    let sent = alice.ask(
        "POST",
        "/webim/message?to=bob&type=unicast&_=17",
        &[("origin", &own)],
        "body=x+y&to=carol",
    );
    assert_eq!((sent.status, sent.json()), (200, json!("ok")));
    assert_eq!(site.waiting("bob")[0].body, "x y");
    let asked = alice.ask("POST", "/webim/buddies", &[("origin", &own)], "ids=bob");
    assert_eq!(asked.json()[0]["id"], "bob");
}

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
