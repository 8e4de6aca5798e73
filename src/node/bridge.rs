//! The way to the other nodes of a cluster, if there is one.
//!
//! Owns: [`EarlyBridge`], the part of it that is made before the shards. Must not: exist twice: a program that was built
//! without clusters has a bridge that cannot be made.

use std::sync::Arc;
use std::thread::JoinHandle;

#[cfg(feature = "cluster")]
use super::cluster;
use super::error::StartError;
use crate::base::clock::Origin;
use crate::base::stats::Stats;
use crate::config::Config;
use crate::node::shard::mailbox::MailboxHandle;
use crate::router::Settings;

/// What is made before the first shard has a descriptor table of its own.
#[derive(Debug)]
pub(super) struct EarlyBridge {
    #[cfg(feature = "cluster")]
    bridge: cluster::EarlyBridge,
    #[cfg(not(feature = "cluster"))]
    never: std::convert::Infallible,
}

impl EarlyBridge {
    /// Makes it, if the server is a node of a cluster.
    pub(super) fn make(config: &Config) -> Result<Option<EarlyBridge>, StartError> {
        if config.cluster.is_none() {
            return Ok(None);
        }
        #[cfg(feature = "cluster")]
        return Ok(Some(EarlyBridge { bridge: cluster::EarlyBridge::make()? }));
        #[cfg(not(feature = "cluster"))]
        unreachable!("the configuration was refused")
    }

    /// Its mailbox.
    pub(super) fn handle(&self) -> MailboxHandle {
        #[cfg(feature = "cluster")]
        return self.bridge.handle();
        #[cfg(not(feature = "cluster"))]
        match self.never {}
    }

    /// Connects it, and lets it run.
    pub(super) fn start(
        self,
        config: &Config,
        (settings, origin, stats): (Settings, Origin, Stats),
        url: &Arc<str>,
        mailboxes: &[MailboxHandle],
    ) -> Result<(MailboxHandle, JoinHandle<()>), StartError> {
        #[cfg(feature = "cluster")]
        {
            let mailbox = self.bridge.handle();
            let Settings { epoch, places, domains, .. } = settings;
            let membership =
                cluster::Membership { epoch, url: Arc::clone(url), places, domains, origin, stats };
            let cluster = config.cluster.as_ref().expect("it was made because there is one");
            let thread = cluster::start(cluster, self.bridge, membership, mailboxes)?;
            Ok((mailbox, thread))
        }
        #[cfg(not(feature = "cluster"))]
        match self.never {}
    }
}
