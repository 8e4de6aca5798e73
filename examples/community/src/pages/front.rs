//! The front page, logging in and out, signing up.
//!
//! Owns: these pages and their forms. Must not: hash a password or write to `sessions`; `passwords` and `session` do.

use askama::Template;
use axum::http::header;

use super::check;
use super::frame::{Page, answer, done};
use super::picture::Pictured;
use super::text::At;
use crate::http::{Refusal, Reply};
use crate::limits::{self, FRONT_GROUPS, FRONT_MEMBERS, FRONT_THREADS};
use crate::passwords::PASSWORD_BYTES_MAX;
use crate::seed;
use crate::session;
use crate::site::Site;
use crate::store::Connection;
use crate::store::accounts::{self, NewUser, User};
use crate::store::forum::{self, Thread};
use crate::store::groups::{self, Group};
use crate::visit::Visit;

/// The seeded users on the front page: friends, a stranger, and the administrator.
const LOGINS: [&str; 6] = ["alice", "bob", "carol", "xiaoming", "zoe", seed::ADMIN];

#[derive(Template)]
#[template(path = "front.html")]
struct Front {
    page: Page,
    logins: Vec<User>,
    password: &'static str,
    threads: Vec<Thread>,
    groups: Vec<Group>,
    newest: Vec<User>,
}

/// The front page. In a demonstration it shows the log-ins.
pub(super) fn show(site: &Site, visit: &Visit<'_>) -> Result<Reply, Refusal> {
    let page = Page::new(site, visit, "/")?;
    let demo = page.me.is_none() && site.options.show_logins;
    let template = site.store.read(|db| {
        let ids: &[&str] = if demo { &LOGINS } else { &[] };
        let logins =
            ids.iter().filter_map(|id| accounts::find(db, id).transpose()).collect::<Result<_, _>>()?;
        let mut groups = groups::all(db)?;
        groups.sort_by_key(|group| -group.members);
        groups.truncate(FRONT_GROUPS);
        let threads = forum::threads(db, FRONT_THREADS, 0)?;
        let newest = accounts::newest(db, FRONT_MEMBERS)?;
        Ok::<Front, Refusal>(Front { page, logins, password: seed::PASSWORD, threads, groups, newest })
    })?;
    answer(&template.page, &template)
}

#[derive(Template)]
#[template(path = "login.html")]
struct LogInPage<'a> {
    page: Page,
    id: &'a str,
    next: &'a str,
}

pub(super) fn log_in_form(site: &Site, visit: &Visit<'_>) -> Result<Reply, Refusal> {
    if visit.user.is_some() {
        return Ok(Reply::redirect(check::path(visit.param("next"))));
    }
    log_in_page(site, visit, None)
}

fn log_in_page(site: &Site, visit: &Visit<'_>, refusal: Option<Refusal>) -> Result<Reply, Refusal> {
    let page = Page::new(site, visit, "/login")?.refused(refusal);
    let template = LogInPage { page, id: visit.param("id"), next: visit.param("next") };
    answer(&template.page, &template)
}

pub(super) fn log_in(site: &Site, visit: &Visit<'_>) -> Result<Reply, Refusal> {
    match session::log_in(site, visit.request, visit.param("id"), visit.param("password")) {
        Ok(begun) => {
            let next = check::path(visit.param("next"));
            Ok(Reply::redirect(next).with(header::SET_COOKIE, begun.cookie))
        }
        Err(refusal) => log_in_page(site, visit, Some(refusal)),
    }
}

pub(super) fn log_out(site: &Site, visit: &Visit<'_>) -> Result<Reply, Refusal> {
    Ok(Reply::redirect("/")
        .with(header::SET_COOKIE, session::log_out(site, visit.request, visit.user.as_ref())?))
}

#[derive(Template)]
#[template(path = "signup.html")]
struct SignUpPage<'a> {
    page: Page,
    id: &'a str,
    nick: &'a str,
}

pub(super) fn sign_up_form(site: &Site, visit: &Visit<'_>) -> Result<Reply, Refusal> {
    if visit.user.is_some() {
        return Ok(Reply::redirect("/"));
    }
    sign_up_page(site, visit, None)
}

fn sign_up_page(site: &Site, visit: &Visit<'_>, refusal: Option<Refusal>) -> Result<Reply, Refusal> {
    let page = Page::new(site, visit, "/signup")?.refused(refusal);
    let template = SignUpPage { page, id: visit.param("id"), nick: visit.param("nick") };
    answer(&template.page, &template)
}

/// Makes an account, and logs its owner in.
pub(super) fn sign_up(site: &Site, visit: &Visit<'_>) -> Result<Reply, Refusal> {
    match join(site, visit) {
        Ok(cookie) => Ok(done("/", "welcome").with(header::SET_COOKIE, cookie)),
        Err(refusal) => sign_up_page(site, visit, Some(refusal)),
    }
}

/// Adds a user, and returns the cookie of the first session.
fn join(site: &Site, visit: &Visit<'_>) -> Result<String, Refusal> {
    let (nick, password) = (visit.param("nick").trim(), visit.param("password"));
    let id = check::user_id(visit.param("id"))?;
    let nick = check::nick(if nick.is_empty() { &id } else { nick }, false)?;
    check::password(password)?;
    let too_many = || Refusal::too_many("Too many new accounts from your address. Please wait some minutes.");
    let account = site.attempts.sign_up(visit.request.address).ok_or_else(too_many)?;
    let is_free = |db: &Connection| {
        if accounts::find(db, &id)?.is_some() {
            return Err(check::taken(&id));
        }
        for name in [&id, &nick] {
            if accounts::is_like_another(db, name, &id)? {
                return Err(check::alike(name));
            }
        }
        Ok(())
    };
    // A name that is taken costs no hash. It is checked once more below: another user may take it while the password is
    // hashed.
    site.store.read(is_free)?;
    let hash = site.hashes.hash(password)?;
    site.store.write(|db| {
        is_free(db)?;
        let user = NewUser { id: &id, nick: &nick, password: &hash, is_admin: false, bio: "" };
        Ok::<_, Refusal>(accounts::add(db, &user)?)
    })?;
    account.counts();
    Ok(session::begin(site, visit.request, &id)?.cookie)
}
