//! Answers on their way: written at once, in parts, or not at all.
//!
//! Owns: what follows the last byte of an answer or of an event, and the deadlines of peers that take them slowly. Must
//! not: write the text of an answer; `reply` and `execute` do.

use super::Io;
use crate::base::limits::turn::FAREWELL_MS;
use crate::base::memory::Owner;
use crate::base::slots::Slot;
use crate::http::websocket::{CloseCode, write_close};
use crate::node::shard::conn::{Conn, Retention};
use crate::node::shard::gate::Visitor;
use crate::node::shard::socket::WriteOutcome;
use crate::node::shard::state::{AfterAnswer, ConnState, OutgoingAnswer, ParkedStream};
use crate::router::ids::{CallKey, SessionKey};
use crate::router::mail::{Input, PollCut, StreamAck};

impl Io {
    pub(in crate::node::shard) fn send(&mut self, slot: Slot, answer: OutgoingAnswer<'_>) {
        let OutgoingAnswer { bytes, asset, domain, fate, then } = answer;
        self.count_step();
        let until = self.now().after(self.timeouts.answer_ms);
        let Some(conn) = self.conns.get(slot) else { return };
        let owner = domain.map_or(conn.visitor().owner(), Owner::Domain);
        let retention = Retention { memory: self.accounts.memory(), owner, until };
        match conn.write(bytes, asset, retention) {
            WriteOutcome::Flushed => self.finish_answer(slot, fate, then),
            WriteOutcome::Unfinished => {
                self.conns.turn_to(slot, ConnState::Writing { fate, then });
                self.wait_for_reader(slot);
                self.charge_pipelined(slot);
            }
            outcome @ (WriteOutcome::Unkept | WriteOutcome::Broken) => {
                self.counters.answers_unkept_total += u64::from(outcome == WriteOutcome::Unkept);
                self.conns.turn_to(slot, ConnState::Writing { fate, then });
                self.kill(slot);
            }
        }
    }

    /// Writes an event of a stream, which is parked again when the kernel has taken the last byte.
    pub(in crate::node::shard) fn send_event(&mut self, slot: Slot, stream: ParkedStream, bytes: &[u8]) {
        let ParkedStream { mut shape, session, domain } = stream;
        let is_socket = shape.is_socket();
        self.count_step();
        let until = self.now().after(self.timeouts.answer_ms);
        let Some(conn) = self.conns.get(slot) else { return };
        let retention = Retention { memory: self.accounts.memory(), owner: Owner::Domain(domain), until };
        let outcome = conn.write(bytes, &[], retention);
        if outcome == WriteOutcome::Flushed {
            conn.begin_stream();
            let key = CallKey { place: self.place, conn: slot.index, serial: conn.serial() };
            if is_socket && conn.has_more() {
                self.defer(slot);
            }
            return self.note_fate(session, key, true);
        }
        shape.begin_stream();
        self.conns.turn_to(slot, ConnState::Sending(shape, session));
        if outcome == WriteOutcome::Unfinished {
            self.wait_for_reader(slot);
            self.charge_pipelined(slot);
        } else {
            self.counters.answers_unkept_total += u64::from(outcome == WriteOutcome::Unkept);
            self.kill(slot);
        }
    }

    /// Closes an open socket, with a last frame that says why.
    pub(in crate::node::shard) fn close_socket(&mut self, slot: Slot, code: CloseCode) {
        let Some(conn) = self.conns.get(slot) else { return };
        if let ConnState::Parked(_, session) = conn.state() {
            let (session, serial) = (*session, conn.serial());
            self.notes.push_back(Input::Cut(PollCut { session, key: self.key_of(slot, serial) }));
        }
        self.with_output(|io, output| {
            write_close(output, code);
            let (asset, domain, fate, then): (&[u8], _, _, _) = (&[], None, None, AfterAnswer::Farewell);
            io.send(slot, OutgoingAnswer { bytes: output, asset, domain, fate, then });
        });
    }

    /// Notes for a session that the client of its socket has everything up to this packet.
    pub(in crate::node::shard) fn note_ack(&mut self, slot: Slot, session: SessionKey, seq: u64) {
        let Some(conn) = self.conns.get(slot) else { return };
        let serial = conn.serial();
        let key = self.key_of(slot, serial);
        self.notes.push_back(Input::Ack(StreamAck { session, key, seq }));
    }

