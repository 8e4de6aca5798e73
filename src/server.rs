//! The server: threads, descriptors, and the life of the whole.
//!
//! Owns: starting the shards in the right order, reload, drain, and the end. Must not: install signal handlers or end
//! the process; the binary does.
//!
//! **Descriptors.** Every shard has its own descriptor table (`unshare(CLONE_FILES)`): that removes the lock and the
//! reference counts of a shared one, and lets each shard have as many descriptors as the limit says. The price is a
//! rule: a descriptor that any other thread may touch (here: wakers) is made before the first shard gets its table, so
//! that its number means the same everywhere; a number made later could be somebody's socket on another shard. And
//! what a process has open when it starts a server stays open in the shards as long as they run: start the server
//! before opening anything whose closing matters.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use mio::{Poll, Waker};
use nix::sched::{CloneFlags, unshare};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::SigSet;
use socket2::Socket;

use crate::config::Config;
use crate::domains::{DomainConfig, Domains};
use crate::limits::{CONNECTIONS_WANTED, DESCRIPTOR_RESERVE, SHARDS_MAX};
use crate::router::Settings;
use crate::router::ids::{Place, Places};
use crate::shard::listener::{Listeners, bind};
use crate::shard::mailbox::{Door, Inbox, Outbox, Parcel, mailbox};
use crate::shard::{LISTENERS_MAX, Parts, Report, Shard, WAKER};
use crate::stats::Stats;

/// Why a server did not start. Names the setting that is to blame.
#[derive(Debug)]
pub struct StartError {
    what: String,
    source: io::Error,
}

impl StartError {
    fn new(what: impl Into<String>, source: impl Into<io::Error>) -> StartError {
        StartError { what: what.into(), source: source.into() }
    }
}

impl std::fmt::Display for StartError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.what, self.source)
    }
}

impl std::error::Error for StartError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

/// A shard failed, so the server as a whole did: half a server is worse than none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerError;

impl std::fmt::Display for ServerError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a shard failed")
    }
}

impl std::error::Error for ServerError {}

/// The message server.
#[derive(Debug)]
pub struct Server;

/// A running server. Dropping it leaves the server running until the process ends.
#[derive(Debug)]
pub struct Handle {
    addresses: Vec<SocketAddr>,
    plan: Plan,
    doors: Vec<Door>,
    /// The domains as they were configured last. Threads that serve never take this lock.
    domains: Mutex<Arc<Domains>>,
    stats: Stats,
    reports: Receiver<Report>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Server {
    /// Starts a server. When this returns, it serves.
    pub fn start(config: &Config) -> Result<Handle, StartError> {
        let plan = Plan::make(config, raise_descriptor_limit()?)?;
        let domains = Arc::new(Domains::new(&config.domains));
        let stats = Stats::new(plan.shards);
        let (report, reports) = unbounded();
        let (waiting, doors) = seats(config, plan, &domains, &stats, &report)?;
        let (said, heard) = unbounded();
        let (threads, orders) = waiting
            .into_iter()
            .map(|seat| seat.take(said.clone()))
            .collect::<Result<(Vec<_>, Vec<_>), _>>()?;
        // When all have said so, every shard has a table of its own: what is opened now is opened in one only.
        hear_all(&heard, plan.shards, "shards")?;
        let (holders, addresses) = hold_addresses(&config.listen)?;
        let poll_url = poll_url(config, &addresses);
        for order in orders {
            let opening = Opening { addresses: addresses.clone(), poll_url: Arc::clone(&poll_url) };
            order.send(opening).map_err(|_| StartError::new("shards", ended_early()))?;
        }
        hear_all(&heard, plan.shards, "listen")?;
        drop(holders);
        let threads = Mutex::new(threads);
        Ok(Handle { addresses, plan, doors, domains: Mutex::new(domains), stats, reports, threads })
    }
}

impl Handle {
    /// The addresses it listens on, ports resolved.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// How many shards it has.
    pub fn shards(&self) -> usize {
        self.plan.shards
    }

    /// How many connections its limits allow.
    pub fn capacity(&self) -> usize {
        self.plan.shards * self.plan.connections_per_shard
    }

