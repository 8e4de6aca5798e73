//! A connection to the server, which can be cut.
//!
//! Owns: one socket, and the beginning of an answer. Must not: know what an answer means.

use std::io::{self, ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::time::Duration;

use mio::net::TcpStream;
use mio::{Interest, Registry, Token};
use nextim_testkit::load::socket::{self, Origin};
use socket2::SockRef;

pub(crate) struct Connection {
    stream: TcpStream,
    pub(crate) is_open: bool,
    /// The head of a stream or a socket was read.
    pub(crate) is_stream: bool,
    /// What was read since the last answer.
    pub(crate) input: Vec<u8>,
}

impl Connection {
    /// Begins to connect. A narrow connection has a small receive buffer, so that a stall is soon noticed.
    pub(crate) fn open(
        registry: &Registry,
        address: SocketAddr,
        origin: Origin,
        token: Token,
        is_narrow: bool,
    ) -> io::Result<Connection> {
        let connect = if is_narrow { socket::connect_narrow } else { socket::connect };
        let mut stream = connect(address, origin)?;
        registry.register(&mut stream, token, Interest::READABLE | Interest::WRITABLE)?;
        Ok(Connection { stream, is_open: false, is_stream: false, input: Vec::new() })
    }

    /// Sends a request, which is short enough for one write. Returns whether all of it was written.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> bool {
        self.stream.write(bytes).is_ok_and(|sent| sent == bytes.len())
    }

    /// Reads until nothing is left, or `most` bytes are in `input`. Returns whether more may come.
    pub(crate) fn receive(&mut self, scratch: &mut [u8], most: usize) -> bool {
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

    /// Closes the connection: with a FIN, as a browser does, or with a reset, as networks do.
    pub(crate) fn cut(self, with_reset: bool) {
        if with_reset {
            // If the option cannot be set, the connection closes with a FIN.
            SockRef::from(&self.stream).set_linger(Some(Duration::ZERO)).ok();
        }
    }
}
