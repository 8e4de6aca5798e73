//! Answers that need no router: refusals, notices, assets and handshakes.
//!
//! Owns: their sending and their counters. Must not: read input or import `dispatch`.

use super::io::Io;
use super::state::{AfterAnswer, ConnState, OutgoingAnswer};
use crate::api::refusal::TOO_MANY_REQUESTS;
use crate::api::{self, Notice, Shape};
use crate::base::domains::DomainId;
use crate::base::limits::turn::SUBSCRIBE_MS;
use crate::base::slots::Slot;
use crate::http::asset::Selected;
use crate::http::forwarded::FORWARDED_FOR;
use crate::http::methods::MethodSet;
use crate::http::rejection::Rejection;
use crate::http::request::Request;
use crate::http::websocket::handshake;
use crate::router::call::Poll;
use crate::router::ids::SessionKey;

/// Refuses bytes that are not a request, and counts them for their client. Behind a proxy the head names the client, if
/// it has arrived.
pub(super) fn reject(io: &mut Io, slot: Slot, rejection: &Rejection, head: Option<&Request<'_>>) {
    io.counters().requests_rejected_total += 1;
    if io.conn(slot).is_none() {
        return;
    }
    let forwarded = || head.into_iter().flat_map(|head| head.values(FORWARDED_FOR));
    if io.admits_request(slot, forwarded) {
        return refuse_and_close(io, slot, rejection, None);
    }
    io.counters().requests_refused_rate += 1;
    let rejection = TOO_MANY_REQUESTS.closing().with_cross_origin(rejection.cross_origin);
    refuse_and_close(io, slot, &rejection, None);
}

/// Refuses input that will not become a request, and closes. `shape` is that of the answer, if the head has arrived.
pub(super) fn refuse_and_close(io: &mut Io, slot: Slot, rejection: &Rejection, shape: Option<&Shape>) {
    io.counters().requests_total += 1;
    let chance = io.chance();
    io.with_output(|io, output| {
        api::write_rejection(output, rejection, shape, chance);
        let (domain, fate, then) = (None, None, AfterAnswer::Farewell);
        io.send(slot, OutgoingAnswer { bytes: output, asset: &[], domain, fate, then });
    });
}

/// Refuses a request that has arrived as a whole.
pub(super) fn refuse(io: &mut Io, slot: Slot, rejection: &Rejection, mut shape: Shape) {
    io.counters().requests_rejected_total += u64::from(rejection.status < 500);
    let chance = io.chance();
    part(io, &mut shape);
    write(io, slot, &shape, Addressee::default(), |output| {
        api::write_rejection(output, rejection, Some(&shape), chance);
    });
}

pub(super) fn preflight(io: &mut Io, slot: Slot, methods: MethodSet, mut shape: Shape) {
    part(io, &mut shape);
    write(io, slot, &shape, Addressee::default(), |output| api::write_preflight(output, methods, &shape));
}

/// Sends a page to the node of its session.
pub(super) fn moved(io: &mut Io, slot: Slot, request: &Request<'_>, to: (&Poll, &str), mut shape: Shape) {
    part(io, &mut shape);
    shape.close |= shape.is_stream();
    let chance = io.chance();
    write(io, slot, &shape, Addressee::default(), |output| {
        api::write_moved(output, request, to, &shape, chance);
    });
}

pub(super) fn notice(io: &mut Io, slot: Slot, notice: Notice, mut shape: Shape) {
    part(io, &mut shape);
    write(io, slot, &shape, Addressee::default(), |output| api::write_notice(output, notice, &shape));
}

/// Makes a socket of a connection whose client shows its ticket once it is open.
pub(super) fn open_socket(io: &mut Io, slot: Slot, proof: &str, shape: Shape) {
    io.with_output(|io, output| {
        handshake::write_head(output, proof);
        io.send_interim(slot, output);
    });
    if io.conn(slot).is_some() {
        let until = io.unless_parting(io.now().after(SUBSCRIBE_MS));
        io.turn_to(slot, ConnState::Subscribing(shape));
        io.set_due(slot, until);
    }
}

/// Sends an asset. Only its head is written to the scratch buffer.
pub(super) fn asset(io: &mut Io, slot: Slot, selected: &Selected, mut shape: Shape) {
    part(io, &mut shape);
    let then = AfterAnswer::of(&shape);
    io.with_output(|io, output| {
        let asset = api::write_asset(output, selected, &shape);
        io.send(slot, OutgoingAnswer { bytes: output, asset, domain: None, fate: None, then });
    });
}

/// The domain an answer is counted for, and the session that waits for its fate.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Addressee {
    pub(super) domain: Option<DomainId>,
    pub(super) fate: Option<SessionKey>,
}

/// Writes an answer of this shape to the scratch buffer, and sends it.
pub(super) fn write(
    io: &mut Io,
    slot: Slot,
    shape: &Shape,
    Addressee { domain, fate }: Addressee,
    write: impl FnOnce(&mut Vec<u8>),
) {
    let then = AfterAnswer::of(shape);
    io.with_output(|io, output| {
        write(output);
        io.send(slot, OutgoingAnswer { bytes: output, asset: &[], domain, fate, then });
    });
}

/// Makes the answer the last of its connection if the shard takes leave of its clients.
pub(super) fn part(io: &Io, shape: &mut Shape) {
    shape.close |= io.is_parting();
}
