//! The JSON that the chat bar expects.
//!
//! Owns: the shapes of users, rooms and messages. Must not: use `Records` or the message server; all values are given.

use serde::Serialize;
use serde_json::value::RawValue;

use super::host::{Message, Person, Room};
use super::plugin::Plugin;
use super::server::Presence;
use crate::dates;

/// The contact group of users who are no friends.
pub(super) const STRANGER: &str = "stranger";

/// A user, as another user sees this one.
#[derive(Clone, Debug, Serialize)]
pub(super) struct BuddyInfo {
    pub(super) id: String,
    uid: String,
    pub(super) nick: String,
    /// `online` or `offline`; always sent, because older front ends take a missing one for `online`.
    presence: &'static str,
    pub(super) show: String,
    pub(super) status: String,
    status_time: String,
    pub(super) group: String,
    url: String,
    pub(super) pic_url: String,
    default_pic_url: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    blocked: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) history: Option<Vec<LogItem>>,
}

impl BuddyInfo {
    /// A user in this contact group; `presence` is none for a user who is offline or must look so.
    pub(super) fn new(plugin: &Plugin, user: &Person, group: &str, presence: Option<&Presence>) -> BuddyInfo {
        // For a user who is offline, the site has the last status.
        let status = presence.map_or(&user.status, |presence| &presence.status);
        let time = if user.status_time > 0 { dates::clock(user.status_time) } else { String::new() };
        BuddyInfo {
            id: user.id.clone(),
            uid: user.uid.to_string(),
            nick: user.nick.clone(),
            presence: if presence.is_some() { "online" } else { "offline" },
            show: presence.map_or("unavailable", |presence| &presence.show).to_owned(),
            status: status.clone(),
            status_time: time,
            group: group.to_owned(),
            url: plugin.link(&user.url),
            pic_url: plugin.link(&user.pic_url),
            default_pic_url: plugin.link(plugin.setup.default_pics.user),
            blocked: false,
            history: None,
        }
    }

    /// The same, marked as blocked or not.
    pub(super) fn blocked(self, blocked: bool) -> BuddyInfo {
        BuddyInfo { blocked, ..self }
    }

    /// The same without status: one of the two blocks the other.
    pub(super) fn apart(self) -> BuddyInfo {
        BuddyInfo { status: String::new(), status_time: String::new(), ..self }
    }

    pub(super) fn is_online(&self) -> bool {
        self.presence == "online"
    }
}

/// A room, as a member sees it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct RoomInfo {
    pub(super) id: String,
    nick: String,
    url: String,
    pic_url: String,
    default_pic_url: String,
    count: u64,
    all_count: i64,
    blocked: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) history: Option<Vec<LogItem>>,
}

impl RoomInfo {
    /// A room with `count` members online.
    pub(super) fn new(plugin: &Plugin, room: &Room, count: u64, blocked: bool) -> RoomInfo {
        RoomInfo {
            id: room.id.clone(),
            nick: room.name.clone(),
            url: plugin.link(&room.url),
            pic_url: plugin.link(&room.pic_url),
            default_pic_url: plugin.link(plugin.setup.default_pics.room),
            count,
            all_count: room.members,
            blocked,
            history: None,
        }
    }
}

/// A message.
#[derive(Clone, Debug, Serialize)]
pub(super) struct LogItem {
    id: String,
    from: String,
    nick: String,
    to: String,
    timestamp: i64,
    #[serde(rename = "type")]
    kind: String,
    body: String,
    style: String,
    /// The object that came with it, as it came.
    #[serde(skip_serializing_if = "Option::is_none")]
    meta: Option<Box<RawValue>>,
    /// The id that the sender's page gave it, for the sender alone: the page knows by it that the message was accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    cid: Option<String>,
    /// Whether a visible receiver was given it, for the sender alone.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    arrived: bool,
    /// Whether the reader has not seen it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) new: bool,
}

impl LogItem {
    fn new(message: Message, reader: &str) -> LogItem {
        LogItem {
            id: message.id.to_string(),
            cid: message.cid.filter(|_| message.from == reader),
            arrived: message.arrived && message.from == reader,
            from: message.from,
            nick: message.nick,
            to: message.to,
            timestamp: message.timestamp,
            kind: message.kind,
            body: message.body,
            style: message.style,
            meta: message.meta.and_then(|meta| RawValue::from_string(meta).ok()),
            new: false,
        }
    }
}

/// Messages as JSON for this reader.
pub(super) fn log(messages: Vec<Message>, reader: &str) -> Vec<LogItem> {
    messages.into_iter().map(|message| LogItem::new(message, reader)).collect()
}
