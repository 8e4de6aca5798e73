//! The plugin's view of this site.
//!
//! Owns: the implementation of the plugin's interface by this site's tables and sessions, and the plugin's routes. Must not:
//! call the message server.

use std::sync::Arc;

use axum::Router;
use serde_json::json;

use crate::http::{Caller, Outcome, Refusal, Reply, Request};
use crate::session::{self, LogIn};
use crate::site::Site;
use crate::store::accounts::{self, User};
use crate::store::groups::{self, Group};
use crate::store::{
    Connection, bans, blocks, chat_passwords, forum, friends, messages, notices, number, settings, tickets,
};
use crate::webim::host::{
    Archive, ChatPassword, ChatPasswords, Contact, Host, Message, NewMessage, Notification, People, Person,
    Records, Room, Rooms, Since, Tickets, Visitor,
};
use crate::webim::tickets::SealedTicket;
use crate::webim::{self, Plugin};
use crate::{handler, limits, secret};

/// All endpoints of the plugin.
pub(crate) fn routes() -> Router<Arc<Site>> {
    let mut router = Router::new();
    for endpoint in webim::endpoints::<Site>() {
        let endpoint = Arc::new(endpoint);
        let (path, caller) = (format!("/webim/{}", endpoint.name), endpoint.caller);
        let call = move |site: &Site, request: &Request| endpoint.call(site, request);
        router = router.route(&path, handler::from(caller, call, finish));
    }
    let unknown = |_: &Site, _: &Request| Err(Refusal::not_found("There is no such endpoint."));
    router.route("/webim/{*endpoint}", handler::from(Caller::OwnPage, unknown, finish))
}

fn finish(site: &Site, request: &Request, outcome: Outcome) -> Reply {
    webim::finish(&site.webim, request, outcome)
}

impl Host for Site {
    fn plugin(&self) -> &Plugin {
        &self.webim
    }

    fn visitor(&self, request: &Request) -> Result<Option<Visitor>, Refusal> {
        let (Some(user), Some(token)) = (session::user(self, request)?, session::token(&request.headers))
        else {
            return Ok(None);
        };
        Ok(Some(Visitor { person: Person::from(&user), token, cookie: None }))
    }

    fn log_in(&self, request: &Request, name: &str, password: &str) -> Result<Visitor, Refusal> {
        let LogIn { user, token, cookie } = session::log_in(self, request, name, password)?;
        Ok(Visitor { person: Person::from(&user), token, cookie: Some(cookie) })
    }

    /// Accounts here have no second factor, so the operator alone decides.
    fn is_own_password(&self, user: &Person, password: &str) -> Result<bool, Refusal> {
        if !self.options.xmpp_own_passwords {
            return Ok(false);
        }
        let stored = self.store.read(|db| accounts::password(db, &user.id))?;
        self.hashes.verify(password, stored.as_deref())
    }

    fn read<T>(&self, what: impl FnOnce(&dyn Records) -> Result<T, Refusal>) -> Result<T, Refusal> {
        self.store.read(|db| what(db))
    }

    fn write<T>(&self, what: impl FnOnce(&dyn Records) -> Result<T, Refusal>) -> Result<T, Refusal> {
        self.store.write(|db| what(db))
    }
}

impl From<&User> for Person {
    fn from(user: &User) -> Person {
        Person {
            id: user.id.clone(),
            uid: user.uid,
            nick: user.nick.clone(),
            is_admin: user.is_admin,
            status: user.status.clone(),
            status_time: user.status_time,
            url: format!("/space.php?uid={}", user.uid),
            pic_url: format!("/avatar/{}.svg", user.id),
        }
    }
}

impl From<Group> for Room {
    fn from(group: Group) -> Room {
        Room {
            id: group.id.to_string(),
            name: group.name,
            members: group.members,
            url: format!("/groups/{}", group.id),
            pic_url: format!("/avatar/group/{}.svg", group.id),
        }
    }
}

impl People for Connection {
    /// A banned user is left out, as one who does not exist: nobody can write to a user who cannot log in.
    fn person(&self, id_or_uid: &str) -> Result<Option<Person>, Refusal> {
        let Some(user) = accounts::find_any(self, id_or_uid)? else { return Ok(None) };
        Ok((!bans::banned(self, &user.id)?).then(|| Person::from(&user)))
    }

    fn friends(&self, user: &str) -> Result<Vec<Contact>, Refusal> {
        let friends = friends::who_may_log_in(self, user)?.into_iter();
        Ok(friends
            .map(|friend| Contact { person: Person::from(&friend.user), group: friend.group })
            .collect())
    }

    fn blocks(&self, user: &str, other: &str) -> Result<bool, Refusal> {
        Ok(blocks::blocks(self, user, other)?)
    }

    fn blocked_by(&self, user: &str) -> Result<Vec<String>, Refusal> {
        Ok(blocks::by(self, user)?)
    }

    fn blockers_of(&self, user: &str) -> Result<Vec<String>, Refusal> {
        Ok(blocks::of(self, user)?)
    }

    fn block(&self, user: &str, other: &str) -> Result<(), Refusal> {
        Ok(blocks::add(self, user, other)?)
    }

    fn unblock(&self, user: &str, other: &str) -> Result<(), Refusal> {
        Ok(blocks::remove(self, user, other)?)
    }

    fn set_status(&self, user: &str, status: &str) -> Result<(), Refusal> {
        Ok(accounts::set_status(self, user, status)?)
    }

