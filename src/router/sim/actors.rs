//! What browsers and sites do, at random.
//!
//! Owns: the actions and how often each is taken. Must not: judge what the router makes of them; `rules.rs`,
//! the ledger and the pages judge that.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::account::{Said, meta_of};
use super::browser::{Life, Page, Tab};
use super::world::{Ask, World};
use crate::router::call::{
    Ack, BuddyRemoval, Looks, MembersQuery, NewMessage, Online, OnlinesQuery, Poll, RoomCall, Show, Speaker,
    Subject, Text, Transport, Typing, Verb, Version,
};
use crate::router::ids::Ticket;
use crate::router::packet::MessageType;

impl World {
    /// One step.
    pub(super) fn act(&mut self) {
        match self.random.below(100) {
            0..26 => (0..=self.random.below(4)).for_each(|_| self.deliver()),
            26..28 => self.deliver_slice(),
            28..35 => self.pass_time(),
            35..42 => {
                self.open_some();
            }
            42..55 => self.poll_some(),
            55..58 => self.acknowledge_some(),
            58..63 => self.write_some(),
            63..71 => self.arrive(),
            71..74 => self.cut_some(),
            74..78 => self.leave_some(),
            78..91 => {
                self.say_some();
            }
            91..98 => self.change_some(),
            _ => {
                self.ask_some_wrong();
                self.tell_routers();
                self.arrive_back();
            }
        }
    }

    fn pass_time(&mut self) {
        let ms = match self.random.below(20) {
            0..12 => self.random.within(0, 100),
            12..16 => self.random.within(100, 1_500),
            16..18 => self.random.within(1_500, 9_000),
            18 => return self.stop(),
            _ => self.random.within(9_000, 80_000),
        };
        self.advance(ms);
    }

    /// A domain and a name in it.
    pub(super) fn somebody(&mut self) -> Option<(usize, String)> {
        let domain = self.random.below(self.plan.domains);
        let name = self.random.pick(&self.plan.names());
        (self.removed != Some(domain)).then_some((domain, name))
    }

    /// Pages that hold a ticket and use it.
    pub(super) fn open_pages(&self) -> Vec<usize> {
        let open = |page: &usize| self.pages[*page].life == Life::Open;
        (0..self.pages.len()).filter(open).collect()
    }

    pub(super) fn some_page(&mut self) -> Option<usize> {
        let pages = self.open_pages();
        (!pages.is_empty()).then(|| self.random.pick(&pages))
    }

    /// A page, rarely one that is over, and its ticket.
    fn some_ticket(&mut self) -> Option<(usize, Ticket)> {
        let page = if self.random.chance(5) && !self.pages.is_empty() {
            Some(self.random.below(self.pages.len()))
        } else {
            self.some_page()
        }?;
        Some((page, self.pages[page].ticket?))
    }

    fn open_some(&mut self) {
        let Some((domain, name)) = self.somebody() else { return };
        let mut others = self.plan.names();
        others.retain(|other| *other != name);
        let percent = self.random.pick(&[0, 50, 100]);
        let buddies = self.random.some(&others, percent);
        let rooms = self.random.some(&self.plan.rooms(), 50);
        let looks = self.some_looks(domain, &name);
        let version = self.some_version();
        self.open(domain, (name, version), looks, &buddies, rooms);
    }

    pub(super) fn some_version(&mut self) -> Version {
        self.random.pick(&[Version::Papers, Version::V3, Version::V5, Version::V6])
    }

    /// A page is opened. Returns it.
    pub(super) fn open(
        &mut self,
        domain: usize,
        (name, version): (String, Version),
        looks: Looks<'static>,
        buddies: &[String],
        rooms: Vec<String>,
    ) -> usize {
        let page = self.pages.len();
        let mut secret = [7; 16];
        secret[..8].copy_from_slice(&(page as u64).to_be_bytes());
        let owner = self.places.of(self.domain_ids[domain], &name);
        let heard = self.now(owner.index()).ms();
        let expires_s =
            (version == Version::V6).then(|| self.random.pick(&[None, None, Some(60), Some(100)]));
        let expires_s = expires_s.flatten();
        let tabs = if self.random.chance(15) { 2 } else { 1 };
        let streams = self.random.chance(35);
        let by = self.random.pick(&[Transport::Stream, Transport::Stream, Transport::PingedStream]);
        let online = Online {
            name: name.clone().into(),
            looks,
            buddies: texts(buddies.to_vec()),
            rooms: texts(rooms),
            truncated: false,
            version,
            expires_s,
            secret,
        };
        self.pages.push(Page {
            domain,
            name,
            version,
            seq: streams || self.random.chance(50),
            transport: if streams { by } else { Transport::Poll },
            named: buddies.to_vec(),
            life: Life::Opening,
            ticket: None,
            session: None,
            tabs: (0..tabs).map(|_| Tab::default()).collect(),
            view: BTreeMap::new(),
            told: BTreeMap::new(),
            groups: BTreeMap::new(),
            expires: expires_s.map(|seconds| (heard + seconds * 1_000, heard + seconds * 1_100)),
            heard,
            heard_poll: None,
            flushed: None,
            streaming: false,
        });
        self.call(Ask::Start { page }, domain, Verb::Online(Box::new(online)));
        page
    }

