//! Dispatch: from a request, or a call of another shard, to the router.
//!
//! Owns: the numbers of calls, the secrets of new tickets, and the choice of calls that are postponed. Must not: write
//! an answer of the router; `execute` does.

use std::sync::Arc;

use super::chat::Chat;
use super::entropy::Entropy;
use super::follow::Follow;
use super::io::Io;
use super::postponed::{Postponed, PostponedCall, PostponedQueue, PostponedWork};
use super::reply;
use super::schedule::Timer;
use super::state::{CallTiming, ConnState, Deferral};
use crate::api::refusal::{SERVER_BUSY, SHUTTING_DOWN, TOO_MANY_REQUESTS, isolated};
use crate::api::{self, Context, Route, Routed, Shape};
use crate::base::clock::{Moment, wall_ms};
use crate::base::domains::{DomainId, Domains};
use crate::base::figures::FigureCells;
use crate::base::limits::Limits;
use crate::base::limits::turn::{CALL_MS_MAX, CARRY_OUT_MS_MAX};
use crate::base::memory::Owner;
use crate::base::slots::Slot;
use crate::base::stats::Stats;
use crate::http::forwarded::FORWARDED_FOR;
use crate::http::request::Request;
use crate::router::Settings;
use crate::router::call::{Answer, Call, Poll, Refusal, Verb};
use crate::router::directory::Places;
use crate::router::ids::{CallKey, Place};
use crate::router::mail::{CallAnswer, CallRequest, Effect, Envelope, Input, Mail, Waiting};

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dispatched {
    /// The router has it, or it was refused.
    Done,
    /// The calls of this domain are postponed.
    Postponed(DomainId),
    /// It is a poll with which its connection should move to this place.
    Moves(Place),
}

#[derive(Debug)]
pub(super) struct Dispatcher {
    place: Place,
    places: Places,
    domains: Arc<Domains>,
    limits: Arc<Limits>,
    chat: Chat,
    postponed: Postponed,
    entropy: Entropy,
    /// The number of the last request that became a call.
    serial: u32,
    /// Whether calls may be answered by other nodes.
    is_clustered: bool,
    /// Whether the timer of a sweep is set.
    is_sweep_set: bool,
    stats: Stats,
}

impl Dispatcher {
    /// `chat` is made from the same settings.
    pub(super) fn new(settings: &Settings, chat: Chat, stats: Stats) -> Dispatcher {
        Dispatcher {
            place: settings.place,
            places: settings.places.clone(),
            domains: Arc::clone(&settings.domains),
            limits: Arc::clone(&settings.limits),
            chat,
            postponed: Postponed::default(),
            entropy: Entropy::new(),
            serial: 0,
            is_clustered: settings.is_clustered,
            is_sweep_set: false,
            stats,
        }
    }

    pub(super) fn chat(&mut self) -> &mut Chat {
        &mut self.chat
    }

    pub(super) fn domains(&self) -> &Domains {
        &self.domains
    }

    /// Replaces the configured domains.
    pub(super) fn reload(&mut self, io: &mut Io, domains: Arc<Domains>) {
        self.domains = Arc::clone(&domains);
        self.chat.handle(io, Input::Domains(domains));
        io.memory().reload(|domain| self.domains.get(domain).is_some());
    }

    /// The figures of a domain on this shard.
    pub(super) fn figures(&self, domain: DomainId) -> Option<&FigureCells> {
        Some(self.domains.get(domain)?.figures.of(self.place.index()))
    }

    /// Gives a request to the router, or refuses it. If the calls of its domain are postponed, or if the connection may
    /// move and should, it does neither.
    pub(super) fn dispatch(
        &mut self,
        io: &mut Io,
        slot: Slot,
        request: &Request<'_>,
        may_move: bool,
    ) -> Dispatched {
        io.count_step();
        self.chat.handle_notes(io);
        let context = Context {
            is_put_off: &|domain, is_always_taken| self.puts_off(io, domain, is_always_taken),
            domains: &self.domains,
            limits: &self.limits,
            wall_ms,
            now_ms: io.schedule().shared_ms(),
            secret: self.entropy.peek(),
        };
        let Routed { route, shape } = api::route(request, &context);
        if let Route::Postponed(domain) = route
            && io.memory().admits_under_way(domain)
        {
            return Dispatched::Postponed(domain);
        }
        if let Route::Call(call) = &route
            && may_move
            && let Some(place) = self.place_to_follow(io, slot, call)
        {
            return Dispatched::Moves(place);
        }
        io.counters().requests_total += 1;
        if !shape.site && !io.admits_request(slot, || request.values(FORWARDED_FOR)) {
            io.counters().requests_refused_rate += 1;
            reply::refuse(io, slot, &TOO_MANY_REQUESTS, shape);
            return Dispatched::Done;
        }
        if let Route::Call(Call { verb: Verb::Poll(poll), .. }) = &route
            && let Some(issuer) = self.chat.issuer(&poll.ticket)
        {
            reply::moved(io, slot, request, (poll, &issuer.url), shape);
            return Dispatched::Done;
        }
        self.follow_route(io, slot, route, shape);
        Dispatched::Done
    }

