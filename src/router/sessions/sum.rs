//! Sums of packets, which limits are compared with.
//!
//! Owns: [`PacketSum`]. Must not: keep a packet.

use crate::base::limits::Limits;
use crate::router::packet::Packet;

/// A number of packets that wait, in a queue or anywhere else, and their bytes. Limits are far below what 32 bits hold:
/// see `Limits::MAX`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::router) struct PacketSum {
    packets: u32,
    bytes: u32,
}

impl PacketSum {
    pub(in crate::router) fn add(&mut self, packet: &Packet) {
        self.packets += 1;
        self.bytes += bytes(packet);
    }

    pub(in crate::router) fn subtract(&mut self, packet: &Packet) {
        self.packets -= 1;
        self.bytes -= bytes(packet);
    }

    /// The sum of both.
    pub(in crate::router) fn with(self, other: PacketSum) -> PacketSum {
        PacketSum { packets: self.packets + other.packets, bytes: self.bytes + other.bytes }
    }

    /// Whether it is within the limits of a queue.
    pub(in crate::router) fn is_within(self, limits: &Limits) -> bool {
        self.packets as usize <= limits.queue_messages && self.bytes as usize <= limits.queue_bytes
    }

    /// Whether there is room for one more. One always fits.
    pub(in crate::router) fn has_room(self, packet: &Packet, limits: &Limits) -> bool {
        let sum = self.bytes as usize + bytes(packet) as usize;
        (self.packets as usize) < limits.queue_messages && (self.packets == 0 || sum <= limits.queue_bytes)
    }
}

/// What a packet counts.
fn bytes(packet: &Packet) -> u32 {
    u32::try_from(packet.json().len()).expect("a packet is smaller than the request it came in, six times")
}
