//! What a user has missed: with `online`, and `missed` for what does not fit into its answer.
//!
//! Owns: what is handed over and in which order: the oldest first, so that a page that knows how far it has got asks for
//! what comes after. Must not: note as delivered what is not in an answer.

use serde_json::{Value, json};

use super::params::{required, text};
use super::settings;
use super::shapes::{LogItem, log};
use crate::http::refusal::Refusal;
use crate::http::reply::Reply;
use crate::site::{Outcome, Site};
use crate::store::accounts::User;
use crate::store::groups::{self, Group};
use crate::store::messages::{self, Message, Since};
use crate::store::{Connection, Result as Stored};
use crate::visit::Params;

/// What was said to a user, and the id up to which that is all, if there is more.
#[derive(Debug, Default)]
pub(super) struct Missed {
    pub(super) messages: Vec<Message>,
    /// The last message that the page has seen.
    since: Option<i64>,
    more: Option<i64>,
}

impl Missed {
    /// What was not delivered and, for a page that says what it has seen last, what was said after that.
    pub(super) fn find(db: &Connection, user: &User, params: &Params, rooms: &[String]) -> Stored<Missed> {
        let since = text(params, "since").parse().ok();
        let mut found = Missed { messages: messages::waiting(db, &user.id)?, since, more: None };
        if let Some(last) = since {
            let Since { messages, more } = messages::since(db, &user.id, &json!(rooms).to_string(), last)?;
            found.messages.extend(messages);
            found.messages.sort_by_key(|message| message.id);
            found.messages.dedup_by_key(|message| message.id);
            found.more = more;
        }
        Ok(found)
    }

    /// The messages as a page is told them: news is marked, so that a message that is only repeated is not taken for it.
    pub(super) fn lines(&self, user: &User) -> Vec<LogItem> {
        let mut lines = log(self.messages.clone(), &user.id);
        for (line, message) in lines.iter_mut().zip(&self.messages) {
            line.new = self.is_new(message, user);
        }
        lines
    }

    /// Whether a message is news to the user. One to him alone is if it waited: what was delivered he was told by another
    /// page. Of a room's or one to everybody only the page knows whether it was seen: it is if it came later.
    fn is_new(&self, message: &Message, user: &User) -> bool {
        let is_news = match &*message.kind {
            "unicast" => !message.delivered,
            _ => self.since.is_some_and(|since| message.id > since),
        };
        message.from != user.id && is_news
    }

    /// The `more` of an answer; as all ids it is a text.
    pub(super) fn more(&self) -> Option<String> {
        self.more.map(|id| id.to_string())
    }
}

/// `missed`: a page of what was said after the last message of the page before.
pub(super) fn missed(site: &Site, user: &User, params: &Params) -> Outcome {
    required(params, "since")?.parse::<i64>().map_err(|_| Refusal::bad("bad parameter: since"))?;
    let found = site.store.read(|db| {
        let blocked = settings::blocked_rooms(&settings::of(db, user)?);
        Missed::find(db, user, params, &heard(&groups::of(db, &user.id)?, &blocked))
    })?;
    let mut answer = json!({"new_messages": found.lines(user)});
    if let Some(more) = found.more() {
        answer["more"] = Value::from(more);
    }
    site.store.write(|db| messages::set_received(db, &user.id, &found.messages))?;
    Ok(Reply::json(&answer))
}

/// The groups whose chat a user hears.
pub(super) fn heard(groups: &[Group], blocked: &[String]) -> Vec<String> {
    groups.iter().map(|group| group.id.to_string()).filter(|id| !blocked.contains(id)).collect()
}
