//! Attacks of one site on another: every call, with each thing that belongs to the other.

use std::collections::BTreeSet;

use nextim_testkit::paths::site_calls;

use super::pair::beside_a_pair;
use crate::support::{Browser, Setup, Site, basic, form, get, post, request};

/// A call of a site: its path, its parameters, and whether it takes a ticket. The names are those of the other site's
/// users and rooms.
type Line = (&'static str, &'static [(&'static str, &'static str)], bool);

/// All calls of sites but those of version 5; `v5` has these.
const CALLS: [Line; 11] = [
    (
        "/presences/online",
        &[("name", "alice"), ("nick", "Eve"), ("buddies", "bob"), ("rooms", "r"), ("show", "dnd")],
        false,
    ),
    ("/presences/offline", &[("name", "alice")], true),
    ("/presences/show", &[("name", "alice"), ("show", "dnd")], true),
    ("/statuses", &[("to", "alice"), ("show", "typing")], true),
    ("/signals", &[("from", "bob"), ("to", "alice"), ("name", "edit"), ("data", "{}")], true),
    ("/messages", &[("from", "bob"), ("to", "alice"), ("body", "hi")], true),
    ("/onlines", &[("names", "alice,bob")], true),
    ("/room/members", &[("room", "r")], true),
    ("/room/join", &[("name", "bob"), ("room", "r")], true),
    ("/room/leave", &[("name", "alice"), ("room", "r")], true),
    ("/buddies/remove", &[("name", "alice"), ("buddies", "bob")], false),
];

#[test]
fn the_table_has_every_call_of_a_site() {
    let table: BTreeSet<&str> = CALLS.iter().map(|(path, ..)| *path).collect();
    assert_eq!(table, site_calls().filter(|path| !path.starts_with("/v5/")).collect());
}

/// The site that is attacked, with two users who know each other and something said.
struct Victim {
    site: Site,
    alice: Browser,
    bob: Browser,
}

impl Victim {
    fn of(site: Site) -> Victim {
        let mut alice = site.online("alice", &[("rooms", "r"), ("nick", "Alice")]);
        let bob = site.online("bob", &[("rooms", "r"), ("buddies", "alice")]);
        alice.everything();
        site.push("x", "alice", "for alice");
        Victim { site, alice, bob }
    }

    /// Nothing has changed: who is there, what they show, whom they know, and what waits for them.
    #[track_caller]
    fn stays_untouched(mut self) {
        let heard = self.alice.everything();
        assert_eq!(heard.bodies(), ["for alice"]);
        assert!(
            heard.presences.is_empty() && heard.statuses.is_empty() && heard.signals.is_empty(),
            "{heard:?}"
        );
        assert!(self.bob.everything().is_silent());
        let shown = self.site.get("/onlines", &[("names", "alice,bob"), ("format", "json")]).json();
        assert_eq!(shown, serde_json::json!({"alice": "available", "bob": "available"}));
        assert_eq!(self.site.members("r"), "alice,bob");
        self.alice.show("away");
        assert_eq!(self.bob.everything().moves(), ["alice show away"], "they are buddies still");
    }
}

/// A call in every way it can be made: parameters in the query, a form or JSON, the credentials beside them or Basic.
fn ways(path: &str, credentials: [&str; 2], params: &[(&str, &str)]) -> Vec<Vec<u8>> {
    let [domain, apikey] = credentials;
    let all = [&[("domain", domain), ("apikey", apikey)], params].concat();
    let object = |value: &str| serde_json::from_str(value).ok().filter(serde_json::Value::is_object);
    let members = all.iter().map(|(name, value)| (*name, object(value).unwrap_or((*value).into())));
    let json = members.collect::<serde_json::Value>().to_string();
    let basic = basic(domain, apikey);
    let with_query = format!("POST {path}?{} HTTP/1.1", form(params));
    let mut ways = vec![
        post(path, &all),
        request(&format!("POST {path}?{} HTTP/1.1", form(&all)), &[], b""),
        request(&format!("POST {path} HTTP/1.1"), &[("Content-Type", "application/json")], json.as_bytes()),
        request(&with_query, &[("Authorization", &basic)], b""),
    ];
    if ["/onlines", "/room/members"].contains(&path) {
        ways.push(get(path, &all));
    }
    ways
}

#[test]
fn a_ticket_of_another_site_is_none() {
    beside_a_pair(&Setup::calm(), |site, _| {
        let victim = Victim::of(site.neighbour());
        let eve = site.online("eve", &[]);
        for (path, params, takes_ticket) in CALLS {
            if !takes_ticket {
                continue;
            }
            let stolen = [params, &[("ticket", &*victim.alice.ticket)]].concat();
            for way in ways(path, [&site.domain, &site.apikey], &stolen) {
                site.send(&way).is(404, "no client found");
            }
        }
        for (domain, ticket) in [
            (&site.domain, &victim.alice.ticket),
            (&victim.site.domain, &eve.ticket),
            (&site.domain, &victim.bob.ticket),
        ] {
            let params = [("domain", &**domain), ("ticket", &**ticket), ("seq", "1")];
            for poll in [get("/packets", &params), post("/packets", &params)] {
                site.send(&poll).is(404, "no client found");
            }
        }
        victim.stays_untouched();
    });
}

#[test]
fn a_key_of_another_site_is_none() {
    beside_a_pair(&Setup::calm(), |site, _| {
        let victim = Victim::of(site.neighbour());
        for (path, params, _) in CALLS {
            let stolen = [params, &[("ticket", &*victim.alice.ticket)]].concat();
            for params in [params, &stolen] {
                for way in ways(path, [&victim.site.domain, &site.apikey], params) {
                    site.send(&way).is(401, "authentication failed");
                }
            }
            // Parameters win over Basic, one by one: neither may lend the other what it lacks.
            let own = basic(&site.domain, &site.apikey);
            let beside = [params, &[("domain", &*victim.site.domain)]].concat();
            let line = format!("POST {path}?{} HTTP/1.1", form(&beside));
            site.send(&request(&line, &[("Authorization", &own)], b"")).is(401, "authentication failed");
        }
        victim.stays_untouched();
    });
}

#[test]
fn names_and_rooms_of_another_site_are_others_of_that_name() {
    beside_a_pair(&Setup::calm(), |site, _| {
        let victim = Victim::of(site.neighbour());
        let eve = site.online("eve", &[("buddies", "alice,bob"), ("rooms", "r")]);
        for (path, params, takes_ticket) in CALLS {
            for way in ways(path, [&site.domain, &site.apikey], params) {
                let answer = site.send(&way);
                let missing = answer.status == 400 && answer.text() == "missing parameter: ticket";
                assert!(
                    answer.status == 200 || missing || answer.text() == "no client found",
                    "{path}: {answer:?}"
                );
            }
            if takes_ticket {
                let own = [params, &[("ticket", &*eve.ticket)]].concat();
                for way in ways(path, [&site.domain, &site.apikey], &own) {
                    // The first one ends her session.
                    let status = site.send(&way).status;
                    assert!([200, 404].contains(&status), "{path}: {status}");
                }
            }
        }
        let again = site.online("eve", &[]);
        for to in ["alice", "bob"] {
            again.call("/messages", &[("to", to), ("body", "from another world")]);
            again.types(to, "typing");
        }
        again.say_in("r", "from another world");
        again.say_to_all("from another world");
        site.offline("alice");
        victim.stays_untouched();
    });
}
