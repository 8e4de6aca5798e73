//! Mail between shards.
//!
//! Owns: one bounded channel into each shard, what waits for a place in it, and the wakers. Must not: look into the
//! mail. Mail of one shard to another arrives in the order it was sent, a batch per turn; what does not fit stays
//! with the sender. No send blocks a shard.

use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, SendTimeoutError, Sender, TrySendError, bounded};

use super::wake::WakeFlag;
use crate::base::domains::Domains;
use crate::base::limits::turn::{MAILBOX_BATCHES, MAILBOX_WAIT_MS};
use crate::router::ids::Place;
use crate::router::mail::Mail;

/// What can lie in a shard's mailbox.
#[derive(Debug)]
pub enum Parcel {
    /// Mail of another router, in order.
    Mail(Vec<Mail>),
    /// The domains were configured anew.
    Domains(Arc<Domains>),
    /// Take nothing new, finish what there is.
    Drain,
    /// All shards have drained: end.
    Stop,
}

/// The door to one shard's mailbox. Its waker must have been made before any shard got its own descriptor table,
/// so that its number means the same in all of them.
#[derive(Clone, Debug)]
pub struct Door {
    channel: Sender<Parcel>,
    bell: Arc<Bell>,
}

#[derive(Debug)]
struct Bell {
    flag: WakeFlag,
    waker: mio::Waker,
}

/// One shard's own end of its mailbox.
#[derive(Debug)]
pub struct Inbox {
    channel: Receiver<Parcel>,
    bell: Arc<Bell>,
}

/// A mailbox whose owner is woken by `waker`.
pub fn mailbox(waker: mio::Waker) -> (Door, Inbox) {
    let (sender, receiver) = bounded(MAILBOX_BATCHES);
    let bell = Arc::new(Bell { flag: WakeFlag::new(), waker });
    (Door { channel: sender, bell: Arc::clone(&bell) }, Inbox { channel: receiver, bell })
}

impl Door {
    /// Puts a parcel in, for threads that may wait a little for a place.
    pub fn put(&self, parcel: Parcel) {
        match self.channel.send_timeout(parcel, Duration::from_millis(MAILBOX_WAIT_MS)) {
            // Whoever waits for the server learns that a shard has ended.
            Ok(()) | Err(SendTimeoutError::Disconnected(_)) => {}
            Err(SendTimeoutError::Timeout(_)) => log::error!("a shard does not take its mail"),
        }
        self.ring();
    }

    /// How many batches lie in the mailbox.
    pub fn batches(&self) -> usize {
        self.channel.len()
    }

    /// Wakes the owner if it sleeps; says whether it did.
    fn ring(&self) -> bool {
        let wake = self.bell.flag.must_wake();
        if wake && let Err(error) = self.bell.waker.wake() {
            // An eventfd that is ours and open cannot fail; if it does, the mail waits for the next event.
            log::error!("a shard could not be woken: {error}");
        }
        wake
    }
}

impl Inbox {
    /// Announces sleep. Returns whether the shard may really sleep: `false` if there is mail.
    pub fn sleep(&self) -> bool {
        self.bell.flag.sleep();
        self.channel.is_empty()
    }

    /// Announces that the shard is awake.
    pub fn awake(&self) {
        self.bell.flag.awake();
    }

    /// Takes the next parcel.
    pub fn take(&self) -> Option<Parcel> {
        self.channel.try_recv().ok() // empty; the server's handle keeps it connected
    }

    /// Whether there is mail.
    pub fn is_empty(&self) -> bool {
        self.channel.is_empty()
    }
}

/// What a shard has to send: one batch for every other shard.
#[derive(Debug)]
pub struct Outbox {
    doors: Vec<Door>,
    batches: Vec<Vec<Mail>>,
    /// Mail in all batches.
    waiting: usize,
    /// What was weighed of each batch, because it did not fit: how much mail, and how many bytes.
    weighed: Vec<(usize, usize)>,
}

/// What a round of posting did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Posted {
    /// Mail that was sent.
    pub mail: u64,
    /// Shards that slept and were woken.
    pub wakes: u64,
    /// Mailboxes that were full.
    pub delayed: u64,
}

impl Outbox {
    /// An empty one; `doors` are those of all shards, by their places.
    pub fn new(doors: Vec<Door>) -> Outbox {
        let batches = doors.iter().map(|_| Vec::new()).collect();
        let weighed = vec![(0, 0); doors.len()];
        Outbox { doors, batches, waiting: 0, weighed }
    }

