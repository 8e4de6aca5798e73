-- All that the kit keeps. Times are milliseconds since 1970. Users and rooms are named by the site's own ids, and
-- compared byte by byte.

CREATE TABLE IF NOT EXISTS {p}meta (
    name  TEXT COLLATE "C" PRIMARY KEY,
    value TEXT NOT NULL
);

-- A conversation: of two users (a < b), of a room (a), or with everybody. Its row is locked while a message is stored.
CREATE TABLE IF NOT EXISTS {p}talks (
    talk      TEXT COLLATE "C" PRIMARY KEY,
    kind      TEXT COLLATE "C" NOT NULL,
    a         TEXT COLLATE "C" NOT NULL,
    b         TEXT COLLATE "C" NOT NULL DEFAULT '',
    last_id   BIGINT NOT NULL DEFAULT 0,
    last_time BIGINT NOT NULL DEFAULT 0
);

-- Every message that was accepted. Ids grow and are never used again: pages ask for what came after one.
CREATE TABLE IF NOT EXISTS {p}messages (
    id        BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    from_id   TEXT COLLATE "C" NOT NULL,
    nick      TEXT NOT NULL,  -- the sender's, at that time
    to_id     TEXT COLLATE "C" NOT NULL,  -- a user, a room, or nothing
    type      TEXT COLLATE "C" NOT NULL,  -- unicast, multicast or broadcast
    body      TEXT NOT NULL,
    style     TEXT NOT NULL DEFAULT '',
    time      BIGINT NOT NULL,
    cid       TEXT COLLATE "C",  -- the id that the sender's page gave it, for de-duplication
    delivered SMALLINT NOT NULL DEFAULT 0,
    returned  SMALLINT NOT NULL DEFAULT 0,  -- whether the message server has returned it
    arrived   SMALLINT NOT NULL DEFAULT 0,  -- whether a visible page of its receiver has it
    rev       BIGINT NOT NULL DEFAULT 0,
    meta      TEXT,  -- a JSON object, as the sender's page sent it
    edited    SMALLINT NOT NULL DEFAULT 0,
    deleted   SMALLINT NOT NULL DEFAULT 0,
    held      SMALLINT NOT NULL DEFAULT 0,
    from_gone SMALLINT NOT NULL DEFAULT 0,  -- cleared by its sender
    to_gone   SMALLINT NOT NULL DEFAULT 0  -- cleared by its receiver
);
CREATE UNIQUE INDEX IF NOT EXISTS {p}messages_cid ON {p}messages (from_id, cid);
CREATE INDEX IF NOT EXISTS {p}messages_from ON {p}messages (from_id, id);
CREATE INDEX IF NOT EXISTS {p}messages_to ON {p}messages (type, to_id, id);
CREATE INDEX IF NOT EXISTS {p}messages_pair ON {p}messages (type, from_id, to_id, time);
CREATE INDEX IF NOT EXISTS {p}messages_room ON {p}messages (type, to_id, time);
CREATE INDEX IF NOT EXISTS {p}messages_waiting ON {p}messages (to_id, delivered, id);

-- How far a user has read a conversation.
CREATE TABLE IF NOT EXISTS {p}marks (
    me          TEXT COLLATE "C" NOT NULL,
    talk        TEXT COLLATE "C" NOT NULL,
    upto        BIGINT NOT NULL DEFAULT 0,
    unread      BIGINT NOT NULL DEFAULT 0,
    mentions    BIGINT NOT NULL DEFAULT 0,
    muted_until BIGINT NOT NULL DEFAULT 0,
    mute_mode   TEXT NOT NULL DEFAULT '',
    pinned      SMALLINT NOT NULL DEFAULT 0,
    PRIMARY KEY (me, talk)
);

-- The last message of a room that a member has cleared.
CREATE TABLE IF NOT EXISTS {p}room_clears (
    me   TEXT COLLATE "C" NOT NULL,
    room TEXT COLLATE "C" NOT NULL,
    upto BIGINT NOT NULL,
    PRIMARY KEY (me, room)
);

CREATE TABLE IF NOT EXISTS {p}settings (
    me          TEXT COLLATE "C" PRIMARY KEY,
    data        TEXT NOT NULL DEFAULT '{}',  -- JSON, only known keys
    status      TEXT,  -- the line beside the presence, if one was written in the chat bar
    status_time BIGINT NOT NULL DEFAULT 0
);

