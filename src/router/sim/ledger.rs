//! What was said, who was given it, and what became of it.
//!
//! Owns: the accounts that prove that nothing is lost, doubled, leaked or counted wrongly. After every input it looks
//! at the queues and mailboxes of the router that handled it. What has left a queue was either seen by a page of that
//! session (it acknowledged it), or the session ended, and then another session of the user has acknowledged it, or was
//! given it, or it is in the user's mailbox, or the user has gone offline: then it goes back to the site, if that takes
//! it and there is room, or the loss was counted.

use std::collections::BTreeMap;

use super::account::user_at;
use super::afterwards::Afterwards;
use super::world::{Ask, World};
use crate::base::slots::Slot;
use crate::router::call::{Answer, Call, Refusal, Verb};
use crate::router::ids::{CallKey, Place, SessionKey, UserKey};
use crate::router::mail::{Alarm, CallRequest, Input, Mail};
use crate::router::packet::MessageType;
use crate::router::people::mailbox::Linger;

/// What is noted before an input is handled.
pub(super) struct Before {
    messages: u64,
    signals: u64,
    lost: u64,
    undelivered: u64,
    undelivered_lost: u64,
    expired: u64,
    renewed: u64,
    /// The call that is perhaps judged now.
    call: Option<CallKey>,
    /// The user whose linger may be over.
    pub(super) alarm: Option<Alarm>,
    /// What the page of an ended session acknowledges.
    pub(super) afterwards: Vec<Afterwards>,
}

/// A message that an ended session or mailbox held.
struct Left {
    number: usize,
    /// Whether the input that ended the session may have acknowledged it before.
    maybe_acknowledged: bool,
}

