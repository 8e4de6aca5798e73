//! The forum: threads, posts and subscriptions.
//!
//! Owns: the tables `threads`, `posts` and `subscriptions`. Must not: push a post; `Plugin::push_post` does.

use rusqlite::Row;

use super::{Connection, Result, list, one, params, run, value};
use crate::dates::now;

const THREADS: &str = "SELECT threads.*, users.uid, users.nick,
    (SELECT count(*) FROM posts WHERE thread = threads.id) AS posts
    FROM threads JOIN users ON users.id = threads.author ORDER BY last_post DESC, threads.id DESC LIMIT ?1 OFFSET ?2";
const THREAD: &str = "SELECT threads.*, users.uid, users.nick,
    (SELECT count(*) FROM posts WHERE thread = threads.id) AS posts
    FROM threads JOIN users ON users.id = threads.author WHERE threads.id = ?1";
const POSTS: &str = "SELECT posts.*, users.uid, users.nick FROM posts JOIN users ON users.id = posts.author
    WHERE thread = ?1 ORDER BY posts.id LIMIT ?2 OFFSET ?3";
const COUNT: &str = "SELECT count(*) FROM threads";
const LATEST: &str = "SELECT posts.*, threads.title FROM posts JOIN threads ON threads.id = posts.thread
    WHERE posts.author = ?1 ORDER BY posts.id DESC LIMIT ?2";
const ADD_THREAD: &str = "INSERT INTO threads (author, title, created, last_post) VALUES (?1, ?2, ?3, ?3)";
const ADD_POST: &str = "INSERT INTO posts (thread, author, body, created) VALUES (?1, ?2, ?3, ?4)";
const TOUCH: &str = "UPDATE threads SET last_post = ?2 WHERE id = ?1";
const SUBSCRIBED: &str = "SELECT EXISTS (SELECT 1 FROM subscriptions WHERE user = ?1)";
const SUBSCRIBE: &str = "INSERT OR IGNORE INTO subscriptions (user) VALUES (?1)";
const UNSUBSCRIBE: &str = "DELETE FROM subscriptions WHERE user = ?1";

/// A thread.
#[derive(Clone, Debug)]
pub struct Thread {
    pub(crate) id: i64,
    pub(crate) title: String,
    /// The id of the user who began it.
    pub(crate) author: String,
    /// The author's number in links.
    pub(crate) uid: i64,
    /// The author's display name.
    pub(crate) nick: String,
    /// When its last post was written.
    pub(crate) last_post: i64,
    /// How many posts it has.
    pub(crate) posts: i64,
}

impl Thread {
    fn of(row: &Row<'_>) -> Result<Thread> {
        Ok(Thread {
            id: row.get("id")?,
            title: row.get("title")?,
            author: row.get("author")?,
            uid: row.get("uid")?,
            nick: row.get("nick")?,
            last_post: row.get("last_post")?,
            posts: row.get("posts")?,
        })
    }
}

/// A post.
#[derive(Clone, Debug)]
pub struct Post {
    pub(crate) id: i64,
    /// The id of the user who wrote it.
    pub(crate) author: String,
    /// The author's number in links.
    pub(crate) uid: i64,
    /// The author's display name.
    pub(crate) nick: String,
    pub(crate) body: String,
    pub(crate) created: i64,
}

impl Post {
    fn of(row: &Row<'_>) -> Result<Post> {
        Ok(Post {
            id: row.get("id")?,
            author: row.get("author")?,
            uid: row.get("uid")?,
            nick: row.get("nick")?,
            body: row.get("body")?,
            created: row.get("created")?,
        })
    }
}

/// A post, as its author's page shows it.
#[derive(Clone, Debug)]
pub struct Latest {
    pub(crate) thread: i64,
    /// The title of the thread.
    pub(crate) title: String,
    pub(crate) body: String,
    pub(crate) created: i64,
}

/// How many threads there are.
pub fn count(db: &Connection) -> Result<i64> {
    value(db, COUNT, [])
}

/// The last posts of a user, the newest first.
pub fn latest_of(db: &Connection, author: &str, limit: i64) -> Result<Vec<Latest>> {
    let read = |row: &Row<'_>| {
        let (thread, title) = (row.get("thread")?, row.get("title")?);
        Ok(Latest { thread, title, body: row.get("body")?, created: row.get("created")? })
    };
    list(db, LATEST, params![author, limit], read)
}

/// Threads, the one with the newest post first.
pub fn threads(db: &Connection, limit: i64, offset: i64) -> Result<Vec<Thread>> {
    list(db, THREADS, [limit, offset], Thread::of)
}

/// The thread of this number.
pub fn thread(db: &Connection, id: i64) -> Result<Option<Thread>> {
    one(db, THREAD, [id], Thread::of)
}

/// The posts of a thread, the oldest first.
pub fn posts(db: &Connection, thread: i64, limit: i64, offset: i64) -> Result<Vec<Post>> {
    list(db, POSTS, [thread, limit, offset], Post::of)
}

/// Begins a thread with its first post. Returns the numbers of both.
pub fn add_thread(db: &Connection, author: &str, title: &str, body: &str) -> Result<(i64, i64)> {
    run(db, ADD_THREAD, params![author, title, now()])?;
    let thread = db.last_insert_rowid();
    Ok((thread, add_post(db, thread, author, body)?))
}

/// Adds a post to a thread. Returns its number; an error if there is no such thread.
pub fn add_post(db: &Connection, thread: i64, author: &str, body: &str) -> Result<i64> {
    run(db, ADD_POST, params![thread, author, body, now()])?;
    let post = db.last_insert_rowid();
    run(db, TOUCH, [thread, now()])?;
    Ok(post)
}

/// Whether a user gets new posts as messages.
pub fn subscribed(db: &Connection, user: &str) -> Result<bool> {
    value(db, SUBSCRIBED, [user])
}

/// Keeps whether a user gets new posts as messages. The caller must call `Plugin::unsubscribe` too.
pub fn subscribe(db: &Connection, user: &str, wanted: bool) -> Result<()> {
    run(db, if wanted { SUBSCRIBE } else { UNSUBSCRIBE }, [user]).map(drop)
}
