//! Messages that go from one session of a user to another.
//!
//! Owns: which messages a session is given at its start, and what becomes of those that an ended one had not
//! acknowledged (protocol, "Sessions and users" and "Order"). Must not: send mail, or read packets.
//!
//! The messages of a user have numbers. Every session is queued all messages from some number on: those above its
//! `given_from`, as an unbroken row of which it has acknowledged all up to some other number. A session that starts is
//! given the row of those sessions that have no poll; so its own row begins with theirs, and what comes later comes
//! behind it. A page gets no copy of what it sends. The user's other sessions do, and so do sessions that start while a
//! copy is unacknowledged. A copy is not handed over when its session ends. A message that is taken over from an ended
//! session is *late*: it belongs to no row, and the user has an account of it ([`Extras`]). So
//! every question is answered by comparing numbers, however much waits.

use std::collections::BTreeMap;

use super::extras::{EndedRow, Extras};
use super::mailbox::{Linger, MailboxMessage};
use super::spans::{Addition, is_in};
use super::tables::People;
use crate::base::limits::Limits;
use crate::base::slots::Slot;
use crate::router::call::Version;
use crate::router::out::Out;
use crate::router::sessions::aside::KeptSignal;
use crate::router::sessions::backlog::KeptMessage;
use crate::router::sessions::ended::EndedPage;
use crate::router::sessions::label::Label;
use crate::router::sessions::session::SessionEnd;
use crate::router::sessions::space::PushOutcome;
use crate::router::sessions::sum::PacketSum;
use crate::router::sessions::table::Leavings;

/// What is left of a session that has ended.
#[derive(Debug)]
struct Remains {
    session: Slot,
    /// It was given the user's messages above `from` up to `to`.
    from: u64,
    to: u64,
    /// Those it has not acknowledged, in their order.
    messages: Vec<KeptMessage>,
    /// Signals it has not acknowledged.
    signals: Vec<KeptSignal>,
    version: Version,
    /// What its page may still acknowledge.
    page: EndedPage,
}

impl Remains {
    /// Enters into the user's account what the session has acknowledged.
    fn account(&self, extras: &mut Extras, limits: &Limits) {
        let row = self.messages.iter().filter(|kept| !kept.late).map(|kept| (kept.given - 1, kept.given));
        let unacknowledged: Vec<(u64, u64)> = row.collect();
        let Remains { session, from, to, .. } = *self;
        let row = EndedRow { session, from, to, unacknowledged: &unacknowledged };
        extras.add_acknowledged(row, limits.queue_messages);
    }
}

impl People {
    /// Notes that the user's last message was sent on this session, so that it has no copy.
    pub(super) fn note_spoken(&mut self, user: Slot, speaker: Slot) {
        let rows = self.sessions_of(user).filter_map(|other| self.session(other).queue().acknowledged());
        let floor = rows.min().unwrap_or_default();
        let owner = self.user_mut(user);
        let given = owner.given();
        owner.extras_mut().note_spoken(given, speaker, floor);
    }

    /// Gives a session that starts what waits in those sessions of its user that have no poll and was acknowledged by
    /// none.
    pub(super) fn give_waiting(&mut self, out: &mut Out, user: Slot, session: Slot) {
        let idle = |other: &Slot| *other != session && !self.session(*other).has_poll();
        let idle: Vec<Slot> = self.sessions_of(user).filter(idle).collect();
        let mut messages = self.late_of(user, &idle);
        messages.extend(self.row_of(user, session, &idle));
        let surplus = surplus(&messages, self.limits());
        let messages = messages.split_off(surplus);
        let late = messages.iter().filter(|kept| kept.late).map(|kept| kept.given);
        late.for_each(|given| self.user_mut(user).extras_mut().hold_late(given));
        self.start_with(out, session, messages);
    }