    /// Always with a nick, which says whose domain it is.
    fn some_looks(&mut self, domain: usize, name: &str) -> Looks<'static> {
        let number = self.random.below(3);
        let show = ["available", "away", "dnd", "invisible", "invisible"];
        let show = self.random.chance(50).then(|| self.random.pick(&show).into());
        let status = self.random.chance(30).then(|| self.random.pick(&["", "lunch", "home"]).into());
        Looks { nick: Some(format!("{name}{number}@{domain}").into()), show, status }
    }

    fn write_some(&mut self) {
        if !self.written.is_empty() {
            let at = self.random.below(self.written.len());
            if self.random.chance(60) {
                self.flush(self.written[at].key);
            } else {
                self.break_off(at);
            }
        }
    }

    fn cut_some(&mut self) {
        let Some(page) = self.some_page() else { return };
        let tab = self.random.below(self.pages[page].tabs.len());
        let polls = self.pages[page].tabs[tab].polls.clone();
        if !polls.is_empty() {
            let key = self.random.pick(&polls);
            self.cut(page, tab, key);
        }
    }

    /// A page is left: closed, reloaded, or it just vanishes.
    fn leave_some(&mut self) {
        let Some(page) = self.some_page() else { return };
        match self.random.below(7) {
            6 => {
                let Page { domain, ref name, .. } = self.pages[page];
                let subject = Subject::Name(name.clone().into());
                self.call(Ask::Act { page: None }, domain, Verb::Offline(subject));
                self.open_again(page);
            }
            0 => self.leave(page, true),
            1 => self.vanish(page, 100),
            2 => self.vanish(page, 0),
            3 => {
                self.leave(page, true);
                self.open_again(page);
            }
            4 => {
                self.open_again(page);
                self.leave(page, true);
            }
            _ => {
                self.leave(page, false);
                self.open_again(page);
            }
        }
    }

    /// A page ends, and its site says so or does not.
    fn leave(&mut self, page: usize, told: bool) {
        let percent = self.random.pick(&[0, 50, 100]);
        if self.random.chance(50) {
            self.vanish(page, percent);
        }
        if told && let Some(ticket) = self.pages[page].ticket {
            let domain = self.pages[page].domain;
            let is_v5 = self.pages[page].version.is_v5();
            let end = if is_v5 { Verb::End(ticket) } else { Verb::Offline(Subject::Ticket(ticket)) };
            self.call(Ask::Act { page: Some(page) }, domain, end);
            // What it says last may come after its end.
            if self.pages[page].seq && self.random.chance(50) {
                self.acknowledge(page, 0);
            }
        }
        self.vanish(page, percent);
    }

    fn open_again(&mut self, page: usize) {
        let Page { domain, ref name, .. } = self.pages[page];
        let name = name.clone();
        let mut others = self.plan.names();
        others.retain(|other| *other != name);
        let rooms = self.random.some(&self.plan.rooms(), 50);
        let nick = Some(format!("{name}@{domain}").into());
        let version = self.some_version();
        self.open(domain, (name, version), Looks { nick, ..Looks::default() }, &others, rooms);
    }

    /// The browser is gone; this share of its connections is closed, the others just fall silent: a stream until nobody
    /// has acknowledged it for too long.
    pub(super) fn vanish(&mut self, page: usize, percent: usize) {
        self.pages[page].life = Life::Over;
        for tab in 0..self.pages[page].tabs.len() {
            for key in self.pages[page].tabs[tab].polls.clone() {
                if self.random.chance(percent) {
                    self.cut(page, tab, key);
                }
            }
        }
    }

    fn say_some(&mut self) {
        let kinds =
            [MessageType::Unicast, MessageType::Unicast, MessageType::Multicast, MessageType::Broadcast];
        let kind = self.random.pick(&kinds);
        let (by_site, signals) = (self.random.chance(20), self.random.chance(25));
        let (domain, from, page) = if by_site {
            let Some((domain, from)) = self.somebody() else { return };
            (domain, from, None)
        } else {
            let Some((page, _)) = self.some_ticket() else { return };
            (self.pages[page].domain, self.pages[page].name.clone(), Some(page))
        };
        if signals {
            self.signal(domain, from, page);
        } else {
            self.say(domain, from, page, kind);
        }
    }

    /// A message is sent, on a page or by the site. Returns it.
    pub(super) fn say(
        &mut self,
        domain: usize,
        from: String,
        page: Option<usize>,
        kind: MessageType,
    ) -> usize {
        let to = match kind {
            MessageType::Unicast => self.random.pick(&self.plan.names()),
            MessageType::Multicast => self.random.pick(&self.plan.rooms()),
            MessageType::Broadcast => String::new(),
        };
        let speaker = match page {
            Some(page) => Speaker::Ticket(self.pages[page].ticket.expect("it has one")),
            None => Speaker::Site(from.clone().into()),
        };
        let message = self.ledger.said.len();
        let say = NewMessage {
            speaker,
            beside: None,
            to: to.clone().into(),
            nick: None,
            kind,
            body: message.to_string().into(),
            style: "".into(),
            timestamp: "1".into(),
            id: None,
            meta: meta_of(message).map(Text::from),
        };
        self.ledger.said.push(Said {
            domain,
            from,
            kind,
            to,
            page,
            sender: None,
            issued: self.moment + 1,
            answered: None,
            exact: false,
            queued: Vec::new(),
            kept: 0,
            kept_visible: 0,
            counted: 0,
            acknowledged: false,
            returned: false,
            lost: false,
        });
        self.call(Ask::Say { message }, domain, Verb::Message(Box::new(say)));
        message
    }

    /// Something changes, or is asked for.
    fn change_some(&mut self) {
        let room: Text<'static> = self.random.pick(&self.plan.rooms()).into();
        let names = self.random.some(&self.plan.names(), 50);
        let Some((domain, name)) = self.somebody() else { return };
        let ticket = self.some_ticket();
        let (page, domain, name, subject) = match ticket.filter(|_| self.random.chance(60)) {
            Some((page, ticket)) => {
                let Page { domain, ref name, .. } = self.pages[page];
                (Some(page), domain, name.clone(), Subject::Ticket(ticket))
            }
            None => (None, domain, name.clone(), Subject::Name(name.into())),
        };
        let nick = Some(format!("{name}?@{domain}").into());
        let verb = match self.random.below(16) {
            0..6 => Verb::Show(Show { subject, looks: self.some_looks(domain, &name) }),
            6..9 => Verb::Join(RoomCall { subject, room, nick }),
            9..11 => Verb::Leave(RoomCall { subject, room, nick }),
            11 => return self.unlink(domain, name, names),
            12 => Verb::Onlines(OnlinesQuery { ticket: None, names: texts(names) }),
            13 => Verb::Members(MembersQuery { ticket: None, room }),
            14 => match subject {
                Subject::Ticket(ticket) => {
                    let to = self.random.pick(&self.plan.names()).into();
                    let (kind, to) = if self.random.chance(50) {
                        (MessageType::Multicast, room)
                    } else {
                        (MessageType::Unicast, to)
                    };
                    Verb::Status(Typing { ticket, to, kind, nick, show: "typing".into() })
                }
                Subject::Name(_) => return,
            },
            _ => match subject {
                Subject::Name(_) => Verb::Offline(subject),
                Subject::Ticket(_) => return,
            },
        };
        self.call(Ask::Act { page }, domain, verb);
    }

    pub(super) fn unlink(&mut self, domain: usize, name: String, mut buddies: Vec<String>) {
        buddies.retain(|buddy| *buddy != name);
        let verb = Verb::RemoveBuddies(BuddyRemoval { name: name.into(), buddies: texts(buddies) });
        self.call(Ask::Act { page: None }, domain, verb);
    }

    /// A ticket is tried in another domain.
    fn ask_some_wrong(&mut self) {
        let Some((page, ticket)) = self.some_ticket() else { return };
        let domain = self.random.below(self.plan.domains);
        if domain != self.pages[page].domain && self.removed != Some(domain) {
            let verb = match self.random.below(4) {
                0 => Verb::Poll(Poll { ticket, seq: None, transport: Transport::Poll }),
                1 => Verb::Offline(Subject::Ticket(ticket)),
                2 => Verb::Ack(Ack { ticket, seq: 0 }),
                _ => Verb::Onlines(OnlinesQuery { ticket: Some(ticket), names: texts(self.plan.names()) }),
            };
            self.call(Ask::Wrong, domain, verb);
        }
    }
}

pub(super) fn texts(names: Vec<String>) -> Vec<Text<'static>> {
    names.into_iter().map(Cow::Owned).collect()
}
