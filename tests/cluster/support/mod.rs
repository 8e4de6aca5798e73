//! What every test needs: brokers, nodes, sites and pages.
//!
//! Owns: the helpers. Must not: know the server's code; everything goes through sockets, files and signals.

mod broker;
mod line;
mod node;
mod page;
mod site;
mod town;
mod traffic;
mod wire;

pub(crate) use broker::Broker;
pub(crate) use line::{Line, is_in_its_own_network};
pub(crate) use node::{Node, Setup};
pub(crate) use page::{Page, Turn};
pub(crate) use site::Site;
pub(crate) use town::{Town, whole};
pub(crate) use traffic::{Sent, Traffic, settle};
pub(crate) use wire::{free_address, within};
