//! The figures of one domain: what its site and its users have done, for those who look at one site or bill it.
//!
//! Owns: the cells, one set for each shard. Must not: share a set between writers, or have a list of domains; a domain
//! has its figures, and they end with it. So the figures of all domains are counted, however many there are, while the
//! [boards](super::stats) name a bounded number of domains.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use super::cell::add;

macro_rules! figures {
    ($($(#[doc = $doc:literal])+ $name:ident,)+) => {
        /// What was counted on one shard. Aligned, so that two shards never share a cache line.
        #[derive(Debug, Default)]
        #[repr(align(64))]
        pub(crate) struct FigureCells {
            $($name: AtomicU64,)+
        }

        /// The sum over all shards.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub(crate) struct DomainFigures {
            $($(#[doc = $doc])+ pub(crate) $name: u64,)+
        }

        impl Figures {
            /// The sum over all shards.
            pub(crate) fn read(&self) -> DomainFigures {
                let mut sum = DomainFigures::default();
                for cells in self.cells.get().into_iter().flatten() {
                    $(sum.$name += cells.$name.load(Ordering::Relaxed);)+
                }
                sum
            }
        }
    };
}

figures! {
    /// Calls of its site.
    calls,
    /// Messages accepted from its senders.
    messages,
    /// Messages queued to sessions of its receivers.
    delivered,
    /// Messages to one user that had not acknowledged them before going offline, for a site that takes them back.
    undelivered,
    /// Messages that nobody received and nobody takes back.
    lost,
    /// Bytes of all packets queued to its sessions.
    queued_bytes,
    /// Bytes that wait for it now.
    waiting_bytes,
    /// Calls, packets and answers refused because of what waited for it.
    refused,
}

/// The figures of one domain, on all shards.
#[derive(Debug)]
pub(crate) struct Figures {
    shards: usize,
    /// Made when something happens: most of many sites are quiet, and cost nothing.
    cells: OnceLock<Box<[FigureCells]>>,
}

impl Figures {
    /// Figures for this many shards, all zero.
    pub(crate) fn new(shards: usize) -> Figures {
        Figures { shards: shards.max(1), cells: OnceLock::new() }
    }

    /// The number of shards.
    #[cfg(test)]
    pub(crate) fn shards(&self) -> usize {
        self.shards
    }

    /// The cells of one shard, for that shard alone. Shards beyond the number have those of the last one, for tests
    /// on one thread.
    pub(crate) fn of(&self, shard: usize) -> &FigureCells {
        let cells = self.cells.get_or_init(|| (0..self.shards).map(|_| FigureCells::default()).collect());
        &cells[shard.min(self.shards - 1)]
    }
}

impl FigureCells {
    /// Counts a call of the site.
    pub(crate) fn called(&self) {
        add(&self.calls, 1);
    }

    /// Counts a message from a sender.
    pub(crate) fn accepted(&self) {
        add(&self.messages, 1);
    }

    /// Counts messages queued to sessions.
    pub(crate) fn delivered(&self, messages: u64) {
        add(&self.delivered, messages);
    }

    /// Counts messages that go back to the site, and messages that are lost.
    pub(crate) fn missed(&self, undelivered: u64, lost: u64) {
        add(&self.undelivered, undelivered);
        add(&self.lost, lost);
    }

    /// Counts the bytes of a packet that was queued to a session.
    pub(crate) fn queued(&self, bytes: u64) {
        add(&self.queued_bytes, bytes);
    }

    /// Counts `now` bytes that wait in place of the `before` that were counted, and refusals because of them.
    pub(crate) fn waits(&self, before: u64, now: u64, refused: u64) {
        let cell = &self.waiting_bytes;
        cell.store(cell.load(Ordering::Relaxed) - before + now, Ordering::Relaxed);
        add(&self.refused, refused);
    }
}

const _: () = assert!(size_of::<FigureCells>() == 64, "a cache line for each shard and domain");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_the_sum_of_all_shards() {
        let figures = Figures::new(2);
        assert_eq!((figures.read(), figures.cells.get().is_none()), (DomainFigures::default(), true));
        for shard in 0..2 {
            let cells = figures.of(shard);
            cells.called();
            cells.accepted();
            cells.delivered(3);
            cells.missed(1, 2);
            cells.queued(100);
            cells.waits(0, 50, 1);
            cells.waits(50, 20, 0);
        }
        let expected = DomainFigures {
            calls: 2,
            messages: 2,
            delivered: 6,
            undelivered: 2,
            lost: 4,
            queued_bytes: 200,
            waiting_bytes: 40,
            refused: 2,
        };
        assert_eq!((figures.read(), figures.shards()), (expected, 2));
        assert_eq!(Figures::new(0).shards(), 1);
    }
}
