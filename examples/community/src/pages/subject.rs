//! The user, group or thread that a path names.
//!
//! Owns: finding each, and the refusal if there is none. Must not: check the visitor's rights.

use crate::http::Refusal;
use crate::site::Site;
use crate::store::accounts::{self, User};
use crate::store::forum::{self, Thread};
use crate::store::groups::{self, Group};
use crate::visit::Visit;

pub(super) fn user_of(site: &Site, visit: &Visit<'_>) -> Result<User, Refusal> {
    let user = site.store.read(|db| accounts::find(db, visit.part("id")))?;
    user.ok_or_else(|| Refusal::not_found("There is no member of this name."))
}

pub(super) fn group_of(site: &Site, visit: &Visit<'_>) -> Result<Group, Refusal> {
    let id = visit.part("id").parse().ok();
    let group = id.map_or(Ok(None), |id| site.store.read(|db| groups::find(db, id)))?;
    group.ok_or_else(|| Refusal::not_found("There is no such group."))
}

pub(super) fn thread_of(site: &Site, visit: &Visit<'_>) -> Result<Thread, Refusal> {
    let id = visit.part("id").parse().ok();
    let thread = id.map_or(Ok(None), |id| site.store.read(|db| forum::thread(db, id)))?;
    thread.ok_or_else(|| Refusal::not_found("There is no such thread."))
}
