//! Sockets: what takes their place, and what ends them. §3.

use nextim_testkit::socket::{PONG, ack_frame, frame};
use nix::sys::signal::Signal;

use crate::sockets::open;
use crate::support::{Setup, Site, Socket, each_site, eventually, post};

/// Waits for the last text and the close; the reason and the code.
#[track_caller]
fn end(socket: Socket) -> (String, u16) {
    let (text, code) = socket.stopped();
    (text["reason"].as_str().expect("a reason").to_owned(), code)
}

#[test]
fn the_newest_of_socket_stream_and_poll_takes_the_place_of_the_others() {
    each_site(|site| {
        let mut alice = site.online("alice", &[]);
        let socket = open(&alice);
        let mut stream = alice.stream();
        stream.event();
        assert_eq!(end(socket), ("replaced".to_owned(), 1000));
        let socket = open(&alice);
        assert_eq!(stream.stopped().data["reason"], "replaced");
        let newer = open(&alice);
        assert_eq!(end(socket), ("replaced".to_owned(), 1000));
        site.push("x", "alice", "hi");
        assert_eq!(alice.everything().bodies(), ["hi"]);
        assert_eq!(end(newer), ("replaced".to_owned(), 1000));
    });
}

#[test]
fn the_end_of_a_session_is_a_last_text_and_a_code() {
    each_site(|site| {
        let alice = site.online("alice", &[]);
        let socket = open(&alice);
        alice.offline();
        assert_eq!(end(socket), ("offline".to_owned(), 1000));
        assert_eq!(alice.socket_with(&[]).unwrap_err().status, 404);
    });
    Setup::calm().limit("sessions_per_user", 1).each(|site| {
        let socket = open(&site.online("alice", &[]));
        site.online("alice", &[]);
        let (text, code) = socket.stopped();
        assert_eq!((&text["reason"], text["retry"].is_u64(), code), (&"limit".into(), true, 1000));
    });
}

#[test]
fn a_full_queue_ends_the_session() {
    Setup::calm().limit("queue_messages", 5).each(|site| {
        let mut socket = open(&site.online("alice", &[]));
        for body in ["1", "2", "3", "4", "5"] {
            site.push("x", "alice", body);
            assert_eq!(socket.bodies(), [body]);
        }
        let params = site.signed(&[("from", "x"), ("to", "alice"), ("body", "6")]);
        assert_eq!(site.send(&post("/messages", &params)).status, 503);
        assert_eq!(end(socket), ("offline".to_owned(), 1013));
    });
}

#[test]
fn a_session_whose_socket_is_not_acknowledged_ends() {
    // In this order: what holds texts, what a session may be silent.
    let setup = Setup::calm()
        .timeout("poll_hold_ms_min", 50)
        .timeout("poll_hold_ms_max", 60)
        .timeout("session_idle_ms", 2_000);
    setup.each_at_once(|site| {
        let (heard, silent) = (site.online("heard", &[]), site.online("silent", &[]));
        let (mut acknowledged, mut not) = (open(&heard), open(&silent));
        let reason = loop {
            let text = acknowledged.text();
            assert_eq!(text["status"], "ok", "it was heard: {text}");
            acknowledged.ack(text["seq"].as_u64().unwrap());
            not.send(PONG, b"");
            let text = not.text();
            if text["status"] == "stopped" {
                break text["reason"].clone();
            }
        };
        assert_eq!(reason, "offline", "a pong is not the page");
        assert_eq!(not.closed(), 1000);
        silent.is_gone();
        site.push("x", "heard", "hi");
        while acknowledged.bodies() != ["hi"] {}
    });
}

#[test]
fn a_session_whose_socket_is_cut_or_closed_may_open_another() {
    let setup = Setup::calm().timeout("session_cut_ms", 1_000);
    setup.each_at_once(|site| {
        let (back, gone) = (site.online("back", &[]), site.online("gone", &[]));
        let (one, mut other) = (open(&back), open(&gone));
        site.push("x", "back", "hi");
        drop(one);
        other.send(nextim_testkit::socket::CLOSE, b"");
        assert_eq!(other.closed(), 1000);
        let mut socket = back.socket();
        assert_eq!(socket.bodies(), ["hi"]);
        socket.ack(1);
        eventually("the other one ends", || (gone.ack(0).status == 404).then_some(()));
        site.push("x", "back", "on");
        assert_eq!(socket.bodies(), ["on"]);
    });
}

#[test]
fn a_frame_has_a_time_in_which_it_must_arrive() {
    let setup = Setup::calm().timeout("head_ms", 1_000);
    setup.each_at_once(|site| {
        let alice = site.online("alice", &[]);
        let ack = ack_frame(0);
        for cut in [1, 2, 6, ack.len() - 1] {
            let mut socket = alice.socket();
            socket.text();
            socket.send_bytes(&ack[..cut]);
            assert_eq!(socket.closed(), 1008, "cut at {cut}");
        }
        // A frame that is whole leaves no deadline behind, however it was cut.
        let mut socket = alice.socket();
        socket.text();
        let mut patient = site.online("patient", &[]).socket();
        patient.text();
        socket.send_bytes(&ack[..4]);
        patient.send_bytes(&frame(PONG, b"x")[..3]);
        socket.send_bytes(&ack[4..]);
        assert_eq!(patient.closed(), 1008, "which takes as long");
        site.push("x", "alice", "hi");
        assert_eq!(socket.bodies(), ["hi"]);
    });
}

#[test]
fn a_reader_that_stalls_is_closed_and_nothing_is_lost() {
    const BODIES: usize = 400;
    let setup = Setup::calm().timeout("write_ms", 1_000).limit("queue_bytes", 16 * 1_024 * 1_024);
    setup.each_at_once(|site| {
        let mut alice = site.online("alice", &[]);
        let mut socket = open(&alice);
        let body = "x".repeat(30_000);
        for _ in 0..BODIES {
            assert_eq!(site.push("x", "alice", &body), 1);
            socket.ack(0);
        }
        let heard = alice.hear(|heard| heard.messages.len() == BODIES);
        assert!(heard.bodies().iter().all(|heard| *heard == body));
        drop(socket);
        assert!(alice.everything().is_silent());
    });
}

#[test]
fn a_server_that_goes_down_stops_each_socket_and_takes_acknowledgements_until_then() {
    Setup::calm().own(|server| {
        let site = Site::fresh(server);
        let mut sockets: Vec<Socket> = (0..4).map(|i| open(&site.online(&format!("user{i}"), &[]))).collect();
        site.push("x", "user0", "hi");
        assert_eq!(sockets[0].bodies(), ["hi"]);
        server.signal(Signal::SIGTERM);
        for (number, mut socket) in sockets.into_iter().enumerate() {
            assert_eq!(socket.text()["status"], "ok", "an empty text first");
            if number == 0 {
                socket.ack(1);
            }
            let (text, code) = socket.stopped();
            assert_eq!((&text["reason"], text["retry"].is_u64(), code), (&"shutdown".into(), true, 1001));
        }
        assert_eq!(server.wait().code(), Some(0));
    });
}