-- The tickets of the message server, hashed, and the same sealed with the secret of their log-in.
CREATE TABLE IF NOT EXISTS {p}tickets (
    ticket  TEXT COLLATE "C" PRIMARY KEY,
    me      TEXT COLLATE "C" NOT NULL,
    session TEXT COLLATE "C" NOT NULL,  -- the log-in, hashed
    sealed  TEXT NOT NULL,
    created BIGINT NOT NULL
);
CREATE INDEX IF NOT EXISTS {p}tickets_session ON {p}tickets (session, created);
CREATE INDEX IF NOT EXISTS {p}tickets_me ON {p}tickets (me);
CREATE INDEX IF NOT EXISTS {p}tickets_created ON {p}tickets (created);

-- What clients of XMPP log in with, hashed: one for each device.
CREATE TABLE IF NOT EXISTS {p}chat_passwords (
    hash    TEXT COLLATE "C" PRIMARY KEY,
    me      TEXT COLLATE "C" NOT NULL,
    device  TEXT NOT NULL,
    created BIGINT NOT NULL,
    used    BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS {p}chat_passwords_me ON {p}chat_passwords (me, created);

CREATE TABLE IF NOT EXISTS {p}blocks (
    me    TEXT COLLATE "C" NOT NULL,
    other TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (me, other)
);
CREATE INDEX IF NOT EXISTS {p}blocks_other ON {p}blocks (other);

CREATE TABLE IF NOT EXISTS {p}reactions (
    message BIGINT NOT NULL,
    me      TEXT COLLATE "C" NOT NULL,
    emoji   TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (message, me, emoji)
);
CREATE INDEX IF NOT EXISTS {p}reactions_me ON {p}reactions (me);

CREATE TABLE IF NOT EXISTS {p}files (
    id      TEXT COLLATE "C" PRIMARY KEY,
    me      TEXT COLLATE "C" NOT NULL,
    message BIGINT NOT NULL DEFAULT 0,
    name    TEXT COLLATE "C" NOT NULL,
    type    TEXT COLLATE "C" NOT NULL,
    bytes   BIGINT NOT NULL,
    width   BIGINT NOT NULL DEFAULT 0,
    height  BIGINT NOT NULL DEFAULT 0,
    path    TEXT NOT NULL,
    created BIGINT NOT NULL
);
CREATE INDEX IF NOT EXISTS {p}files_me ON {p}files (me);
CREATE INDEX IF NOT EXISTS {p}files_message ON {p}files (message);

CREATE TABLE IF NOT EXISTS {p}reports (
    id       BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    me       TEXT COLLATE "C" NOT NULL,
    other    TEXT COLLATE "C" NOT NULL,
    message  BIGINT NOT NULL DEFAULT 0,
    reason   TEXT NOT NULL,
    body     TEXT NOT NULL,
    evidence TEXT NOT NULL,  -- the lines around it, as JSON
    state    TEXT COLLATE "C" NOT NULL,
    created  BIGINT NOT NULL
);
CREATE INDEX IF NOT EXISTS {p}reports_state ON {p}reports (state, created);

CREATE TABLE IF NOT EXISTS {p}subscriptions (
    endpoint     TEXT COLLATE "C" PRIMARY KEY,  -- hashed
    me           TEXT COLLATE "C" NOT NULL,
    session      TEXT COLLATE "C" NOT NULL,
    subscription TEXT NOT NULL,
    used         BIGINT NOT NULL
);
CREATE INDEX IF NOT EXISTS {p}subscriptions_me ON {p}subscriptions (me);

-- What moderators did, to whom, and why.
CREATE TABLE IF NOT EXISTS {p}acts (
    id      BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    me      TEXT COLLATE "C" NOT NULL,
    other   TEXT COLLATE "C" NOT NULL,
    room    TEXT COLLATE "C" NOT NULL DEFAULT '',
    act     TEXT COLLATE "C" NOT NULL,
    until   BIGINT NOT NULL DEFAULT 0,
    reason  TEXT NOT NULL,
    created BIGINT NOT NULL
);
CREATE INDEX IF NOT EXISTS {p}acts_other ON {p}acts (other, act);

-- When a user's allowance is full again.
CREATE TABLE IF NOT EXISTS {p}rates (
    name  TEXT COLLATE "C" PRIMARY KEY,
    due   BIGINT NOT NULL,
    taken SMALLINT NOT NULL DEFAULT 1
);
