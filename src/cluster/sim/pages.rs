//! Pages and their sites: what they ask, and what they make of the answers.
//!
//! Owns: what each page shows and has seen. Its polls go to the node that its ticket is of, and are answered there.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value;

use super::world::World;
use crate::router::call::{
    Answer, BuddyRemoval, Delivery, Looks, NewMessage, Online, Poll, Reason, RoomCall, Show, Speaker,
    Subject, Transport, Verb, Version,
};
use crate::router::ids::{CallKey, Ticket};
use crate::router::mail::{Input, PollFate};
use crate::router::packet::{MessageType, Packet};

/// What was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    /// A session of a page.
    Start(usize),
    /// Its poll.
    Poll(usize),
    /// A message.
    Say(usize),
    /// Anything else.
    Act,
}

/// A message.
#[derive(Clone, Debug)]
pub(super) struct Said {
    pub(super) kind: MessageType,
    pub(super) to: String,
    /// What the answer counted.
    pub(super) counted: Option<u32>,
    /// How many pages have seen it.
    pub(super) seen: usize,
    /// Whether its site has it back.
    pub(super) returned: bool,
    /// Whether a node was lost since.
    pub(super) disturbed: bool,
}

/// A page.
#[derive(Clone, Debug)]
pub(super) struct Page {
    pub(super) name: String,
    pub(super) named: Vec<String>,
    rooms: Vec<String>,
    pub(super) life: Life,
    ticket: Option<Ticket>,
    seq: u64,
    polls: bool,
    /// Buddies as it shows them.
    pub(super) view: BTreeMap<String, String>,
    /// Of whom it has been told.
    pub(super) told: BTreeMap<String, usize>,
    seen: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Life {
    Opening,
    Open,
    /// Its session or node is lost: its site is to be asked again.
    Lost,
    Over,
}

impl Page {
    /// The process that its ticket is of.
    pub(super) fn epoch(&self) -> Option<u32> {
        self.ticket.map(|ticket| ticket.epoch)
    }

    pub(super) fn lose(&mut self) {
        if self.life != Life::Over {
            self.life = Life::Lost;
        }
    }

    fn take(&mut self, delivery: &Delivery) -> Vec<String> {
        let mut fresh = Vec::new();
        for packet in delivery.packets.as_slice() {
            let value: Value = serde_json::from_slice(packet.json()).expect("packets are JSON");
            let text = |key: &str| value[key].as_str().unwrap_or_default().to_owned();
            match text("type").as_str() {
                kind @ ("unicast" | "multicast" | "broadcast") => {
                    let id = text("id");
                    if self.seen.contains(&id) {
                        // What goes to all nodes may meet a user who moves at both: a page knows it by its id.
                        assert_ne!(kind, "unicast", "{} sees {id} twice", self.name);
                        continue;
                    }
                    self.seen.push(id.clone());
                    fresh.push(id);
                }
                "online" | "show" => {
                    *self.told.entry(text("from")).or_default() += 1;
                    self.view.insert(text("from"), text("show"));
                }
                "offline" => {
                    *self.told.entry(text("from")).or_default() += 1;
                    self.view.remove(&text("from"));
                }
                _ => {}
            }
        }
        self.seq = self.seq.max(delivery.seq);
        fresh
    }
}

/// The number of the message that has this id.
fn number_of(id: &str) -> usize {
    id[1..].parse().expect("ids are numbers")
}

fn texts(names: &[String]) -> Vec<Cow<'static, str>> {
    names.iter().map(|name| name.clone().into()).collect()
}

impl World {
    pub(super) fn names(&self) -> Vec<String> {
        (0..self.plan.names).map(|number| format!("user{number}")).collect()
    }

    fn rooms(&self) -> Vec<String> {
        (0..self.plan.rooms).map(|number| format!("room{number}")).collect()
    }

