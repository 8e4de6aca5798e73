//! The gateway as a value machine.
//!
//! Owns: all members, the acknowledgements, and what goes from one to another. Must not: read a clock, draw randomness,
//! hold a socket or a task: inputs and the time go in, outputs come out.

mod acks;
pub mod calls;
mod early;
mod errors;
mod inbound;
mod member;
mod messages;
mod outbox;
mod queries;
mod rooms;
mod roster;
mod shows;
mod talk;
mod visits;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use tokio_xmpp::Stanza;
use xmpp_parsers::iq::Iq;
use xmpp_parsers::jid::Jid;
use xmpp_parsers::ping::Ping;

use self::acks::Acks;
use self::calls::{Call, PollEnd, SiteAnswer};
use self::early::Early;
use self::member::{Member, Purpose};
pub use self::outbox::Outbox;
use crate::names::Domains;

/// A connection to the XMPP server: each is a component of one domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Link {
    /// The component of users.
    Users,
    /// The component of rooms.
    Rooms,
}

impl Link {
    /// Both.
    pub const ALL: [Link; 2] = [Link::Users, Link::Rooms];
}

/// What happens to the gateway.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "nearly all of them are stanzas")]
pub enum Input {
    /// A connection is there.
    Up(Link),
    /// A connection is lost.
    Down(Link),
    /// A connection was silent for long.
    Silence(Link),
    /// A stanza has come.
    Stanza(Link, Stanza),
    /// A stanza has come that is longer than the gateway takes.
    TooLong(Link, Stanza),
    /// The answer to a call.
    Answer(u64, SiteAnswer),
    /// The end of a poll of this member's session of this number.
    Polled(String, u64, PollEnd),
    /// More or less than the bound waits for the XMPP server on a connection.
    Congested(Link, bool),
    /// A deadline may have passed.
    Tick,
}

/// What the gateway does.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "nearly all of them are stanzas")]
pub enum Output {
    /// Send a stanza.
    Send(Link, Stanza),
    /// Make a call, and bring its answer by this number.
    Call(u64, Call),
    /// Poll for the session of this number of a member.
    Poll {
        /// The local part of the member's address.
        member: String,
        /// The number of the session.
        session: u64,
        /// The URL of polls.
        server: String,
        /// The session's ticket.
        ticket: String,
        /// The last packet that the XMPP server is known to have.
        seq: u64,
    },
    /// End the poll of this member.
    StopPoll(String),
    /// A connection is dead: close it.
    Restart(Link),
    /// Add to a counter.
    Count(&'static str, &'static str),
}

/// What a member is given to work with.
pub(crate) struct Context<'a> {
    pub(crate) now: u64,
    pub(crate) domains: &'a Domains,
    /// The namespace of privileges that the XMPP server has granted.
    pub(crate) privilege: Option<&'a str>,
    pub(crate) is_congested: bool,
    pub(crate) boot: &'a str,
    acks: &'a mut Acks,
    alarms: &'a mut BTreeSet<(u64, String)>,
    pending: &'a mut HashMap<u64, (String, Purpose)>,
    numbers: &'a mut u64,
    outputs: &'a mut Vec<Output>,
}

impl Context<'_> {
    pub(crate) fn send(&mut self, link: Link, stanza: impl Into<Stanza>) {
        self.outputs.push(Output::Send(link, stanza.into()));
    }

    pub(crate) fn push(&mut self, output: Output) {
        self.outputs.push(output);
    }

    /// Counts something that was dropped.
    pub(crate) fn dropped(&mut self, label: &'static str) {
        self.outputs.push(Output::Count("nextim_xmpp_dropped_total", label));
    }

    pub(crate) fn call(&mut self, member: &str, call: Call, purpose: Purpose) {
        let number = self.number();
        self.pending.insert(number, (member.to_owned(), purpose));
        self.outputs.push(Output::Call(number, call));
    }

    /// A number that nothing else has.
    pub(crate) fn number(&mut self) -> u64 {
        *self.numbers += 1;
        *self.numbers
    }

    /// Wakes a member at this time.
    pub(crate) fn wake(&mut self, member: &str, at: u64) {
        self.alarms.insert((at, member.to_owned()));
    }

    /// What was sent on this connection so far must be acknowledged for a member's session.
    pub(crate) fn join_ping(&mut self, link: Link, member: &str, session: u64) {
        self.acks.join(link, (member.to_owned(), session));
    }
}

/// The gateway.
#[derive(Debug)]
pub struct Core {
    domains: Domains,
    /// A word of this process, for ids that no other process makes.
    boot: String,
    privilege: Option<String>,
    is_congested: [bool; 2],
    is_up: [bool; 2],
    /// By the local parts of their addresses.
    members: BTreeMap<String, Member>,
    acks: Acks,
    early: Early,
    alarms: BTreeSet<(u64, String)>,
    pending: HashMap<u64, (String, Purpose)>,
    numbers: u64,
}

impl Core {
    /// A gateway without members. `boot` is a word that no former process had.
    pub fn new(domains: Domains, boot: String) -> Core {
        Core {
            domains,
            boot,
            privilege: None,
            is_congested: [false; 2],
            is_up: [false; 2],
            members: BTreeMap::new(),
            acks: Acks::default(),
            early: Early::default(),
            alarms: BTreeSet::new(),
            pending: HashMap::new(),
            numbers: 0,
        }
    }

