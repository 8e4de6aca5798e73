//! The bridge to the other nodes of a cluster, by NATS.
//!
//! Owns: the thread with the hub of this node, and the connection to a broker. Must not: make a shard wait. Frames that
//! cannot be sent are dropped: the links repeat them.
//!
//! The runtime is made before the first shard has a descriptor table of its own: the shards wake it, and what a wake writes
//! to must have the same number in all tables. The sockets come later and are this thread's alone.

mod broker;

use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::Notify;

use self::broker::{Broker, Heard};
pub(crate) use self::broker::{BrokerSettings, Credentials};
use crate::base::clock::{Clock, Origin, Tick};
use crate::base::domains::Domains;
use crate::base::stats::Stats;
use crate::cluster::hub::{Hub, HubSettings, Order, Tidings};
use crate::router::directory::Places;
use crate::router::ids::Place;
use crate::router::mail::Mail;
use crate::router::owners::Isolation;

/// Most messages of the broker that one turn takes.
const HEARD_PER_TURN: usize = 256;
/// How often operators are shown how things are, in milliseconds.
const REPORT_MS: u64 = 1_000;
/// The longest sleep, in milliseconds.
const SLEEP_MS_MAX: u64 = 500;
/// A node that goes down looks this often whether its users have moved, in milliseconds.
const LEAVE_LOOK_MS: u64 = 50;
/// Mail that did not fit into a shard's mailbox is posted again after this long, in milliseconds.
const MAIL_RETRY_MS: u64 = 2;

/// What comes from the process.
#[derive(Debug)]
pub(crate) enum Parcel {
    /// Mail for other nodes.
    Mail(Vec<(Place, Mail)>),
    /// The configured domains have changed.
    Domains(Arc<Domains>),
    /// The process is to go down: the node owns no name from now on.
    Drain,
    /// It has gone down.
    Stop,
}

/// The shards of this process, as the bridge sees them.
pub(crate) trait Shards: Send {
    /// The next parcel, if one has come.
    fn take(&mut self) -> Option<Parcel>;
    /// Announces sleep. Returns whether the bridge may really sleep.
    fn sleep(&mut self) -> bool;
    /// Announces that the bridge is awake.
    fn awake(&mut self);
    /// Adds mail for a shard.
    fn push(&mut self, to: Place, mail: Mail);
    /// Posts it. Returns whether all of it fitted.
    fn post(&mut self) -> bool;
    /// Lets them go down: their users have moved.
    fn drain(&mut self);
}

/// The runtime and the bell, which are made early.
#[derive(Debug)]
pub(crate) struct Early {
    runtime: Runtime,
    bell: Arc<Notify>,
}

impl Early {
    /// Makes them.
    pub(crate) fn make() -> io::Result<Early> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        Ok(Early { runtime, bell: Arc::new(Notify::new()) })
    }

    /// Wakes the bridge.
    pub(crate) fn bell(&self) -> impl Fn() + Send + Sync + 'static {
        let bell = Arc::clone(&self.bell);
        move || bell.notify_one()
    }
}

/// What a bridge is made of.
#[derive(Debug)]
pub(crate) struct BridgeSettings {
    pub(crate) hub: HubSettings,
    pub(crate) broker: BrokerSettings,
    pub(crate) places: Places,
    pub(crate) domains: Arc<Domains>,
    pub(crate) origin: Origin,
    pub(crate) stats: Stats,
}

/// Connects, and starts the thread. An error if no broker lets this node in.
pub(crate) fn start(
    early: Early,
    settings: BridgeSettings,
    shards: Box<dyn Shards>,
) -> io::Result<JoinHandle<()>> {
    let Early { runtime, bell } = early;
    let broker =
        runtime.block_on(Broker::connect(&settings.broker, settings.hub.epoch, &settings.hub.node))?;
    thread::Builder::new().name("cluster".to_owned()).spawn(move || {
        runtime.block_on(Bridge::new(settings, broker, shards, bell).run());
    })
}

/// How long the bridge is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Life {
    /// The node serves, or its shards go down.
    Needed,
    /// The node goes down when its users have moved.
    Moving,
    Over,
}

struct Bridge {
    hub: Hub,
    broker: Broker,
    shards: Box<dyn Shards>,
    bell: Arc<Notify>,
    clock: Clock,
    stats: Stats,
    life: Life,
    /// When operators are shown how things are.
    next_report: Tick,
    /// The view that they were shown last.
    reported: u64,
    /// How many users there are, a while ago.
    users: u64,
    /// Whether mail did not fit into a mailbox.
    is_left: bool,
}

impl Bridge {
    fn new(settings: BridgeSettings, broker: Broker, shards: Box<dyn Shards>, bell: Arc<Notify>) -> Bridge {
        let clock = Clock::start(settings.origin);
        let hub = Hub::new(settings.hub, settings.places, settings.domains, clock.now());
        Bridge {
            hub,
            broker,
            shards,
            bell,
            clock,
            stats: settings.stats,
            life: Life::Needed,
            next_report: Tick::ZERO,
            reported: 0,
            users: 0,
            is_left: false,
        }
    }

