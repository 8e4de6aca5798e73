//! Reads and writes that do not block.
//!
//! Owns: what their results mean. Must not: keep anything between two calls; `conn` does.

use std::io::{ErrorKind, IoSlice, Read, Write};

use mio::net::TcpStream;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ReadOutcome {
    /// This many bytes, and there may be more: the buffer is full.
    Filled(usize),
    /// This many bytes, and nothing more: a short read has drained the socket (epoll(7)).
    Drained(usize),
    /// The peer will send nothing more.
    End,
    /// The connection is broken.
    Broken,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WriteOutcome {
    /// The kernel has taken the last byte.
    Flushed,
    /// A rest is kept.
    Unfinished,
    /// The peer did not take all of it, and the rest is not kept: too much waits for its domain.
    Unkept,
    /// The connection is broken.
    Broken,
}

/// Reads once.
pub(super) fn read(stream: &mut TcpStream, buffer: &mut [u8]) -> ReadOutcome {
    debug_assert!(!buffer.is_empty(), "reading nothing looks like the end");
    loop {
        match stream.read(buffer) {
            Ok(0) => return ReadOutcome::End,
            Ok(bytes) if bytes == buffer.len() => return ReadOutcome::Filled(bytes),
            Ok(bytes) => return ReadOutcome::Drained(bytes),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return ReadOutcome::Drained(0),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return ReadOutcome::Broken,
        }
    }
}

/// Writes `bytes` and then `asset`, from the byte `sent` on, which moves.
pub(super) fn write(stream: &mut TcpStream, bytes: &[u8], asset: &[u8], sent: &mut usize) -> WriteOutcome {
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
            Ok(0) => return WriteOutcome::Broken,
            Ok(count) => *sent += count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return WriteOutcome::Unfinished,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return WriteOutcome::Broken,
        }
    }
    WriteOutcome::Flushed
}
