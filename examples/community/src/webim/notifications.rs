//! `notifications`: what the site has to tell a user.
//!
//! Owns: their words and links. Must not: forget any; the site's own pages do.

use serde_json::{Value, json};

use super::shapes::link;
use crate::http::refusal::Refusal;
use crate::http::reply::Reply;
use crate::limits::NOTIFICATIONS_MAX;
use crate::site::{Outcome, Site};
use crate::store::accounts::User;
use crate::store::{friends, notices};
use crate::visit::Params;

/// `notifications`: requests first, because they wait for an answer.
pub(super) fn notifications(site: &Site, user: &User, _: &Params) -> Outcome {
    let (requests, notices) = site
        .store
        .read(|db| Ok::<_, Refusal>((friends::requests(db, &user.id)?, notices::of(db, &user.id)?)))?;
    let requests = requests.iter().map(|request| {
        let text = format!("{} wants to be your friend", request.from.nick);
        json!({"text": text, "link": link(site, "/friends"), "time": request.created})
    });
    let notices = notices.iter().map(|notice| match notice.link.as_str() {
        "" => json!({"text": notice.body, "time": notice.created}),
        path => json!({"text": notice.body, "link": link(site, path), "time": notice.created}),
    });
    let found: Vec<Value> = requests.chain(notices).take(NOTIFICATIONS_MAX).collect();
    Ok(Reply::json(&found))
}
