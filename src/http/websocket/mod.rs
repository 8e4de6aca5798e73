//! WebSocket (RFC 6455): the handshake, and frames.
//!
//! Owns: the form of a socket on the wire, without extensions and subprotocols. Must not: know what a text is about, or
//! keep a state of a socket. In reading order: the [`handshake`] makes a socket of a connection; a `frame` is read of
//! it or written to it; a `close` code is the last that either side says.

mod close;
mod frame;
pub(crate) mod handshake;

pub(crate) use close::CloseCode;
pub(crate) use frame::{Frame, read, write_close, write_ping, write_pong, write_text};
