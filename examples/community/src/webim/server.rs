//! The client of the message server.
//!
//! Owns: its calls, one function each, and the connections kept open to it. Must not: know the site or its users' rights.
//! It blocks, for a few seconds at most; a server that cannot be reached is tried anew by every call, so it is used
//! again as soon as it is back.

use std::sync::{PoisonError, RwLock};

use nextim::base::domains::is_same_credential;
use serde::Deserialize;
use ureq::Agent;
use ureq::http::Response;

use crate::limits::{HANDLERS_MAX, IM_ANSWER_BYTES_MAX, IM_CALL, IM_CONNECT};
use crate::store::messages::Message;

/// The show of who is there and looks as if he were not.
pub const INVISIBLE: &str = "invisible";

/// Why a call had no success.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallError {
    /// Nobody answers, or not in time, or nothing that makes sense.
    Unreachable,
    /// The domain or the apikey is wrong.
    NotAuthorized,
    /// The ticket's session has ended.
    NoSession,
    /// It answers, but will not do it: its status and words.
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

/// Where the message server is, and what the site is to it.
#[derive(Clone, Debug)]
pub struct Address {
    /// Its URL as the site reaches it, such as `http://127.0.0.1:8000`.
    pub url: String,
    /// Its URL as browsers reach it, if that is known and another.
    pub public_url: Option<String>,
    /// The site's domain.
    pub domain: String,
    /// The site's key.
    pub apikey: String,
}

/// The message server.
pub struct MessageServer {
    address: Address,
    agent: Agent,
    /// Keeps no connection open.
    fresh: Agent,
    /// The poll URL it told last.
    told: RwLock<Option<String>>,
}

impl std::fmt::Debug for MessageServer {
    /// Without the key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MessageServer").field("url", &self.address.url).finish_non_exhaustive()
    }
}

/// Who goes online.
#[derive(Clone, Copy, Debug)]
pub struct Online<'a> {
    /// The user's id.
    pub name: &'a str,
    /// What others see.
    pub nick: &'a str,
    /// Whose presence he wants to hear of.
    pub buddies: &'a [String],
    /// Where he wants to hear what is said.
    pub rooms: &'a [String],
    /// What he shows; empty: as before.
    pub show: &'a str,
    /// The line beside it.
    pub status: &'a str,
    /// `3` for front ends that know only two types of messages, otherwise `6`.
    pub version: &'a str,
}

/// A session that was started.
#[derive(Clone, Debug, Deserialize)]
pub struct Session {
    /// What the browser polls with.
    pub ticket: String,
    /// The buddies who are online and visible.
    #[serde(default)]
    pub buddies: Vec<Presence>,
    /// The rooms he is in.
    #[serde(default)]
    pub rooms: Vec<Total>,
    /// Where to poll.
    #[serde(default)]
    pub server: String,
}

/// Somebody who is online.
#[derive(Clone, Debug, Deserialize)]
pub struct Presence {
    /// His id.
    pub name: String,
    /// What he shows.
    pub show: String,
    /// The line beside it.
    #[serde(default)]
    pub status: String,
}

/// A room.
#[derive(Clone, Debug, Deserialize)]
pub struct Total {
    /// Its name.
    pub name: String,
    /// Its visible members who are online.
    pub total: u64,
}

/// A member of a room who is online.
#[derive(Clone, Debug, Deserialize, serde::Serialize)]
pub struct Member {
    /// His id.
    pub id: String,
    /// What others see.
    pub nick: String,
}

/// Who calls: a page by its ticket, or the site in a user's name.
#[derive(Clone, Copy, Debug)]
pub enum By<'a> {
    /// This session.
    Ticket(&'a str),
    /// This user, all his sessions.
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
    /// The sender's page; without one it is a push by the site.
    pub ticket: Option<&'a str>,
    /// The sender.
    pub from: &'a str,
    /// What others see of him.
    pub nick: &'a str,
    /// The receiver.
    pub to: &'a str,
    /// `unicast`, `multicast` or `broadcast`.
    pub kind: &'a str,
    /// What it says.
    pub body: &'a str,
    /// CSS declarations.
    pub style: &'a str,
    /// When it was accepted.
    pub timestamp: i64,
    /// What tells it from others.
    pub id: &'a str,
}

impl<'a> Push<'a> {
    /// A stored message, whose id the caller writes.
    pub fn of(message: &'a Message, id: &'a str, ticket: Option<&'a str>) -> Push<'a> {
        Push {
            ticket,
            from: &message.from,
            nick: &message.nick,
            to: &message.to,
            kind: &message.kind,
            body: &message.body,
            style: &message.style,
            timestamp: message.timestamp,
            id,
        }
    }
}

impl MessageServer {
    /// A client. It connects when it is first used.
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
        MessageServer { address, agent: agent(HANDLERS_MAX), fresh: agent(0), told: RwLock::default() }
    }

    /// The site's domain.
    pub fn domain(&self) -> &str {
        &self.address.domain
    }

