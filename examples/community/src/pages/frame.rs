//! The frame of all pages.
//!
//! Owns: the frame around a page's own part, the answer with a page in it, and the page of a refusal. Must not: import a
//! page.

use askama::Template;
use axum::http::StatusCode;

use super::picture::Pictured;
use super::statics;
use crate::http::{Refusal, Reply};
use crate::site::Site;
use crate::store::accounts::User;
use crate::store::{friends, notices};
use crate::visit::Visit;

/// Notifications are counted up to this number; more are "99+".
const UNREAD_SHOWN_MAX: usize = 99;

/// The success of a form, as the next page shows it: the word in the address, and the sentence.
const SUCCESSES: [(&str, &str); 20] = [
    ("welcome", "Welcome to Harbour. You are logged in."),
    ("saved", "Saved."),
    ("password", "Your password is changed."),
    ("asked", "Your request was sent."),
    ("friends", "You are friends now."),
    ("declined", "The request is removed."),
    ("unfriended", "You are no longer friends."),
    ("blocked", "Blocked. Neither of you can write to the other; in groups you share you still meet."),
    ("unblocked", "No longer blocked."),
    ("moved", "Moved to the other group."),
    ("joined", "You are a member now. The group's room is in the chat bar."),
    ("left", "You have left the group."),
    ("removed", "Removed from the group."),
    ("posted", "Posted."),
    ("subscribed", "New posts will come to the chat bar."),
    ("unsubscribed", "New posts will not come to the chat bar any more."),
    ("broadcast", "Sent to everybody who is online."),
    ("noticed", "It is among the notifications of every member."),
    ("revoked", "Revoked. Devices with another chat password log in again by themselves."),
    ("done", "Done."),
];

/// The frame of a page.
#[derive(Clone, Debug)]
pub(super) struct Page {
    /// The user who is logged in.
    pub(super) me: Option<User>,
    /// The part of the site, as the path of its first page.
    pub(super) nav: &'static str,
    /// The success of the form before.
    pub(super) said: Option<&'static str>,
    /// The text of a refusal.
    pub(super) error: Option<String>,
    /// How many notifications there are.
    pub(super) unread: usize,
    /// The URL of the chat bar's script.
    pub(super) script: String,
    /// The URL of the stylesheet.
    pub(super) stylesheet: String,
    /// The URL of the icon.
    pub(super) favicon: String,
    status: StatusCode,
}

impl Page {
    pub(super) fn new(site: &Site, visit: &Visit<'_>, nav: &'static str) -> Result<Page, Refusal> {
        let me = visit.user.clone();
        let unread = me.as_ref().map_or(Ok(0), |me| site.store.read(|db| unread(db, &me.id)))?;
        Ok(Page { me, unread, ..Page::bare(site, visit, nav) })
    }

    /// The frame without the user, and without a read of the database.
    fn bare(site: &Site, visit: &Visit<'_>, nav: &'static str) -> Page {
        let word = visit.param("said");
        let said = SUCCESSES.iter().find(|(found, _)| *found == word).map(|(_, text)| *text);
        let script = format!("{}/webim.js", site.webim.im.url());
        let (stylesheet, favicon) = (statics::STYLESHEET.url(), statics::FAVICON.url());
        Page {
            me: None,
            nav,
            said,
            error: None,
            unread: 0,
            script,
            stylesheet,
            favicon,
            status: StatusCode::OK,
        }
    }

    /// The same page with the refusal of its form.
    #[must_use]
    pub(super) fn refused(self, refusal: Option<Refusal>) -> Page {
        match refusal {
            Some(Refusal { status, text }) => Page { said: None, error: Some(text), status, ..self },
            None => self,
        }
    }

    /// The number on the bell.
    pub(super) fn unread_text(&self) -> String {
        if self.unread > UNREAD_SHOWN_MAX { format!("{UNREAD_SHOWN_MAX}+") } else { self.unread.to_string() }
    }
}

fn unread(db: &rusqlite::Connection, user: &str) -> Result<usize, Refusal> {
    Ok(notices::of(db, user)?.len() + friends::requests(db, user)?.len())
}

/// A page as an answer.
pub(super) fn answer(page: &Page, template: &impl Template) -> Result<Reply, Refusal> {
    let html = template.render().map_err(|error| {
        log::error!("a page could not be made: {error}");
        Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "The site has failed.")
    })?;
    Ok(Reply::html(html).status(page.status))
}

/// A redirect to another page, which shows the success.
pub(super) fn done(path: &str, said: &str) -> Reply {
    let (path, fragment) = path.split_once('#').map_or((path, None), |(path, rest)| (path, Some(rest)));
    let mark = if path.contains('?') { '&' } else { '?' };
    let end = fragment.map(|fragment| format!("#{fragment}")).unwrap_or_default();
    Reply::redirect(&format!("{path}{mark}said={said}{end}"))
}

/// A redirect to the log-in page, which leads back to the page that was asked for.
fn to_log_in(visit: &Visit<'_>) -> Reply {
    let next: String = form_urlencoded::byte_serialize(visit.request.path.as_bytes()).collect();
    Reply::redirect(&format!("/login?next={next}"))
}

#[derive(Template)]
#[template(path = "failure.html")]
struct Failure<'a> {
    page: Page,
    heading: &'a str,
    text: &'a str,
}

/// The page of a refusal. If a log-in is all that is missing to read a page, it is a redirect to the log-in page.
pub(super) fn failure(site: &Site, visit: &Visit<'_>, refusal: &Refusal) -> Reply {
    if refusal.status == StatusCode::UNAUTHORIZED && !visit.request.changes() {
        return to_log_in(visit);
    }
    let heading = match refusal.status.as_u16() {
        401 => "Please log in",
        403 => "You may not do this",
        404 => "There is nothing here",
        409 => "That is taken",
        429 => "Too fast",
        500.. => "The site has a problem",
        _ => "That did not work",
    };
    // A page about a failure must not fail: if the notifications cannot be counted, it has no count.
    let page = Page::new(site, visit, "").unwrap_or_else(|_| Page::bare(site, visit, ""));
    let page = Page { said: None, status: refusal.status, ..page };
    let reply = answer(&page.clone(), &Failure { page, heading, text: &refusal.text });
    reply.unwrap_or_else(|error| Reply::new("text/plain; charset=utf-8", error.text).status(error.status))
}
