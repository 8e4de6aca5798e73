//! Seats: the parts of the shards, and their threads.
//!
//! Owns: making the parts before the first shard has a descriptor table of its own, and the steps in which a shard's
//! thread begins. Must not: touch a part again once its thread runs.

use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use crossbeam_channel::{Receiver, Sender, bounded};
use mio::{Poll, Waker};
use nix::sched::{CloneFlags, unshare};
use nix::sys::signal::SigSet;

use super::error::{StartError, ended_early};
use super::plan::ShardPlan;
use crate::base::admission::{Addresses, Pace};
use crate::base::clock::Origin;
use crate::base::domains::Domains;
use crate::base::limits::admission::ACCEPT_BURST_MS;
use crate::base::limits::chat::RECEIVERS_PER_TURN;
use crate::base::stats::Stats;
use crate::bridges::returns::Returns;
use crate::config::Config;
use crate::node::shard::gate::{Gate, GateRules};
use crate::node::shard::mailbox::{MailboxHandle, Outbox, mailbox};
use crate::node::shard::passing::PassingSockets;
use crate::node::shard::{Opening, Parts, Shard, ShardEvent, WAKER};
use crate::router::Settings;
use crate::router::directory::Places;
use crate::router::ids::Place;

/// What all shards of a server share.
#[derive(Clone, Debug)]
pub(super) struct SharedParts {
    pub(super) domains: Arc<Domains>,
    pub(super) stats: Stats,
    pub(super) returns: Returns,
    pub(super) events: Sender<ShardEvent>,
    /// The mailbox of the bridge to other nodes.
    pub(super) bridge: Option<MailboxHandle>,
}

/// Makes the parts of all shards, and the handles of their mailboxes.
pub(super) fn make_parts(
    config: &Config,
    plan: ShardPlan,
    shared: &SharedParts,
) -> Result<(Vec<Parts>, Vec<MailboxHandle>), StartError> {
    let mut handles = Vec::new();
    let mut ends = Vec::new();
    for _ in 0..plan.shards {
        let poll = Poll::new().map_err(|error| StartError::new("shards", error))?;
        let waker = Waker::new(poll.registry(), WAKER).map_err(|error| StartError::new("shards", error))?;
        let (handle, inbox) = mailbox(waker);
        handles.push(handle);
        ends.push((poll, inbox));
    }
    let passing =
        PassingSockets::for_shards(plan.shards).map_err(|error| StartError::new("shards", error))?;
    let rules = GateRules {
        addresses: Arc::new(Addresses::new(&config.limits, random_words()?)),
        exempt: config.exempt.as_slice().into(),
        trusted_proxies: config.trusted_proxies.as_slice().into(),
    };
    let accepts = Pace::new(config.limits.accepts_per_second, plan.shards, ACCEPT_BURST_MS);
    let origin = Origin::now();
    let settings = settings(config, plan, &shared.domains)?;
    let made = settings.places.all().zip(ends).zip(passing).map(|((place, (poll, inbox)), passing)| Parts {
        poll,
        passing,
        inbox,
        outbox: Outbox::new(handles.clone()).with_bridge(shared.bridge.clone()),
        gate: Gate::new(rules.clone(), plan.connections_per_shard),
        accepts,
        origin,
        settings: Settings { place, ..settings.clone() },
        stats: shared.stats.clone(),
        returns: shared.returns.clone(),
        events: shared.events.clone(),
    });
    Ok((made.collect(), handles))
}

/// The settings of the first shard's router; those of the others differ in the place only.
fn settings(config: &Config, plan: ShardPlan, domains: &Arc<Domains>) -> Result<Settings, StartError> {
    let [epoch] = random_words()?;
    let count = u16::try_from(plan.shards).expect("at most SHARDS_MAX");
    Ok(Settings {
        place: Place::new(0),
        places: Places::new(count, random_words()?),
        epoch: u32::try_from(epoch >> 32).expect("32 bits are left"),
        limits: Arc::new(config.limits.clone()),
        timeouts: Arc::new(config.timeouts.clone()),
        memory_bytes: config.limits.memory_bytes / plan.shards,
        slice: RECEIVERS_PER_TURN,
        broadcast_places: u16::try_from(plan.cores).unwrap_or(u16::MAX),
        domains: Arc::clone(domains),
        is_clustered: config.cluster.is_some(),
    })
}

/// Starts the thread of a shard. It reports on `steps` that it has its descriptor table, waits for its opening, reports
/// that it listens, and serves.
pub(super) fn start(
    parts: Parts,
    steps: Sender<io::Result<()>>,
) -> Result<(JoinHandle<()>, Sender<Opening>), StartError> {
    let (opening, openings) = bounded(1);
    let name = format!("shard-{}", parts.settings.place.number());
    let events = parts.events.clone();
    let thread = thread::Builder::new().name(name).spawn(move || {
        let mut end = EndReport { events, failed: true };
        match serve(parts, &steps, &openings) {
            Ok(()) => end.failed = false,
            Err(error) => log::error!("a shard failed: {error}"),
        }
    });
    Ok((thread.map_err(|error| StartError::new("shards", error))?, opening))
}

fn serve(parts: Parts, steps: &Sender<io::Result<()>>, openings: &Receiver<Opening>) -> io::Result<()> {
    let own = own_descriptors();
    let failed = own.is_err();
    // If nobody receives this, the server did not start, and there is nothing to serve.
    if steps.send(own).is_err() || failed {
        return Ok(());
    }
    let Ok(opening) = openings.recv() else { return Ok(()) };
    let shard = match Shard::open(parts, &opening) {
        Ok(shard) => shard,
        Err(error) => return steps.send(Err(error)).map_err(|_| ended_early()),
    };
    if steps.send(Ok(())).is_err() {
        return Ok(());
    }
    shard.run()
}

/// Gives this thread a descriptor table of its own, and leaves signals to the other threads.
fn own_descriptors() -> io::Result<()> {
    SigSet::all().thread_block()?;
    unshare(CloneFlags::CLONE_FILES)?;
    Ok(())
}

/// Reports the end of a shard's thread when it is dropped, by a panic too.
#[derive(Debug)]
struct EndReport {
    events: Sender<ShardEvent>,
    failed: bool,
}

impl Drop for EndReport {
    fn drop(&mut self) {
        // Without a receiver the server's handle is gone.
        self.events.send(ShardEvent::Ended { failed: self.failed }).ok();
    }
}

/// Random words: keys of hashes, and the number that differs from one process to the next.
fn random_words<const COUNT: usize>() -> Result<[u64; COUNT], StartError> {
    let mut words = [0; COUNT];
    for word in &mut words {
        *word = getrandom::u64().map_err(|error| StartError::new("random numbers", error))?;
    }
    Ok(words)
}
