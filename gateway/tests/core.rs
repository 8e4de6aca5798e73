//! The value machine alone: stanzas, answers and packets go in, and the test sees all that comes out.
//!
//! Owns: what no server can be made to do in time: forged senders, answers out of their hour, a server that is lost between
//! two steps. Must not: open a socket.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails, in its helpers too")]

use nextim_xmpp::core::calls::{Call, Packets, PollEnd, SiteAnswer};
use nextim_xmpp::core::{Core, Input, Link, Output};
use nextim_xmpp::limits::{EARLY_MAX, EARLY_MS, JOBS_MAX, PONG_MS};
use nextim_xmpp::names::Domains;
use serde_json::{Value, json};
use tokio_xmpp::Stanza;
use xmpp_parsers::jid::DomainPart;
use xmpp_parsers::minidom::Element;

const GRANT: &str = "<message xmlns='jabber:component:accept' from='login.example' to='im.example'>\
    <privilege xmlns='urn:xmpp:privilege:2'><perm access='roster' type='both'/><perm access='message' type='outgoing'/>\
    <perm access='presence' type='managed_entity'/></privilege></message>";
const HERE: &str =
    "<presence xmlns='jabber:component:accept' from='alice@login.example/phone' to='im.example'/>";
const AWAY: &str = "<presence xmlns='jabber:component:accept' type='unavailable' from='alice@login.example/phone' to='im.example'/>";

/// A gateway, and what it has done.
struct Trial {
    core: Core,
    now: u64,
    outputs: Vec<Output>,
}

impl Trial {
    fn start() -> Trial {
        let part = |name: &str| DomainPart::new(name).unwrap().into_owned();
        let domains = Domains {
            login: part("login.example"),
            users: part("im.example"),
            rooms: part("rooms.im.example"),
        };
        let mut trial = Trial { core: Core::new(domains, "boot".to_owned()), now: 0, outputs: Vec::new() };
        for link in Link::ALL {
            trial.input(Input::Up(link));
        }
        trial.stanza(GRANT);
        trial
    }

    /// With alice online.
    fn online() -> Trial {
        let mut trial = Trial::start();
        trial.stanza(HERE);
        trial.answer("online", Ok(session("t1", &[])));
        trial.pong();
        trial
    }

    fn input(&mut self, input: Input) {
        self.core.handle(input, self.now, &mut self.outputs);
        self.core.end_turn(self.now, &mut self.outputs);
    }

    fn stanza(&mut self, text: &str) {
        self.input(Input::Stanza(Link::Users, stanza(text)));
    }

    /// The oldest call that was made, which must be this one.
    fn call(&mut self, action: &str) -> (u64, Call) {
        let at = self.outputs.iter().position(|output| matches!(output, Output::Call(..)));
        match at.map(|at| self.outputs.remove(at)) {
            Some(Output::Call(number, call)) if call.action == action => (number, call),
            other => panic!("{action}: {other:?} in {:?}", self.outputs),
        }
    }

    /// Answers the oldest call that was made, which must be this one.
    fn answer(&mut self, action: &str, answer: SiteAnswer) -> Call {
        let (number, call) = self.call(action);
        self.input(Input::Answer(number, answer));
        call
    }

    fn refuse(&mut self, action: &str, status: u16) -> Call {
        let refusal = nextim_xmpp::core::calls::SiteRefusal { status, text: "why".to_owned() };
        self.answer(action, Err(refusal))
    }

    /// What was sent on the connection of users, as XML, without the pings; it is forgotten.
    fn sent(&mut self) -> Vec<String> {
        let mut sent = Vec::new();
        self.outputs.retain(|output| {
            let Output::Send(Link::Users, stanza) = output else { return true };
            let is_ping = ping(output).is_some();
            if !is_ping {
                sent.push(xml(stanza));
            }
            is_ping
        });
        sent
    }

