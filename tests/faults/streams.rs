//! Streams: what a browser does that waits by one while everything around it fails.
//!
//! Owns: the events of every second user, and what is acknowledged beside the stream. Must not: make the call; the
//! callers do.

use nextim_testkit::load::wire::{Parsed, StreamPart, answer, stream_head, stream_part};

use super::caller::SiteCall;
use super::player::Player;
use super::user::UserState;

/// One of this many events with messages is acknowledged at once.
const ACK_ONE_IN: u32 = 4;

impl Player {
    /// Whether a user waits by a stream, and not by polls.
    pub(crate) fn waits_by_stream(index: usize) -> bool {
        index % 2 == 1
    }

    /// Handles what was read of a stream, up to a fault.
    pub(crate) fn read_stream(&mut self, index: usize, input: &[u8], goes_on: bool) {
        let mut rest = input;
        loop {
            let user = &mut self.users[index];
            let Some(connection) = &mut user.connection else { return };
            if user.state != UserState::Waiting {
                // A stalled user reads on later.
                connection.input = rest.to_vec();
                return;
            }
            if !connection.is_stream {
                let Some(head) = stream_head(rest) else { return self.read_refusal(index, rest, goes_on) };
                connection.is_stream = true;
                rest = &rest[head..];
            }
            match stream_part(rest) {
                StreamPart::Event { data, bytes } => {
                    self.counts.answers += 1;
                    self.news(index, data);
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
        if was_empty || self.chance.one_in(ACK_ONE_IN) {
            self.calls.push_back(SiteCall::Ack(u32::try_from(index).expect("a user's index")));
        }
    }
}