impl World {
    pub(super) fn before(&mut self, place: usize, input: &Input<'_>) -> Before {
        self.hear(place, input);
        let counters = self.routers[place].out.counters();
        let says = |key: &CallKey, verb: &Verb<'_>| {
            matches!(verb, Verb::Message(_) | Verb::Signal(_)).then_some(*key)
        };
        let call = match input {
            Input::Call(CallRequest { key, call, .. })
            | Input::Mail(Mail::Call(CallRequest { key, call, .. })) => says(key, &call.verb),
            Input::Mail(_)
            | Input::Cut(_)
            | Input::Fate(_)
            | Input::Ack(_)
            | Input::Alarm(_)
            | Input::Slice
            | Input::Domains(_)
            | Input::Drain
            | Input::End => None,
        };
        let alarm = if let Input::Alarm(alarm) = input { Some(*alarm) } else { None };
        Before {
            messages: counters.messages_total,
            signals: counters.signals_total,
            lost: counters.messages_lost_total,
            undelivered: counters.undelivered_total,
            undelivered_lost: counters.undelivered_lost_total,
            expired: counters.sessions_expired_total,
            renewed: counters.sessions_renewed_total,
            call,
            alarm,
            afterwards: self.acknowledged_afterwards(place, input),
        }
    }

    /// Notes what reaches a router of a page: its session must not expire too soon after it.
    fn hear(&mut self, place: usize, input: &Input<'_>) {
        let time = self.now(place).ms();
        let draining = self.routers[place].people.sessions().is_draining();
        let here = |session: &SessionKey| session.place.index() == place && !draining;
        match input {
            Input::Call(CallRequest { key, call: Call { verb: Verb::Poll(poll), .. }, .. })
            | Input::Mail(Mail::Call(CallRequest {
                key, call: Call { verb: Verb::Poll(poll), .. }, ..
            })) if here(&poll.ticket.session) => {
                if let Some(Ask::Poll { page, bad_seq: false, .. }) =
                    self.calls.get(key).map(|call| &call.ask)
                {
                    let page = &mut self.pages[*page];
                    (page.heard, page.heard_poll, page.flushed) = (time, Some(*key), None);
                }
            }
            Input::Call(CallRequest { key, call: Call { verb: Verb::Ack(ack), .. }, .. })
            | Input::Mail(Mail::Call(CallRequest { key, call: Call { verb: Verb::Ack(ack), .. }, .. }))
                if here(&ack.ticket.session) =>
            {
                // Without a stream the next poll is waited for as long as before.
                if let Some(Ask::Ack { page }) = self.calls.get(key).map(|call| &call.ask)
                    && self.pages[*page].streaming
                {
                    self.pages[*page].heard = time;
                }
            }
            Input::Cut(cut) | Input::Mail(Mail::Cut(cut)) if here(&cut.session) => {
                self.hear_fate(cut.session, cut.key, None);
            }
            Input::Fate(fate) | Input::Mail(Mail::Fate(fate)) if here(&fate.session) => {
                self.hear_fate(fate.session, fate.key, fate.flushed.then_some(time));
            }
            Input::Ack(ack) | Input::Mail(Mail::Ack(ack)) if here(&ack.session) => {
                let page = self.pages.iter_mut().find(|page| page.session == Some(ack.session));
                if let Some(page) = page.filter(|page| page.streaming) {
                    page.heard = time;
                }
            }
            Input::Call(_)
            | Input::Mail(_)
            | Input::Cut(_)
            | Input::Fate(_)
            | Input::Ack(_)
            | Input::Alarm(_)
            | Input::Slice
            | Input::Domains(_)
            | Input::Drain
            | Input::End => {}
        }
    }

    fn hear_fate(&mut self, session: SessionKey, key: CallKey, flushed: Option<u64>) {
        let router = &self.routers[session.place.index()];
        let awaited = router
            .people
            .sessions()
            .get(session.slot)
            .is_some_and(|session| session.answering() == Some(key) && !session.is_streaming());
        if let Some(page) = self.pages.iter_mut().find(|page| page.heard_poll == Some(key)) {
            page.flushed = flushed.filter(|_| awaited);
        }
    }

    /// Looks at what an input has changed.
    pub(super) fn observe(&mut self, place: usize, before: &Before, returned: &[(usize, usize)]) {
        if self.routers[place].out.counters().messages_total > before.messages {
            let key = before.call.expect("a message is judged when its call is read");
            if let Some(Ask::Say { message }) = self.calls.get(&key).map(|pending| &pending.ask) {
                let said = &mut self.ledger.said[*message];
                let router = &self.routers[place];
                let id = self.domain_ids[said.domain];
                said.sender = router.people.find(id, &said.from).map(|slot| router.directory.user_key(slot));
            }
        }
        if self.routers[place].out.counters().signals_total > before.signals {
            self.note_signal_sender(place, before.call.expect("a signal is judged when its call is read"));
        }
        self.observe_signals(place, before);
        let was = std::mem::take(&mut self.ledger.held[place]);
        let were = std::mem::take(&mut self.ledger.mailboxes[place]);
        self.note_afterwards(place, &before.afterwards);
        let afterwards = |user: Slot, given: u64| before.afterwards.iter().any(|it| it.is(user, given));
        self.look(place, &was, &were);
        self.look_at_newcomers(place, &was);
        // What a session or mailbox that has ended held, each message of a user once.
        let mut left = BTreeMap::new();
        let renewed = self.routers[place].out.counters().sessions_renewed_total > before.renewed;
        for (slot, held) in &was {
            let now = self.ledger.held[place].get(slot);
            if let Some(now) = now {
                let gone = held.answered.iter().rfind(|number| !now.answered.contains(number));
                let has = |number: &u64| self.pages[held.page].tabs.iter().any(|tab| tab.seq >= *number);
                assert!(gone.is_none_or(has), "a packet of page {} was answered and is gone", held.page);
            }
            let ended = now.is_none();
            let gone = held.given.iter().filter(|given| now.is_none_or(|now| !now.given.contains(given)));
            for given in gone.collect::<Vec<_>>() {
                let number = self.ledger.numbers[&(user_at(place, held.user), *given)];
                if ended {
                    // A page whose session expires learns of it by a poll, which acknowledges first.
                    let page = &self.pages[held.page];
                    let polled = before.alarm.is_none() && renewed && page.has_seen(number);
                    // If other sessions still hold it, the account of ended sessions says whether it did.
                    if polled && self.routers[place].people.ended_has_acknowledged(held.user, *given) {
                        self.note_acknowledged(user_at(place, held.user), *given, number);
                    }
                    let left = left
                        .entry((held.user, *given))
                        .or_insert(Left { number, maybe_acknowledged: polled });
                    left.maybe_acknowledged |= polled;
                } else {
                    let seen = self.pages[held.page].has_seen(number) || afterwards(held.user, *given);
                    assert!(seen, "message {number} was acknowledged by page {} unseen", held.page);
                    self.note_acknowledged(user_at(place, held.user), *given, number);
                }
            }
            if ended && self.routers[place].out.counters().sessions_expired_total > before.expired {
                self.assert_was_silent(place, held.page, before.alarm);
            }
            if ended && renewed {
                let (earliest, _) = self.pages[held.page].expires.expect("its site gave it a time");
                let time = self.now(place).ms();
                assert!(time >= earliest, "it ended too early");
            }
        }
        for (user, mailbox) in &were {
            let now = self.ledger.mailboxes[place].get(user);
            for given in mailbox.iter().filter(|given| now.is_none_or(|now| !now.contains(given))) {
                let number = self.ledger.numbers[&(user_at(place, *user), *given)];
                assert!(
                    now.is_none() || afterwards(*user, *given),
                    "message {number} is gone from a mailbox"
                );
                left.insert((*user, *given), Left { number, maybe_acknowledged: false });
            }
        }
        self.observe_left(place, before, &left, returned);
        self.observe_lingers(place, before.alarm);
    }

    /// A session of the user has acknowledged its nth message, as which it was given.
    pub(super) fn note_acknowledged(&mut self, user: UserKey, given: u64, number: usize) {
        self.ledger.acknowledged.insert((user, given));
        let said = &mut self.ledger.said[number];
        said.acknowledged |= !said.is_copy(user);
    }

    /// Notes the user who sends a signal, if online.
    fn note_signal_sender(&mut self, place: usize, key: CallKey) {
        let Some(Ask::Signal { signal }) = self.calls.get(&key).map(|pending| &pending.ask) else { return };
        let signal = &mut self.signals.all[*signal];
        let router = &self.routers[place];
        let found = router.people.find(self.domain_ids[signal.domain], &signal.from);
        signal.sender = found.map(|slot| router.directory.user_key(slot));
    }

    /// What was left is delivered, passed on, on its way back, or lost and counted.
    fn observe_left(
        &mut self,
        place: usize,
        before: &Before,
        left: &BTreeMap<(Slot, u64), Left>,
        returned: &[(usize, usize)],
    ) {
        let (mut back, mut lost, mut unreturned) = (0, 0, Vec::new());
        for ((slot, given), Left { number, maybe_acknowledged }) in left {
            let user = user_at(place, *slot);
            let said = &self.ledger.said[*number];
            let spoke = said.page.is_some() && said.is_copy(user);
            let delivered = spoke || self.ledger.acknowledged.contains(&(user, *given));
            let returns = said.kind == MessageType::Unicast
                && !said.is_copy(user)
                && self.plan.takes_back_in(said.domain)
                // The removal of the domain may not have come to a router yet.
                && self.routers[place].people.is_configured(self.domain_ids[said.domain]);
            if returns && returned.contains(&(said.domain, *number)) {
                back += 1;
                assert!(!delivered, "message {number} was acknowledged and goes back");
                assert!(!said.returned, "message {number} goes back twice");
                self.ledger.said[*number].returned = true;
            } else if !delivered && *maybe_acknowledged && !self.is_kept(place, *slot, *given, *number) {
                self.note_acknowledged(user, *given, *number);
            } else if !delivered && !self.is_passed_on(place, *slot, *given, *number) {
                if returns {
                    unreturned.push(*number);
                } else {
                    lost += 1;
                }
            }
        }
        assert_eq!(back, returned.len(), "something goes back that was never there: {returned:?}");
        let counters = self.routers[place].out.counters();
        let counted = counters.messages_lost_total - before.lost;
        let missed = counters.undelivered_lost_total - before.undelivered_lost;
        assert_eq!(counters.undelivered_total - before.undelivered, back as u64 + missed);
        assert!(missed == 0 || self.plan.scarce(), "there was room");
        assert_eq!(unreturned.len() as u64, missed, "{unreturned:?} did not go back");
        // With small queues, what does not fit into a mailbox is counted, too, and was never there.
        let known = counted == lost || (self.plan.queues_are_short() && counted > lost);
        assert!(known, "{lost} lost, {counted} counted");
        for number in unreturned {
            self.ledger.said[number].lost = true;
        }
    }

    /// Whether a message was given to a session, or said on it.
    fn has(&self, place: usize, slot: Slot, number: usize) -> bool {
        let session = SessionKey { place: Place::new(u16::try_from(place).unwrap()), slot };
        let said = &self.ledger.said[number];
        let spoke = said.page.is_some_and(|page| self.pages[page].session == Some(session));
        spoke || said.queued.iter().any(|queued| queued.session == session)
    }

    /// Whether a message waits in the mailbox of a user, or was given to a session that the user has.
    fn is_kept(&self, place: usize, user: Slot, given: u64, number: usize) -> bool {
        let people = &self.routers[place].people;
        let Some(owner) = people.get(user) else { return false };
        let waits = |linger: &Linger| linger.mailbox().iter().any(|mailed| mailed.kept.given == given);
        owner.linger().is_some_and(waits)
            || people.sessions_of(user).any(|session| self.has(place, session, number))
    }

    /// Whether a message that left with its session or mailbox is with another one of the user.
    fn is_passed_on(&self, place: usize, user: Slot, given: u64, number: usize) -> bool {
        let people = &self.routers[place].people;
        let Some(owner) = people.get(user) else { return false };
        if let Some(linger) = owner.linger() {
            let kept = linger.mailbox().iter().any(|mailed| mailed.kept.given == given);
            // It may have been too much for a session that ended in the same step; then it is counted.
            assert!(kept || self.plan.queues_are_short(), "message {number} is not in the mailbox");
            return kept;
        }
        let Some(heir) = owner.sessions().newest() else { return false }; // the server has gone down
        let has = people.sessions_of(user).any(|session| self.has(place, session, number));
        let taken_over = || people.sessions()[heir].queue().taken_over();
        let full = || taken_over() >= self.plan.limits.queue_messages;
        assert!(has || full(), "message {number} was not handed over");
        has
    }

    /// A session that ends by itself was silent for as long as it must be, by the clock of its router: stops of the
    /// process do not count.
    fn assert_was_silent(&self, place: usize, page: usize, alarm: Option<Alarm>) {
        let page = &self.pages[page];
        let timeouts = &self.plan.timeouts;
        assert!(matches!(alarm, Some(Alarm::Session(_))), "sessions expire by their alarms");
        let patience = if page.flushed.is_some() || page.streaming {
            timeouts.session_idle_ms
        } else {
            timeouts.session_cut_ms
        };
        let since = page.flushed.unwrap_or(page.heard);
        let time = self.now(place).ms();
        assert!(time >= since + patience, "a session expired after {} ms", time - since);
    }

    /// Users go offline by their alarms only when they have lingered long enough.
    fn observe_lingers(&mut self, place: usize, alarm: Option<Alarm>) {
        let router = &self.routers[place];
        let mailboxes = &self.ledger.mailboxes[place];
        let linger_ms = self.plan.timeouts.linger_ms;
        let time = self.now(place).ms();
        self.ledger.lingers.retain(|user, since| {
            if user.place.index() != place || mailboxes.contains_key(&user.slot) {
                return true;
            }
            let expired = alarm == Some(Alarm::User(user.slot)) && router.people.get(user.slot).is_none();
            assert!(!expired || time >= *since + linger_ms, "a user lingered {} ms", time - *since);
            false
        });
        for slot in mailboxes.keys() {
            let key = UserKey { place: Place::new(u16::try_from(place).unwrap()), slot: *slot };
            self.ledger.lingers.entry(key).or_insert(time);
        }
    }

    /// A message is answered.
    pub(super) fn said(&mut self, message: usize, late: u64, answer: &Answer) {
        let exact = self.late() == late;
        let said = &mut self.ledger.said[message];
        said.answered = Some(self.moment);
        said.exact = exact;
        let receivers = said.receivers().count() + said.kept;
        let visible = said.visible_receivers().count() + said.kept_visible;
        if let Answer::Delivered(count) = answer {
            said.counted = count.sessions as usize;
        }
        match answer {
            Answer::Delivered(count) if exact => {
                let counted = (count.sessions as usize, count.visible as usize, count.partial);
                assert_eq!(counted, (receivers, visible, false), "message {message}: the count is wrong");
            }
            Answer::Delivered(count) => {
                assert!(count.sessions as usize <= receivers && count.visible as usize <= visible);
            }
            Answer::Refused(Refusal::ReceiverFull | Refusal::Overloaded) => {
                assert!(self.plan.queues_are_short() && receivers == 0, "a receiver had room for {message}");
            }
            Answer::Refused(Refusal::NoClient) => {
                let page = said.page.expect("a site may speak for anybody");
                self.assert_ended(page);
            }
            Answer::Done
            | Answer::Online(_)
            | Answer::Onlines(_)
            | Answer::Joined(_)
            | Answer::Members(_)
            | Answer::Packets(_)
            | Answer::Refused(_) => unreachable!("{answer:?}"),
        }
    }
}
