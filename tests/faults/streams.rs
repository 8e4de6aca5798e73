//! Streams and sockets: what a browser or an app does that waits by one while everything around it fails.
//!
//! Owns: by which transport a user waits, the events, and when they are acknowledged. Must not: make the call with which
//! the page of a stream acknowledges; the callers do.

use nextim_testkit::load::wire::{Parsed, StreamPart, Transport, answer};
use nextim_testkit::socket::{self, PONG};

use super::caller::SiteCall;
use super::player::Player;
use super::user::UserState;

/// One of this many events with messages is acknowledged at once.
const ACK_ONE_IN: u32 = 4;

impl Player {
    /// How a user waits.
    pub(crate) fn transport(index: usize) -> Transport {
        Transport::ALL[index % Transport::ALL.len()]
    }

    /// Counts what came to a user, by how the user waits.
    pub(crate) fn count_answer(&mut self, index: usize) {
        self.counts.answers[index % Transport::ALL.len()] += 1;
    }

    /// Handles what was read of a stream or a socket, up to a fault.
    pub(crate) fn read_stream(&mut self, index: usize, input: &[u8], goes_on: bool) {
        let (transport, mut rest) = (Player::transport(index), input);
        loop {
            let user = &mut self.users[index];
            let Some(connection) = &mut user.connection else { return };
            if user.state != UserState::Waiting {
                // A stalled user reads on later.
                connection.input = rest.to_vec();
                return;
            }
            if !connection.is_stream {
                let Some(head) = transport.head(rest) else { return self.read_refusal(index, rest, goes_on) };
                connection.is_stream = true;
                rest = &rest[head..];
            }
            match transport.part(rest) {
                StreamPart::Event { data, bytes } => {
                    self.count_answer(index);
                    self.news(index, data);
                    rest = &rest[bytes..];
                }
                StreamPart::Ping { payload, bytes } => {
                    if !connection.send(&socket::frame(PONG, payload)) {
                        return self.connection_failed(index, "a pong could not be sent");
                    }
                    rest = &rest[bytes..];
                }
                StreamPart::Partial if goes_on => {
                    connection.input = rest.to_vec();
                    return;
                }
                StreamPart::Partial | StreamPart::End => {
                    return self.connection_failed(index, "a stream's connection was closed");
                }
                StreamPart::Broken => return self.connection_failed(index, "a stream cannot be read"),
            }
        }
    }

    /// Handles an answer in the place of a stream.
    fn read_refusal(&mut self, index: usize, input: &[u8], goes_on: bool) {
        match answer(input) {
            Parsed::Whole { status, body, .. } => self.poll_answered(index, status, body),
            Parsed::Partial if goes_on => {
                if let Some(connection) = &mut self.users[index].connection {
                    connection.input = input.to_vec();
                }
            }
            Parsed::Partial => self.connection_failed(index, "a stream's connection was closed"),
            Parsed::Broken => self.connection_failed(index, "an answer cannot be read"),
        }
    }

    /// An event was read. A quiet page acknowledges, because it is heard by nothing else; a busy one does so now and then.
    pub(crate) fn event_read(&mut self, index: usize, was_empty: bool) {
        if !was_empty && !self.chance.one_in(ACK_ONE_IN) {
            return;
        }
        if Player::transport(index) == Transport::Socket {
            return self.send_ack(index);
        }
        self.calls.push_back(SiteCall::Ack(u32::try_from(index).expect("a user's index")));
    }

    /// Acknowledges on a socket.
    fn send_ack(&mut self, index: usize) {
        let user = &mut self.users[index];
        let Some(connection) = &mut user.connection else { return };
        if connection.send(&socket::ack_frame(user.seq)) {
            user.read.iter().for_each(|id| self.ledger.acknowledged(*id));
        } else {
            self.connection_failed(index, "an acknowledgement could not be sent");
        }
    }
}
