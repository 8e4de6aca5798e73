//! Signals: their call, and what pages of version 6 must have seen of them.
//!
//! Owns: all that the contract says of signals, as far as it shows from outside. Must not: judge which page an ended one
//! passes them to; the simulator of the router does.

use nextim_testkit::http::Response;
use nextim_testkit::random::Random;
use serde_json::{Value, json};

use super::calls::{Ask, Call, room_name};
use super::ledger::{Kind, Ledger, OPEN, Span};
use super::pages::Life;
use super::plan::mark;
use super::world::World;

/// A signal.
#[derive(Clone, Debug)]
pub(crate) struct Signalled {
    domain: usize,
    kind: Kind,
    from: String,
    sender: Option<usize>,
    /// The page whose ticket the call carried.
    page: Option<usize>,
    receiver: Option<usize>,
    to: String,
    key: Option<usize>,
    span: Span,
    late: bool,
}

impl Signalled {
    fn data(&self, number: usize) -> Value {
        let mut data = json!({"number": number, "text": "</script>\u{2028}"});
        if let Some(key) = self.key {
            data["key"] = key.to_string().into();
        }
        data
    }

    /// Whether it may take the place of an older one.
    fn supersedes(&self, older: &Signalled) -> bool {
        self.key.is_some() && (self.domain, &self.from, self.key) == (older.domain, &older.from, older.key)
    }
}

impl Ledger {
    /// All calls are done.
    pub(crate) fn settle_signals(&mut self, now: u64) {
        for signal in &mut self.signalled[self.signals_round..] {
            signal.span.done = signal.span.done.min(now);
        }
    }
}

impl World {
    /// `/signals`, by the ticket of a page.
    pub(crate) fn signal_some(&mut self, user: usize, page: usize, random: &mut Random) {
        let sent = self.tick();
        let number = self.ledger.signalled.len();
        let domain = self.users[user].domain;
        let receiver = domain * self.plan.names + random.below(self.plan.names);
        let (kind, word, to, receiver) = if random.chance(60) {
            (Kind::Unicast, "unicast", self.users[receiver].name.clone(), Some(receiver))
        } else {
            (Kind::Multicast, "multicast", room_name(random.below(self.plan.rooms)), None)
        };
        let signal = Signalled {
            domain,
            kind,
            from: self.users[user].name.clone(),
            sender: Some(user),
            page: Some(page),
            receiver,
            to: to.clone(),
            key: random.chance(60).then(|| random.below(2)),
            span: Span::from(sent),
            late: true,
        };
        let (name, data) = (format!("{}edit", mark(domain)), signal.data(number).to_string());
        self.ledger.signalled.push(signal);
        let params = [("type", word.to_owned()), ("to", to), ("name", name), ("data", data)];
        let call = Call::new(Some(user), sent, Some(page), Ask::Signal { signal: number });
        self.call(call, "/signals", &params);
    }

    /// A signal was answered.
    pub(crate) fn was_signalled(&mut self, done: u64, late: bool, number: usize, response: &Response) {
        self.count("signals");
        assert_eq!(response.text(), "ok");
        let delivered = response.header("x-nextim-delivered").expect("X-NextIM-Delivered");
        let count: usize = delivered.parse().expect("a number");
        let signal = &mut self.ledger.signalled[number];
        signal.late = late;
        signal.span.done = if late && signal.kind != Kind::Unicast { OPEN } else { done };
        let span = Span { done, ..signal.span };
        let signal = self.ledger.signalled[number].clone();
        let users = || self.of_domain(signal.domain * self.plan.names);
        let readers = |user: usize| {
            let pages = self.users[user].pages.iter().copied();
            pages.filter(|page| self.pages[*page].version == Some(6))
        };
        let may = users().filter(|user| self.may_get(&signal, *user));
        let highest: usize =
            may.map(|user| readers(user).filter(|page| self.possibly_open(*page, span)).count()).sum();
        let must = users().filter(|user| !late && self.must_get(&signal, *user));
        let lowest: usize =
            must.map(|user| readers(user).filter(|page| self.surely_open(*page, span)).count()).sum();
        assert!(
            (lowest..=highest).contains(&count),
            "signal {number} went to {count} sessions, not {lowest}..={highest}: {signal:?}"
        );
    }

