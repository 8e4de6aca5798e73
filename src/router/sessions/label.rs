//! Labels: what a queue needs of a packet besides its text.
//!
//! Owns: [`Label`]. Must not: import a queue.

/// See the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::router) enum Label {
    /// A message: the user's nth. The numbers that a session was given are an unbroken row, so the number shows whether
    /// this one is among them.
    Message(u64),
    /// A message that waited for the user when this session started. It does not count as new, but has a limit of its
    /// own: a page that has just opened is not ended for what was queued before it.
    Inherited(u64),
    /// A message taken over later, from a session that has ended. It counts like those that waited at the start.
    Late(u64),
    /// A signal: it has a number among the user's messages. It counts like a message, and takes the place of one that
    /// it supersedes.
    Signal(u64),
    /// A signal of another session, or of the mailbox. It has a limit of its own.
    PassedSignal(u64),
    /// A presence; what is here is the hash of the name it is about. A newer one takes its place.
    Presence(u64),
    /// A presence of a member of a room; what is here is the hash of the member's name and the room. A newer one takes
    /// its place, and it is dropped if there is no room: a page that opens the room reads who is there.
    GroupPresence(u64),
    /// A typing state, or that somebody entered or left a room: the first to go when room is scarce.
    Light,
}

impl Label {
    /// Whether it counts as new for the limits. What was taken over counts apart, and presences have a limit of their
    /// own.
    pub(super) fn counts(self) -> bool {
        matches!(self, Label::Message(_) | Label::Signal(_) | Label::Light)
    }

    /// The user's nth message, if it is a message.
    pub(super) fn message(self) -> Option<u64> {
        match self {
            Label::Message(given) | Label::Inherited(given) | Label::Late(given) => Some(given),
            Label::Signal(_)
            | Label::PassedSignal(_)
            | Label::Presence(_)
            | Label::GroupPresence(_)
            | Label::Light => None,
        }
    }

    /// The user's nth message, if it is one that was inherited or taken over.
    pub(super) fn handed_over(self) -> Option<u64> {
        self.message().filter(|_| !matches!(self, Label::Message(_)))
    }

    /// The user's nth message, if it is a message that belongs to an unbroken row of them.
    pub(in crate::router) fn in_row(self) -> Option<u64> {
        match self {
            Label::Message(given) | Label::Inherited(given) => Some(given),
            Label::Late(_)
            | Label::Signal(_)
            | Label::PassedSignal(_)
            | Label::Presence(_)
            | Label::GroupPresence(_)
            | Label::Light => None,
        }
    }
}