    /// What waits in the rows of these sessions and was acknowledged by no session.
    fn row_of(&self, user: Slot, starting: Slot, sessions: &[Slot]) -> Vec<KeptMessage> {
        let owner = self.user(user);
        let queue = |session: &Slot| self.session(*session).queue();
        let longest = sessions.iter().filter_map(|session| Some((queue(session).acknowledged()?, session)));
        let Some((from, longest)) = longest.min() else { return Vec::new() };
        let extras = owner.extras();
        let mut acknowledged = extras.map(|extras| extras.acknowledged().clone()).unwrap_or_default();
        let others = || self.sessions_of(user).filter(|other| *other != starting);
        let parts = others().map(|other| {
            let session = self.session(other);
            let but = extras.map_or(&[][..], |extras| extras.spoken_on(other));
            let to = session.queue().acknowledged().unwrap_or(owner.given());
            Addition { from: session.given_from(), to, but }
        });
        acknowledged.add(parts, usize::MAX);
        let waiting = |session: &Slot, wanted: &dyn Fn(u64) -> bool| -> Vec<KeptMessage> {
            let row = queue(session).said().iter();
            let row = row.filter_map(|entry| Some((entry.label.in_row()?, &entry.packet)));
            let row = row.filter(|(given, _)| wanted(*given) && !acknowledged.contains(*given));
            row.map(|(given, packet)| KeptMessage { given, packet: packet.clone(), late: false }).collect()
        };
        let mut messages = waiting(longest, &|_| true);
        // The longest row has all that is in the others, but for what its own page said. Copies of that are in the
        // longest of the others, whether that has a poll or not.
        let own = extras.map_or(&[][..], |extras| extras.spoken_on(*longest));
        let rest = others().filter(|other| other != longest);
        let next = rest.filter_map(|other| Some((queue(&other).acknowledged()?, other))).min();
        if let (false, Some((_, next))) = (own.is_empty(), next) {
            messages.extend(waiting(&next, &|given| given > from && is_in(own, given)));
            messages.sort_by_key(|kept| kept.given);
        }
        messages
    }

    /// What waits in these sessions that was taken over late, and was acknowledged by none.
    fn late_of(&self, user: Slot, sessions: &[Slot]) -> Vec<KeptMessage> {
        let Some(extras) = self.user(user).extras() else { return Vec::new() };
        let mut messages = BTreeMap::new();
        for session in sessions.iter().filter(|session| self.session(**session).queue().has_late()) {
            // Sessions that started one after another hold the same ones.
            if messages.len() == extras.late_len() {
                break;
            }
            for entry in self.session(*session).queue().said() {
                if let Label::Late(given) = entry.label
                    && extras.waits_late(given)
                {
                    messages.entry(given).or_insert_with(|| entry.packet.clone());
                }
            }
        }
        messages.into_iter().map(|(given, packet)| KeptMessage { given, packet, late: true }).collect()
    }

    /// Enters into the user's account what an ended session was given. Returns what no session has acknowledged and no
    /// other session holds as late as it did.
    fn settle(&mut self, user: Slot, left: &Remains) -> Vec<KeptMessage> {
        let rows = self.sessions_of(user).filter_map(|other| self.session(other).queue().acknowledged());
        let floor = rows.min();
        let (owner, keeping) = self.user_with_keeping(user);
        let given = owner.given();
        let extras = owner.extras_mut();
        let mut messages = Vec::with_capacity(left.messages.len());
        for kept in &left.messages {
            let waits =
                if kept.late { extras.release_late(kept.given) } else { extras.waits_in_row(kept.given) };
            if waits {
                messages.push(kept.clone());
            }
        }
        match floor {
            Some(floor) => {
                left.account(extras, keeping.limits());
                extras.forget_up_to(floor);
            }
            None => extras.forget_up_to(given), // all others have acknowledged all
        }
        owner.tidy();
        messages
    }

    /// Gives what an ended session had not acknowledged to the newest of the others, without the messages that one of
    /// them was given; if there is no other, the user begins to linger.
    fn hand_over(&mut self, out: &mut Out, user: Slot, mut messages: Vec<KeptMessage>) {
        let Some(newest) = self.user(user).sessions().newest() else {
            return self.begin_linger(out, user, messages);
        };
        let eldest = self.sessions_of(user).map(|session| self.session(session).given_from()).min();
        // Every message above that number was given to the session whose row begins there.
        messages.retain(|kept| eldest.is_none_or(|from| kept.given <= from));
        if messages.is_empty() {
            return;
        }
        let mut left = Vec::new();
        for kept in messages {
            match self.take_over(out, newest, &kept) {
                PushOutcome::Queued => self.user_mut(user).extras_mut().hold_late(kept.given),
                PushOutcome::Full | PushOutcome::Dropped => left.push(MailboxMessage::unclaimed(kept)),
            }
        }
        self.give_back_of(out, user, left);
        self.answer_parked(out, newest);
    }

