//! The page on which a member makes, names and revokes the passwords of clients of XMPP.
//!
//! Owns: the page; it shows a new password in the answer to the form, and nowhere else. Must not: make or check a password;
//! `webim` does.

use askama::Template;

use super::frame::{Page, answer, done};
use super::picture::Pictured;
use super::text::At;
use crate::http::{Refusal, Reply};
use crate::site::Site;
use crate::store::chat_passwords;
use crate::visit::Visit;
use crate::webim;
use crate::webim::host::{ChatPassword, Person};
use crate::webim::limits::CHAT_PASSWORD_NAME_CHARS_MAX;

const PATH: &str = "/chat-passwords";

#[derive(Template)]
#[template(path = "chat_passwords.html")]
struct ChatPasswords<'a> {
    page: Page,
    address: String,
    passwords: Vec<ChatPassword>,
    /// The password that was made just now.
    made: Option<String>,
    name: &'a str,
}

pub(super) fn show(site: &Site, visit: &Visit<'_>) -> Result<Reply, Refusal> {
    page(site, visit, "", None, None)
}

fn page(
    site: &Site,
    visit: &Visit<'_>,
    name: &str,
    made: Option<String>,
    refusal: Option<Refusal>,
) -> Result<Reply, Refusal> {
    let me = visit.user()?;
    let address = webim::admitted_to_xmpp(&site.webim, &Person::from(me))?.address(&me.id);
    let page = Page::new(site, visit, PATH)?.refused(refusal);
    let passwords = site.store.read(|db| chat_passwords::of(db, &me.id))?;
    answer(&page.clone(), &ChatPasswords { page, address, passwords, made, name })
}

/// Makes a password. The answer is no redirect, for the password is shown in it.
pub(super) fn make(site: &Site, visit: &Visit<'_>) -> Result<Reply, Refusal> {
    let (me, name) = (Person::from(visit.user()?), visit.param("name"));
    match webim::make_chat_password(site, &me, name) {
        Ok(made) => page(site, visit, "", Some(made), None),
        Err(refusal) => page(site, visit, name, None, Some(refusal)),
    }
}

pub(super) fn revoke(site: &Site, visit: &Visit<'_>) -> Result<Reply, Refusal> {
    let me = Person::from(visit.user()?);
    let none = || Refusal::not_found("There is no such chat password any more.");
    let id = visit.part("id").parse().map_err(|_| none())?;
    webim::revoke_chat_password(site, &me, id)?;
    Ok(done(PATH, "revoked"))
}
