//! The test kit: what the tests of this workspace share.
//!
//! Reading order: [`patience`] and [`random`], [`http`] (requests and answers as bytes), [`conn`] and
//! [`events`] and [`socket`] (streams), [`process`] and
//! [`server`] (the built program), [`frozen`] (a thread that stands still), [`inbox`] (a site that takes back what was not
//! delivered), [`load`] (many users), [`paths`] (the table of endpoints), [`documents`], [`proxy`] and [`variables`].
//!
//! Owns: nothing of a test. Must not: import anything of the server but its table of endpoints and its limits; what is
//! tested goes through sockets, the command line and signals.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails, in its helpers too")]

pub mod conn;
pub mod documents;
pub mod events;
pub mod frozen;
pub mod http;
pub mod inbox;
pub mod load;
pub mod paths;
pub mod patience;
pub mod process;
pub mod proxy;
pub mod random;
pub mod server;
pub mod socket;
pub mod variables;
