//! A small community site: log-in, friends, groups, a forum, and a chat bar at the foot of every page.
//!
//! It shows all that a site needs to use the `NextIM` message server, and is meant to be read before writing a plugin
//! in another language. The plugin is [`webim`]; the rest is an ordinary community.
//!
//! ```text
//!   browser ── pages ──▶ pages/ ────────────┬─▶ store/ ─▶ SQLite
//!           ── /webim/* ▶ webim/ ── plug.rs ─┘
//!                          └─ server.rs ── REST ─▶ message server ◀── long poll ── browser
//! ```
//!
//! `webim` imports nothing of the site: `webim/host.rs` is the interface it needs, and `plug.rs` implements that for
//! this site. Each module imports only modules before it in this list:
//!
//! `http`, `dates`, `limits`, `names`, `buckets`, `secret`; `webim`; `store`, `passwords`; `site`; `session`, `seed`;
//! `visit`, `handler`; `plug`, `avatar`, `pages`; `community`.

pub mod arguments;
mod avatar;
pub mod buckets;
pub mod community;
mod dates;
mod handler;
pub mod http;
pub mod limits;
mod names;
mod pages;
pub mod passwords;
mod plug;
pub mod secret;
pub mod seed;
mod session;
pub mod site;
pub mod store;
mod visit;
pub mod webim;
