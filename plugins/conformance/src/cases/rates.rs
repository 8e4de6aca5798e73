//! Rates and limits.
//!
//! Owns: how often and how much. Must not: assert a time.

use std::thread;

use super::case::{Case, case};
use crate::failure::{Failure, Verdict};
use crate::visitor::{Pairs, Visitor};
use crate::world::{World, go_online, send};

pub(super) const CASES: &[Case] = &[
    case("rates: twenty messages at once, and then one each half second", messages),
    case("rates: messages sent side by side are counted once each", side_by_side),
    case("rates: changes have a rate", changes),
    case("limits: long lists are cut, and long texts refused", limits),
];

/// How many messages a user may send at once.
const SENDS_AT_ONCE: usize = 20;
/// More than a user is given back while a slow site answers a few dozen messages.
const SLACK: usize = 25;

/// More than a user is given back while as many requests are answered.
const AT_ONCE_OF_ANOTHER: usize = 5;

/// Repeats a request until it is refused for its rate. Returns how many were carried out.
fn until_refused(by: &Visitor, endpoint: &str, params: Pairs<'_>, tries: usize) -> Verdict<usize> {
    for count in 0..tries {
        let answer = by.post(endpoint, params)?;
        if answer.status != 200 {
            answer.refuses(429, "a user who does this too often is told to wait")?;
            let after = answer.header("retry-after").parse::<u64>();
            answer.must(after.is_ok_and(|seconds| seconds > 0), "Retry-After, in seconds")?;
            return Ok(count);
        }
    }
    let came = format!("{tries} were carried out");
    Err(Failure::new(format!("POST {endpoint}, again and again"), came, "429 after a while"))
}

fn messages(world: &World) -> Verdict {
    let (alice, carol) = (world.log_in("alice")?, world.log_in("carol")?);
    let params = [("to", world.id("bob")), ("body", "x")];
    let count = until_refused(&alice, "message", &params, 400)?;
    let contract = format!("{SENDS_AT_ONCE} messages may be sent at once");
    let asked = "POST message, again and again";
    if count < SENDS_AT_ONCE {
        return Err(Failure::new(asked, format!("{count} were accepted"), contract));
    }
    send(&carol, world.id("alice"), "others may").map(drop)
}

fn side_by_side(world: &World) -> Verdict {
    let alice = world.log_in("alice")?;
    let accepted: Vec<Verdict<bool>> = thread::scope(|scope| {
        let send = |lane: usize| {
            let alice = &alice;
            move || -> Vec<Verdict<bool>> {
                let one = |number: usize| {
                    let body = format!("{lane}-{number}");
                    let sent =
                        alice.post("message", &[("to", world.id("bob")), ("body", &body), ("cid", &body)])?;
                    sent.must([200, 429].contains(&sent.status), "accepted, or too many")?;
                    Ok(sent.status == 200)
                };
                (0..10).map(one).collect()
            }
        };
        let lanes: Vec<_> = (0..8).map(|lane| scope.spawn(send(lane))).collect();
        lanes.into_iter().filter_map(|lane| lane.join().ok()).flatten().collect()
    });
    let accepted = accepted.into_iter().collect::<Verdict<Vec<bool>>>()?;
    let count = accepted.iter().filter(|accepted| **accepted).count();
    if (SENDS_AT_ONCE..SENDS_AT_ONCE + SLACK).contains(&count) {
        return Ok(());
    }
    Err(Failure::new(
        "80 messages, eight at a time",
        format!("{count} were accepted"),
        "the rate is taken by one statement: who reads first and then writes lets more than 20 through",
    ))
}

fn changes(world: &World) -> Verdict {
    let (alice, bob) = (world.log_in("alice")?, world.log_in("bob")?);
    let page = go_online(&alice, &[])?;
    let ticket = ("ticket", &*page.ticket);
    for (endpoint, params) in [
        ("setting", &[("data", "{}")][..]),
        ("presence", &[("show", "away"), ticket]),
        ("leave", &[("id", world.room("walkers")), ticket]),
        ("online", &[]),
    ] {
        until_refused(&alice, endpoint, params, 300)?;
        if endpoint == "setting" {
            for _ in 0..AT_ONCE_OF_ANOTHER {
                let contract = "how often one user changes something is nothing to another";
                bob.post("setting", params)?.is(200, contract)?;
            }
        }
    }
    Ok(())
}

fn limits(world: &World) -> Verdict {
    let alice = world.log_in("alice")?;
    let many: Vec<String> = (0..2_000).map(|number| format!("nobody-{number}")).collect();
    let ids = format!("{},{}", world.id("bob"), many.join(","));
    let found = alice.post("buddies", &[("ids", &ids)])?;
    found.is(200, "a long list is cut")?;
    found.must(found.each("", "id") == [world.id("bob")], "unknown ids are left out")?;
    let long = format!("{{\"x\":\"{}\"}}", "y".repeat(16_384));
    alice.post("setting", &[("data", &long)])?.refuses(400, "settings have at most 16,384 bytes")?;
    alice
        .post("online", &[("status", &"s".repeat(1_025))])?
        .refuses(400, "a status has at most 1,024 bytes")?;
    alice.post("online", &[("show", &"s".repeat(33))])?.refuses(400, "a show has at most 32 bytes")?;
    let huge = alice.post("message", &[("to", world.id("bob")), ("body", &"字".repeat(60_000))])?;
    huge.must([400, 413].contains(&huge.status), "what is far too long is refused")?;
    huge.fits("refusal")
}
