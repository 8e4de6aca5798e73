//! A connection to the server, which breaks when it is told to.
//!
//! Owns: one socket, and what was read and not understood yet. Must not: know what is said on it.

use std::io::{self, ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::time::Duration;

use mio::net::TcpStream;
use mio::{Interest, Registry, Token};
use socket2::SockRef;

use crate::generator::socket::{self, Origin};

/// A connection.
pub(super) struct Line {
    stream: TcpStream,
    /// It has connected.
    pub(super) is_open: bool,
    /// What was read.
    pub(super) input: Vec<u8>,
}

impl Line {
    /// Begins to connect. A narrow one takes little at a time, so that a reader who stalls is soon noticed.
    pub(super) fn open(
        registry: &Registry,
        address: SocketAddr,
        origin: Origin,
        token: Token,
        is_narrow: bool,
    ) -> io::Result<Line> {
        let connect = if is_narrow { socket::connect_narrow } else { socket::connect };
        let mut stream = connect(address, origin)?;
        registry.register(&mut stream, token, Interest::READABLE | Interest::WRITABLE)?;
        Ok(Line { stream, is_open: false, input: Vec::new() })
    }

    /// Sends a request, which is short enough to be taken at once. Returns whether it was.
    pub(super) fn send(&mut self, bytes: &[u8]) -> bool {
        self.stream.write(bytes).is_ok_and(|sent| sent == bytes.len())
    }

    /// Reads what there is, until so much has been read since the last answer. Returns whether there may come more.
    pub(super) fn receive(&mut self, scratch: &mut [u8], most: usize) -> bool {
        while self.input.len() < most {
            let room = scratch.len().min(most - self.input.len());
            match self.stream.read(&mut scratch[..room]) {
                Ok(0) => return false,
                Ok(bytes) => self.input.extend_from_slice(&scratch[..bytes]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return true,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return false,
            }
        }
        true
    }

    /// Cuts it: with an end, as a browser does, or with a reset, as networks do.
    pub(super) fn cut(self, with_reset: bool) {
        if with_reset {
            // If it cannot be had, the cut is an end.
            SockRef::from(&self.stream).set_linger(Some(Duration::ZERO)).ok();
        }
    }
}
