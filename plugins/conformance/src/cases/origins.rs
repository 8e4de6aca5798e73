//! Where a request comes from: pages of the site, of other sites, and of origins that may use JSONP.
//!
//! Owns: `Origin`, `Referer`, `Sec-Fetch-Site`, `Host` and `callback`. Must not: forge a user.

use super::case::{Case, case, offered};
use super::identity::CHANGES;
use crate::answer::Answer;
use crate::failure::Verdict;
use crate::visitor::{Pairs, Visitor};
use crate::world::{World, go_online, send};

pub(super) const CASES: &[Case] = &[
    case("origins: other sites change nothing", other_sites),
    case("origins: own pages are known by Origin, Referer or Sec-Fetch-Site", own_pages),
    case("origins: the Host header proves nothing", forged_host),
    case("origins: scripts are off for pages that are not listed", no_scripts),
    offered("origins: every call may be a script of a listed origin", &["jsonp"], scripts),
    offered("origins: scripts of older browsers have a Referer alone", &["jsonp"], older_browsers),
    offered("origins: the bar's own form logs in by a script", &["jsonp", "form_log_in"], script_log_in),
    offered("origins: refusals are scripts that run", &["jsonp"], script_refusals),
    offered("origins: a script is safe with any text", &["jsonp"], safe_scripts),
    offered("origins: a callback is a plain name", &["jsonp"], callbacks),
    offered("origins: a listed origin may post refresh, and nothing else", &["jsonp"], beacon),
];

fn other_sites(world: &World) -> Verdict {
    let alice = world.log_in("alice")?;
    let own = alice.origin().to_owned();
    let (bob, walkers) = (world.id("bob"), world.room("walkers"));
    let longer = format!("{own}.evil.example");
    let cases: [Pairs<'_>; 8] = [
        &[],
        &[("Origin", "http://evil.example")],
        &[("Origin", "null")],
        &[("Origin", &longer)],
        &[("Origin", "http://evil.example"), ("Referer", &own)],
        &[("Referer", "http://evil.example/")],
        &[("Sec-Fetch-Site", "cross-site")],
        &[("Origin", &own), ("Sec-Fetch-Site", "cross-site")],
    ];
    let params = [
        ("to", bob),
        ("id", walkers),
        ("body", "forged"),
        ("show", "away"),
        ("data", "{}"),
        ("ticket", "x"),
        ("since", "0"),
    ];
    for from in cases {
        alice.post_from("message", &params, from)?.refuses(403, "a page of another site changes nothing")?;
        alice.post_from("online", &params, from)?.is(403, "a page of another site changes nothing")?;
    }
    for endpoint in CHANGES {
        let answer = alice.post_from(endpoint, &params, cases[1])?;
        answer.refuses(403, "a page of another site changes nothing")?;
    }
    world.puppet.must(world.puppet.paths().is_empty(), "forged requests", "no call is made for them")?;
    let page = go_online(&world.log_in("bob")?, &[])?;
    page.answer.must(page.missed().is_empty(), "a forged message is not stored")
}

fn own_pages(world: &World) -> Verdict {
    let alice = world.log_in("alice")?;
    let own = alice.origin().to_owned();
    let page = format!("{own}/a/page?x#y");
    let cases: [Pairs<'_>; 4] = [
        &[("Origin", &own)],
        &[("Referer", &page)],
        &[("Sec-Fetch-Site", "same-origin")],
        &[("Origin", &own), ("Referer", &page), ("Sec-Fetch-Site", "same-origin")],
    ];
    for from in cases {
        let sent = alice.post_from("message", &[("to", world.id("bob")), ("body", "x")], from)?;
        sent.is(200, "a page of the site: any one of these headers proves it")?;
    }
    Ok(())
}

fn forged_host(world: &World) -> Verdict {
    let alice = world.log_in("alice")?;
    let from = [("Host", "evil.example"), ("Origin", "http://evil.example")];
    let sent = alice.post_from("message", &[("to", world.id("bob")), ("body", "x")], &from)?;
    sent.must(
        (400..500).contains(&sent.status),
        "the origin is compared with the site's configured one, not with Host: another name may lead here",
    )?;
    let page = go_online(&world.log_in("bob")?, &[])?;
    page.answer.must(page.missed().is_empty(), "a forged message is not stored")
}

