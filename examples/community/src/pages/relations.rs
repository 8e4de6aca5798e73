//! What is between two users: friendship, requests, blocks.
//!
//! Owns: the page of friends, and each button that changes something between two. Must not: decide what a block hides in
//! the chat; the plugin does.

use askama::Template;
use rusqlite::Connection;

use super::check;
use super::frame::{Page, answer, done};
use super::members::user_of;
use super::picture::Pictured;
use crate::http::refusal::Refusal;
use crate::http::reply::Reply;
use crate::limits::{self, FRIEND_GROUP_CHARS_MAX};
use crate::site::Site;
use crate::store::accounts::User;
use crate::store::{blocks, friends, notices};
use crate::visit::Visit;
use crate::webim;

/// What another user is to the visitor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Relation {
    /// The visitor is not logged in.
    Nobody,
    /// It is himself.
    Myself,
    /// They have nothing to do with each other.
    Stranger,
    /// The visitor has asked him.
    Asked,
    /// He asks the visitor.
    Asks,
    /// They are friends.
    Friend,
    /// The visitor blocks him.
    Blocked,
}

/// What `user` is to `me`.
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

/// The visitor's friends by group, and the requests from and to him.
pub(super) fn list(site: &Site, visit: &Visit) -> Result<Reply, Refusal> {
    friends_page(site, visit, None)
}

fn friends_page(site: &Site, visit: &Visit, refusal: Option<Refusal>) -> Result<Reply, Refusal> {
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

/// Both users of a button: the visitor, and whom the path names.
fn both<'a>(site: &Site, visit: &'a Visit) -> Result<(&'a User, User), Refusal> {
    let (me, other) = (visit.user()?, user_of(site, visit)?);
    if me.id == other.id {
        return Err(Refusal::bad("This is yourself."));
    }
    Ok((me, other))
}

/// Back to the page of the other.
fn back(other: &User, said: &str) -> Reply {
    done(&format!("/u/{}", other.id), said)
}

/// Asks for friendship. Who was asked by the other becomes his friend at once.
pub(super) fn add(site: &Site, visit: &Visit) -> Result<Reply, Refusal> {
    let (me, other) = both(site, visit)?;
    let are_friends = site.store.write(|db| {
        if blocks::blocks(db, &me.id, &other.id)? {
            return Err(Refusal::forbidden("You block this member. Lift the block first."));
        }
        // Who is blocked is not told: his request is just never seen.
        let is_heard = !blocks::blocks(db, &other.id, &me.id)?;
        let is_new = is_heard && friends::request(db, &me.id, &other.id, "")?;
        let are_friends = friends::group(db, &me.id, &other.id)?.is_some();
        if are_friends && is_new {
            tell_accepted(db, me, &other)?;
        }
        Ok(are_friends)
    })?;
    Ok(back(&other, if are_friends { "friends" } else { "asked" }))
}

/// Accepts the other's request.
pub(super) fn accept(site: &Site, visit: &Visit) -> Result<Reply, Refusal> {
    let (me, other) = both(site, visit)?;
    let accepted = site.store.write(|db| {
        let accepted = friends::accept(db, &me.id, &other.id)?;
        if accepted {
            tell_accepted(db, me, &other)?;
        }
        Ok::<bool, Refusal>(accepted)
    })?;
    if accepted { Ok(back(&other, "friends")) } else { Err(no_request()) }
}

fn tell_accepted(db: &Connection, me: &User, other: &User) -> Result<(), Refusal> {
    let text = format!("{} is your friend now", me.nick);
    Ok(notices::add(db, &other.id, &text, &format!("/u/{}", me.id))?)
}

fn no_request() -> Refusal {
    Refusal::not_found("There is no such request any more.")
}

/// Declines the other's request.
pub(super) fn decline(site: &Site, visit: &Visit) -> Result<Reply, Refusal> {
    let (me, other) = both(site, visit)?;
    let declined = site.store.write(|db| friends::decline(db, &me.id, &other.id).map_err(Refusal::from))?;
    if declined { Ok(back(&other, "declined")) } else { Err(no_request()) }
}

/// Ends a friendship, or takes back a request.
pub(super) fn remove(site: &Site, visit: &Visit) -> Result<Reply, Refusal> {
    let (me, other) = both(site, visit)?;
    let (ended, taken_back) = site.store.write(|db| {
        let taken_back = friends::decline(db, &other.id, &me.id)?;
        Ok::<_, Refusal>((friends::remove(db, &me.id, &other.id)?, taken_back))
    })?;
    match (ended, taken_back) {
        (true, _) => {
            webim::unlink(site, me, &other.id);
            Ok(back(&other, "unfriended"))
        }
        (false, true) => Ok(back(&other, "declined")),
        (false, false) => Err(Refusal::not_found("You are no friends.")),
    }
}

/// Blocks the other.
pub(super) fn block(site: &Site, visit: &Visit) -> Result<Reply, Refusal> {
    let (me, other) = both(site, visit)?;
    site.store.write(|db| blocks::add(db, &me.id, &other.id).map_err(Refusal::from))?;
    webim::unlink(site, me, &other.id);
    Ok(back(&other, "blocked"))
}

/// Lifts a block.
pub(super) fn unblock(site: &Site, visit: &Visit) -> Result<Reply, Refusal> {
    let (me, other) = both(site, visit)?;
    site.store.write(|db| blocks::remove(db, &me.id, &other.id).map_err(Refusal::from))?;
    Ok(back(&other, "unblocked"))
}

/// Puts a friend into another contact group.
pub(super) fn move_to(site: &Site, visit: &Visit) -> Result<Reply, Refusal> {
    let (me, other) = both(site, visit)?;
    let group = match check::line("The name of the group", visit.params.get("group"), FRIEND_GROUP_CHARS_MAX)
    {
        Ok(group) => group,
        Err(refusal) => return friends_page(site, visit, Some(refusal)),
    };
    site.store.write(|db| {
        friends::group(db, &me.id, &other.id)?.ok_or_else(|| Refusal::not_found("You are no friends."))?;
        friends::set_group(db, &me.id, &other.id, &group).map_err(Refusal::from)
    })?;
    Ok(done("/friends", "moved"))
}