    /// Carries out the route of a request.
    fn follow_route(&mut self, io: &mut Io, slot: Slot, route: Route<'_>, shape: Shape) {
        match route {
            Route::Call(call) => self.start_call(io, slot, call, shape),
            Route::Refused(rejection) => {
                io.counters().calls_refused_rate += u64::from(rejection.status == 429);
                io.counters().requests_refused_apikey += u64::from(rejection.status == 401);
                reply::refuse(io, slot, &rejection, shape);
            }
            Route::Preflight(methods) => reply::preflight(io, slot, methods, shape),
            Route::Asset(selected) => reply::asset(io, slot, &selected, shape),
            Route::Postponed(_) => {
                io.counters().calls_refused_memory += 1;
                reply::refuse(io, slot, &SERVER_BUSY, shape);
            }
            Route::Notice(notice) if notice.is_of_health() && io.is_draining() => {
                reply::refuse(io, slot, &SHUTTING_DOWN, shape);
            }
            Route::Notice(notice) => match self.chat.isolation() {
                Some(isolation) if notice.is_of_health() => {
                    reply::refuse(io, slot, &isolated(isolation), shape);
                }
                Some(_) | None => reply::notice(io, slot, notice, shape),
            },
            Route::Upgrade(proof) => reply::open_socket(io, slot, &proof, shape),
        }
    }

    /// The place to which a connection moves with this call, if it does.
    fn place_to_follow(&self, io: &mut Io, slot: Slot, call: &Call<'_>) -> Option<Place> {
        let Verb::Poll(Poll { ticket, .. }) = &call.verb else { return None };
        let place = ticket.session.place;
        let is_elsewhere = place != self.place && self.places.contains(place);
        let is_due = |follow: Follow| follow.is_due(ticket.session, self.places.count());
        (is_elsewhere && is_due(io.conn(slot)?.follow())).then_some(place)
    }

    /// Gives a call of a connection to the router.
    pub(super) fn start_call(&mut self, io: &mut Io, slot: Slot, call: Call<'_>, shape: Shape) {
        let (due, at) = (Moment::not_before(io.now().after(CALL_MS_MAX)), io.schedule().stamp());
        let Some(conn) = io.conn(slot) else { return };
        if matches!(call.verb, Verb::Poll(_)) && conn.has_peer_ended() {
            // The browser of this poll is gone. The poll must not replace a newer one, which may have been parked while
            // this one waited to be read.
            return io.kill(slot);
        }
        self.serial = self.serial.wrapping_add(1).max(1);
        conn.begin_call(self.serial, due);
        let domain = call.domain;
        let timing = call.verb.kind().map(|kind| CallTiming { domain, kind, at });
        if let Some(CallTiming { kind, .. }) = timing {
            self.stats.board(self.place.index()).called(domain, kind);
            if let Some(figures) = self.figures(domain) {
                figures.called();
            }
        }
        let state = if let Verb::Poll(Poll { ticket, .. }) = &call.verb
            && self.places.contains(ticket.session.place)
        {
            ConnState::Parked(shape, ticket.session)
        } else {
            ConnState::Calling(shape, timing)
        };
        io.turn_to(slot, state);
        if matches!(call.verb, Verb::Online(_)) {
            self.entropy.spend();
        }
        self.set_sweep(io);
        let key = io.key_of(slot, self.serial);
        let until_ms = io.schedule().shared_ms() + CARRY_OUT_MS_MAX;
        self.chat.handle(io, Input::Call(CallRequest { key, call, until_ms }));
    }

    /// Sets the timer of a sweep, if none is set. One timer serves all calls: a timer for each would hardly ever be
    /// needed.
    fn set_sweep(&mut self, io: &mut Io) {
        if (self.places.count() > 1 || self.is_clustered) && !self.is_sweep_set {
            self.is_sweep_set = true;
            let due = io.now().after(CALL_MS_MAX);
            io.schedule_mut().set(due, Timer::Sweep);
        }
    }

