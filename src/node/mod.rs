//! The server: threads, descriptors, and the life of the whole.
//!
//! Owns: starting the shards in the right order, reload, drain, and the end. Must not: install signal handlers or end
//! the process; the binary does.
//!
//! **Descriptors.** Every shard has its own descriptor table (`unshare(CLONE_FILES)`). That removes the lock and the
//! reference counts of a shared table, and gives each shard as many descriptors as the limit allows. The price is a
//! rule: a descriptor that another thread uses (here: a waker) is made before the first shard gets its table, so that
//! its number means the same in all tables. A number made later could be a client's socket on another shard. The
//! threads of the admin listener share the main table, so what they open later is theirs alone. And a descriptor that
//! is open when a server starts stays open in its shards as long as they run. So open a descriptor whose closing the
//! peer must notice only after the server has started.

mod bridge;
#[cfg(feature = "cluster")]
mod cluster;
pub(crate) mod error;
mod plan;
mod seat;
pub(crate) mod shard;

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, bounded, unbounded};
use socket2::{SockRef, Socket};

use crate::base::clock::{Deadline, wall_ms};
use crate::base::domains::{DomainConfig, Domains};
use crate::base::limits::ops::RELOAD_TAKEN_MS;
use crate::base::limits::turn::BACKLOG;
use crate::base::stats::Stats;
use crate::bridges::returns::Returns;
use crate::config::Config;
use crate::node::shard::listener::bind;
use crate::node::shard::mailbox::{MailboxHandle, Parcel};
use crate::node::shard::{Opening, ShardEvent};
use crate::ops::admin::{Admin, WatchedServer};
use bridge::EarlyBridge;
use error::{ServerError, StartError, ended_early};
use plan::{ShardPlan, raise_descriptor_limit};
use seat::SharedParts;

/// The message server.
#[derive(Debug)]
pub struct Server;

/// A running server. Dropping it leaves the server running until the process ends.
#[derive(Debug)]
pub struct Handle {
    shards: RunningShards,
    /// The domains of the last configuration. Threads that serve never take this lock.
    domains: Arc<Mutex<Arc<Domains>>>,
    admin: Option<Admin>,
    stats: Stats,
    returns: Returns,
    poster: Mutex<Option<JoinHandle<()>>>,
    drain_ms: u64,
}

#[derive(Debug)]
struct RunningShards {
    plan: ShardPlan,
    addresses: Vec<SocketAddr>,
    mailboxes: Vec<MailboxHandle>,
    events: Receiver<ShardEvent>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    bridge: Option<RunningBridge>,
}

