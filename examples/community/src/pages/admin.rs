//! The page of administrators: broadcasts, notices to all, bans.
//!
//! Owns: the page and its buttons. Must not: write to any table before `Visit::admin` was called.

use askama::Template;
use axum::http::StatusCode;

use super::check;
use super::frame::{Page, answer, done};
use super::paging::Pages;
use super::picture::Pictured;
use super::subject::user_of;
use crate::http::{Refusal, Reply};
use crate::limits::{self, MEMBERS_SHOWN, NOTICE_CHARS_MAX};
use crate::site::Site;
use crate::store::accounts::{self, User};
use crate::store::{bans, notices};
use crate::visit::Visit;
use crate::webim;

struct MemberRow {
    user: User,
    banned: bool,
}

#[derive(Template)]
#[template(path = "admin.html")]
struct Admin<'a> {
    page: Page,
    users: Vec<MemberRow>,
    total: i64,
    pages: Pages,
    broadcast: &'a str,
    notice: &'a str,
}

pub(super) fn show(site: &Site, visit: &Visit<'_>) -> Result<Reply, Refusal> {
    admin_page(site, visit, None)
}

fn admin_page(site: &Site, visit: &Visit<'_>, refusal: Option<Refusal>) -> Result<Reply, Refusal> {
    visit.admin()?;
    let page = Page::new(site, visit, "/admin")?.refused(refusal);
    let (broadcast, notice) = (visit.param("broadcast"), visit.param("notice"));
    let template = site.store.read(|db| {
        let total = accounts::count(db)?;
        let pages = Pages::of(visit, total, MEMBERS_SHOWN)?;
        let users = accounts::all(db, pages.size, pages.offset())?;
        let row = |user: User| Ok(MemberRow { banned: bans::banned(db, &user.id)?, user });
        let users = users.into_iter().map(row).collect::<Result<_, Refusal>>()?;
        Ok::<Admin<'_>, Refusal>(Admin { page, users, total, pages, broadcast, notice })
    })?;
    answer(&template.page, &template)
}

/// Sends a message to everybody who is online.
pub(super) fn broadcast(site: &Site, visit: &Visit<'_>) -> Result<Reply, Refusal> {
    let me = visit.admin()?;
    let sent = check::some_text("The broadcast", visit.param("broadcast"), NOTICE_CHARS_MAX)
        .and_then(|body| webim::broadcast(site, &me.into(), &body, None, None));
    match sent {
        Ok(_) => Ok(done("/admin", "broadcast")),
        Err(refusal) => admin_page(site, visit, Some(refusal)),
    }
}

/// Adds a notice to the notifications of all members.
pub(super) fn notice(site: &Site, visit: &Visit<'_>) -> Result<Reply, Refusal> {
    visit.admin()?;
    let checked = check::line("The notice", visit.param("notice"), NOTICE_CHARS_MAX);
    match checked {
        Ok(body) => {
            site.store.write(|db| notices::add_to_all(db, &body))?;
            Ok(done("/admin", "noticed"))
        }
        Err(refusal) => admin_page(site, visit, Some(refusal)),
    }
}

/// Bans a user: ends the user's sessions here and at the message server, and refuses log-ins from now on.
pub(super) fn ban(site: &Site, visit: &Visit<'_>) -> Result<Reply, Refusal> {
    visit.admin()?;
    let user = user_of(site, visit)?;
    if user.is_admin {
        return Err(Refusal::new(StatusCode::CONFLICT, "An administrator cannot be banned."));
    }
    site.store.write(|db| {
        bans::add(db, &user.id)?;
        accounts::end_sessions(db, &user.id)
    })?;
    site.webim.log_out_everywhere(&user.id);
    Ok(done("/admin", "done"))
}

/// Lifts a ban.
pub(super) fn unban(site: &Site, visit: &Visit<'_>) -> Result<Reply, Refusal> {
    visit.admin()?;
    let user = user_of(site, visit)?;
    site.store.write(|db| bans::remove(db, &user.id))?;
    Ok(done("/admin", "done"))
}
