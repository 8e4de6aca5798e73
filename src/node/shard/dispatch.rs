//! Dispatch: from a request to the router, and from its effects to answers.
//!
//! Owns: the glue, and the shape each waiting answer must have. Must not: do anything a module below it could do.

use super::Shard;
use super::Timer;
use super::conn::{Begun, State, Then};
use crate::api::refusal::{SERVER_BUSY, SHUTTING_DOWN, TOO_MANY_REQUESTS};
use crate::api::{self, Context, Route, Routed, Shape};
use crate::base::clock::{Moment, wall_ms};
use crate::base::domains::DomainId;
use crate::base::limits::turn::CALL_MS_MAX;
use crate::base::slots::Slot;
use crate::http::asset::Selected;
use crate::http::forwarded::FORWARDED_FOR;
use crate::http::rejection::Rejection;
use crate::http::request::Request;
use crate::router::call::{Answer, Call, Poll, Refusal, Verb};
use crate::router::ids::{CallKey, SessionKey};
use crate::router::mail::{
    CallAnswer, CallRequest, Effect, Envelope, Input, PollFate, TimedAlarm, Undelivered,
};

impl Shard {
    /// Gives a request to the router, or refuses it; or does neither, because the calls of its domain, which is returned,
    /// are put off.
    pub(super) fn dispatch(&mut self, slot: Slot, request: &Request<'_>) -> Option<DomainId> {
        self.load.steps += 1;
        let context = Context {
            is_put_off: &|domain, is_always_taken| self.puts_off(domain, is_always_taken),
            domains: &self.domains,
            limits: &self.limits,
            wall_ms,
            now_ms: self.clock.shared_ms(),
            secret: self.entropy.peek(),
        };
        let Routed { route, shape } = api::route(request, &context);
        if let Route::Postponed(domain) = route
            && self.memory.admits_under_way(domain)
        {
            return Some(domain);
        }
        self.counters.requests_total += 1;
        if !shape.site && self.asks_too_often(slot, request) {
            self.counters.requests_refused_rate += 1;
            self.refuse(slot, &TOO_MANY_REQUESTS, shape);
            return None;
        }
        match route {
            Route::Call(call) => self.start_call(slot, call, shape),
            Route::Refused(rejection) => {
                self.counters.calls_refused_rate += u64::from(rejection.status == 429);
                self.counters.requests_refused_apikey += u64::from(rejection.status == 401);
                self.refuse(slot, &rejection, shape);
            }
            Route::Preflight(methods) => {
                let shape = self.parting(shape);
                self.write_answer(slot, &shape, (None, None), |output, _| {
                    api::write_preflight(output, methods, &shape);
                });
            }
            Route::Asset(selected) => self.send_asset(slot, &selected, shape),
            Route::Postponed(_) => {
                self.counters.calls_refused_memory += 1;
                self.refuse(slot, &SERVER_BUSY, shape);
            }
            Route::Notice(notice) if notice.is_of_health() && self.is_draining() => {
                self.refuse(slot, &SHUTTING_DOWN, shape);
            }
            Route::Notice(notice) => {
                let shape = self.parting(shape);
                let write = |output: &mut Vec<u8>, _: &str| api::write_notice(output, notice, &shape);
                self.write_answer(slot, &shape, (None, None), write);
            }
        }
        None
    }

    /// Whether a request that is no site's call is one too many of whoever asks.
    fn asks_too_often(&mut self, slot: Slot, request: &Request<'_>) -> bool {
        let now_ms = self.clock.shared_ms();
        let Some(conn) = self.conns.get(slot) else { return false };
        !self.gate.ask(conn.visitor, || request.values(FORWARDED_FOR), now_ms)
    }

    fn start_call(&mut self, slot: Slot, call: Call<'_>, shape: Shape) {
        let late = Moment::not_before(self.now().after(CALL_MS_MAX));
        let Some(conn) = self.conns.get(slot) else { return };
        if conn.half_closed && matches!(call.verb, Verb::Poll(_)) {
            // A poll whose browser has gone already. It must not take the place of a newer one, which may have been
            // parked while this one waited to be read.
            return self.kill(slot);
        }
        let (domain, at) = (call.domain, self.clock.stamp());
        let begun = call.verb.kind().map(|kind| Begun { domain, kind, at });
        if let Some(Begun { kind, .. }) = begun {
            self.stats.board(usize::from(self.place.0)).called(call.domain, kind);
        }
        self.serial = self.serial.wrapping_add(1).max(1);
        conn.serial = self.serial;
        conn.due = late;
        let state = if let Verb::Poll(Poll { ticket, .. }) = &call.verb
            && ticket.session.place.0 < self.shards
        {
            State::Parked(shape, ticket.session)
        } else {
            State::Calling(shape, begun)
        };
        conn.turn_to(state, &mut self.tally);
        if matches!(call.verb, Verb::Online(_)) {
            self.entropy.spend();
        }
        self.set_sweep();
        let key = CallKey { place: self.place, conn: slot.index, serial: self.serial };
        self.tell_router(Input::Call(CallRequest { key, call }));
    }

    fn refuse(&mut self, slot: Slot, rejection: &Rejection, shape: Shape) {
        self.counters.requests_rejected_total += u64::from(rejection.status < 500);
        let (shape, chance) = (self.parting(shape), self.dice.roll());
        self.write_answer(slot, &shape, (None, None), |output, _| {
            api::write_rejection(output, rejection, Some(&shape), chance);
        });
    }

