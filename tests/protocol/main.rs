//! The wire contract of the message server, sentence by sentence, over real sockets.
//!
//! Every test starts from what a site or a browser may know: addresses, keys, tickets and the contract. It runs
//! against the built command with 1 and 7 shards, whose pages poll, and with 2 shards three times: with pages that poll
//! by scripts (JSONP), that stream, and that have a socket. `NEXTIM_TEST_SHARDS=7` restricts it to this number of shards,
//! with these three. What is about polls alone says so (`by_polls`), and what is about streams alone is in `streams` and
//! `streams_end`.
//!
//! | contract | module |
//! |---|---|
//! | §1 HTTP: keep-alive, pipelining, 1.0, close, chunked, Expect, absolute-form, HEAD | `http` |
//! | §1 HTTP: what is no HTTP, or two requests in one; CR and LF alone; Host | `smuggling` |
//! | §1 idle connections; 408, 413, 431; connection cap (503) | `slow_and_large` |
//! | §1 Parameters, body types; sizes of texts (400) | `params` |
//! | §1 Versions | `versions` |
//! | version 5, the clients of 2013 to 2016 | `v5` |
//! | §1 Lists and names; X-NextIM-Skipped | `lists` |
//! | §1 Authentication; tickets where they are optional | `auth` |
//! | §1 Answers: 404, 405, 415 | `http`, `params` |
//! | §1 Limits of lists, links, rooms, sessions; the domain's users (429) | `limits` |
//! | §2 online; tickets | `online` |
//! | §2 online: expires; §3 stopped: renew | `expires` |
//! | §2 offline | `offline` |
//! | §2 show | `show` |
//! | §2 statuses | `statuses` |
//! | §2 messages, pushes, X-NextIM-Delivered; §4 Messages | `messages` |
//! | §4 Invisible: X-NextIM-Visible | `visible` |
//! | §4 Extras of a message: meta | `meta` |
//! | §4 Extras of a message: signals | `signals`, `signals_passed` |
//! | §2 onlines | `onlines` |
//! | §2 room/members, join, leave; §4 Rooms | `rooms` |
//! | §2 buddies/remove | `buddies` |
//! | §3 shapes of answers and packets, JSONP, escapes, headers, CORS | `packets` |
//! | §3 One poll a session, Acknowledgement, stopped | `polls` |
//! | §3 streams, their acknowledgement and their end | `streams`, `streams_end` |
//! | §3 sockets, the same | `sockets`, `sockets_end` |
//! | §4 Sessions and users: deadlines, a stopped process | `sessions` |
//! | §4 Sessions and users: hand-over, linger, page change | `page_change` |
//! | §4 Presence | `presence` |
//! | §4 Invisible | `invisible` |
//! | §4 Order | `order` |
//! | §4 Domains | `domains` |
//! | §4 Overload | `overload` |
//! | §4 Undelivered; what a lingering user counts | `undelivered` |
//! | §4 Reload; `shutdown` | `reload_and_drain` |
//! | §4 Privacy | `privacy` |
//! | §1 For proxies and people: `/health`, `/`, OPTIONS | `notices` |
//! | `/webim.js` and what belongs to it: encodings, validators, slow readers | `assets` |
//! | connections that move to the shard of their user | `moves` |
//! | one shard stands still: what is left out, refused or late, and who is told | `standstill` |
//! | system calls and descriptors | `machine` |
//! | §1 429 and 503 of addresses, rates and memory | `tests/admission/`, which reads the counters, too |
//! | what hostile clients found | `hostile` |
//! | §3 and §4 together: nothing lost, doubled or out of order | `nothing_lost` |
//!
//! Some sentences cannot be provoked from outside, or only by measuring time, and are left to the tests of the
//! router: the constant time of the key comparison, the spread of the hold times, and the bound of one replaced poll a
//! second.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]
#![allow(clippy::print_stderr, reason = "a failing test says on which server it failed")]

mod support;

mod afterwards;
mod assets;
mod auth;
mod buddies;
mod domains;
mod expires;
mod hostile;
mod http;
mod invisible;
mod limits;
mod lists;
mod machine;
mod messages;
mod meta;
mod moves;
mod nothing_lost;
mod notices;
mod offline;
mod online;
mod onlines;
mod order;
mod overload;
mod packets;
mod page_change;
mod params;
mod polls;
mod presence;
mod privacy;
mod reload_and_drain;
mod rooms;
mod sessions;
mod show;
mod signals;
mod signals_passed;
mod slow_and_large;
mod smuggling;
mod sockets;
mod sockets_end;
mod standstill;
mod statuses;
mod streams;
mod streams_end;
mod undelivered;
mod v5;
mod versions;
mod visible;
