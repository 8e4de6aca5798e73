//! Attacks on tickets: neither a ticket of one's own nor a part of another's opens another session.

use std::cell::RefCell;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::pair::beside_a_pair;
use crate::support::{Browser, Random, Response, Setup, Site, form, get, post, request};

/// Calls that speak for the user of a ticket.
const CALLS: [(&str, &[(&str, &str)]); 8] = [
    ("/presences/offline", &[]),
    ("/presences/show", &[("show", "stolen")]),
    ("/statuses", &[("to", "alice"), ("show", "stolen")]),
    ("/messages", &[("to", "alice"), ("body", "stolen")]),
    ("/onlines", &[("names", "alice")]),
    ("/room/members", &[("room", "r")]),
    ("/room/join", &[("room", "stolen")]),
    ("/room/leave", &[("room", "r")]),
];

/// What can be guessed from a ticket that one has, and from parts of one that is wanted. What a ticket is made of need
/// not be known: any byte may be the number of a session, of a shard, of a process.
fn guesses(wanted: &str, own: &str) -> Vec<String> {
    let bytes = URL_SAFE_NO_PAD.decode(wanted).unwrap();
    let near = (0..bytes.len()).flat_map(|at| {
        [1, 2, 128, 254, 255].map(|step: u8| {
            let mut near = bytes.clone();
            near[at] = near[at].wrapping_add(step);
            URL_SAFE_NO_PAD.encode(near)
        })
    });
    let mixed = (1..wanted.len()).flat_map(|at| {
        [format!("{}{}", &wanted[..at], &own[at..]), format!("{}{}", &own[..at], &wanted[at..])]
    });
    let shorter = (0..wanted.len()).flat_map(|at| [wanted[..at].to_owned(), wanted[at..].to_owned()]);
    let altered = [
        wanted.to_lowercase(),
        wanted.to_uppercase(),
        wanted.chars().rev().collect(),
        format!("{wanted}="),
        format!(" {wanted}"),
        format!("{wanted} "),
        format!("{wanted}{wanted}"),
        format!("{wanted},{own}"),
        wanted.replace(['A', '-', '_'], "B"),
    ];
    let mut chance = Random::new(1);
    let random: Vec<String> = (0..100)
        .map(|_| {
            URL_SAFE_NO_PAD
                .encode((0..bytes.len()).map(|_| chance.below(256).to_le_bytes()[0]).collect::<Vec<_>>())
        })
        .collect();
    let all = near.chain(mixed).chain(shorter).chain(altered).chain(random);
    all.filter(|guess| guess != wanted && guess != own && !guess.is_empty()).collect()
}

#[test]
fn no_guess_from_other_tickets_finds_a_session() {
    let patient = Setup::calm().timeout("poll_hold_ms_min", 600_000).timeout("poll_hold_ms_max", 600_000);
    beside_a_pair(&patient, |site, pair| {
        let mut alice = site.online("alice", &[("rooms", "r")]);
        // The attacker has several sessions, so that one is on the shard of alice.
        let own: Vec<Browser> = (0..3).map(|i| site.online(&format!("eve{i}"), &[])).collect();
        let parked = alice.park_surely();
        let mut conn = site.connect();
        for own in &own {
            for (number, guess) in guesses(&alice.ticket, &own.ticket).iter().enumerate() {
                let answer =
                    conn.call(&get("/packets", &[("domain", &site.domain), ("ticket", guess), ("seq", "0")]));
                is_refused(&answer, guess);
                let (path, params) = CALLS[number % CALLS.len()];
                let answer = conn.call(&site.post_bytes(path, &[params, &[("ticket", guess)]].concat()));
                is_refused(&answer, guess);
            }
        }
        pair.keeps_talking();
        assert!(!parked.is_readable(), "her poll was not touched");
        site.push("x", "alice", "hello");
        let heard = alice.read(parked);
        assert_eq!(heard.bodies(), ["hello"]);
        assert!(heard.presences.is_empty() && heard.statuses.is_empty());
        assert_eq!(
            [site.onlines("alice"), site.members("r"), site.members("stolen")],
            ["alice", "alice", ""]
        );
    });
}

#[track_caller]
fn is_refused(answer: &Response, guess: &str) {
    assert_eq!(answer.status, 404, "{guess}: {}", answer.text());
    assert!(["invalid ticket", "no client found"].contains(&answer.text()), "{}", answer.text());
}

#[test]
fn tickets_of_a_process_that_has_ended_find_nobody_in_the_next() {
    let setup = Setup::calm().sites(&[("a.example", &["key"])]);
    let before = RefCell::new(None);
    // Twice, so that each number of shards follows itself.
    for _ in 0..2 {
        setup.own(|server| {
            let site = Site::named(server, "a.example", "key");
            let alice = site.online("alice", &[]);
            if let Some(before) = before.borrow_mut().replace(alice.ticket.clone()) {
                let poll = get("/packets", &[("domain", "a.example"), ("ticket", &before)]);
                site.send(&poll).is(404, "no client found");
            }
            site.push("x", "alice", "hello");
            assert_eq!(alice.poll_with(&[]).json()["messages"][0]["body"], "hello");
        });
    }
}

#[test]
fn a_ticket_gives_no_call_of_the_site() {
    beside_a_pair(&Setup::calm(), |site, _| {
        let mut alice = site.online("alice", &[("rooms", "r")]);
        let basic = STANDARD.encode(format!("{}:{}", site.domain, alice.ticket));
        for (path, params) in CALLS {
            let own = [params, &[("domain", &*site.domain), ("ticket", &*alice.ticket)]].concat();
            site.send(&post(path, &own)).is(401, "authentication failed");
            let as_key = [&own[..], &[("apikey", &*alice.ticket)]].concat();
            site.send(&post(path, &as_key)).is(401, "authentication failed");
            let line = format!("POST {path}?{} HTTP/1.1", form(params));
            let answer = site.send(&request(&line, &[("Authorization", &format!("Basic {basic}"))], b""));
            answer.is(401, "authentication failed");
        }
        assert!(alice.everything().is_silent());
        assert_eq!([site.onlines("alice"), site.members("r")], ["alice", "alice"]);
    });
}