    /// How many members are there, and how many clients they have.
    pub fn sizes(&self) -> (usize, usize) {
        (self.members.len(), self.members.values().map(Member::resources).sum())
    }

    /// Whether the site was asked something and has not answered.
    pub fn is_waiting(&self) -> bool {
        !self.pending.is_empty()
    }

    /// When the next deadline passes.
    pub fn deadline(&self) -> Option<u64> {
        let alarm = self.alarms.first().map(|(at, _)| *at);
        alarm.into_iter().chain(self.acks.deadline()).chain(self.early.deadline()).min()
    }

    /// Takes an input.
    pub fn handle(&mut self, input: Input, now: u64, outputs: &mut Vec<Output>) {
        match input {
            Input::Up(link) => self.is_up[link as usize] = true,
            Input::Down(link) => self.on_down(link, now, outputs),
            Input::Silence(link) => {
                let ping = self.acks.probe(link, now);
                outputs.push(self.ping(link, ping));
            }
            Input::Stanza(link, stanza) => self.on_stanza(link, stanza, now, outputs),
            Input::TooLong(link, stanza) => self.on_too_long(link, stanza, now, outputs),
            Input::Answer(number, answer) => {
                if let Some((member, purpose)) = self.pending.remove(&number) {
                    self.with(&member, now, outputs, |member, context| {
                        member.on_answer(purpose, answer, context);
                    });
                }
            }
            Input::Polled(member, session, end) => {
                self.with(&member, now, outputs, |member, context| member.on_polled(session, end, context));
            }
            Input::Congested(link, is_congested) => self.on_congested(link, is_congested, now, outputs),
            Input::Tick => {}
        }
        self.let_early_ones_in(now, outputs);
        self.fire(now, outputs);
    }

    /// Ends a turn: pings for all stanzas that were sent in it.
    pub fn end_turn(&mut self, now: u64, outputs: &mut Vec<Output>) {
        for link in Link::ALL {
            if let Some(ping) = self.acks.ping(link, now) {
                outputs.push(self.ping(link, ping));
            }
        }
    }

    fn ping(&self, link: Link, number: u64) -> Output {
        let from = match link {
            Link::Users => self.domains.users_host(),
            Link::Rooms => self.domains.rooms_host(),
        };
        let ping =
            Iq::from_get(format!("ping-{number}"), Ping).with_from(from).with_to(self.domains.login_host());
        Output::Send(link, ping.into())
    }

    fn fire(&mut self, now: u64, outputs: &mut Vec<Output>) {
        while let Some((_, member)) = self.alarms.first().filter(|(at, _)| *at <= now).cloned() {
            self.alarms.pop_first();
            self.with(&member, now, outputs, Member::on_alarm);
        }
        if let Some(link) = self.acks.overdue(now) {
            self.acks.lost(link);
            outputs.push(Output::Restart(link));
        }
    }

    /// The clients are gone for us, and come again with the connection. Nobody is logged out at the site: sessions are left
    /// to expire, or go on when the member is back.
    fn on_down(&mut self, link: Link, now: u64, outputs: &mut Vec<Output>) {
        self.is_up[link as usize] = false;
        self.acks.lost(link);
        match link {
            Link::Users => {
                self.privilege = None;
                self.each(now, outputs, Member::on_server_lost);
            }
            Link::Rooms => {
                self.early.clear();
                self.each(now, outputs, Member::on_rooms_lost);
            }
        }
        // What waited on it waits no longer.
        self.on_congested(link, false, now, outputs);
    }

    /// Polls stop while one of the connections is full, and go on when neither is.
    fn on_congested(&mut self, link: Link, is_congested: bool, now: u64, outputs: &mut Vec<Output>) {
        let was_congested = self.is_congested.contains(&true);
        self.is_congested[link as usize] = is_congested;
        if was_congested && !self.is_congested.contains(&true) {
            self.each(now, outputs, Member::resume_poll);
        }
    }

    /// Lets a member act, and forgets members who have nothing left.
    fn with(
        &mut self,
        name: &str,
        now: u64,
        outputs: &mut Vec<Output>,
        act: impl FnOnce(&mut Member, &mut Context<'_>),
    ) {
        let Some(member) = self.members.get_mut(name) else { return };
        let mut context = Context {
            now,
            domains: &self.domains,
            privilege: self.privilege.as_deref(),
            is_congested: self.is_congested.contains(&true),
            boot: &self.boot,
            acks: &mut self.acks,
            alarms: &mut self.alarms,
            pending: &mut self.pending,
            numbers: &mut self.numbers,
            outputs,
        };
        act(member, &mut context);
        self.early.note(name);
        if member.is_done() {
            self.members.remove(name);
        }
    }

    fn each(&mut self, now: u64, outputs: &mut Vec<Output>, act: impl Fn(&mut Member, &mut Context<'_>)) {
        let names: Vec<String> = self.members.keys().cloned().collect();
        for name in names {
            self.with(&name, now, outputs, &act);
        }
    }

    /// The member of an address of the login domain, who is made if there is none.
    fn member_of(&mut self, jid: &Jid) -> Option<String> {
        let node = jid.node()?;
        let name = node.as_str().to_owned();
        if !self.members.contains_key(&name) {
            self.members
                .insert(name.clone(), Member::new(self.domains.member(&node.to_owned()), name.clone()));
        }
        Some(name)
    }
}
