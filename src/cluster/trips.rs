//! Round trips: how long words take to another node and back.
//!
//! Owns: what was measured. Must not: read a clock; all times are given to it.
//!
//! Each heartbeat has a stamp, and returns the last stamp of every other node with the time for which it was held. So the
//! clocks of nodes need not agree. A round trip includes what both ends did between two turns.

use std::collections::BTreeMap;

use super::wire::beat::{Beat, Echo};

/// A stamp that took longer than this was held by a process that stood still, in microseconds.
const TRIP_US_MAX: u64 = 60_000_000;

/// By the epochs of nodes.
#[derive(Debug, Default)]
pub(crate) struct Trips(BTreeMap<u32, Trip>);

#[derive(Debug, Default)]
struct Trip {
    /// The last stamp of the node, and when it came.
    stamp: Option<(u64, u64)>,
    /// A mean of the last round trips, in microseconds.
    mean_us: Option<u64>,
}

impl Trips {
    /// Takes the heartbeat of a node, which may return a stamp of the process of `own_epoch`.
    pub(crate) fn hear(&mut self, beat: &Beat, own_epoch: u32, now_us: u64) {
        let trip = self.0.entry(beat.epoch).or_default();
        trip.stamp = Some((beat.stamp_us, now_us));
        // A node hears itself, too: by the broker and back.
        let own = Echo { epoch: own_epoch, stamp_us: beat.stamp_us, held_us: 0 };
        let echo = if beat.epoch == own_epoch {
            Some(&own)
        } else {
            beat.echoes.iter().find(|echo| echo.epoch == own_epoch)
        };
        if let Some(Echo { stamp_us, held_us, .. }) = echo
            && let Some(took_us) = now_us.checked_sub(stamp_us.saturating_add(*held_us))
            && took_us <= TRIP_US_MAX
        {
            trip.mean_us = Some(trip.mean_us.map_or(took_us, |mean| (7 * mean + took_us) / 8));
        }
    }

    /// What the next heartbeat returns to the others.
    pub(crate) fn echoes(&self, own_epoch: u32, now_us: u64) -> Vec<Echo> {
        let others = self.0.iter().filter(|(epoch, _)| **epoch != own_epoch);
        let echo = |(epoch, trip): (&u32, &Trip)| {
            let (stamp_us, came_us) = trip.stamp?;
            Some(Echo { epoch: *epoch, stamp_us, held_us: now_us.saturating_sub(came_us) })
        };
        others.filter_map(echo).collect()
    }

    /// How long words take to a process and back, in microseconds.
    pub(crate) fn mean_us(&self, epoch: u32) -> Option<u64> {
        self.0.get(&epoch)?.mean_us
    }

    /// A process is gone.
    pub(crate) fn forget(&mut self, epoch: u32) {
        self.0.remove(&epoch);
    }
}
