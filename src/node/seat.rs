//! Seats: what shards are made of, and their threads.
//!
//! Owns: making what all shards need before the first of them has a descriptor table of its own, and the steps in which a
//! shard's thread begins. Must not: know what shards do.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use crossbeam_channel::{Receiver, Sender, bounded};
use mio::{Poll, Waker};
use nix::sched::{CloneFlags, unshare};
use nix::sys::signal::SigSet;

use super::plan::Plan;
use super::{StartError, ended_early};
use crate::base::admission::{Addresses, Pace};
use crate::base::clock::Origin;
use crate::base::domains::Domains;
use crate::base::limits::admission::ACCEPT_BURST_MS;
use crate::base::stats::Stats;
use crate::bridges::returns::Returns;
use crate::config::Config;
use crate::node::shard::gate::{Gate, Rules};
use crate::node::shard::listener::Listeners;
use crate::node::shard::mailbox::{Door, Inbox, Outbox, mailbox};
use crate::node::shard::{Parts, Report, Shard, WAKER};
use crate::router::Settings;
use crate::router::directory::Places;
use crate::router::ids::Place;

/// What a shard's thread is started with.
#[derive(Debug)]
pub(super) struct Seat {
    poll: Poll,
    inbox: Inbox,
    outbox: Outbox,
    settings: Settings,
    /// How often it accepts.
    accepts: Option<Pace>,
    gate: Gate,
    origin: Origin,
    stats: Stats,
    returns: Returns,
    reports: Sender<Report>,
}

/// What a shard is told once all shards have their tables.
#[derive(Debug)]
pub(super) struct Opening {
    pub(super) addresses: Vec<SocketAddr>,
    pub(super) poll_url: Arc<str>,
}

/// Makes everything that must be made before the first shard has a table of its own.
pub(super) fn seats(
    config: &Config,
    plan: Plan,
    domains: &Arc<Domains>,
    stats: &Stats,
    returns: &Returns,
    reports: &Sender<Report>,
) -> Result<(Vec<Seat>, Vec<Door>), StartError> {
    let mut doors = Vec::new();
    let mut ends = Vec::new();
    for _ in 0..plan.shards {
        let poll = Poll::new().map_err(|error| StartError::new("shards", error))?;
        let waker = Waker::new(poll.registry(), WAKER).map_err(|error| StartError::new("shards", error))?;
        let (door, inbox) = mailbox(waker);
        doors.push(door);
        ends.push((poll, inbox));
    }
    let ([a, b, c, d], [epoch], seeds) = (random_words()?, random_words()?, random_words()?);
    let rules = Rules {
        addresses: Arc::new(Addresses::new(&config.limits, seeds)),
        exempt: config.exempt.as_slice().into(),
        trusted_proxies: config.trusted_proxies.as_slice().into(),
    };
    let accepts = Pace::new(config.limits.accepts_per_second, plan.shards, ACCEPT_BURST_MS);
    let origin = Origin::now();
    let count = u16::try_from(plan.shards).expect("at most SHARDS_MAX");
    let settings = Settings {
        place: Place(0),
        places: Places::new(count, [a, b, c, d]),
        epoch: u32::try_from(epoch >> 32).expect("32 bits are left"),
        limits: Arc::new(config.limits.clone()),
        timeouts: Arc::new(config.timeouts.clone()),
        memory_bytes: config.limits.memory_bytes / plan.shards,
        domains: Arc::clone(domains),
    };
    let made = settings.places.all().zip(ends).map(|(place, (poll, inbox))| Seat {
        poll,
        inbox,
        outbox: Outbox::new(doors.clone()),
        settings: Settings { place, ..settings.clone() },
        accepts,
        gate: Gate::new(rules.clone(), plan.connections_per_shard),
        origin,
        stats: stats.clone(),
        returns: returns.clone(),
        reports: reports.clone(),
    });
    Ok((made.collect(), doors))
}

impl Seat {
    /// Starts the shard's thread. It says on `said` that it has its table, waits to be told what to open, says that
    /// it is open, and serves.
    pub(super) fn take(
        self,
        said: Sender<io::Result<()>>,
    ) -> Result<(JoinHandle<()>, Sender<Opening>), StartError> {
        let (order, orders) = bounded(1);
        let name = format!("shard-{}", self.settings.place.0);
        let reports = self.reports.clone();
        let thread = thread::Builder::new().name(name).spawn(move || {
            let mut end = End { reports, failed: true };
            match self.serve(&said, &orders) {
                Ok(()) => end.failed = false,
                Err(error) => log::error!("a shard failed: {error}"),
            }
        });
        Ok((thread.map_err(|error| StartError::new("shards", error))?, order))
    }

    fn serve(self, said: &Sender<io::Result<()>>, orders: &Receiver<Opening>) -> io::Result<()> {
        let own = own_descriptors();
        let failed = own.is_err();
        // If nobody hears this, the server did not start, and there is nothing to serve.
        if said.send(own).is_err() || failed {
            return Ok(());
        }
        let Ok(Opening { addresses, poll_url }) = orders.recv() else { return Ok(()) };
        let listeners = match Listeners::open(&addresses, self.poll.registry(), self.accepts) {
            Ok(listeners) => listeners,
            Err(error) => return said.send(Err(error)).map_err(|_| ended_early()),
        };
        let Seat { poll, inbox, outbox, settings, gate, origin, stats, returns, reports, .. } = self;
        let parts = Parts {
            poll,
            inbox,
            outbox,
            listeners,
            gate,
            origin,
            settings,
            poll_url,
            stats,
            returns,
            reports,
        };
        let shard = Shard::new(parts);
        if said.send(Ok(())).is_err() {
            return Ok(());
        }
        shard.run()
    }
}

/// Gives this thread a descriptor table of its own, and leaves signals to the others.
fn own_descriptors() -> io::Result<()> {
    SigSet::all().thread_block()?;
    unshare(CloneFlags::CLONE_FILES)?;
    Ok(())
}

/// Tells of the end of a shard's thread, however it comes.
#[derive(Debug)]
struct End {
    reports: Sender<Report>,
    failed: bool,
}

impl Drop for End {
    fn drop(&mut self) {
        // If the handle is gone, nobody wants to know.
        self.reports.send(Report::Ended { failed: self.failed }).ok();
    }
}

/// Words nobody can guess, to key hashes with and to tell this process from others.
fn random_words<const COUNT: usize>() -> Result<[u64; COUNT], StartError> {
    let mut words = [0; COUNT];
    for word in &mut words {
        *word = getrandom::u64().map_err(|error| StartError::new("random numbers", error))?;
    }
    Ok(words)
}