    /// Adds mail to this turn's batch.
    pub fn push(&mut self, to: Place, mail: Mail) {
        self.batches[usize::from(to.0)].push(mail);
        self.waiting += 1;
    }

    /// Mail that has not been sent.
    pub fn waiting(&self) -> usize {
        self.waiting
    }

    /// The bytes of what did not fit when it was last posted.
    pub fn waiting_bytes(&self) -> usize {
        self.weighed.iter().map(|(_, bytes)| bytes).sum()
    }

    /// Sends every batch that fits into its mailbox, and wakes who sleeps.
    pub fn post(&mut self) -> Posted {
        let mut posted = Posted::default();
        if self.waiting == 0 {
            return posted;
        }
        let batches = self.batches.iter_mut().zip(&mut self.weighed);
        for (door, (batch, weighed)) in self.doors.iter().zip(batches) {
            if batch.is_empty() {
                continue;
            }
            let count = batch.len();
            match door.channel.try_send(Parcel::Mail(std::mem::take(batch))) {
                Ok(()) => {
                    *weighed = (0, 0);
                    self.waiting -= count;
                    posted.mail += count as u64;
                    posted.wakes += u64::from(door.ring());
                }
                Err(TrySendError::Full(Parcel::Mail(kept))) => {
                    *batch = kept;
                    // Only now, and only what is new: nearly all mail fits, and need not be looked at.
                    weighed.1 += batch[weighed.0..].iter().map(Mail::bytes).sum::<usize>();
                    weighed.0 = count;
                    posted.delayed += 1;
                }
                // That shard has ended: the process is going down, nobody waits for this mail.
                Err(TrySendError::Disconnected(_)) => {
                    *weighed = (0, 0);
                    self.waiting -= count;
                }
                Err(TrySendError::Full(_)) => unreachable!("what comes back is what was sent"),
            }
        }
        posted
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::router::call::Answer;
    use crate::router::ids::CallKey;
    use crate::router::mail::CallAnswer;

    fn mail(serial: u32) -> Mail {
        let key = CallKey { place: Place(0), conn: 0, serial };
        Mail::Answer(CallAnswer { key, answer: Answer::Done })
    }

    fn serials(inbox: &Inbox) -> Vec<u32> {
        let mail = std::iter::from_fn(|| inbox.take()).flat_map(|parcel| match parcel {
            Parcel::Mail(mail) => mail,
            Parcel::Domains(_) | Parcel::Drain | Parcel::Stop => Vec::new(),
        });
        let answers = mail.map(|mail| {
            let Mail::Answer(CallAnswer { key, .. }) = mail else { panic!("unexpected {mail:?}") };
            key.serial
        });
        answers.collect()
    }

    fn pair() -> (mio::Poll, Outbox, Inbox) {
        let poll = mio::Poll::new().unwrap();
        let (door, inbox) = mailbox(mio::Waker::new(poll.registry(), mio::Token(0)).unwrap());
        (poll, Outbox::new(vec![door]), inbox)
    }

    #[test]
    fn a_full_mailbox_delays_mail_and_keeps_its_order() {
        let (_poll, mut outbox, inbox) = pair();
        let mut expected = Vec::new();
        for serial in 0..u32::try_from(MAILBOX_BATCHES).unwrap() + 5 {
            outbox.push(Place(0), mail(serial));
            outbox.post();
            expected.push(serial);
        }
        assert_eq!(outbox.waiting(), 5);
        assert_eq!(outbox.waiting_bytes(), 5 * mail(1).bytes());
        let mut arrived = serials(&inbox);
        assert_eq!(arrived.len(), MAILBOX_BATCHES);
        assert_eq!(outbox.post(), Posted { mail: 5, wakes: 0, delayed: 0 });
        arrived.extend(serials(&inbox));
        assert_eq!(arrived, expected);
        assert!(inbox.is_empty() && outbox.waiting() == 0 && outbox.waiting_bytes() == 0);
    }

    #[test]
    fn only_a_sleeper_is_woken_and_only_once() {
        let (mut poll, mut outbox, inbox) = pair();
        outbox.push(Place(0), mail(1));
        assert_eq!(outbox.post().wakes, 0, "it is awake");
        assert!(!inbox.sleep(), "there is mail");
        inbox.awake();
        assert_eq!(serials(&inbox), [1]);
        assert!(inbox.sleep());
        for serial in [2, 3] {
            outbox.push(Place(0), mail(serial));
            assert_eq!(outbox.post().wakes, u64::from(serial == 2));
        }
        let mut events = mio::Events::with_capacity(4);
        poll.poll(&mut events, None).unwrap();
        assert_eq!(events.iter().count(), 1);
    }
}
