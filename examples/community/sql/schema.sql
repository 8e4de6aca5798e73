-- All that the community keeps. Times are milliseconds since 1970; users are named by their id, groups by a number.

CREATE TABLE users (
    uid         INTEGER PRIMARY KEY AUTOINCREMENT,
    id          TEXT NOT NULL UNIQUE,
    nick        TEXT NOT NULL,
    password    TEXT NOT NULL,               -- Argon2, with its salt
    is_admin    INTEGER NOT NULL DEFAULT 0,
    bio         TEXT NOT NULL DEFAULT '',
    status      TEXT NOT NULL DEFAULT '',
    status_time INTEGER NOT NULL DEFAULT 0,
    created     INTEGER NOT NULL
) STRICT;

-- What the names of users look like, so that nobody takes a name that looks like another user's.
CREATE TABLE looks (
    look TEXT NOT NULL,
    user TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    PRIMARY KEY (look, user)
) STRICT, WITHOUT ROWID;

-- Users who may not log in.
CREATE TABLE bans (
    user    TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    created INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
    token   TEXT PRIMARY KEY,                -- hashed
    user    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- A friendship is two rows: each user puts the other into a contact group of their own choice.
CREATE TABLE friends (
    user          TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    friend        TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    contact_group TEXT NOT NULL DEFAULT 'friend',
    PRIMARY KEY (user, friend)
) STRICT, WITHOUT ROWID;

CREATE TABLE friend_requests (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    from_user TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    to_user   TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    body      TEXT NOT NULL DEFAULT '',
    created   INTEGER NOT NULL,
    UNIQUE (from_user, to_user)
) STRICT;

CREATE TABLE groups (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    name    TEXT NOT NULL UNIQUE,
    about   TEXT NOT NULL DEFAULT '',
    created INTEGER NOT NULL
) STRICT;

CREATE TABLE group_members (
    group_id INTEGER NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    user     TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role     TEXT NOT NULL DEFAULT 'member' CHECK (role IN ('owner', 'member')),
    joined   INTEGER NOT NULL,
    PRIMARY KEY (group_id, user)
) STRICT, WITHOUT ROWID;

CREATE TABLE threads (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    author    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    title     TEXT NOT NULL,
    created   INTEGER NOT NULL,
    last_post INTEGER NOT NULL
) STRICT;

CREATE TABLE posts (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    thread  INTEGER NOT NULL REFERENCES threads (id) ON DELETE CASCADE,
    author  TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    body    TEXT NOT NULL,
    created INTEGER NOT NULL
) STRICT;

-- Users who get new posts as messages.
CREATE TABLE subscriptions (
    user TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE notices (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    user    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    body    TEXT NOT NULL,
    link    TEXT NOT NULL DEFAULT '',
    created INTEGER NOT NULL
) STRICT;

-- Every message that was accepted. Ids grow and are never used again: pages ask for what came after one.
CREATE TABLE messages (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    type            TEXT NOT NULL CHECK (type IN ('unicast', 'multicast', 'broadcast')),
    from_user       TEXT NOT NULL,
    to_id           TEXT NOT NULL,           -- a user, a group's number, or nothing
    nick            TEXT NOT NULL,           -- the sender's, at that time
    body            TEXT NOT NULL,
    style           TEXT NOT NULL DEFAULT '',
    timestamp       INTEGER NOT NULL,
    delivered       INTEGER NOT NULL DEFAULT 0,
    returned        INTEGER NOT NULL DEFAULT 0, -- whether the message server has returned it
    deleted_by_from INTEGER NOT NULL DEFAULT 0,
    deleted_by_to   INTEGER NOT NULL DEFAULT 0,
    cid             TEXT,                    -- the id that the sender's page gave it, for de-duplication
    meta            TEXT,                    -- the JSON object that came with it
    arrived         INTEGER NOT NULL DEFAULT 0 -- whether a visible receiver was given it, so that the sender may know
) STRICT;

-- The last message of a room that a member has cleared.
CREATE TABLE room_clears (
    group_id INTEGER NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    user     TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    up_to    INTEGER NOT NULL,
    PRIMARY KEY (group_id, user)
) STRICT, WITHOUT ROWID;

CREATE TABLE settings (
    user TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    data TEXT NOT NULL                       -- JSON, only known keys
) STRICT, WITHOUT ROWID;

CREATE TABLE blocks (
    user    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    blocked TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    PRIMARY KEY (user, blocked)
) STRICT, WITHOUT ROWID;

-- The tickets of the message server, and the users they were given to.
CREATE TABLE tickets (
    ticket TEXT PRIMARY KEY,                 -- hashed
    user   TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    used   INTEGER NOT NULL,
    session TEXT NOT NULL DEFAULT '',        -- the log-in it was given to, hashed
    sealed TEXT NOT NULL DEFAULT ''          -- the ticket, which only the cookie of that log-in opens
) STRICT, WITHOUT ROWID;

-- Passwords for clients of XMPP, one for each device. A row is found by its hash alone.
CREATE TABLE chat_passwords (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    user    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name    TEXT NOT NULL,                   -- what the user calls the device
    hash    TEXT NOT NULL UNIQUE,
    created INTEGER NOT NULL,
    used    INTEGER NOT NULL DEFAULT 0       -- 0: never
) STRICT;

-- Users whose clients of XMPP must log in again, because a password was revoked.
CREATE TABLE chat_log_outs (
    user TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
