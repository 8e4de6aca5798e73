//! Events of `nextim top`.
//!
//! Owns: the type. Must not: read a terminal or a signal; `terminal` and the binary do.

/// An event while a server is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A key was pressed.
    Key(u8),
    /// The size of the terminal changed.
    Resized,
    /// A signal to end.
    End,
}
