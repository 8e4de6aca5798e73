//! The probe: single calls, each of which waits for its answer.
//!
//! Owns: the calls by which the conductor checks that the server did as it was configured. Must not: make load.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use super::shared::{DOMAIN, GUEST_DOMAIN, GUEST_KEY, apikey};
use crate::wire::{Parsed, Requests, Ticket, answer};

/// How long an answer may take: longer than a poll is held.
const PATIENCE: Duration = Duration::from_secs(15);
/// The id of the message to a guest. No ledger has it.
const ID: u64 = 0xface;

/// A request whose answer was not read yet.
pub(super) struct PendingCall(TcpStream);

impl PendingCall {
    fn send(address: SocketAddr, request: &[u8]) -> io::Result<PendingCall> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(request)?;
        Ok(PendingCall(stream))
    }

    /// Reads the status and the body of the answer.
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

    /// Whether the answer to a poll shows that its session has ended or ends.
    pub(super) fn shows_the_end(self) -> bool {
        self.answer().is_ok_and(|(status, body)| {
            status == 404 || memchr::memmem::find(&body, b"\"status\":\"stopped\"").is_some()
        })
    }
}

/// A client of the server at this address.
#[derive(Clone, Copy, Debug)]
pub(super) struct Probe(pub(super) SocketAddr);

impl Probe {
    fn call(self, write: impl FnOnce(&mut Vec<u8>)) -> io::Result<(u16, Vec<u8>)> {
        let mut request = Vec::new();
        write(&mut request);
        PendingCall::send(self.0, &request)?.answer()
    }

    /// The status of a call of the site with its nth apikey, if there is an answer.
    pub(super) fn status_of_key(self, key: u64) -> Option<u16> {
        let requests = Requests::new(&self.0.to_string(), DOMAIN, &apikey(key), true);
        // A call that leaves an unknown page changes nothing.
        let status = self.call(|out| requests.leave(out, &Ticket::NONE)).ok()?.0;
        Some(status)
    }

    fn guest(self) -> Requests {
        Requests::new(&self.0.to_string(), GUEST_DOMAIN, GUEST_KEY, true)
    }

    fn guest_online(self) -> io::Result<(u16, Vec<u8>)> {
        let requests = self.guest();
        self.call(|out| requests.online(out, 0, [].into_iter(), None))
    }

    /// Opens a page of the second domain, if the domain is configured and has room.
    pub(super) fn guest_ticket(self) -> Option<Ticket> {
        let (_, body) = self.guest_online().ok().filter(|(status, _)| *status == 200)?;
        Ticket::find(&body)
    }

    /// Whether the server does not know the second domain.
    pub(super) fn guest_is_unknown(self) -> bool {
        self.guest_online().is_ok_and(|(status, _)| status == 401)
    }

    /// Whether a message to that page arrives.
    pub(super) fn guest_is_served(self, ticket: &Ticket) -> bool {
        let requests = self.guest();
        let pushed = self.call(|out| requests.push(out, 0, ID, 10));
        let polled = self.call(|out| requests.poll(out, ticket, 0));
        let there = format!("{ID:016x}");
        pushed.is_ok_and(|(status, _)| status == 200)
            && polled.is_ok_and(|(_, body)| memchr::memmem::find(&body, there.as_bytes()).is_some())
    }

    pub(super) fn guest_poll(self, ticket: &Ticket) -> io::Result<PendingCall> {
        let mut request = Vec::new();
        self.guest().poll(&mut request, ticket, 0);
        PendingCall::send(self.0, &request)
    }
}
