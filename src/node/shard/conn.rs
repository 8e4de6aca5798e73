//! One connection: its state and its socket.
//!
//! Owns: what is remembered of a connection between turns, and reading and writing without blocking. Must not: parse,
//! or know the router. While it waits it owns no buffer: input and output live in boxes only as long as something of
//! them is unfinished.

use std::io::{ErrorKind, IoSlice, Read, Write};
use std::num::NonZeroU32;

use mio::net::TcpStream;

use super::gate::Visitor;
use super::unserved::{Stage, Unserved};
use crate::api::Shape;
use crate::base::clock::{Moment, Stamp, Tick};
use crate::base::domains::DomainId;
use crate::base::memory::{Held, Memory, Owner};
use crate::base::slots::{UNBORN, kept};
use crate::base::stats::{CallKind, Counters};
use crate::router::ids::SessionKey;

/// A connection of a shard.
#[derive(Debug)]
pub(crate) struct Conn {
    stream: TcpStream,
    state: State,
    /// The number of the request that is being served; its answer carries it.
    pub(crate) serial: u32,
    /// Bytes that were read but not served yet.
    pub(crate) input: Option<Box<Unserved>>,
    output: Option<Box<Unsent>>,
    /// The kernel has bytes for us that were not read, because an answer was due first.
    pub(crate) readable: bool,
    /// The peer will send nothing more.
    pub(crate) half_closed: bool,
    /// Where it comes from.
    pub(crate) visitor: Visitor,
    /// Whether it stands in a list of those to go on with. Only taking it off the list clears this.
    pub(crate) deferral: Deferral,
    /// When it has waited long enough for whatever it waits for.
    pub(crate) due: Moment,
    /// The earliest alarm that is set.
    pub(crate) armed: Moment,
    generation: NonZeroU32,
}

kept!(Conn);

// A million of these wait at a time.
const _: () = assert!(size_of::<Conn>() <= crate::base::limits::parked::CONN_BYTES_MAX);

/// What a connection is doing.
#[derive(Debug)]
pub(crate) enum State {
    /// Nothing, or it receives a request.
    Reading,
    /// A call of it is with a router; a poll that no session can be found for is one, too, and is not measured.
    Calling(Shape, Option<Begun>),
    /// A poll of it is with the owner of this session. Nothing is read meanwhile.
    Parked(Shape, SessionKey),
    /// An answer did not fit into the socket.
    Writing {
        /// The session to tell whether the answer was flushed.
        fate: Option<SessionKey>,
        /// What to do when it was.
        then: Then,
    },
    /// Everything was said; what the peer still sends is thrown away, so that it reads the answer and not a reset.
    Farewell,
    /// Closed; freed at the end of the turn.
    Dead,
}

/// What will be known of a call when it is answered: whose and what kind it was, and how long it took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Begun {
    pub(crate) domain: DomainId,
    pub(crate) kind: CallKind,
    pub(crate) at: Stamp,
}

/// How many connections of a shard are in which state. Kept with every change, because there are too many to count.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    reading: u64,
    calling: u64,
    parked: u64,
    writing: u64,
    closing: u64,
}

impl Tally {
    /// Writes it to the counters.
    pub(crate) fn show(&self, counters: &mut Counters) {
        counters.connections_reading = self.reading;
        counters.connections_calling = self.calling;
        counters.connections_parked = self.parked;
        counters.connections_writing = self.writing;
        counters.connections_closing = self.closing;
    }

    /// Where connections of this state are counted; the dead are nowhere.
    fn of(&mut self, state: &State) -> Option<&mut u64> {
        match state {
            State::Reading => Some(&mut self.reading),
            State::Calling(..) => Some(&mut self.calling),
            State::Parked(..) => Some(&mut self.parked),
            State::Writing { .. } => Some(&mut self.writing),
            State::Farewell => Some(&mut self.closing),
            State::Dead => None,
        }
    }
}

/// What to do after an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    /// Read the next request.
    Read,
    /// Close.
    Close,
    /// Close, but listen a little: the peer may be in the middle of sending.
    Farewell,
}

impl Then {
    /// What to do after an answer of this shape.
    pub(crate) fn after(shape: &Shape) -> Then {
        if shape.close { Then::Close } else { Then::Read }
    }
}

/// Whether a connection is to be gone on with without an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deferral {
    /// It is not.
    No,
    /// In the next turn.
    NextTurn,
    /// When the domain whose request was read has a share of a turn again.
    Postponed,
}

/// What a peer has not taken yet. Of an asset, however slowly it is taken, no byte is copied.
#[derive(Debug)]
struct Unsent {
    bytes: Vec<u8>,
    /// What follows them.
    asset: &'static [u8],
    /// How much of both was sent.
    sent: usize,
    /// When all of it must have been taken.
    until: Tick,
    _held: Held,
}

