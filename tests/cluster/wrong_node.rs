//! Polls that come to a node which is not that of their session.
//!
//! Owns: how scripts, `fetch`, streams, sockets and old front ends are sent on or refused. Must not: move a user.

use std::net::SocketAddr;

use nextim_testkit::conn::{Conn, call};
use nextim_testkit::events::{Stream, stream_request};
use nextim_testkit::http::{Response, form, get, post, request};
use nextim_testkit::socket::{Socket, handshake};
use serde_json::json;

use crate::support::{Page, Site, Town, Turn, within};

const ORIGIN: &str = "https://forum.example";

/// Two nodes, a page at one of them, and the address of the other.
struct World {
    town: Town,
    site: Site,
    page: Page,
    wrong: SocketAddr,
}

fn world(line: &str) -> World {
    let town = Town::with(2, |setup| setup.domain(line));
    let site = town.site();
    let page = site.online("alice", &[]);
    let wrong = town.nodes[1 - town.number_of(&page)].address;
    World { town, site, page, wrong }
}

/// A request for this target as it is.
fn asks(address: SocketAddr, target: &str, headers: &[(&str, &str)]) -> Response {
    call(address, &request(&format!("GET {target} HTTP/1.1"), headers, b""))
}

#[test]
fn a_script_is_redirected_once_with_all_that_it_has_asked() {
    let World { town: _town, site, page, wrong } = world("");
    assert_eq!(site.push("alice", "hello"), 1);
    let query = format!("domain=site&x=%2F+%C3%A9&&callback=a.b&ticket={}&seq=0&y", page.ticket);
    let moved = asks(wrong, &format!("/packets?{query}"), &[]);
    assert_eq!((moved.status, moved.text()), (307, ""));
    let target = format!("/packets?{query}&hop=1");
    let location = format!("http://{}{target}", page.server);
    assert_eq!(moved.header("location"), Some(&*location));
    assert_eq!(moved.header("cache-control"), Some("no-store"));
    let answer = asks(page.server, &target, &[]);
    assert!(answer.text().starts_with("/**/a.b({\"status\":\"ok\""), "{}", answer.text());
    assert!(answer.text().contains("\"body\":\"hello\""), "{}", answer.text());
    // Nodes that disagree do not send a page to and fro.
    assert_eq!(asks(wrong, &target, &[]).status, 404);
}

#[test]
fn a_poll_by_fetch_goes_on_where_it_is_told_with_the_same_ticket_and_seq() {
    let World { town: _town, site, mut page, wrong } = world("");
    assert_eq!(site.push("alice", "first"), 1);
    page.until("a message", |heard| heard.has("first"));
    let right = page.server;
    page.server = wrong;
    let answer = call(wrong, &page.poll_bytes(&[])).json();
    let expected = json!({
        "status": "stopped", "reason": "moved", "server": format!("http://{right}/packets"),
        "messages": [], "presences": [], "statuses": [], "seq": page.seq,
    });
    assert_eq!(answer, expected);
    let hop = page.poll_bytes(&[("hop", "1")]);
    call(wrong, &hop).is(404, "no client found");
    let params = [("domain", "site"), ("ticket", &*page.ticket), ("seq", "1")];
    assert_eq!(call(wrong, &post("/packets", &params)).json()["reason"], "moved");
    assert_eq!(page.poll(), Turn::Moved);
    assert_eq!(page.server, right);
    assert_eq!(site.at(1).push("alice", "second"), 1);
    page.until("the next message", |heard| heard.bodies() == ["first", "second"]);
}

#[test]
fn a_page_may_read_where_it_is_sent_if_its_origin_is_named() {
    let World { town: _town, page, wrong, .. } = world(&format!("origins = [{ORIGIN:?}]"));
    let poll = |origin: &str| {
        let query = form(&[("domain", "site"), ("ticket", &*page.ticket), ("seq", "0")]);
        asks(wrong, &format!("/packets?{query}"), &[("Origin", origin)])
    };
    let own = poll(ORIGIN);
    assert_eq!(own.header("access-control-allow-origin"), Some(ORIGIN));
    assert_eq!(own.json()["reason"], "moved");
    assert_eq!(poll("https://other.example").header("access-control-allow-origin"), None);
    // A browser that follows a redirect to another origin says of the page's only that it is opaque.
    assert_eq!(poll("null").header("access-control-allow-origin"), None);
}

#[test]
fn the_last_event_of_a_stream_names_the_node() {
    let World { town: _town, site, page, wrong } = world("");
    let params = [("domain", "site"), ("ticket", &*page.ticket), ("seq", "0")];
    let stream = Stream::open(Conn::open(wrong), &stream_request(&params, &[])).expect("a stream");
    let last = stream.stopped();
    assert_eq!(last.data["reason"], "moved");
    assert_eq!(last.data["server"], format!("http://{}/packets", page.server));
    let mut stream = Stream::open(Conn::open(page.server), &stream_request(&params, &[])).expect("a stream");
    stream.event();
    assert_eq!(site.at(1).push("alice", "hello"), 1);
    within("the stream brings it", || stream.event().bodies().contains(&"hello").then_some(()));
}

#[test]
fn what_cannot_be_sent_on_is_no_client() {
    let World { mut town, site, page, wrong } = world("");
    let params = [("domain", "site"), ("ticket", &*page.ticket), ("seq", "0")];
    for request in [
        get("/v5/packets", &params),
        post("/packets/ack", &params),
        get("/packets", &[&params[..], &[("hop", "1"), ("callback", "a")]].concat()),
    ] {
        let refused = call(wrong, &request);
        assert_eq!(refused.status, 404, "{}", refused.text());
    }
    let refused = Socket::open(Conn::open(wrong), &handshake(&format!("/ws?{}", form(&params)), &[]));
    refused.expect_err("no socket").is(404, "no client found");

    // The ticket of a process that is no more, at all nodes.
    let home = town.number_of(&page);
    town.nodes[home].kill();
    town.nodes[home].start();
    town.whole();
    for node in &town.nodes {
        call(node.address, &page.poll_bytes(&[])).is(404, "no client found");
        assert_eq!(call(node.address, &page.poll_bytes(&[("callback", "a")])).status, 404);
    }
    let mut page = site.online("alice", &[]);
    within("alice is reached again", || (site.at(1).try_push("alice", "again") == 1).then_some(()));
    page.until("the message", |heard| heard.has("again"));
}
