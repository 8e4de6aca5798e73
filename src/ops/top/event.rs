//! Events of `nextim top`.
//!
//! Owns: the type. Must not: read a terminal or a signal; `terminal` and the binary do.

/// What may happen while it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// Somebody pressed a key.
    Key(u8),
    /// The terminal has another size now.
    Resized,
    /// It is to end.
    End,
}
