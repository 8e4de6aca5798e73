//! The gate: who of those who knock is let in, and who may ask.
//!
//! Owns: the order in which newcomers are judged, and what is remembered of where a connection comes from. Must not: do
//! I/O, or count anything by itself: what all shards count together is in `admission`.
//!
//! Addresses that are exempt have no limits. A trusted proxy may have any number of connections, for they are
//! everybody's; its requests are judged by the address it says it asks for.

use std::net::IpAddr;
use std::sync::Arc;

use crate::base::admission::{Addresses, Cells};
use crate::base::limits::admission::RESUME_PERCENT;
use crate::base::memory::Owner;
use crate::base::ranges::{Range, contain};
use crate::http::forwarded;

/// Which limits there are for addresses, and for whom; one for all shards.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    /// What all shards count together.
    pub(crate) addresses: Arc<Addresses>,
    /// For whom no limit holds.
    pub(crate) exempt: Arc<[Range]>,
    /// Who is believed whom he asks for.
    pub(crate) trusted_proxies: Arc<[Range]>,
}

/// Where a connection comes from, as far as it matters later. Six bytes of a connection that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Visitor {
    /// From an address without limits.
    Exempt,
    /// From an address that has limits; the connection is counted there.
    Counted(Cells),
    /// From a trusted proxy, which has limits of its own or none where it does not say whom it asks for.
    Proxy(Option<Cells>),
}

impl Visitor {
    /// Whose it is what waits for such a connection, as long as it is no domain's. Those without limits are trusted: what
    /// they leave closes the door to nobody, as long as there is something free.
    pub(crate) fn owner(self) -> Owner {
        match self {
            Visitor::Exempt => Owner::Nobody,
            Visitor::Counted(_) | Visitor::Proxy(_) => Owner::Strangers,
        }
    }
}

/// Why a newcomer is turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Closed {
    /// The shard has all the connections it may have.
    Full,
    /// Too much waits for others already, and it is not known who he is.
    Overloaded,
    /// His address has all the connections it may have.
    Crowded,
}

/// The gate of one shard.
#[derive(Debug)]
pub(crate) struct Gate {
    rules: Rules,
    /// Connections this shard may hold.
    capacity: usize,
    /// Newcomers are turned away until there is room again.
    full: bool,
}

impl Gate {
    pub(crate) fn new(rules: Rules, capacity: usize) -> Gate {
        Gate { rules, capacity, full: false }
    }

    /// Judges a newcomer, while the shard has `connections`; `overloaded`: its memory is for those who are inside.
    /// Whoever is let in must [`Gate::leave`].
    pub(crate) fn enter(
        &mut self,
        from: IpAddr,
        connections: usize,
        overloaded: bool,
    ) -> Result<Visitor, Closed> {
        if connections >= self.capacity {
            self.full = true;
        } else if connections * 100 < self.capacity * RESUME_PERCENT {
            self.full = false;
        }
        if self.full {
            return Err(Closed::Full);
        }
        let visitor = self.visitor(from);
        match visitor {
            Visitor::Proxy(_) | Visitor::Counted(_) if overloaded => Err(Closed::Overloaded),
            Visitor::Counted(cells) if !self.rules.addresses.enter(cells) => Err(Closed::Crowded),
            Visitor::Exempt | Visitor::Proxy(_) | Visitor::Counted(_) => Ok(visitor),
        }
    }

    fn visitor(&self, from: IpAddr) -> Visitor {
        let cells = self.cells(from);
        if contain(&self.rules.trusted_proxies, from) {
            return Visitor::Proxy(cells);
        }
        cells.map_or(Visitor::Exempt, Visitor::Counted)
    }

    /// Where an address is counted, unless it is exempt.
    fn cells(&self, address: IpAddr) -> Option<Cells> {
        (!contain(&self.rules.exempt, address)).then(|| self.rules.addresses.cells(address))
    }

    /// A connection is closed.
    pub(crate) fn leave(&self, visitor: Visitor) {
        match visitor {
            Visitor::Counted(cells) => self.rules.addresses.leave(cells),
            Visitor::Exempt | Visitor::Proxy(_) => {}
        }
    }

    /// Where the address a request is of is counted; `None` if it is exempt. `forwarded` are the lines in which a proxy
    /// says whom it asks for; they are read only if it is trusted.
    pub(crate) fn asker<'b, L: Iterator<Item = &'b [u8]>>(
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

    /// Counts a request, unless whoever asks asks too often.
    pub(crate) fn ask<'b, L: Iterator<Item = &'b [u8]>>(
        &self,
        visitor: Visitor,
        forwarded: impl FnOnce() -> L,
        now_ms: u64,
    ) -> bool {
        let cells = self.asker(visitor, forwarded);
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
        let rules = Rules {
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
        let mut full = |connections| gate.enter(address("10.9.9.9"), connections, false) == Err(Closed::Full);
        let found = [0, 9, 10, 9, 10, 8, 9, 10].map(&mut full);
        assert_eq!(found, [false, false, true, true, true, false, false, true]);
    }

    #[test]
    fn an_address_has_two_connections_but_for_the_exempt_and_for_proxies() {
        let mut gate = gate(1_000);
        let mut enter = |text| gate.enter(address(text), 0, false);
        let visitor = enter("192.0.2.1").unwrap();
        assert!(enter("192.0.2.1").is_ok());
        assert_eq!(enter("192.0.2.1"), Err(Closed::Crowded));
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
    fn only_the_exempt_are_let_in_when_memory_is_short() {
        let mut gate = gate(10);
        assert!(gate.enter(address("10.9.9.9"), 0, true).is_ok());
        for from in ["192.0.2.1", "192.0.2.1", "192.0.2.1", "172.16.0.1", "10.0.0.1"] {
            assert_eq!(gate.enter(address(from), 0, true), Err(Closed::Overloaded), "{from}");
        }
        assert!(gate.enter(address("192.0.2.1"), 0, false).is_ok(), "who was turned away is not counted");
    }

    #[test]
    fn requests_are_judged_by_who_asks() {
        let mut gate = gate(10);
        let mut check = |from: &str, forwarded: &[&str], admitted: usize| {
            let visitor = gate.enter(address(from), 0, false).unwrap();
            let lines = || forwarded.iter().map(|line| line.as_bytes());
            let count = (0..20).filter(|_| gate.ask(visitor, lines, 0)).count();
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
    fn what_is_remembered_of_a_visitor_is_small() {
        assert!(size_of::<Visitor>() <= 6, "{}", size_of::<Visitor>());
    }
}