    /// Sets a sweep, if none is set. One for all: an alarm for each call would be set and hardly ever needed.
    fn set_sweep(&mut self) {
        if self.shards > 1 && !self.sweeping {
            self.sweeping = true;
            self.wheel.insert(self.now().after(CALL_MS_MAX), Timer::Sweep);
        }
    }

    /// Answers calls that have been with other shards for too long.
    pub(super) fn sweep(&mut self) {
        let now = self.now();
        self.sweeping = false;
        for slot in self.conns.alive() {
            let Some(conn) = self.conns.get(slot) else { continue };
            if !matches!(conn.state(), State::Calling(..)) {
                continue;
            }
            if conn.due.tick() <= now {
                let key = CallKey { place: self.place, conn: slot.index, serial: conn.serial };
                self.counters.calls_refused_late += 1;
                self.answer(key, &Answer::Refused(Refusal::Late));
            } else {
                self.set_sweep();
            }
        }
    }

    /// Gives the router an input; what it wants done is done in its phase of the turn.
    pub(super) fn tell_router(&mut self, input: Input<'_>) {
        self.router.handle(input, self.clock.now(), &mut self.effects);
    }

    /// Carries out what the router wants done, and what comes of it.
    pub(super) fn carry_out(&mut self) {
        while !self.effects.is_empty() {
            let mut effects = std::mem::replace(&mut self.effects, std::mem::take(&mut self.effects_spare));
            for effect in effects.drain(..) {
                match effect {
                    Effect::Answer(CallAnswer { key, answer }) => self.answer(key, &answer),
                    Effect::Mail(Envelope { to, mail }) => self.outbox.push(to, mail),
                    Effect::Deadline(TimedAlarm { at, alarm }) => {
                        self.wheel.insert(at, Timer::Router(alarm));
                    }
                    Effect::Close(key) => self.close_unflushed(key),
                    Effect::Undelivered(Undelivered { domain, messages }) => {
                        self.returns.post(domain, messages);
                    }
                }
            }
            super::buffers::release_if_large(&mut effects);
            self.effects_spare = effects;
        }
    }

    /// Writes the answer of a call. If its connection is gone, the owner of what it carries is told.
    fn answer(&mut self, key: CallKey, answer: &Answer) {
        let fate = delivers(answer);
        let found = self.conns.find_call(key);
        let waiting = found.and_then(|(slot, conn)| Some((slot, conn.take_shape(&mut self.tally)?)));
        let Some((slot, (shape, begun))) = waiting else {
            if let Some(session) = fate {
                self.tell_router(Input::Fate(PollFate { session, key, flushed: false }));
            }
            return;
        };
        self.answered.extend(begun);
        let domain = begun.map(|begun| begun.domain).or(domain_of(answer));
        let (shape, chance) = (self.parting(shape), self.dice.roll());
        self.write_answer(slot, &shape, (domain, fate), |output, poll_url| {
            api::write_answer(output, answer, &shape, poll_url, chance);
        });
    }

    /// Writes an answer into the scratch buffer and sends it.
    fn write_answer(
        &mut self,
        slot: Slot,
        shape: &Shape,
        whose: (Option<DomainId>, Option<SessionKey>),
        write: impl FnOnce(&mut Vec<u8>, &str),
    ) {
        let then = Then::after(shape);
        let mut output = std::mem::take(&mut self.buffers.output);
        output.clear();
        write(&mut output, &self.poll_url);
        self.send(slot, &output, &[], whose, then);
        self.buffers.output = output;
    }

    /// Sends an asset, of which only the head is written anywhere.
    fn send_asset(&mut self, slot: Slot, selected: &Selected, shape: Shape) {
        let shape = self.parting(shape);
        let then = Then::after(&shape);
        let mut output = std::mem::take(&mut self.buffers.output);
        output.clear();
        let body = api::write_asset(&mut output, selected, &shape);
        self.send(slot, &output, body, (None, None), then);
        self.buffers.output = output;
    }

    /// The shape of an answer; while the shard drains, every answer is its connection's last.
    fn parting(&self, mut shape: Shape) -> Shape {
        shape.close |= self.is_draining();
        shape
    }

    /// Closes the connection of a poll whose answer is still being written.
    fn close_unflushed(&mut self, key: CallKey) {
        if let Some((slot, conn)) = self.conns.find_call(key)
            && matches!(conn.state(), State::Writing { .. })
        {
            self.kill(slot);
        }
    }
}

/// The session that wants to know whether this answer was flushed.
fn delivers(answer: &Answer) -> Option<SessionKey> {
    match answer {
        Answer::Packets(delivery) if delivery.stopped.is_none() => Some(delivery.session),
        Answer::Packets(_)
        | Answer::Done
        | Answer::Delivered(_)
        | Answer::Online(_)
        | Answer::Onlines(_)
        | Answer::Joined(_)
        | Answer::Members(_)
        | Answer::Refused(_) => None,
    }
}

/// Whose an answer is of which nothing else says it.
fn domain_of(answer: &Answer) -> Option<DomainId> {
    match answer {
        Answer::Packets(delivery) => Some(delivery.domain),
        Answer::Done
        | Answer::Delivered(_)
        | Answer::Online(_)
        | Answer::Onlines(_)
        | Answer::Joined(_)
        | Answer::Members(_)
        | Answer::Refused(_) => None,
    }
}