    async fn run(mut self) {
        while self.life != Life::Over {
            let first = self.wait().await;
            self.clock.turn(self.clock.now().after(u64::MAX / 2));
            self.hub.begin(self.clock.now(), self.clock.shared_ms());
            self.hub.sense(self.clock.turn_us(), self.users);
            self.take_parcels();
            take_some(
                first,
                || self.broker.try_hear(),
                |heard| match heard {
                    Heard::Beat(bytes) => self.hub.take_beat(&bytes),
                    Heard::Frame(bytes) => self.hub.take_frame(&bytes),
                },
            );
            self.carry_out().await;
            if self.life == Life::Moving && self.hub.has_moved(self.stats.sum("users").unwrap_or_default()) {
                self.shards.drain();
                self.life = Life::Needed;
            }
        }
        self.broker.close().await;
    }

    /// Waits for something to do. Returns what was heard, if that is it.
    async fn wait(&mut self) -> Option<Heard> {
        let now = self.clock.now();
        let most_ms = match self.life {
            _ if self.is_left => MAIL_RETRY_MS,
            Life::Moving => LEAVE_LOOK_MS,
            Life::Needed | Life::Over => SLEEP_MS_MAX,
        };
        let mut ms = self.hub.due().since(now).min(most_ms);
        if !self.shards.sleep() {
            ms = 0;
        }
        let heard = tokio::select! {
            biased;
            heard = self.broker.hear() => heard,
            () = self.bell.notified() => None,
            () = tokio::time::sleep(Duration::from_millis(ms)) => None,
        };
        self.shards.awake();
        heard
    }

    fn take_parcels(&mut self) {
        while let Some(parcel) = self.shards.take() {
            match parcel {
                Parcel::Mail(batch) => {
                    for (to, mail) in batch {
                        self.hub.take_mail(to, mail);
                    }
                }
                Parcel::Domains(domains) => self.hub.replace_domains(domains),
                Parcel::Drain => {
                    self.hub.drain();
                    self.life = Life::Moving;
                }
                Parcel::Stop => {
                    self.hub.leave();
                    self.life = Life::Over;
                }
            }
        }
    }

    async fn carry_out(&mut self) {
        for order in self.hub.end() {
            match order {
                Order::Mail(to, mail) => self.shards.push(to, mail),
                Order::Frame { node, epoch, bytes } => self.broker.send_frame(&node, epoch, bytes).await,
                Order::Beat(bytes) => self.broker.send_beat(bytes).await,
                Order::Tell(tidings) => tell(&tidings),
            }
        }
        self.is_left = !self.shards.post();
        if self.next_report <= self.clock.now() || self.reported != self.hub.views() {
            self.report();
        }
    }

    /// Shows operators how things are.
    fn report(&mut self) {
        self.next_report = self.clock.now().after(REPORT_MS);
        self.reported = self.hub.views();
        self.users = self.stats.sum("users").unwrap_or(0);
        let broker = self.broker.seen();
        self.stats.cluster().publish(self.hub.report(self.broker.cluster(), broker));
    }
}

/// Takes the first one, and those that are there with it, as far as one turn goes. The rest stays where it is.
fn take_some<T>(first: Option<T>, mut next: impl FnMut() -> Option<T>, mut take: impl FnMut(T)) {
    let Some(first) = first else { return };
    take(first);
    for _ in 1..HEARD_PER_TURN {
        let Some(heard) = next() else { return };
        take(heard);
    }
}

fn tell(tidings: &Tidings) {
    match tidings {
        Tidings::Met(node) => log::info!("cluster: node {node} is there"),
        Tidings::Gone(node) => log::warn!("cluster: node {node} is gone"),
        Tidings::Misfit(node, misfit) => {
            log::error!("cluster: node {node} is no member: {}", misfit.words());
        }
        Tidings::BadFrame => {
            log::warn!("cluster: something that is no frame has come; more of it is only counted");
        }
        Tidings::Isolated(Some(Isolation::Joining)) => log::info!("cluster: this node is joining"),
        Tidings::Isolated(Some(isolation)) => {
            log::warn!("cluster: this node takes no calls; {}", isolation.words());
        }
        Tidings::Isolated(None) => log::info!("cluster: this node takes calls"),
        Tidings::Up => log::info!("cluster: this node is up"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_into_a_turn_stays_for_the_next() {
        let mut waiting = 0..1_000;
        let mut taken = Vec::new();
        while let Some(first) = waiting.next() {
            let before = taken.len();
            take_some(Some(first), || waiting.next(), |one| taken.push(one));
            assert!(taken.len() - before <= HEARD_PER_TURN);
        }
        assert_eq!(taken, (0..1_000).collect::<Vec<_>>(), "none is lost between two turns");
    }
}
