//! Members: the list, and the page of each.
//!
//! Owns: both pages, the addresses of a user in older forum software, and the forms for the visitor's own profile. Must not:
//! write to `friends` or `blocks`; `relations` does.

use askama::Template;
use axum::http::header;

use super::check;
use super::frame::{Page, answer, done};
use super::paging::Pages;
use super::picture::Pictured;
use super::relations::{Relation, relation};
use super::subject::user_of;
use super::text::{At, Piece, Prose};
use crate::http::{Refusal, Reply};
use crate::limits::{self, MEMBERS_SHOWN, POSTS_LATEST};
use crate::passwords::PASSWORD_BYTES_MAX;
use crate::session;
use crate::site::Site;
use crate::store::accounts::{self, User};
use crate::store::bans;
use crate::store::forum::{self, Latest};
use crate::store::groups::{self, Group};
use crate::visit::Visit;
use crate::webim;
use crate::webim::host::Person;

#[derive(Template)]
#[template(path = "members.html")]
struct Members {
    page: Page,
    users: Vec<User>,
    pages: Pages,
}

/// All members, a page of them at a time.
pub(super) fn list(site: &Site, visit: &Visit<'_>) -> Result<Reply, Refusal> {
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
    /// Whether the page leads to the visitor's chat passwords.
    chats_by_xmpp: bool,
    nick: &'a str,
    about: &'a str,
    user: User,
}

pub(super) fn show(site: &Site, visit: &Visit<'_>) -> Result<Reply, Refusal> {
    let user = user_of(site, visit)?;
    let (nick, bio) = (user.nick.clone(), user.bio.clone());
    profile(site, visit, user, &nick, &bio, None)
}

fn profile(
    site: &Site,
    visit: &Visit<'_>,
    user: User,
    nick: &str,
    about: &str,
    refusal: Option<Refusal>,
) -> Result<Reply, Refusal> {
    let page = Page::new(site, visit, "/members")?.refused(refusal);
    let chats_by_xmpp = webim::admitted_to_xmpp(&site.webim, &Person::from(&user)).is_ok();
    let template = site.store.read(|db| {
        let relation = relation(db, page.me.as_ref(), &user)?;
        let bio = Prose::of(&user.bio);
        let (groups, posts) = (groups::of(db, &user.id)?, forum::latest_of(db, &user.id, POSTS_LATEST)?);
        let banned = bans::banned(db, &user.id)?;
        Ok::<Profile<'_>, Refusal>(Profile {
            page,
            bio,
            relation,
            banned,
            groups,
            posts,
            chats_by_xmpp,
            nick,
            about,
            user,
        })
    })?;
    answer(&template.page, &template)
}

/// Changes the visitor's display name and text.
pub(super) fn edit(site: &Site, visit: &Visit<'_>) -> Result<Reply, Refusal> {
    let me = visit.user()?;
    let (nick, bio) = (visit.param("nick"), visit.param("bio"));
    match save_profile(site, me, nick, bio) {
        Ok(()) => Ok(done(&format!("/u/{}", me.id), "saved")),
        Err(refusal) => profile(site, visit, me.clone(), nick, bio, Some(refusal)),
    }
}

/// A name that was good when it was chosen may stay.
fn save_profile(site: &Site, me: &User, nick: &str, bio: &str) -> Result<(), Refusal> {
    let nick = if nick == me.nick { nick.to_owned() } else { check::nick(nick, me.is_admin)? };
    let bio = check::text("The text about you", bio, limits::BIO_CHARS_MAX)?;
    site.store.write(|db| {
        if nick != me.nick && accounts::is_like_another(db, &nick, &me.id)? {
            return Err(check::alike(&nick));
        }
        Ok(accounts::set_profile(db, &me.id, &nick, &bio)?)
    })
}

/// Changes the visitor's password. All other log-ins of the visitor end.
pub(super) fn change_password(site: &Site, visit: &Visit<'_>) -> Result<Reply, Refusal> {
    let me = visit.user()?;
    let (old, new) = (visit.param("old"), visit.param("new"));
    let changed =
        check::password(new).and_then(|new| session::change_password(site, visit.request, me, old, new));
    match changed {
        Ok(cookie) => Ok(done(&format!("/u/{}", me.id), "password").with(header::SET_COOKIE, cookie)),
        Err(refusal) => profile(site, visit, me.clone(), &me.nick, &me.bio, Some(refusal)),
    }
}

/// A user's page at the addresses of older forum software: `/space.php?uid=N` and `/home.php?mod=space&uid=N`.
pub(super) fn by_query(site: &Site, visit: &Visit<'_>) -> Result<Reply, Refusal> {
    if visit.request.path == "/home.php" && visit.param("mod") != "space" {
        return Err(Refusal::not_found("There is no such page."));
    }
    by_uid(site, visit.param("uid"))
}

/// The same at `/space-uid-N.html`; none at other paths.
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
