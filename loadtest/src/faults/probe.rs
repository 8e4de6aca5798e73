//! Asking: one call after another, of somebody who waits for each answer.
//!
//! Owns: the calls of the conductor, who wants to know whether the server does what it was told. Must not: be used where
//! there is load.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use super::shared::{DOMAIN, GUEST_DOMAIN, GUEST_KEY, apikey};
use crate::wire::{Parsed, Requests, Ticket, answer};

/// How long an answer may take: longer than a poll is held.
const PATIENCE: Duration = Duration::from_secs(15);
/// The number of the message a guest gets. It is in no book.
const ID: u64 = 0xface;

/// A call that was sent.
pub(super) struct Asked(TcpStream);

impl Asked {
    fn send(address: SocketAddr, request: &[u8]) -> io::Result<Asked> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(request)?;
        Ok(Asked(stream))
    }

    /// The status and the body of the answer.
    fn answer(mut self) -> io::Result<(u16, Vec<u8>)> {
        let (mut input, mut piece) = (Vec::new(), [0; 4_096]);
        loop {
            if let Parsed::Whole { status, body, .. } = answer(&input) {
                return Ok((status, body.to_vec()));
            }
            match self.0.read(&mut piece)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                bytes => input.extend_from_slice(&piece[..bytes]),
            }
        }
    }

    /// Whether it was a poll of a session that has ended, or ends.
    pub(super) fn tells_of_the_end(self) -> bool {
        self.answer().is_ok_and(|(status, body)| {
            status == 404 || memchr::memmem::find(&body, b"\"status\":\"stopped\"").is_some()
        })
    }
}

/// What asks a server.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asking(pub(super) SocketAddr);

impl Asking {
    fn call(self, write: impl FnOnce(&mut Vec<u8>)) -> io::Result<(u16, Vec<u8>)> {
        let mut request = Vec::new();
        write(&mut request);
        Asked::send(self.0, &request)?.answer()
    }

    /// How the server answers a call of the site with its how-manieth apikey, if it answers.
    pub(super) fn status_of_key(self, key: u64) -> Option<u16> {
        let requests = Requests::new(&self.0.to_string(), DOMAIN, &apikey(key), true);
        // To leave a page that never was is a call that changes nothing.
        let status = self.call(|out| requests.leave(out, &Ticket::NONE)).ok()?.0;
        Some(status)
    }

    fn guest(self) -> Requests {
        Requests::new(&self.0.to_string(), GUEST_DOMAIN, GUEST_KEY, true)
    }

    fn guest_comes(self) -> io::Result<(u16, Vec<u8>)> {
        let requests = self.guest();
        self.call(|out| requests.online(out, 0, [].into_iter(), None))
    }

    /// Opens a page of the other domain, if it is there and there is room.
    pub(super) fn guest_ticket(self) -> Option<Ticket> {
        let (_, body) = self.guest_comes().ok().filter(|(status, _)| *status == 200)?;
        Ticket::find(&body)
    }

    /// Whether the other domain is not there.
    pub(super) fn guest_is_unknown(self) -> bool {
        self.guest_comes().is_ok_and(|(status, _)| status == 401)
    }

    /// Whether a message comes to that page.
    pub(super) fn guest_is_served(self, ticket: &Ticket) -> bool {
        let requests = self.guest();
        let pushed = self.call(|out| requests.push(out, 0, ID, 10));
        let polled = self.call(|out| requests.poll(out, ticket, 0));
        let there = format!("{ID:016x}");
        pushed.is_ok_and(|(status, _)| status == 200)
            && polled.is_ok_and(|(_, body)| memchr::memmem::find(&body, there.as_bytes()).is_some())
    }

    /// Sends a poll of that page.
    pub(super) fn guest_poll(self, ticket: &Ticket) -> io::Result<Asked> {
        let mut request = Vec::new();
        self.guest().poll(&mut request, ticket, 0);
        Asked::send(self.0, &request)
    }
}