/// What reading brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Got {
    /// So many bytes, and more may be there: the buffer was filled.
    Filled(usize),
    /// So many bytes, and nothing more: a short read has drained the socket (epoll(7)).
    Drained(usize),
    /// The peer will send nothing more.
    End,
    /// The connection is broken.
    Broken,
}

/// What writing achieved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Put {
    /// The kernel has taken the last byte.
    Flushed,
    /// Some of it is still here.
    Unfinished,
    /// The peer did not take all of it, and the rest is not kept: too much waits for its domain.
    Unkept,
    /// The connection is broken.
    Broken,
}

impl Conn {
    /// A connection that was just accepted.
    pub(crate) fn new(stream: TcpStream, visitor: Visitor, tally: &mut Tally) -> Conn {
        tally.reading += 1;
        Conn {
            stream,
            state: State::Reading,
            serial: 0,
            input: None,
            output: None,
            readable: false,
            half_closed: false,
            visitor,
            deferral: Deferral::No,
            due: Moment::NEVER,
            armed: Moment::NEVER,
            generation: UNBORN,
        }
    }

    /// What it is doing.
    pub(crate) fn state(&self) -> &State {
        &self.state
    }

    /// From now on it does this; returns what it did.
    pub(crate) fn turn_to(&mut self, state: State, tally: &mut Tally) -> State {
        if let Some(count) = tally.of(&self.state) {
            *count -= 1;
        }
        if let Some(count) = tally.of(&state) {
            *count += 1;
        }
        std::mem::replace(&mut self.state, state)
    }

    /// The socket, to be registered.
    pub(crate) fn stream_mut(&mut self) -> &mut TcpStream {
        &mut self.stream
    }

    /// Reads once.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> Got {
        debug_assert!(!buffer.is_empty(), "reading nothing looks like the end");
        loop {
            match self.stream.read(buffer) {
                Ok(0) => return Got::End,
                Ok(bytes) if bytes == buffer.len() => return Got::Filled(bytes),
                Ok(bytes) => return Got::Drained(bytes),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Got::Drained(0),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return Got::Broken,
            }
        }
    }

    /// Writes an answer, `bytes` and behind them `asset`; what does not fit is kept for its owner, and must be taken
    /// `until` then.
    pub(crate) fn write(
        &mut self,
        bytes: &[u8],
        asset: &'static [u8],
        until: Tick,
        (memory, owner): (&Memory, Owner),
    ) -> Put {
        assert!(self.output.is_none(), "one answer at a time");
        let mut sent = 0;
        let put = put(&mut self.stream, bytes, asset, &mut sent);
        if put == Put::Unfinished {
            if let Owner::Domain(domain) = owner
                && !memory.admits_under_way(domain)
            {
                return Put::Unkept;
            }
            let asset = &asset[sent.saturating_sub(bytes.len())..];
            let bytes = bytes.get(sent..).unwrap_or_default().to_vec();
            let held = memory.hold(owner, bytes.capacity() + size_of::<Unsent>());
            self.output = Some(Box::new(Unsent { bytes, asset, sent: 0, until, _held: held }));
        }
        put
    }

    /// When all of the answer that is being taken must have been.
    pub(crate) fn taken_until(&self) -> Tick {
        self.output.as_ref().map_or(Tick::NEVER, |output| output.until)
    }

    /// Goes on with an answer that did not fit.
    pub(crate) fn write_more(&mut self) -> Put {
        let Some(output) = &mut self.output else { return Put::Flushed };
        let put = put(&mut self.stream, &output.bytes, output.asset, &mut output.sent);
        if put != Put::Unfinished {
            self.output = None;
        }
        put
    }

    /// Forgets what was not served and not sent, at its end.
    pub(crate) fn forget(&mut self) {
        (self.input, self.output) = (None, None);
    }

    /// Tells the peer that nothing more will come.
    pub(crate) fn shut_writing(&mut self) {
        // If it fails the peer is gone, which is just as well.
        if self.stream.shutdown(std::net::Shutdown::Write).is_err() {
            self.half_closed = true;
        }
    }

    /// The shape the awaited answer must have, if one is awaited, and what is to be known of its call; then it is
    /// awaited no more.
    pub(crate) fn take_shape(&mut self, tally: &mut Tally) -> Option<(Shape, Option<Begun>)> {
        if !matches!(self.state, State::Calling(..) | State::Parked(..)) {
            return None;
        }
        match self.turn_to(State::Reading, tally) {
            State::Calling(shape, begun) => Some((shape, begun)),
            State::Parked(shape, _) => Some((shape, None)),
            State::Reading | State::Writing { .. } | State::Farewell | State::Dead => None,
        }
    }

    /// Whether it only waits for a request.
    pub(crate) fn is_idle(&self) -> bool {
        matches!(self.state, State::Reading) && self.input.is_none()
    }

    /// Whether a request of it has arrived in part.
    pub(crate) fn is_arriving(&self) -> bool {
        self.input.as_ref().is_some_and(|input| input.stage != Stage::Unseen)
    }

    /// Whether bytes of it may hold whole requests that were not looked at.
    pub(crate) fn has_unseen(&self) -> bool {
        self.input.as_ref().is_some_and(|input| input.stage == Stage::Unseen)
    }
}

