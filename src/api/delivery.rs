//! Deliveries: the object that a poll is answered with, and that is the data of an event.
//!
//! Owns: its members. Must not: write what stands around it; `answer` and `stream` do. It is the most frequent answer, and
//! strings together packets that were encoded before.

use super::parts::list;
use crate::base::digits;
use crate::router::call::Delivery;
use crate::router::packet::{Kind, Packet};

/// Appends the object.
pub(super) fn write(out: &mut Vec<u8>, delivery: &Delivery) {
    match delivery.stopped {
        None => out.extend_from_slice(b"{\"status\":\"ok\",\"messages\":"),
        Some(reason) => {
            out.extend_from_slice(b"{\"status\":\"stopped\",\"reason\":\"");
            out.extend_from_slice(reason.word().as_bytes());
            out.extend_from_slice(b"\",\"messages\":");
        }
    }
    let packets = delivery.packets.as_slice();
    let of = |out: &mut Vec<u8>, belongs: fn(&&Packet) -> bool| {
        list(out, packets.iter().filter(belongs), |out, packet| packet.write(out, &delivery.reader));
    };
    of(out, |packet| matches!(packet.kind(), Kind::Message(_)));
    out.extend_from_slice(b",\"presences\":");
    of(out, |packet| matches!(packet.kind(), Kind::Presence(_)));
    out.extend_from_slice(b",\"statuses\":");
    of(out, |packet| matches!(packet.kind(), Kind::Status | Kind::RoomStatus));
    // They come last, so the last packet is one if there are any.
    let is_signal: fn(&&Packet) -> bool = |packet| matches!(packet.kind(), Kind::Signal);
    if packets.last().as_ref().is_some_and(is_signal) {
        out.extend_from_slice(b",\"signals\":");
        of(out, is_signal);
    }
    out.extend_from_slice(b",\"seq\":");
    digits::append(out, delivery.seq);
    if let Some(retry_ms) = delivery.retry_ms {
        out.extend_from_slice(b",\"retry\":");
        digits::append(out, retry_ms);
    }
    out.push(b'}');
}
