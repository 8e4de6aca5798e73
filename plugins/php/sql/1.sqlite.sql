-- All tables, so that no site ever alters a table of a million rows. Times are milliseconds since 1970. Texts are compared
-- byte by byte.

-- One row a conversation: a message is stored while this row is locked.
CREATE TABLE IF NOT EXISTS {talks} (
    "key"     TEXT PRIMARY KEY,                  -- a hash of the three that follow
    kind      TEXT NOT NULL,                     -- unicast, multicast, broadcast
    a         TEXT NOT NULL,                     -- of two users the one that sorts first; or the room
    b         TEXT NOT NULL,
    last_id   INTEGER NOT NULL,
    last_time INTEGER NOT NULL
);

-- Every message that was accepted. Ids grow and are never used again: pages ask for what came after one.
CREATE TABLE IF NOT EXISTS {messages} (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    "type"    TEXT NOT NULL,
    "from"    TEXT NOT NULL,
    "to"      TEXT NOT NULL,                     -- a user, a room, or nothing
    nick      TEXT NOT NULL,                     -- the sender's, at that time
    body      TEXT NOT NULL,
    style     TEXT NOT NULL DEFAULT '',
    "time"    INTEGER NOT NULL,
    cid       TEXT,                              -- the id that the sender's page gave it
    delivered INTEGER NOT NULL DEFAULT 0,        -- handed to a page of its receiver
    returned  INTEGER NOT NULL DEFAULT 0,        -- the message server has returned it
    arrived   INTEGER NOT NULL DEFAULT 0,        -- handed to a page of a visible user
    rev       INTEGER NOT NULL DEFAULT 0,        -- one more with each change
    meta      TEXT,                              -- a JSON object
    edited    INTEGER NOT NULL DEFAULT 0,
    deleted   INTEGER NOT NULL DEFAULT 0,
    held      INTEGER NOT NULL DEFAULT 0,
    from_gone INTEGER NOT NULL DEFAULT 0,        -- the sender has cleared it
    to_gone   INTEGER NOT NULL DEFAULT 0         -- the receiver has cleared it
);
CREATE UNIQUE INDEX IF NOT EXISTS {messages}_cid ON {messages} ("from", cid);
CREATE INDEX IF NOT EXISTS {messages}_sent ON {messages} ("from", id);
CREATE INDEX IF NOT EXISTS {messages}_got ON {messages} ("type", "to", id);
CREATE INDEX IF NOT EXISTS {messages}_waiting ON {messages} ("type", "to", delivered, id);
CREATE INDEX IF NOT EXISTS {messages}_pair ON {messages} ("type", "from", "to", "time");
CREATE INDEX IF NOT EXISTS {messages}_room ON {messages} ("type", "to", "time");

-- What a user has read of a conversation, and how it is shown.
CREATE TABLE IF NOT EXISTS {marks} (
    me          TEXT NOT NULL,
    "key"       TEXT NOT NULL,
    upto        INTEGER NOT NULL DEFAULT 0,
    unread      INTEGER NOT NULL DEFAULT 0,
    mentions    INTEGER NOT NULL DEFAULT 0,
    muted_until INTEGER NOT NULL DEFAULT 0,
    mute_mode   TEXT NOT NULL DEFAULT '',
    pinned      INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (me, "key")
);

-- The last message of a room that a member has cleared.
CREATE TABLE IF NOT EXISTS {room_clears} (
    room   TEXT NOT NULL,
    "user" TEXT NOT NULL,
    upto   INTEGER NOT NULL,
    PRIMARY KEY (room, "user")
);

-- One row a setting; a room that a user does not want is one, too.
CREATE TABLE IF NOT EXISTS {settings} (
    "user"  TEXT NOT NULL,
    name    TEXT NOT NULL,
    "value" TEXT NOT NULL,
    PRIMARY KEY ("user", name)
);

-- The tickets of the message server, and the users they were given to.
CREATE TABLE IF NOT EXISTS {tickets} (
    hash    TEXT PRIMARY KEY,
    "user"  TEXT NOT NULL,
    session TEXT NOT NULL,                       -- a hash of the host's session
    sealed  TEXT NOT NULL,                       -- the ticket, which only the secret of that session opens
    used    INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS {tickets}_session ON {tickets} (session);
CREATE INDEX IF NOT EXISTS {tickets}_user ON {tickets} ("user");

CREATE TABLE IF NOT EXISTS {blocks} (
    "user"  TEXT NOT NULL,
    blocked TEXT NOT NULL,
    PRIMARY KEY ("user", blocked)
);
CREATE INDEX IF NOT EXISTS {blocks}_blocked ON {blocks} (blocked);

CREATE TABLE IF NOT EXISTS {reactions} (
    message INTEGER NOT NULL,
    "user"  TEXT NOT NULL,
    emoji   TEXT NOT NULL,
    PRIMARY KEY (message, "user", emoji)
);
CREATE INDEX IF NOT EXISTS {reactions}_user ON {reactions} ("user");

CREATE TABLE IF NOT EXISTS {files} (
    id      TEXT PRIMARY KEY,                    -- random
    "user"  TEXT NOT NULL,
    message INTEGER,                             -- the line that names it
    name    TEXT NOT NULL,
    "type"  TEXT NOT NULL,
    bytes   INTEGER NOT NULL,
    width   INTEGER NOT NULL DEFAULT 0,
    height  INTEGER NOT NULL DEFAULT 0,
    "time"  INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS {files}_user ON {files} ("user");
CREATE INDEX IF NOT EXISTS {files}_message ON {files} (message);

CREATE TABLE IF NOT EXISTS {reports} (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    "by"    TEXT NOT NULL,
    "user"  TEXT NOT NULL,
    room    TEXT NOT NULL DEFAULT '',
    message INTEGER,
    reason  TEXT NOT NULL,
    "text"  TEXT NOT NULL DEFAULT '',
    "lines" TEXT NOT NULL DEFAULT '',            -- what was said, as JSON
    state   TEXT NOT NULL DEFAULT 'open',
    "time"  INTEGER NOT NULL
);

CREATE TABLE IF NOT EXISTS {subscriptions} (
    hash     TEXT PRIMARY KEY,                   -- of the endpoint
    "user"   TEXT NOT NULL,
    session  TEXT NOT NULL,
    endpoint TEXT NOT NULL,                      -- the subscription, as JSON
    used     INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS {subscriptions}_user ON {subscriptions} ("user");

-- What moderators did, and bans that the host does not keep.
CREATE TABLE IF NOT EXISTS {acts} (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    "by"   TEXT NOT NULL,
    act    TEXT NOT NULL,
    "user" TEXT NOT NULL,
    room   TEXT NOT NULL DEFAULT '',
    until  INTEGER,
    reason TEXT NOT NULL DEFAULT '',
    "time" INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS {acts}_user ON {acts} ("user", act);

CREATE TABLE IF NOT EXISTS {rates} (
    "key" TEXT PRIMARY KEY,                      -- a hash of who and what
    tat   INTEGER NOT NULL                       -- when all that was taken is given back
);

CREATE TABLE IF NOT EXISTS {meta} (
    name    TEXT PRIMARY KEY,
    "value" TEXT NOT NULL
);
