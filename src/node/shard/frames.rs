//! Frames: what comes on open sockets, which read while they wait.
//!
//! Owns: reads of sockets, the cut of what was read into frames, and the deadlines of their clients. Must not: know what
//! a frame means (`api` does) or write a delivery (`execute` does).
//!
//! A turn reads little of a socket, and of all acknowledgements in it only the highest reaches the router, so a flood of
//! them costs no more than the read; of all pings in it only the last is answered (RFC 6455 section 5.5.3). A frame
//! that has arrived in part is kept as an unfinished request is.

use super::dispatch::Dispatcher;
use super::io::Io;
use super::pending::PendingInput;
use super::socket::ReadOutcome;
use super::state::ConnState;
use crate::api::Shape;
use crate::api::socket::{self, Meaning};
use crate::base::domains::Domains;
use crate::base::slots::Slot;
use crate::http::parser::Partial;
use crate::http::websocket::{self, CloseCode, Frame};
use crate::router::call::Call;
use crate::router::ids::SessionKey;

/// What follows from frames that were read.
#[derive(Debug)]
struct Digest {
    /// The bytes of whole frames.
    bytes: usize,
    /// The last packet that the client has, if it says so.
    seq: Option<u64>,
    /// What its last ping wants to have back.
    pong: Option<Vec<u8>>,
    next: Next,
}

/// What follows the frames.
#[derive(Debug)]
enum Next {
    /// Another frame.
    Frame,
    /// The poll that the client of a socket has asked for, and then other frames.
    Subscribed(Call<'static>),
    /// The end of the socket.
    Closed(CloseCode),
}

/// Reads once, into `buffer`, and handles the frames that have arrived as a whole. `scratch` is for their payloads.
pub(super) fn read(
    io: &mut Io,
    dispatcher: &mut Dispatcher,
    slot: Slot,
    (buffer, scratch): (&mut [u8], &mut Vec<u8>),
) {
    let Some(conn) = io.conn(slot) else { return };
    let Some(client) = Client::of(conn.state()) else { return };
    let mut kept = conn.take_input();
    // What was read with the handshake was not looked at yet, and goes first.
    let is_due = kept.as_ref().is_some_and(|kept| kept.is_unseen());
    let outcome = if is_due { ReadOutcome::Drained(0) } else { conn.read(buffer) };
    let fresh = match outcome {
        ReadOutcome::Filled(bytes) | ReadOutcome::Drained(bytes) => &buffer[..bytes],
        ReadOutcome::End => &[],
        ReadOutcome::Broken => return io.kill(slot),
    };
    // What a peer that has closed its end has sent before may be more than this.
    let is_ending = conn.is_half_closed() && !is_due && !matches!(outcome, ReadOutcome::Filled(_));
    let owner = conn.visitor().owner();
    let bytes = match &mut kept {
        Some(kept) => {
            kept.append(fresh);
            kept.parts().0
        }
        None => fresh,
    };
    let digest = client.digest(bytes, dispatcher.domains(), scratch);
    let rest = rest_of(kept, &digest, || {
        let rest = &fresh[digest.bytes..];
        let held = || io.memory().hold(owner, 0);
        (!rest.is_empty()).then(|| Box::new(PendingInput::new(rest, Partial::default(), held())))
    });
    follow(io, dispatcher, slot, client, digest);
    let Some(conn) = io.conn(slot).filter(|conn| conn.reads_frames()) else { return };
    if is_ending {
        return io.kill(slot); // nothing is held for a peer that has closed its end
    }
    let is_readable = conn.is_readable();
    if let Some(rest) = rest {
        conn.keep_input(rest);
        wait_for_more(io, slot);
    }
    if is_readable {
        io.defer(slot);
    }
}

/// The part of the input that is no whole frame; `fresh` makes one of what was just read.
fn rest_of(
    kept: Option<Box<PendingInput>>,
    digest: &Digest,
    fresh: impl FnOnce() -> Option<Box<PendingInput>>,
) -> Option<Box<PendingInput>> {
    let Some(mut kept) = kept else { return fresh() };
    kept.consume(digest.bytes);
    if digest.bytes > 0 {
        kept.restart();
    }
    (!kept.parts().0.is_empty()).then_some(kept)
}

/// The client of an open socket.
#[derive(Debug)]
enum Client {
    /// It has shown no ticket yet.
    Unknown(Shape),
    /// It is that of a session.
    Known(Shape, SessionKey),
}

impl Client {
    fn of(state: &ConnState) -> Option<Client> {
        match state {
            ConnState::Subscribing(shape) => Some(Client::Unknown(shape.clone())),
            ConnState::Parked(shape, session) if shape.is_open_socket() => {
                Some(Client::Known(shape.clone(), *session))
            }
            ConnState::Reading
            | ConnState::Calling(..)
            | ConnState::Parked(..)
            | ConnState::Sending(..)
            | ConnState::Writing { .. }
            | ConnState::Farewell
            | ConnState::Dead => None,
        }
    }

