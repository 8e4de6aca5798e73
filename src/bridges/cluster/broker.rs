//! The connection to a broker of NATS.
//!
//! Owns: the subjects, and what is sent while there is no connection: nothing. Must not: read a frame.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use async_nats::connection::State;
use async_nats::{Client, ConnectOptions, Subscriber};
use futures_util::{FutureExt, StreamExt};

/// How long the first connection may take.
const CONNECT_MS: u64 = 10_000;
/// Messages that may wait for this node, before the broker's client drops some.
const WAITING_MAX: usize = 65_536;

/// Which broker, and as whom.
#[derive(Clone, Debug)]
pub(crate) struct BrokerSettings {
    /// The cluster's name, which all subjects begin with.
    pub(crate) cluster: String,
    pub(crate) nats: Vec<String>,
    /// User and password, if they are set.
    pub(crate) credentials: Option<Credentials>,
    pub(crate) nkey_file: Option<PathBuf>,
    pub(crate) tls_ca: Option<PathBuf>,
    /// Certificate and key.
    pub(crate) tls_client: Option<(PathBuf, PathBuf)>,
}

/// A user and a password.
#[derive(Clone)]
pub(crate) struct Credentials {
    pub(crate) user: String,
    pub(crate) password: String,
}

impl std::fmt::Debug for Credentials {
    /// Leaves out the password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").field("user", &self.user).finish_non_exhaustive()
    }
}

/// What was heard.
#[derive(Debug)]
pub(super) enum Heard {
    Beat(Vec<u8>),
    Frame(Vec<u8>),
}

/// See the module.
pub(super) struct Broker {
    client: Client,
    cluster: String,
    beats: Subscriber,
    frames: Subscriber,
}

impl Broker {
    /// Connects, and listens for what is meant for this process.
    pub(super) async fn connect(settings: &BrokerSettings, epoch: u32, node: &str) -> io::Result<Broker> {
        let connecting = Broker::try_connect(settings, epoch, node);
        match tokio::time::timeout(Duration::from_millis(CONNECT_MS), connecting).await {
            Ok(connected) => connected,
            Err(_) => Err(io::Error::other(format!("no broker has answered in {CONNECT_MS} ms"))),
        }
    }

    async fn try_connect(settings: &BrokerSettings, epoch: u32, node: &str) -> io::Result<Broker> {
        let mut options = ConnectOptions::new()
            .name(format!("nextim {node}"))
            .ping_interval(Duration::from_secs(1))
            .subscription_capacity(WAITING_MAX)
            .connection_timeout(Duration::from_millis(CONNECT_MS / 2));
        if let Some(Credentials { user, password }) = &settings.credentials {
            options = options.user_and_password(user.clone(), password.clone());
        }
        if let Some(file) = &settings.nkey_file {
            let seed = std::fs::read_to_string(file)
                .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", file.display())))?;
            options = options.nkey(seed.trim().to_owned());
        }
        if let Some(file) = &settings.tls_ca {
            options = options.add_root_certificates(file.clone()).require_tls(true);
        }
        if let Some((certificate, key)) = &settings.tls_client {
            options = options.add_client_certificate(certificate.clone(), key.clone()).require_tls(true);
        }
        let client = options.connect(settings.nats.as_slice()).await.map_err(io::Error::other)?;
        let cluster = settings.cluster.clone();
        let listen = async |subject: String| client.subscribe(subject).await.map_err(io::Error::other);
        let beats = listen(format!("im.{cluster}.hb")).await?;
        let frames = listen(frames_subject(&cluster, node, epoch)).await?;
        client.flush().await.map_err(io::Error::other)?;
        Ok(Broker { client, cluster, beats, frames })
    }

    /// Waits for the next message.
    pub(super) async fn hear(&mut self) -> Option<Heard> {
        tokio::select! {
            biased;
            Some(frame) = self.frames.next() => Some(Heard::Frame(frame.payload.to_vec())),
            Some(beat) = self.beats.next() => Some(Heard::Beat(beat.payload.to_vec())),
            else => std::future::pending().await,
        }
    }

    /// The next message, if one is there.
    pub(super) fn try_hear(&mut self) -> Option<Heard> {
        if let Some(Some(frame)) = self.frames.next().now_or_never() {
            return Some(Heard::Frame(frame.payload.to_vec()));
        }
        let beat = self.beats.next().now_or_never()??;
        Some(Heard::Beat(beat.payload.to_vec()))
    }

    pub(super) async fn send_frame(&self, node: &str, epoch: u32, bytes: Vec<u8>) {
        self.publish(frames_subject(&self.cluster, node, epoch), bytes).await;
    }

    pub(super) async fn send_beat(&self, bytes: Vec<u8>) {
        self.publish(format!("im.{}.hb", self.cluster), bytes).await;
    }

    /// Publishes, unless there is no connection: the client would keep it, and send it much later.
    async fn publish(&self, subject: String, bytes: Vec<u8>) {
        if self.client.connection_state() == State::Connected
            && let Err(error) = self.client.publish(subject, bytes.into()).await
        {
            log::debug!("cluster: nothing was published: {error}");
        }
    }

    /// Sends what is on its way.
    pub(super) async fn close(&self) {
        if let Err(error) = self.client.flush().await {
            log::debug!("cluster: the last words were not sent: {error}");
        }
    }
}

fn frames_subject(cluster: &str, node: &str, epoch: u32) -> String {
    format!("im.{cluster}.n.{node}.{epoch:08x}")
}