    /// Whether a user may be a receiver, copies apart.
    fn may_get(&self, signal: &Signalled, user: usize) -> bool {
        match signal.kind {
            Kind::Unicast => signal.receiver == Some(user),
            Kind::Multicast | Kind::Broadcast => {
                let room = self.signalled_room(signal);
                signal.sender != Some(user) && self.users[user].rooms[room].possibly(signal.span)
            }
        }
    }

    /// Whether a user surely is a receiver, copies apart.
    fn must_get(&self, signal: &Signalled, user: usize) -> bool {
        match signal.kind {
            Kind::Unicast => signal.receiver == Some(user),
            Kind::Multicast | Kind::Broadcast => {
                let room = &self.users[user].rooms[self.signalled_room(signal)];
                signal.sender != Some(user)
                    && room.surely(signal.span)
                    && self.users[user].online.surely(signal.span)
            }
        }
    }

    fn signalled_room(&self, signal: &Signalled) -> usize {
        let rooms = 0..self.plan.rooms;
        rooms.into_iter().find(|room| room_name(*room) == signal.to).expect("a room")
    }

    /// A page reads one.
    pub(crate) fn see_signal(&mut self, page: usize, signal: &Value) {
        let user = self.pages[page].user;
        let number = signal["data"]["number"].as_u64().and_then(|number| usize::try_from(number).ok());
        let number = number.unwrap_or_else(|| panic!("a signal of nobody: {signal}"));
        let signalled = self.ledger.signalled[number].clone();
        let domain = self.users[user].domain;
        let expected = json!({"from": signalled.from, "to": signalled.to, "name": format!("{}edit", mark(domain)),
            "data": signalled.data(number)});
        assert_eq!(signal, &expected, "page {page}: signal {number} is not what was sent");
        assert_eq!((self.pages[page].version, domain), (Some(6), signalled.domain), "page {page}: {signal}");
        let may = signalled.sender == Some(user) || self.may_get(&signalled, user);
        assert!(may, "page {page} sees signal {number}, which is for others");
        let own = signalled.page == Some(page) && signalled.receiver != Some(user);
        assert!(!own, "page {page} sees signal {number}, which was sent on it");
        assert!(self.pages[page].signals.insert(number), "page {page} sees signal {number} twice");
    }

    /// Signals of this round that are missing.
    pub(crate) fn wrong_signals(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        for number in self.ledger.signals_round..self.ledger.signalled.len() {
            let signal = &self.ledger.signalled[number];
            for user in self.of_domain(signal.domain * self.plan.names) {
                if signal.sender != Some(user) && (signal.late || !self.must_get(signal, user)) {
                    continue;
                }
                let own = signal.receiver == Some(user);
                let pages = self.users[user].pages.iter().copied();
                for page in pages.filter(|page| own || signal.page != Some(*page)) {
                    let this = &self.pages[page];
                    let reads = this.version == Some(6) && this.life == Life::Living;
                    if reads && self.surely_open(page, signal.span) && !self.has_seen_signal(page, number) {
                        wrong.push(format!("page {page} of user {user} has not seen signal {number}"));
                    }
                }
            }
        }
        wrong
    }

    /// Whether a page has seen a signal, or one that may have taken its place.
    fn has_seen_signal(&self, page: usize, number: usize) -> bool {
        let signal = &self.ledger.signalled[number];
        let seen = self.pages[page].signals.iter().map(|seen| (*seen, &self.ledger.signalled[*seen]));
        seen.into_iter().any(|(seen, newer)| {
            seen == number || newer.supersedes(signal) && newer.span.done > signal.span.sent
        })
    }
}
