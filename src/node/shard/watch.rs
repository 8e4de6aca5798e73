//! Watching: the registration of connections with epoll.
//!
//! Owns: when a connection is registered, and for what. Must not: handle an event; `traffic` does.
//!
//! A call of a site comes on a connection of its own, and is mostly answered in the turn that accepted it. So a
//! connection is registered at the end of the first turn that it outlives, and only for input. Room to write is
//! reported once an answer did not fit. Epoll is edge-triggered for connections, and reports at registration what is
//! there already.

use std::io;

use mio::{Interest, Registry};

use super::conn::Conn;
use super::io::Io;
use super::state::Watch;
use super::token;
use crate::base::slots::Slot;

/// Registers the connections that wait for what epoll does not report of them. Those that are closed need nothing.
pub(super) fn watch_unwatched(io: &mut Io, registry: &Registry) {
    while let Some(slot) = io.next_unwatched() {
        let Some(conn) = io.conn(slot) else { continue };
        if let Err(error) = watch(conn, slot, registry) {
            log::warn!("cannot watch a connection: {error}");
            io.kill(slot);
        }
    }
}

fn watch(conn: &mut Conn, slot: Slot, registry: &Registry) -> io::Result<()> {
    let (watched, wanted) = (conn.watched(), Watch::of(conn.state()));
    if wanted <= watched {
        return Ok(());
    }
    let interest = match wanted {
        Watch::Nothing | Watch::Input => Interest::READABLE,
        Watch::InputAndRoom => Interest::READABLE | Interest::WRITABLE,
    };
    conn.set_watched(wanted);
    let (stream, token) = (conn.stream_mut(), token::of_conn(slot));
    match watched {
        Watch::Nothing => registry.register(stream, token, interest),
        Watch::Input | Watch::InputAndRoom => registry.reregister(stream, token, interest),
    }
}