fn put(stream: &mut TcpStream, bytes: &[u8], asset: &[u8], sent: &mut usize) -> Put {
    while *sent < bytes.len() + asset.len() {
        let rest = bytes.get(*sent..).unwrap_or_default();
        let written = if asset.is_empty() {
            stream.write(rest)
        } else if rest.is_empty() {
            stream.write(&asset[*sent - bytes.len()..])
        } else {
            stream.write_vectored(&[IoSlice::new(rest), IoSlice::new(asset)])
        };
        match written {
            Ok(0) => return Put::Broken,
            Ok(count) => *sent += count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Put::Unfinished,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return Put::Broken,
        }
    }
    Put::Flushed
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream as Peer};

    use super::*;

    /// More than the buffers of two sockets hold.
    const MUCH_BYTES: usize = 32 * 1_024 * 1_024;

    fn asset(bytes: usize) -> &'static [u8] {
        vec![b'a'; bytes].leak()
    }

    /// A connection and its other end.
    fn pair() -> (Conn, Peer) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let peer = Peer::connect(listener.local_addr().unwrap()).unwrap();
        let (stream, _) = listener.accept().unwrap();
        stream.set_nonblocking(true).unwrap();
        (Conn::new(TcpStream::from_std(stream), Visitor::Exempt, &mut Tally::default()), peer)
    }

    /// What the peer gets while the connection goes on.
    fn taken(conn: &mut Conn, peer: &mut Peer, bytes: usize) -> Vec<u8> {
        let mut taken = Vec::with_capacity(bytes);
        let mut chunk = [0; 16 * 1_024];
        while taken.len() < bytes {
            let count = peer.read(&mut chunk).unwrap();
            taken.extend_from_slice(&chunk[..count]);
            assert_ne!(conn.write_more(), Put::Broken);
        }
        taken
    }

    #[test]
    fn an_asset_is_not_copied_for_a_slow_peer() {
        let (mut conn, mut peer) = pair();
        let (asset, memory) = (asset(MUCH_BYTES), Memory::new(MUCH_BYTES));
        assert_eq!(conn.write(b"head", asset, Tick::ZERO, (&memory, Owner::Strangers)), Put::Unfinished);
        let unsent = conn.output.as_ref().unwrap();
        assert_eq!((unsent.bytes.capacity(), memory.bytes()), (0, size_of::<Unsent>()));
        assert!(unsent.asset.len() < asset.len());
        let taken = taken(&mut conn, &mut peer, asset.len() + 4);
        assert!(taken.starts_with(b"head") && taken[4..] == *asset);
        assert!(conn.output.is_none());
    }

    #[test]
    fn an_asset_follows_a_head_that_was_cut() {
        let (mut conn, mut peer) = pair();
        let (head, asset, memory) = (vec![b'h'; MUCH_BYTES], asset(100), Memory::new(MUCH_BYTES));
        assert_eq!(conn.write(&head, asset, Tick::ZERO, (&memory, Owner::Strangers)), Put::Unfinished);
        let unsent = conn.output.as_ref().unwrap();
        assert!(!unsent.bytes.is_empty() && unsent.bytes.len() < head.len());
        assert_eq!(unsent.asset, asset);
        assert_eq!(memory.bytes(), unsent.bytes.len() + size_of::<Unsent>());
        let taken = taken(&mut conn, &mut peer, head.len() + asset.len());
        assert!(taken[..head.len()] == head && taken[head.len()..] == *asset);
        assert!(conn.output.is_none());
        assert_eq!(memory.bytes(), 0);
    }

    #[test]
    fn an_answer_is_kept_for_a_domain_only_while_that_holds_little() {
        let (domain, memory) = (DomainId(0), Memory::new(4 * MUCH_BYTES));
        let (mut conn, _peer) = pair();
        let hog = memory.hold(Owner::Domain(domain), 3 * MUCH_BYTES);
        let (answer, owner) = (vec![b'a'; MUCH_BYTES], Owner::Domain(domain));
        assert_eq!(conn.write(&answer, &[], Tick::ZERO, (&memory, owner)), Put::Unkept);
        assert!(conn.output.is_none() && memory.bytes() == hog.bytes());
        let (mut conn, _peer) = pair();
        let owner = Owner::Domain(DomainId(1));
        assert_eq!(conn.write(&answer, &[], Tick::ZERO, (&memory, owner)), Put::Unfinished);
        assert!(memory.held_by(owner) > 0);
    }
}
