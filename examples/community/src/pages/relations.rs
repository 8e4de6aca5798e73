//! Relations between two users: friendship, requests, blocks.
//!
//! Owns: the page of friends, and each button that changes a relation. Must not: call the message server; the plugin keeps
//! blocked users apart in the chat.

use askama::Template;
use rusqlite::Connection;

use super::check;
use super::frame::{Page, answer, done};
use super::picture::Pictured;
use super::subject::user_of;
use crate::http::{Refusal, Reply};
use crate::limits::{self, FRIEND_GROUP_CHARS_MAX};
use crate::site::Site;
use crate::store::accounts::User;
use crate::store::{blocks, friends, notices};
use crate::visit::Visit;

/// The relation of a user to the visitor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Relation {
    /// The visitor is not logged in.
    Nobody,
    /// The user is the visitor.
    Myself,
    /// There is none.
    Stranger,
    /// The visitor has asked for friendship.
    Asked,
    /// The user asks for friendship.
    Asks,
    Friend,
    /// The visitor blocks the user.
    Blocked,
}

/// The relation of `user` to `me`.
pub(super) fn relation(db: &Connection, me: Option<&User>, user: &User) -> Result<Relation, Refusal> {
    let Some(me) = me else { return Ok(Relation::Nobody) };
    Ok(if me.id == user.id {
        Relation::Myself
    } else if blocks::blocks(db, &me.id, &user.id)? {
        Relation::Blocked
    } else if friends::group(db, &me.id, &user.id)?.is_some() {
        Relation::Friend
    } else if friends::requested(db, &user.id, &me.id)? {
        Relation::Asks
    } else if friends::requested(db, &me.id, &user.id)? {
        Relation::Asked
    } else {
        Relation::Stranger
    })
}

struct ContactGroup {
    name: String,
    friends: Vec<User>,
}

#[derive(Template)]
#[template(path = "friends.html")]
struct Friends {
    page: Page,
    groups: Vec<ContactGroup>,
    asking: Vec<User>,
    asked: Vec<User>,
}

/// The visitor's friends by group, and the requests from and to the visitor.
pub(super) fn list(site: &Site, visit: &Visit<'_>) -> Result<Reply, Refusal> {
    friends_page(site, visit, None)
}

fn friends_page(site: &Site, visit: &Visit<'_>, refusal: Option<Refusal>) -> Result<Reply, Refusal> {
    let me = visit.user()?;
    let page = Page::new(site, visit, "/friends")?.refused(refusal);
    let template = site.store.read(|db| {
        let mut groups: Vec<ContactGroup> = Vec::new();
        for friend in friends::of(db, &me.id)? {
            match groups.iter_mut().find(|group| group.name == friend.group) {
                Some(group) => group.friends.push(friend.user),
                None => groups.push(ContactGroup { name: friend.group, friends: vec![friend.user] }),
            }
        }
        groups.sort_by(|one, other| one.name.cmp(&other.name));
        let asking = friends::requests(db, &me.id)?.into_iter().map(|request| request.from).collect();
        let asked = friends::requested_by(db, &me.id)?;
        Ok::<Friends, Refusal>(Friends { page, groups, asking, asked })
    })?;
    answer(&template.page, &template)
}

/// Both users of a button: the visitor, and the user that the path names.
fn both<'a>(site: &Site, visit: &'a Visit<'_>) -> Result<(&'a User, User), Refusal> {
    let (me, other) = (visit.user()?, user_of(site, visit)?);
    if me.id == other.id {
        return Err(Refusal::bad("This is yourself."));
    }
    Ok((me, other))
}

/// A redirect to the page of the other user.
fn back(other: &User, said: &str) -> Reply {
    done(&format!("/u/{}", other.id), said)
}

