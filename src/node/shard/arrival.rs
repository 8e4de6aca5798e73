//! Requests that have arrived in part: how long they may take, and how much they may hold.
//!
//! Owns: their deadlines, the moments at which they are charged to an address, and the refusal of a long body by what
//! stands in its head. Must not: read or parse; `traffic` does, and calls this when a request is incomplete.
//!
//! A request that takes longer than [`LATE_MS`] counts against its address. When strangers hold half of what they may,
//! all of their requests count at once, and an address may hold no more than is left for strangers. So a single address
//! never holds all of it, and others still get in.

use super::conn::Conn;
use super::io::Io;
use super::pending::{InputStage, PendingInput};
use super::reply;
use crate::api;
use crate::api::refusal::{SERVER_BUSY, TOO_MANY_REQUESTS, TOO_MANY_UNFINISHED};
use crate::base::clock::Tick;
use crate::base::domains::Domains;
use crate::base::limits::admission::{LATE_MS, UNREAD_BODY_BYTES_MIN};
use crate::base::slots::Slot;
use crate::http::forwarded::FORWARDED_FOR;
use crate::http::rejection::Rejection;
use crate::http::request::Request;
use crate::http::response::CONTINUE;

/// Waits for the rest of a request that has arrived in part. Refuses it if there is no memory for it. No byte extends
/// its deadline.
pub(super) fn wait_for_more(io: &mut Io, slot: Slot, domains: &Domains) {
    if !has_room(io, slot) {
        io.counters().requests_refused_memory += 1;
        return refuse_unfinished(io, slot, SERVER_BUSY.closing());
    }
    if refuse_unread(io, slot, domains) {
        return;
    }
    let Some(input) = unfinished(io, slot) else { return };
    let (must_continue, begins, is_late) = (input.take_continue(), input.advance(), input.is_late());
    if let Some(stage) = begins {
        begin_stage(io, slot, stage);
    }
    // The head may name the client, so the charge is renewed when the head is complete.
    if is_late && begins.is_some() || !is_late && io.memory().is_strained() {
        charge(io, slot);
    }
    if !refuse_late(io, slot) && must_continue {
        // The client asked before it sends its body (RFC 9110 section 10.1.1).
        io.send_interim(slot, CONTINUE);
    }
}

/// Sets the deadline of a head or a body that begins to arrive.
fn begin_stage(io: &mut Io, slot: Slot, stage: InputStage) {
    let now = io.now();
    let patience_ms = match stage {
        InputStage::Body => io.timeouts().body_ms,
        InputStage::Head | InputStage::Unseen => io.timeouts().head_ms,
    };
    let until = now.after(patience_ms);
    let Some(input) = unfinished(io, slot) else { return };
    input.set_until(until);
    let due = if input.is_late() { until } else { until.min(now.after(LATE_MS)) };
    io.set_due(slot, due);
}

/// Handles the alarm of a request that is arriving: counts it against its address if it is late, refuses it if its time
/// is over.
pub(super) fn expire(io: &mut Io, slot: Slot) {
    let now: Tick = io.now();
    let Some(input) = unfinished(io, slot) else { return };
    let (until, in_body) = (input.until(), input.in_body());
    if now < until {
        if !input.is_late() {
            charge(io, slot);
        }
        if !refuse_late(io, slot) {
            io.set_due(slot, until);
        }
        return;
    }
    let rejection = input.rejected(Rejection::timed_out());
    if in_body {
        io.counters().connections_expired_body += 1;
    } else {
        io.counters().connections_expired_head += 1;
    }
    let Some(input) = io.conn(slot).and_then(Conn::take_input) else { return };
    reply::reject(io, slot, &rejection, input.head().as_ref());
}

fn unfinished(io: &mut Io, slot: Slot) -> Option<&mut PendingInput> {
    io.conn(slot)?.input_mut()
}

fn has_room(io: &mut Io, slot: Slot) -> bool {
    let Some((conn, accounts)) = io.conn_with_accounts(slot) else { return true };
    conn.input().is_none_or(|input| accounts.has_room(conn.visitor(), input))
}

fn charge(io: &mut Io, slot: Slot) {
    if let Some((conn, accounts)) = io.conn_with_accounts(slot) {
        accounts.charge(conn);
    }
}

/// Refuses a request if it is late and its address holds too much by late ones.
fn refuse_late(io: &mut Io, slot: Slot) -> bool {
    let Some((conn, accounts)) = io.conn_with_accounts(slot) else { return false };
    let is_too_much = conn.input().is_some_and(|input| accounts.holds_too_much(input));
    if is_too_much {
        io.counters().requests_refused_unfinished += 1;
        refuse_unfinished(io, slot, TOO_MANY_UNFINISHED);
    }
    is_too_much
}

fn refuse_unfinished(io: &mut Io, slot: Slot, rejection: Rejection) {
    let Some(input) = unfinished(io, slot) else { return };
    let rejection = input.rejected(rejection);
    reply::refuse_and_close(io, slot, &rejection, None);
}

/// Refuses a request with a long body, if its head alone is a reason.
fn refuse_unread(io: &mut Io, slot: Slot, domains: &Domains) -> bool {
    let now_ms = io.schedule().shared_ms();
    let Some((conn, accounts)) = io.conn_with_accounts(slot) else { return false };
    let visitor = conn.visitor();
    let unjudged = conn.input_mut().and_then(|input| input.take_unjudged(UNREAD_BODY_BYTES_MIN));
    let Some(request) = unjudged else { return false };
    let Some((rejection, shape)) = api::refuse_by_head(&request, domains) else { return false };
    let admitted = accounts.admits_request(visitor, || Request::values(&request, FORWARDED_FOR), now_ms);
    let rejection = if admitted { rejection } else { TOO_MANY_REQUESTS };
    let counters = io.counters();
    counters.requests_rejected_total += 1;
    counters.requests_refused_rate += u64::from(!admitted);
    counters.requests_refused_unread += u64::from(rejection.status == 401);
    reply::refuse_and_close(io, slot, &rejection.closing(), Some(&shape));
    true
}
