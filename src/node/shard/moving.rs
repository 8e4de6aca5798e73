//! Moving: a connection leaves its shard for that of the user it polls for.
//!
//! Owns: both ends of a move. Must not: decide that a connection moves; `follow` does.
//!
//! A connection moves at rest: its last answer is written, and its next poll was read but is no call yet. The poll goes
//! with it, as the bytes that were read, and is served where it arrives. So no call and no answer is under way, and the
//! router learns nothing of moves: a poll comes from another place, as on another connection. The descriptor goes by
//! `passing`, the rest through the mailbox, behind the mail that says what became of the last answer. The connection
//! stays counted for its address. If the receiver has no room, the connection stays and its poll is sent as mail.

use std::net::TcpStream as StdStream;

use mio::Registry;
use mio::net::TcpStream;

use super::conn::Conn;
use super::follow::Follow;
use super::gate::Visitor;
use super::io::Io;
use super::passing::{PassKey, Passing, PassingSockets};
use super::pending::PendingInput;
use super::state::Watch;
use crate::base::limits::turn::{MOVE_ROOM_RESERVE, MOVED_BYTES_MAX};
use crate::base::slots::Slot;
use crate::base::stats::Stats;
use crate::http::parser::Partial;
use crate::router::ids::Place;

/// A connection on its way.
#[derive(Debug)]
pub struct MovedConn {
    key: PassKey,
    visitor: Visitor,
    follow: Follow,
    /// Bytes that were read and not served: a poll, and what is pipelined behind it.
    input: Vec<u8>,
}

#[derive(Debug)]
pub(super) struct Mover {
    passing: Passing,
    registry: Registry,
    stats: Stats,
    /// Connections that have left in this turn, and where they go.
    departed: Vec<(Place, MovedConn)>,
}

impl Mover {
    pub(super) fn new(place: Place, sockets: PassingSockets, registry: Registry, stats: Stats) -> Mover {
        Mover { passing: Passing::new(place, sockets), registry, stats, departed: Vec::new() }
    }

    /// Gives a connection to the shard at `to`, with the `input` that was read of it. Returns whether it is gone; if
    /// not, nothing has changed.
    pub(super) fn give(&mut self, io: &mut Io, slot: Slot, to: Place, input: &[u8]) -> bool {
        if io.is_draining() || input.len() > MOVED_BYTES_MAX {
            return false;
        }
        let Some(conn) = io.conn(slot) else { return false };
        let board = self.stats.board(to.index());
        let room = || board.connections_free().saturating_sub(MOVE_ROOM_RESERVE);
        let Ok(key) = self.passing.send(to, conn.stream_mut(), room) else { return false };
        self.unwatch(conn);
        // Closing the descriptor of this table leaves the connection open.
        let Some((visitor, follow)) = io.give_away(slot) else { return false };
        self.departed.push((to, MovedConn { key, visitor, follow, input: input.to_vec() }));
        true
    }

    /// Epoll would report the connection here as long as it is open anywhere.
    fn unwatch(&self, conn: &mut Conn) {
        if conn.watched() != Watch::Nothing
            && let Err(error) = self.registry.deregister(conn.stream_mut())
        {
            // It was registered. If this fails, its events come with a slot that finds nothing.
            log::error!("cannot cease to watch a connection: {error}");
        }
    }

    /// Takes a connection of another shard. Its input is to be served. `None`: this table had no room for it.
    pub(super) fn take(&mut self, io: &mut Io, moved: MovedConn) -> Option<Slot> {
        let MovedConn { key, visitor, follow, input } = moved;
        let Some(descriptor) = self.passing.receive(key) else {
            io.abandon(visitor);
            return None;
        };
        let stream = TcpStream::from_std(StdStream::from(descriptor));
        let mut conn = Conn::moved(stream, visitor, follow.moved());
        let held = io.memory().hold(visitor.owner(), 0);
        conn.keep_input(Box::new(PendingInput::new(&input, Partial::default(), held)));
        Some(io.settle(conn))
    }

    /// The shard's counters show all that it has taken.
    pub(super) fn shown(&mut self) {
        self.passing.shown();
    }

    /// Connections that have left, to be posted after the mail of this turn.
    pub(super) fn departed(&mut self) -> impl Iterator<Item = (Place, MovedConn)> {
        self.departed.drain(..)
    }
}
