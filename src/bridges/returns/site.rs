//! The messages that wait for one site, and the time of its next request.
//!
//! Owns: their order, the batches, and the back-off. Must not: send, or read a clock; the time is an argument. A site
//! has one request at a time, so that its messages arrive in their order.

use std::collections::VecDeque;

use super::client::PostOutcome;
use crate::base::clock::Tick;
use crate::base::limits::bridges::{
    UNDELIVERED_BATCH, UNDELIVERED_BATCH_BYTES, UNDELIVERED_LOG_MS, UNDELIVERED_RETRY_MS_MAX,
    UNDELIVERED_RETRY_MS_MIN,
};
use crate::router::mail::Returned;

#[derive(Debug)]
pub(super) struct Site {
    /// The messages, oldest first, each with the time of its arrival.
    waiting: VecDeque<(Tick, Returned)>,
    /// The request that is under way.
    batch: Option<Batch>,
    /// The most messages in one request. It shrinks when the site finds a request too large.
    batch_max: usize,
    /// The number of failed requests in a row.
    failures: u32,
    /// The time of the next request.
    due: Tick,
    /// The time of the last line in the log about this site.
    logged: Option<Tick>,
}

/// A request with this number, for this many of the oldest messages.
#[derive(Clone, Copy, Debug)]
struct Batch {
    serial: u64,
    messages: usize,
}

/// The messages that an answer has settled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct SettledCounts {
    pub(super) posted: usize,
    pub(super) refused: usize,
}

impl Site {
    /// A site without messages; its first request may go out at once.
    pub(super) fn new(now: Tick) -> Site {
        Site {
            waiting: VecDeque::new(),
            batch: None,
            batch_max: UNDELIVERED_BATCH,
            failures: 0,
            due: now,
            logged: None,
        }
    }

    /// The number of messages, those under way included.
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether its last request has failed.
    pub(super) fn is_failing(&self) -> bool {
        self.failures > 0
    }

    pub(super) fn push(&mut self, messages: Vec<Returned>, now: Tick) {
        self.waiting.extend(messages.into_iter().map(|message| (now, message)));
    }

    /// The time of the next request; `None` while one is under way or no message waits.
    pub(super) fn due(&self) -> Option<Tick> {
        (self.batch.is_none() && !self.waiting.is_empty()).then_some(self.due)
    }

    /// Makes a request due at once, as if none had failed.
    pub(super) fn hurry(&mut self, now: Tick) {
        self.failures = 0;
        self.due = now;
    }

    /// The body of the next request: a JSON list of as many messages as one may have.
    pub(super) fn take_batch(&mut self, serial: u64) -> Vec<u8> {
        let mut body = vec![b'['];
        let mut messages = 0;
        for (_, Returned { packet, .. }) in self.waiting.iter().take(self.batch_max) {
            if messages > 0 {
                if body.len() + packet.json().len() + 2 > UNDELIVERED_BATCH_BYTES {
                    break;
                }
                body.push(b',');
            }
            body.extend_from_slice(packet.json());
            messages += 1;
        }
        body.push(b']');
        self.batch = Some(Batch { serial, messages });
        body
    }

    /// Applies the outcome of a request; `None` if that request is not under way. `jitter` is any number.
    pub(super) fn settle(
        &mut self,
        serial: u64,
        outcome: &PostOutcome,
        now: Tick,
        jitter: u64,
    ) -> Option<SettledCounts> {
        let Batch { messages, .. } = self.batch.take_if(|batch| batch.serial == serial)?;
        let mut settled = SettledCounts::default();
        match outcome {
            PostOutcome::Taken => settled.posted = messages,
            PostOutcome::TooLarge if messages > 1 => self.batch_max = messages / 2,
            PostOutcome::TooLarge | PostOutcome::Refused(_) => settled.refused = messages,
            PostOutcome::Failed(_) => {
                self.failures = self.failures.saturating_add(1);
                self.due = now.after(retry_ms(self.failures, jitter));
                return Some(settled);
            }
        }
        self.hurry(now);
        let gone = settled.posted + settled.refused;
        self.waiting.drain(..gone);
        if gone > 0 {
            self.batch_max = (self.batch_max * 2).min(UNDELIVERED_BATCH);
        }
        Some(settled)
    }

