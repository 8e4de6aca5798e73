//! The client of the message server.
//!
//! Owns: its calls, one function each, and the connections kept open to it. Must not: use `Records`, or check the rights of
//! users. A call blocks, for a few seconds at most. Each call tries a server that could not be reached once more, so it is
//! used again as soon as it is back.

use nextim::internals::is_same_credential;
use serde::Deserialize;
use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};
use ureq::Agent;
use ureq::http::Response;

use super::limits::{IM_ANSWER_BYTES_MAX, IM_CALL, IM_CONNECT, IM_CONNECTIONS_KEPT};
use crate::secret;

/// The show of a user who is online and looks offline.
pub const INVISIBLE: &str = "invisible";

/// Why a call failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallError {
    /// It cannot be reached, or its answer is late or no answer of a message server.
    Unreachable,
    /// The domain or the apikey is wrong.
    NotAuthorized,
    /// The ticket's session has ended.
    NoSession,
    /// It has refused the call, with this status and text.
    Refused(u16, String),
}

impl std::fmt::Display for CallError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            CallError::Unreachable => f.write_str("it cannot be reached"),
            CallError::NotAuthorized => f.write_str("it does not accept the domain or the apikey"),
            CallError::NoSession => f.write_str("the session has ended"),
            CallError::Refused(status, text) => write!(f, "it answers {status}: {text}"),
        }
    }
}

/// Where the message server is, and the site's domain there.
#[derive(Clone, Debug)]
pub struct Address {
    /// Its URL as the site reaches it, such as `http://127.0.0.1:8000`.
    pub url: String,
    /// Its URL as browsers reach it, if that is known and differs.
    pub public_url: Option<String>,
    /// The domain.
    pub domain: String,
    /// The key of the domain.
    pub apikey: String,
}

/// A client of the message server.
pub struct MessageServer {
    address: Address,
    agent: Agent,
    /// Opens a connection for each call.
    fresh: Agent,
    /// The poll URL in its last answer to `online`.
    announced: RwLock<Option<String>>,
}

impl std::fmt::Debug for MessageServer {
    /// Without the key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MessageServer").field("url", &self.address.url).finish_non_exhaustive()
    }
}

/// A session to start.
#[derive(Clone, Copy, Debug)]
pub(super) struct NewSession<'a> {
    /// The user's id.
    pub(super) name: &'a str,
    pub(super) nick: &'a str,
    /// The ids of the users whose presence it receives.
    pub(super) buddies: &'a [String],
    /// The rooms whose messages it receives.
    pub(super) rooms: &'a [String],
    /// Empty: as in the user's other sessions.
    pub(super) show: &'a str,
    /// The line of text beside the show.
    pub(super) status: &'a str,
    /// `3` for front ends that know only two types of messages, otherwise `6`.
    pub(super) version: &'a str,
    /// How long it may last, in seconds. Only pages of version 6 come back after that.
    pub(super) expires: Option<i64>,
}

/// A session that was started.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Session {
    /// The browser polls with it.
    pub(super) ticket: String,
    /// The buddies that are online and visible.
    #[serde(default)]
    pub(super) buddies: Vec<Presence>,
    /// The rooms it is in.
    #[serde(default)]
    pub(super) rooms: Vec<RoomTotal>,
    /// The poll URL.
    #[serde(default)]
    pub(super) server: String,
}

/// A user who is online.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Presence {
    /// The user's id.
    pub(super) name: String,
    pub(super) show: String,
    /// The line of text beside the show.
    #[serde(default)]
    pub(super) status: String,
}

/// How many are in a room.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct RoomTotal {
    /// The room's id.
    pub(super) name: String,
    /// The members that are online and visible.
    pub(super) total: u64,
}

/// A member of a room who is online.
#[derive(Clone, Debug, Deserialize, serde::Serialize)]
pub(super) struct RoomMember {
    id: String,
    nick: String,
}

/// The sessions that a call is about.
#[derive(Clone, Copy, Debug)]
pub enum By<'a> {
    /// The session of this ticket.
    Ticket(&'a str),
    /// All sessions of this user.
    Name(&'a str),
}

impl<'a> By<'a> {
    fn as_param(self) -> (&'static str, &'a str) {
        match self {
            By::Ticket(ticket) => ("ticket", ticket),
            By::Name(name) => ("name", name),
        }
    }
}

/// A message to push.
#[derive(Clone, Copy, Debug)]
pub struct Push<'a> {
    /// The session of the sender's page; without one, the site is the sender.
    pub ticket: Option<&'a str>,
    /// The id of the sender.
    pub from: &'a str,
    /// The display name of the sender.
    pub nick: &'a str,
    /// The id of a user or of a room.
    pub to: &'a str,
    /// `unicast`, `multicast` or `broadcast`.
    pub kind: &'a str,
    /// The text.
    pub body: &'a str,
    /// CSS declarations.
    pub style: &'a str,
    /// When it was accepted, in ms.
    pub timestamp: i64,
    /// The id in the archive.
    pub id: &'a str,
    /// The JSON object that came with it.
    pub meta: Option<&'a str>,
}

