//! What the plugin needs from a site.
//!
//! Owns: the interface, in the words of a chat: the traits that a site implements, and the values that cross it. Must
//! not: import a module of the site, or the client of the message server.
//!
//! In another language, read this file as the list of queries to write: who is logged in; [`People`], their friends and
//! blocks; [`Rooms`] and their members; the [`Archive`] of all messages; the [`Tickets`] of each log-in. Ids are
//! strings everywhere: a user's id is what the message server calls `name`, a room's id is its name there.

use super::plugin::Plugin;
use super::tickets::SealedTicket;
use crate::http::{Refusal, Request};

/// A site that the plugin runs in. Its texts in refusals are for the user.
pub trait Host: Sized + 'static {
    /// The plugin's own part of the site.
    fn plugin(&self) -> &Plugin;

    /// Who is logged in, by the site's session cookie and by nothing else.
    fn visitor(&self, request: &Request) -> Result<Option<Visitor>, Refusal>;

    /// Logs a user in, for the chat bar's own form. The refusal's status is 401 for a wrong name or password.
    fn log_in(&self, request: &Request, name: &str, password: &str) -> Result<Visitor, Refusal>;

    /// Whether this is the site's own password of a user, who has no second factor. A site that does not want its own
    /// passwords in clients of XMPP answers no.
    fn is_own_password(&self, user: &Person, password: &str) -> Result<bool, Refusal>;

    /// Reads the site's records.
    fn read<T>(&self, what: impl FnOnce(&dyn Records) -> Result<T, Refusal>) -> Result<T, Refusal>;

    /// Changes the site's records, in one transaction: if `what` fails, nothing is changed.
    fn write<T>(&self, what: impl FnOnce(&dyn Records) -> Result<T, Refusal>) -> Result<T, Refusal>;
}

/// A user who is logged in, and the log-in.
#[derive(Clone, Debug)]
pub struct Visitor {
    pub(crate) person: Person,
    /// The secret in the session cookie. The plugin seals tickets with it, and never stores it.
    pub(crate) token: String,
    /// The cookie to set, if the log-in has just begun.
    pub(crate) cookie: Option<String>,
}

/// A user, as others see the user.
#[derive(Clone, Debug)]
pub struct Person {
    pub(crate) id: String,
    /// The number in links.
    pub(crate) uid: i64,
    /// The display name.
    pub(crate) nick: String,
    /// Whether the user may write to everybody.
    pub(crate) is_admin: bool,
    /// The line of text beside the presence.
    pub(crate) status: String,
    /// When it was written.
    pub(crate) status_time: i64,
    /// The path of the user's page.
    pub(crate) url: String,
    /// The path of the user's picture.
    pub(crate) pic_url: String,
}

/// A friend.
#[derive(Clone, Debug)]
pub struct Contact {
    pub(crate) person: Person,
    /// The contact group, such as `friend` or `Colleagues`.
    pub(crate) group: String,
}

/// Something the site wants to show to a user.
#[derive(Clone, Debug)]
pub struct Notification {
    pub(crate) text: String,
    /// The path of the page it is about.
    pub(crate) link: Option<String>,
    pub(crate) time: i64,
}

/// A room of the chat: a group of the site.
#[derive(Clone, Debug)]
pub struct Room {
    pub(crate) id: String,
    pub(crate) name: String,
    /// How many members it has, online or not.
    pub(crate) members: i64,
    /// The path of its page.
    pub(crate) url: String,
    /// The path of its picture.
    pub(crate) pic_url: String,
}

/// A message in the archive.
#[derive(Clone, Debug)]
pub struct Message {
    /// Grows from message to message.
    pub id: i64,
    /// `unicast`, `multicast` or `broadcast`.
    pub kind: String,
    /// The id of the sender.
    pub from: String,
    /// The display name of the sender at that time.
    pub nick: String,
    /// The id of a user or of a room; empty for a broadcast.
    pub to: String,
    /// The text.
    pub body: String,
    /// CSS declarations.
    pub style: String,
    /// When it was accepted, in ms. Grows with the id, so that a history can be paged by it.
    pub timestamp: i64,
    /// Whether it was handed to a page of its receiver.
    pub delivered: bool,
    /// Whether the sender may know that: others saw the receiver when it was handed over.
    pub arrived: bool,
    /// The id that the sender's page gave it.
    pub cid: Option<String>,
    /// The JSON object that came with it. The sender's page has made it, so nothing in it can be trusted.
    pub meta: Option<String>,
}

