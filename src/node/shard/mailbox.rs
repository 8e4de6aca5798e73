//! Mail between shards.
//!
//! Owns: one bounded channel into each shard, the mail that waits for a place in it, and the wakers. Must not:
//! interpret mail. Mail of one shard to another arrives in the order it was sent, a batch per turn; mail that does not
//! fit stays with the sender. No send blocks a shard.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, SendTimeoutError, Sender, TrySendError, bounded};

use super::moving::MovedConn;
use super::wake::WakeFlag;
use crate::base::domains::Domains;
use crate::base::limits::turn::{MAILBOX_BATCHES, MAILBOX_WAIT_MS};
use crate::router::ids::Place;
use crate::router::mail::{Envelope, Mail};

/// An entry of a shard's mailbox.
#[derive(Debug)]
pub enum Parcel {
    /// Mail of another router, in its order.
    Mail(Vec<Mail>),
    /// Mail for other nodes, to the bridge.
    Away(Vec<Envelope>),
    /// Connections that have moved here.
    Conns(Vec<MovedConn>),
    /// The domains of a reloaded configuration. The sender brings nothing: it is dropped when they are taken.
    Domains(Arc<Domains>, Option<Sender<Infallible>>),
    /// Begin the drain.
    Drain,
    /// All shards have drained: end the thread.
    Stop,
}

/// The sending end of a shard's mailbox. Its waker must be made before any shard gets its own descriptor table, so that
/// its number means the same in all of them.
#[derive(Clone, Debug)]
pub struct MailboxHandle {
    channel: Sender<Parcel>,
    waker: Arc<MailboxWaker>,
}

#[derive(Debug)]
struct MailboxWaker {
    flag: WakeFlag,
    bell: Bell,
}

/// What wakes the owner of a mailbox.
enum Bell {
    Shard(mio::Waker),
    #[cfg(feature = "cluster")]
    Bridge(Box<dyn Fn() + Send + Sync>),
}

impl Bell {
    fn ring(&self) -> std::io::Result<()> {
        match self {
            Bell::Shard(waker) => waker.wake(),
            #[cfg(feature = "cluster")]
            Bell::Bridge(ring) => {
                ring();
                Ok(())
            }
        }
    }
}

impl std::fmt::Debug for Bell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bell").finish_non_exhaustive()
    }
}

/// The receiving end of a shard's mailbox.
#[derive(Debug)]
pub struct Inbox {
    channel: Receiver<Parcel>,
    waker: Arc<MailboxWaker>,
}

/// A mailbox whose owner is woken by `waker`.
pub fn mailbox(waker: mio::Waker) -> (MailboxHandle, Inbox) {
    mailbox_of(Bell::Shard(waker))
}

/// The mailbox of the bridge to other nodes, which is woken by `ring`.
#[cfg(feature = "cluster")]
pub(crate) fn bridge_mailbox(ring: impl Fn() + Send + Sync + 'static) -> (MailboxHandle, Inbox) {
    mailbox_of(Bell::Bridge(Box::new(ring)))
}

fn mailbox_of(bell: Bell) -> (MailboxHandle, Inbox) {
    let (sender, receiver) = bounded(MAILBOX_BATCHES);
    let waker = Arc::new(MailboxWaker { flag: WakeFlag::new(), bell });
    (MailboxHandle { channel: sender, waker: Arc::clone(&waker) }, Inbox { channel: receiver, waker })
}

impl MailboxHandle {
    /// Sends a parcel, from a thread that may wait a little for a place.
    pub(crate) fn send(&self, parcel: Parcel) {
        match self.channel.send_timeout(parcel, Duration::from_millis(MAILBOX_WAIT_MS)) {
            // A shard that has ended has reported that.
            Ok(()) | Err(SendTimeoutError::Disconnected(_)) => {}
            Err(SendTimeoutError::Timeout(_)) => {
                log::error!("a shard has not taken an order in {MAILBOX_WAIT_MS} ms; it is lost");
            }
        }
        self.wake();
    }

    /// The number of batches in the mailbox.
    pub(crate) fn batches(&self) -> usize {
        self.channel.len()
    }

    /// Wakes the shard if it sleeps. Returns whether it did.
    fn wake(&self) -> bool {
        let must_wake = self.waker.flag.must_wake();
        if must_wake && let Err(error) = self.waker.bell.ring() {
            // An open eventfd of this process cannot fail. If it does, the mail waits for the next event.
            log::error!("cannot wake a shard: {error}");
        }
        must_wake
    }
}

impl Inbox {
    /// Announces sleep. Returns whether the shard may really sleep: `false` if there is mail.
    pub fn sleep(&self) -> bool {
        self.waker.flag.sleep();
        self.channel.is_empty()
    }