    /// What follows from the frames that `input` begins with.
    fn digest(&self, input: &[u8], domains: &Domains, scratch: &mut Vec<u8>) -> Digest {
        let mut digest = Digest { bytes: 0, seq: None, pong: None, next: Next::Frame };
        let (Client::Unknown(shape) | Client::Known(shape, _)) = self;
        let text_bytes_max = socket::text_bytes_max(shape);
        while matches!(digest.next, Next::Frame) {
            match websocket::read(&input[digest.bytes..], text_bytes_max, scratch) {
                Ok(None) => break,
                Ok(Some((frame, bytes))) => {
                    digest.bytes += bytes;
                    self.take(frame, domains, &mut digest);
                }
                Err(code) => digest.next = Next::Closed(code),
            }
        }
        digest
    }

    fn take(&self, frame: Frame<'_>, domains: &Domains, digest: &mut Digest) {
        if let (Client::Unknown(shape), Frame::Text(text)) = (self, frame) {
            let poll = socket::subscription(text, shape, domains);
            digest.next = poll.map_or(Next::Closed(CloseCode::POLICY), Next::Subscribed);
            return;
        }
        let (Client::Unknown(shape) | Client::Known(shape, _)) = self;
        match socket::meaning(frame, shape) {
            Meaning::Nothing => {}
            Meaning::Acknowledges(seq) => digest.seq = digest.seq.max(Some(seq)),
            Meaning::Asks(payload) => {
                let pong = digest.pong.get_or_insert_default();
                pong.clear();
                pong.extend_from_slice(payload);
            }
            Meaning::Closes(code) => digest.next = Next::Closed(code),
        }
    }
}

/// Does what the client of a socket asks for.
fn follow(io: &mut Io, dispatcher: &mut Dispatcher, slot: Slot, client: Client, digest: Digest) {
    let Digest { bytes, seq, pong, next } = digest;
    if bytes > 0 && !io.admits_frames(slot) {
        io.counters().requests_refused_rate += 1;
        return io.close_socket(slot, CloseCode::POLICY);
    }
    if let Some(payload) = pong {
        io.with_output(|io, output| {
            websocket::write_pong(output, &payload);
            io.send_interim(slot, output);
        });
        if io.conn(slot).is_none() {
            return; // it takes nothing
        }
    }
    if let (Client::Known(_, session), Some(seq)) = (&client, seq) {
        io.note_ack(slot, *session, seq);
    }
    match (next, client) {
        (Next::Frame, _) => {}
        (Next::Closed(code), _) => io.close_socket(slot, code),
        (Next::Subscribed(call), Client::Unknown(shape) | Client::Known(shape, _)) => {
            // The origin was judged.
            dispatcher.start_call(io, slot, call, Shape { origin: None, ..shape });
        }
    }
}

/// Waits for the rest of a frame that has arrived in part; of a client that has shown no ticket, no longer than for that.
/// No byte extends the deadline.
fn wait_for_more(io: &mut Io, slot: Slot) {
    let until = io.now().after(io.timeouts().head_ms);
    let Some((conn, accounts)) = io.conn_with_accounts(slot) else { return };
    let is_known = matches!(conn.state(), ConnState::Parked(..));
    let visitor = conn.visitor();
    let Some(input) = conn.input_mut() else { return };
    if !accounts.has_room(visitor, input) {
        io.counters().requests_refused_memory += 1;
        return io.close_socket(slot, CloseCode::TRY_AGAIN);
    }
    if input.advance().is_some() {
        input.set_until(until);
        if is_known {
            io.set_due(slot, until);
        }
    }
    io.charge_pipelined(slot);
}

/// Handles the alarm of an open socket: closes it if its client takes too long to show a ticket, which a shard
/// that drains does not wait for, or to send a frame.
pub(super) fn expire(io: &mut Io, slot: Slot) {
    let now = io.now();
    let again = now.after(io.timeouts().head_ms);
    let Some(conn) = io.conn(slot) else { return };
    let until = match (conn.state(), conn.input()) {
        (ConnState::Subscribing(_), _) => now,
        (_, Some(input)) => input.until(),
        (_, None) => return,
    };
    if conn.is_deferred() {
        io.set_due(slot, again); // the shard is behind, not the peer
    } else if now < until {
        io.set_due(slot, until);
    } else {
        let waits = matches!(conn.state(), ConnState::Subscribing(_));
        if waits && io.is_draining() {
            return io.close_socket(slot, CloseCode::GOING_AWAY);
        }
        io.counters().connections_expired_frame += 1;
        io.close_socket(slot, CloseCode::POLICY);
    }
}