/// A message to be stored.
#[derive(Clone, Copy, Debug)]
pub struct NewMessage<'a> {
    /// `unicast`, `multicast` or `broadcast`.
    pub kind: &'a str,
    /// The id of the sender.
    pub from: &'a str,
    /// The display name of the sender.
    pub nick: &'a str,
    /// The id of a user or of a room; empty for a broadcast.
    pub to: &'a str,
    /// The text.
    pub body: &'a str,
    /// CSS declarations, checked.
    pub style: &'a str,
    /// The id that the sender's page gave it.
    pub cid: Option<&'a str>,
    /// The JSON object that came with it, checked for its form.
    pub meta: Option<&'a str>,
}

/// The messages that a page has not seen.
#[derive(Debug)]
pub struct Since {
    /// The oldest first.
    pub messages: Vec<Message>,
    /// The id of the last of them, if there are more.
    pub more: Option<i64>,
}

/// A password that a client of XMPP logs in with. Nobody can read it after it was made.
#[derive(Clone, Debug)]
pub struct ChatPassword {
    /// The number that revokes it.
    pub id: i64,
    /// What the user calls the device.
    pub name: String,
    /// When it was made, in ms.
    pub created: i64,
    /// When a client last logged in with it, in ms; 0 if none has.
    pub used: i64,
}

/// All that the plugin reads and writes in the site's database.
pub trait Records: People + Rooms + Archive + Tickets + ChatPasswords {}

impl<T: People + Rooms + Archive + Tickets + ChatPasswords> Records for T {}

/// Users, and what is between them.
pub trait People {
    /// The user of this id or, if it is a number, of this uid. A banned user is none.
    fn person(&self, id_or_uid: &str) -> Result<Option<Person>, Refusal>;

    /// The friends of a user, without those who are banned.
    fn friends(&self, user: &str) -> Result<Vec<Contact>, Refusal>;

    /// Whether `user` blocks `other`.
    fn blocks(&self, user: &str, other: &str) -> Result<bool, Refusal>;

    /// The ids of the users that `user` blocks.
    fn blocked_by(&self, user: &str) -> Result<Vec<String>, Refusal>;

    /// The ids of the users that block `user`.
    fn blockers_of(&self, user: &str) -> Result<Vec<String>, Refusal>;

    /// From now on, `user` blocks `other`.
    fn block(&self, user: &str, other: &str) -> Result<(), Refusal>;

    /// From now on, `user` does not block `other`.
    fn unblock(&self, user: &str, other: &str) -> Result<(), Refusal>;

    /// Replaces the line of text beside a user's presence.
    fn set_status(&self, user: &str, status: &str) -> Result<(), Refusal>;

    /// The settings of a user's chat bar, as JSON.
    fn settings(&self, user: &str) -> Result<Option<String>, Refusal>;

    /// Replaces the settings of a user's chat bar.
    fn set_settings(&self, user: &str, json: &str) -> Result<(), Refusal>;

    /// The notifications of a user, the most important first.
    fn notifications(&self, user: &str) -> Result<Vec<Notification>, Refusal>;
}

/// Rooms, and which users are in them.
pub trait Rooms {
    /// The rooms of which a user is a member.
    fn rooms(&self, user: &str) -> Result<Vec<Room>, Refusal>;

    /// The room of this id, if the user is a member.
    fn room(&self, user: &str, id: &str) -> Result<Option<Room>, Refusal>;

    /// Whether a user wants new posts as messages, in the site's channel.
    fn is_subscribed(&self, user: &str) -> Result<bool, Refusal>;
}

