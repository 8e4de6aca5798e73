//! What leaves a router: mail, answers, deadlines, and the account of what was done.
//!
//! Owns: the inbox, the effects of the input that is being handled, its time, the calls that wait for reports, the
//! counters, who owns which name, and what the calls of each domain have used. Must not: import `people`, `sessions` or `rooms`;
//! they write here, and nothing here calls them.

use std::collections::VecDeque;
use std::sync::Arc;

use super::call::{Answer, Call, Refusal};
use super::directory::Directory;
use super::gather::{Collection, Gathers, MissingReports};
use super::ids::{CallKey, GatherKey, Place, Ticket};
use super::mail::{
    Alarm, CallAnswer, Effect, EnteredRoom, Envelope, GatherReport, Mail, Names, Part, TimedAlarm,
    Undelivered, Unplaced,
};
use super::owners::{Isolation, Owners, Peer};
use super::profile::Profile;
use super::work::Work;
use crate::base::clock::Tick;
use crate::base::domains::{Domain, DomainId, Domains};
use crate::base::figures::FigureCells;
use crate::base::slots::Slot;
use crate::base::stats::Counters;

/// See the module.
#[derive(Debug)]
pub(super) struct Out {
    directory: Directory,
    /// How long a call waits for reports.
    gather_ms: u64,
    /// Mail of this router to itself.
    inbox: VecDeque<Mail>,
    now: Tick,
    effects: Vec<Effect>,
    gathers: Gathers,
    work: Work,
    counters: Counters,
    owners: Owners,
    /// Whether a user or room has come whose name another node owns.
    has_guests: bool,
}

impl Out {
    pub(super) fn new(directory: Directory, gather_ms: u64, owners: Owners) -> Out {
        Out {
            owners,
            has_guests: false,
            directory,
            gather_ms,
            inbox: VecDeque::new(),
            now: Tick::ZERO,
            effects: Vec::new(),
            gathers: Gathers::default(),
            work: Work::default(),
            counters: Counters::default(),
        }
    }

    /// Begins an input at time `now`. Its effects are appended to `effects`, which [`Out::end`] gives back.
    pub(super) fn begin(&mut self, now: Tick, effects: &mut Vec<Effect>) {
        debug_assert!(self.inbox.is_empty(), "an input is handled to its end");
        self.now = now;
        std::mem::swap(&mut self.effects, effects);
    }

    pub(super) fn end(&mut self, effects: &mut Vec<Effect>) {
        std::mem::swap(&mut self.effects, effects);
    }

    /// The next mail of this router to itself.
    pub(super) fn next_mail(&mut self) -> Option<Mail> {
        self.inbox.pop_front()
    }

    /// The time of the input that is being handled.
    pub(super) fn now(&self) -> Tick {
        self.now
    }

    pub(super) fn counters(&self) -> &Counters {
        &self.counters
    }

    pub(super) fn counters_mut(&mut self) -> &mut Counters {
        &mut self.counters
    }

    pub(super) fn replace_domains(&mut self, domains: Arc<Domains>) {
        self.owners.replace_domains(domains);
    }

    /// A domain, unless it was removed.
    pub(super) fn domain(&self, domain: DomainId) -> Option<&Domain> {
        self.owners.domains().get(domain).map(|domain| &**domain)
    }

    /// The figures of a domain at this place.
    pub(super) fn figures(&self, domain: DomainId) -> Option<&FigureCells> {
        Some(self.domain(domain)?.figures.of(self.directory.place().index()))
    }

    /// Who owns which name.
    pub(super) fn owners_mut(&mut self) -> &mut Owners {
        &mut self.owners
    }

    /// See [`Owners::of`].
    pub(super) fn owner_of(&self, domain: DomainId, name: &str) -> Place {
        self.owners.of(domain, name)
    }

    /// See [`Owners::is_settling`].
    pub(super) fn is_settling(&self) -> bool {
        self.owners.is_settling()
    }

    /// See [`Owners::elsewhere`].
    pub(super) fn elsewhere(&self, domain: DomainId, name: &str) -> Option<Place> {
        self.owners.elsewhere(domain, name)
    }

    /// See [`Owners::former`].
    pub(super) fn former(&self, domain: DomainId, name: &str) -> Option<Place> {
        self.owners.former(domain, name)
    }

    /// See [`Owners::has_nodes`].
    pub(super) fn has_nodes(&self) -> bool {
        self.owners.has_nodes()
    }

    /// Notes that a user or room of this name is here now. If another node owns it, it has to go again: those who sent it
    /// here saw other nodes.
    pub(super) fn welcome(&mut self, domain: DomainId, name: &str) {
        self.has_guests |= self.owners.elsewhere(domain, name).is_some();
    }