    /// Announces that the shard is awake.
    pub fn awake(&self) {
        self.waker.flag.awake();
    }

    /// The next parcel, if one has come.
    pub fn take(&self) -> Option<Parcel> {
        self.channel.try_recv().ok() // an error means empty: the server's handle keeps it connected
    }

    /// Whether no parcel has come.
    pub(crate) fn is_empty(&self) -> bool {
        self.channel.is_empty()
    }
}

/// The mail a shard has to send: a batch for each other shard.
#[derive(Debug)]
pub struct Outbox {
    mailboxes: Vec<MailboxHandle>,
    batches: Vec<Vec<Mail>>,
    /// The mailbox of the bridge to other nodes, if there is one, and the mail for them.
    bridge: Option<MailboxHandle>,
    away: Vec<Envelope>,
    /// Connections that go to each other shard.
    conns: Vec<Vec<MovedConn>>,
    /// The mail in all batches, and the connections.
    waiting: usize,
    /// The part of each batch that did not fit and was measured: its mail, and its bytes.
    measured: Vec<(usize, usize)>,
}

/// The counts of one round of posting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PostCounts {
    /// Mail that its mailbox took.
    pub(crate) mail: u64,
    /// Shards that slept and were woken.
    pub wakes: u64,
    /// Mailboxes that were full.
    pub(crate) delayed: u64,
}

impl Outbox {
    /// `mailboxes` are those of all shards, by their places.
    pub fn new(mailboxes: Vec<MailboxHandle>) -> Outbox {
        let batches = mailboxes.iter().map(|_| Vec::new()).collect();
        let measured = vec![(0, 0); mailboxes.len()];
        let conns = mailboxes.iter().map(|_| Vec::new()).collect();
        let (bridge, away) = (None, Vec::new());
        Outbox { mailboxes, batches, bridge, away, conns, waiting: 0, measured }
    }

    /// The same, and places behind those of the shards are reached by this mailbox.
    #[must_use]
    pub(crate) fn with_bridge(self, bridge: Option<MailboxHandle>) -> Outbox {
        Outbox { bridge, ..self }
    }

    /// Adds mail to this turn's batch.
    pub fn push(&mut self, to: Place, mail: Mail) {
        match self.batches.get_mut(to.index()) {
            Some(batch) => batch.push(mail),
            None => self.away.push(Envelope { to, mail }),
        }
        self.waiting += 1;
    }

    /// Adds a connection that moves. It is posted behind all mail so far.
    pub(crate) fn push_conn(&mut self, to: Place, conn: MovedConn) {
        self.conns[to.index()].push(conn);
        self.waiting += 1;
    }

