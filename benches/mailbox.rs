//! What mail between shards costs: one batch, posted and taken.
//!
//! Owns: one mailbox with both of its ends. Must not: start a second thread, whose pace would be measured as well.
//!
//! `awake` is mail to a shard that is busy: the batch is filled, posted, and taken again, without a system call. `asleep`
//! is mail to a shard that sleeps: it has announced its sleep, is woken when the batch is posted, and finds the event. This
//! includes two system calls, the write that wakes and the poll that returns it; neither has to wait. `none` is the cost
//! of a turn without mail: nothing to post, sleep announced, awake again.
//!
//! A number here is CPU time on one core, of the sender and the receiver together, for a batch of this many pieces of
//! mail. It shows whether a change of `shard/mailbox.rs` or `shard/wake.rs` made them faster or slower,
//! and the cost of a wake, which is why mail is posted once a turn. It is not the latency of a message between two shards:
//! there the mail passes from one core's cache to another's, and a core that sleeps needs some microseconds to wake up.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput};
use mio::{Events, Poll, Token, Waker};
use nextim::internals::{Answer, CallAnswer, CallKey, Inbox, Mail, Outbox, Parcel, Place, mailbox};

const THERE: Place = Place::new(0);

/// A mailbox, its owner's poll, and a sender.
struct World {
    poll: Poll,
    events: Events,
    inbox: Inbox,
    outbox: Outbox,
}

impl World {
    fn new() -> World {
        let poll = Poll::new().expect("a process may have an epoll");
        let waker = Waker::new(poll.registry(), Token(0)).expect("and an eventfd");
        let (handle, inbox) = mailbox(waker);
        World { poll, events: Events::with_capacity(16), inbox, outbox: Outbox::new(vec![handle]) }
    }

    /// Posts a batch; returns how often that woke the receiver.
    fn post(&mut self, count: u32) -> u64 {
        for serial in 0..count {
            let key = CallKey { place: THERE, conn: 4_711, serial };
            self.outbox.push(THERE, black_box(Mail::Answer(CallAnswer { key, answer: Answer::Done })));
        }
        self.outbox.post().wakes
    }

    /// Takes a batch.
    fn take(&mut self) {
        match self.inbox.take() {
            Some(Parcel::Mail(batch)) => batch.into_iter().for_each(|mail| drop(black_box(mail))),
            Some(Parcel::Away(_) | Parcel::Conns(_) | Parcel::Domains(..) | Parcel::Drain | Parcel::Stop)
            | None => {
                panic!("mail was posted")
            }
        }
    }

    /// The receiver's poll, which does not wait.
    fn has_event(&mut self) -> bool {
        self.poll.poll(&mut self.events, Some(Duration::ZERO)).expect("an epoll can be polled");
        !self.events.is_empty()
    }
}

fn awake(criterion: &mut Criterion) {
    let mut world = World::new();
    let mut group = criterion.benchmark_group("mail, awake");
    for count in [1, 16] {
        group.throughput(Throughput::Elements(u64::from(count)));
        group.bench_function(BenchmarkId::from_parameter(count), |bencher| {
            bencher.iter(|| {
                assert_eq!(world.post(count), 0, "it is awake");
                world.take();
            });
        });
    }
    group.finish();
}

fn asleep(criterion: &mut Criterion) {
    let mut world = World::new();
    let mut group = criterion.benchmark_group("mail, asleep");
    for count in [1, 16] {
        group.throughput(Throughput::Elements(u64::from(count)));
        group.bench_function(BenchmarkId::from_parameter(count), |bencher| {
            bencher.iter(|| {
                assert!(world.inbox.sleep(), "there is no mail");
                assert_eq!(world.post(count), 1, "it sleeps");
                assert!(world.has_event(), "it is woken");
                world.inbox.awake();
                world.take();
            });
        });
    }
    group.finish();
}

fn nothing(criterion: &mut Criterion) {
    let mut world = World::new();
    criterion.bench_function("mail, none", |bencher| {
        bencher.iter(|| {
            black_box(world.outbox.post());
            black_box(world.inbox.sleep());
            world.inbox.awake();
        });
    });
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    awake(&mut criterion);
    asleep(&mut criterion);
    nothing(&mut criterion);
    criterion.final_summary();
}
