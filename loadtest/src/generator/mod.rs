//! The generator: threads that play the site and its visitors.
//!
//! Owns: the threads, what they share, and telling them what to do. Must not: measure the server. Every thread has an
//! event loop, its own part of the users and its own descriptor table, so that none waits for another and each may
//! have as many connections as the limit says. What other threads touch, their wakers, is made before the first
//! thread gets its table.

mod buddies;
mod caller;
mod callers;
pub(crate) mod ledger;
mod setup;
pub(crate) mod tally;
pub(crate) mod task;
mod user;
mod users;
mod worker;

use std::error::Error;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use mio::{Poll, Waker};
use nix::sys::resource::{Resource, getrlimit, setrlimit};

pub(crate) use setup::Setup;
use setup::{Shared, WAKER};
use tally::Tally;
use task::{Order, Task};
use worker::{Word, Worker};

/// Descriptors a thread needs beside its connections.
const DESCRIPTOR_RESERVE: u64 = 64;
/// How long after its deadline a thread may report.
const REPORT_PATIENCE: Duration = Duration::from_secs(20);

/// The threads.
pub(crate) struct Fleet {
    threads: Vec<Thread>,
    reports: Receiver<Tally>,
    shared: Arc<Shared>,
    setup: Arc<Setup>,
}

struct Thread {
    words: Sender<Word>,
    waker: Waker,
    handle: Option<JoinHandle<io::Result<()>>>,
}

impl Thread {
    fn tell(&self, word: Word) -> io::Result<()> {
        self.words.send(word).map_err(|_| io::Error::other("a thread of the generator has ended"))?;
        self.waker.wake()
    }
}

impl Fleet {
    /// Starts a thread for each part.
    pub(crate) fn start(setup: Setup) -> Result<Fleet, Box<dyn Error>> {
        let setup = Arc::new(setup);
        let shared = Arc::new(Shared::default());
        let (report, reports) = channel();
        let mut polls = Vec::new();
        for _ in 0..setup.population.parts {
            let poll = Poll::new()?;
            let waker = Waker::new(poll.registry(), WAKER)?;
            polls.push((poll, waker));
        }
        let mut threads = Vec::new();
        for (index, (poll, waker)) in (0..).zip(polls) {
            let (words, heard) = channel();
            let (setup, shared, report) = (Arc::clone(&setup), Arc::clone(&shared), report.clone());
            let handle = thread::Builder::new()
                .name(format!("load-{index}"))
                .spawn(move || Worker::new(poll, setup, shared, index)?.run(&heard, &report))?;
            threads.push(Thread { words, waker, handle: Some(handle) });
        }
        Ok(Fleet { threads, reports, shared, setup })
    }

    /// How many threads there are.
    pub(crate) fn threads(&self) -> usize {
        self.threads.len()
    }

    /// Has a task done by all threads. `watch` is told every second how many users are at their polls.
    pub(crate) fn perform(&self, order: Order, watch: &mut dyn FnMut(u64)) -> Result<Tally, Box<dyn Error>> {
        match order.task {
            Task::Broadcast { number, rate, .. } => self.tell_of_broadcast(order, number, rate)?,
            Task::Park(_) | Task::Storm(_) => {
                self.shared.parked.store(0, Ordering::Relaxed);
                self.tell_all(order)?;
            }
            Task::Messages { .. } | Task::Churn(_) | Task::Leave(_) | Task::Idle => self.tell_all(order)?,
        }
        let until =
            Instant::now() + Duration::from_secs_f64(order.seconds + order.patience) + REPORT_PATIENCE;
        let mut sum = Tally::default();
        let mut missing = self.threads.len();
        while missing > 0 {
            match self.reports.recv_timeout(Duration::from_secs(1)) {
                Ok(tally) => {
                    sum.add(&tally);
                    missing -= 1;
                }
                Err(RecvTimeoutError::Timeout) => watch(self.shared.parked.load(Ordering::Relaxed)),
                Err(RecvTimeoutError::Disconnected) => return Err("the generator has failed".into()),
            }
            if Instant::now() > until || self.threads.iter().any(Thread::has_ended) {
                return Err("a thread of the generator has failed or hangs".into());
            }
        }
        Ok(sum)
    }

    fn tell_all(&self, order: Order) -> io::Result<()> {
        self.threads.iter().try_for_each(|thread| thread.tell(Word::Begin(order)))
    }

    /// Everybody must await a broadcast before it is sent. One thread for each server sends it, or one for
    /// all nodes of a cluster.
    fn tell_of_broadcast(&self, order: Order, number: u32, rate: Option<f64>) -> Result<(), Box<dyn Error>> {
        let word = |sends| Word::Begin(Order { task: Task::Broadcast { number, sends, rate }, ..order });
        let servers = if self.setup.nodes.is_empty() { self.setup.addresses.len() } else { 1 };
        let (senders, others) = self.threads.split_at(servers.min(self.threads.len()));
        self.shared.heard.store(0, Ordering::SeqCst);
        for thread in others {
            thread.tell(word(false))?;
        }
        let until = Instant::now() + REPORT_PATIENCE;
        while self.shared.heard.load(Ordering::SeqCst) < others.len() as u64 {
            if Instant::now() > until {
                return Err("a thread of the generator hangs".into());
            }
            thread::sleep(Duration::from_millis(1));
        }
        for thread in senders {
            thread.tell(word(true))?;
        }
        Ok(())
    }
}

impl Thread {
    fn has_ended(&self) -> bool {
        self.handle.as_ref().is_none_or(JoinHandle::is_finished)
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        for thread in &self.threads {
            // One that has ended needs no word.
            thread.tell(Word::End).ok();
        }
        for thread in &mut self.threads {
            if let Some(handle) = thread.handle.take() {
                // Whatever it failed with was told when its reports were missing.
                handle.join().ok();
            }
        }
    }
}

/// Raises the soft limit of descriptors to the hard one, for this process and the servers it starts. Returns how many
/// connections a thread can have.
pub(crate) fn connections_per_table() -> Result<u64, Box<dyn Error>> {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    setrlimit(Resource::RLIMIT_NOFILE, hard, hard)?;
    Ok(hard.saturating_sub(DESCRIPTOR_RESERVE))
}
