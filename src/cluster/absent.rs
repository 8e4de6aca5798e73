//! Absent nodes: those that were there, and those that cannot be members.
//!
//! Owns: what operators see of them, for a while. Must not: count them as there; `members` does not.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::limits::ABSENT_MS;
use super::misfit::Misfit;
use crate::base::clock::Tick;
use crate::base::limits::cluster::NODES_MAX;

/// Why a node is absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Absence {
    /// It has said that it goes.
    Left,
    /// It was not heard any more.
    Dead,
    /// It is heard, and cannot be a member.
    Refused(Misfit),
}

/// A node that is absent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Absentee {
    pub(crate) url: Arc<str>,
    pub(crate) absence: Absence,
    /// When it was heard last.
    pub(crate) heard: Tick,
}

/// Absent nodes, by name.
#[derive(Debug, Default)]
pub(crate) struct Absent(BTreeMap<Box<str>, Absentee>);

impl Absent {
    /// A node is absent. If there are too many, the one that was not heard for the longest time is forgotten.
    pub(crate) fn note(&mut self, node: Box<str>, absentee: Absentee) {
        self.0.insert(node, absentee);
        if self.0.len() > NODES_MAX
            && let Some(oldest) =
                self.0.iter().min_by_key(|(_, absentee)| absentee.heard).map(|(node, _)| node.clone())
        {
            self.0.remove(&oldest);
        }
    }

    /// It is there, or back.
    pub(crate) fn forget(&mut self, node: &str) {
        self.0.remove(node);
    }

    /// Time has passed. A node that was refused is forgotten when it is not heard any more, the others a while later.
    pub(crate) fn pass(&mut self, now: Tick, dead_ms: u64) {
        self.0.retain(|_, absentee| {
            let silent_ms = now.since(absentee.heard);
            match absentee.absence {
                Absence::Left | Absence::Dead => silent_ms < ABSENT_MS,
                Absence::Refused(_) => silent_ms < dead_ms,
            }
        });
    }

    /// All of them, by name.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Absentee)> {
        self.0.iter().map(|(node, absentee)| (&**node, absentee))
    }
}
