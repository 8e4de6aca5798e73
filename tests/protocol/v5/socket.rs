//! Pages of 5.8 by WebSocket: what opens one, what acknowledges, and what ends it.
//!
//! Owns: what differs from a page that polls. The tests of pages run with sockets as well (`Page`).

use nextim_testkit::socket::{PONG, TEXT, frame, handshake};
use serde_json::Value;

use super::page::Page;
use crate::support::{Frame, Setup, Site, Socket, each_site, eventually, get};

/// A socket that has sent nothing.
#[track_caller]
fn connect(site: &Site, headers: &[(&str, &str)]) -> Socket {
    Socket::open(site.connect(), &handshake("/v5/wsocket", headers)).unwrap()
}

/// A session of a site that polls, and its page's socket, which has had the first ping.
#[track_caller]
fn open(site: &Site, name: &str) -> (Page, Socket) {
    let page = Page::open(&site.by_polls(), name, &[]);
    let mut socket = page.subscribe();
    assert!(matches!(socket.frame(), Frame::Ping(_)));
    (page, socket)
}

#[test]
fn the_answer_with_a_session_names_the_socket() {
    each_site(|site| {
        let answer = site.post("/v5/presences/online", &[("name", "al")]).json();
        assert_eq!(answer["websocket"], "wss://im.example/v5/wsocket");
    });
}

#[test]
fn the_first_text_subscribes_or_the_socket_is_closed() {
    each_site(|site| {
        let al = Page::open(&site.by_polls(), "al", &[]);
        let gone = Page::open(site, "gone", &[]);
        gone.does("/v5/presences/offline", &[]);
        let (domain, ticket) = (&site.domain, &al.ticket);
        for bad in [
            "heartbeat".to_owned(),
            String::new(),
            format!("subscribe {domain}"),
            format!("subscribe {domain} x"),
            format!("subscribe nowhere {ticket}"),
            format!("subscribe {} {ticket}", site.neighbour().domain),
            format!("subscribe {domain} {}", gone.ticket),
            format!("unsubscribe {domain} {ticket}"),
        ] {
            let mut socket = connect(site, &[]);
            socket.send(PONG, b"");
            socket.send(TEXT, bad.as_bytes());
            assert_eq!(socket.closed(), 1008, "{bad}");
        }
        let mut socket = connect(site, &[]);
        socket.send_bytes(&get("/health", &[]));
        assert_eq!(socket.closed(), 1002);
        // In one write, and byte by byte.
        let text = frame(TEXT, format!("subscribe {domain} {ticket}").as_bytes());
        let behind = [&handshake("/v5/wsocket", &[])[..], &text].concat();
        let mut socket = Socket::open(site.connect(), &behind).unwrap();
        assert!(matches!(socket.frame(), Frame::Ping(_)));
        let mut socket = connect(site, &[]);
        for byte in text {
            socket.send_bytes(&[byte]);
        }
        assert!(matches!(socket.frame(), Frame::Ping(_)));
    });
}

#[test]
fn a_client_that_does_not_subscribe_is_closed() {
    Setup::calm().each_at_once(|site| {
        let mut halfway = connect(site, &[]);
        halfway.send_bytes(&frame(TEXT, b"subscribe")[..9]);
        assert_eq!(connect(site, &[]).closed(), 1008);
        assert_eq!(halfway.closed(), 1008);
    });
}

#[test]
fn a_domain_with_origins_takes_subscriptions_of_these_pages_only() {
    Setup::calm().domains("origins = [\"https://a.example\"]").each(|site| {
        let al = Page::open(&site.by_polls(), "al", &[]);
        let text = format!("subscribe {} {}", site.domain, al.ticket);
        for other in [&[][..], &[("Origin", "https://b.example")]] {
            let mut socket = connect(site, other);
            socket.send(TEXT, text.as_bytes());
            assert_eq!(socket.closed(), 1008);
        }
        let mut socket = connect(site, &[("Origin", "https://a.example")]);
        socket.send(TEXT, text.as_bytes());
        assert!(matches!(socket.frame(), Frame::Ping(_)));
    });
}

#[test]
fn nothing_is_sent_but_pings_while_there_is_nothing() {
    let setup = Setup::calm().timeout("poll_hold_ms_min", 50).timeout("poll_hold_ms_max", 60);
    setup.each(|site| {
        let (_page, mut socket) = open(site, "al");
        for _ in 0..4 {
            let Frame::Ping(payload) = socket.frame() else { panic!("a ping") };
            socket.send(PONG, &payload);
            socket.send(TEXT, b"heartbeat");
        }
        site.push("x", "al", "hi");
        assert_eq!(socket.bodies(), ["hi"]);
    });
}

/// Waits for a text and the ping behind it; the payload of that.
#[track_caller]
fn text_and_ping(socket: &mut Socket, body: &str) -> Vec<u8> {
    assert_eq!(socket.bodies(), [body]);
    let Frame::Ping(payload) = socket.frame() else { panic!("a ping behind the text") };
    payload
}

#[test]
fn a_pong_acknowledges_what_came_before_its_ping() {
    each_site(|site| {
        let (page, mut socket) = open(site, "al");
        site.push("x", "al", "one");
        let of_one = text_and_ping(&mut socket, "one");
        site.push("x", "al", "two");
        text_and_ping(&mut socket, "two");
        socket.send(PONG, b"of no ping");
        socket.send(PONG, &of_one);
        socket.leave();
        eventually("the first one is acknowledged", || {
            let mut socket = page.subscribe();
            let Frame::Text(text) = socket.frame() else { return None };
            socket.leave();
            (text.contains("\"two\"") && !text.contains("\"one\"")).then_some(())
        });
        let mut socket = page.subscribe();
        let of_both = text_and_ping(&mut socket, "two");
        socket.send(PONG, &of_both);
        site.push("x", "al", "three");
        text_and_ping(&mut socket, "three");
        socket.send(PONG, &u64::MAX.to_be_bytes());
        assert_eq!(socket.closed(), 1008, "that was never sent");
        let answer = page.poll();
        assert!(answer.text().contains("three") && !answer.text().contains("two"), "{}", answer.text());
    });
}

#[test]
fn what_ends_a_session_or_takes_its_place_closes_the_socket() {
    each_site(|site| {
        let reason = |(text, code): (Value, u16)| (text["reason"].as_str().unwrap().to_owned(), code);
        let (page, socket) = open(site, "al");
        let mut newer = page.subscribe();
        assert!(matches!(newer.frame(), Frame::Ping(_)));
        assert_eq!(reason(socket.stopped()), ("replaced".to_owned(), 1000));
        page.does("/v5/presences/offline", &[]);
        assert_eq!(reason(newer.stopped()), ("offline".to_owned(), 1000));
    });
}
