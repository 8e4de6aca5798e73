//! The chat itself, as a value machine: inputs and `now` in, effects out.
//!
//! Owns: the users, sessions, rosters and rooms of one shard. Must not: read a clock, draw randomness, or touch a
//! socket; a test can run any number of routers in one thread and delay their mail as it likes.
//!
//! A call goes from the router that accepted it to the one that can judge it (the owner of the ticket or the name),
//! from there to the owners of what it touches, and its answer goes back to where it came from. Mail from a router to
//! itself goes through its inbox in the same form, so one shard and many behave alike. Only a call that is judged where
//! it came in, and a unicast to a user of the same place, need no mail.
//!
//! Each name, session, link and member that a call reaches takes the same time, however many packets are queued and
//! however many calls are under way. Packets that wait are walked through only when they are answered or acknowledged,
//! when a session of their user starts or ends, and when light ones give way to a message.
//!
//! The parts of a router, each with tables of its own, and which calls which:
//!
//! ```text
//! dispatch ──┬─> message ──> people ──> sessions ──> out ──> gather, work
//!            ├──────────────> people
//!            └─> rooms ───────────────────────────> out
//! ```
//!
//! - `directory`: which place of this process owns which name; every part has a copy;
//! - `owners`: which place does when the names are divided among nodes, too;
//! - `out`: mail, answers and deadlines that leave, the calls that wait for reports, and the account of work;
//! - `sessions`: polls and queues. What they need of a user (the name, an account of messages) is the trait `Owners`;
//! - `people`: users, their links, their rooms, and what becomes of their messages; it holds the sessions;
//! - `rooms`: the rooms this place owns. Rooms and people send each other mail, and never call each other;
//! - `message`, `signal` and `many`: what is sent to users, rooms and domains, across the parts;
//! - `broadcasts` and `crowds`: what is left of what goes to many;
//! - `moves` and `moving`: users and rooms that go to another node.
//!
//! Reading order: [`ids`], [`directory`], [`owners`], [`profile`], [`packet`], [`call`], [`mail`]; then `gather`, [`work`] and
//! `out`; `sessions` ([`sessions::storm`], `label`, `sum`, `newest`, `aside`, `space`, `backlog`, `queue`, `expiry`, `session`,
//! `drain`, `pace`, `table`, `polls`); `people`; `rooms`; `message`; `crowds`; `broadcasts`;
//! `many`; `signal`; `machine` and `dispatch`.

mod broadcasts;
pub(crate) mod call;
mod crowds;
pub(crate) mod directory;
mod dispatch;
mod gather;
pub(crate) mod ids;
mod machine;
pub(crate) mod mail;
mod many;
mod message;
mod moves;
pub(crate) mod moving;
mod out;
pub(crate) mod owners;
pub(crate) mod packet;
mod people;
pub(crate) mod profile;
mod rooms;
#[cfg(test)]
pub(crate) mod seen;
pub(crate) mod sessions;
mod signal;
#[cfg(test)]
mod sim;
#[cfg(test)]
mod tests;
mod weight;
pub(crate) mod work;

pub use machine::{Router, Settings};
