//! Messages that go from one session of a user to another.
//!
//! Owns: which messages a session is given at its start, and what becomes of those that an ended one had not
//! acknowledged (protocol, "Sessions and users" and "Order"). Must not: reach the site, or know what packets say.
//!
//! The messages of a user have numbers. Every session is queued all messages from some number on: those above its
//! `given_from`, as an unbroken row of which it has acknowledged all up to some other number. A session that starts is
//! given the row of those sessions that have no poll; so its own row begins with theirs, and what comes later comes
//! behind it. Words that were said on a session are no message for it; copies of them go to the sessions there are, and
//! to those that start while one waits, but not beyond their ends. What is taken over when a session ends is *late*: it
//! belongs to no row, and an account of it is kept with the user ([`Aside`](crate::router::people::aside::Aside)). So every question is
//! answered by comparing numbers, however much waits.

use std::collections::BTreeMap;

use crate::base::limits::Limits;
use crate::base::slots::Slot;
use crate::router::Router;
use crate::router::people::aside::is_in;
use crate::router::people::linger::Mailed;
use crate::router::people::spans::{Part, Spans};
use crate::router::sessions::backlog::{Kept, Label, Pushed, Room, Sum};
use crate::router::sessions::session::{End, Session};

/// What is left of a session that was taken out.
#[derive(Debug)]
pub(in crate::router) struct Left {
    pub(in crate::router) session: Slot,
    /// It was given the user's messages above `from` up to `to`.
    pub(in crate::router) from: u64,
    pub(in crate::router) to: u64,
    /// Those it has not acknowledged, in their order.
    pub(in crate::router) messages: Vec<Kept>,
}

impl Left {
    /// Adds to a set the messages the session has acknowledged. It was given no copy of those that were `spoken` on it.
    fn add_acknowledged(&self, spoken: &[(u64, u64)], spans: &mut Spans, limits: &Limits) {
        let row = self.messages.iter().filter(|kept| !kept.late).map(|kept| (kept.given - 1, kept.given));
        let mut but: Vec<(u64, u64)> = row.chain(spoken.iter().copied()).collect();
        but.sort_unstable();
        // What is forgotten may be given once more to a page that starts, and shown there by its id.
        spans.add([Part { from: self.from, to: self.to, but: &but }], limits.queue_messages);
    }
}

impl Router {
    /// What a poll of a session says that it has.
    pub(in crate::router) fn acknowledge(&mut self, slot: Slot, seq: Option<u64>) {
        let session = &mut self.sessions[slot];
        let mut late = Vec::new();
        self.counters.packets_waiting -= session.queue.len() as u64;
        session.queue.acknowledge(seq, |given| late.push(given));
        self.counters.packets_waiting += session.queue.len() as u64;
        if !late.is_empty() {
            let owner = &mut self.users[session.user];
            for given in late {
                owner.aside_mut().acknowledge_late(given);
            }
            owner.tidy_aside();
        }
    }

    /// The user's last message was said on this session, and the others were given copies.
    pub(in crate::router) fn note_spoken(&mut self, user: Slot, speaker: Slot) {
        let rows = self.sessions_of(user).filter_map(|other| self.sessions[other].queue.acknowledged());
        let floor = rows.min().unwrap_or_default();
        let owner = &mut self.users[user];
        let given = owner.given;
        owner.aside_mut().note_spoken(given, speaker, floor);
    }

    /// Gives a session that starts what waits in those sessions of its user that have no poll and was acknowledged by
    /// none.
    pub(in crate::router) fn give_waiting(&mut self, user: Slot, session: Slot) {
        let idle = |other: &Slot| *other != session && !self.sessions[*other].has_poll();
        let idle: Vec<Slot> = self.sessions_of(user).filter(idle).collect();
        let mut messages = self.late_of(user, &idle);
        messages.extend(self.row_of(user, session, &idle));
        let surplus = surplus(&messages, &self.limits);
        let messages = messages.split_off(surplus);
        let late = messages.iter().filter(|kept| kept.late).map(|kept| kept.given);
        late.for_each(|given| self.users[user].aside_mut().hold_late(given));
        self.start_with(session, messages);
    }

