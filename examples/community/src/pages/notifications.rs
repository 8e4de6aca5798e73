//! Notifications: requests for friendship, replies, announcements.
//!
//! Owns: the page, and removing notices from it. Must not: add a notice.

use askama::Template;

use super::frame::{Page, answer, done};
use super::picture::Pictured;
use super::text::At;
use crate::http::{Refusal, Reply};
use crate::site::Site;
use crate::store::friends::{self, FriendRequest};
use crate::store::notices::{self, Notice};
use crate::visit::Visit;

#[derive(Template)]
#[template(path = "notifications.html")]
struct Notifications {
    page: Page,
    requests: Vec<FriendRequest>,
    notices: Vec<Notice>,
}

pub(super) fn show(site: &Site, visit: &Visit<'_>) -> Result<Reply, Refusal> {
    let me = visit.user()?;
    let page = Page::new(site, visit, "/notifications")?;
    let template = site.store.read(|db| {
        let (requests, notices) = (friends::requests(db, &me.id)?, notices::of(db, &me.id)?);
        Ok::<Notifications, Refusal>(Notifications { page, requests, notices })
    })?;
    answer(&template.page, &template)
}

pub(super) fn dismiss(site: &Site, visit: &Visit<'_>) -> Result<Reply, Refusal> {
    let me = visit.user()?;
    let none = || Refusal::not_found("There is no such notification any more.");
    let id = visit.part("id").parse().map_err(|_| none())?;
    if site.store.write(|db| notices::remove(db, &me.id, id))? {
        Ok(Reply::redirect("/notifications"))
    } else {
        Err(none())
    }
}

/// Removes all notices. Requests stay until they are answered.
pub(super) fn clear(site: &Site, visit: &Visit<'_>) -> Result<Reply, Refusal> {
    let me = visit.user()?;
    site.store.write(|db| notices::clear(db, &me.id))?;
    Ok(done("/notifications", "done"))
}