    pub(super) fn open_some(&mut self) {
        let names = self.names();
        let name = self.random.pick(&names);
        let mut others = names;
        others.retain(|other| *other != name);
        let percent = self.random.pick(&[0, 50, 100]);
        let buddies = self.random.some(&others, percent);
        let rooms = self.rooms();
        let rooms = self.random.some(&rooms, 50);
        self.open(name, buddies, rooms);
    }

    pub(super) fn open(&mut self, name: String, named: Vec<String>, rooms: Vec<String>) {
        let page = self.pages.len();
        let mut secret = [9; 16];
        secret[..8].copy_from_slice(&(page as u64).to_be_bytes());
        let online = Online {
            name: name.clone().into(),
            looks: Looks::default(),
            buddies: texts(&named),
            rooms: texts(&rooms),
            truncated: false,
            version: Version::V6,
            expires_s: None,
            secret,
        };
        self.pages.push(Page {
            name,
            named,
            rooms,
            life: Life::Opening,
            ticket: None,
            seq: 0,
            polls: false,
            view: BTreeMap::new(),
            told: BTreeMap::new(),
            seen: Vec::new(),
        });
        self.call(Ask::Start(page), Verb::Online(Box::new(online)));
    }

    /// Pages whose node is lost ask their site again.
    pub(super) fn reopen_all(&mut self) {
        for page in 0..self.pages.len() {
            if matches!(self.pages[page].life, Life::Lost | Life::Opening) {
                self.reopen(page);
            }
        }
    }

    /// Pages that were told to go online again ask their site.
    pub(super) fn reopen_lost(&mut self) {
        for page in 0..self.pages.len() {
            if self.pages[page].life == Life::Lost {
                self.reopen(page);
            }
        }
    }

    fn reopen(&mut self, page: usize) {
        let Page { name, named, rooms, .. } = self.pages[page].clone();
        self.pages[page].life = Life::Over;
        self.open(name, named, rooms);
    }

    /// Pages that are open poll.
    pub(super) fn serve_pages(&mut self) {
        for page in 0..self.pages.len() {
            let Page { life, polls, ticket, seq, .. } = self.pages[page];
            let Some(ticket) = ticket.filter(|_| life == Life::Open && !polls) else { continue };
            let Some(at) = self.nodes.iter().position(|node| node.epoch == ticket.epoch) else { continue };
            self.pages[page].polls = true;
            let poll = Poll { ticket, seq: Some(seq), transport: Transport::Poll };
            self.call_at(at, Ask::Poll(page), Verb::Poll(poll));
        }
    }

    pub(super) fn say_some(&mut self) {
        let kind = self.random.pick(&[MessageType::Unicast, MessageType::Multicast, MessageType::Broadcast]);
        let (names, rooms) = (self.names(), self.rooms());
        let to = match kind {
            MessageType::Unicast => self.random.pick(&names),
            MessageType::Multicast => self.random.pick(&rooms),
            MessageType::Broadcast => String::new(),
        };
        let speaker = match self.some_ticket() {
            Some(ticket) if self.random.chance(60) => Speaker::Ticket(ticket),
            Some(_) | None => Speaker::Site(self.random.pick(&names).into()),
        };
        self.say(speaker, kind, to);
    }

    /// The site writes to somebody.
    pub(super) fn write_to(&mut self, name: &str) {
        self.say(Speaker::Site("site".into()), MessageType::Unicast, name.to_owned());
    }

    fn say(&mut self, speaker: Speaker<'static>, kind: MessageType, to: String) {
        let number = self.messages.len();
        let message = NewMessage {
            speaker,
            beside: None,
            to: to.clone().into(),
            nick: None,
            kind,
            body: "hello".into(),
            style: "".into(),
            timestamp: "1".into(),
            id: Some(format!("m{number}").into()),
            meta: None,
        };
        self.messages.push(Said { kind, to, counted: None, seen: 0, returned: false, disturbed: false });
        self.call(Ask::Say(number), Verb::Message(Box::new(message)));
    }

