//! The forum: threads and posts.
//!
//! Owns: both pages, new threads and replies, and the notices and messages about them. Must not: call the message server;
//! the plugin pushes posts.

use askama::Template;

use super::check;
use super::frame::{Page, answer, done};
use super::paging::{self, Pages};
use super::picture::Pictured;
use super::subject::thread_of;
use super::text::{At, Piece, Prose};
use crate::http::{Refusal, Reply};
use crate::limits::{self, POST_CHARS_MAX, POSTS_SHOWN, PUSHED_CHARS, THREADS_SHOWN, TITLE_CHARS_MAX};
use crate::site::Site;
use crate::store::accounts::User;
use crate::store::forum::{self, Post, Thread};
use crate::store::{blocks, notices};
use crate::visit::Visit;

#[derive(Template)]
#[template(path = "forum.html")]
struct Forum<'a> {
    page: Page,
    threads: Vec<Thread>,
    pages: Pages,
    subscribed: bool,
    title: &'a str,
    body: &'a str,
}

/// The threads, the one with the newest post first.
pub(super) fn list(site: &Site, visit: &Visit<'_>) -> Result<Reply, Refusal> {
    forum_page(site, visit, None)
}

fn forum_page(site: &Site, visit: &Visit<'_>, refusal: Option<Refusal>) -> Result<Reply, Refusal> {
    let page = Page::new(site, visit, "/forum")?.refused(refusal);
    let (title, body) = (visit.param("title"), visit.param("body"));
    let template = site.store.read(|db| {
        let pages = Pages::of(visit, forum::count(db)?, THREADS_SHOWN)?;
        let threads = forum::threads(db, pages.size, pages.offset())?;
        let subscribed = visit.user.as_ref().map_or(Ok(false), |me| forum::subscribed(db, &me.id))?;
        Ok::<Forum<'_>, Refusal>(Forum { page, threads, pages, subscribed, title, body })
    })?;
    answer(&template.page, &template)
}

/// Begins a thread.
pub(super) fn begin(site: &Site, visit: &Visit<'_>) -> Result<Reply, Refusal> {
    let me = visit.user()?;
    match add_thread(site, visit, me) {
        Ok(thread) => Ok(done(&path(thread), "posted")),
        Err(refusal) => forum_page(site, visit, Some(refusal)),
    }
}

fn add_thread(site: &Site, visit: &Visit<'_>, me: &User) -> Result<i64, Refusal> {
    let title = check::line("The title", visit.param("title"), TITLE_CHARS_MAX)?;
    let body = check::some_text("The text", visit.param("body"), POST_CHARS_MAX)?;
    may_post(site, me)?;
    let (thread, post) = site.store.write(|db| forum::add_thread(db, &me.id, &title, &body))?;
    site.webim.push_post(post, &pushed(me, &title, &body));
    Ok(thread)
}

/// The message to subscribers: the author, the title, and the beginning of the text.
fn pushed(me: &User, title: &str, body: &str) -> String {
    let line = body.lines().next().unwrap_or_default();
    let start: String = line.chars().take(PUSHED_CHARS).collect();
    let more = if start.len() < body.len() { "…" } else { "" };
    format!("{} in “{title}”: {start}{more}", me.nick)
}

/// A post counts as a message, for the rate at which a user may send.
fn may_post(site: &Site, me: &User) -> Result<(), Refusal> {
    if site.webim.may_send(&me.id, 1) {
        return Ok(());
    }
    Err(Refusal::too_many("That was a lot at once. Please wait some seconds."))
}

fn path(thread: i64) -> String {
    format!("/forum/{thread}")
}

struct PostView {
    post: Post,
    body: Prose,
}

#[derive(Template)]
#[template(path = "thread.html")]
struct ThreadPage<'a> {
    page: Page,
    thread: Thread,
    posts: Vec<PostView>,
    pages: Pages,
    draft: &'a str,
}

/// A page of posts.
pub(super) fn show(site: &Site, visit: &Visit<'_>) -> Result<Reply, Refusal> {
    let thread = thread_of(site, visit)?;
    let pages = Pages::of(visit, thread.posts, POSTS_SHOWN)?;
    thread_page(site, visit, thread, pages, None)
}

fn thread_page(
    site: &Site,
    visit: &Visit<'_>,
    thread: Thread,
    pages: Pages,
    refusal: Option<Refusal>,
) -> Result<Reply, Refusal> {
    let page = Page::new(site, visit, "/forum")?.refused(refusal);
    let posts = site.store.read(|db| forum::posts(db, thread.id, pages.size, pages.offset()))?;
    let posts = posts.into_iter().map(|post| PostView { body: Prose::of(&post.body), post }).collect();
    let template = ThreadPage { page, thread, posts, pages, draft: visit.param("body") };
    answer(&template.page, &template)
}

/// Adds a post to a thread.
pub(super) fn reply(site: &Site, visit: &Visit<'_>) -> Result<Reply, Refusal> {
    let (me, thread) = (visit.user()?, thread_of(site, visit)?);
    match add_reply(site, visit, me, &thread) {
        Ok(place) => Ok(Reply::redirect(&place)),
        Err(refusal) => {
            let pages = Pages::of(visit, thread.posts, POSTS_SHOWN)?.last();
            thread_page(site, visit, thread, pages, Some(refusal))
        }
    }
}

/// Adds a reply, and returns its address.
fn add_reply(site: &Site, visit: &Visit<'_>, me: &User, thread: &Thread) -> Result<String, Refusal> {
    let body = check::some_text("The reply", visit.param("body"), POST_CHARS_MAX)?;
    may_post(site, me)?;
    let (post, place) = site.store.write(|db| {
        let post = forum::add_post(db, thread.id, &me.id, &body)?;
        let posts = forum::thread(db, thread.id)?.map_or(1, |thread| thread.posts);
        let page = paging::address(&path(thread.id), paging::count(posts, POSTS_SHOWN));
        let place = format!("{page}#post-{post}");
        if thread.author != me.id && !blocks::blocks(db, &thread.author, &me.id)? {
            let text = format!("{} replied in “{}”", me.nick, thread.title);
            notices::add(db, &thread.author, &text, &place)?;
        }
        Ok::<_, Refusal>((post, place))
    })?;
    site.webim.push_post(post, &pushed(me, &thread.title, &body));
    Ok(place)
}

pub(super) fn subscribe(site: &Site, visit: &Visit<'_>) -> Result<Reply, Refusal> {
    set_subscribed(site, visit, true, "subscribed")
}

pub(super) fn unsubscribe(site: &Site, visit: &Visit<'_>) -> Result<Reply, Refusal> {
    set_subscribed(site, visit, false, "unsubscribed")
}

fn set_subscribed(site: &Site, visit: &Visit<'_>, wanted: bool, said: &str) -> Result<Reply, Refusal> {
    let me = visit.user()?;
    site.store.write(|db| forum::subscribe(db, &me.id, wanted))?;
    if !wanted {
        site.webim.unsubscribe(&me.id, &me.nick);
    }
    Ok(done("/forum", said))
}
