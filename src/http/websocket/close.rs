//! Close codes: why a socket ends (RFC 6455 section 7.4).
//!
//! Owns: [`CloseCode`], and which numbers stand in a frame. Must not: import a frame.

/// The reason with which a socket is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CloseCode(u16);

impl CloseCode {
    /// What the socket was for is done.
    pub(crate) const NORMAL: CloseCode = CloseCode(1000);
    /// The server goes down.
    pub(crate) const GOING_AWAY: CloseCode = CloseCode(1001);
    /// These bytes are no frame, or not one that may come here.
    pub(crate) const PROTOCOL_ERROR: CloseCode = CloseCode(1002);
    /// A frame that is in order, and is not taken here.
    pub(crate) const POLICY: CloseCode = CloseCode(1008);
    /// A text is longer than any that is taken.
    pub(crate) const TOO_BIG: CloseCode = CloseCode(1009);
    /// The client comes back later.
    pub(crate) const TRY_AGAIN: CloseCode = CloseCode(1013);

    /// The code of a frame, if it may stand in one: 1005, 1006 and 1015 are what an endpoint notes that was sent none, 1004 and
    /// those below 3000 that are not assigned mean nothing.
    pub(crate) fn received(code: u16) -> Option<CloseCode> {
        matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999).then_some(CloseCode(code))
    }

    pub(crate) fn number(self) -> u16 {
        self.0
    }
}