/// The bridge to the other nodes of a cluster.
#[derive(Debug)]
struct RunningBridge {
    mailbox: MailboxHandle,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl RunningBridge {
    fn is_running(&self) -> bool {
        lock(&self.thread).as_ref().is_some_and(|thread| !thread.is_finished())
    }
}

impl Server {
    /// Starts a server. When this returns, it serves.
    pub fn start(config: &Config) -> Result<Handle, StartError> {
        config.check().map_err(|error| StartError::new("configuration", io::Error::other(error)))?;
        let descriptors_max = raise_descriptor_limit()?;
        let plan = ShardPlan::make(config, descriptors_max)?;
        let admin = config.admin.map(open_admin).transpose()?;
        let domains = Arc::new(Domains::for_shards(&config.domains, plan.shards));
        let stats = Stats::new(plan.shards);
        let patience_ms = config.timeouts.undelivered_ms;
        let (returns, poster) = Returns::start(Arc::clone(&domains), patience_ms, stats.clone())
            .map_err(|error| StartError::new("threads", error))?;
        let started = start_shards(config, plan, &domains, &stats, &returns).and_then(|shards| {
            let handle = Handle {
                shards,
                domains: Arc::new(Mutex::new(domains)),
                admin,
                stats,
                returns: returns.clone(),
                poster: Mutex::new(Some(poster)),
                drain_ms: config.timeouts.drain_ms,
            };
            handle.serve_admin(config, descriptors_max).map_err(|error| StartError::new("admin", error))?;
            Ok(handle)
        });
        if started.is_err() {
            returns.finish(0);
        }
        started
    }
}

fn start_shards(
    config: &Config,
    plan: ShardPlan,
    domains: &Arc<Domains>,
    stats: &Stats,
    returns: &Returns,
) -> Result<RunningShards, StartError> {
    let (event, events) = unbounded();
    let early = EarlyBridge::make(config)?;
    let shared = SharedParts {
        domains: Arc::clone(domains),
        stats: stats.clone(),
        returns: returns.clone(),
        events: event,
        bridge: early.as_ref().map(EarlyBridge::handle),
    };
    let (parts, mailboxes) = seat::make_parts(config, plan, &shared)?;
    let membership = parts.first().map(|first| (first.settings.clone(), first.origin, stats.clone()));
    let (step, steps) = unbounded();
    let started = parts.into_iter().map(|parts| seat::start(parts, step.clone()));
    let (threads, openings) = started.collect::<Result<(Vec<_>, Vec<_>), _>>()?;
    // After this step every shard has a table of its own: a descriptor opened now is in one table only.
    await_step(&steps, plan.shards, "shards")?;
    let (holders, addresses) = hold_addresses(&config.listen)?;
    let base_url = base_url(config, &addresses);
    let bridge = match (early, membership) {
        (Some(early), Some(membership)) => {
            let (mailbox, thread) = early.start(config, membership, &base_url, &mailboxes)?;
            Some(RunningBridge { mailbox, thread: Mutex::new(Some(thread)) })
        }
        _ => None,
    };
    for opening in openings {
        let order = Opening { addresses: addresses.clone(), base_url: Arc::clone(&base_url) };
        opening.send(order).map_err(|_| StartError::new("shards", ended_early()))?;
    }
    await_step(&steps, plan.shards, "listen")?;
    drop(holders);
    Ok(RunningShards { plan, addresses, mailboxes, events, threads: Mutex::new(threads), bridge })
}

impl Handle {
    /// The addresses it listens on, ports resolved.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.shards.addresses
    }

    /// The address of the admin listener, the port resolved.
    pub fn admin(&self) -> Option<SocketAddr> {
        self.admin.as_ref().map(Admin::address)
    }

    /// Lets the admin listener answer, if there is one.
    fn serve_admin(&self, config: &Config, descriptors_max: usize) -> io::Result<()> {
        let Some(admin) = &self.admin else { return Ok(()) };
        let (domains, mailboxes) = (Arc::clone(&self.domains), self.shards.mailboxes.clone());
        admin.serve(WatchedServer {
            stats: self.stats.clone(),
            domains: Box::new(move || Arc::clone(&lock(&domains))),
            mailboxes: Box::new(move || mailboxes.iter().map(MailboxHandle::batches).collect()),
            connections_per_shard: self.shards.plan.connections_per_shard,
            descriptors_max,
            hosts: config.admin_hosts.clone(),
            started: Deadline::after_ms(0),
            started_ms: wall_ms(),
        })
    }

    /// The number of shards.
    pub fn shards(&self) -> usize {
        self.shards.plan.shards
    }

    /// The most connections its limits allow.
    pub fn capacity(&self) -> usize {
        self.shards.plan.shards * self.shards.plan.connections_per_shard
    }

    /// The statistics.
    pub fn stats(&self) -> &Stats {
        &self.stats
    }

    /// Replaces domains, keys and origins. Sessions of domains that stay are not touched; those of others stop. Returns
    /// when all shards have taken them: from then on each call is judged by them. A shard that does not in a second is not
    /// waited for any longer.
    pub fn reload(&self, configs: &[DomainConfig]) {
        let (taken, all_have) = bounded(0);
        {
            let mut domains = lock(&self.domains);
            *domains = Arc::new(domains.reload(configs));
            self.returns.reload(Arc::clone(&domains));
            for mailbox in &self.shards.mailboxes {
                mailbox.send(Parcel::Domains(Arc::clone(&domains), Some(taken.clone())));
            }
            if let Some(bridge) = &self.shards.bridge {
                bridge.mailbox.send(Parcel::Domains(Arc::clone(&domains), None));
            }
        }
        drop(taken);
        // Nothing comes by it: it ends when the last shard has dropped its end.
        if all_have.recv_timeout(Duration::from_millis(RELOAD_TAKEN_MS)) == Err(RecvTimeoutError::Timeout) {
            log::warn!("a shard has not taken the reloaded domains in {RELOAD_TAKEN_MS} ms; it will");
        }
    }

