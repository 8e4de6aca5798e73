//! A gateway between an XMPP server and a `NextIM` message server: members chat from phone and desktop clients.
//!
//! ```text
//!   client ─TLS─ XMPP server ─XEP-0114─ link ─▶ core ─▶ site  ─HTTP─ /webim/xmpp of the site ─REST─ message server
//!                                        ◀──────┘  └──▶ polls ─HTTP─ GET /packets ───────────────────────┘
//! ```
//!
//! For each member who is online by XMPP the gateway holds one session, as a browser does for a page: the site decides
//! everything and stores everything. The gateway keeps nothing that a restart may not lose.
//!
//! [`core`] is a value machine: stanzas, packets, answers of the site and the time go in; stanzas, calls and polls come
//! out. It has no clock, socket or task. [`link`] holds a connection of a component, [`http`] makes calls and polls, and
//! [`run`] passes values between them. Read [`core`] first, then `core/member.rs`.
//!
//! Stanzas wait for nothing but the acknowledgement of packets: after the stanzas of a poll's answer the gateway pings
//! the XMPP server, and only the answer to the ping moves the `seq` of the next poll. So a packet that was acknowledged
//! is one that the XMPP server has.

pub mod config;
pub mod core;
mod depth;
pub mod http;
pub mod limits;
pub mod link;
pub mod names;
pub mod ops;
mod polls;
pub mod run;
pub mod stats;
pub mod xml;
