//! Calls of domains that have used their share of a turn.
//!
//! Owns: what waits, a queue for each domain, and when it is gone on with: after the connections of all others, in the
//! order it came, as far as its domain has a share again. That is a connection whose request was read here, or a call that
//! another shard has read. Must not: know what a share is; the router's `work` does.

use std::collections::VecDeque;

use super::Shard;
use super::conn::Deferral;
use crate::base::clock::Tick;
use crate::base::domains::DomainId;
use crate::base::limits::turn::{POSTPONED_PER_TURN, PUT_OFF_MS_MAX};
use crate::base::memory::{Held, Owner};
use crate::base::slots::Slot;
use crate::router::call::{Answer, Call, Refusal, Verb};
use crate::router::ids::CallKey;
use crate::router::mail::{CallAnswer, CallRequest, Input, Mail};

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Postponed {
    queues: Vec<(DomainId, VecDeque<Waiting>)>,
}

/// What waits.
#[derive(Debug)]
enum Waiting {
    /// A connection, with the request that was read.
    Conn(Slot),
    /// A call of another shard, and until when it may be done.
    Call { key: CallKey, call: Call<'static>, until: Tick, _held: Held },
}

impl Postponed {
    pub(super) fn is_empty(&self) -> bool {
        self.queues.is_empty()
    }

    /// Whether calls of a domain wait that came before any that comes now.
    pub(super) fn waits(&self, domain: DomainId) -> bool {
        self.queues.iter().any(|(other, queue)| *other == domain && !queue.is_empty())
    }

    fn push(&mut self, domain: DomainId, waiting: Waiting) {
        match self.queues.iter_mut().find(|(other, _)| *other == domain) {
            Some((_, queue)) => queue.push_back(waiting),
            None => self.queues.push((domain, VecDeque::from([waiting]))),
        }
    }
}

impl Shard {
    /// Whether a call of a domain is put off. One that is always taken is done at once if there is no room for it to wait.
    pub(super) fn puts_off(&self, domain: DomainId, is_always_taken: bool) -> bool {
        let waits = self.router.work().is_used_up(domain) || self.postponed.waits(domain);
        waits && (!is_always_taken || self.memory.has_room_under_way(domain))
    }

    /// Goes on with this connection when its domain has a share of a turn again. Until then nothing is read from it, and
    /// what was read waits for the domain.
    pub(super) fn postpone(&mut self, domain: DomainId, slot: Slot) {
        let Some(conn) = self.conns.get(slot) else { return };
        if conn.deferral != Deferral::No {
            return; // it is gone on with in the next turn already, and put off then
        }
        conn.deferral = Deferral::Postponed;
        if let Some(input) = &mut conn.input {
            input.belong_to(&self.memory, Owner::Domain(domain));
        }
        self.postponed.push(domain, Waiting::Conn(slot));
        self.counters.requests_postponed_total += 1;
    }

    /// Gives mail to the router, or puts it off if it is a call that would be put off had it been read here. Polls never are.
    pub(super) fn take(&mut self, mail: Mail) {
        let Mail::Call(CallRequest { key, call }) = mail else { return self.tell_router(Input::Mail(mail)) };
        let is_poll = matches!(call.verb, Verb::Poll(_));
        if !is_poll && self.puts_off(call.domain, call.verb.is_always_taken()) {
            self.put_off(key, call);
        } else {
            self.tell_router(Input::Mail(Mail::Call(CallRequest { key, call })));
        }
    }

    /// Lets a call of another shard wait, if there is room for it.
    fn put_off(&mut self, key: CallKey, call: Call<'static>) {
        let domain = call.domain;
        if !self.memory.admits_under_way(domain) {
            self.counters.calls_refused_memory += 1;
            return self.turn_down(key, Refusal::Overloaded);
        }
        let held = self.memory.hold(Owner::Domain(domain), call.bytes());
        let until = self.now().after(PUT_OFF_MS_MAX);
        self.postponed.push(domain, Waiting::Call { key, call, until, _held: held });
        self.counters.requests_postponed_total += 1;
    }

    fn turn_down(&mut self, key: CallKey, refusal: Refusal) {
        let answer = Answer::Refused(refusal);
        self.outbox.push(key.place, Mail::Answer(CallAnswer { key, answer }));
    }

    /// Goes on with what was put off, as far as its domains have something left of this turn.
    pub(super) fn serve_postponed(&mut self) {
        for at in 0..self.postponed.queues.len() {
            // Taken out, because what is put off again has to wait behind it, and nothing else can come meanwhile.
            let (domain, queue) = &mut self.postponed.queues[at];
            let (domain, mut waiting) = (*domain, std::mem::take(queue));
            for _ in 0..POSTPONED_PER_TURN {
                if self.router.work().is_used_up(domain) {
                    break;
                }
                let Some(first) = waiting.pop_front() else { break };
                self.go_on_with(first);
            }
            let queue = &mut self.postponed.queues[at].1;
            waiting.append(queue);
            *queue = waiting;
        }
        self.postponed.queues.retain(|(_, queue)| !queue.is_empty());
    }

    fn go_on_with(&mut self, waiting: Waiting) {
        match waiting {
            Waiting::Call { key, call, until, .. } if self.now() < until => {
                self.tell_router(Input::Mail(Mail::Call(CallRequest { key, call })));
            }
            Waiting::Call { key, .. } => {
                self.counters.calls_refused_late += 1;
                self.turn_down(key, Refusal::Late);
            }
            Waiting::Conn(slot) => {
                let Some(conn) = self.conns.get(slot) else { return };
                conn.deferral = Deferral::No;
                // What comes behind the request may be of somebody else.
                let owner = conn.visitor.owner();
                if let Some(input) = &mut conn.input {
                    input.belong_to(&self.memory, owner);
                }
                self.go_on(slot);
            }
        }
    }
}
