//! What all pages have in common.
//!
//! Owns: the frame around a page's own part, how a page becomes an answer, and how a refusal becomes a page.
//! Must not: know what any page is about.

use askama::Template;
use axum::http::StatusCode;

use super::picture::Pictured;
use super::statics;
use crate::http::refusal::Refusal;
use crate::http::reply::Reply;
use crate::site::Site;
use crate::store::accounts::User;
use crate::store::{friends, notices};
use crate::visit::Visit;

/// Notifications are counted up to this; more are "99+".
const UNREAD_SHOWN_MAX: usize = 99;

/// What a form did, said on the page it leads to: the word in the address, and the sentence.
const SAID: [(&str, &str); 19] = [
    ("welcome", "Welcome to Harbour. You are logged in."),
    ("saved", "Saved."),
    ("password", "Your password is changed."),
    ("asked", "Your request was sent."),
    ("friends", "You are friends now."),
    ("declined", "The request is gone."),
    ("unfriended", "You are friends no longer."),
    ("blocked", "Blocked. Neither of you can write to the other; in groups you share you still meet."),
    ("unblocked", "No longer blocked."),
    ("moved", "Moved to the other group."),
    ("joined", "You are a member now. The group's room is in the chat bar."),
    ("left", "You have left the group."),
    ("removed", "Removed from the group."),
    ("posted", "Posted."),
    ("subscribed", "You will be told of new posts in the chat bar."),
    ("unsubscribed", "You will not be told of new posts any more."),
    ("broadcast", "Sent to everybody who is online."),
    ("noticed", "Everybody finds it among the notifications."),
    ("done", "Done."),
];

/// The frame of a page.
#[derive(Clone, Debug)]
pub(super) struct Page {
    /// Who is logged in.
    pub(super) me: Option<User>,
    /// The part of the site, as the path of its first page.
    pub(super) nav: &'static str,
    /// What was done before.
    pub(super) said: Option<&'static str>,
    /// What could not be done, and why.
    pub(super) error: Option<String>,
    /// How much there is among the notifications.
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
    /// The frame of a page for this visitor.
    pub(super) fn new(site: &Site, visit: &Visit, nav: &'static str) -> Result<Page, Refusal> {
        let me = visit.user.clone();
        let unread = me.as_ref().map_or(Ok(0), |me| site.store.read(|db| unread(db, &me.id)))?;
        Ok(Page { me, unread, ..Page::bare(site, visit, nav) })
    }

    /// The frame for a visitor of whom nothing is asked or known.
    fn bare(site: &Site, visit: &Visit, nav: &'static str) -> Page {
        let word = visit.params.get("said");
        let said = SAID.iter().find(|(found, _)| *found == word).map(|(_, text)| *text);
        let script = format!("{}/webim.js", site.im.url());
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

    /// The same page, with what its form was refused for.
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

/// To another page, which says what was done.
pub(super) fn done(path: &str, said: &str) -> Reply {
    let (path, fragment) = path.split_once('#').map_or((path, None), |(path, rest)| (path, Some(rest)));
    let mark = if path.contains('?') { '&' } else { '?' };
    let end = fragment.map(|fragment| format!("#{fragment}")).unwrap_or_default();
    Reply::redirect(&format!("{path}{mark}said={said}{end}"))
}

/// To the page for logging in, and from there to where the visitor wanted to go.
fn to_log_in(visit: &Visit) -> Reply {
    let next: String = form_urlencoded::byte_serialize(visit.path.as_bytes()).collect();
    Reply::redirect(&format!("/login?next={next}"))
}

#[derive(Template)]
#[template(path = "failure.html")]
struct Failure<'a> {
    page: Page,
    heading: &'a str,
    text: &'a str,
}

/// The page that says why something was refused. Who only has to log in to read a page is led to do so.
pub(super) fn failure(site: &Site, visit: &Visit, refusal: &Refusal) -> Reply {
    if refusal.status == StatusCode::UNAUTHORIZED && !visit.changes() {
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
    // A page about a failure must not fail: without the notifications' count, if it comes to that.
    let page = Page::new(site, visit, "").unwrap_or_else(|_| Page::bare(site, visit, ""));
    let page = Page { said: None, status: refusal.status, ..page };
    let reply = answer(&page.clone(), &Failure { page, heading, text: &refusal.text });
    reply.unwrap_or_else(|error| Reply::new("text/plain; charset=utf-8", error.text).status(error.status))
}
