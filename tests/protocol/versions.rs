//! The parameter `version`: which are known, and on which calls. §1 Versions.

use serde_json::json;

use crate::support::{Response, each_site};

#[test]
fn an_unknown_version_is_refused_on_any_call() {
    each_site(|site| {
        let alice = site.online("alice", &[]);
        for version in ["1", "4", "5", "7", "03", "6.0", "v6", "x"] {
            let version = [("version", version)];
            let refused = |answer: Response| answer.is(400, "bad parameter: version");
            refused(site.post("/presences/online", &[&[("name", "bob")], &version[..]].concat()));
            refused(site.get("/onlines", &[&[("names", "bob")], &version[..]].concat()));
            refused(site.get("/room/members", &[&[("room", "room")], &version[..]].concat()));
            refused(alice.call("/messages", &[&[("to", "bob"), ("body", "hi")], &version[..]].concat()));
            refused(alice.call("/presences/offline", &version));
        }
        assert_eq!(site.onlines("alice,bob"), "alice");
    });
}

#[test]
fn version_3_is_understood_on_every_call() {
    each_site(|site| {
        let alice = site.start("alice", &[("version", "3")]);
        let v3 = ("version", "3");
        alice.call("/presences/show", &[v3, ("show", "away")]).ok();
        alice.call("/statuses", &[v3, ("to", "bob"), ("show", "typing")]).ok();
        alice.call("/messages", &[v3, ("to", "bob"), ("body", "hi")]).ok();
        assert_eq!(alice.call("/room/join", &[v3, ("room", "r")]).json(), json!({"r": 1}));
        let members = alice.call("/room/members", &[v3, ("room", "r")]).json();
        assert_eq!(members, json!({"r": [{"id": "alice", "nick": "alice"}]}));
        alice.call("/room/leave", &[v3, ("room", "r")]).ok();
        alice.call("/presences/offline", &[v3]).ok();
    });
}
