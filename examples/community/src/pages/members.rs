//! Who is here: the list of members, and the page of each.
//!
//! Owns: both pages, the addresses a user has had in other communities' software, and the change of one's own profile.
//! Must not: change what is between two users; `relations` does.

use askama::Template;
use axum::http::header;

use super::check;
use super::frame::{Page, answer, done};
use super::paging::Pages;
use super::picture::Pictured;
use super::relations::{Relation, relation};
use super::text::{At, Piece, Prose};
use crate::http::refusal::Refusal;
use crate::http::reply::Reply;
use crate::limits::{self, MEMBERS_SHOWN, POSTS_LATEST};
use crate::passwords::PASSWORD_BYTES_MAX;
use crate::session;
use crate::site::Site;
use crate::store::accounts::{self, User};
use crate::store::bans;
use crate::store::forum::{self, Latest};
use crate::store::groups::{self, Group};
use crate::visit::Visit;

#[derive(Template)]
#[template(path = "members.html")]
struct Members {
    page: Page,
    users: Vec<User>,
    pages: Pages,
}

/// All members, a page of them at a time.
pub(super) fn list(site: &Site, visit: &Visit) -> Result<Reply, Refusal> {
    let page = Page::new(site, visit, "/members")?;
    let template = site.store.read(|db| {
        let pages = Pages::of(visit, accounts::count(db)?, MEMBERS_SHOWN)?;
        let users = accounts::all(db, pages.size, pages.offset())?;
        Ok::<Members, Refusal>(Members { page, users, pages })
    })?;
    answer(&template.page, &template)
}

#[derive(Template)]
#[template(path = "profile.html")]
struct Profile<'a> {
    page: Page,
    bio: Prose,
    relation: Relation,
    banned: bool,
    groups: Vec<Group>,
    posts: Vec<Latest>,
    nick: &'a str,
    about: &'a str,
    user: User,
}

/// The user a path is about.
pub(super) fn user_of(site: &Site, visit: &Visit) -> Result<User, Refusal> {
    let user = site.store.read(|db| accounts::find(db, visit.part("id")))?;
    user.ok_or_else(|| Refusal::not_found("There is no member of this name."))
}

/// A member's page.
pub(super) fn show(site: &Site, visit: &Visit) -> Result<Reply, Refusal> {
    let user = user_of(site, visit)?;
    let (nick, bio) = (user.nick.clone(), user.bio.clone());
    profile(site, visit, user, &nick, &bio, None)
}

fn profile(
    site: &Site,
    visit: &Visit,
    user: User,
    nick: &str,
    about: &str,
    refusal: Option<Refusal>,
) -> Result<Reply, Refusal> {
    let page = Page::new(site, visit, "/members")?.refused(refusal);
    let template = site.store.read(|db| {
        let relation = relation(db, page.me.as_ref(), &user)?;
        let bio = Prose::of(&user.bio);
        let (groups, posts) = (groups::of(db, &user.id)?, forum::latest_of(db, &user.id, POSTS_LATEST)?);
        let banned = bans::banned(db, &user.id)?;
        Ok::<Profile<'_>, Refusal>(Profile { page, bio, relation, banned, groups, posts, nick, about, user })
    })?;
    answer(&template.page, &template)
}

/// Changes one's own name and words.
pub(super) fn edit(site: &Site, visit: &Visit) -> Result<Reply, Refusal> {
    let me = visit.user()?;
    let (nick, bio) = (visit.params.get("nick"), visit.params.get("bio"));
    let checked = check::line("The shown name", nick, limits::NICK_CHARS_MAX)
        .and_then(|nick| Ok((nick, check::text("The text about you", bio, limits::BIO_CHARS_MAX)?)));
    match checked {
        Ok((nick, bio)) => {
            site.store.write(|db| accounts::set_profile(db, &me.id, &nick, &bio))?;
            Ok(done(&format!("/u/{}", me.id), "saved"))
        }
        Err(refusal) => profile(site, visit, me.clone(), nick, bio, Some(refusal)),
    }
}

/// Changes one's own password. All other log-ins of the user end with it.
pub(super) fn change_password(site: &Site, visit: &Visit) -> Result<Reply, Refusal> {
    let me = visit.user()?;
    let (old, new) = (visit.params.get("old"), visit.params.get("new"));
    let changed = check::password(new).and_then(|new| session::change_password(site, visit, me, old, new));
    match changed {
        Ok(cookie) => Ok(done(&format!("/u/{}", me.id), "password").with(header::SET_COOKIE, cookie)),
        Err(refusal) => profile(site, visit, me.clone(), &me.nick, &me.bio, Some(refusal)),
    }
}

/// The page of the user of a number, at the addresses that forums of old had for it: `/space.php?uid=N` and
/// `/home.php?mod=space&uid=N`.
pub(super) fn by_query(site: &Site, visit: &Visit) -> Result<Reply, Refusal> {
    if visit.path == "/home.php" && visit.params.get("mod") != "space" {
        return Err(Refusal::not_found("There is no such page."));
    }
    by_uid(site, visit.params.get("uid"))
}

/// The same at `/space-uid-N.html`; answers nothing if the path is another.
pub(super) fn by_path(site: &Site, path: &str) -> Option<Result<Reply, Refusal>> {
    let uid = path.strip_prefix("/space-uid-")?.strip_suffix(".html")?;
    Some(by_uid(site, uid))
}

fn by_uid(site: &Site, uid: &str) -> Result<Reply, Refusal> {
    let uid = uid.parse().ok();
    let user = uid.map_or(Ok(None), |uid| site.store.read(|db| accounts::find_uid(db, uid)))?;
    let user = user.ok_or_else(|| Refusal::not_found("There is no member of this number."))?;
    Ok(Reply::redirect(&format!("/u/{}", user.id)))
}