fn no_scripts(world: &World) -> Verdict {
    let alice = world.log_in("alice")?;
    let own = format!("{}/", alice.origin());
    let listed = world.target.jsonp_origin.clone().unwrap_or("http://www.example".to_owned());
    let (longer, secure) = (format!("{listed}.evil.example/"), listed.replace("http://", "https://") + "/");
    let page = format!("{listed}/");
    let cases: [Pairs<'_>; 8] = [
        &[("Referer", &longer)],
        &[("Referer", &secure)],
        &[("Referer", &page), ("Sec-Fetch-Dest", "image")],
        &[],
        &[("Referer", "http://evil.example/")],
        &[("Referer", "http://evil.example/http://www.example/")],
        &[("Referer", &own)],
        &[("Referer", &page)],
    ];
    // The last is from a listed page where scripts are on.
    let tried = if world.target.offers("jsonp") { 7 } else { 8 };
    for from in cases.into_iter().take(tried) {
        for (endpoint, params) in [
            ("buddies", &[("ids", world.id("bob"))][..]),
            ("message", &[("to", world.id("bob")), ("body", "forged")]),
        ] {
            let answer = alice.get_from(endpoint, &[params, &[("callback", "cb")]].concat(), from)?;
            answer.must(answer.status >= 400, "a script for a page that is not listed: 403")?;
            answer.must(!answer.text.contains("cb("), "no script is answered")?;
        }
    }
    let page = go_online(&world.log_in("bob")?, &[])?;
    page.answer.must(page.missed().is_empty(), "a script of another site has sent no message")
}

const CALLBACK: &str = "jQuery1_2.cb";

/// A call by a script of the listed origin; the answer with what is in the parentheses.
fn script(world: &World, by: &Visitor, endpoint: &str, params: Pairs<'_>) -> Verdict<Answer> {
    script_from(
        world,
        by,
        endpoint,
        params,
        &[("Sec-Fetch-Dest", "script"), ("Sec-Fetch-Site", "cross-site")],
    )
}

/// The same, by a browser that sends these headers beside `Referer`.
fn script_from(
    world: &World,
    by: &Visitor,
    endpoint: &str,
    params: Pairs<'_>,
    more: Pairs<'_>,
) -> Verdict<Answer> {
    let origin = world.target.jsonp_origin.clone().unwrap_or_default();
    let page = format!("{origin}/page?x");
    let from = [&[("Referer", &*page)], more].concat();
    let mut answer =
        by.get_from(endpoint, &[params, &[("callback", CALLBACK), ("_", "17")]].concat(), &from)?;
    answer.is(200, "browsers run a script only if its status is 200")?;
    let kind = answer.header("content-type");
    answer.must(
        kind.starts_with("application/javascript") || kind.starts_with("text/javascript"),
        "a script",
    )?;
    let is_utf8 = kind.to_ascii_lowercase().ends_with("charset=utf-8");
    answer.must(is_utf8, "charset=utf-8: a script without it is read as the page is")?;
    answer.must(answer.header("x-content-type-options") == "nosniff", "X-Content-Type-Options: nosniff")?;
    let begin = format!("/**/{CALLBACK}(");
    let inner = answer.text.strip_prefix(&begin).and_then(|rest| rest.trim_end().strip_suffix(");"));
    let inner = inner.ok_or_else(|| answer.failure("the answer is /**/callback(JSON);"))?.to_owned();
    answer.json =
        serde_json::from_str(&inner).map_err(|_| answer.failure("what is in the parentheses is JSON"))?;
    Ok(answer)
}

fn scripts(world: &World) -> Verdict {
    let alice = world.log_in("alice")?;
    let run = |endpoint: &str, params: Pairs<'_>| script(world, &alice, endpoint, params);
    let online = run("online", &[("show", "available"), ("buddy_ids", ""), ("version", "3")])?;
    online.fits("online")?;
    let ticket = ("ticket", online.text_at("/connection/ticket"));
    let (bob, walkers) = (world.id("bob"), world.room("walkers"));
    run("message", &[ticket, ("type", "unicast"), ("to", bob), ("body", "by script"), ("offline", "true")])?
        .is_ok()?;
    run("presence", &[ticket, ("show", "away")])?.is_ok()?;
    run("status", &[ticket, ("to", bob), ("show", "typing")])?.is_ok()?;
    run("setting", &[("data", "{\"play_sound\":true}")])?.is_ok()?;
    run("buddies", &[("ids", bob)])?.fits("buddies")?;
    run("rooms", &[])?.fits("rooms")?;
    run("members", &[ticket, ("id", walkers)])?.fits("members")?;
    run("leave", &[ticket, ("id", walkers)])?.is_ok()?;
    run("join", &[ticket, ("id", walkers)])?.fits("room")?;
    run("history", &[("type", "unicast"), ("id", bob)])?.fits("lines")?;
    run("clear_history", &[("type", "unicast"), ("id", bob)])?.is_ok()?;
    if world.target.offers("notifications") {
        run("notifications", &[])?.fits("notifications")?;
    }
    if world.target.offers("block") {
        run("block", &[("id", bob)])?.is_ok()?;
        run("unblock", &[("id", bob)])?.is_ok()?;
    }
    run("refresh", &[ticket])?.is_ok()?;
    let page = go_online(&world.log_in("bob")?, &[])?;
    page.answer.must(page.missed() == ["by script"], "a script sends messages as a POST does")
}

