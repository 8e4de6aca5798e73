//! The JSON that the chat bar expects.
//!
//! Owns: the shapes of users, rooms and messages. Must not: ask anybody; all that is told is given.

use serde::Serialize;

use super::server::Presence;
use crate::dates;
use crate::site::Site;
use crate::store::accounts::User;
use crate::store::groups::Group;
use crate::store::messages::Message;

/// The contact group of those who are no friends.
pub(super) const STRANGER: &str = "stranger";

/// A user, as another sees him.
#[derive(Clone, Debug, Serialize)]
pub(super) struct BuddyInfo {
    pub(super) id: String,
    uid: String,
    nick: String,
    /// `online` or `offline`; always there, because older front ends take its absence for presence.
    presence: &'static str,
    show: String,
    status: String,
    status_time: String,
    group: String,
    url: String,
    pic_url: String,
    default_pic_url: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    blocked: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) history: Option<Vec<LogItem>>,
}

impl BuddyInfo {
    /// A user in this contact group; `presence` is nothing if he is offline, or as good as.
    pub(super) fn new(site: &Site, user: &User, group: &str, presence: Option<&Presence>) -> BuddyInfo {
        // Who is there says himself what he is doing; of others the site knows what they said last.
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
            url: link(site, &format!("/space.php?uid={}", user.uid)),
            pic_url: link(site, &format!("/avatar/{}.svg", user.id)),
            default_pic_url: link(site, "/avatar/default.svg"),
            blocked: false,
            history: None,
        }
    }

    /// The same, for one who has blocked him.
    pub(super) fn blocked(self, blocked: bool) -> BuddyInfo {
        BuddyInfo { blocked, ..self }
    }

    /// The same, for one who is to know nothing of what he does.
    pub(super) fn apart(self) -> BuddyInfo {
        BuddyInfo { status: String::new(), status_time: String::new(), ..self }
    }

    pub(super) fn is_online(&self) -> bool {
        self.presence == "online"
    }
}

/// A group, as a member sees it.
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
    /// A group with so many members online.
    pub(super) fn new(site: &Site, group: &Group, count: u64, blocked: bool) -> RoomInfo {
        RoomInfo {
            id: group.id.to_string(),
            nick: group.name.clone(),
            url: link(site, &format!("/groups/{}", group.id)),
            pic_url: link(site, &format!("/avatar/group/{}.svg", group.id)),
            default_pic_url: link(site, "/avatar/group/default.svg"),
            count,
            all_count: group.members,
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
    /// The sender's own name for it, told to himself alone: his page knows by it what became of what it sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    cid: Option<String>,
    /// Whether it is news to the reader.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) new: bool,
}

impl LogItem {
    fn new(message: Message, reader: &str) -> LogItem {
        LogItem {
            id: message.id.to_string(),
            cid: message.cid.filter(|_| message.from == reader),
            from: message.from,
            nick: message.nick,
            to: message.to,
            timestamp: message.timestamp,
            kind: message.kind,
            body: message.body,
            style: message.style,
            new: false,
        }
    }
}

/// Messages as they are told to a user.
pub(super) fn log(messages: Vec<Message>, reader: &str) -> Vec<LogItem> {
    messages.into_iter().map(|message| LogItem::new(message, reader)).collect()
}

/// A link that works on pages of other origins too, if the site knows its URL.
pub(super) fn link(site: &Site, path: &str) -> String {
    site.options.url.as_deref().unwrap_or_default().to_owned() + path
}
