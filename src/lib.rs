//! `NextIM` is a web instant-messaging server. Community sites put a chat bar on their pages; this server routes what
//! is said there. The site calls it over REST with its apikey; browsers wait at it in JSONP (or CORS) long polls. One
//! process holds a hundred thousand waiting browsers and more, keeps everything in memory, and writes nothing to disk.
//!
//! ```text
//!   community site ── REST ─┐                        ┌── long polls ── browsers
//!                           ▼                        ▼
//!         ┌──────────── shard 0 (one thread, one event loop) ─────────┐
//!         │ listeners  SO_REUSEPORT, own descriptor table             │
//!         │ conns      HTTP connections, most of them parked          │  node/: all I/O
//!         │ http, api  bytes ⇄ typed calls                            │  http/, api/: pure
//!         │ router     the users, sessions, rosters and rooms it OWNS │  router/: a value machine
//!         │ timers     a hashed wheel                                 │
//!         └───────▲───────────────────────────────────▲───────────────┘
//!                 │ mail: a bounded channel into each shard, one wake a turn
//!                 ▼                                   ▼
//!            shard 1 …                           shard N-1 …
//!                 │ what a user left unacknowledged when he went offline
//!                 ▼
//!            poster ── POST undelivered_url ──▶ community site       bridges/: threads of its own
//! ```
//!
//! A connection lives on the shard that accepted it; the kernel chooses. A user lives on the shard that **owns** him,
//! by a hash of domain and name, and so does a room. A call goes from the accepting shard to the owner of its ticket or
//! name, from there to the owners of what it touches, and back. Nothing is shared and nothing is locked: what one shard
//! wants of another it sends by mail. There is one way for data: bytes → request → call → router → effect → bytes. Only
//! the browser module, three files in the binary that `build.rs` has compressed, and questions about the server itself
//! (`/`, `/health`) are answered without the router.
//!
//! # A turn
//!
//! Each shard turns: 1 wait for events, 2 read the time once, 3 serve connections, 4 take mail, 5 fire timers, 6 carry
//! out effects, 7 post mail, 8 free the dead and accept newcomers, 9 show counters. [`node::shard`] says why in this
//! order. Each phase is bounded by a name in [`base::limits`]. If a turn starts more than a second late, because the process
//! was stopped or the machine slept, the delay is taken out of time ([`base::clock`]): deadlines move, nobody is expired.
//!
//! # Nothing is lost between polls
//!
//! The owner of a session drains its queue or parks its poll in one step. Packets stay queued until they are
//! acknowledged: by `seq`, or, for front ends that do not send it, by the next poll after the kernel took the answer's
//! last byte. The shard that writes an answer tells the owner its fate; a poll on another connection waits for that
//! word. A session that starts is given, in order, what waits in sessions of its user that have no poll; what an ended
//! session had not acknowledged and no other was given goes to the newest one, or into the mailbox of a user who
//! lingers: a page change is seen by nobody and loses nothing. When the user goes offline, or the server goes down, the
//! unicasts that no session acknowledged go back to the site, if it takes them: over a channel to the poster, which no
//! shard ever waits for. What may be kept for that is a budget of bytes for each domain, claimed before a message
//! counts as delivered ([`base::admission::Budget`]): so the count a sender is told is true while a site is down, and memory
//! is bounded.
//!
//! # What was tried, and what it gave
//!
//! Measured with `loadtest/` on two cores; the README has the figures of now. Bytes are growth of resident memory for
//! each of 15,000 parked users with nine buddies and a room, on one shard, unless it says otherwise.
//!
//! - *From 893 to 739 bytes:* a queue is two words while it is empty, and its usual one packet needs no second block;
//!   deadlines kept for every user are counted in grains of the wheel ([`base::clock::Moment`]); links and rooms are sets of
//!   ten-byte keys; an optional slot is as small as a slot; and the wheel links its entries in one block instead of
//!   growing 2,048 vectors.
//! - *To 682:* sets of keys grow in few steps. One key at a time left 56 bytes a user in holes nobody else could use.
//!   What most users show, `available`, is not stored.
//! - *To 640:* generations lie among other small fields, a callback is one block, the key of a call is packed.
//! - *Alarms at most 25 s ahead* ([`base::limits::turn::ALARM_MS_MAX`]): before, each answered poll and each closed connection left
//!   an alarm behind for up to 105 s, and memory grew by 17 bytes whenever somebody had left and come again.
//! - *Allocators:* the system's. For 100,000 users on six shards it came to 674 bytes, jemalloc to 735, mimalloc 2 to
//!   1,011 and mimalloc 3 to 1,390 (what one shard frees was often allocated by another); CPU did not differ beyond
//!   noise.
//! - *Giving the tables back* when the last user leaves made it worse: freeing a large block teaches glibc to take the
//!   next one from the heap, where growing leaves holes. Tables keep their size; three populations that come and leave
//!   need as much as the first, within 5 %.
//! - *From 26,250 to 23,180 instructions a message:* a form is checked once as a whole and read by a table. Making ids
//!   without `format!` changed nothing. A session that knows its domain saves a poll the look at its user: finding a session
//!   fell from 2.9 to 1.3 % of the samples.
//! - *Aborting on panic* instead of unwinding: 23,156 for 23,178 instructions. So a panic unwinds, is reported by its
//!   shard, and ends the process with an ordinary exit code.
//! - *More shards than cores* cost: with four on two cores, messages came to 28,000 a second instead of 38,000. They
//!   are there for descriptors.
//! - *Shared counters* and reference counts that all shards touch in every request are gone: each is a cache line that
//!   travels between cores.
//! - *Measuring itself* costs 670 of 25,000 instructions a message, or 2.7 % (one connection, a message at a time, so two
//!   turns each; a busy server has more in a turn): a second look at the clock each turn, cells that are written where
//!   they lie, and states that are counted when they change. Polls do not read the time of day any more, which paid for
//!   part of it.
//! - *What is left:* three quarters of a message's CPU is the kernel's two reads and two writes. Of ours, the most is
//!   waiting for memory on the way from a name to its user and his profile.
//!
//! # Who may come in
//!
//! Strangers cost the server nothing that has no bound. A newcomer is judged at the gate of its shard before anything is
//! kept of it: is there a connection left, is memory short, has its address enough already. What all shards count
//! together (an address, the calls of a domain) is a handful of relaxed atomics ([`base::admission`]), touched when a
//! connection comes or goes or somebody without an apikey asks; exempt addresses and domains without a limit touch
//! none. What waits on a shard is summed up by the shard, in plain numbers ([`base::memory`]): a part of the sum lies beside
//! each thing that is held, and leaves the sum when it is dropped. Each part belongs to a domain, to strangers or to
//! nobody. A domain may make wait as much as is free, and strangers hold a quarter at most; so no site and no address
//! uses up what others need. The requests of an address that are late are summed up by each shard, too. After a storm
//! of answers pages are told when to come back, so that the next polls are no storm.
//!
//! # Invariants
//!
//! Mostly absences; `tests/architecture.rs` reads the sources and holds them.
//!
//! - Only `node/` names mio, socket2 or crossbeam. What watches the server ([`ops::admin`], [`ops::logging`], [`ops::service`],
//!   [`ops::top`]) has threads of its own and no way to make a shard wait.
//! - Only `bridges/` calls anybody: it has an HTTP client, and threads that may block, in the descriptor table of the
//!   thread that started the server.
//! - `router/`, `http/` and `api/` read no clock, no randomness and no socket.
//! - There is one `Poll::poll` call.
//! - There is no lock but those of [`node::Handle`] and of the admin listener's `watch`, which no shard takes, and no
//!   shared atomic but those in `node/shard/wake.rs`, [`base::stats`], [`base::admission`] and [`ops::logging`]. A cell of [`base::stats`] is written
//!   by one shard alone, with plain loads and stores.
//! - Nobody trusts a bare index: what outlives a turn carries a generation ([`base::slots`]) or the number of a request.
//! - A parked connection owns no buffer; a box of unserved input exists only if something was pipelined behind it.
//! - A packet is queued on one shard only, that of its receiver's owner, and encoded once.
//! - A file of the browser module is never copied: of what a slow reader has not taken, its connection keeps at most the
//!   head ([`http::asset`]).
//! - Every queue and every loop is bounded by a name in [`base::limits`].
//! - A descriptor other threads use is made before the first shard gets its own table ([`node`]).
//! - There is no `unsafe`, and a tick never leaves its shard.
//!
//! # Reading order
//!
//! [`base::limits`] (the numbers), [`base::clock`], [`base::slots`], [`base::memory`], [`base::admission`], [`base::ranges`], [`base::domains`]; then [`router`],
//! the chat itself, beginning with [`router::ids`] and [`router::call`]; then [`http`] (bytes to requests) and [`api`]
//! (requests to calls, answers to bytes, and the files of `web/dist`); then [`bridges::returns`] (messages back to sites);
//! then [`node::shard`], from `mod.rs` (the turn) by `traffic.rs` and `dispatch.rs` down to `timers.rs`; last [`node`] and
//! [`config`]. Dependencies point from the end of this list to its beginning. Beside all this, above [`base::stats`] and
//! [`base::clock`] only, stand those that watch: [`ops::admin`] (metrics, health, a page), [`ops::top`] (the same in a terminal),
//! [`ops::logging`] and [`ops::service`] (word to systemd).

pub mod api;
pub mod base;
pub mod bridges;
pub mod config;
pub mod http;
pub mod node;
pub mod ops;
pub mod router;