    /// Whether somebody has proved to know the site's domain and key.
    pub fn is_authentic(&self, domain: &str, apikey: &str) -> bool {
        // The key is compared whatever the domain: the name is no secret, and time tells nothing of the key.
        let right = is_same_credential(apikey, &self.address.apikey);
        domain == self.address.domain && right
    }

    /// The URL under which browsers reach it, without a slash at its end.
    pub fn url(&self) -> String {
        if let Some(url) = &self.address.public_url {
            return url.trim_end_matches('/').to_owned();
        }
        let told = self.told.read().unwrap_or_else(PoisonError::into_inner);
        let told = told.as_deref().and_then(|url| url.strip_suffix("/packets"));
        told.unwrap_or(&self.address.url).trim_end_matches('/').to_owned()
    }

    /// Its origin as browsers see it, for the policy of pages.
    pub fn origin(&self) -> String {
        let url = self.url();
        let host = url.find("://").map_or(0, |scheme| scheme + 3);
        let end = url[host..].find('/').map_or(url.len(), |end| host + end);
        url[..end].to_owned()
    }

    /// Where browsers poll.
    pub fn poll_url(&self) -> String {
        self.url() + "/packets"
    }

    /// Why it cannot be used now, if so.
    pub fn problem(&self) -> Option<CallError> {
        self.onlines(&[]).err()
    }

    /// Starts a session.
    pub fn online(&self, who: &Online<'_>) -> Result<Session, CallError> {
        let (buddies, rooms) = (who.buddies.join(","), who.rooms.join(","));
        let mut params = vec![("name", who.name), ("nick", who.nick), ("status", who.status)];
        params.extend([("buddies", &*buddies), ("rooms", &*rooms), ("version", who.version)]);
        params.extend((!who.show.is_empty()).then_some(("show", who.show)));
        let session: Session = self.ask("/presences/online", &params)?;
        if !session.server.is_empty() {
            *self.told.write().unwrap_or_else(PoisonError::into_inner) = Some(session.server.clone());
        }
        Ok(session)
    }

    /// Ends a session, or all of a user.
    pub fn offline(&self, by: By<'_>) -> Result<(), CallError> {
        self.call("/presences/offline", &[by.as_param()]).map(drop)
    }

    /// Changes what a user shows.
    pub fn show(&self, ticket: &str, nick: &str, show: &str, status: Option<&str>) -> Result<(), CallError> {
        let mut params = vec![("ticket", ticket), ("nick", nick), ("show", show)];
        params.extend(status.map(|status| ("status", status)));
        self.call("/presences/show", &params).map(drop)
    }

    /// Tells a user that another is typing.
    pub fn typing(&self, ticket: &str, nick: &str, to: &str, show: &str) -> Result<(), CallError> {
        self.call("/statuses", &[("ticket", ticket), ("nick", nick), ("to", to), ("show", show)]).map(drop)
    }

    /// Pushes a message. Returns how many sessions it was queued to.
    pub fn message(&self, push: &Push<'_>) -> Result<u64, CallError> {
        let timestamp = push.timestamp.to_string();
        let sender = push.ticket.map_or(("from", push.from), |ticket| ("ticket", ticket));
        let mut params =
            vec![sender, ("nick", push.nick), ("to", push.to), ("type", push.kind), ("id", push.id)];
        params.extend([("body", push.body), ("style", push.style), ("timestamp", &*timestamp)]);
        let answer = self.call("/messages", &params)?;
        let delivered = answer.headers().get("x-nextim-delivered").and_then(|value| value.to_str().ok());
        Ok(delivered.and_then(|count| count.parse().ok()).unwrap_or(0))
    }

    /// Those of these users who are online and visible.
    pub fn onlines(&self, names: &[String]) -> Result<Vec<Presence>, CallError> {
        self.ask("/onlines", &[("names", &names.join(",")), ("version", "6")])
    }

    /// The visible members of a room who are online.
    pub fn members(&self, room: &str) -> Result<Vec<Member>, CallError> {
        let mut rooms: std::collections::HashMap<String, Vec<Member>> =
            self.ask("/room/members", &[("room", room)])?;
        Ok(rooms.remove(room).unwrap_or_default())
    }

    /// Lets a user hear what is said in a room. Returns how many visible members are online.
    pub fn join(&self, by: By<'_>, nick: &str, room: &str) -> Result<u64, CallError> {
        let params = [by.as_param(), ("nick", nick), ("room", room)];
        let rooms: std::collections::HashMap<String, u64> = self.ask("/room/join", &params)?;
        Ok(rooms.get(room).copied().unwrap_or(0))
    }

    /// Lets a user no longer hear what is said in a room.
    pub fn leave(&self, by: By<'_>, nick: &str, room: &str) -> Result<(), CallError> {
        self.call("/room/leave", &[by.as_param(), ("nick", nick), ("room", room)]).map(drop)
    }

    /// Two users no longer hear of one another.
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
            // The connection was an old one, and the server at its other end may have been replaced. Doing any call twice
            // does no harm: a page shows an id once, and a session nobody polls ends.
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