    /// Whether any have come, since this was asked last, that have to go.
    pub(super) fn take_guests(&mut self) -> bool {
        std::mem::take(&mut self.has_guests)
    }

    /// See [`Owners::home`].
    pub(super) fn home(&self, call: &Call<'_>) -> Place {
        self.owners.home(call)
    }

    /// See [`Owners::issuer`].
    pub(super) fn issuer(&self, ticket: &Ticket) -> Option<Peer> {
        self.owners.issuer(ticket)
    }

    /// See [`Owners::isolation`].
    pub(super) fn isolation(&self) -> Option<Isolation> {
        self.owners.isolation()
    }

    /// See [`Owners::count`].
    pub(super) fn places(&self) -> u16 {
        self.owners.count()
    }

    /// Sends mail; to this very place, by the inbox.
    pub(super) fn send(&mut self, to: Place, mail: Mail) {
        if to == self.directory.place() {
            self.inbox.push_back(mail);
        } else {
            self.effects.push(Effect::Mail(Envelope { to, mail }));
        }
    }

    /// Answers a call, at the place where it came in.
    pub(super) fn answer(&mut self, key: CallKey, answer: Answer) {
        let answer = CallAnswer { key, answer };
        if key.place == self.directory.place() {
            self.effects.push(Effect::Answer(answer));
        } else {
            self.effects.push(Effect::Mail(Envelope { to: key.place, mail: Mail::Answer(answer) }));
        }
    }

    pub(super) fn refuse(&mut self, key: CallKey, refusal: Refusal) {
        let counters = &mut self.counters;
        let counter = match refusal {
            Refusal::NoClient => &mut counters.calls_refused_no_client,
            Refusal::BadSeq => &mut counters.calls_refused_seq,
            Refusal::TooManyUsers => &mut counters.calls_refused_users,
            Refusal::TooManySessions => &mut counters.calls_refused_sessions,
            Refusal::TooManyRooms => &mut counters.calls_refused_rooms,
            Refusal::TooManyPolls => &mut counters.calls_refused_polls,
            Refusal::ReceiverFull => &mut counters.calls_refused_receiver,
            Refusal::Overloaded => &mut counters.calls_refused_memory,
            // Shards refuse for this reason, too: it is counted where the request is answered.
            Refusal::Late => return self.answer(key, Answer::Refused(refusal)),
            Refusal::ShuttingDown => &mut counters.calls_refused_shutdown,
            Refusal::Unreachable | Refusal::Unserved | Refusal::Isolated => {
                &mut counters.calls_refused_cluster
            }
        };
        *counter += 1;
        self.answer(key, Answer::Refused(refusal));
    }

    /// Closes the connection of a poll that was answered, at the place where it came in.
    pub(super) fn close_poll(&mut self, key: CallKey) {
        if key.place == self.directory.place() {
            self.effects.push(Effect::Close(key));
        } else {
            self.effects.push(Effect::Mail(Envelope { to: key.place, mail: Mail::Close(key) }));
        }
    }

    pub(super) fn set_alarm(&mut self, at: Tick, alarm: Alarm) {
        self.effects.push(Effect::Alarm(TimedAlarm { at, alarm }));
    }

    /// Gives messages back to their site.
    pub(super) fn give_back(&mut self, undelivered: Undelivered) {
        self.effects.push(Effect::Undelivered(undelivered));
    }
}

/// Calls that wait for reports.
impl Out {
    /// Opens a gather for a call; it must be closed when all places are asked.
    pub(super) fn open(&mut self, key: CallKey, collection: Collection) -> GatherKey {
        self.directory.gather_key(self.gathers.open(key, collection))
    }

    /// Expects a report of a place; one that comes after the deadline changes nothing.
    pub(super) fn expect(&mut self, gather: GatherKey, from: Place) {
        self.gathers.expect(gather.slot, from != self.directory.place());
    }

    /// Sends mail that will be reported on.
    pub(super) fn ask(&mut self, gather: GatherKey, to: Place, mail: Mail) {
        self.expect(gather, to);
        self.send(to, mail);
    }

    /// Sends mail that is reported on if there is a gather.
    pub(super) fn ask_some(&mut self, gather: Option<GatherKey>, to: Place, mail: Mail) {
        match gather {
            Some(gather) => self.ask(gather, to, mail),
            None => self.send(to, mail),
        }
    }

