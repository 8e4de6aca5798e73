//! A small community site: log-in, friends, groups, a forum, and a chat bar at the foot of every page.
//!
//! It shows what a site needs to use the `NextIM` message server, and is meant to be read before writing a plugin in
//! another language. The plugin is [`webim`]; the rest is what a community has anyway.
//!
//! ```text
//!   browser ── pages ──▶ pages/ ─┐
//!           ── /webim/* ▶ webim/ ┼─▶ store/ ─▶ SQLite
//!                          │     └─▶ session, passwords, csrf
//!                          └─ server.rs ── REST ─▶ message server ◀── long poll ── browser
//! ```
//!
//! Read [`site`] (how a request becomes a call of a plain function), [`store`], [`session`] and [`http::csrf`]; then [`webim`],
//! beginning with `online.rs` and `messages.rs`.

pub mod arguments;
mod avatar;
pub mod community;
pub mod dates;
pub mod http;
pub mod limits;
pub mod pages;
pub mod passwords;
pub mod seed;
pub mod session;
pub mod site;
pub mod store;
pub mod visit;
pub mod webim;