    /// What waits in the rows of these sessions and was acknowledged by no session.
    fn row_of(&self, user: Slot, starting: Slot, sessions: &[Slot]) -> Vec<Kept> {
        let owner = &self.users[user];
        let queue = |session: &Slot| &self.sessions[*session].queue;
        let longest = sessions.iter().filter_map(|session| Some((queue(session).acknowledged()?, session)));
        let Some((from, longest)) = longest.min() else { return Vec::new() };
        let aside = owner.aside.as_deref();
        let mut acknowledged = aside.map(|aside| aside.acknowledged.clone()).unwrap_or_default();
        let others = || self.sessions_of(user).filter(|other| *other != starting);
        let parts = others().map(|other| {
            let Session { given_from: from, queue, .. } = &self.sessions[other];
            let but = aside.map_or(&[][..], |aside| aside.spoken_on(other));
            Part { from: *from, to: queue.acknowledged().unwrap_or(owner.given), but }
        });
        acknowledged.add(parts, usize::MAX);
        let waiting = |session: &Slot, wanted: &dyn Fn(u64) -> bool| -> Vec<Kept> {
            let row = queue(session).said().iter();
            let row = row.filter_map(|entry| Some((entry.label.in_row()?, &entry.packet)));
            let row = row.filter(|(given, _)| wanted(*given) && !acknowledged.contains(*given));
            row.map(|(given, packet)| Kept { given, packet: packet.clone(), late: false }).collect()
        };
        let mut messages = waiting(longest, &|_| true);
        // The longest row has all that is in the others, but for what its own page said. Copies of that are in the
        // longest of the others, whether that has a poll or not.
        let own = aside.map_or(&[][..], |aside| aside.spoken_on(*longest));
        let rest = others().filter(|other| other != longest);
        let next = rest.filter_map(|other| Some((queue(&other).acknowledged()?, other))).min();
        if let (false, Some((_, next))) = (own.is_empty(), next) {
            messages.extend(waiting(&next, &|given| given > from && is_in(own, given)));
            messages.sort_by_key(|kept| kept.given);
        }
        messages
    }

    /// What waits in these sessions that was taken over late, and was acknowledged by none.
    fn late_of(&self, user: Slot, sessions: &[Slot]) -> Vec<Kept> {
        let Some(aside) = &self.users[user].aside else { return Vec::new() };
        let mut messages = BTreeMap::new();
        for session in sessions.iter().filter(|session| self.sessions[**session].queue.has_late()) {
            // Sessions that started one after another hold the same ones.
            if messages.len() == aside.late_len() {
                break;
            }
            for entry in self.sessions[*session].queue.said() {
                if let Label::Late(given) = entry.label
                    && aside.waits_late(given)
                {
                    messages.entry(given).or_insert_with(|| entry.packet.clone());
                }
            }
        }
        messages.into_iter().map(|(given, packet)| Kept { given, packet, late: true }).collect()
    }

    /// Queues messages to a session that starts, before anything else. They must fit.
    pub(in crate::router) fn start_with(&mut self, slot: Slot, messages: Vec<Kept>) {
        let session = &mut self.sessions[slot];
        debug_assert!(session.queue.is_empty(), "it has just started");
        self.work.charge(session.domain, messages.len());
        if let Some(first) = messages.iter().find(|kept| !kept.late) {
            session.given_from = first.given - 1;
        }
        for Kept { given, packet, late } in messages {
            let label = if late { Label::Late(given) } else { Label::Inherited(given) };
            let room = Room { limits: &self.limits, memory: &self.memory, domain: session.domain };
            let pushed = session.queue.push(packet, label, room);
            debug_assert_eq!(pushed, Pushed::Queued, "they were cut to the limits");
        }
        self.counters.packets_waiting += session.queue.len() as u64;
    }