/// The sessions that a message was queued for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Delivery {
    /// All of them. This number must not be shown to other users: it shows that an invisible user is online.
    pub sessions: u64,
    /// Those of users that others see.
    pub visible: u64,
}

impl MessageServer {
    /// A client. It connects at its first call.
    pub fn new(address: Address) -> MessageServer {
        let agent = |kept| {
            let config = Agent::config_builder()
                .timeout_global(Some(IM_CALL))
                .timeout_connect(Some(IM_CONNECT))
                .http_status_as_error(false)
                .max_redirects(0)
                .max_idle_connections(kept)
                .max_idle_connections_per_host(kept)
                .proxy(None);
            Agent::from(config.build())
        };
        MessageServer {
            address,
            agent: agent(IM_CONNECTIONS_KEPT),
            fresh: agent(0),
            announced: RwLock::default(),
        }
    }

    /// The domain of the site.
    pub fn domain(&self) -> &str {
        &self.address.domain
    }

    /// Whether these are the site's domain and key.
    pub fn is_authentic(&self, domain: &str, apikey: &str) -> bool {
        // The key is compared for any domain: the time of the answer shows nothing of the key.
        let right = is_same_credential(apikey, &self.address.apikey);
        domain == self.address.domain && right
    }

    /// A secret that nobody without the apikey can make of this text.
    pub(super) fn keyed(&self, text: &str) -> String {
        secret::hash(&format!("{}\n{text}", self.address.apikey))
    }

    /// The URL under which browsers reach it, without a slash at its end.
    pub fn url(&self) -> String {
        if let Some(url) = &self.address.public_url {
            return url.trim_end_matches('/').to_owned();
        }
        let announced = self.announced.read().unwrap_or_else(PoisonError::into_inner);
        let announced = announced.as_deref().and_then(|url| url.strip_suffix("/packets"));
        announced.unwrap_or(&self.address.url).trim_end_matches('/').to_owned()
    }

    /// Its origin as browsers reach it, for the content security policy of pages.
    pub fn origin(&self) -> String {
        let url = self.url();
        let host = url.find("://").map_or(0, |scheme| scheme + 3);
        let end = url[host..].find('/').map_or(url.len(), |end| host + end);
        url[..end].to_owned()
    }

    /// The URL that browsers poll.
    pub fn poll_url(&self) -> String {
        self.url() + "/packets"
    }

    /// Calls it, and returns the error if it cannot be used now.
    pub fn problem(&self) -> Option<CallError> {
        self.onlines(&[]).err()
    }

    /// Starts a session.
    pub(super) fn online(&self, new: &NewSession<'_>) -> Result<Session, CallError> {
        let (buddies, rooms) = (new.buddies.join(","), new.rooms.join(","));
        let mut params = vec![("name", new.name), ("nick", new.nick), ("status", new.status)];
        params.extend([("buddies", &*buddies), ("rooms", &*rooms), ("version", new.version)]);
        params.extend((!new.show.is_empty()).then_some(("show", new.show)));
        let expires = new.expires.map(|seconds| seconds.to_string());
        params.extend(expires.as_deref().map(|seconds| ("expires", seconds)));
        let session: Session = self.ask("/presences/online", &params)?;
        if !session.server.is_empty() {
            *self.announced.write().unwrap_or_else(PoisonError::into_inner) = Some(session.server.clone());
        }
        Ok(session)
    }

    /// Ends a session, or all sessions of a user.
    pub fn offline(&self, by: By<'_>) -> Result<(), CallError> {
        self.call("/presences/offline", &[by.as_param()]).map(drop)
    }

    /// Changes the show of a user, and perhaps the line of text beside it.
    pub fn show(&self, ticket: &str, nick: &str, show: &str, status: Option<&str>) -> Result<(), CallError> {
        let mut params = vec![("ticket", ticket), ("nick", nick), ("show", show)];
        params.extend(status.map(|status| ("status", status)));
        self.call("/presences/show", &params).map(drop)
    }

