//! `/onlines`: §2 onlines.

use serde_json::json;

use crate::support::each_site;

#[test]
fn the_names_that_are_online_are_listed_as_text() {
    each_site(|site| {
        site.online("alice", &[]);
        site.online("bob", &[("show", "away")]);
        site.online("carol", &[]);
        assert_eq!(site.onlines("alice,nobody,bob"), "alice,bob");
        assert_eq!(site.onlines("nobody"), "");
        site.post("/onlines", &[("names", "carol,x")]).is(200, "carol");
        site.offline("carol");
        assert_eq!(site.onlines("carol"), "");
    });
}

#[test]
fn versions_3_and_6_get_a_list() {
    each_site(|site| {
        site.online("alice", &[("nick", "Al"), ("show", "dnd"), ("status", "s<")]);
        let alice = json!([{"name": "alice", "nick": "Al", "show": "dnd", "status": "s<"}]);
        for version in ["3", "6"] {
            let params = [("names", "nobody,alice"), ("version", version)];
            assert_eq!(site.get("/onlines", &params).json(), alice);
            assert_eq!(site.post("/onlines", &params).json(), alice);
            assert_eq!(site.get("/onlines", &[("names", "x"), ("version", version)]).json(), json!([]));
        }
    });
}

#[test]
fn format_json_gets_an_object() {
    each_site(|site| {
        site.online("alice", &[("show", "dnd")]);
        site.online("bob", &[]);
        let params = [("names", "alice,bob,nobody"), ("format", "json")];
        assert_eq!(site.get("/onlines", &params).json(), json!({"alice": "dnd", "bob": "available"}));
        assert_eq!(site.get("/onlines", &[("names", "nobody"), ("format", "json")]).json(), json!({}));
    });
}

#[test]
fn a_long_list_is_answered_from_all_shards() {
    each_site(|site| {
        let names: Vec<String> = (100..200).map(|i| format!("user{i}")).collect();
        for name in names.iter().step_by(2) {
            site.online(name, &[]);
        }
        let online: Vec<&str> = names.iter().step_by(2).map(String::as_str).collect();
        assert_eq!(site.onlines(&names.join(",")), online.join(","));
    });
}

#[test]
fn the_one_who_asks_may_be_among_them() {
    each_site(|site| {
        let alice = site.online("alice", &[]);
        alice.call("/onlines", &[("names", "alice,bob")]).is(200, "alice");
    });
}