    /// Enters into the user's account what an ended session was given. Returns what nobody has acknowledged and no other
    /// session holds as late as it did.
    pub(in crate::router) fn settle(&mut self, user: Slot, left: &Left) -> Vec<Kept> {
        let rows = self.sessions_of(user).filter_map(|other| self.sessions[other].queue.acknowledged());
        let floor = rows.min();
        let owner = &mut self.users[user];
        let given = owner.given;
        let aside = owner.aside_mut();
        let mut messages = Vec::with_capacity(left.messages.len());
        for kept in &left.messages {
            let waits = if kept.late {
                aside.release_late(kept.given)
            } else {
                !aside.acknowledged.contains(kept.given) && !aside.is_spoken(kept.given)
            };
            if waits {
                messages.push(kept.clone());
            }
        }
        match floor {
            Some(floor) => {
                let mut acknowledged = std::mem::take(&mut aside.acknowledged);
                left.add_acknowledged(aside.spoken_on(left.session), &mut acknowledged, &self.limits);
                aside.acknowledged = acknowledged;
                aside.forget_up_to(floor);
            }
            None => aside.forget_up_to(given), // all others have acknowledged all
        }
        owner.tidy_aside();
        messages
    }

    /// Gives what an ended session had not acknowledged to the newest of the others, as far as none of them was
    /// given it; if there is no other, the user begins to linger.
    pub(in crate::router) fn hand_over(&mut self, user: Slot, mut messages: Vec<Kept>) {
        let Some(newest) = self.users[user].newest else { return self.begin_linger(user, messages) };
        let eldest = self.sessions_of(user).map(|session| self.sessions[session].given_from).min();
        // Every message above that number was given to the session whose row begins there.
        messages.retain(|kept| eldest.is_none_or(|from| kept.given <= from));
        if messages.is_empty() {
            return;
        }
        let mut left = Vec::new();
        for kept in messages {
            let session = &mut self.sessions[newest];
            let room = Room { limits: &self.limits, memory: &self.memory, domain: session.domain };
            match session.queue.push(kept.packet.clone(), Label::Late(kept.given), room) {
                Pushed::Queued => {
                    self.counters.packets_waiting += 1;
                    self.users[user].aside_mut().hold_late(kept.given);
                }
                Pushed::Full | Pushed::Dropped => left.push(Mailed::unclaimed(kept)),
            }
        }
        self.give_back_of(user, left);
        self.answer_parked(newest);
    }

    /// Takes out all sessions of a user; returns what none of them has acknowledged, each message once, in order.
    pub(in crate::router) fn take_sessions(&mut self, user: Slot) -> Vec<Kept> {
        let mut messages = Vec::new();
        let mut acknowledged = std::mem::take(&mut self.users[user].aside_mut().acknowledged);
        while let Some(session) = self.users[user].newest {
            let (_, left) = self.take_session(session, End::Offline);
            let spoken = self.users[user].aside_mut().spoken_on(session);
            left.add_acknowledged(spoken, &mut acknowledged, &self.limits);
            messages.extend(left.messages);
        }
        messages.sort_by_key(|kept| kept.given);
        messages.dedup_by_key(|kept| kept.given);
        let owner = &mut self.users[user];
        let aside = owner.aside_mut();
        messages.retain(|kept| {
            let waits = !acknowledged.contains(kept.given) && !aside.is_spoken(kept.given);
            if kept.late { aside.waits_late(kept.given) } else { waits }
        });
        aside.forget_sessions();
        owner.tidy_aside();
        messages
    }
}

/// How many of these messages, the oldest, are too many for a session that starts.
pub(in crate::router) fn surplus(messages: &[Kept], limits: &Limits) -> usize {
    let mut sum = Sum::default();
    let fit = messages.iter().rev().take_while(|kept| {
        let fits = sum.has_room(&kept.packet, limits);
        sum.add(&kept.packet);
        fits
    });
    messages.len() - fit.count()
}