    /// What it counts.
    pub fn stats(&self) -> &Stats {
        &self.stats
    }

    /// Replaces domains, keys and origins. Sessions of domains that stay are not touched; those of others stop.
    pub fn reload(&self, configs: &[DomainConfig]) {
        let mut domains = lock(&self.domains);
        *domains = Arc::new(domains.reload(configs));
        for door in &self.doors {
            door.put(Parcel::Domains(Arc::clone(&domains)));
        }
    }

    /// Begins to go down: nothing new is taken, what is there is finished. [`Handle::wait`] returns when it is.
    pub fn drain(&self) {
        for door in &self.doors {
            door.put(Parcel::Drain);
        }
    }

    /// Waits until the server has drained. An error as soon as a shard has failed.
    pub fn wait(&self) -> Result<(), ServerError> {
        let (mut serving, mut alive) = (self.plan.shards, self.plan.shards);
        while alive > 0 {
            match self.reports.recv() {
                Ok(Report::Drained) => {
                    serving -= 1;
                    if serving == 0 {
                        for door in &self.doors {
                            door.put(Parcel::Stop);
                        }
                    }
                }
                Ok(Report::Ended { failed: false }) => alive -= 1,
                Ok(Report::Ended { failed: true }) | Err(_) => return Err(ServerError),
            }
        }
        for thread in lock(&self.threads).drain(..) {
            thread.join().map_err(|_| ServerError)?;
        }
        Ok(())
    }
}

/// How many shards there are and what each may hold.
#[derive(Clone, Copy, Debug)]
struct Plan {
    shards: usize,
    connections_per_shard: usize,
}

impl Plan {
    fn make(config: &Config, descriptors: usize) -> Result<Plan, StartError> {
        if config.listen.len() > LISTENERS_MAX {
            let error = io::Error::other(format!("at most {LISTENERS_MAX} addresses"));
            return Err(StartError::new("listen", error));
        }
        // Every shard's table has a copy of what all of them had open: an epoll and a waker each.
        let room = |shards: usize| descriptors.saturating_sub(DESCRIPTOR_RESERVE + 2 * shards);
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let shards = config.shards.map_or_else(|| shards_for(CONNECTIONS_WANTED, cores, room), usize::from);
        if room(shards) == 0 {
            let error = io::Error::other(format!("{descriptors} per process are too few"));
            return Err(StartError::new("descriptor limit", error));
        }
        let configured = config.limits.connections_per_shard;
        let connections_per_shard = if configured == 0 { room(shards) } else { configured.min(room(shards)) };
        Ok(Plan { shards, connections_per_shard })
    }
}

/// The fewest shards, but no fewer than cores, that together have room for so many connections; if none have, those
/// that have most.
fn shards_for(connections: usize, cores: usize, room: impl Fn(usize) -> usize) -> usize {
    let in_all = |shards: &usize| shards * room(*shards);
    let mut choices = cores.min(SHARDS_MAX)..=SHARDS_MAX;
    let enough = choices.clone().find(|shards| in_all(shards) >= connections);
    enough.or_else(|| choices.by_ref().max_by_key(in_all)).unwrap_or(cores)
}

/// What a shard's thread is started with.
#[derive(Debug)]
struct Seat {
    poll: Poll,
    inbox: Inbox,
    outbox: Outbox,
    settings: Settings,
    connections_max: usize,
    stats: Stats,
    reports: Sender<Report>,
}

/// What a shard is told once all shards have their tables.
#[derive(Debug)]
struct Opening {
    addresses: Vec<SocketAddr>,
    poll_url: Arc<str>,
}

/// Makes everything that must be made before the first shard has a table of its own.
fn seats(
    config: &Config,
    plan: Plan,
    domains: &Arc<Domains>,
    stats: &Stats,
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
    let [a, b, c, d, epoch] = random_words()?;
    let count = u16::try_from(plan.shards).expect("at most SHARDS_MAX");
    let settings = Settings {
        place: Place(0),
        places: Places::new(count, [a, b, c, d]),
        epoch: u32::try_from(epoch >> 32).expect("32 bits are left"),
        limits: Arc::new(config.limits.clone()),
        timeouts: Arc::new(config.timeouts.clone()),
        domains: Arc::clone(domains),
    };
    let made = settings.places.all().zip(ends).map(|(place, (poll, inbox))| Seat {
        poll,
        inbox,
        outbox: Outbox::new(doors.clone()),
        settings: Settings { place, ..settings.clone() },
        connections_max: plan.connections_per_shard,
        stats: stats.clone(),
        reports: reports.clone(),
    });
    Ok((made.collect(), doors))
}

impl Seat {
    /// Starts the shard's thread. It says on `said` that it has its table, waits to be told what to open, says that
    /// it is open, and serves.
    fn take(self, said: Sender<io::Result<()>>) -> Result<(JoinHandle<()>, Sender<Opening>), StartError> {
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
        let listeners = match Listeners::open(&addresses, self.poll.registry(), self.connections_max) {
            Ok(listeners) => listeners,
            Err(error) => return said.send(Err(error)).map_err(|_| ended_early()),
        };
        let Seat { poll, inbox, outbox, settings, stats, reports, .. } = self;
        let shard = Shard::new(Parts { poll, inbox, outbox, listeners, settings, poll_url, stats, reports });
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

/// Waits until so many have said that all is well.
fn hear_all(heard: &Receiver<io::Result<()>>, count: usize, setting: &str) -> Result<(), StartError> {
    for _ in 0..count {
        let said = heard.recv().unwrap_or_else(|_| Err(ended_early()));
        said.map_err(|error| StartError::new(setting, error))?;
    }
    Ok(())
}

fn ended_early() -> io::Error {
    io::Error::other("a shard ended while the server started")
}

/// Raises the soft limit of descriptors to the hard one. Returns it.
fn raise_descriptor_limit() -> Result<usize, StartError> {
    let raise = || {
        let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
        setrlimit(Resource::RLIMIT_NOFILE, hard, hard)?;
        Ok::<u64, nix::Error>(hard)
    };
    let hard = raise().map_err(|error| StartError::new("descriptor limit", error))?;
    Ok(usize::try_from(hard).unwrap_or(usize::MAX))
}

/// Makes sure that nobody has these addresses, resolves their ports, and holds them until the shards have them.
fn hold_addresses(listen: &[SocketAddr]) -> Result<(Vec<Socket>, Vec<SocketAddr>), StartError> {
    let hold = |wanted: &SocketAddr| {
        let probe = bind(*wanted, false)?;
        let address =
            probe.local_addr()?.as_socket().ok_or_else(|| io::Error::other("not an internet address"))?;
        drop(probe);
        Ok((bind(address, true)?, address))
    };
    let attempts = listen.iter().map(|wanted| {
        hold(wanted).map_err(|error: io::Error| StartError::new(format!("listen {wanted}"), error))
    });
    Ok(attempts.collect::<Result<Vec<_>, _>>()?.into_iter().unzip())
}

/// Where browsers poll: what `online` answers as `server`.
fn poll_url(config: &Config, addresses: &[SocketAddr]) -> Arc<str> {
    let base = match (&config.public_url, addresses.first()) {
        (Some(url), _) => url.clone(),
        (None, Some(address)) => format!("http://{address}"),
        (None, None) => String::new(),
    };
    format!("{base}/packets").into()
}

/// Words nobody can guess, to key hashes with and to tell this process from others.
fn random_words() -> Result<[u64; 5], StartError> {
    let mut words = [0; 5];
    for word in &mut words {
        *word = getrandom::u64().map_err(|error| StartError::new("random numbers", error))?;
    }
    Ok(words)
}

/// A lock whose holder panicked guards nothing that could be half-done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_as_many_shards_as_connections_call_for() {
        let check = |descriptors: usize, cores: usize, expected: usize| {
            let room = |shards: usize| descriptors.saturating_sub(DESCRIPTOR_RESERVE + 2 * shards);
            assert_eq!(
                shards_for(100_000, cores, room),
                expected,
                "{descriptors} descriptors, {cores} cores"
            );
        };
        check(1_000_000, 2, 2);
        check(20_000, 2, 6);
        check(20_000, 16, 16);
        check(1_200, 2, 121);
        check(1_024, 2, 211);
        check(600, 2, 118);
    }
}