    fn settings(&self, user: &str) -> Result<Option<String>, Refusal> {
        Ok(settings::get(self, user)?)
    }

    fn set_settings(&self, user: &str, json: &str) -> Result<(), Refusal> {
        Ok(settings::set(self, user, json)?)
    }

    /// Requests come first, because they wait for an answer.
    fn notifications(&self, user: &str) -> Result<Vec<Notification>, Refusal> {
        let requests = friends::requests(self, user)?.into_iter().map(|request| Notification {
            text: format!("{} wants to be your friend", request.from.nick),
            link: Some("/friends".to_owned()),
            time: request.created,
        });
        let notices = notices::of(self, user)?.into_iter().map(|notice| Notification {
            text: notice.body,
            link: Some(notice.link).filter(|link| !link.is_empty()),
            time: notice.created,
        });
        Ok(requests.chain(notices).take(limits::NOTIFICATIONS_MAX).collect())
    }
}

impl Rooms for Connection {
    fn rooms(&self, user: &str) -> Result<Vec<Room>, Refusal> {
        Ok(groups::of(self, user)?.into_iter().map(Room::from).collect())
    }

    fn room(&self, user: &str, id: &str) -> Result<Option<Room>, Refusal> {
        let Some(id) = number(id) else { return Ok(None) };
        if groups::role(self, id, user)?.is_none() {
            return Ok(None);
        }
        Ok(groups::find(self, id)?.map(Room::from))
    }

    fn is_subscribed(&self, user: &str) -> Result<bool, Refusal> {
        Ok(forum::subscribed(self, user)?)
    }
}

impl Archive for Connection {
    fn add_message(&self, new: &NewMessage<'_>) -> Result<Message, Refusal> {
        Ok(messages::add(self, new)?)
    }

    fn set_delivered(&self, id: i64, is_visible: bool) -> Result<bool, Refusal> {
        Ok(messages::set_delivered(self, id, is_visible)?)
    }

    fn set_received(&self, user: &str, messages: &[Message], is_visible: bool) -> Result<(), Refusal> {
        Ok(messages::set_received(self, user, messages, is_visible)?)
    }

    fn set_undelivered(&self, id: i64) -> Result<(), Refusal> {
        Ok(messages::set_undelivered(self, id)?)
    }

    fn waiting(&self, user: &str) -> Result<Vec<Message>, Refusal> {
        Ok(messages::waiting(self, user)?)
    }

    fn since(&self, user: &str, rooms: &[String], since: i64) -> Result<Since, Refusal> {
        Ok(messages::since(self, user, &json!(rooms).to_string(), since)?)
    }

    fn with_user(&self, user: &str, other: &str, before: i64, limit: usize) -> Result<Vec<Message>, Refusal> {
        Ok(messages::with_user(self, user, other, before, limit)?)
    }

    fn in_room(&self, user: &str, room: &str, before: i64, limit: usize) -> Result<Vec<Message>, Refusal> {
        let Some(group) = number(room) else { return Ok(Vec::new()) };
        Ok(messages::in_room(self, user, group, before, limit)?)
    }

    fn clear_user(&self, user: &str, other: &str) -> Result<(), Refusal> {
        Ok(messages::clear_user(self, user, other)?)
    }

    fn clear_room(&self, user: &str, room: &str) -> Result<(), Refusal> {
        let Some(group) = number(room) else { return Ok(()) };
        Ok(messages::clear_room(self, user, group)?)
    }
}

impl Tickets for Connection {
    fn log_in_end(&self, token: &str) -> Result<Option<i64>, Refusal> {
        Ok(accounts::session_end(self, &secret::hash(token))?)
    }

    fn add_ticket(
        &self,
        ticket: &SealedTicket,
        user: &str,
        token: &str,
    ) -> Result<Vec<SealedTicket>, Refusal> {
        Ok(tickets::add(self, ticket, user, &secret::hash(token))?)
    }

    fn ticket_owner(&self, hash: &str) -> Result<Option<String>, Refusal> {
        Ok(tickets::owner(self, hash)?)
    }

    fn ticket_used(&self, hash: &str) -> Result<(), Refusal> {
        Ok(tickets::used(self, hash)?)
    }

    fn remove_ticket(&self, hash: &str) -> Result<(), Refusal> {
        Ok(tickets::remove(self, hash)?)
    }
}

impl ChatPasswords for Connection {
    fn add_chat_password(&self, user: &str, name: &str, hash: &str) -> Result<(), Refusal> {
        Ok(chat_passwords::add(self, user, name, hash)?)
    }

    fn chat_passwords(&self, user: &str) -> Result<Vec<ChatPassword>, Refusal> {
        Ok(chat_passwords::of(self, user)?)
    }

    fn has_chat_password(&self, user: &str, hash: &str) -> Result<bool, Refusal> {
        Ok(chat_passwords::has(self, user, hash)?)
    }

    fn chat_logged_in(&self, user: &str, hash: &str) -> Result<(), Refusal> {
        chat_passwords::logged_in(self, user)?;
        Ok(chat_passwords::used(self, user, hash)?)
    }

    fn remove_chat_password(&self, user: &str, id: i64) -> Result<bool, Refusal> {
        Ok(chat_passwords::remove(self, user, id)?)
    }

    fn chat_log_out(&self, user: &str) -> Result<(), Refusal> {
        Ok(chat_passwords::log_out(self, user)?)
    }

    fn is_chat_logged_out(&self, user: &str) -> Result<bool, Refusal> {
        Ok(chat_passwords::is_logged_out(self, user)?)
    }
}