/// Asks for friendship. If the other user has asked already, the two become friends at once.
pub(super) fn add(site: &Site, visit: &Visit<'_>) -> Result<Reply, Refusal> {
    let (me, other) = both(site, visit)?;
    let are_friends = site.store.write(|db| {
        if blocks::blocks(db, &me.id, &other.id)? {
            return Err(Refusal::forbidden("You block this member. Lift the block first."));
        }
        // A blocked user must not notice the block: the request looks as if it were sent, and is not.
        let is_open = !blocks::blocks(db, &other.id, &me.id)?;
        let is_new = is_open && friends::request(db, &me.id, &other.id, "")?;
        let are_friends = friends::group(db, &me.id, &other.id)?.is_some();
        if are_friends && is_new {
            add_notice(db, me, &other)?;
        }
        Ok(are_friends)
    })?;
    Ok(back(&other, if are_friends { "friends" } else { "asked" }))
}

/// Accepts the other user's request.
pub(super) fn accept(site: &Site, visit: &Visit<'_>) -> Result<Reply, Refusal> {
    let (me, other) = both(site, visit)?;
    let accepted = site.store.write(|db| {
        let accepted = friends::accept(db, &me.id, &other.id)?;
        if accepted {
            add_notice(db, me, &other)?;
        }
        Ok::<bool, Refusal>(accepted)
    })?;
    if accepted { Ok(back(&other, "friends")) } else { Err(no_request()) }
}

fn add_notice(db: &Connection, me: &User, other: &User) -> Result<(), Refusal> {
    let text = format!("{} is your friend now", me.nick);
    Ok(notices::add(db, &other.id, &text, &format!("/u/{}", me.id))?)
}

fn no_request() -> Refusal {
    Refusal::not_found("There is no such request any more.")
}

/// Declines the other user's request.
pub(super) fn decline(site: &Site, visit: &Visit<'_>) -> Result<Reply, Refusal> {
    let (me, other) = both(site, visit)?;
    let declined = site.store.write(|db| friends::decline(db, &me.id, &other.id).map_err(Refusal::from))?;
    if declined { Ok(back(&other, "declined")) } else { Err(no_request()) }
}

/// Ends a friendship, or takes back a request.
pub(super) fn remove(site: &Site, visit: &Visit<'_>) -> Result<Reply, Refusal> {
    let (me, other) = both(site, visit)?;
    let (ended, taken_back) = site.store.write(|db| {
        let taken_back = friends::decline(db, &other.id, &me.id)?;
        Ok::<_, Refusal>((friends::remove(db, &me.id, &other.id)?, taken_back))
    })?;
    match (ended, taken_back) {
        (true, _) => {
            site.webim.unlink(&me.id, &other.id);
            Ok(back(&other, "unfriended"))
        }
        (false, true) => Ok(back(&other, "declined")),
        (false, false) => Err(Refusal::not_found("You are no friends.")),
    }
}

pub(super) fn block(site: &Site, visit: &Visit<'_>) -> Result<Reply, Refusal> {
    let (me, other) = both(site, visit)?;
    site.store.write(|db| blocks::add(db, &me.id, &other.id).map_err(Refusal::from))?;
    site.webim.unlink(&me.id, &other.id);
    Ok(back(&other, "blocked"))
}

pub(super) fn unblock(site: &Site, visit: &Visit<'_>) -> Result<Reply, Refusal> {
    let (me, other) = both(site, visit)?;
    site.store.write(|db| blocks::remove(db, &me.id, &other.id).map_err(Refusal::from))?;
    Ok(back(&other, "unblocked"))
}

/// Puts a friend into another contact group.
pub(super) fn move_to(site: &Site, visit: &Visit<'_>) -> Result<Reply, Refusal> {
    let (me, other) = both(site, visit)?;
    let group = match check::line("The name of the group", visit.param("group"), FRIEND_GROUP_CHARS_MAX) {
        Ok(group) => group,
        Err(refusal) => return friends_page(site, visit, Some(refusal)),
    };
    site.store.write(|db| {
        friends::group(db, &me.id, &other.id)?.ok_or_else(|| Refusal::not_found("You are no friends."))?;
        friends::set_group(db, &me.id, &other.id, &group).map_err(Refusal::from)
    })?;
    Ok(done("/friends", "moved"))
}
