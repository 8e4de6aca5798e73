//! Requests that have arrived in part: how long they may take, and how much they may hold.
//!
//! Owns: their deadlines, the room there is for them, what late ones are charged to (and pipelined ones that cannot be
//! served), and the refusal of long bodies by what stands in their heads. Must not: read or parse; `traffic.rs` does,
//! and says when there is more.
//!
//! A request that has taken longer than [`LATE_MS`] counts against its address. When strangers hold half of what they
//! may, all of theirs count at once, and an address may hold no more than is left for strangers: so a single one never
//! comes to what all of them may hold, and the door stays open for others.

use super::Shard;
use super::conn::{Conn, Put, State};
use super::gate::Visitor;
use super::unserved::{Arrival, Stage, Unserved};
use crate::api;
use crate::api::refusal::{SERVER_BUSY, TOO_MANY_REQUESTS, TOO_MANY_UNFINISHED};
use crate::base::clock::Tick;
use crate::base::limits::admission::{LATE_BYTES_PER_ADDRESS_MAX, LATE_MS, UNREAD_BODY_BYTES_MIN};
use crate::base::slots::Slot;
use crate::http::forwarded::FORWARDED_FOR;
use crate::http::rejection::Rejection;
use crate::http::request::Request;
use crate::http::response::CONTINUE;

impl Shard {
    /// A request has arrived in part: the rest must come in time, however slowly its bytes drip, and there must be room
    /// for it.
    pub(super) fn wait_for_more(&mut self, slot: Slot) {
        if !self.has_room(slot) {
            self.counters.requests_refused_memory += 1;
            return self.refuse_unfinished(slot, SERVER_BUSY.closing());
        }
        if self.refuse_unread(slot) {
            return;
        }
        let now = self.now();
        let Some((_, input)) = self.unfinished(slot) else { return };
        let must_continue = input.partial.take_continue();
        let stage = if input.partial.in_body() { Stage::Body } else { Stage::Head };
        let begins = std::mem::replace(&mut input.stage, stage) != stage;
        let is_late = !matches!(input.arrival, Arrival::InTime);
        if begins {
            self.begin_stage(slot, stage, now);
        }
        // Whose a request is may stand in its head, so it is looked at again when that is there.
        if is_late && begins || !is_late && self.memory.is_strained() {
            self.charge(slot);
        }
        if !self.refuse_late(slot) && must_continue {
            self.write_continue(slot);
        }
    }

    /// Sets the deadline of what begins to arrive.
    fn begin_stage(&mut self, slot: Slot, stage: Stage, now: Tick) {
        let patience_ms = match stage {
            Stage::Body => self.timeouts.body_ms,
            Stage::Head | Stage::Unseen => self.timeouts.head_ms,
        };
        let until = now.after(patience_ms);
        let Some((_, input)) = self.unfinished(slot) else { return };
        input.until = until;
        let due = match input.arrival {
            Arrival::InTime => until.min(now.after(LATE_MS)),
            Arrival::Late(_) => until,
        };
        self.set_due(slot, due);
    }

    /// A request that is expected is late, or did not arrive in time.
    pub(super) fn expire_unfinished(&mut self, slot: Slot) {
        let now = self.now();
        let Some((_, input)) = self.unfinished(slot) else { return };
        let (until, in_body) = (input.until, input.partial.in_body());
        if now < until {
            if matches!(input.arrival, Arrival::InTime) {
                self.charge(slot);
            }
            if !self.refuse_late(slot) {
                self.set_due(slot, until);
            }
            return;
        }
        let rejection = input.partial.rejected(Rejection::timed_out());
        if in_body {
            self.counters.connections_expired_body += 1;
        } else {
            self.counters.connections_expired_head += 1;
        }
        let Some(input) = self.conns.get(slot).and_then(|conn| conn.input.take()) else { return };
        self.reject(slot, &rejection, input.head().as_ref());
    }

    fn unfinished(&mut self, slot: Slot) -> Option<(Visitor, &mut Unserved)> {
        let conn = self.conns.get(slot)?;
        Some((conn.visitor, conn.input.as_deref_mut()?))
    }

