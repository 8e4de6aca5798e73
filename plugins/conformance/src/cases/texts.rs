//! Odd texts in every parameter.
//!
//! Owns: what is kept of a text, and that no text breaks an endpoint. Must not: test what is refused by rule.

use super::case::{Case, case, offered};
use crate::failure::Verdict;
use crate::visitor::Visitor;
use crate::world::{World, go_online};

pub(super) const CASES: &[Case] = &[
    case("texts: every text arrives as it was sent", arrive),
    case("texts: a cid is any text", cids),
    case("texts: no text breaks an endpoint", unbroken),
    case("texts: ids are compared byte by byte", bytewise),
    offered("texts: a status is any text", &["status_text"], statuses),
];

const TEXTS: [&str; 16] = [
    "\"double\" 'single' `back`",
    "back\\slash \\n \\u0041 \\",
    "100 % %25 %zz %",
    "a,b,,c",
    "👩‍👩‍👧 🏳️‍🌈 👋🏽",
    "שלום עולם مرحبا \u{202e}abc\u{202c}",
    "<script>alert(1)</script> &amp; <!-- ]]>",
    "line\nbreak\tand tab",
    "'; DROP TABLE messages; --",
    "${x} {{x}} {% x %} <?php x ?>",
    "繁體字 简体字 \u{2028}\u{2029}",
    "e\u{301} é \u{200b}zero \u{feff}",
    "a+b&c=d;e#f?g/h",
    "0",
    "false",
    "[\"a\"] {\"b\":1}",
];

fn arrive(world: &World) -> Verdict {
    let alice = world.log_in("alice")?;
    for text in TEXTS {
        world.puppet.forget();
        let sent = alice.post("message", &[("to", world.id("bob")), ("body", text), ("cid", text)])?;
        sent.fits("message")?;
        let call = world.puppet.one("/messages", text, "it is pushed")?;
        world.puppet.must(call.get("body") == text, text, "the push has the text as it was written")?;
    }
    let page = go_online(&world.log_in("bob")?, &[])?;
    page.answer.must(page.missed() == TEXTS, "the row has the text as it was written")?;
    let history = alice.get("history", &[("type", "unicast"), ("id", world.id("bob"))])?;
    history.must(history.each("", "body") == TEXTS, "and the history")?;
    page.answer.must(!page.answer.text.contains('<'), "< is escaped in JSON, so that it may stand in a page")
}

fn cids(world: &World) -> Verdict {
    let (alice, bob) = (world.log_in("alice")?, world.log_in("bob")?);
    // Two senders, so that neither writes too fast.
    let (first_half, second_half) = TEXTS.split_at(TEXTS.len() / 2);
    for (by, other, texts) in [(&alice, "bob", first_half), (&bob, "alice", second_half)] {
        for text in texts {
            let params = [("to", world.id(other)), ("body", "x"), ("cid", text.trim())];
            let first = by.post("message", &params)?;
            first.fits("message")?;
            let second = by.post("message", &params)?;
            second.must(second.json["id"] == first.json["id"], "one cid is one message")?;
        }
        let history = by.get("history", &[("type", "unicast"), ("id", world.id(other))])?;
        let mut kept = history.each("", "cid");
        kept.retain(|cid| !cid.is_empty());
        let sent: Vec<&str> = texts.iter().map(|text| text.trim()).collect();
        history.must(kept == sent, "the sender gets it back as it was")?;
    }
    Ok(())
}

fn statuses(world: &World) -> Verdict {
    let (alice, bob) = (world.log_in("alice")?, world.log_in("bob")?);
    for text in TEXTS {
        let page = go_online(&bob, &[("status", text)])?;
        page.answer.equals("/user/status", text.trim(), "the status is the text that was sent")?;
        let seen = alice.get("buddies", &[("ids", world.id("bob"))])?;
        seen.equals("/0/status", text.trim(), "and others see it")?;
    }
    Ok(())
}

/// Parameters of reads, and then of changes; each is given each text.
const READS: [(&str, &[&str]); 5] = [
    ("buddies", &["ids", "stranger_ids"]),
    ("rooms", &["ids"]),
    ("members", &["id", "ids", "ticket"]),
    ("history", &["id", "ids", "type", "before"]),
    ("missed", &["since"]),
];
const CHANGES: [(&str, &[&str]); 9] = [
    ("online", &["show", "buddy_ids", "room_ids", "stranger_ids", "since", "version"]),
    ("message", &["type", "to", "ticket", "style"]),
    ("presence", &["show", "status", "ticket"]),
    ("status", &["to", "show", "ticket"]),
    ("setting", &["data", "play_sound", "blocked_rooms"]),
    ("join", &["id", "ticket"]),
    ("leave", &["id", "ticket"]),
    ("clear_history", &["id", "type"]),
    ("refresh", &["ticket"]),
];

fn unbroken(world: &World) -> Verdict {
    // In turn, so that none of them does anything too often: a request that is refused for that is not tried.
    let names = ["alice", "bob", "carol", "dave", "erin"];
    let visitors = names.map(|name| world.log_in(name).map(|visitor| (name, visitor)));
    let visitors = visitors.into_iter().collect::<Verdict<Vec<_>>>()?;
    for (endpoint, parameters) in READS.into_iter().chain(CHANGES) {
        for parameter in parameters {
            for (text, (name, by)) in TEXTS.into_iter().zip(visitors.iter().cycle()) {
                let other = world.id(if *name == "bob" { "alice" } else { "bob" });
                try_one(by, other, endpoint, (parameter, text))?;
            }
        }
    }
    let page = go_online(&world.log_in("admin")?, &[])?;
    page.answer.fits("online")
}

fn try_one(by: &Visitor, other: &str, endpoint: &str, odd: (&str, &str)) -> Verdict {
    let defaults = [("id", other), ("to", other), ("type", "unicast"), ("body", "x"), ("show", "away")];
    let is_kept = |name: &str| name != odd.0 && !(odd.0 == "ids" && name == "id");
    let mut params: Vec<(&str, &str)> = defaults.into_iter().filter(|(name, _)| is_kept(name)).collect();
    params.push(odd);
    let answer = by.post(endpoint, &params)?;
    answer.must(answer.status != 429, "this is not too often")?;
    answer.must(answer.status < 500, "a text that makes no sense is refused, or passed over")?;
    answer.must(!answer.json.is_null() || answer.text == "null", "the answer is JSON")
}

fn bytewise(world: &World) -> Verdict {
    let alice = world.log_in("alice")?;
    let bob = world.id("bob");
    for id in
        [format!("{bob}\u{3000}x"), format!("{bob}\u{0301}"), format!("{bob}'"), format!("\u{200b}{bob}")]
    {
        let sent = alice.post("message", &[("to", &id), ("body", "x")])?;
        sent.refuses(404, "another id is another user, however alike the two look to a database")?;
    }
    if bob.chars().any(|letter| letter.is_ascii_lowercase()) {
        let sent = alice.post("message", &[("to", &bob.to_uppercase()), ("body", "x")])?;
        sent.refuses(404, "ids are compared byte by byte: capital letters are others")?;
    } else if bob.parse::<u64>().is_ok() {
        for odd in [format!("0{bob}"), format!("+{bob}"), format!("{bob}.0")] {
            alice.post("message", &[("to", &odd), ("body", "x")])?.refuses(404, "a number has one form")?;
        }
    }
    Ok(())
}