    /// Sends a user the status of another: `typing` or `clear`.
    pub fn typing(&self, ticket: &str, nick: &str, to: &str, show: &str) -> Result<(), CallError> {
        self.call("/statuses", &[("ticket", ticket), ("nick", nick), ("to", to), ("show", show)]).map(drop)
    }

    /// Pushes a message.
    pub fn message(&self, push: &Push<'_>) -> Result<Delivery, CallError> {
        let timestamp = push.timestamp.to_string();
        let sender = push.ticket.map_or(("from", push.from), |ticket| ("ticket", ticket));
        let mut params =
            vec![sender, ("nick", push.nick), ("to", push.to), ("type", push.kind), ("id", push.id)];
        params.extend([("body", push.body), ("style", push.style), ("timestamp", &*timestamp)]);
        params.extend(push.meta.map(|meta| ("meta", meta)));
        let answer = self.call("/messages", &params)?;
        let count = |name: &str| {
            let value = answer.headers().get(name).and_then(|value| value.to_str().ok());
            value.and_then(|count| count.parse().ok()).unwrap_or_default()
        };
        Ok(Delivery { sessions: count("x-nextim-delivered"), visible: count("x-nextim-visible") })
    }

    /// The users among these that are online and visible.
    pub(super) fn onlines(&self, names: &[String]) -> Result<Vec<Presence>, CallError> {
        self.ask("/onlines", &[("names", &names.join(",")), ("version", "6")])
    }

    /// The members of a room that are online and visible.
    pub(super) fn members(&self, room: &str) -> Result<Vec<RoomMember>, CallError> {
        let mut rooms: HashMap<String, Vec<RoomMember>> = self.ask("/room/members", &[("room", room)])?;
        Ok(rooms.remove(room).unwrap_or_default())
    }

    /// Puts sessions into a room. Returns the number of its members that are online and visible.
    pub fn join(&self, by: By<'_>, nick: &str, room: &str) -> Result<u64, CallError> {
        let params = [by.as_param(), ("nick", nick), ("room", room)];
        let rooms: HashMap<String, u64> = self.ask("/room/join", &params)?;
        Ok(rooms.get(room).copied().unwrap_or(0))
    }

    /// Takes sessions out of a room.
    pub fn leave(&self, by: By<'_>, nick: &str, room: &str) -> Result<(), CallError> {
        self.call("/room/leave", &[by.as_param(), ("nick", nick), ("room", room)]).map(drop)
    }

    /// From now on, neither user receives the presence of the other.
    pub fn unlink(&self, name: &str, other: &str) -> Result<(), CallError> {
        self.call("/buddies/remove", &[("name", name), ("buddies", other)]).map(drop)
    }

    fn ask<T: for<'a> Deserialize<'a>>(&self, path: &str, params: &[(&str, &str)]) -> Result<T, CallError> {
        let mut answer = self.call(path, params)?;
        let body = answer.body_mut().with_config().limit(IM_ANSWER_BYTES_MAX).read_to_vec();
        let body = body.map_err(|error| unreachable(path, &error))?;
        serde_json::from_slice(&body).map_err(|error| unreachable(path, &error))
    }

    fn call(&self, path: &str, params: &[(&str, &str)]) -> Result<Response<ureq::Body>, CallError> {
        let url = format!("{}{path}", self.address.url.trim_end_matches('/'));
        let own = [("domain", self.address.domain.as_str()), ("apikey", self.address.apikey.as_str())];
        let form = own.iter().chain(params).copied();
        let sent = match self.agent.post(&url).send_form(form.clone()) {
            // The connection was an old one, and the server at its other end may have been replaced. A call that is made
            // twice does no harm: a page shows an id once, and a session that is not polled ends.
            Err(error) if !matches!(error, ureq::Error::Timeout(_)) => self.fresh.post(&url).send_form(form),
            sent => sent,
        };
        let mut answer = sent.map_err(|error| unreachable(path, &error))?;
        match answer.status().as_u16() {
            200 => Ok(answer),
            401 => Err(CallError::NotAuthorized),
            404 => Err(CallError::NoSession),
            status => {
                let text = answer.body_mut().with_config().limit(IM_ANSWER_BYTES_MAX).read_to_string();
                let text = text.unwrap_or_default();
                log::warn!("message server, {path}: {status} {text}");
                Err(CallError::Refused(status, text))
            }
        }
    }
}

fn unreachable(path: &str, error: &dyn std::fmt::Display) -> CallError {
    log::warn!("message server, {path}: {error}");
    CallError::Unreachable
}
