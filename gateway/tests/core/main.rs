//! The value machine alone: stanzas, answers and packets go in, and the test sees all that comes out.
//!
//! Owns: what no server can be made to do in time: forged senders, answers out of their hour, a server that is lost between
//! two steps. Must not: open a socket.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails, in its helpers too")]

mod trial;

use nextim_xmpp::core::{Input, Link, Output};
use nextim_xmpp::limits::{EARLY_MS, EARLY_OF_MEMBER_MAX, JOBS_MAX, PONG_MS, PRESENCE_MS, ROOMS_MAX};
use serde_json::json;
use tokio_xmpp::Stanza;

use self::trial::{AWAY, GRANT, HERE, Trial, batch, from_bob, message, said, session, stanza, typing, xml};

#[test]
fn nobody_speaks_for_the_gateway_and_strangers_are_refused() {
    let mut trial = Trial::online();
    trial.sent();
    for from in ["bob@im.example/web", "im.example", "1@rooms.im.example/Bob"] {
        trial.stanza(&message(from, "1", "<body>forged</body>"));
    }
    assert_eq!((trial.dropped("forged"), trial.sent().len()), (3, 0));
    trial.stanza(&message("mallory@elsewhere.example/x", "2", "<body>hello</body>"));
    let sent = trial.sent();
    assert!(sent.len() == 1 && sent[0].contains("service-unavailable"), "{sent:?}");
    assert!(!trial.outputs.iter().any(|output| matches!(output, Output::Call(..))), "{:?}", trial.outputs);
}

#[test]
fn a_packet_is_acknowledged_when_the_xmpp_server_has_it_and_not_before() {
    let mut trial = Trial::online();
    trial.packets(batch(1, &[from_bob("m1")]));
    assert!(trial.sent().iter().any(|sent| sent.contains("body of m1")));
    assert_eq!(trial.poll(), None, "the server has not said that it has it");
    trial.pong();
    assert_eq!(trial.poll().map(|(_, seq)| seq), Some(1));
}

#[test]
fn a_server_without_an_answer_is_dead_and_acknowledges_nothing() {
    let mut trial = Trial::online();
    trial.packets(batch(1, &[from_bob("m1")]));
    trial.now += PONG_MS;
    trial.input(Input::Tick);
    assert!(trial.outputs.iter().any(|output| matches!(output, Output::Restart(Link::Users))));
    trial.input(Input::Down(Link::Users));
    assert!(trial.outputs.iter().any(|output| matches!(output, Output::StopPoll(_))));
    assert!(!trial.outputs.iter().any(|output| matches!(output, Output::Call(..))), "nobody is logged out");
    trial.sent();
    trial.input(Input::Up(Link::Users));
    trial.stanza(GRANT);
    trial.stanza(HERE);
    trial.answer("online", Ok(session("t2", &[])));
    trial.pong();
    assert_eq!(trial.poll().map(|(_, seq)| seq), Some(0), "the new session begins anew");
}

#[test]
fn messages_of_the_archive_wait_again_if_the_server_is_lost_before_it_has_them() {
    let mut trial = Trial::start();
    trial.stanza(HERE);
    trial.answer("online", Ok(session("t1", &[from_bob("m1")])));
    let sent = trial.sent();
    assert!(sent.iter().any(|sent| sent.contains("body of m1") && sent.contains("2011-11-21T08:00:00.000Z")));
    trial.input(Input::Down(Link::Users));
    let call = trial.call("missed").1;
    assert_eq!(call.fields["messages"], json!([{"id": "m1"}]));
}

#[test]
fn what_a_client_says_while_its_session_is_opened_is_said_in_it_and_in_order() {
    let mut trial = Trial::start();
    trial.stanza(HERE);
    trial.stanza(&said("1", "first"));
    trial.stanza(&said("2", "second"));
    trial.answer("online", Ok(session("t1", &[])));
    for body in ["first", "second"] {
        let call = trial.answer("message", Ok(json!({"id": body})));
        assert_eq!((&call.fields["body"], &call.fields["ticket"]), (&json!(body), &json!("t1")));
    }
    assert!(!trial.sent().iter().any(|sent| sent.contains("error")));
}