    /// Returns the calls that other shards have not answered in time.
    pub(super) fn sweep(&mut self, io: &mut Io) -> Vec<CallKey> {
        let now = io.now();
        self.is_sweep_set = false;
        let mut late = Vec::new();
        for slot in io.alive() {
            let Some(conn) = io.conn(slot) else { continue };
            if !matches!(conn.state(), ConnState::Calling(..)) {
                continue;
            }
            if conn.is_overdue(now) {
                let serial = conn.serial();
                late.push(io.key_of(slot, serial));
            } else {
                self.set_sweep(io);
            }
        }
        late
    }

    /// Whether a call of a domain is postponed. A call that is always taken is not if there is no memory for its wait.
    fn puts_off(&self, io: &Io, domain: DomainId, is_always_taken: bool) -> bool {
        let waits = self.chat.is_used_up(domain) || self.postponed.waits(domain);
        waits && (!is_always_taken || io.memory().has_room_under_way(domain))
    }

    /// Continues this connection when its domain has a share of a turn again. Until then nothing is read from it, and
    /// its input counts for the domain.
    pub(super) fn postpone(&mut self, io: &mut Io, domain: DomainId, slot: Slot) {
        let Some((conn, accounts)) = io.conn_with_accounts(slot) else { return };
        if !conn.defer(Deferral::Postponed) {
            return; // it continues in the next turn, and is postponed then
        }
        if let Some(input) = conn.input_mut() {
            input.belong_to(accounts.memory(), Owner::Domain(domain));
        }
        self.postponed.push(domain, PostponedWork::Conn(slot));
        io.counters().requests_postponed_total += 1;
    }

    pub(super) fn has_crowds(&self) -> bool {
        self.chat.has_crowds()
    }

    pub(super) fn has_postponed(&self) -> bool {
        !self.postponed.is_empty()
    }

    pub(super) fn postponed(&mut self) -> &mut Postponed {
        &mut self.postponed
    }

    /// Takes the next work of a queue, while its domain has a share of this turn.
    pub(super) fn next_postponed(
        &mut self,
        io: &mut Io,
        domain: DomainId,
        queue: &mut PostponedQueue,
    ) -> Option<PostponedWork> {
        self.chat.handle_notes(io);
        if self.chat.is_used_up(domain) { None } else { queue.pop_front() }
    }

    /// Gives mail to the router, unless it has come too late for the request that waits for it, or postpones it: a
    /// call, if it would be postponed had this shard read it. Those of browsers never are.
    pub(super) fn take_mail(&mut self, io: &mut Io, mail: Mail) {
        self.chat.handle_notes(io);
        if let Some(Waiting { key, until_ms }) = mail.waiting()
            && is_late(io, until_ms)
        {
            return self.turn_down(key, Refusal::Late);
        }
        let Mail::Call(request) = mail else {
            return self.chat.handle(io, Input::Mail(mail));
        };
        let Call { domain, verb } = &request.call;
        if !verb.is_of_browser() && self.puts_off(io, *domain, verb.is_always_taken()) {
            self.postpone_call(io, request);
        } else {
            self.chat.handle(io, Input::Mail(Mail::Call(request)));
        }
    }

    /// Postpones a call of another shard, if there is memory for its wait.
    fn postpone_call(&mut self, io: &mut Io, request: CallRequest<'static>) {
        let CallRequest { key, call, .. } = &request;
        let (key, domain) = (*key, call.domain);
        if !io.memory().admits_under_way(domain) {
            io.counters().calls_refused_memory += 1;
            return self.turn_down(key, Refusal::Overloaded);
        }
        let held = io.memory().hold(Owner::Domain(domain), call.bytes());
        self.postponed.push(domain, PostponedWork::Call(PostponedCall { request, held }));
        io.counters().requests_postponed_total += 1;
    }

    /// Continues a postponed call of another shard.
    pub(super) fn resume_call(&mut self, io: &mut Io, postponed: PostponedCall) {
        let PostponedCall { request, held: _held } = postponed;
        if is_late(io, request.until_ms) {
            self.turn_down(request.key, Refusal::Late);
        } else {
            self.chat.handle(io, Input::Mail(Mail::Call(request)));
        }
    }

    fn turn_down(&mut self, key: CallKey, refusal: Refusal) {
        let answer = Answer::Refused(refusal);
        self.chat.add_effect(Effect::Mail(Envelope {
            to: key.place,
            mail: Mail::Answer(CallAnswer { key, answer }),
        }));
    }
}

/// Whether it is too late for what a call asks for.
fn is_late(io: &Io, until_ms: u64) -> bool {
    until_ms < io.schedule().shared_ms()
}
