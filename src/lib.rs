//! `NextIM` is a web instant-messaging server. Community sites put a chat bar on their pages; this server routes what
//! is said there. The site calls it over REST with its apikey; browsers wait at it in JSONP (or CORS) long polls. One
//! process holds a hundred thousand waiting browsers and more, keeps everything in memory, and writes nothing to disk.
//!
//! ```text
//!   community site ── REST ─┐                        ┌── long polls ── browsers
//!                           ▼                        ▼
//!         ┌──────────── shard 0 (one thread, one event loop) ─────────┐
//!         │ listeners  SO_REUSEPORT, own descriptor table             │
//!         │ conns      HTTP connections, most of them parked          │  shard/: all I/O
//!         │ http, api  bytes ⇄ typed calls                            │  http/, api/: pure
//!         │ router     the users, sessions, rosters and rooms it OWNS │  router/: a value machine
//!         │ timers     a hashed wheel                                 │
//!         └───────▲───────────────────────────────────▲───────────────┘
//!                 │ mail: a bounded channel into each shard, one wake a turn
//!                 ▼                                   ▼
//!            shard 1 …                           shard N-1 …
//! ```
//!
//! A connection lives on the shard that accepted it; the kernel chooses. A user lives on the shard that **owns** him,
//! by a hash of domain and name, and so does a room. A call goes from the accepting shard to the owner of its ticket or
//! name, from there to the owners of what it touches, and back. Nothing is shared and nothing is locked: what one shard
//! wants of another it sends by mail. There is one way for data: bytes → request → call → router → effect → bytes.
//!
//! # A turn
//!
//! Each shard turns: 1 wait for events, 2 read the time once, 3 serve connections, 4 take mail, 5 fire timers, 6 carry
//! out effects, 7 post mail, 8 free the dead and accept newcomers, 9 show counters. [`shard`] says why in this
//! order. Each phase is bounded by a name in [`limits`]. If a turn starts more than a second late, because the process
//! was stopped or the machine slept, the delay is taken out of time ([`clock`]): deadlines move, nobody is expired.
//!
//! # Nothing is lost between polls
//!
//! The owner of a session drains its queue or parks its poll in one step. Packets stay queued until they are
//! acknowledged: by `seq`, or, for front ends that do not send it, by the next poll after the kernel took the answer's
//! last byte. The shard that writes an answer tells the owner its fate; a poll on another connection waits for that
//! word. When a session ends, what it had not acknowledged goes to the user's newest session, or into the mailbox of a
//! user who lingers: a page change is seen by nobody and loses nothing.
//!
//! # Invariants
//!
//! Mostly absences; `tests/architecture.rs` reads the sources and holds them.
//!
//! - Only `shard/` and `server.rs` name mio, socket2 or crossbeam.
//! - `router/`, `http/` and `api/` read no clock, no randomness and no socket.
//! - There is one `Poll::poll` call.
//! - There is no lock but the one of [`server::Handle`], which no shard takes, and no shared atomic but those in
//!   `shard/wake.rs`, [`stats`] and [`admission`].
//! - Nobody trusts a bare index: what outlives a turn carries a generation ([`slots`]) or the number of a request.
//! - A parked connection owns no buffer; a box of unserved input exists only if something was pipelined behind it.
//! - A packet is queued on one shard only, that of its receiver's owner, and encoded once.
//! - Every queue and every loop is bounded by a name in [`limits`].
//! - A descriptor other threads use is made before the first shard gets its own table ([`server`]).
//! - There is no `unsafe`, and a tick never leaves its shard.
//!
//! # Reading order
//!
//! [`limits`] (the numbers), [`clock`], [`slots`], [`domains`]; then [`router`], the chat itself, beginning with
//! [`router::ids`] and [`router::call`]; then [`http`] (bytes to requests) and [`api`] (requests to calls, answers to
//! bytes); then [`shard`], from `mod.rs` (the turn) by `traffic.rs` and `dispatch.rs` down to `timers.rs`; last
//! [`server`] and [`config`]. Dependencies point from the end of this list to its beginning.

pub mod admission;
pub mod api;
pub mod clock;
pub mod config;
pub mod domains;
pub mod http;
pub mod json;
pub mod limits;
pub mod router;
pub mod server;
pub mod shard;
pub mod slots;
pub mod stats;
