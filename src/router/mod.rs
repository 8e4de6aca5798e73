//! The chat itself, as a value machine: inputs and `now` in, effects out.
//!
//! Owns: the users, sessions, rosters and rooms of one shard. Must not: read a clock, draw randomness, or touch a
//! socket; a test can run any number of routers in one thread and delay their mail as it likes.
//!
//! A call goes from the router that accepted it to the one that can judge it (the owner of the ticket or the name),
//! from there to whoever owns what it touches, and its answer goes back to where it came from. Mail from a router to
//! itself goes through its inbox in the same form, so one shard and many behave alike. Only a call that is judged where
//! it came in, and a unicast to a user of the same place, need no mail.
//!
//! Each name, session, link and member that a call reaches takes the same time, however many packets are queued and
//! however many calls are under way. Packets that wait are walked through only when they are answered or acknowledged,
//! when a session of their user starts or ends, and when light ones give way to a message.
//!
//! Reading order: [`ids`], [`profile`], [`packet`], [`call`], [`mail`]; then `gather`, `presences`, `backlog`, `queue`,
//! `session`, `keys`, `user`; `spans`, `aside`, `handover`, `linger` (messages from session to session); `unlinking`,
//! `roster`, `message`, `room`, `drain`; [`work`], [`sessions::storm`] and `weight`.

pub mod call;
mod drain;
mod gather;
pub mod ids;
pub mod mail;
mod message;
pub mod packet;
mod people;
pub mod profile;
mod rooms;
pub mod sessions;
#[cfg(test)]
mod sim;
#[cfg(test)]
mod tests;
mod weight;
pub mod work;

use std::collections::VecDeque;
use std::sync::Arc;

use hashbrown::HashTable;

use crate::base::clock::Tick;
use crate::base::domains::{DomainId, Domains};
use crate::base::limits::{Limits, Timeouts};
use crate::base::memory::Memory;
use crate::base::slots::{Slot, Slots};
use crate::base::stats::Counters;
use call::{Answer, Call, MembersQuery, OnlinesQuery, Refusal, Speaker, Subject, Verb};
use drain::Drain;
use gather::Gather;
use ids::{CallKey, Place, Places, Ticket};
use mail::{Alarm, CallAnswer, CallRequest, Deadline, Effect, Envelope, Input, Mail};
use people::unlinking::Unlinking;
use people::user::User;
use rooms::room::Room;
use sessions::session::Session;
use sessions::storm::{Load, Storm};
use work::Work;

/// What a router is made of.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Which of the places it is.
    pub place: Place,
    /// Who owns which name; the same for all routers of a process.
    pub places: Places,
    /// Tells the tickets of this process from those of every other.
    pub epoch: u32,
    /// Caps.
    pub limits: Arc<Limits>,
    /// Deadlines.
    pub timeouts: Arc<Timeouts>,
    /// What may wait on this place, in bytes.
    pub memory_bytes: usize,
    /// The sites.
    pub domains: Arc<Domains>,
}

/// The chat of one shard.
#[derive(Debug)]
pub struct Router {
    place: Place,
    places: Places,
    epoch: u32,
    limits: Arc<Limits>,
    timeouts: Arc<Timeouts>,
    domains: Arc<Domains>,
    /// What all of this shard holds: the router's queues are a part of it.
    memory: Memory,
    storm: Storm,

    users: Slots<User>,
    user_names: HashTable<Slot>,
    /// The users of each domain, by its id.
    crowds: Vec<Vec<Slot>>,
    sessions: Slots<Session>,
    rooms: Slots<Room>,
    room_names: HashTable<Slot>,
    gathers: Slots<Gather>,
    unlinking: Unlinking,
    /// What the calls of each domain have used in this turn.
    work: Work,

    /// What this router has to tell itself.
    inbox: VecDeque<Mail>,
    /// The time of the input that is being handled.
    now: Tick,
    /// What is to be done about it.
    effects: Vec<Effect>,
    /// Set once the server is going down.
    drain: Option<Drain>,
    /// Ids made for messages that came without one.
    ids_made: u64,
    counters: Counters,
}

impl Router {
    /// A router without users. `memory` is that of the shard around it.
    pub fn new(settings: Settings, memory: Memory) -> Router {
        let Settings { place, places, epoch, limits, timeouts, domains, .. } = settings;
        Router {
            place,
            epoch,
            limits,
            domains,
            memory,
            storm: Storm::new(timeouts.storm_ms),
            timeouts,
            users: Slots::default(),
            user_names: HashTable::new(),
            crowds: Vec::new(),
            sessions: Slots::default(),
            rooms: Slots::default(),
            room_names: HashTable::new(),
            gathers: Slots::default(),
            unlinking: Unlinking::new(&places),
            places,
            work: Work::default(),
            inbox: VecDeque::new(),
            now: Tick::ZERO,
            effects: Vec::new(),
            drain: None,
            ids_made: 0,
            counters: Counters::default(),
        }
    }

