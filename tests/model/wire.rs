//! Connections that never block.
//!
//! Owns: one socket, and what was read of the next answer. Must not: know what an answer means.

use std::io::{self, ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::time::Duration;

use mio::net::TcpStream;
use mio::{Interest, Registry, Token};
use nextim_testkit::http::{Request, Response};
use socket2::SockRef;

/// The outcome of a read.
#[derive(Debug)]
pub(crate) enum ReadResult {
    /// Not all is there yet.
    Waiting,
    /// One answer.
    Whole(Response),
    /// The connection has ended without one.
    Ended,
}

/// A connection.
#[derive(Debug)]
pub(crate) struct Conn {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Conn {
    /// Connects; on this machine that is done at once.
    pub(crate) fn open(address: SocketAddr, registry: &Registry, token: Token) -> Conn {
        let stream = std::net::TcpStream::connect_timeout(&address, Duration::from_secs(20))
            .expect("the server accepts");
        Conn::accepted(stream, registry, token)
    }

    /// A connection that is there already.
    pub(crate) fn accepted(stream: std::net::TcpStream, registry: &Registry, token: Token) -> Conn {
        stream.set_nodelay(true).unwrap();
        stream.set_nonblocking(true).unwrap();
        // Closing resets: no port waits for a minute afterwards.
        SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
        let mut stream = TcpStream::from_std(stream);
        registry.register(&mut stream, token, Interest::READABLE).unwrap();
        Conn { stream, buffer: Vec::new() }
    }

    /// Ends the connection in an ordinary way, not by a reset.
    pub(crate) fn close_gently(self) {
        SockRef::from(&self.stream).set_linger(None).unwrap();
    }

    /// Writes a request, which is small enough to be taken whole.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// Reads all bytes that have come.
    pub(crate) fn read(&mut self) -> ReadResult {
        let ended = self.fill();
        match Response::parse(&self.buffer) {
            Some((response, length)) => {
                self.buffer.drain(..length);
                ReadResult::Whole(response)
            }
            None if ended => ReadResult::Ended,
            None => ReadResult::Waiting,
        }
    }

    /// Reads a request with a body, as a site does to which something is posted.
    pub(crate) fn read_request(&mut self) -> Option<Result<String, ()>> {
        let ended = self.fill();
        match Request::parse(&self.buffer) {
            Some((request, length)) => {
                self.buffer.drain(..length);
                Some(Ok(String::from_utf8(request.body).expect("UTF-8")))
            }
            None => ended.then_some(Err(())),
        }
    }

    /// Reads into the buffer. Returns whether the connection has ended.
    fn fill(&mut self) -> bool {
        let mut chunk = [0; 16 * 1_024];
        loop {
            match self.stream.read(&mut chunk) {
                Ok(0) => return true,
                Ok(count) => self.buffer.extend_from_slice(&chunk[..count]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return false,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return true,
            }
        }
    }
}