    fn some_ticket(&mut self) -> Option<Ticket> {
        let open: Vec<Ticket> =
            self.pages.iter().filter(|page| page.life == Life::Open).filter_map(|page| page.ticket).collect();
        (!open.is_empty()).then(|| self.random.pick(&open))
    }

    pub(super) fn change_some(&mut self) {
        let names = self.names();
        let name = self.random.pick(&names);
        let subject = match self.some_ticket() {
            Some(ticket) if self.random.chance(50) => Subject::Ticket(ticket),
            Some(_) | None => Subject::Name(name.clone().into()),
        };
        let rooms = self.rooms();
        let room = self.random.pick(&rooms);
        let verb = match self.random.below(10) {
            0..4 => {
                let show = self.random.pick(&["available", "away", "dnd", "invisible"]);
                let looks = Looks { nick: None, show: Some(show.into()), status: None };
                Verb::Show(Show { subject, looks })
            }
            4..6 => Verb::Join(RoomCall { subject, room: room.into(), nick: None }),
            6..8 => Verb::Leave(RoomCall { subject, room: room.into(), nick: None }),
            8 => {
                let mut others = names;
                others.retain(|other| *other != name);
                let buddies = self.random.some(&others, 40);
                Verb::RemoveBuddies(BuddyRemoval { name: name.into(), buddies: texts(&buddies) })
            }
            _ => Verb::Offline(subject),
        };
        self.call(Ask::Act, verb);
    }

    /// A message was not delivered.
    pub(super) fn give_back(&mut self, packet: &Packet) {
        let value: Value = serde_json::from_slice(packet.json()).expect("packets are JSON");
        let id = value["id"].as_str().expect("messages have an id");
        self.messages[number_of(id)].returned = true;
    }

    /// A call is answered at a node.
    pub(super) fn answered(&mut self, at: usize, key: CallKey, answer: Answer) {
        let epoch = self.nodes[at].epoch;
        let ask = self.calls.remove(&(epoch, key)).expect("a call is answered once");
        self.note(|| format!("answer to {ask:?}: {answer:?}"));
        match (ask, answer) {
            (Ask::Start(page), Answer::Online(started)) => {
                let page = &mut self.pages[page];
                page.ticket = Some(started.ticket);
                if page.life == Life::Opening {
                    page.life = Life::Open;
                }
                for profile in &started.buddies {
                    page.view.insert(profile.name().to_owned(), profile.show().to_owned());
                }
                if started.partial {
                    // It was told that some could not be asked; it hears of them when they change.
                    let shown = page.view.clone();
                    page.named.retain(|name| shown.contains_key(name));
                }
                if !self.nodes.iter().any(|node| node.epoch == started.ticket.epoch) {
                    page.lose();
                }
            }
            (Ask::Start(page), _) => self.pages[page].lose(),
            (Ask::Poll(page), Answer::Packets(delivery)) => {
                self.pages[page].polls = false;
                for id in self.pages[page].take(&delivery) {
                    self.messages[number_of(&id)].seen += 1;
                }
                if delivery.stopped == Some(Reason::Renew) {
                    self.pages[page].lose();
                } else if delivery.stopped.is_some() {
                    self.pages[page].life = Life::Over;
                } else {
                    let fate = PollFate { session: delivery.session, key, flushed: true };
                    self.handle(at, key.place.index(), Input::Fate(fate));
                }
            }
            (Ask::Poll(page), _) => {
                // Its session has ended between two polls.
                self.pages[page].polls = false;
                self.pages[page].lose();
            }
            (Ask::Say(number), Answer::Delivered(receivers)) => {
                self.messages[number].counted = Some(receivers.sessions);
                self.messages[number].disturbed |= receivers.partial;
            }
            (Ask::Say(_) | Ask::Act, _) => {}
        }
    }

    /// Time passes until nobody is there.
    pub(super) fn end(&mut self) {
        for page in &mut self.pages {
            page.life = Life::Over;
        }
        for name in self.names() {
            self.call(Ask::Act, Verb::Offline(Subject::Name(name.into())));
        }
        self.settle();
        self.check_empty();
    }
}
