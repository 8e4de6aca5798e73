//! Users: what each shows, who is linked with whom, and what becomes of their messages.
//!
//! Owns: the order of its files. Must not: define a type.
//!
//! What users are:
//!
//! - `user`: one user; `extras`: what few users have, and not for long
//! - `keys`: the sets of links and rooms; `spans`: sets of message numbers
//! - `mailbox` and `signal_box`: messages and signals that wait while there is no page for them
//! - `users`: all of them, by slot, name and domain; `sites`: what their domains allow
//! - `keeping`: what is kept for users without a page, and what goes back to the site
//! - `unlinking`: links that are being undone; `met`: links that were made while names move; `tables`: all of these together, and the sessions
//!
//! What is done with them, each file by means of those before it:
//!
//! - `passing`: signals from session to session; `linger`: messages of a user without a session, and back to the site
//! - `handover`: messages from session to session; the end of a session
//! - `afterwards`: acknowledgements of pages whose sessions have ended
//! - `delivery`: a packet to all sessions of a user
//! - `presence`: who is shown that a user comes, changes or goes; `looks`: changes of show, status and nick; `/onlines`
//! - `roster`: links, and `unlink`: `/buddies/remove`
//! - `membership`: the rooms of a user; `lost`: links and rooms that are found again after a node is lost
//! - `online`: a user comes online and goes offline; `moved`: a user goes to another node and comes from one

mod afterwards;
pub(super) mod delivery;
mod extras;
mod handover;
mod keeping;
mod keys;
mod linger;
mod looks;
mod lost;
pub(super) mod mailbox;
mod membership;
mod met;
mod moved;
mod online;
mod passing;
mod presence;
mod roster;
pub(super) mod signal_box;
mod sites;
mod spans;
pub(super) mod tables;
mod unlink;
mod unlinking;
pub(in crate::router) mod user;
mod users;
