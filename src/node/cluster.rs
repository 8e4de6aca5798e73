//! The node as a member of a cluster.
//!
//! Owns: what the bridge is given, and its way to the shards. Must not: know what goes between nodes.

use std::sync::Arc;
use std::thread::JoinHandle;

use super::error::StartError;
use crate::base::clock::Origin;
use crate::base::domains::Domains;
use crate::base::stats::Stats;
use crate::bridges::cluster::{self, BridgeSettings, BrokerSettings, Credentials, Early, Shards};
use crate::cluster::hub::HubSettings;
use crate::cluster::partition::{Bound, Partition};
use crate::config::{ClusterConfig, Login, PartitionKind};
use crate::node::shard::mailbox::{Inbox, MailboxHandle, Outbox, Parcel, bridge_mailbox};
use crate::router::directory::Places;
use crate::router::ids::Place;
use crate::router::mail::{Envelope, Mail};

/// What is made before the first shard has a descriptor table of its own.
#[derive(Debug)]
pub(super) struct EarlyBridge {
    early: Early,
    handle: MailboxHandle,
    inbox: Inbox,
}

impl EarlyBridge {
    pub(super) fn make() -> Result<EarlyBridge, StartError> {
        let early = Early::make().map_err(|error| StartError::new("cluster", error))?;
        let (handle, inbox) = bridge_mailbox(early.bell());
        Ok(EarlyBridge { early, handle, inbox })
    }

    /// The mailbox of the bridge.
    pub(super) fn handle(&self) -> MailboxHandle {
        self.handle.clone()
    }
}

/// What a bridge needs of its node.
#[derive(Debug)]
pub(super) struct Membership {
    pub(super) epoch: u32,
    pub(super) url: Arc<str>,
    pub(super) places: Places,
    pub(super) domains: Arc<Domains>,
    pub(super) origin: Origin,
    pub(super) stats: Stats,
}

/// Connects to a broker, and starts the bridge.
pub(super) fn start(
    config: &ClusterConfig,
    early: EarlyBridge,
    membership: Membership,
    mailboxes: &[MailboxHandle],
) -> Result<JoinHandle<()>, StartError> {
    let Membership { epoch, url, places, domains, origin, stats } = membership;
    let hub = HubSettings {
        node: config.node.as_str().into(),
        url: (*url).into(),
        epoch,
        partition: partition(config),
        listed: config.nodes.iter().map(|node| node.as_str().into()).collect(),
        min_nodes: config.min_nodes,
        refuses_alone: !config.serves_alone,
        dead_ms: config.dead_ms,
        grace_ms: config.offline_grace_ms,
        answer_ms: config.answer_ms,
    };
    let broker = BrokerSettings {
        cluster: config.name.clone(),
        nats: config.nats.clone(),
        credentials: config.login.clone().map(|Login { user, password }| Credentials { user, password }),
        nkey_file: config.nkey_file.clone(),
        tls_ca: config.tls_ca.clone(),
        tls_client: config.tls_cert.clone().zip(config.tls_key.clone()),
    };
    let EarlyBridge { early, inbox, .. } = early;
    let shards = Box::new(ShardsOfNode {
        inbox,
        outbox: Outbox::new(mailboxes.to_vec()),
        mailboxes: mailboxes.to_vec(),
    });
    let settings = BridgeSettings { hub, broker, places, domains, origin, stats };
    cluster::start(early, settings, shards).map_err(|error| StartError::new("cluster.nats", error))
}

fn partition(config: &ClusterConfig) -> Partition {
    match config.partition {
        PartitionKind::Rendezvous => Partition::Rendezvous,
        PartitionKind::Md5 => Partition::Md5,
        PartitionKind::Range => {
            let at = |name: &String| config.nodes.iter().position(|node| node == name).unwrap_or_default();
            let bounds = config.ranges.iter().map(|(below, node)| Bound { below: *below, node: at(node) });
            Partition::Range(bounds.collect())
        }
    }
}

struct ShardsOfNode {
    inbox: Inbox,
    outbox: Outbox,
    mailboxes: Vec<MailboxHandle>,
}

impl Shards for ShardsOfNode {
    fn take(&mut self) -> Option<cluster::Parcel> {
        loop {
            return Some(match self.inbox.take()? {
                Parcel::Away(batch) => {
                    cluster::Parcel::Mail(batch.into_iter().map(|Envelope { to, mail }| (to, mail)).collect())
                }
                Parcel::Domains(domains, _) => cluster::Parcel::Domains(domains),
                Parcel::Drain => cluster::Parcel::Drain,
                Parcel::Stop => cluster::Parcel::Stop,
                Parcel::Mail(_) | Parcel::Conns(_) => continue,
            });
        }
    }

    fn sleep(&mut self) -> bool {
        self.inbox.sleep()
    }

    fn awake(&mut self) {
        self.inbox.awake();
    }

    fn push(&mut self, to: Place, mail: Mail) {
        self.outbox.push(to, mail);
    }

    fn post(&mut self) -> bool {
        self.outbox.post();
        self.outbox.waiting() == 0
    }

    fn drain(&mut self) {
        for mailbox in &self.mailboxes {
            mailbox.send(Parcel::Drain);
        }
    }
}
