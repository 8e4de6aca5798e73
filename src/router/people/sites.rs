//! What the sites of the configured domains allow: how many users may be online, and what goes back to them.
//!
//! Owns: the router's view of the configured domains. Must not: import `users`.

use std::sync::Arc;

use crate::base::admission::Claim;
use crate::base::domains::{Domain, DomainId, Domains};
use crate::base::limits::bridges::UNDELIVERED_EXTRA_BYTES;
use crate::router::call::Refusal;
use crate::router::packet::Packet;

/// See the module.
#[derive(Debug)]
pub(super) struct Sites {
    domains: Arc<Domains>,
    /// How much may be on its way back to one site.
    undelivered_bytes: usize,
}

impl Sites {
    pub(super) fn new(domains: Arc<Domains>, undelivered_bytes: usize) -> Sites {
        Sites { domains, undelivered_bytes }
    }

    pub(super) fn replace(&mut self, domains: Arc<Domains>) {
        self.domains = domains;
    }

    pub(super) fn is_configured(&self, domain: DomainId) -> bool {
        self.domains.get(domain).is_some()
    }

    /// Counts one more user of a domain, if it has a place for one.
    pub(super) fn admit(&self, domain: DomainId) -> Result<(), Refusal> {
        // Another shard knows the domain already, or still: this one is late.
        let config = self.domains.get(domain).ok_or(Refusal::Late)?;
        if config.present.users.admit(config.max_users) { Ok(()) } else { Err(Refusal::TooManyUsers) }
    }

    /// Counts one user less of a domain.
    pub(super) fn release(&self, domain: DomainId) {
        // A removed domain's gauge went with it.
        if let Some(config) = self.domains.get(domain) {
            config.present.users.release();
        }
    }

    /// The domain, if its site takes back what was not delivered.
    pub(super) fn takes_back(&self, domain: DomainId) -> Option<&Domain> {
        self.domains.get(domain).map(|config| &**config).filter(|config| config.undelivered_url.is_some())
    }

    /// A place for a message on its way back, if there is room.
    pub(super) fn claim(&self, config: &Domain, packet: &Packet) -> Option<Claim> {
        let bytes = packet.json().len() + UNDELIVERED_EXTRA_BYTES;
        config.undelivered.claim(bytes, self.undelivered_bytes)
    }
}