    /// Whether the memory has room for what is to come of a request.
    fn has_room(&mut self, slot: Slot) -> bool {
        let Some(Conn { visitor, input: Some(input), .. }) = self.conns.get(slot) else { return true };
        let in_body = input.partial.in_body();
        let begins_body = in_body && input.stage != Stage::Body;
        let is_refused = match visitor {
            Visitor::Exempt => false,
            Visitor::Counted(_) | Visitor::Proxy(_) => {
                in_body && self.memory.free_for_strangers() == 0 || begins_body && self.memory.is_crowded()
            }
        };
        !is_refused && !self.memory.is_full()
    }

    /// From now on a request counts against its address.
    fn charge(&mut self, slot: Slot) {
        let Some(Conn { visitor, input: Some(input), .. }) = self.conns.get(slot) else { return };
        let head = input.head();
        let cells = self.gate.asker(*visitor, || head.iter().flat_map(|head| head.values(FORWARDED_FOR)));
        // What it was charged to before, it is not any more.
        input.arrival = Arrival::InTime;
        input.arrival = Arrival::Late(cells.map(|cells| self.late.charge(cells, input.held_bytes())));
    }

    /// Refuses a request if it is late and its address holds too much by late ones.
    fn refuse_late(&mut self, slot: Slot) -> bool {
        let is_too_much = self.holds_too_much(slot);
        if is_too_much {
            self.counters.requests_refused_unfinished += 1;
            self.refuse_unfinished(slot, TOO_MANY_UNFINISHED);
        }
        is_too_much
    }

    fn holds_too_much(&mut self, slot: Slot) -> bool {
        let max = LATE_BYTES_PER_ADDRESS_MAX.min(self.memory.free_for_strangers());
        let Some((_, input)) = self.unfinished(slot) else { return false };
        match &input.arrival {
            Arrival::InTime | Arrival::Late(None) => false,
            Arrival::Late(Some(charge)) => charge.is_more_than(max),
        }
    }

    /// What was read behind a request and has to wait until the peer takes its answer, or a poll is answered, counts
    /// against its address at once. If that holds too much the connection is closed: it cannot be told in between.
    pub(super) fn charge_pipelined(&mut self, slot: Slot) {
        let Some(conn) = self.conns.get(slot) else { return };
        let waits = match conn.state() {
            State::Writing { .. } | State::Parked(..) => conn.input.is_some(),
            State::Reading | State::Calling(..) | State::Farewell | State::Dead => false,
        };
        if waits {
            self.charge(slot);
            if self.holds_too_much(slot) {
                self.counters.requests_refused_unfinished += 1;
                self.kill(slot);
            }
        }
    }

    fn refuse_unfinished(&mut self, slot: Slot, rejection: Rejection) {
        let Some((_, input)) = self.unfinished(slot) else { return };
        let rejection = input.partial.rejected(rejection);
        self.dismiss(slot, &rejection);
    }

    /// Refuses a request with a long body, if it is clear from its head that it will be refused.
    fn refuse_unread(&mut self, slot: Slot) -> bool {
        let now_ms = self.clock.shared_ms();
        let Some(Conn { visitor, input: Some(input), .. }) = self.conns.get(slot) else { return false };
        if input.judged || !input.is_body_longer_than(UNREAD_BODY_BYTES_MIN) {
            return false;
        }
        input.judged = true;
        let Some(request) = input.head() else { return false };
        let Some((rejection, shape)) = api::refuse_by_head(&request, &self.domains) else { return false };
        let asks = self.gate.ask(*visitor, || Request::values(&request, FORWARDED_FOR), now_ms);
        let rejection = if asks { rejection } else { TOO_MANY_REQUESTS };
        self.counters.requests_rejected_total += 1;
        self.counters.requests_refused_rate += u64::from(!asks);
        self.counters.requests_refused_unread += u64::from(rejection.status == 401);
        self.part_with(slot, &rejection.closing(), Some(&shape));
        true
    }

    /// Encourages a client that asked before it sends its body (RFC 9110 section 10.1.1).
    fn write_continue(&mut self, slot: Slot) {
        let now = self.now();
        let Some(conn) = self.conns.get(slot) else { return };
        let owner = conn.visitor.owner();
        if conn.write(CONTINUE, &[], now, (&self.memory, owner)) != Put::Flushed {
            self.kill(slot); // a peer whose socket is full before it was answered anything is none of ours
        }
    }
}
