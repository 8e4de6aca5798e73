//! What a case is.
//!
//! Owns: its name, its needs, and the function that plays it. Must not: know one.

use crate::failure::Verdict;
use crate::world::World;

/// One case.
#[derive(Clone, Copy)]
pub(crate) struct Case {
    /// What must hold, in words.
    pub(crate) name: &'static str,
    /// The capabilities of the plugin and the events of the host that it needs.
    pub(crate) needs: &'static [&'static str],
    pub(crate) run: fn(&World) -> Verdict,
}

/// A case that every plugin must pass.
pub(super) const fn case(name: &'static str, run: fn(&World) -> Verdict) -> Case {
    Case { name, needs: &[], run }
}

/// A case for plugins and hosts that offer these.
pub(super) const fn offered(
    name: &'static str,
    needs: &'static [&'static str],
    run: fn(&World) -> Verdict,
) -> Case {
    Case { name, needs, run }
}
