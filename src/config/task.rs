//! What `nextim domain` may be asked for.
//!
//! Owns: the list. Must not: carry anything out.

use crate::base::domains::DomainConfig;

/// What `nextim domain` is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainTask {
    /// The change, if it is one.
    pub action: DomainAction,
    /// Whether the answer is JSON.
    pub json: bool,
}

/// A change of the domains, or a look at them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DomainAction {
    /// Adds this domain, with a new key.
    Add(DomainConfig),
    /// Gives the domain of this name a new key beside the old one.
    Rotate(String),
    /// Removes all keys of the domain of this name but the newest.
    DropOld(String),
    /// Removes the domain of this name.
    Remove(String),
    /// Lists all domains.
    List,
}
