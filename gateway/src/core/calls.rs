//! What the site and the message server are asked, and what they answer.
//!
//! Owns: the shapes of calls, answers and packets. Must not: send anything.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

/// A call of the site for one member.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// What is asked.
    pub action: &'static str,
    /// All fields but the action.
    pub fields: Map<String, Value>,
    /// Whether it is a call of the member's session, whose ticket it gets when its turn comes.
    pub(crate) is_of_session: bool,
}

impl Call {
    /// A call for a user.
    pub(crate) fn new(action: &'static str, user: &str) -> Call {
        Call { action, fields: Map::new(), is_of_session: false }.with("user", user)
    }

    /// A call of a user's session.
    pub(crate) fn of_session(action: &'static str, user: &str) -> Call {
        Call { is_of_session: true, ..Call::new(action, user) }
    }

    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Call {
        self.fields.insert(name.to_owned(), value.into());
        self
    }

    /// Whether it may be made twice: a message has an id by which the site knows it.
    pub fn may_repeat(&self) -> bool {
        self.action == "message" && self.fields.contains_key("cid")
    }

    /// As the site reads it.
    pub fn body(&self) -> Vec<u8> {
        let mut fields = self.fields.clone();
        fields.insert("action".to_owned(), json!(self.action));
        Value::Object(fields).to_string().into_bytes()
    }
}

/// Why the site did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteRefusal {
    /// The status of its answer; 0 if there was none in time.
    pub status: u16,
    /// For the member.
    pub text: String,
}

impl SiteRefusal {
    /// There was no answer in time, or nothing could be asked.
    pub(crate) fn unanswered() -> SiteRefusal {
        SiteRefusal { status: 0, text: "The site does not answer. Please try again.".to_owned() }
    }
}

/// The answer of a call.
pub type SiteAnswer = Result<Value, SiteRefusal>;

/// What an answer says; one of another shape is none.
pub(crate) fn read<T: DeserializeOwned>(answer: SiteAnswer) -> Result<T, SiteRefusal> {
    serde_json::from_value(answer?).map_err(|_| SiteRefusal::unanswered())
}

/// The answer of `online`.
#[derive(Debug, Deserialize)]
pub(crate) struct Online {
    pub(crate) user: String,
    pub(crate) nick: String,
    pub(crate) ticket: String,
    pub(crate) server: String,
    #[serde(default)]
    pub(crate) buddies: Vec<Buddy>,
    #[serde(default)]
    pub(crate) rooms: Vec<Named>,
    #[serde(default)]
    pub(crate) channels: Vec<Channel>,
    #[serde(default)]
    pub(crate) messages: Vec<Message>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Buddy {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) nick: String,
    #[serde(default)]
    pub(crate) group: String,
    #[serde(default)]
    pub(crate) show: String,
    #[serde(default)]
    pub(crate) status: String,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Named {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) nick: String,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Channel {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) url: String,
}

/// A member of a room.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Occupant {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) nick: String,
}

/// The answer of `vcard`.
#[derive(Debug, Deserialize)]
pub(crate) struct Card {
    pub(crate) nick: String,
    #[serde(default)]
    pub(crate) url: String,
    #[serde(default)]
    pub(crate) pic_url: String,
    #[serde(default)]
    pub(crate) status: String,
}

/// A message, of a packet or of the site's archive.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Message {
    #[serde(default)]
    pub(crate) id: String,
    pub(crate) from: String,
    #[serde(default)]
    pub(crate) nick: String,
    #[serde(default)]
    pub(crate) to: String,
    #[serde(default, rename = "type")]
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) body: String,
    #[serde(default)]
    pub(crate) timestamp: Value,
    #[serde(default)]
    pub(crate) meta: Value,
}

/// A packet about the presence of a user.
#[derive(Debug, Deserialize)]
pub(crate) struct PresencePacket {
    pub(crate) from: String,
    #[serde(default, rename = "type")]
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) show: String,
    #[serde(default)]
    pub(crate) status: String,
}

/// A packet about a user who is typing.
#[derive(Debug, Deserialize)]
pub(crate) struct StatusPacket {
    pub(crate) from: String,
    #[serde(default)]
    pub(crate) show: String,
}

/// The answer to a poll.
#[derive(Debug, Deserialize)]
pub struct Packets {
    pub(crate) status: String,
    #[serde(default)]
    pub(crate) reason: String,
    #[serde(default)]
    pub(crate) server: String,
    #[serde(default)]
    pub(crate) retry: u64,
    #[serde(default)]
    pub(crate) seq: Option<u64>,
    #[serde(default)]
    pub(crate) messages: Vec<Message>,
    #[serde(default)]
    pub(crate) presences: Vec<PresencePacket>,
    #[serde(default)]
    pub(crate) statuses: Vec<StatusPacket>,
}

/// How a poll ended.
#[derive(Debug)]
pub enum PollEnd {
    /// With an answer.
    Packets(Packets),
    /// The session has ended.
    Gone,
    /// There was no answer, or none that can be read.
    Failed,
}