/// Every message that was accepted.
pub trait Archive {
    /// Stores a message. If this sender has stored one of the same `cid` before, returns that one and stores nothing.
    fn add_message(&self, new: &NewMessage<'_>) -> Result<Message, Refusal>;

    /// Marks a message as delivered and, if others see a receiver, as arrived, unless it has come back as undelivered.
    /// Returns whether it is marked as arrived.
    fn set_delivered(&self, id: i64, is_visible: bool) -> Result<bool, Refusal>;

    /// Marks the messages to `user` among these as delivered and, if others see the user, as arrived.
    fn set_received(&self, user: &str, messages: &[Message], is_visible: bool) -> Result<(), Refusal>;

    /// Marks a message as waiting again, and as not arrived, the first time that it comes back. Unknown ids are ignored.
    fn set_undelivered(&self, id: i64) -> Result<(), Refusal>;

    /// The undelivered messages to a user, the oldest first, at most `UNDELIVERED_MAX`.
    fn waiting(&self, user: &str) -> Result<Vec<Message>, Refusal>;

    /// The messages from and to a user, in these rooms and to everybody after message `since`, at most `CATCH_UP_MAX`,
    /// and `CATCH_UP_OVERLAP` before it.
    fn since(&self, user: &str, rooms: &[String], since: i64) -> Result<Since, Refusal>;

    /// The last `limit` messages between two users before a time, the oldest first, without those that `user` has
    /// cleared.
    fn with_user(&self, user: &str, other: &str, before: i64, limit: usize) -> Result<Vec<Message>, Refusal>;

    /// The last `limit` messages in a room before a time, the oldest first, without those that `user` has cleared.
    fn in_room(&self, user: &str, room: &str, before: i64, limit: usize) -> Result<Vec<Message>, Refusal>;

    /// Clears the history with another user, for `user` alone.
    fn clear_user(&self, user: &str, other: &str) -> Result<(), Refusal>;

    /// Clears the history of a room, for `user` alone.
    fn clear_room(&self, user: &str, room: &str) -> Result<(), Refusal>;
}

/// The tickets of the message server that pages were given.
pub trait Tickets {
    /// When the log-in of this session cookie ends, in ms; none if it has ended.
    fn log_in_end(&self, token: &str) -> Result<Option<i64>, Refusal>;

    /// Keeps a ticket, its user and its log-in. Of a log-in with too many tickets, removes the oldest and returns them.
    fn add_ticket(
        &self,
        ticket: &SealedTicket,
        user: &str,
        token: &str,
    ) -> Result<Vec<SealedTicket>, Refusal>;

    /// The id of the user who was given the ticket of this hash.
    fn ticket_owner(&self, hash: &str) -> Result<Option<String>, Refusal>;

    /// Notes that a ticket is in use, so that it is kept.
    fn ticket_used(&self, hash: &str) -> Result<(), Refusal>;

    /// Removes a ticket.
    fn remove_ticket(&self, hash: &str) -> Result<(), Refusal>;
}

/// Passwords for clients of XMPP.
pub trait ChatPasswords {
    /// Keeps the hash of a new password.
    fn add_chat_password(&self, user: &str, name: &str, hash: &str) -> Result<(), Refusal>;

    /// The passwords of a user, the oldest first.
    fn chat_passwords(&self, user: &str) -> Result<Vec<ChatPassword>, Refusal>;

    /// Whether this is the hash of a password of the user.
    fn has_chat_password(&self, user: &str, hash: &str) -> Result<bool, Refusal>;

    /// A client of the user has logged in with the password of this hash, or with the site's own: the user's clients may
    /// go online.
    fn chat_logged_in(&self, user: &str, hash: &str) -> Result<(), Refusal>;

    /// Removes a password of a user; false if there is none of this number.
    fn remove_chat_password(&self, user: &str, id: i64) -> Result<bool, Refusal>;

    /// From now on, clients of the user must log in before they go online.
    fn chat_log_out(&self, user: &str) -> Result<(), Refusal>;

    /// Whether clients of the user must log in first.
    fn is_chat_logged_out(&self, user: &str) -> Result<bool, Refusal>;
}
