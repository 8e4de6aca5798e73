//! `notifications`: requests for friendship, replies, notices of the site.
//!
//! Owns: their JSON. Must not: use `write`; a notification goes away on the site's own pages.

use serde_json::{Value, json};

use super::host::{Host, Person};
use crate::http::{Outcome, Params, Reply};

pub(super) fn notifications(site: &impl Host, user: &Person, _: &Params) -> Outcome {
    let found = site.read(|db| db.notifications(&user.id))?;
    let found = found.into_iter().map(|notification| match &notification.link {
        None => json!({"text": notification.text, "time": notification.time}),
        Some(path) => {
            let link = site.plugin().link(path);
            json!({"text": notification.text, "link": link, "time": notification.time})
        }
    });
    Ok(Reply::json(&found.collect::<Vec<Value>>()))
}
