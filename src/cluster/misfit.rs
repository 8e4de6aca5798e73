//! Misfits: processes that cannot be members.
//!
//! Owns: the reasons, and their words. Must not: judge; `members` does.

/// Why a node cannot be a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Misfit {
    /// It speaks another major version.
    Version,
    /// It divides the names differently.
    Division,
    /// It has the URL of another node: polls that are sent to one of them would come to the other.
    Url,
    /// There are as many nodes as there may be.
    Crowd,
    /// Another process has the name of this node, and keeps it.
    Name,
}

impl Misfit {
    /// The words for operators.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Misfit::Version => "it speaks another version of the protocol",
            Misfit::Division => "its partition, ranges or nodes differ",
            Misfit::Url => "its public_url is that of another node",
            Misfit::Crowd => "there are as many nodes as there may be",
            Misfit::Name => "another process keeps its name; this one takes no calls meanwhile",
        }
    }
}