    /// Handles one input at time `now`, and appends what is to be done about it to `effects`.
    pub fn handle(&mut self, input: Input<'_>, now: Tick, effects: &mut Vec<Effect>) {
        debug_assert!(self.inbox.is_empty(), "an input is handled to its end");
        self.now = now;
        std::mem::swap(&mut self.effects, effects);
        match input {
            Input::Call(request) => self.route(request),
            Input::Mail(mail) => self.receive(mail),
            Input::Cut(cut) => self.send(cut.session.place, Mail::Cut(cut)),
            Input::Fate(fate) => self.send(fate.session.place, Mail::Fate(fate)),
            Input::Alarm(Alarm::Session(slot)) => self.on_session_alarm(slot),
            Input::Alarm(Alarm::User(slot)) => self.on_user_alarm(slot),
            Input::Alarm(Alarm::Gather(slot)) => self.on_gather_alarm(slot),
            Input::Alarm(Alarm::Drain) => self.drain_on(),
            Input::Domains(domains) => self.replace_domains(domains),
            Input::Drain => self.drain(),
            Input::End => self.end(),
        }
        while let Some(mail) = self.inbox.pop_front() {
            self.receive(mail);
        }
        std::mem::swap(&mut self.effects, effects);
    }

    /// What was counted so far, and how many there are of everything.
    pub fn counters(&mut self) -> &Counters {
        self.counters.users = self.users.len() as u64;
        self.counters.sessions = self.sessions.len() as u64;
        self.counters.rooms = self.rooms.len() as u64;
        &self.counters
    }

    /// Judges a call here, or sends it to the router that can.
    fn route(&mut self, request: CallRequest<'_>) {
        let home = self.home(&request.call);
        if home == self.place {
            self.judge(request);
        } else {
            let CallRequest { key, call } = request;
            self.send(home, Mail::Call(CallRequest { key, call: call.into_owned() }));
        }
    }

