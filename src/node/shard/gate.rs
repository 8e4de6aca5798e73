//! The gate: which newcomers become connections, and which requests are within the rate of their client.
//!
//! Owns: the order in which newcomers are judged, and what a connection keeps of its origin. Must not: do I/O, or keep
//! counts of addresses; all shards count together, in `admission`.
//!
//! Exempt addresses have no limits. A trusted proxy may have any number of connections, because they serve many
//! clients; the `X-Forwarded-For` header of its requests names the client whose rate counts.

use std::net::IpAddr;
use std::sync::Arc;

use crate::base::admission::{Addresses, Cells};
use crate::base::limits::admission::RESUME_PERCENT;
use crate::base::memory::Owner;
use crate::base::ranges::{AddressRange, contain};
use crate::http::forwarded;

/// The rules for addresses, the same on all shards.
#[derive(Clone, Debug)]
pub(crate) struct GateRules {
    /// The counts of all shards together.
    pub(crate) addresses: Arc<Addresses>,
    /// Addresses without limits.
    pub(crate) exempt: Arc<[AddressRange]>,
    /// Proxies whose `X-Forwarded-For` header names the client.
    pub(crate) trusted_proxies: Arc<[AddressRange]>,
}

/// The origin of a connection: six bytes of each that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Visitor {
    /// An address without limits.
    Exempt,
    /// An address with limits; the connection is counted in these cells.
    Counted(Cells),
    /// A trusted proxy. The cells are for requests in which it names no client; `None`: they have no limits.
    Proxy(Option<Cells>),
}

impl Visitor {
    /// The account of what waits for this connection and belongs to no domain. Exempt addresses are trusted: while
    /// there is free memory, their share of it shuts nobody out.
    pub(crate) fn owner(self) -> Owner {
        match self {
            Visitor::Exempt => Owner::Nobody,
            Visitor::Counted(_) | Visitor::Proxy(_) => Owner::Strangers,
        }
    }
}

/// The reason why a newcomer is turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EntryRefusal {
    /// The shard has as many connections as it may have.
    Full,
    /// Too much of the memory waits for others, and the newcomer has not named a domain.
    Overloaded,
    /// The address has as many connections as it may have.
    Crowded,
}

/// The gate of one shard.
#[derive(Debug)]
pub(crate) struct Gate {
    rules: GateRules,
    /// Connections this shard may hold.
    capacity: usize,
    /// Newcomers are turned away until there is room again.
    full: bool,
}

impl Gate {
    pub(crate) fn new(rules: GateRules, capacity: usize) -> Gate {
        Gate { rules, capacity, full: false }
    }

    /// Judges a newcomer, while the shard has `connections`; `overloaded`: its memory is for connections it has. A
    /// visitor that enters must [`Gate::leave`].
    pub(crate) fn enter(
        &mut self,
        from: IpAddr,
        connections: usize,
        overloaded: bool,
    ) -> Result<Visitor, EntryRefusal> {
        if connections >= self.capacity {
            self.full = true;
        } else if connections * 100 < self.capacity * RESUME_PERCENT {
            self.full = false;
        }
        if self.full {
            return Err(EntryRefusal::Full);
        }
        let visitor = self.visitor(from);
        match visitor {
            Visitor::Proxy(_) | Visitor::Counted(_) if overloaded => Err(EntryRefusal::Overloaded),
            Visitor::Counted(cells) if !self.rules.addresses.enter(cells) => Err(EntryRefusal::Crowded),
            Visitor::Exempt | Visitor::Proxy(_) | Visitor::Counted(_) => Ok(visitor),
        }
    }

    /// The connections that the shard has room for, while it has this many.
    pub(crate) fn room(&self, connections: usize) -> usize {
        self.capacity.saturating_sub(connections)
    }

    fn visitor(&self, from: IpAddr) -> Visitor {
        let cells = self.cells(from);
        if contain(&self.rules.trusted_proxies, from) {
            return Visitor::Proxy(cells);
        }
        cells.map_or(Visitor::Exempt, Visitor::Counted)
    }

    /// The cells of an address, unless it is exempt.
    fn cells(&self, address: IpAddr) -> Option<Cells> {
        (!contain(&self.rules.exempt, address)).then(|| self.rules.addresses.cells(address))
    }

    /// Uncounts the connection of a visitor, which is closed.
    pub(crate) fn leave(&self, visitor: Visitor) {
        match visitor {
            Visitor::Counted(cells) => self.rules.addresses.leave(cells),
            Visitor::Exempt | Visitor::Proxy(_) => {}
        }
    }

