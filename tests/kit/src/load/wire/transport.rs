//! Transports: the ways in which a page or an app waits.
//!
//! Owns: the list, and how what comes is cut. Must not: write a request.

use super::events::{StreamPart, stream_head, stream_part};
use super::frames::{socket_head, socket_part};

/// A way to wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Transport {
    /// By polls that are answered with a script.
    #[default]
    Jsonp,
    /// By polls that are answered with bare JSON.
    Json,
    /// By a stream of events.
    Stream,
    /// By a socket (`WebSocket`).
    Socket,
}

impl Transport {
    /// All of them.
    pub const ALL: [Transport; 4] = [Transport::Jsonp, Transport::Json, Transport::Stream, Transport::Socket];

    /// Whether one request brings one answer after another.
    pub fn goes_on(self) -> bool {
        matches!(self, Transport::Stream | Transport::Socket)
    }

    /// The length of the head behind which the answers of such a request come; `None` if it is another one, or not
    /// whole.
    pub fn head(self, bytes: &[u8]) -> Option<usize> {
        match self {
            Transport::Jsonp | Transport::Json => None,
            Transport::Stream => stream_head(bytes),
            Transport::Socket => socket_head(bytes),
        }
    }

    /// Reads what comes behind that head.
    pub fn part(self, bytes: &[u8]) -> StreamPart<'_> {
        match self {
            Transport::Jsonp | Transport::Json => StreamPart::Broken,
            Transport::Stream => stream_part(bytes),
            Transport::Socket => socket_part(bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_goes_on_has_parts() {
        for transport in Transport::ALL {
            assert_eq!(transport.part(b"") != StreamPart::Broken, transport.goes_on(), "{transport:?}");
        }
    }
}
