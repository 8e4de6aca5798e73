//! The connection to a broker of NATS.
//!
//! Owns: the subjects, and what is sent while there is no connection: nothing. Must not: read a frame.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use async_nats::connection::State;
use async_nats::{Client, ConnectError, ConnectErrorKind, ConnectOptions, Event, ServerInfo, Subscriber};
use futures_util::{FutureExt, StreamExt};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::base::stats::BrokerSeen;
use crate::cluster::limits::FRAME_BYTES_MAX;

/// How long the first connection may take.
const CONNECT_MS: u64 = 10_000;
/// A broker that could not be reached is tried again after this long.
const CONNECT_AGAIN_MS: u64 = 250;
/// The oldest broker: earlier ones can be given a user's rights by a stranger (CVE-2023-47090).
const VERSION_MIN: (u64, u64) = (2, 10);
/// How long the last words may take.
const CLOSE_MS: u64 = 1_000;
/// The port of a broker whose URL has none.
const PORT_DEFAULT: u16 = 4_222;
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
    urls: Vec<String>,
    beats: Subscriber,
    frames: Subscriber,
    /// What the client says of the connection.
    events: UnboundedReceiver<Event>,
    /// How often it was connected.
    connects: u64,
    /// Messages that this node did not fetch in time.
    dropped: u64,
}

impl Broker {
    /// Connects, and listens for what is meant for this process.
    pub(super) async fn connect(settings: &BrokerSettings, epoch: u32, node: &str) -> io::Result<Broker> {
        let (sender, events) = unbounded_channel();
        let client = dial(settings, node, sender).await?;
        check(&client.server_info())?;
        let cluster = settings.cluster.clone();
        let listen = async |subject: String| client.subscribe(subject).await.map_err(io::Error::other);
        let beats = listen(format!("im.{cluster}.hb")).await?;
        let frames = listen(frames_subject(&cluster, node, epoch)).await?;
        client.flush().await.map_err(io::Error::other)?;
        let urls = settings.nats.clone();
        Ok(Broker { client, cluster, urls, beats, frames, events, connects: 0, dropped: 0 })
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

    /// The cluster's name.
    pub(super) fn cluster(&self) -> &str {
        &self.cluster
    }

    /// The connection as operators see it. Logs what has happened to it.
    pub(super) fn seen(&mut self) -> BrokerSeen {
        while let Ok(event) = self.events.try_recv() {
            self.connects += u64::from(event == Event::Connected);
            self.dropped += u64::from(matches!(event, Event::SlowConsumer(_)));
            tell(&event);
        }
        let is_connected = self.client.connection_state() == State::Connected;
        let info = self.client.server_info();
        let url = is_connected.then(|| url_of(&self.urls, &info.host, info.port)).flatten();
        let url = url.map_or_else(|| self.urls.join(", "), str::to_owned).into();
        BrokerSeen { is_connected, url, connects: self.connects, dropped: self.dropped }
    }

    /// Sends what is on its way.
    pub(super) async fn close(&self) {
        // Without a connection the client waits for one.
        if self.client.connection_state() != State::Connected {
            return;
        }
        match tokio::time::timeout(Duration::from_millis(CLOSE_MS), self.client.flush()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => log::debug!("cluster: the last words were not sent: {error}"),
            Err(_) => log::debug!("cluster: the last words were not sent in {CLOSE_MS} ms"),
        }
    }
}

/// Connects to one of the brokers. One that refuses this node is not asked again; one that is not there yet may come.
async fn dial(settings: &BrokerSettings, node: &str, events: UnboundedSender<Event>) -> io::Result<Client> {
    let options = options(settings, node, events)?;
    let mut last = None;
    let dialing = async {
        loop {
            match options.clone().connect(settings.nats.as_slice()).await {
                Err(error) if is_away(&error) => last = Some(error),
                dialed => return dialed.map_err(io::Error::other),
            }
            tokio::time::sleep(Duration::from_millis(CONNECT_AGAIN_MS)).await;
        }
    };
    let dialed = tokio::time::timeout(Duration::from_millis(CONNECT_MS), dialing).await;
    dialed.unwrap_or_else(|_| {
        let why = last.map(|error| format!(": {error}")).unwrap_or_default();
        Err(io::Error::other(format!("no broker has answered in {CONNECT_MS} ms{why}")))
    })
}

fn options(
    settings: &BrokerSettings,
    node: &str,
    events: UnboundedSender<Event>,
) -> io::Result<ConnectOptions> {
    let mut options = ConnectOptions::new()
        .name(format!("nextim {node}"))
        .ping_interval(Duration::from_secs(1))
        .subscription_capacity(WAITING_MAX)
        .connection_timeout(Duration::from_millis(CONNECT_MS / 2))
        .event_callback(move |event| {
            let events = events.clone();
            // Nobody takes it if the first connection has failed.
            async move {
                events.send(event).ok();
            }
        });
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
    Ok(options)
}

/// Whether a broker may be there a moment later.
fn is_away(error: &ConnectError) -> bool {
    matches!(error.kind(), ConnectErrorKind::Io | ConnectErrorKind::Dns | ConnectErrorKind::TimedOut)
}

/// Whether this broker is good enough for a cluster.
fn check(broker: &ServerInfo) -> io::Result<()> {
    let mut numbers = broker.version.split('.').map_while(|number| number.parse().ok());
    let version = (numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default());
    if version < VERSION_MIN {
        let (major, minor) = VERSION_MIN;
        let wrong = format!("the broker has version {}, but {major}.{minor} is needed", broker.version);
        return Err(io::Error::other(wrong));
    }
    let longest = broker.max_payload;
    if longest < FRAME_BYTES_MAX {
        let wrong = format!("max_payload of the broker is {longest}, but {FRAME_BYTES_MAX} is needed");
        return Err(io::Error::other(wrong));
    }
    Ok(())
}

fn frames_subject(cluster: &str, node: &str, epoch: u32) -> String {
    format!("im.{cluster}.n.{node}.{epoch:08x}")
}

/// The one of these URLs that is the broker's, by what the broker says of itself: its port, and its host if it listens at
/// one address.
fn url_of<'u>(urls: &'u [String], host: &str, port: u16) -> Option<&'u str> {
    if let [only] = urls {
        return Some(only);
    }
    let has_port = |url: &&String| match url.rsplit_once(':') {
        Some((_, digits)) if !digits.contains('/') => digits.parse() == Ok(port),
        Some(_) | None => port == PORT_DEFAULT,
    };
    let mut ports = urls.iter().filter(has_port);
    if let (Some(only), None) = (ports.next(), ports.next()) {
        return Some(only);
    }
    let is_host = |url: &&String| url.split_once("//").is_some_and(|(_, rest)| rest.starts_with(host));
    urls.iter().filter(has_port).find(is_host).map(String::as_str)
}

