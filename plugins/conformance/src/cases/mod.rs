//! The cases, by theme.
//!
//! Owns: the list of them. Must not: open a socket but through the world.
//!
//! A case gets a new world, and returns the first promise that was not kept. Its name says what must hold.

mod arrivals;
mod blocks;
mod case;
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
mod storage;
mod texts;
mod undelivered;
mod xmpp;

pub(crate) use case::Case;

/// All cases, in the order in which they run.
pub(crate) fn all() -> Vec<Case> {
    [
        shapes::CASES,
        identity::CASES,
        origins::CASES,
        online::CASES,
        messages::CASES,
        arrivals::CASES,
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
        storage::CASES,
        old::CASES,
        xmpp::CASES,
        server::CASES,
    ]
    .concat()
}