#[test]
fn what_was_said_to_a_site_that_cannot_be_reached_is_an_error_at_once() {
    let mut trial = Trial::start();
    trial.stanza(HERE);
    trial.stanza(&said("1", "first"));
    trial.refuse("online", 0);
    trial.stanza(&said("2", "second"));
    let errors = trial.sent();
    assert_eq!(errors.len(), 2);
    for (error, id) in errors.iter().zip(["1", "2"]) {
        assert!(error.contains("internal-server-error") && error.contains(&format!("id='{id}'")), "{error}");
    }
    trial.now = trial.core.deadline().unwrap();
    trial.input(Input::Tick);
    trial.answer("online", Ok(session("t1", &[])));
    trial.stanza(&said("3", "third"));
    assert_eq!(trial.call("message").1.fields["body"], json!("third"));
}

#[test]
fn a_session_that_ends_is_opened_again_and_what_waits_is_said_in_the_new_one() {
    let mut trial = Trial::online();
    trial.sent();
    trial.stanza(&said("1", "first"));
    trial.stanza(&said("2", "second"));
    trial.packets(json!({"status": "stopped", "reason": "renew"}));
    trial.answer("message", Ok(json!({"id": "m"})));
    trial.answer("online", Ok(session("t2", &[])));
    let call = trial.call("message").1;
    assert_eq!((&call.fields["body"], &call.fields["ticket"]), (&json!("second"), &json!("t2")));
}

#[test]
fn a_member_whom_the_site_does_not_let_in_is_logged_out_and_not_tried_again() {
    for status in [401, 403] {
        let mut trial = Trial::online();
        trial.sent();
        trial.packets(json!({"status": "stopped", "reason": "offline"}));
        trial.refuse("online", status);
        let sent = trial.sent();
        assert!(sent.iter().any(|sent| sent.contains("unavailable") && sent.contains("bob@im.example/web")));
        assert!(sent.iter().any(|sent| sent.contains("<kick") && sent.contains("jid='alice@login.example'")));
        assert_eq!((trial.core.sizes(), trial.core.deadline()), ((0, 0), None));
    }
}

#[test]
fn a_message_that_comes_back_waits_at_the_site_once() {
    let mut trial = Trial::online();
    trial.packets(batch(1, &[from_bob("m1")]));
    let back = "<message xmlns='jabber:component:accept' type='error' id='m1' from='alice@login.example' to='bob@im.example/web'>\
        <error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>";
    trial.stanza(back);
    assert_eq!(trial.answer("missed", Ok(json!("ok"))).fields["messages"], json!([{"id": "m1"}]));
    trial.stanza(back);
    trial.stanza(&back.replace("'m1'", "'unknown'"));
    assert!(!trial.outputs.iter().any(|output| matches!(output, Output::Call(..))));
}

#[test]
fn typing_is_said_when_nothing_else_waits_and_always_taken_back() {
    let mut trial = Trial::online();
    trial.stanza(&typing("composing"));
    trial.stanza(&typing("composing"));
    trial.stanza(&typing("paused"));
    assert_eq!(trial.answer("status", Ok(json!("ok"))).fields["show"], json!("typing"));
    assert_eq!(trial.answer("status", Ok(json!("ok"))).fields["show"], json!("clear"));
    trial.stanza(&typing("composing"));
    trial.answer("status", Ok(json!("ok")));
    trial.stanza(&said("1", "typed"));
    trial.answer("message", Ok(json!({"id": "m"})));
    assert_eq!(trial.answer("status", Ok(json!("ok"))).fields["show"], json!("clear"), "a message ends it");
    trial.stanza(&said("2", "more"));
    trial.stanza(&typing("composing"));
    trial.stanza(&typing("paused"));
    trial.answer("message", Ok(json!({"id": "m"})));
    assert!(!trial.outputs.iter().any(|output| matches!(output, Output::Call(..))), "it was over before");
}

#[test]
fn a_client_cannot_make_the_gateway_hold_more_calls_than_the_bound() {
    let mut trial = Trial::online();
    trial.sent();
    let card = "<iq xmlns='jabber:component:accept' type='get' id='v' from='alice@login.example/phone' to='bob@im.example'>\
        <vCard xmlns='vcard-temp'/></iq>";
    for _ in 0..JOBS_MAX + 2 {
        trial.stanza(card);
    }
    let refused = trial.sent();
    assert_eq!(refused.len(), 1, "one is being asked, and the bound waits");
    assert!(refused[0].contains("policy-violation"), "{refused:?}");
}