    /// The number of pieces of mail that wait to be posted.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting
    }

    /// The bytes of the mail that did not fit when it was last posted.
    pub(crate) fn waiting_bytes(&self) -> usize {
        self.measured.iter().map(|(_, bytes)| bytes).sum()
    }

    /// Sends each batch that fits into its mailbox, and wakes shards that sleep.
    pub fn post(&mut self) -> PostCounts {
        let mut posted = PostCounts::default();
        if self.waiting == 0 {
            return posted;
        }
        for place in 0..self.mailboxes.len() {
            // Connections follow all mail that came before them.
            if self.post_batch(place, &mut posted) {
                self.post_conns(place, &mut posted);
            }
        }
        self.post_away(&mut posted);
        posted
    }

    /// Posts the mail for other nodes.
    fn post_away(&mut self, posted: &mut PostCounts) {
        let (Some(bridge), count) = (&self.bridge, self.away.len()) else { return };
        if count == 0 {
            return;
        }
        match bridge.channel.try_send(Parcel::Away(std::mem::take(&mut self.away))) {
            Ok(()) => {
                self.waiting -= count;
                posted.mail += count as u64;
                posted.wakes += u64::from(bridge.wake());
            }
            Err(TrySendError::Full(Parcel::Away(kept))) => {
                self.away = kept;
                posted.delayed += 1;
            }
            // The bridge has ended: the process goes down.
            Err(TrySendError::Disconnected(_)) => self.waiting -= count,
            Err(TrySendError::Full(_)) => unreachable!("a full channel returns what was sent"),
        }
    }

    /// Posts the mail for one shard. Returns whether none is left.
    fn post_batch(&mut self, place: usize, posted: &mut PostCounts) -> bool {
        let (mailbox, batch) = (&self.mailboxes[place], &mut self.batches[place]);
        let measured = &mut self.measured[place];
        let count = batch.len();
        if count == 0 {
            return true;
        }
        match mailbox.channel.try_send(Parcel::Mail(std::mem::take(batch))) {
            Ok(()) => {
                *measured = (0, 0);
                self.waiting -= count;
                posted.mail += count as u64;
                posted.wakes += u64::from(mailbox.wake());
                true
            }
            Err(TrySendError::Full(Parcel::Mail(kept))) => {
                *batch = kept;
                // Only mail that does not fit is measured, once: nearly all mail fits.
                measured.1 += batch[measured.0..].iter().map(Mail::bytes).sum::<usize>();
                measured.0 = count;
                posted.delayed += 1;
                false
            }
            // That shard has ended: the process goes down, and nobody waits for this mail.
            Err(TrySendError::Disconnected(_)) => {
                *measured = (0, 0);
                self.waiting -= count;
                true
            }
            Err(TrySendError::Full(_)) => unreachable!("a full channel returns what was sent"),
        }
    }

    fn post_conns(&mut self, place: usize, posted: &mut PostCounts) {
        let (mailbox, conns) = (&self.mailboxes[place], &mut self.conns[place]);
        let count = conns.len();
        if count == 0 {
            return;
        }
        match mailbox.channel.try_send(Parcel::Conns(std::mem::take(conns))) {
            Ok(()) => {
                self.waiting -= count;
                posted.wakes += u64::from(mailbox.wake());
            }
            Err(TrySendError::Full(Parcel::Conns(kept))) => {
                *conns = kept;
                posted.delayed += 1;
            }
            // Their descriptors close with the process, which goes down.
            Err(TrySendError::Disconnected(_)) => self.waiting -= count,
            Err(TrySendError::Full(_)) => unreachable!("a full channel returns what was sent"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::router::call::Answer;
    use crate::router::ids::CallKey;
    use crate::router::mail::CallAnswer;

    fn mail(serial: u32) -> Mail {
        let key = CallKey { place: Place::new(0), conn: 0, serial };
        Mail::Answer(CallAnswer { key, answer: Answer::Done })
    }

    fn serials(inbox: &Inbox) -> Vec<u32> {
        let mail = std::iter::from_fn(|| inbox.take()).flat_map(|parcel| match parcel {
            Parcel::Mail(mail) => mail,
            Parcel::Away(_) | Parcel::Conns(_) | Parcel::Domains(..) | Parcel::Drain | Parcel::Stop => {
                Vec::new()
            }
        });
        let answers = mail.map(|mail| {
            let Mail::Answer(CallAnswer { key, .. }) = mail else { panic!("unexpected {mail:?}") };
            key.serial
        });
        answers.collect()
    }

    fn pair() -> (mio::Poll, Outbox, Inbox) {
        let poll = mio::Poll::new().unwrap();
        let (handle, inbox) = mailbox(mio::Waker::new(poll.registry(), mio::Token(0)).unwrap());
        (poll, Outbox::new(vec![handle]), inbox)
    }

    #[test]
    fn a_full_mailbox_delays_mail_and_keeps_its_order() {
        let (_poll, mut outbox, inbox) = pair();
        let mut expected = Vec::new();
        for serial in 0..u32::try_from(MAILBOX_BATCHES).unwrap() + 5 {
            outbox.push(Place::new(0), mail(serial));
            outbox.post();
            expected.push(serial);
        }
        assert_eq!(outbox.waiting(), 5);
        assert_eq!(outbox.waiting_bytes(), 5 * mail(1).bytes());
        let mut arrived = serials(&inbox);
        assert_eq!(arrived.len(), MAILBOX_BATCHES);
        assert_eq!(outbox.post(), PostCounts { mail: 5, wakes: 0, delayed: 0 });
        arrived.extend(serials(&inbox));
        assert_eq!(arrived, expected);
        assert!(inbox.is_empty() && outbox.waiting() == 0 && outbox.waiting_bytes() == 0);
    }

    #[test]
    fn only_a_sleeper_is_woken_and_only_once() {
        let (mut poll, mut outbox, inbox) = pair();
        outbox.push(Place::new(0), mail(1));
        assert_eq!(outbox.post().wakes, 0, "it is awake");
        assert!(!inbox.sleep(), "there is mail");
        inbox.awake();
        assert_eq!(serials(&inbox), [1]);
        assert!(inbox.sleep());
        for serial in [2, 3] {
            outbox.push(Place::new(0), mail(serial));
            assert_eq!(outbox.post().wakes, u64::from(serial == 2));
        }
        let mut events = mio::Events::with_capacity(4);
        poll.poll(&mut events, None).unwrap();
        assert_eq!(events.iter().count(), 1);
    }
}
