//! `missed`, and the missed messages of `online`: the messages that a page has not seen.
//!
//! Owns: their choice and order, the oldest first: a page then asks for the messages after the last one it has. Must not:
//! call `set_received` with a message that is not in the answer.

use serde::Serialize;

use super::host::{Host, Message, Person, Records, Since};
use super::params::{required, text};
use super::rights::open_rooms;
use super::settings;
use super::shapes::{LogItem, log};
use crate::http::{Outcome, Params, Refusal, Reply};

/// Messages that a page has not seen.
#[derive(Debug, Default)]
pub(super) struct Missed {
    pub(super) messages: Vec<Message>,
    /// The last message that the page has seen.
    since: Option<i64>,
    /// The last of these messages, if there are more.
    more: Option<i64>,
}

impl Missed {
    /// The undelivered messages and, for a page that names the last message it has seen, all after that.
    pub(super) fn find(
        db: &dyn Records,
        user: &Person,
        params: &Params,
        rooms: &[String],
    ) -> Result<Missed, Refusal> {
        let since = text(params, "since").parse().ok();
        let mut found = Missed { messages: db.waiting(&user.id)?, since, more: None };
        if let Some(last) = since {
            let Since { messages, more } = db.since(&user.id, rooms, last)?;
            found.messages.extend(messages);
            found.messages.sort_by_key(|message| message.id);
            found.messages.dedup_by_key(|message| message.id);
            found.more = more;
        }
        Ok(found)
    }

    /// The messages as JSON. New ones are marked, to part them from messages that are only repeated.
    pub(super) fn lines(&self, user: &Person) -> Vec<LogItem> {
        let mut lines = log(self.messages.clone(), &user.id);
        for (line, message) in lines.iter_mut().zip(&self.messages) {
            line.new = self.is_new(message, user);
        }
        lines
    }

    /// Whether a message is new to the user. A message to this user alone is new if it waited: a delivered one was on another
    /// page. Only the page knows whether a message to a room or to everybody was seen: it is new if it came after `since`.
    fn is_new(&self, message: &Message, user: &Person) -> bool {
        let is_unseen = match &*message.kind {
            "unicast" => !message.delivered,
            _ => self.since.is_some_and(|since| message.id > since),
        };
        message.from != user.id && is_unseen
    }

    /// Whether senders among these wait to know that their message has arrived.
    pub(super) fn has_unknown_arrivals(&self, user: &Person) -> bool {
        self.messages.iter().any(|message| message.to == user.id && !message.arrived)
    }

    /// The `more` of an answer; as all ids, a string.
    pub(super) fn more(&self) -> Option<String> {
        self.more.map(|id| id.to_string())
    }
}

#[derive(Serialize)]
struct Answer {
    #[serde(skip_serializing_if = "Option::is_none")]
    more: Option<String>,
    new_messages: Vec<LogItem>,
}

/// `missed`: the messages after the last one that the page has.
pub(super) fn missed(site: &impl Host, user: &Person, params: &Params) -> Outcome {
    required(params, "since")?.parse::<i64>().map_err(|_| Refusal::bad("bad parameter: since"))?;
    let found = site.read(|db| {
        let blocked = settings::blocked_rooms(&settings::of(db, user)?);
        Missed::find(db, user, params, &open_rooms(&db.rooms(&user.id)?, &blocked))
    })?;
    let answer = Answer { more: found.more(), new_messages: found.lines(user) };
    let is_visible = found.has_unknown_arrivals(user) && site.plugin().is_seen(&user.id);
    site.write(|db| db.set_received(&user.id, &found.messages, is_visible))?;
    Ok(Reply::json(&answer))
}
