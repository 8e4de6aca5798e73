//! The probe: single calls, each of which waits for its answer.
//!
//! Owns: the calls by which the conductor checks that the server did as it was configured. Must not: make load.

use std::net::{SocketAddr, TcpStream};

use nextim_testkit::conn::Conn;
use nextim_testkit::http::Response;
use nextim_testkit::load::wire::{Requests, Ticket, Transport};

use super::shared::{DOMAIN, GUEST_DOMAIN, GUEST_KEY, apikey};

/// The id of the message to a guest. No ledger has it.
const ID: u64 = 0xface;

/// A request whose answer was not read yet.
pub(crate) struct PendingCall(Conn);

impl PendingCall {
    /// Sends a request. `None` if the server accepts no connection.
    fn send(address: SocketAddr, write: impl FnOnce(&mut Vec<u8>)) -> Option<PendingCall> {
        let mut conn = Conn::over(TcpStream::connect(address).ok()?);
        let mut request = Vec::new();
        write(&mut request);
        conn.send(&request);
        Some(PendingCall(conn))
    }

    /// Whether the answer to a poll shows that its session has ended or ends.
    pub(crate) fn shows_the_end(mut self) -> bool {
        self.0
            .try_response()
            .is_some_and(|answer| answer.status == 404 || answer.text().contains("\"status\":\"stopped\""))
    }
}

/// A client of the server at this address.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Probe(pub(crate) SocketAddr);

impl Probe {
    fn call(self, write: impl FnOnce(&mut Vec<u8>)) -> Option<Response> {
        PendingCall::send(self.0, write)?.0.try_response()
    }

    /// The status of a call of the site with its nth apikey, if there is an answer.
    pub(crate) fn status_of_key(self, key: u64) -> Option<u16> {
        let requests = Requests::new(&self.0.to_string(), DOMAIN, &apikey(key), true);
        // A call that leaves an unknown page changes nothing.
        self.call(|out| requests.leave(out, &Ticket::NONE)).map(|answer| answer.status)
    }

    fn guest(self) -> Requests {
        Requests::new(&self.0.to_string(), GUEST_DOMAIN, GUEST_KEY, true)
    }

    fn guest_online(self) -> Option<Response> {
        let requests = self.guest();
        self.call(|out| requests.online(out, 0, [].into_iter(), None))
    }

    /// Opens a page of the second domain, if the domain is configured and has room.
    pub(crate) fn guest_ticket(self) -> Option<Ticket> {
        let answer = self.guest_online().filter(|answer| answer.status == 200)?;
        Ticket::find(&answer.body)
    }

    /// Whether the server does not know the second domain.
    pub(crate) fn guest_is_unknown(self) -> bool {
        self.guest_online().is_some_and(|answer| answer.status == 401)
    }

    /// Whether a message to that page arrives.
    pub(crate) fn guest_is_served(self, ticket: &Ticket) -> bool {
        let requests = self.guest();
        let pushed = self.call(|out| requests.push(out, 0, ID, 10));
        let polled = self.call(|out| requests.wait(out, Transport::Json, ticket, 0));
        pushed.is_some_and(|answer| answer.status == 200)
            && polled.is_some_and(|answer| answer.text().contains(&format!("{ID:016x}")))
    }

    pub(crate) fn guest_poll(self, ticket: &Ticket) -> Option<PendingCall> {
        let requests = self.guest();
        PendingCall::send(self.0, |out| requests.wait(out, Transport::Json, ticket, 0))
    }
}
