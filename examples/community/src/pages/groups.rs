//! Groups: the list, and the page of each.
//!
//! Owns: both pages and each button on them. Must not: read `messages`.

use askama::Template;
use axum::http::StatusCode;

use super::check;
use super::frame::{Page, answer, done};
use super::picture::Pictured;
use super::subject::group_of;
use super::text::{Piece, Prose};
use crate::http::{Refusal, Reply};
use crate::limits::{self, GROUP_ABOUT_CHARS_MAX, GROUP_NAME_CHARS_MAX};
use crate::site::Site;
use crate::store::groups::{self, Group, Member};
use crate::store::{accounts, notices};
use crate::visit::Visit;

const OWNER: &str = "owner";

/// The visitor's role in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// The visitor is not logged in.
    Nobody,
    /// The visitor is not a member.
    Outsider,
    Member,
    Owner,
}

#[derive(Template)]
#[template(path = "groups.html")]
struct GroupList<'a> {
    page: Page,
    groups: Vec<Group>,
    mine: Vec<i64>,
    name: &'a str,
    about: &'a str,
}

pub(super) fn list(site: &Site, visit: &Visit<'_>) -> Result<Reply, Refusal> {
    groups_page(site, visit, None)
}

fn groups_page(site: &Site, visit: &Visit<'_>, refusal: Option<Refusal>) -> Result<Reply, Refusal> {
    let page = Page::new(site, visit, "/groups")?.refused(refusal);
    let (name, about) = (visit.param("name"), visit.param("about"));
    let template = site.store.read(|db| {
        let mine = visit.user.as_ref().map_or(Ok(Vec::new()), |me| groups::of(db, &me.id))?;
        let mine = mine.into_iter().map(|group| group.id).collect();
        Ok::<GroupList<'_>, Refusal>(GroupList { page, groups: groups::all(db)?, mine, name, about })
    })?;
    answer(&template.page, &template)
}

/// Adds a group. The visitor is its owner.
pub(super) fn create(site: &Site, visit: &Visit<'_>) -> Result<Reply, Refusal> {
    let me = visit.user()?;
    let made = named(visit).and_then(|(name, about)| {
        site.store.write(|db| {
            if groups::is_like_another(db, &name, None)? {
                return Err(check::alike(&name));
            }
            Ok(groups::add(db, &me.id, &name, &about)?)
        })
    });
    match made {
        Ok(id) => {
            site.webim.enter(&me.id, &me.nick, &id.to_string());
            Ok(done(&path(id), "joined"))
        }
        Err(refusal) => groups_page(site, visit, Some(refusal)),
    }
}

fn path(id: i64) -> String {
    format!("/groups/{id}")
}

/// The name and the description of a group, checked.
fn named(visit: &Visit<'_>) -> Result<(String, String), Refusal> {
    let name = check::name("The name of the group", visit.param("name"), GROUP_NAME_CHARS_MAX)?;
    let about = check::text("The description", visit.param("about"), GROUP_ABOUT_CHARS_MAX)?;
    Ok((name, about))
}

#[derive(Template)]
#[template(path = "group.html")]
struct GroupPage<'a> {
    page: Page,
    group: Group,
    about: Prose,
    members: Vec<Member>,
    role: Role,
    name_draft: &'a str,
    about_draft: &'a str,
}

pub(super) fn show(site: &Site, visit: &Visit<'_>) -> Result<Reply, Refusal> {
    let group = group_of(site, visit)?;
    let (name, about) = (group.name.clone(), group.about.clone());
    group_page(site, visit, group, &name, &about, None)
}

fn group_page(
    site: &Site,
    visit: &Visit<'_>,
    group: Group,
    name_draft: &str,
    about_draft: &str,
    refusal: Option<Refusal>,
) -> Result<Reply, Refusal> {
    let page = Page::new(site, visit, "/groups")?.refused(refusal);
    let members = site.store.read(|db| groups::members(db, group.id))?;
    let mine = visit.user.as_ref().map(|me| members.iter().find(|member| member.user.id == me.id));
    let role = match mine {
        None => Role::Nobody,
        Some(None) => Role::Outsider,
        Some(Some(member)) if member.role == OWNER => Role::Owner,
        Some(Some(_)) => Role::Member,
    };
    let about = Prose::of(&group.about);
    let template = GroupPage { page, group, about, members, role, name_draft, about_draft };
    answer(&template.page, &template)
}

pub(super) fn join(site: &Site, visit: &Visit<'_>) -> Result<Reply, Refusal> {
    let (me, group) = (visit.user()?, group_of(site, visit)?);
    if site.store.write(|db| groups::join(db, group.id, &me.id))? {
        site.webim.enter(&me.id, &me.nick, &group.id.to_string());
    }
    Ok(done(&path(group.id), "joined"))
}

/// Ends the visitor's membership. The owner cannot leave: a group always has one.
pub(super) fn leave(site: &Site, visit: &Visit<'_>) -> Result<Reply, Refusal> {
    let (me, group) = (visit.user()?, group_of(site, visit)?);
    site.store.write(|db| match groups::role(db, group.id, &me.id)?.as_deref() {
        None => Err(Refusal::not_found("You are no member of this group.")),
        Some(OWNER) => Err(Refusal::new(StatusCode::CONFLICT, "This group is yours; you cannot leave it.")),
        Some(_) => Ok(groups::leave(db, group.id, &me.id)?),
    })?;
    site.webim.expel(&me.id, &me.nick, &group.id.to_string());
    Ok(done(&path(group.id), "left"))
}

/// The group that a path names, for its owner only.
fn owned(site: &Site, visit: &Visit<'_>) -> Result<Group, Refusal> {
    let (me, group) = (visit.user()?, group_of(site, visit)?);
    let role = site.store.read(|db| groups::role(db, group.id, &me.id))?;
    if role.as_deref() == Some(OWNER) {
        return Ok(group);
    }
    Err(Refusal::forbidden("Only the owner of the group may do this."))
}

/// Gives a group another name and description.
pub(super) fn edit(site: &Site, visit: &Visit<'_>) -> Result<Reply, Refusal> {
    let group = owned(site, visit)?;
    let saved = named(visit).and_then(|(name, about)| {
        site.store.write(|db| {
            if groups::is_like_another(db, &name, Some(group.id))? {
                return Err(check::alike(&name));
            }
            Ok(groups::set(db, group.id, &name, &about)?)
        })
    });
    match saved {
        Ok(()) => Ok(done(&path(group.id), "saved")),
        Err(refusal) => {
            let (name, about) = (visit.param("name"), visit.param("about"));
            group_page(site, visit, group, name, about, Some(refusal))
        }
    }
}

pub(super) fn remove(site: &Site, visit: &Visit<'_>) -> Result<Reply, Refusal> {
    let group = owned(site, visit)?;
    let id = visit.param("user");
    let removed = site.store.write(|db| {
        let (user, role) = (accounts::find(db, id)?, groups::role(db, group.id, id)?);
        match (user, role.as_deref()) {
            (None, _) | (_, None) => Err(Refusal::not_found("There is no such member of this group.")),
            (_, Some(OWNER)) => {
                Err(Refusal::new(StatusCode::CONFLICT, "This group is yours; you cannot leave it."))
            }
            (Some(user), Some(_)) => {
                groups::leave(db, group.id, &user.id)?;
                let text = format!("You were removed from the group {}", group.name);
                notices::add(db, &user.id, &text, &path(group.id))?;
                Ok(user)
            }
        }
    })?;
    site.webim.expel(&removed.id, &removed.nick, &group.id.to_string());
    Ok(done(&path(group.id), "removed"))
}