    /// Counts a read of a socket for its client, as a request is. Behind a proxy no frame names the client.
    pub(in crate::node::shard) fn admits_frames(&mut self, slot: Slot) -> bool {
        let is_counted = |conn: &mut Conn| matches!(conn.visitor(), Visitor::Counted(_));
        !self.conns.get(slot).is_some_and(is_counted) || self.admits_request(slot, std::iter::empty)
    }

    /// Writes bytes that are not an answer, and do not change the state of the connection.
    pub(in crate::node::shard) fn send_interim(&mut self, slot: Slot, bytes: &[u8]) {
        let until = self.now();
        let Some(conn) = self.conns.get(slot) else { return };
        let owner = conn.visitor().owner();
        let retention = Retention { memory: self.accounts.memory(), owner, until };
        if conn.write(bytes, &[], retention) != WriteOutcome::Flushed {
            self.kill(slot); // the socket has room, unless its peer leaves unread what it was sent
        }
    }

    /// Writes more of an answer, after the socket reported room.
    pub(in crate::node::shard) fn write_more(&mut self, slot: Slot) {
        let Some(conn) = self.conns.get(slot) else { return };
        match conn.write_more() {
            WriteOutcome::Flushed => self.finish(slot),
            WriteOutcome::Unfinished => self.wait_for_reader(slot),
            WriteOutcome::Unkept | WriteOutcome::Broken => self.kill(slot),
        }
    }

    /// Ends what was being written.
    fn finish(&mut self, slot: Slot) {
        let Some(conn) = self.conns.get(slot) else { return };
        match conn.state() {
            ConnState::Writing { fate, then } => {
                let (fate, then) = (*fate, *then);
                self.finish_answer(slot, fate, then);
            }
            // No stream is held for a peer that has closed its end.
            ConnState::Sending(..) if conn.is_half_closed() => self.kill(slot),
            ConnState::Sending(shape, session) => {
                let (shape, session) = (shape.clone(), *session);
                let key = CallKey { place: self.place, conn: slot.index, serial: conn.serial() };
                let reads_on = shape.is_open_socket() && conn.has_more();
                self.conns.turn_to(slot, ConnState::Parked(shape, session));
                if reads_on {
                    self.defer(slot);
                }
                self.note_fate(session, key, true);
            }
            ConnState::Reading
            | ConnState::Subscribing(_)
            | ConnState::Calling(..)
            | ConnState::Parked(..)
            | ConnState::Farewell
            | ConnState::Dead => {}
        }
    }

    /// Sets the deadline by which a peer must take a byte of its answer, or all of it.
    fn wait_for_reader(&mut self, slot: Slot) {
        let stalled = self.now().after(self.timeouts.write_ms);
        let Some(conn) = self.conns.get(slot) else { return };
        let due = stalled.min(conn.written_until());
        self.set_due(slot, due);
    }

    /// Ends an answer of which the kernel has taken the last byte.
    fn finish_answer(&mut self, slot: Slot, fate: Option<SessionKey>, then: AfterAnswer) {
        let idle = self.idle_until();
        let Some(conn) = self.conns.get(slot) else { return };
        let serial = conn.serial();
        conn.end_call();
        if let Some(session) = fate {
            conn.follow_mut().answered(session);
        }
        let has_more = conn.has_more();
        self.conns.turn_to(slot, ConnState::Reading);
        match then {
            AfterAnswer::Read => {
                self.set_due(slot, idle);
                if has_more {
                    self.defer(slot);
                }
            }
            AfterAnswer::Close if !has_more => self.kill(slot),
            AfterAnswer::Close | AfterAnswer::Farewell => self.begin_farewell(slot),
        }
        if let Some(session) = fate {
            self.note_fate(session, self.key_of(slot, serial), true);
        }
    }

    fn begin_farewell(&mut self, slot: Slot) {
        let Some(conn) = self.conns.get(slot) else { return };
        conn.shut_writing();
        conn.take_input();
        self.conns.turn_to(slot, ConnState::Farewell);
        self.set_due(slot, self.now().after(FAREWELL_MS));
        self.defer(slot);
    }
}