    /// Closes the list of places that are asked. If there are none, answers at once.
    pub(super) fn close(&mut self, gather: GatherKey) {
        match self.gathers.pending(gather.slot) {
            MissingReports::Nothing => self.finish(gather.slot, false),
            MissingReports::Here => {}
            MissingReports::Elsewhere => {
                self.set_alarm(self.now.after(self.gather_ms), Alarm::Gather(gather.slot));
            }
        }
    }

    /// Reports to a gather, here or elsewhere.
    pub(super) fn report(&mut self, gather: GatherKey, part: Part) {
        self.send(gather.place, Mail::Report(GatherReport { gather, part }));
    }

    /// Reports to a gather, if there is one, that it is done.
    pub(super) fn report_done(&mut self, gather: Option<GatherKey>) {
        if let Some(gather) = gather {
            self.report(gather, Part::Done);
        }
    }

    /// Handles a report to a gather of this place.
    pub(super) fn on_report(&mut self, report: GatherReport) {
        let GatherReport { gather, part } = report;
        self.gathers.add(gather.slot, part);
        self.reported(gather);
    }

    /// Notes that a place could not be reached; its report is counted besides.
    pub(super) fn miss(&mut self, gather: GatherKey) {
        self.gathers.add(gather.slot, Part::Missing);
    }

    /// Counts the report of one place. Answers the call if it was the last one.
    pub(super) fn reported(&mut self, gather: GatherKey) {
        if let Some(answer) = self.gathers.report(gather.slot) {
            self.answer_gathered(answer);
        }
    }

    /// Answers the call at its deadline, without the places that have not reported.
    pub(super) fn on_gather_alarm(&mut self, slot: Slot) {
        if let Some(answer) = self.gathers.finish(slot, true) {
            self.counters.gathers_late_total += 1;
            self.answer_gathered(answer);
        }
    }

    fn finish(&mut self, slot: Slot, partial: bool) {
        let answer = self.gathers.finish(slot, partial).expect("it is open");
        self.answer_gathered(answer);
    }

    /// Answers with what was gathered.
    fn answer_gathered(&mut self, CallAnswer { key, answer }: CallAnswer) {
        if let Answer::Refused(refusal) = answer {
            return self.refuse(key, refusal);
        }
        self.answer(key, answer);
    }

    /// See [`Gathers::add_buddies`].
    pub(super) fn add_buddies(
        &mut self,
        gather: GatherKey,
        more: Vec<(u32, Profile)>,
        truncated: bool,
    ) -> bool {
        self.gathers.add_buddies(gather.slot, more, truncated)
    }

    /// See [`Gathers::add_rooms`].
    pub(super) fn add_rooms(&mut self, gather: GatherKey, more: Vec<EnteredRoom>, truncated: bool) {
        self.gathers.add_rooms(gather.slot, more, truncated);
    }

    /// See [`Gathers::place_more`].
    pub(super) fn place_more(
        &mut self,
        gather: GatherKey,
        more: Vec<(u32, Unplaced)>,
        free: usize,
    ) -> Vec<(u32, Unplaced)> {
        self.gathers.place_more(gather.slot, more, free)
    }
}

/// What the calls of each domain use.
impl Out {
    pub(super) fn work(&self) -> &Work {
        &self.work
    }

    pub(super) fn begin_turn(&mut self) {
        self.work.begin_turn();
    }

    /// Charges a domain for names, rooms or receivers.
    pub(super) fn charge(&mut self, domain: DomainId, keys: usize) {
        self.work.charge(domain, keys);
    }

    /// Charges a domain for what came by mail; what came from here is charged already.
    pub(super) fn charge_mail(&mut self, domain: DomainId, from: Place, keys: usize) {
        if from != self.directory.place() {
            self.work.charge(domain, keys);
        }
    }

    /// Names by the place that owns them, with their positions in the list they were taken from.
    pub(super) fn by_owner(
        &mut self,
        domain: DomainId,
        names: impl IntoIterator<Item = (u32, Box<str>)>,
    ) -> Vec<(Place, Names)> {
        let Out { owners, work, .. } = self;
        let owned = names.into_iter().map(|(position, name)| (owners.of(domain, &name), (position, name)));
        work.by_place(domain, owned)
    }

    /// See [`Work::by_place`].
    pub(super) fn by_place<T>(
        &mut self,
        domain: DomainId,
        keys: impl IntoIterator<Item = (Place, T)>,
    ) -> Vec<(Place, Vec<T>)> {
        self.work.by_place(domain, keys)
    }
}

/// What the simulator looks at.
#[cfg(test)]
impl Out {
    pub(super) fn gathers(&self) -> &Gathers {
        &self.gathers
    }
}
