//! The first users of a new community, so that there is something to see.
//!
//! Owns: their names, friends, groups, posts and messages. Must not: write to a database that has users.

use std::collections::HashMap;
use std::io;

use rusqlite::Connection;

use crate::passwords;
use crate::store::accounts::{self, NewUser};
use crate::store::{Result, Store, forum, friends, groups, messages, notices};
use crate::webim::host::NewMessage;

/// The password of all seeded users.
pub const PASSWORD: &str = "nextim";
/// Two friends, to try the chat with.
pub const LOGINS: [&str; 2] = ["alice", "bob"];
/// The administrator.
pub const ADMIN: &str = "admin";

const USERS: [(&str, &str, &str); 8] = [
    ("alice", "Alice", "Mountains, maps, and too much tea."),
    ("bob", "Bob", "I repair bicycles. Ask me anything about hubs."),
    ("carol", "Carol", "Photographs of birds, mostly."),
    ("dave", "Dave", "Reads the manual last."),
    ("xiaoming", "小明", "喜欢骑车和摄影。"),
    ("meiling", "美玲", "在臺北，喜歡登山和攝影。"),
    (ADMIN, "Admin", "Keeps this place running."),
    ("zoe", "Zoë Öztürk", "New here. Nobody's friend yet."),
];

const FRIENDS: [(&str, &str, &str); 8] = [
    ("alice", "bob", "friend"),
    ("alice", "carol", "Colleagues"),
    ("alice", "xiaoming", "friend"),
    ("bob", "carol", "friend"),
    ("bob", "dave", "friend"),
    ("bob", "xiaoming", "friend"),
    ("xiaoming", "meiling", "friend"),
    ("carol", "meiling", "Colleagues"),
];

const GROUPS: [(&str, &str, &[&str]); 3] = [
    (
        "Mountain walkers",
        "Where to go on Sunday, and what to take along.",
        &["alice", "bob", "carol", "meiling"],
    ),
    ("Bicycle kitchen", "Repairs, parts, and rides.", &["bob", "alice", "dave", "xiaoming"]),
    ("摄影俱乐部", "分享照片，交流技巧。", &["xiaoming", "meiling", "carol"]),
];

/// Threads, with the links to users that a community's pages are full of.
const THREADS: [(&str, &[(&str, &str)]); 4] = [
    (
        "Welcome! Introduce yourself",
        &[
            ("admin", "Say hello, and look around: friends, groups, the forum, and the chat bar below."),
            ("alice", "Hello! If you like walking, see my page: /space.php?uid=1"),
            ("bob", "Hi all. Mine is /space-uid-2.html - bring your broken bicycles."),
        ],
    ),
    (
        "Sunday walk: lake or ridge?",
        &[
            ("carol", "The lake has more birds, says /home.php?mod=space&uid=6"),
            ("alice", "The ridge has more view. Let us decide in the group's chat."),
        ],
    ),
    (
        "周末骑行路线",
        &[("xiaoming", "这个周末去河边骑车，有人一起吗？"), ("bob", "我来！顺便帮你看看刹车。")],
    ),
    ("Which camera for birds?", &[("dave", "Asking for a friend."), ("meiling", "長焦鏡頭比相機更重要。")]),
];

const MESSAGES: [(&str, &str, &str); 6] = [
    ("bob", "alice", "Your rear wheel is ready."),
    ("alice", "bob", "Already? You are the best."),
    ("bob", "alice", "It was only the spokes :) Come by after six."),
    ("alice", "bob", "I will."),
    ("xiaoming", "alice", "周日一起去爬山吗？"),
    ("alice", "xiaoming", "好的，九点见！"),
];

const MESSAGES_IN_FIRST_GROUP: [(&str, &str); 3] = [
    ("carol", "Rain until ten, then sun."),
    ("meiling", "那就十點出發吧。"),
    ("alice", "Ten it is. Lake first, ridge if our feet agree."),
];

/// Seeds a community that has no users.
pub fn if_empty(store: &Store) -> io::Result<()> {
    let failed = |error: rusqlite::Error| io::Error::other(format!("database: {error}"));
    if !store.read(|db| accounts::all(db, 1, 0)).map_err(failed)?.is_empty() {
        return Ok(());
    }
    let password = passwords::hash(PASSWORD)?;
    store.write(|db| seed(db, &password)).map_err(failed)
}

/// The seeded users that still have the password from this file.
pub fn open_accounts(store: &Store) -> Result<Vec<&'static str>> {
    let mut known: HashMap<String, bool> = HashMap::new();
    let mut is_open =
        |stored: String| *known.entry(stored).or_insert_with_key(|stored| passwords::is_of(PASSWORD, stored));
    let stored = |id| Ok((id, store.read(|db| accounts::password(db, id))?));
    let all = USERS.iter().map(|(id, ..)| stored(*id)).collect::<Result<Vec<_>>>()?;
    Ok(all.into_iter().filter_map(|(id, stored)| stored.is_some_and(&mut is_open).then_some(id)).collect())
}

fn seed(db: &Connection, password: &str) -> Result<()> {
    for (id, nick, bio) in USERS {
        accounts::add(db, &NewUser { id, nick, password, is_admin: id == ADMIN, bio })?;
    }
    for (user, friend, group) in FRIENDS {
        friends::add(db, user, friend)?;
        friends::set_group(db, user, friend, group)?;
    }
    friends::request(db, "dave", "alice", "We met at the bicycle kitchen.")?;
    for (name, about, members) in GROUPS {
        let group = groups::add(db, members[0], name, about)?;
        for member in &members[1..] {
            groups::join(db, group, member)?;
        }
    }
    for (title, posts) in THREADS {
        let (thread, _) = forum::add_thread(db, posts[0].0, title, posts[0].1)?;
        for (author, body) in &posts[1..] {
            forum::add_post(db, thread, author, body)?;
        }
    }
    for user in ["alice", "bob", "xiaoming"] {
        forum::subscribe(db, user, true)?;
        notices::add(db, user, "Welcome to the community!", "/")?;
    }
    for (from, to, body) in MESSAGES {
        send(db, "unicast", from, to, body)?;
    }
    for (from, body) in MESSAGES_IN_FIRST_GROUP {
        send(db, "multicast", from, "1", body)?;
    }
    Ok(())
}

fn send(db: &Connection, kind: &str, from: &str, to: &str, body: &str) -> Result<()> {
    let nick = USERS.iter().find(|(id, ..)| *id == from).map_or(from, |(_, nick, _)| nick);
    let message =
        messages::add(db, &NewMessage { kind, from, nick, to, body, style: "", cid: None, meta: None })?;
    messages::set_delivered(db, message.id, true).map(drop)
}