    /// The XMPP server answers all pings.
    fn pong(&mut self) {
        let pings: Vec<String> = self.outputs.iter().filter_map(ping).collect();
        self.outputs.retain(|output| ping(output).is_none());
        for id in pings {
            self.stanza(&format!(
                "<iq xmlns='jabber:component:accept' type='result' id='{id}' from='login.example' to='im.example'/>"
            ));
        }
    }

    /// The `seq` of the poll that was begun.
    fn poll(&mut self) -> Option<(u64, u64)> {
        let at = self.outputs.iter().position(|output| matches!(output, Output::Poll { .. }))?;
        let Output::Poll { session, seq, .. } = self.outputs.remove(at) else { return None };
        Some((session, seq))
    }

    /// The poll ends with these packets.
    fn packets(&mut self, packets: Value) {
        let (session, _) = self.poll().unwrap();
        let packets: Packets = serde_json::from_value(packets).unwrap();
        self.input(Input::Polled("alice".to_owned(), session, PollEnd::Packets(packets)));
    }

    fn dropped(&self, reason: &str) -> usize {
        let is_it = |output: &&Output| matches!(output, Output::Count("nextim_xmpp_dropped_total", label) if label.contains(reason));
        self.outputs.iter().filter(is_it).count()
    }
}

fn stanza(text: &str) -> Stanza {
    let element: Element = text.parse().unwrap();
    match element.name() {
        "message" => Stanza::Message(element.try_into().unwrap()),
        "presence" => Stanza::Presence(element.try_into().unwrap()),
        _ => Stanza::Iq(element.try_into().unwrap()),
    }
}

fn xml(stanza: &Stanza) -> String {
    String::from(&Element::from(stanza))
}

fn ping(output: &Output) -> Option<String> {
    let Output::Send(_, stanza @ Stanza::Iq(iq)) = output else { return None };
    xml(stanza).contains("urn:xmpp:ping").then(|| iq.id().to_owned())
}

fn message(from: &str, id: &str, inner: &str) -> String {
    format!(
        "<message xmlns='jabber:component:accept' type='chat' id='{id}' from='{from}' to='bob@im.example'>{inner}</message>"
    )
}

fn said(id: &str, body: &str) -> String {
    message("alice@login.example/phone", id, &format!("<body>{body}</body>"))
}

fn typing(state: &str) -> String {
    let state = format!("<{state} xmlns='http://jabber.org/protocol/chatstates'/>");
    message("alice@login.example/phone", "t", &state)
}

fn session(ticket: &str, messages: &[Value]) -> Value {
    let buddies = json!([{"name": "bob", "nick": "Bob", "group": "friend", "show": "available"}]);
    json!({"user": "alice", "nick": "Alice", "ticket": ticket, "server": "http://im/packets", "buddies": buddies,
        "rooms": [], "messages": messages})
}

fn from_bob(id: &str) -> Value {
    json!({"id": id, "type": "unicast", "from": "bob", "nick": "Bob", "to": "alice", "body": format!("body of {id}"),
        "timestamp": 1_321_862_400_000_i64})
}

fn batch(seq: u64, messages: &[Value]) -> Value {
    json!({"status": "ok", "seq": seq, "messages": messages})
}

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

#[test]
fn a_client_that_never_comes_gets_an_error_and_no_more_than_the_bound_wait() {
    let mut trial = Trial::start();
    for _ in 0..EARLY_MAX {
        trial.input(Input::Stanza(Link::Rooms, stanza(JOIN)));
    }
    assert!(trial.outputs.is_empty());
    trial.input(Input::Stanza(Link::Rooms, stanza(JOIN)));
    assert_eq!(trial.outputs.len(), 1, "there is no place");
    trial.now = EARLY_MS;
    assert_eq!(trial.core.deadline(), Some(EARLY_MS));
    trial.input(Input::Tick);
    assert_eq!(trial.outputs.len(), 1 + EARLY_MAX);
    let Output::Send(Link::Rooms, last) = trial.outputs.pop().unwrap() else { panic!("an error") };
    assert!(xml(&last).contains("internal-server-error"), "{}", xml(&last));
    assert_eq!(trial.core.sizes(), (0, 0));
}
