//! The cases, by theme.
//!
//! Owns: the list of them. Must not: open a socket but through the world.
//!
//! A case gets a new world, and returns the first promise that was not kept. Its name says what must hold.

mod blocks;
mod events;
mod failures;
mod history;
mod identity;
mod messages;
mod missed;
mod old;
mod online;
mod origins;
mod rates;
mod rooms;
mod server;
mod settings;
mod shapes;
mod texts;
mod undelivered;

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
const fn case(name: &'static str, run: fn(&World) -> Verdict) -> Case {
    Case { name, needs: &[], run }
}

/// A case for plugins and hosts that offer these.
const fn offered(name: &'static str, needs: &'static [&'static str], run: fn(&World) -> Verdict) -> Case {
    Case { name, needs, run }
}

/// All cases, in the order in which they run.
pub(crate) fn all() -> Vec<Case> {
    [
        shapes::CASES,
        identity::CASES,
        origins::CASES,
        online::CASES,
        messages::CASES,
        undelivered::CASES,
        missed::CASES,
        history::CASES,
        rooms::CASES,
        blocks::CASES,
        settings::CASES,
        texts::CASES,
        rates::CASES,
        events::CASES,
        failures::CASES,
        old::CASES,
        server::CASES,
    ]
    .concat()
}
