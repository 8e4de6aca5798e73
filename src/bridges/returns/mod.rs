//! Undelivered messages, on their way back to their sites.
//!
//! Owns: the thread that posts them, and [`Returns`], the way from the shards to it. Must not: block a shard. The way is a
//! channel without descriptors. Its content is bounded by the claims that come with the messages
//! ([`Budget`](crate::base::admission::Budget)), not by their number.
//!
//! Only here does the server call other servers and block meanwhile. The threads share the descriptor table of the thread
//! that started the server, so no shard sees their sockets. One thread holds the messages and decides (`poster`, with a
//! `site` for each domain); each request has a thread that waits for its answer (`client`), so a site that hangs does not
//! stop the others.

mod client;
mod order;
mod poster;
mod site;

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread::{self, JoinHandle};

use crate::base::domains::{DomainId, Domains};
use crate::base::stats::Stats;
use crate::router::mail::Returned;
use order::PosterOrder;
use poster::Poster;

/// The way back to the sites.
#[derive(Clone, Debug)]
pub(crate) struct Returns(Sender<PosterOrder>);

impl Returns {
    /// Starts the thread that posts. A message waits for its site `patience_ms` at most.
    pub(crate) fn start(
        domains: Arc<Domains>,
        patience_ms: u64,
        stats: Stats,
    ) -> io::Result<(Returns, JoinHandle<()>)> {
        let (sender, orders) = channel();
        let returns = Returns(sender.clone());
        let thread = thread::Builder::new().name("undelivered".to_owned());
        // The poster is made on its thread: its clock starts with it.
        let thread = thread.spawn(move || Poster::new(orders, sender, domains, patience_ms, stats).run())?;
        Ok((returns, thread))
    }

    /// Posts messages to the site of a domain.
    pub(crate) fn post(&self, domain: DomainId, messages: Vec<Returned>) {
        self.order(PosterOrder::Post { domain, messages });
    }

    /// Replaces the domains.
    pub(crate) fn reload(&self, domains: Arc<Domains>) {
        self.order(PosterOrder::Domains(domains));
    }

    /// Ends the thread when it has posted all messages, or after this time.
    pub(crate) fn finish(&self, within_ms: u64) {
        self.order(PosterOrder::Finish(within_ms));
    }

    fn order(&self, order: PosterOrder) {
        if self.0.send(order).is_err() {
            log::error!("undelivered messages are lost: the thread that posts them has ended");
        }
    }
}