    /// The cells of the client of a request; `None` if it is exempt. `forwarded` are the values of `X-Forwarded-For`;
    /// they are read only if the visitor is a trusted proxy.
    pub(crate) fn client<'b, L: Iterator<Item = &'b [u8]>>(
        &self,
        visitor: Visitor,
        forwarded: impl FnOnce() -> L,
    ) -> Option<Cells> {
        match visitor {
            Visitor::Exempt => None,
            Visitor::Counted(cells) => Some(cells),
            Visitor::Proxy(own) => {
                let trusted = |address| contain(&self.rules.trusted_proxies, address);
                forwarded::client(forwarded(), trusted).map_or(own, |client| self.cells(client))
            }
        }
    }

    /// Counts a request for its client. Returns whether the client's rate allows it.
    pub(crate) fn admits_request<'b, L: Iterator<Item = &'b [u8]>>(
        &self,
        visitor: Visitor,
        forwarded: impl FnOnce() -> L,
        now_ms: u64,
    ) -> bool {
        let cells = self.client(visitor, forwarded);
        cells.is_none_or(|cells| self.rules.addresses.ask(cells, now_ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::limits::Limits;

    /// A gate for two connections of an address, and ten requests at once.
    fn gate(capacity: usize) -> Gate {
        let limits =
            Limits { connections_per_address: 2, requests_per_second_per_address: 1, ..Limits::DEFAULT };
        let ranges = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect();
        let addresses = Arc::new(Addresses::new(&limits, [1, 2, 3, 4]));
        let rules = GateRules {
            addresses,
            exempt: ranges(&["10.0.0.0/8", "::1"]),
            trusted_proxies: ranges(&["10.0.0.1", "172.16.0.1"]),
        };
        Gate::new(rules, capacity)
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_full_shard_takes_newcomers_again_when_it_is_noticeably_less_full() {
        let mut gate = gate(10);
        let mut full =
            |connections| gate.enter(address("10.9.9.9"), connections, false) == Err(EntryRefusal::Full);
        let found = [0, 9, 10, 9, 10, 8, 9, 10].map(&mut full);
        assert_eq!(found, [false, false, true, true, true, false, false, true]);
    }

    #[test]
    fn an_address_has_two_connections_but_for_the_exempt_and_for_proxies() {
        let mut gate = gate(1_000);
        let mut enter = |text| gate.enter(address(text), 0, false);
        let visitor = enter("192.0.2.1").unwrap();
        assert!(enter("192.0.2.1").is_ok());
        assert_eq!(enter("192.0.2.1"), Err(EntryRefusal::Crowded));
        assert!(enter("192.0.2.2").is_ok());
        for _ in 0..10 {
            assert_eq!(enter("10.0.0.2"), Ok(Visitor::Exempt));
            assert_eq!(enter("10.0.0.1"), Ok(Visitor::Proxy(None)));
            assert!(matches!(enter("172.16.0.1"), Ok(Visitor::Proxy(Some(_)))));
        }
        gate.leave(visitor);
        assert_eq!(gate.enter(address("192.0.2.1"), 0, false), Ok(visitor));
    }

    #[test]
    fn only_exempt_addresses_enter_when_memory_is_short() {
        let mut gate = gate(10);
        assert!(gate.enter(address("10.9.9.9"), 0, true).is_ok());
        for from in ["192.0.2.1", "192.0.2.1", "192.0.2.1", "172.16.0.1", "10.0.0.1"] {
            assert_eq!(gate.enter(address(from), 0, true), Err(EntryRefusal::Overloaded), "{from}");
        }
        assert!(gate.enter(address("192.0.2.1"), 0, false).is_ok(), "a refusal is not counted");
    }

    #[test]
    fn requests_count_for_their_client() {
        let mut gate = gate(10);
        let mut check = |from: &str, forwarded: &[&str], admitted: usize| {
            let visitor = gate.enter(address(from), 0, false).unwrap();
            let lines = || forwarded.iter().map(|line| line.as_bytes());
            let count = (0..20).filter(|_| gate.admits_request(visitor, lines, 0)).count();
            assert_eq!(count, admitted, "{from} {forwarded:?}");
        };
        check("192.0.2.1", &[], 10);
        check("192.0.2.1", &["192.0.2.9"], 0);
        check("192.0.2.9", &[], 10);
        check("10.9.9.9", &["192.0.2.2"], 20);
        check("172.16.0.1", &["192.0.2.2"], 10);
        check("10.0.0.1", &["192.0.2.2, 172.16.0.1"], 0);
        check("10.0.0.1", &["192.0.2.3"], 10);
        check("172.16.0.1", &["10.0.0.5"], 20);
        check("10.0.0.1", &["unknown"], 20);
        check("172.16.0.1", &["unknown"], 10);
        check("172.16.0.1", &[], 0);
        check("172.16.0.1", &["192.0.2.4"], 10);
    }

    #[test]
    fn a_visitor_is_small() {
        assert!(size_of::<Visitor>() <= 6, "{}", size_of::<Visitor>());
    }
}