    /// The time at which the oldest message is too old; `None` while a request is under way.
    pub(super) fn expires(&self, patience_ms: u64) -> Option<Tick> {
        let (since, _) = self.waiting.front().filter(|_| self.batch.is_none())?;
        Some(since.after(patience_ms))
    }

    /// Drops messages that are too old. Returns their number.
    pub(super) fn expire(&mut self, now: Tick, patience_ms: u64) -> usize {
        if self.batch.is_some() {
            return 0;
        }
        let old = self.waiting.iter().take_while(|(since, _)| since.after(patience_ms) <= now).count();
        self.waiting.drain(..old);
        old
    }

    /// Whether a line about this site may be logged now.
    pub(super) fn may_log(&mut self, now: Tick) -> bool {
        let may = self.logged.is_none_or(|logged| now.since(logged) >= UNDELIVERED_LOG_MS);
        if may {
            self.logged = Some(now);
        }
        may
    }
}

/// The pause after this many failures.
fn retry_ms(failures: u32, jitter: u64) -> u64 {
    let doubled = UNDELIVERED_RETRY_MS_MIN.checked_shl(failures.saturating_sub(1).min(32));
    let most = doubled.map_or(UNDELIVERED_RETRY_MS_MAX, |ms| ms.min(UNDELIVERED_RETRY_MS_MAX));
    most / 2 + jitter % (most / 2 + 1)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::base::admission::Budget;
    use crate::router::packet::{Message, MessageType, Packet};

    fn message(budget: &Arc<Budget>, body: &str) -> Returned {
        let packet = Packet::message(&Message {
            from: "a",
            nick: "a",
            to: "b",
            timestamp: "1",
            kind: MessageType::Unicast,
            body,
            style: "",
            id: body,
            meta: None,
        });
        Returned { packet, claim: budget.claim(1, usize::MAX).expect("there is room") }
    }

    fn at(ms: u64) -> Tick {
        Tick::ZERO.after(ms)
    }

    /// A site for which this many short messages wait since time 0, and their budget.
    fn site(messages: usize) -> (Site, Arc<Budget>) {
        let budget = Arc::default();
        let mut site = Site::new(at(0));
        site.push((0..messages).map(|number| message(&budget, &number.to_string())).collect(), at(0));
        (site, budget)
    }

    fn ids(body: &[u8]) -> Vec<String> {
        let list: Vec<serde_json::Value> = serde_json::from_slice(body).expect("a JSON list");
        list.iter().map(|message| message["id"].as_str().unwrap().to_owned()).collect()
    }

    fn failed() -> PostOutcome {
        PostOutcome::Failed("it answered 500".to_owned())
    }

    #[test]
    fn batches_go_one_after_another_in_order() {
        let (mut site, budget) = site(UNDELIVERED_BATCH + 2);
        let first = site.take_batch(1);
        assert_eq!(ids(&first)[..3], ["0", "1", "2"]);
        assert_eq!((ids(&first).len(), site.due()), (UNDELIVERED_BATCH, None));
        assert_eq!(site.settle(7, &PostOutcome::Taken, at(5), 0), None, "that is another request");
        let settled = site.settle(1, &PostOutcome::Taken, at(5), 0);
        assert_eq!(settled, Some(SettledCounts { posted: UNDELIVERED_BATCH, refused: 0 }));
        assert_eq!((budget.used(), site.due()), (2, Some(at(5))));
        assert_eq!(ids(&site.take_batch(2)), ["100", "101"]);
        site.settle(2, &PostOutcome::Taken, at(6), 0);
        assert_eq!((site.len(), site.due(), budget.used()), (0, None, 0));
    }

    #[test]
    fn a_batch_has_a_size_and_one_message_always_fits() {
        let (mut site, budget) = site(0);
        let half = "x".repeat(UNDELIVERED_BATCH_BYTES / 4);
        let whole = "y".repeat(UNDELIVERED_BATCH_BYTES);
        site.push([&half, &whole, &half].map(|body| message(&budget, body)).into(), at(0));
        for (serial, expected) in [&half, &whole, &half].into_iter().enumerate() {
            let body = site.take_batch(serial as u64);
            assert!(ids(&body) == [expected.as_str()]);
            site.settle(serial as u64, &PostOutcome::Taken, at(0), 0);
        }
    }

    #[test]
    fn pauses_grow_while_a_site_fails_and_end_at_once() {
        let (mut site, _budget) = site(1);
        let mut now = at(0);
        for (serial, most) in
            [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000].into_iter().enumerate()
        {
            for jitter in [0, 1, 12_345, u64::MAX] {
                let failures = u32::try_from(serial).unwrap() + 1;
                let waited = retry_ms(failures, jitter);
                assert!((most / 2..=most).contains(&waited), "{waited} after {failures}");
            }
            site.take_batch(serial as u64);
            assert_eq!(site.settle(serial as u64, &failed(), now, 0), Some(SettledCounts::default()));
            assert!(site.is_failing());
            assert_eq!(site.due(), Some(now.after(most / 2)));
            now = now.after(most / 2);
        }
        assert!(retry_ms(u32::MAX, 0) == UNDELIVERED_RETRY_MS_MAX / 2);
        site.hurry(now);
        assert_eq!(site.due(), Some(now));
        assert_eq!(ids(&site.take_batch(99)), ["0"], "it is the same message");
    }

    #[test]
    fn refused_messages_are_not_sent_again() {
        let (mut site, budget) = site(2);
        site.take_batch(1);
        site.push(vec![message(&budget, "later")], at(1));
        let settled = site.settle(1, &PostOutcome::Refused(400), at(2), 0);
        assert_eq!(settled, Some(SettledCounts { posted: 0, refused: 2 }));
        assert_eq!(ids(&site.take_batch(2)), ["later"]);
    }

    #[test]
    fn a_batch_that_is_too_large_is_halved() {
        let (mut site, _budget) = site(5);
        let mut sizes = Vec::new();
        for serial in 0.. {
            if site.len() == 0 {
                break;
            }
            let taken = ids(&site.take_batch(serial)).len();
            sizes.push(taken);
            let outcome = if taken > 1 { PostOutcome::TooLarge } else { PostOutcome::Taken };
            site.settle(serial, &outcome, at(0), 0);
        }
        assert_eq!(sizes, [5, 2, 1, 2, 1, 2, 1, 2, 1, 1]);
        site.push(vec![message(&Arc::default(), "huge")], at(0));
        site.take_batch(50);
        let settled = site.settle(50, &PostOutcome::TooLarge, at(0), 0);
        assert_eq!(settled, Some(SettledCounts { posted: 0, refused: 1 }), "one message cannot be halved");
    }

    #[test]
    fn old_messages_expire_but_not_while_they_are_under_way() {
        let (mut site, budget) = site(2);
        site.push(vec![message(&budget, "younger")], at(50));
        assert_eq!(site.expires(100), Some(at(100)));
        site.take_batch(1);
        assert_eq!((site.expires(100), site.expire(at(500), 100)), (None, 0));
        site.settle(1, &failed(), at(120), 0);
        assert_eq!(site.expire(at(99), 100), 0);
        assert_eq!((site.expire(at(149), 100), site.len(), budget.used()), (2, 1, 1));
        assert_eq!(site.expires(100), Some(at(150)));
    }

    #[test]
    fn lines_about_a_site_are_rare() {
        let (mut site, _budget) = site(0);
        let times = [0, 1, UNDELIVERED_LOG_MS - 1, UNDELIVERED_LOG_MS, UNDELIVERED_LOG_MS + 1];
        assert_eq!(times.map(|ms| site.may_log(at(ms))), [true, false, false, true, false]);
    }
}
