//! Names as mail carries them.
//!
//! Owns: the types. Must not: map names to places.

/// Names one place owns, each with its position in the list it was taken from.
pub(crate) type Names = Vec<(u32, Box<str>)>;

/// A name, and the hash it is known by.
#[derive(Clone, Debug)]
pub(crate) struct HashedName {
    /// As it was given.
    pub(crate) text: Box<str>,
    /// See [`Places::hash`](crate::router::directory::Places::hash).
    pub(crate) hash: u64,
}

/// A named user that is online, and has no place kept in the roster.
#[derive(Clone, Debug)]
pub(crate) struct Unplaced {
    /// The name.
    pub(crate) name: Box<str>,
    /// Whether others see the user. An answer is not `truncated` because of invisible users.
    pub(crate) visible: bool,
}