    /// The place that can judge a call: the owner of the session or user it is about.
    fn home(&self, call: &Call<'_>) -> Place {
        let subject = |subject: &Subject<'_>| match subject {
            Subject::Ticket(ticket) => self.ticket_home(ticket),
            Subject::Name(name) => self.places.of(call.domain, name),
        };
        match &call.verb {
            Verb::Online(online) => self.places.of(call.domain, &online.name),
            Verb::RemoveBuddies(removal) => self.places.of(call.domain, &removal.name),
            Verb::Offline(user) => subject(user),
            Verb::Show(show) => subject(&show.subject),
            Verb::Join(call) | Verb::Leave(call) => subject(&call.subject),
            Verb::Message(message) => match &message.speaker {
                Speaker::Ticket(ticket) => self.ticket_home(ticket),
                Speaker::Site(from) => self.places.of(call.domain, from),
            },
            Verb::Status(typing) => self.ticket_home(&typing.ticket),
            Verb::Poll(poll) => self.ticket_home(&poll.ticket),
            Verb::Onlines(OnlinesQuery { ticket, .. }) | Verb::Members(MembersQuery { ticket, .. }) => {
                ticket.as_ref().map_or(self.place, |ticket| self.ticket_home(ticket))
            }
        }
    }

    /// Where a ticket's session is; a ticket of another process can be refused anywhere.
    fn ticket_home(&self, ticket: &Ticket) -> Place {
        let place = ticket.session.place;
        if ticket.epoch == self.epoch && place.0 < self.places.count() { place } else { self.place }
    }

    fn judge(&mut self, request: CallRequest<'_>) {
        let CallRequest { key, call: Call { domain, verb } } = request;
        match verb {
            Verb::Online(online) => self.online(key, domain, *online),
            Verb::Offline(subject) => self.offline(key, domain, &subject),
            Verb::Show(show) => self.show(key, domain, &show),
            Verb::Status(typing) => self.status(key, domain, &typing),
            Verb::Message(message) => self.message(key, domain, &message),
            Verb::Onlines(query) => self.onlines(key, domain, query),
            Verb::Members(query) => self.members(key, domain, &query),
            Verb::Join(call) => self.join(key, domain, &call),
            Verb::Leave(call) => self.leave(key, domain, &call),
            Verb::RemoveBuddies(removal) => self.remove_buddies(key, domain, removal),
            Verb::Poll(poll) => self.poll(key, domain, poll),
        }
    }

    fn receive(&mut self, mail: Mail) {
        match mail {
            Mail::Call(request) => self.judge(request),
            Mail::Answer(CallAnswer { key, answer }) => self.answer(key, answer),
            Mail::Cut(cut) => self.on_cut(cut),
            Mail::Fate(fate) => self.on_fate(fate),
            Mail::Close(key) => self.effects.push(Effect::Close(key)),
            Mail::Unicast(unicast) => self.on_unicast(&unicast),
            Mail::Multicast(multicast) => self.on_multicast(&multicast),
            Mail::Deliver(distribution) => self.on_deliver(&distribution),
            Mail::Broadcast(broadcast) => self.on_broadcast(&broadcast),
            Mail::Link(link) => self.on_link(*link),
            Mail::Linked(linked) => self.on_linked(*linked),
            Mail::Presence(presence) => self.on_presence(presence),
            Mail::Unlink(unlink) => self.on_unlink(*unlink),
            Mail::Unlinked(unlinked) => self.on_unlinked(unlinked),
            Mail::Enter(entry) => self.on_enter(entry),
            Mail::Entered(entered) => self.on_entered(entered),
            Mail::Join(join) => self.on_join(join),
            Mail::Leave(leave) => self.on_leave(&leave),
            Mail::Left(left) => self.on_left(&left),
            Mail::Exit(exit) => self.on_exit(&exit),
            Mail::Reveal(reveal) => self.on_reveal(&reveal),
            Mail::Members(request) => self.on_members(request),
            Mail::Ask(request) => self.on_ask(&request),
            Mail::Describe(request) => self.on_describe(&request),
            Mail::Report(report) => self.on_report(report),
        }
    }

    /// Sends mail; to this very place, by the inbox.
    fn send(&mut self, to: Place, mail: Mail) {
        if to == self.place {
            self.inbox.push_back(mail);
        } else {
            self.effects.push(Effect::Mail(Envelope { to, mail }));
        }
    }

    /// Answers a call, wherever it came in.
    fn answer(&mut self, key: CallKey, answer: Answer) {
        if key.place == self.place {
            self.effects.push(Effect::Answer(CallAnswer { key, answer }));
        } else {
            self.send(key.place, Mail::Answer(CallAnswer { key, answer }));
        }
    }

    fn refuse(&mut self, key: CallKey, refusal: Refusal) {
        let counters = &mut self.counters;
        let counter = match refusal {
            Refusal::NoClient => &mut counters.calls_refused_no_client,
            Refusal::BadSeq => &mut counters.calls_refused_seq,
            Refusal::TooManyUsers => &mut counters.calls_refused_users,
            Refusal::TooManyRooms => &mut counters.calls_refused_rooms,
            Refusal::TooManyPolls => &mut counters.calls_refused_polls,
            Refusal::ReceiverFull => &mut counters.calls_refused_receiver,
            Refusal::Overloaded => &mut counters.calls_refused_memory,
            Refusal::Late => &mut counters.calls_refused_late,
            Refusal::ShuttingDown => &mut counters.calls_refused_shutdown,
        };
        *counter += 1;
        self.answer(key, Answer::Refused(refusal));
    }

    /// A turn of the shard begins; `load` is what the last one was like. Every domain has its share of it again.
    pub fn begin_turn(&mut self, now: Tick, load: Load) {
        self.work.begin_turn();
        self.storm.begin_turn(now, load);
    }

    /// What the calls of each domain have used in this turn.
    pub fn work(&self) -> &Work {
        &self.work
    }

    /// Charges a domain for what came by mail; what came from here is charged already.
    fn charge_mail(&mut self, domain: DomainId, from: Place, keys: usize) {
        if from != self.place {
            self.work.charge(domain, keys);
        }
    }

    /// The same for users, whose domain is the same for all.
    fn charge_receivers(&mut self, from: Place, to: &[Slot]) {
        let known = to.iter().find_map(|user| self.users.get(*user));
        if let Some(domain) = known.map(|user| user.domain) {
            self.charge_mail(domain, from, to.len());
        }
    }

    /// The same for rooms, whose domain is the same for all.
    fn charge_rooms(&mut self, from: Place, rooms: &[Slot]) {
        let known = rooms.iter().find_map(|room| self.rooms.get(*room));
        if let Some(domain) = known.map(|room| room.domain) {
            self.charge_mail(domain, from, rooms.len());
        }
    }

    fn deadline(&mut self, at: Tick, alarm: Alarm) {
        self.effects.push(Effect::Deadline(Deadline { at, alarm }));
    }

    fn replace_domains(&mut self, domains: Arc<Domains>) {
        self.domains = domains;
        for index in 0..self.crowds.len() {
            let id = DomainId(u32::try_from(index).expect("ids are 32 bits"));
            if self.domains.get(id).is_none() {
                while let Some(user) = self.crowds[index].last().copied() {
                    self.go_offline(user, None);
                }
            }
        }
    }
}
