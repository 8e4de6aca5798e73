//! The calls of sites, in kinds that cost alike.
//!
//! Owns: the kinds and their names in metrics. Must not: import a counter.

/// A kind of call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CallKind {
    /// `/presences/online`.
    Online,
    /// `/presences/offline`, `/presences/show`.
    Presence,
    /// `/messages`.
    Message,
    /// `/statuses`.
    Status,
    /// `/signals`.
    Signal,
    /// `/room/members`, `/room/join`, `/room/leave`.
    Room,
    /// `/onlines`, `/buddies/remove`.
    Buddies,
}

impl CallKind {
    /// All kinds, in the order of their discriminants.
    pub(crate) const ALL: [CallKind; 7] = [
        CallKind::Online,
        CallKind::Presence,
        CallKind::Message,
        CallKind::Status,
        CallKind::Signal,
        CallKind::Room,
        CallKind::Buddies,
    ];

    /// The value of its label in metrics.
    pub(crate) fn word(self) -> &'static str {
        match self {
            CallKind::Online => "online",
            CallKind::Presence => "presence",
            CallKind::Message => "message",
            CallKind::Status => "status",
            CallKind::Signal => "signal",
            CallKind::Room => "room",
            CallKind::Buddies => "buddies",
        }
    }
}