fn older_browsers(world: &World) -> Verdict {
    let alice = world.log_in("alice")?;
    let run = |endpoint: &str, params: Pairs<'_>| script_from(world, &alice, endpoint, params, &[]);
    let found = run("buddies", &[("ids", world.id("bob"))])?;
    found.must(found.each("", "id") == [world.id("bob")], "a read by a script")?;
    run("message", &[("to", world.id("bob")), ("body", "by script")])?.is_ok()?;
    let page = go_online(&world.log_in("bob")?, &[])?;
    page.answer.must(page.missed() == ["by script"], "a change by a script")
}

fn script_log_in(world: &World) -> Verdict {
    let browser = world.guest();
    let bob = &world.target.users["bob"];
    let params = [("username", &*bob.login), ("password", &*bob.password), ("version", "3")];
    let answer = script(world, &browser, "online", &params)?;
    answer.fits("online")?;
    answer.equals("/user/id", world.id("bob"), "the user who logged in")?;
    browser.get("buddies", &[])?.is(200, "the site's session has begun")
}

fn script_refusals(world: &World) -> Verdict {
    let nobody = world.guest();
    let refused = script(world, &nobody, "buddies", &[("ids", world.id("bob"))])?;
    refused.fits("refusal")?;
    refused.equals("/status", 401, "a refusal by a script has its status beside the text")?;
    script(world, &nobody, "online", &[])?.equals("/error_msg", "Not Authorized", "nobody is logged in")?;
    let alice = world.log_in("alice")?;
    let refused = script(world, &alice, "message", &[("to", world.id("alice")), ("body", "me")])?;
    refused.fits("refusal")?;
    refused.equals("/status", 403, "a refusal by a script has its status beside the text")
}

fn safe_scripts(world: &World) -> Verdict {
    let body = "</script>\u{2028}\u{2029}<!--";
    send(&world.log_in("bob")?, world.id("alice"), body)?;
    let alice = world.log_in("alice")?;
    let answer = script(world, &alice, "online", &[])?;
    answer.equals("/new_messages/0/body", body, "the text is what was sent")?;
    answer.must(
        !answer.text.contains(['<', '\u{2028}', '\u{2029}']),
        "<, U+2028 and U+2029 are escaped in scripts",
    )
}

fn callbacks(world: &World) -> Verdict {
    let alice = world.log_in("alice")?;
    let origin = format!("{}/", world.target.jsonp_origin.clone().unwrap_or_default());
    let long = "x".repeat(129);
    for bad in ["alert(1)//", "a b", "1a", "<script>", "a-b", &long] {
        let params = [("ids", world.id("bob")), ("callback", bad)];
        let answer = alice.get_from("buddies", &params, &[("Referer", &origin)])?;
        answer
            .refuses(400, "a callback is a name of letters, digits, _, $ and dots, of at most 128 bytes")?;
        answer.must(!answer.text.contains(bad), "it is not repeated")?;
    }
    let params = [("ids", world.id("bob")), ("callback", "undefined")];
    let none = alice.get_from("buddies", &params, &[("Sec-Fetch-Site", "same-origin")])?;
    none.must(none.header("content-type").starts_with("application/json"), "undefined is no callback")
}

fn beacon(world: &World) -> Verdict {
    let alice = world.log_in("alice")?;
    let page = go_online(&alice, &[])?;
    let origin = world.target.jsonp_origin.clone().unwrap_or_default();
    let from = [("Origin", &*origin), ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Dest", "empty")];
    let ticket = ("ticket", &*page.ticket);
    for endpoint in ["offline", "presence", "message"] {
        let params = [ticket, ("to", world.id("bob")), ("body", "x"), ("show", "away")];
        alice
            .post_from(endpoint, &params, &from)?
            .refuses(403, "pages of that origin use scripts for this")?;
    }
    alice
        .post_from("refresh", &[ticket], &[("Origin", "http://evil.example")])?
        .refuses(403, "not listed")?;
    alice.post_from("refresh", &[ticket], &from)?.is(200, "refresh comes by a beacon as the page goes")?;
    page.answer.must(!world.puppet.has_session(&page.ticket), "the session has ended")
}
