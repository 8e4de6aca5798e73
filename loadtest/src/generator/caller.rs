//! A connection on which the site calls.
//!
//! Owns: its state. Must not: send or read; `callers.rs` does.

use mio::net::TcpStream;

use super::task::Call;

/// A connection for calls.
#[derive(Default)]
pub(super) struct Caller {
    pub(super) stream: Option<TcpStream>,
    pub(super) connecting: bool,
    pub(super) call: Option<Call>,
    /// When the call was sent, or the connection was last used.
    pub(super) used: u64,
}
