//! What is kept for users who have no page for it: how long, at whose cost, and what of it goes back to their sites.
//!
//! Owns: [`Keeping`]: the limits, the account of memory and the configured sites, as users see them. Must not: import
//! `user`, or reach a site; what goes back is an effect.

use std::sync::Arc;

use super::mailbox::{Linger, MailboxMessage};
use super::signal_box::SignalBox;
use super::sites::Sites;
use crate::base::admission::Claim;
use crate::base::clock::Tick;
use crate::base::domains::{DomainId, Domains};
use crate::base::limits::Limits;
use crate::base::memory::Memory;
use crate::router::mail::{Returned, Undelivered};
use crate::router::out::Out;
use crate::router::packet::Packet;
use crate::router::sessions::backlog::KeptMessage;

/// See the module.
#[derive(Debug)]
pub(super) struct Keeping {
    limits: Arc<Limits>,
    linger_ms: u64,
    /// What all of this shard holds: queues and mailboxes are a part of it.
    memory: Memory,
    sites: Sites,
}

impl Keeping {
    pub(super) fn new(limits: Arc<Limits>, linger_ms: u64, memory: Memory, domains: Arc<Domains>) -> Keeping {
        let sites = Sites::new(domains, limits.undelivered_bytes);
        Keeping { limits, linger_ms, memory, sites }
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.limits
    }

    pub(super) fn sites(&self) -> &Sites {
        &self.sites
    }

    pub(super) fn replace_sites(&mut self, domains: Arc<Domains>) {
        self.sites.replace(domains);
    }

    /// Whether more may wait for a domain.
    pub(super) fn admits(&self, domain: DomainId) -> bool {
        self.memory.admits(domain)
    }

    /// The end of a linger that begins now.
    pub(super) fn until(&self, now: Tick) -> Tick {
        now.after(self.linger_ms)
    }

    /// The mailbox of a user of this name, with what the last session left.
    pub(super) fn mailbox(
        &self,
        until: Tick,
        domain: DomainId,
        name: &str,
        messages: Vec<KeptMessage>,
    ) -> Linger {
        // No session is left that could hold one of them, so they are a row, whichever way they came.
        let messages = messages.into_iter().map(|kept| KeptMessage { late: false, ..kept });
        // They claim their places before later ones do: they were counted as delivered already.
        let mailbox = messages.map(|kept| {
            let claim = self.claim(domain, name, &kept.packet);
            MailboxMessage { kept, claim }
        });
        Linger::new(until, mailbox.collect(), domain, &self.memory)
    }

    pub(super) fn signal_box(&self, until: Tick, domain: DomainId) -> SignalBox {
        SignalBox::new(until, domain, &self.memory)
    }

    /// Whether the site takes this message back if the user of this name does not fetch it.
    pub(super) fn takes_back(&self, domain: DomainId, name: &str, packet: &Packet) -> bool {
        self.sites.takes_back(domain).is_some() && packet.is_unicast_to(name)
    }

    /// A place for a message on its way back, if the site takes it and there is room.
    pub(super) fn claim(&self, domain: DomainId, name: &str, packet: &Packet) -> Option<Claim> {
        let config = self.sites.takes_back(domain).filter(|_| packet.is_unicast_to(name))?;
        self.sites.claim(config, packet)
    }

    /// Gives messages of a user back to the site, if the user was their only receiver and the site takes them. The
    /// others are lost.
    pub(super) fn give_back(&self, out: &mut Out, domain: DomainId, name: &str, left: Vec<MailboxMessage>) {
        let (mut messages, mut missed, mut others) = (Vec::new(), 0, 0);
        for MailboxMessage { kept: KeptMessage { packet, .. }, claim } in left {
            if !self.takes_back(domain, name, &packet) {
                others += 1;
                continue;
            }
            match claim.or_else(|| self.claim(domain, name, &packet)) {
                Some(claim) => messages.push(Returned { packet, claim }),
                None => missed += 1,
            }
        }
        let counters = out.counters_mut();
        counters.messages_lost_total += others;
        counters.undelivered_total += messages.len() as u64 + missed;
        counters.undelivered_lost_total += missed;
        if let Some(figures) = out.figures(domain) {
            figures.missed(messages.len() as u64 + missed, others + missed);
        }
        if !messages.is_empty() {
            out.give_back(Undelivered { domain, messages });
        }
    }
}

/// What the simulator looks at.
#[cfg(test)]
impl Keeping {
    pub(super) fn memory(&self) -> &Memory {
        &self.memory
    }
}
