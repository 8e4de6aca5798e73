-- All that the kit keeps. Times are milliseconds since 1970. Users and rooms are named by the site's own ids, and
-- compared byte by byte.

CREATE TABLE IF NOT EXISTS {p}meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

-- A conversation: of two users (a < b), of a room (a), or with everybody. Its row is locked while a message is stored.
CREATE TABLE IF NOT EXISTS {p}talks (
    talk      TEXT PRIMARY KEY,
    kind      TEXT NOT NULL,
    a         TEXT NOT NULL,
    b         TEXT NOT NULL DEFAULT '',
    last_id   INTEGER NOT NULL DEFAULT 0,
    last_time INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

-- Every message that was accepted. Ids grow and are never used again: pages ask for what came after one.
CREATE TABLE IF NOT EXISTS {p}messages (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    from_id   TEXT NOT NULL,
    nick      TEXT NOT NULL,                 -- the sender's, at that time
    to_id     TEXT NOT NULL,                 -- a user, a room, or nothing
    type      TEXT NOT NULL,                 -- unicast, multicast or broadcast
    body      TEXT NOT NULL,
    style     TEXT NOT NULL DEFAULT '',
    time      INTEGER NOT NULL,
    cid       TEXT,                          -- the id that the sender's page gave it, for de-duplication
    delivered INTEGER NOT NULL DEFAULT 0,
    returned  INTEGER NOT NULL DEFAULT 0,    -- whether the message server has returned it
    arrived   INTEGER NOT NULL DEFAULT 0,    -- whether a visible page of its receiver has it
    rev       INTEGER NOT NULL DEFAULT 0,
    meta      TEXT,                          -- a JSON object, as the sender's page sent it
    edited    INTEGER NOT NULL DEFAULT 0,
    deleted   INTEGER NOT NULL DEFAULT 0,
    held      INTEGER NOT NULL DEFAULT 0,
    from_gone INTEGER NOT NULL DEFAULT 0,    -- cleared by its sender
    to_gone   INTEGER NOT NULL DEFAULT 0     -- cleared by its receiver
);
CREATE UNIQUE INDEX IF NOT EXISTS {p}messages_cid ON {p}messages (from_id, cid);
CREATE INDEX IF NOT EXISTS {p}messages_from ON {p}messages (from_id, id);
CREATE INDEX IF NOT EXISTS {p}messages_to ON {p}messages (type, to_id, id);
CREATE INDEX IF NOT EXISTS {p}messages_pair ON {p}messages (type, from_id, to_id, time);
CREATE INDEX IF NOT EXISTS {p}messages_room ON {p}messages (type, to_id, time);
CREATE INDEX IF NOT EXISTS {p}messages_waiting ON {p}messages (to_id, delivered, id);

-- How far a user has read a conversation.
CREATE TABLE IF NOT EXISTS {p}marks (
    me          TEXT NOT NULL,
    talk        TEXT NOT NULL,
    upto        INTEGER NOT NULL DEFAULT 0,
    unread      INTEGER NOT NULL DEFAULT 0,
    mentions    INTEGER NOT NULL DEFAULT 0,
    muted_until INTEGER NOT NULL DEFAULT 0,
    mute_mode   TEXT NOT NULL DEFAULT '',
    pinned      INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (me, talk)
) WITHOUT ROWID;

-- The last message of a room that a member has cleared.
CREATE TABLE IF NOT EXISTS {p}room_clears (
    me   TEXT NOT NULL,
    room TEXT NOT NULL,
    upto INTEGER NOT NULL,
    PRIMARY KEY (me, room)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS {p}settings (
    me          TEXT PRIMARY KEY,
    data        TEXT NOT NULL DEFAULT '{}',  -- JSON, only known keys
    status      TEXT,                        -- the line beside the presence, if one was written in the chat bar
    status_time INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

-- The tickets of the message server, hashed, and the same sealed with the secret of their log-in.
CREATE TABLE IF NOT EXISTS {p}tickets (
    ticket  TEXT PRIMARY KEY,
    me      TEXT NOT NULL,
    session TEXT NOT NULL,                   -- the log-in, hashed
    sealed  TEXT NOT NULL,
    created INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS {p}tickets_session ON {p}tickets (session, created);
CREATE INDEX IF NOT EXISTS {p}tickets_me ON {p}tickets (me);
CREATE INDEX IF NOT EXISTS {p}tickets_created ON {p}tickets (created);

-- What clients of XMPP log in with, hashed: one for each device.
CREATE TABLE IF NOT EXISTS {p}chat_passwords (
    hash    TEXT PRIMARY KEY,
    me      TEXT NOT NULL,
    device  TEXT NOT NULL,
    created INTEGER NOT NULL,
    used    INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS {p}chat_passwords_me ON {p}chat_passwords (me, created);

CREATE TABLE IF NOT EXISTS {p}blocks (
    me    TEXT NOT NULL,
    other TEXT NOT NULL,
    PRIMARY KEY (me, other)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS {p}blocks_other ON {p}blocks (other);

CREATE TABLE IF NOT EXISTS {p}reactions (
    message INTEGER NOT NULL,
    me      TEXT NOT NULL,
    emoji   TEXT NOT NULL,
    PRIMARY KEY (message, me, emoji)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS {p}reactions_me ON {p}reactions (me);

CREATE TABLE IF NOT EXISTS {p}files (
    id      TEXT PRIMARY KEY,
    me      TEXT NOT NULL,
    message INTEGER NOT NULL DEFAULT 0,
    name    TEXT NOT NULL,
    type    TEXT NOT NULL,
    bytes   INTEGER NOT NULL,
    width   INTEGER NOT NULL DEFAULT 0,
    height  INTEGER NOT NULL DEFAULT 0,
    path    TEXT NOT NULL,
    created INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS {p}files_me ON {p}files (me);
CREATE INDEX IF NOT EXISTS {p}files_message ON {p}files (message);

CREATE TABLE IF NOT EXISTS {p}reports (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    me       TEXT NOT NULL,
    other    TEXT NOT NULL,
    message  INTEGER NOT NULL DEFAULT 0,
    reason   TEXT NOT NULL,
    body     TEXT NOT NULL,
    evidence TEXT NOT NULL,                  -- the lines around it, as JSON
    state    TEXT NOT NULL,
    created  INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS {p}reports_state ON {p}reports (state, created);

CREATE TABLE IF NOT EXISTS {p}subscriptions (
    endpoint     TEXT PRIMARY KEY,           -- hashed
    me           TEXT NOT NULL,
    session      TEXT NOT NULL,
    subscription TEXT NOT NULL,
    used         INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS {p}subscriptions_me ON {p}subscriptions (me);

-- What moderators did, to whom, and why.
CREATE TABLE IF NOT EXISTS {p}acts (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    me      TEXT NOT NULL,
    other   TEXT NOT NULL,
    room    TEXT NOT NULL DEFAULT '',
    act     TEXT NOT NULL,
    until   INTEGER NOT NULL DEFAULT 0,
    reason  TEXT NOT NULL,
    created INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS {p}acts_other ON {p}acts (other, act);

-- When a user's allowance is full again.
CREATE TABLE IF NOT EXISTS {p}rates (
    name  TEXT PRIMARY KEY,
    due   INTEGER NOT NULL,
    taken INTEGER NOT NULL DEFAULT 1
) WITHOUT ROWID;