#[test]
fn the_last_client_that_goes_ends_the_session_and_leaves_nothing() {
    let mut trial = Trial::online();
    trial.stanza(AWAY);
    let call = trial.answer("offline", Ok(json!("ok")));
    assert_eq!(call.fields["ticket"], json!("t1"));
    assert_eq!(trial.core.sizes(), (0, 0));
    trial.stanza(AWAY);
    assert!(!trial.outputs.iter().any(|output| matches!(output, Output::Call(..))), "once");
}

#[test]
fn a_client_that_goes_before_the_answer_leaves_no_session() {
    let mut trial = Trial::start();
    trial.stanza(HERE);
    trial.stanza(AWAY);
    trial.answer("online", Ok(session("t1", &[from_bob("m1")])));
    assert_eq!(trial.answer("missed", Ok(json!("ok"))).fields["messages"], json!([{"id": "m1"}]));
    assert_eq!(trial.answer("offline", Ok(json!("ok"))).fields["ticket"], json!("t1"));
    assert_eq!((trial.core.sizes(), trial.poll()), ((0, 0), None));
}

const JOIN: &str = "<presence xmlns='jabber:component:accept' from='alice@login.example/phone' to='1@rooms.im.example/Alice'>\
    <x xmlns='http://jabber.org/protocol/muc'/></presence>";

#[test]
fn a_client_that_enters_a_room_before_it_is_there_waits_for_its_presence() {
    let mut trial = Trial::start();
    trial.input(Input::Stanza(Link::Rooms, stanza(JOIN)));
    let question = JOIN.replace("<presence", "<iq type='get' id='q'").replace("/Alice'", "'");
    let question = question.replace("muc'/></presence>", "disco#info' /></iq>").replace("<x ", "<query ");
    trial.input(Input::Stanza(Link::Rooms, stanza(&question)));
    assert!(trial.outputs.is_empty(), "{:?}", trial.outputs);
    trial.stanza(HERE);
    let rooms = json!([{"name": "1", "nick": "Walkers"}]);
    let mut open = session("t1", &[]);
    open["rooms"] = rooms;
    trial.answer("online", Ok(open));
    assert_eq!(trial.answer("join", Ok(json!({}))).fields["id"], json!("1"));
    let answers = trial.outputs.iter().filter_map(|output| {
        let Output::Send(Link::Rooms, stanza) = output else { return None };
        Some(xml(stanza))
    });
    assert!(answers.into_iter().any(|answer| answer.contains("Walkers")), "{:?}", trial.outputs);
}

fn join_of(room: usize) -> Stanza {
    stanza(&JOIN.replace("1@rooms", &format!("{room}@rooms")))
}

#[test]
fn rooms_that_a_client_is_coming_into_count_among_those_it_is_in() {
    let mut trial = Trial::online();
    trial.sent_by(Link::Rooms);
    for room in 0..=ROOMS_MAX {
        trial.input(Input::Stanza(Link::Rooms, join_of(room)));
    }
    let refused = trial.sent_by(Link::Rooms);
    assert_eq!(refused.len(), 1, "{refused:?}");
    assert!(refused[0].contains("policy-violation") && refused[0].contains(&format!("{ROOMS_MAX}@rooms")));
    trial.input(Input::Stanza(Link::Rooms, join_of(0)));
    assert_eq!(trial.sent_by(Link::Rooms), Vec::<String>::new(), "another client may come into one of them");
    // The site lets nobody into that one: its place is free.
    trial.refuse("join", 403);
    for _ in 1..ROOMS_MAX {
        trial.answer("join", Ok(json!({})));
    }
    trial.refuse("join", 403);
    let refused = trial.sent_by(Link::Rooms);
    assert!(refused.iter().all(|answer| answer.contains("registration-required")), "{refused:?}");
    trial.input(Input::Stanza(Link::Rooms, join_of(ROOMS_MAX)));
    assert_eq!(trial.sent_by(Link::Rooms), Vec::<String>::new());
    trial.input(Input::Stanza(Link::Rooms, join_of(ROOMS_MAX + 1)));
    assert!(trial.sent_by(Link::Rooms).concat().contains("policy-violation"), "all places are taken again");
}

#[test]
fn a_list_of_members_that_cannot_be_read_lets_nobody_in() {
    for answer in [json!({}), json!([1]), json!([{"nick": "Bob"}]), json!("members"), json!(null)] {
        let mut trial = Trial::online();
        trial.sent_by(Link::Rooms);
        trial.input(Input::Stanza(Link::Rooms, join_of(1)));
        trial.answer("join", Ok(json!({})));
        trial.answer("members", Ok(answer.clone()));
        let sent = trial.sent_by(Link::Rooms);
        assert_eq!(sent.len(), 1, "{answer}: {sent:?}");
        assert!(sent[0].contains("internal-server-error"), "{answer}: {sent:?}");
    }
}

