//! Streams and sockets: what a browser or an app does that waits by one.
//!
//! Owns: the events of users, and when a user acknowledges them: on the socket, or, for a stream, by a call. Must not:
//! make the call; the callers do, on connections beside that of the stream, as a browser does.

use std::io::Write;

use nextim_testkit::load::wire::{Parsed, StreamPart, Transport, answer};
use nextim_testkit::socket::{self, PONG};

use crate::generator::task::Call;
use crate::generator::user::State;
use crate::generator::worker::Worker;

/// A page acknowledges at once if this many packets are not acknowledged.
const UNACKED_PACKETS_MAX: u64 = 16;
/// The same in bytes.
const UNACKED_BYTES_MAX: u32 = 32 * 1_024;
/// A page acknowledges with the first event that comes this long after the last acknowledgement, in nanoseconds.
const ACK_EVERY: u64 = 25_000_000_000;

impl Worker {
    /// Handles what was read of a stream or a socket. Returns whether the connection is of further use.
    pub(super) fn read_stream(&mut self, index: usize, mut bytes: &[u8]) -> bool {
        let transport = self.setup.transport;
        while !bytes.is_empty() {
            if !self.users[index].streams {
                match transport.head(bytes) {
                    Some(head) => {
                        self.users[index].streams = true;
                        bytes = &bytes[head..];
                        continue;
                    }
                    None => return self.read_refusal(index, bytes),
                }
            }
            match transport.part(bytes) {
                StreamPart::Event { data, bytes: used } => {
                    if !self.event_came(index, data) {
                        return false;
                    }
                    bytes = &bytes[used..];
                }
                StreamPart::Ping { payload, bytes: used } => {
                    if !self.say(index, &socket::frame(PONG, payload)) {
                        return false;
                    }
                    bytes = &bytes[used..];
                }
                StreamPart::Partial if bytes.len() < self.setup.answer_bytes_max => {
                    self.keep_rest(index, bytes);
                    break;
                }
                StreamPart::Partial | StreamPart::Broken | StreamPart::End => {
                    self.fail_user(index, "a stream cannot be read");
                    return false;
                }
            }
        }
        true
    }

    /// Handles an answer in the place of a stream.
    fn read_refusal(&mut self, index: usize, bytes: &[u8]) -> bool {
        match answer(bytes) {
            Parsed::Whole { status, .. } => {
                let user = &mut self.users[index];
                if self.setup.transport == Transport::Socket {
                    // A connection whose handshake was refused is of no further use, and the server ends it.
                    user.again ^= user.stream.take().is_some();
                }
                self.poll_refused(index, self.users[index].state, status);
                false
            }
            Parsed::Partial => {
                self.keep_rest(index, bytes);
                true
            }
            Parsed::Broken => {
                self.fail_user(index, "an answer cannot be read");
                false
            }
        }
    }

    /// Handles an event. Returns whether the stream goes on.
    fn event_came(&mut self, index: usize, data: &[u8]) -> bool {
        let news = self.take_news(index, data);
        if !news.stopped {
            return self.acknowledge(index, data.len());
        }
        let user = &mut self.users[index];
        let state = user.state;
        // The server ends the connection with the stream.
        user.again ^= user.stream.take().is_some();
        match state {
            State::Leaving { answered, .. } => self.left(index, answered, true),
            State::Away | State::Connecting | State::Polling if self.setup.is_sent_away(data) => {
                self.tally.moved += 1;
                self.online_again(index);
            }
            State::Away | State::Connecting | State::Polling => {
                self.tally.error("a session was stopped");
                self.online_again(index);
            }
        }
        false
    }

    /// Acknowledges, if so much has come or so long ago. Returns whether the connection is of further use.
    fn acknowledge(&mut self, index: usize, bytes: usize) -> bool {
        let now = self.now();
        let user = &mut self.users[index];
        user.unacked_bytes += u32::try_from(bytes).unwrap_or(UNACKED_BYTES_MAX);
        let many = user.seq - user.acked >= UNACKED_PACKETS_MAX || user.unacked_bytes >= UNACKED_BYTES_MAX;
        if !many && now - user.acked_at < ACK_EVERY {
            return true;
        }
        (user.acked, user.acked_at, user.unacked_bytes) = (user.seq, now, 0);
        if self.setup.transport == Transport::Socket {
            let ack = socket::ack_frame(user.seq);
            return self.say(index, &ack);
        }
        self.again.push_back(Call::Ack(u32::try_from(index).expect("a user's index")));
        true
    }

    /// Sends a frame, which is short enough for one write. Returns whether the connection is of further use.
    fn say(&mut self, index: usize, frame: &[u8]) -> bool {
        let Some(stream) = &mut self.users[index].stream else { return false };
        let is_sent = stream.write(frame).is_ok_and(|bytes| bytes == frame.len());
        if !is_sent {
            self.fail_user(index, "a frame could not be sent");
        }
        is_sent
    }
}
