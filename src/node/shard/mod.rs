//! A shard: one thread, one event loop, all the I/O of its connections.
//!
//! Owns: the list of its parts. Must not: hold code; the turn is in `turn`.
//!
//! A part calls only parts below it, and nothing calls back. Every part keeps its fields to itself.
//!
//! ```text
//! turn ──┬─ entrance ── listener ── burst  accepts newcomers
//!        ├─ watch                          registers connections with epoll
//!        ├─ traffic ─┬─ moving ── passing, follow    connections to other shards and from them
//!        │           ├─ arrival            events to requests; requests that have arrived in part
//!        │           ├─ frames             what clients of sockets send
//!        │           └─ dispatch ─┬─ chat       requests to calls; the router
//!        │                        └─ postponed  calls of domains that have used their share of a turn
//!        ├─ execute ── mailbox ── wake     the router's effects to answers and mail
//!        ▼
//!      reply ─────── io ──┬─ conns ── conn ─┬─ state, socket
//!      (refusals,         ├─ accounts ──────┴─ pending, late, gate
//!       answers)          └─ schedule ── timers
//! ```
//!
//! `io` never calls the router. It notes what became of polls and their answers, and `chat` hands these notes to the
//! router before any other input, so the router gets its inputs in the order of the events.
//!
//! The mailbox and the timers are public for the benchmarks only.

mod accounts;
mod arrival;
mod buffers;
mod burst;
mod chat;
mod conn;
mod conns;
mod dispatch;
mod entrance;
mod entropy;
mod execute;
mod follow;
mod frames;
pub(crate) mod gate;
mod io;
mod late;
pub(crate) mod listener;
pub(crate) mod mailbox;
pub(crate) mod moving;
mod parts;
pub(crate) mod passing;
mod pending;
mod postponed;
mod reply;
mod schedule;
mod socket;
mod state;
pub(crate) mod timers;
mod token;
mod traffic;
mod turn;
mod wake;
mod watch;

pub(crate) use parts::{Opening, Parts, ShardEvent};
pub(crate) use token::WAKER;
pub(crate) use turn::Shard;