fn tell(event: &Event) {
    match event {
        Event::Connected => log::info!("cluster: connected to the broker"),
        Event::Disconnected => log::warn!("cluster: the connection to the broker is lost"),
        Event::LameDuckMode => log::info!("cluster: the broker is about to go down"),
        Event::SlowConsumer(_) => log::warn!("cluster: this node does not fetch what comes fast enough"),
        Event::ServerError(error) => log::error!("cluster: the broker refuses something: {error}"),
        // While there is no broker, each try fails.
        Event::ClientError(error) => log::debug!("cluster: {error}"),
        Event::Draining | Event::Closed => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_broker_is_found_among_several() {
        let check = |urls: &[&str], host: &str, port: u16, expected: Option<&str>| {
            let urls: Vec<String> = urls.iter().map(ToString::to_string).collect();
            assert_eq!(url_of(&urls, host, port), expected, "{urls:?}");
        };
        check(&["nats://a:1"], "0.0.0.0", 4_222, Some("nats://a:1"));
        check(&["nats://a:1", "tls://b:2"], "0.0.0.0", 2, Some("tls://b:2"));
        check(&["nats://a:1", "nats://b"], "0.0.0.0", 4_222, Some("nats://b"));
        check(&["nats://10.0.0.1", "nats://10.0.0.2"], "10.0.0.2", 4_222, Some("nats://10.0.0.2"));
        check(&["nats://a", "nats://b"], "0.0.0.0", 4_222, None);
    }

    #[test]
    fn a_broker_that_is_too_old_or_takes_too_little_is_refused() {
        let check = |version: &str, max_payload, expected: &str| {
            let broker = ServerInfo { version: version.to_owned(), max_payload, ..ServerInfo::default() };
            let refused = check(&broker).map_err(|error| error.to_string());
            assert_eq!(refused.err().unwrap_or_default(), expected, "{version} {max_payload}");
        };
        let enough = FRAME_BYTES_MAX;
        check("2.10.0", enough, "");
        check("2.15.1-beta.2", enough, "");
        check("3.0", enough, "");
        check("2.9.25", enough, "the broker has version 2.9.25, but 2.10 is needed");
        check("1.11.0", enough, "the broker has version 1.11.0, but 2.10 is needed");
        check("", enough, "the broker has version , but 2.10 is needed");
        let small = "max_payload of the broker is 65536, but 1044480 is needed";
        check("2.10.0", 65_536, small);
    }
}
