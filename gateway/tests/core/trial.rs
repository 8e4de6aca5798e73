//! A gateway without its surroundings, and the words that go in and come out.
//!
//! Owns: the members of a trial, and the forms of stanzas, answers and packets. Must not: test anything.

use nextim_xmpp::core::calls::{Call, Packets, PollEnd, SiteAnswer};
use nextim_xmpp::core::{Core, Input, Link, Output};
use nextim_xmpp::names::Domains;
use serde_json::{Value, json};
use tokio_xmpp::Stanza;
use xmpp_parsers::jid::DomainPart;
use xmpp_parsers::minidom::Element;

pub(super) const GRANT: &str = "<message xmlns='jabber:component:accept' from='login.example' to='im.example'>\
    <privilege xmlns='urn:xmpp:privilege:2'><perm access='roster' type='both'/><perm access='message' type='outgoing'/>\
    <perm access='presence' type='managed_entity'/></privilege></message>";
pub(super) const HERE: &str =
    "<presence xmlns='jabber:component:accept' from='alice@login.example/phone' to='im.example'/>";
pub(super) const AWAY: &str = "<presence xmlns='jabber:component:accept' type='unavailable' from='alice@login.example/phone' to='im.example'/>";

/// A gateway, and what it has done.
pub(super) struct Trial {
    pub(super) core: Core,
    pub(super) now: u64,
    pub(super) outputs: Vec<Output>,
}

impl Trial {
    pub(super) fn start() -> Trial {
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
    pub(super) fn online() -> Trial {
        let mut trial = Trial::start();
        trial.stanza(HERE);
        trial.answer("online", Ok(session("t1", &[])));
        trial.pong();
        trial
    }

    pub(super) fn input(&mut self, input: Input) {
        self.core.handle(input, self.now, &mut self.outputs);
        self.core.end_turn(self.now, &mut self.outputs);
    }

    pub(super) fn stanza(&mut self, text: &str) {
        self.input(Input::Stanza(Link::Users, stanza(text)));
    }

    /// The oldest call that was made, which must be this one.
    pub(super) fn call(&mut self, action: &str) -> (u64, Call) {
        let at = self.outputs.iter().position(|output| matches!(output, Output::Call(..)));
        match at.map(|at| self.outputs.remove(at)) {
            Some(Output::Call(number, call)) if call.action == action => (number, call),
            other => panic!("{action}: {other:?} in {:?}", self.outputs),
        }
    }

    /// Answers the oldest call that was made, which must be this one.
    pub(super) fn answer(&mut self, action: &str, answer: SiteAnswer) -> Call {
        let (number, call) = self.call(action);
        self.input(Input::Answer(number, answer));
        call
    }

    pub(super) fn refuse(&mut self, action: &str, status: u16) -> Call {
        let refusal = nextim_xmpp::core::calls::SiteRefusal { status, text: "why".to_owned() };
        self.answer(action, Err(refusal))
    }

    /// What was sent on the connection of users, as XML, without the pings; it is forgotten.
    pub(super) fn sent(&mut self) -> Vec<String> {
        self.sent_by(Link::Users)
    }

    /// The same of either connection.
    pub(super) fn sent_by(&mut self, link: Link) -> Vec<String> {
        let mut sent = Vec::new();
        self.outputs.retain(|output| {
            let Output::Send(by, stanza) = output else { return true };
            if *by != link {
                return true;
            }
            let is_ping = ping(output).is_some();
            if !is_ping {
                sent.push(xml(stanza));
            }
            is_ping
        });
        sent
    }

    /// The XMPP server answers all pings.
    pub(super) fn pong(&mut self) {
        let pings: Vec<String> = self.outputs.iter().filter_map(ping).collect();
        self.outputs.retain(|output| ping(output).is_none());
        for id in pings {
            self.stanza(&format!(
                "<iq xmlns='jabber:component:accept' type='result' id='{id}' from='login.example' to='im.example'/>"
            ));
        }
    }

    /// The `seq` of the poll that was begun.
    pub(super) fn poll(&mut self) -> Option<(u64, u64)> {
        let at = self.outputs.iter().position(|output| matches!(output, Output::Poll { .. }))?;
        let Output::Poll { session, seq, .. } = self.outputs.remove(at) else { return None };
        Some((session, seq))
    }

    /// The poll ends with these packets.
    pub(super) fn packets(&mut self, packets: Value) {
        let (session, _) = self.poll().unwrap();
        let packets: Packets = serde_json::from_value(packets).unwrap();
        self.input(Input::Polled("alice".to_owned(), session, PollEnd::Packets(packets)));
    }

    pub(super) fn dropped(&self, reason: &str) -> usize {
        let is_it = |output: &&Output| matches!(output, Output::Count("nextim_xmpp_dropped_total", label) if label.contains(reason));
        self.outputs.iter().filter(is_it).count()
    }
}

pub(super) fn stanza(text: &str) -> Stanza {
    let element: Element = text.parse().unwrap();
    match element.name() {
        "message" => Stanza::Message(element.try_into().unwrap()),
        "presence" => Stanza::Presence(element.try_into().unwrap()),
        _ => Stanza::Iq(element.try_into().unwrap()),
    }
}

pub(super) fn xml(stanza: &Stanza) -> String {
    String::from(&Element::from(stanza))
}

pub(super) fn ping(output: &Output) -> Option<String> {
    let Output::Send(_, stanza @ Stanza::Iq(iq)) = output else { return None };
    xml(stanza).contains("urn:xmpp:ping").then(|| iq.id().to_owned())
}

pub(super) fn message(from: &str, id: &str, inner: &str) -> String {
    format!(
        "<message xmlns='jabber:component:accept' type='chat' id='{id}' from='{from}' to='bob@im.example'>{inner}</message>"
    )
}

pub(super) fn said(id: &str, body: &str) -> String {
    message("alice@login.example/phone", id, &format!("<body>{body}</body>"))
}

pub(super) fn typing(state: &str) -> String {
    let state = format!("<{state} xmlns='http://jabber.org/protocol/chatstates'/>");
    message("alice@login.example/phone", "t", &state)
}

pub(super) fn session(ticket: &str, messages: &[Value]) -> Value {
    let buddies = json!([{"name": "bob", "nick": "Bob", "group": "friend", "show": "available"}]);
    json!({"user": "alice", "nick": "Alice", "ticket": ticket, "server": "http://im/packets", "buddies": buddies,
        "rooms": [], "messages": messages})
}

pub(super) fn from_bob(id: &str) -> Value {
    json!({"id": id, "type": "unicast", "from": "bob", "nick": "Bob", "to": "alice", "body": format!("body of {id}"),
        "timestamp": 1_321_862_400_000_i64})
}

pub(super) fn batch(seq: u64, messages: &[Value]) -> Value {
    json!({"status": "ok", "seq": seq, "messages": messages})
}
