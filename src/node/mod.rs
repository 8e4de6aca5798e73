//! The server: threads, descriptors, and the life of the whole.
//!
//! Owns: starting the shards in the right order, reload, drain, and the end. Must not: install signal handlers or end
//! the process; the binary does.
//!
//! **Descriptors.** Every shard has its own descriptor table (`unshare(CLONE_FILES)`): that removes the lock and the
//! reference counts of a shared one, and lets each shard have as many descriptors as the limit says. The price is a
//! rule: a descriptor that any other thread may touch (here: wakers) is made before the first shard gets its table, so
//! that its number means the same everywhere; a number made later could be somebody's socket on another shard. (What the
//! threads of the admin listener open later is theirs alone: they share the main table, and no shard knows it.) And
//! what a process has open when it starts a server stays open in the shards as long as they run: start the server
//! before opening anything whose closing matters.

mod plan;
mod seat;
pub mod shard;

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, unbounded};
use socket2::{SockRef, Socket};

use crate::base::clock::{Deadline, wall_ms};
use crate::base::domains::{DomainConfig, Domains};
use crate::base::limits::turn::BACKLOG;
use crate::base::stats::Stats;
use crate::bridges::returns::Returns;
use crate::config::Config;
use crate::node::shard::Report;
use crate::node::shard::listener::bind;
use crate::node::shard::mailbox::{Door, Parcel};
use crate::ops::admin::{Admin, WatchedServer};
use plan::{Plan, raise_descriptor_limit};
use seat::{Opening, seats};

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
    domains: Arc<Mutex<Arc<Domains>>>,
    admin: Option<Admin>,
    stats: Stats,
    reports: Receiver<Report>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    returns: Returns,
    poster: Mutex<Option<JoinHandle<()>>>,
    drain_ms: u64,
}

impl Server {
    /// Starts a server. When this returns, it serves.
    pub fn start(config: &Config) -> Result<Handle, StartError> {
        config.check().map_err(|error| StartError::new("configuration", io::Error::other(error)))?;
        let descriptors_max = raise_descriptor_limit()?;
        let plan = Plan::make(config, descriptors_max)?;
        let admin = config.admin.map(open_admin).transpose()?;
        let domains = Arc::new(Domains::new(&config.domains));
        let stats = Stats::new(plan.shards);
        let patience_ms = config.timeouts.undelivered_ms;
        let (returns, poster) = Returns::start(Arc::clone(&domains), patience_ms, stats.clone())
            .map_err(|error| StartError::new("threads", error))?;
        let started = Server::start_shards(config, plan, admin, domains, stats, (returns.clone(), poster));
        let watched = started.and_then(|handle| {
            handle.be_watched(config, descriptors_max).map_err(|error| StartError::new("admin", error))?;
            Ok(handle)
        });
        if watched.is_err() {
            returns.finish(0);
        }
        watched
    }

    fn start_shards(
        config: &Config,
        plan: Plan,
        admin: Option<Admin>,
        domains: Arc<Domains>,
        stats: Stats,
        (returns, poster): (Returns, JoinHandle<()>),
    ) -> Result<Handle, StartError> {
        let (report, reports) = unbounded();
        let (waiting, doors) = seats(config, plan, &domains, &stats, &returns, &report)?;
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
        let (threads, domains) = (Mutex::new(threads), Arc::new(Mutex::new(domains)));
        let (poster, drain_ms) = (Mutex::new(Some(poster)), config.timeouts.drain_ms);
        Ok(Handle {
            addresses,
            plan,
            doors,
            domains,
            admin,
            stats,
            reports,
            threads,
            returns,
            poster,
            drain_ms,
        })
    }
}

impl Handle {
    /// The addresses it listens on, ports resolved.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Where it can be watched, the port resolved.
    pub fn admin(&self) -> Option<SocketAddr> {
        self.admin.as_ref().map(Admin::address)
    }

    /// Lets the admin listener answer, if there is one.
    fn be_watched(&self, config: &Config, descriptors_max: usize) -> io::Result<()> {
        let Some(admin) = &self.admin else { return Ok(()) };
        let (domains, doors) = (Arc::clone(&self.domains), self.doors.clone());
        admin.serve(WatchedServer {
            stats: self.stats.clone(),
            domains: Box::new(move || Arc::clone(&lock(&domains))),
            mailboxes: Box::new(move || doors.iter().map(Door::batches).collect()),
            connections_per_shard: self.plan.connections_per_shard,
            descriptors_max,
            hosts: config.admin_hosts.clone(),
            started: Deadline::after_ms(0),
            started_ms: wall_ms(),
        })
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
        self.returns.reload(Arc::clone(&domains));
        for door in &self.doors {
            door.put(Parcel::Domains(Arc::clone(&domains)));
        }
    }

    /// Begins to go down: nothing new is taken, what is there is finished. [`Handle::wait`] returns when it is.
    pub fn drain(&self) {
        // Whoever asks whether it is ready hears this before any listener is closed.
        self.stats.begin_drain();
        for door in &self.doors {
            door.put(Parcel::Drain);
        }
    }

    /// Waits until the server has drained, and what was not delivered has been posted, or could not be in the time that a
    /// drain may take. An error as soon as a shard has failed.
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
        // The shards have handed in all they had.
        self.returns.finish(self.drain_ms);
        if let Some(poster) = lock(&self.poster).take() {
            poster.join().map_err(|_| ServerError)?;
        }
        if let Some(admin) = &self.admin {
            // It cannot fail for a socket that listens; a thread that is left would only answer on.
            SockRef::from(admin.listener()).shutdown(std::net::Shutdown::Both).ok();
        }
        Ok(())
    }
}

/// Takes the address of the admin listener, where as many may wait to be accepted as at the shards: with the few the
/// standard library asks for, a probe that comes with a crowd would try again after a second, when it has given up.
fn open_admin(address: SocketAddr) -> Result<Admin, StartError> {
    let open = || {
        let admin = Admin::open(address)?;
        SockRef::from(admin.listener()).listen(BACKLOG)?;
        Ok(admin)
    };
    open().map_err(|error: io::Error| StartError::new(format!("admin {address}"), error))
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

/// A lock whose holder panicked guards nothing that could be half-done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_that_was_made_is_refused_as_one_that_was_typed() {
        let check = |config: &Config, expected: &str| {
            let refused = Server::start(config).err().map(|error| error.to_string());
            assert_eq!(refused.as_deref(), Some(expected));
        };
        let address = "127.0.0.1:18001".parse().unwrap();
        check(
            &Config { listen: vec![address], admin: Some(address), ..Config::default() },
            "configuration: admin: 127.0.0.1:18001 and 127.0.0.1:18001 of listen are one address; give one of them \
             another port",
        );
        let many = vec![address; 65];
        check(&Config { listen: many, ..Config::default() }, "configuration: listen: at most 64 addresses");
    }
}
