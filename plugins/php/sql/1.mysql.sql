-- All tables, so that no site ever alters a table of a million rows. Times are milliseconds since 1970. Ids are compared
-- byte by byte: a collation takes 'bob ' for 'bob'.

-- One row a conversation: a message is stored while this row is locked.
CREATE TABLE IF NOT EXISTS {talks} (
    "key"     CHAR(64) CHARACTER SET ascii COLLATE ascii_bin PRIMARY KEY, -- a hash of the three that follow
    kind      VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL, -- unicast, multicast, broadcast
    a         VARBINARY(256) NOT NULL, -- of two users the one that sorts first; or the room
    b         VARBINARY(256) NOT NULL,
    last_id   BIGINT NOT NULL,
    last_time BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- Every message that was accepted. Ids grow and are never used again: pages ask for what came after one.
CREATE TABLE IF NOT EXISTS {messages} (
    id        BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    "type"    VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    "from"    VARBINARY(256) NOT NULL,
    "to"      VARBINARY(256) NOT NULL, -- a user, a room, or nothing
    nick      VARCHAR(256) NOT NULL, -- the sender's, at that time
    body      TEXT NOT NULL,
    style     VARCHAR(2048) NOT NULL DEFAULT '',
    "time"    BIGINT NOT NULL,
    cid       VARBINARY(128), -- the id that the sender's page gave it
    delivered INT NOT NULL DEFAULT 0, -- handed to a page of its receiver
    returned  INT NOT NULL DEFAULT 0, -- the message server has returned it
    arrived   INT NOT NULL DEFAULT 0, -- handed to a page of a visible user
    rev       INT NOT NULL DEFAULT 0, -- one more with each change
    meta      TEXT, -- a JSON object
    edited    INT NOT NULL DEFAULT 0,
    deleted   INT NOT NULL DEFAULT 0,
    held      INT NOT NULL DEFAULT 0,
    from_gone INT NOT NULL DEFAULT 0, -- the sender has cleared it
    to_gone   INT NOT NULL DEFAULT 0, -- the receiver has cleared it
    UNIQUE KEY cid ("from", cid),
    KEY sent ("from", id),
    KEY got ("type", "to", id),
    KEY waiting ("type", "to", delivered, id),
    KEY pair ("type", "from", "to", "time"),
    KEY room ("type", "to", "time")
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- What a user has read of a conversation, and how it is shown.
CREATE TABLE IF NOT EXISTS {marks} (
    me          VARBINARY(256) NOT NULL,
    "key"       CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    upto        BIGINT NOT NULL DEFAULT 0,
    unread      INT NOT NULL DEFAULT 0,
    mentions    INT NOT NULL DEFAULT 0,
    muted_until BIGINT NOT NULL DEFAULT 0,
    mute_mode   VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    pinned      INT NOT NULL DEFAULT 0,
    PRIMARY KEY (me, "key")
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- The last message of a room that a member has cleared.
CREATE TABLE IF NOT EXISTS {room_clears} (
    room   VARBINARY(256) NOT NULL,
    "user" VARBINARY(256) NOT NULL,
    upto   BIGINT NOT NULL,
    PRIMARY KEY (room, "user")
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- One row a setting; a room that a user does not want is one, too.
CREATE TABLE IF NOT EXISTS {settings} (
    "user"  VARBINARY(256) NOT NULL,
    name    VARBINARY(300) NOT NULL,
    "value" MEDIUMTEXT NOT NULL,
    PRIMARY KEY ("user", name)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- The tickets of the message server, and the users they were given to.
CREATE TABLE IF NOT EXISTS {tickets} (
    hash    CHAR(64) CHARACTER SET ascii COLLATE ascii_bin PRIMARY KEY,
    "user"  VARBINARY(256) NOT NULL,
    session CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL, -- a hash of the host's session
    sealed  VARBINARY(1024) NOT NULL, -- the ticket, which only the secret of that session opens
    used    BIGINT NOT NULL,
    KEY session (session),
    KEY user ("user")
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE IF NOT EXISTS {blocks} (
    "user"  VARBINARY(256) NOT NULL,
    blocked VARBINARY(256) NOT NULL,
    PRIMARY KEY ("user", blocked),
    KEY blocked (blocked)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE IF NOT EXISTS {reactions} (
    message BIGINT NOT NULL,
    "user"  VARBINARY(256) NOT NULL,
    emoji   VARBINARY(64) NOT NULL,
    PRIMARY KEY (message, "user", emoji),
    KEY user ("user")
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE IF NOT EXISTS {files} (
    id      CHAR(32) CHARACTER SET ascii COLLATE ascii_bin PRIMARY KEY, -- random
    "user"  VARBINARY(256) NOT NULL,
    message BIGINT, -- the line that names it
    name    VARCHAR(256) NOT NULL,
    "type"  VARCHAR(256) NOT NULL,
    bytes   BIGINT NOT NULL,
    width   INT NOT NULL DEFAULT 0,
    height  INT NOT NULL DEFAULT 0,
    "time"  BIGINT NOT NULL,
    KEY user ("user"),
    KEY message (message)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE IF NOT EXISTS {reports} (
    id      BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    "by"    VARBINARY(256) NOT NULL,
    "user"  VARBINARY(256) NOT NULL,
    room    VARBINARY(256) NOT NULL DEFAULT '',
    message BIGINT,
    reason  VARCHAR(1024) NOT NULL,
    "text"  MEDIUMTEXT NOT NULL,
    "lines" MEDIUMTEXT NOT NULL, -- what was said, as JSON
    state   VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'open',
    "time"  BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE IF NOT EXISTS {subscriptions} (
    hash     CHAR(64) CHARACTER SET ascii COLLATE ascii_bin PRIMARY KEY, -- of the endpoint
    "user"   VARBINARY(256) NOT NULL,
    session  CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    endpoint MEDIUMTEXT NOT NULL, -- the subscription, as JSON
    used     BIGINT NOT NULL,
    KEY user ("user")
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- What moderators did, and bans that the host does not keep.
CREATE TABLE IF NOT EXISTS {acts} (
    id     BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    "by"   VARBINARY(256) NOT NULL,
    act    VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    "user" VARBINARY(256) NOT NULL,
    room   VARBINARY(256) NOT NULL DEFAULT '',
    until  BIGINT,
    reason VARCHAR(1024) NOT NULL DEFAULT '',
    "time" BIGINT NOT NULL,
    KEY user ("user", act)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE IF NOT EXISTS {rates} (
    "key" CHAR(64) CHARACTER SET ascii COLLATE ascii_bin PRIMARY KEY, -- a hash of who and what
    tat   BIGINT NOT NULL -- when all that was taken is given back
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE IF NOT EXISTS {meta} (
    name    VARBINARY(300) PRIMARY KEY,
    "value" MEDIUMTEXT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