#[test]
fn a_client_that_never_comes_gets_an_error_and_no_more_than_the_bound_wait() {
    let mut trial = Trial::start();
    for _ in 0..EARLY_OF_MEMBER_MAX {
        trial.input(Input::Stanza(Link::Rooms, stanza(JOIN)));
    }
    assert!(trial.outputs.is_empty());
    trial.input(Input::Stanza(Link::Rooms, stanza(JOIN)));
    assert_eq!((trial.outputs.len(), trial.dropped("full")), (2, 1), "there is no place");
    trial.input(Input::Stanza(Link::Rooms, stanza(&JOIN.replace("alice@", "bob@"))));
    assert_eq!(trial.outputs.len(), 2, "another member has places");
    trial.now = EARLY_MS;
    assert_eq!(trial.core.deadline(), Some(EARLY_MS));
    trial.input(Input::Tick);
    assert_eq!(trial.outputs.len(), 2 + EARLY_OF_MEMBER_MAX + 1);
    let Output::Send(Link::Rooms, last) = trial.outputs.pop().unwrap() else { panic!("an error") };
    assert!(xml(&last).contains("internal-server-error"), "{}", xml(&last));
    assert_eq!(trial.core.sizes(), (0, 0));
}

#[test]
fn polls_stop_while_one_connection_is_full_and_go_on_when_neither_is_or_it_is_lost() {
    let mut trial = Trial::online();
    for link in Link::ALL {
        trial.input(Input::Congested(link, true));
    }
    trial.packets(batch(1, &[]));
    assert_eq!(trial.poll(), None);
    trial.input(Input::Congested(Link::Users, false));
    assert_eq!(trial.poll(), None, "the other one is full");
    trial.input(Input::Congested(Link::Rooms, false));
    assert_eq!(trial.poll().map(|(_, seq)| seq), Some(1));
    let mut trial = Trial::online();
    trial.input(Input::Congested(Link::Rooms, true));
    trial.packets(batch(1, &[]));
    assert_eq!(trial.poll(), None);
    trial.input(Input::Down(Link::Rooms));
    assert_eq!(trial.poll().map(|(_, seq)| seq), Some(1), "what waited is gone with its connection");
}

#[test]
fn a_contact_whose_name_has_upper_case_is_reached_and_seen() {
    let mut trial = Trial::start();
    trial.stanza(HERE);
    let mut open = session("t1", &[]);
    let contact = |name: &str| json!({"name": name, "nick": name, "group": "friend", "show": "available"});
    open["buddies"] = ["O'Hara", "Bob", "bob", "Ｗｉｄｅ"].map(contact).to_vec().into();
    trial.answer("online", Ok(open));
    trial.pong();
    trial.sent();
    for (address, name) in [
        ("o\\27hara@im.example", "O'Hara"),
        ("bob@im.example", "bob"),
        ("wide@im.example", "Ｗｉｄｅ"),
        ("nobody@im.example", "nobody"),
    ] {
        trial.stanza(&said("m", "hello").replace("bob@im.example", address));
        assert_eq!(trial.answer("message", Ok(json!({}))).fields["to"], json!(name));
        let probe = "<presence xmlns='jabber:component:accept' type='probe' from='alice@login.example'/>";
        trial.stanza(&probe.replace("/>", &format!(" to='{address}'/>")));
        let answer = trial.sent().concat();
        assert_eq!(answer.contains("unsubscribed"), name == "nobody", "{name}: {answer}");
    }
}

#[test]
fn a_thousand_changes_of_presence_in_a_second_are_two_calls() {
    let mut trial = Trial::online();
    for change in 0..1_000 {
        trial.now = 10_000 + change;
        let status = format!("<status>{change}</status></presence>");
        trial.stanza(&HERE.replace("/>", &format!(">{status}")));
    }
    assert_eq!(trial.answer("presence", Ok(json!({}))).fields["status"], json!("0"));
    assert!(!trial.outputs.iter().any(|output| matches!(output, Output::Call(..))), "no other is made yet");
    trial.now += PRESENCE_MS;
    trial.input(Input::Tick);
    assert_eq!(trial.answer("presence", Ok(json!({}))).fields["status"], json!("999"));
    assert!(!trial.outputs.iter().any(|output| matches!(output, Output::Call(..))));
}