    /// Begins to go down: nothing new is taken, what has begun is finished. [`Handle::wait`] returns when it is. In a
    /// cluster users move to other nodes first, while this one still takes calls.
    pub fn drain(&self) {
        // `/readyz` changes before any listener is closed.
        self.stats.begin_drain();
        match &self.shards.bridge {
            Some(bridge) if bridge.is_running() => bridge.mailbox.send(Parcel::Drain),
            Some(_) | None => self.send_all(|| Parcel::Drain),
        }
    }

    fn send_all(&self, parcel: impl Fn() -> Parcel) {
        for mailbox in &self.shards.mailboxes {
            mailbox.send(parcel());
        }
        if let Some(bridge) = &self.shards.bridge {
            bridge.mailbox.send(parcel());
        }
    }

    /// Waits until the server has drained, and undelivered messages are posted, or could not be in the time that a
    /// drain may take. An error as soon as a shard has failed.
    pub fn wait(&self) -> Result<(), ServerError> {
        let (mut serving, mut alive) = (self.shards(), self.shards());
        while alive > 0 {
            match self.shards.events.recv() {
                Ok(ShardEvent::Drained) => {
                    serving -= 1;
                    if serving == 0 {
                        self.send_all(|| Parcel::Stop);
                    }
                }
                Ok(ShardEvent::Ended { failed: false }) => alive -= 1,
                Ok(ShardEvent::Ended { failed: true }) | Err(_) => return Err(ServerError),
            }
        }
        for thread in lock(&self.shards.threads).drain(..) {
            thread.join().map_err(|_| ServerError)?;
        }
        if let Some(bridge) = &self.shards.bridge
            && let Some(thread) = lock(&bridge.thread).take()
        {
            thread.join().map_err(|_| ServerError)?;
        }
        // The shards have handed in all their undelivered messages.
        self.returns.finish(self.drain_ms);
        if let Some(poster) = lock(&self.poster).take() {
            poster.join().map_err(|_| ServerError)?;
        }
        if let Some(admin) = &self.admin {
            // This does not fail for a listening socket. If it did, a thread would go on answering until the process
            // ends.
            SockRef::from(admin.listener()).shutdown(std::net::Shutdown::Both).ok();
        }
        Ok(())
    }
}

/// Opens the admin listener, with as long a queue of unaccepted connections as the shards have. With the short one of
/// the standard library, a probe that comes with a crowd would be sent its second packet a second later, after its
/// timeout.
fn open_admin(address: SocketAddr) -> Result<Admin, StartError> {
    let open = || {
        let admin = Admin::open(address)?;
        SockRef::from(admin.listener()).listen(BACKLOG)?;
        Ok(admin)
    };
    open().map_err(|error: io::Error| StartError::new(format!("admin {address}"), error))
}

/// Waits until this many shards have taken a step of their start.
fn await_step(steps: &Receiver<io::Result<()>>, count: usize, setting: &str) -> Result<(), StartError> {
    for _ in 0..count {
        let step = steps.recv().unwrap_or_else(|_| Err(ended_early()));
        step.map_err(|error| StartError::new(setting, error))?;
    }
    Ok(())
}

/// Makes sure that these addresses are free, resolves their ports, and holds them until the shards have them.
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

/// The URL of this server for browsers: where they poll is below it.
fn base_url(config: &Config, addresses: &[SocketAddr]) -> Arc<str> {
    match (&config.public_url, addresses.first()) {
        (Some(url), _) => url.as_str().into(),
        (None, Some(address)) => format!("http://{address}").into(),
        (None, None) => "".into(),
    }
}

/// Takes a lock. A thread that panicked with it left nothing half-done.
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
