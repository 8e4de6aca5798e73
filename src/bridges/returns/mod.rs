//! Undelivered messages, on their way back to their sites.
//!
//! Owns: the thread that posts them, and [`Returns`], by which shards hand them in. Must not: make anybody wait. Handing
//! in is putting into a channel without descriptors; how much can be in it and behind it is bounded by the claims that
//! come with the messages ([`Budget`](crate::base::admission::Budget)), not by their number.
//!
//! This is the one place of the server that calls others and blocks while it does. It has threads of its own, which share
//! the descriptor table of the thread that started the server: no shard knows their sockets. One thread holds the
//! messages and decides (`poster`, with a `site` for each domain); for each request there is another one that waits for
//! its answer (`client`), so that a site that hangs does not stop the others.

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
pub struct Returns(Sender<PosterOrder>);

impl Returns {
    /// Starts the thread that posts. A message waits for its site for `patience_ms` at most.
    pub fn start(
        domains: Arc<Domains>,
        patience_ms: u64,
        stats: Stats,
    ) -> io::Result<(Returns, JoinHandle<()>)> {
        let (sender, orders) = channel();
        let returns = Returns(sender.clone());
        let thread = thread::Builder::new().name("undelivered".to_owned());
        // Made over there: its clock starts with it.
        let thread = thread.spawn(move || Poster::new(orders, sender, domains, patience_ms, stats).run())?;
        Ok((returns, thread))
    }

    /// Hands in messages of a domain.
    pub fn post(&self, domain: DomainId, messages: Vec<Returned>) {
        self.order(PosterOrder::Post { domain, messages });
    }

    /// From now on these domains hold.
    pub fn reload(&self, domains: Arc<Domains>) {
        self.order(PosterOrder::Domains(domains));
    }

    /// Ends the thread when it has posted what there is, or after so long.
    pub fn finish(&self, within_ms: u64) {
        self.order(PosterOrder::Finish(within_ms));
    }

    fn order(&self, order: PosterOrder) {
        if self.0.send(order).is_err() {
            log::error!("undelivered messages are not posted: the thread for it has ended");
        }
    }
}