    /// Ends a session: its polls are answered, and what it has not acknowledged goes on to others of its user, or
    /// into the linger. Its page may acknowledge that for a while.
    pub(super) fn end_session(&mut self, out: &mut Out, session: Slot, end: SessionEnd) {
        let user = self.session(session).user();
        let left = self.take_session(out, user, session, end);
        let messages = self.settle(user, &left);
        self.hand_over(out, user, messages);
        if left.version == Version::V6 {
            self.open_signal_box(out, user);
            self.pass_signals(out, user, left.signals);
        }
        self.keep_ended(out, session, left.page);
        self.assert_reachable(user);
    }

    /// Takes a session out; what it had not acknowledged is the caller's.
    fn take_session(&mut self, out: &mut Out, user: Slot, session: Slot, end: SessionEnd) -> Remains {
        let missed = u64::from(end == SessionEnd::Overflow { missed: true });
        let ended = self.session(session);
        let (from, version) = (ended.given_from(), ended.version());
        let Leavings { messages, signals, page } = self.remove_session(out, session, end);
        Remains { session, from, to: self.user(user).given() - missed, messages, signals, version, page }
    }

    /// Ends the linger of a user who has a session again, which is given what waited for it. Returns whether there was
    /// one.
    pub(super) fn end_linger(&mut self, out: &mut Out, user: Slot, session: Slot) -> bool {
        let Some(linger) = self.user_mut(user).take_linger() else { return false };
        let mut left = linger.into_messages();
        let kept: Vec<KeptMessage> = left.iter().map(|message| message.kept.clone()).collect();
        let surplus = surplus(&kept, self.limits());
        let messages = left.drain(surplus..).map(|message| message.kept).collect();
        self.start_with(out, session, messages);
        self.give_back_of(out, user, left);
        true
    }

    /// Ends all that a user has, and takes what no session has acknowledged, each message once.
    pub(super) fn take_messages(
        &mut self,
        out: &mut Out,
        user: Slot,
        end: SessionEnd,
    ) -> Vec<MailboxMessage> {
        let messages = self.take_sessions(out, user, end);
        let linger = self.user_mut(user).take_linger();
        let mailbox = linger.map(Linger::into_messages).unwrap_or_default();
        messages.into_iter().map(MailboxMessage::unclaimed).chain(mailbox).collect()
    }

    /// Takes out all sessions of a user; returns what none of them has acknowledged, each message once, in order.
    fn take_sessions(&mut self, out: &mut Out, user: Slot, end: SessionEnd) -> Vec<KeptMessage> {
        let mut messages = Vec::new();
        while let Some(session) = self.user(user).sessions().newest() {
            let left = self.take_session(out, user, session, end);
            let (owner, keeping) = self.user_with_keeping(user);
            left.account(owner.extras_mut(), keeping.limits());
            messages.extend(left.messages);
            out.counters_mut().signals_dropped_total += left.signals.len() as u64;
        }
        let kept = self.user_mut(user).take_signal_box();
        out.counters_mut().signals_dropped_total += kept.map_or(0, |kept| kept.len() as u64);
        messages.sort_by_key(|kept| kept.given);
        messages.dedup_by_key(|kept| kept.given);
        let owner = self.user_mut(user);
        let extras = owner.extras_mut();
        messages.retain(|kept| {
            if kept.late { extras.waits_late(kept.given) } else { extras.waits_in_row(kept.given) }
        });
        extras.forget_sessions();
        owner.tidy();
        messages
    }
}

/// How many of these messages, the oldest, are too many for a session that starts.
fn surplus(messages: &[KeptMessage], limits: &Limits) -> usize {
    let mut sum = PacketSum::default();
    let fit = messages.iter().rev().take_while(|kept| {
        let fits = sum.has_room(&kept.packet, limits);
        sum.add(&kept.packet);
        fits
    });
    messages.len() - fit.count()
}
