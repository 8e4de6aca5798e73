-- All that the kit keeps. Times are milliseconds since 1970. Users and rooms are named by the site's own ids, and
-- compared byte by byte: no collation of text does that, as all take `bob ` for `bob`.

CREATE TABLE IF NOT EXISTS {p}meta (
    name  VARBINARY(300) PRIMARY KEY,
    value TEXT NOT NULL
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

-- A conversation: of two users (a < b), of a room (a), or with everybody. Its row is locked while a message is stored.
CREATE TABLE IF NOT EXISTS {p}talks (
    talk      VARBINARY(520) PRIMARY KEY,
    kind      VARCHAR(12) CHARACTER SET ascii NOT NULL,
    a         VARBINARY(256) NOT NULL,
    b         VARBINARY(256) NOT NULL DEFAULT '',
    last_id   BIGINT NOT NULL DEFAULT 0,
    last_time BIGINT NOT NULL DEFAULT 0
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

-- Every message that was accepted. Ids grow and are never used again: pages ask for what came after one.
CREATE TABLE IF NOT EXISTS {p}messages (
    id        BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    from_id   VARBINARY(256) NOT NULL,
    nick      VARCHAR(256) NOT NULL,  -- the sender's, at that time
    to_id     VARBINARY(256) NOT NULL,  -- a user, a room, or nothing
    type      VARCHAR(12) CHARACTER SET ascii NOT NULL,  -- unicast, multicast or broadcast
    body      TEXT NOT NULL,
    style     VARCHAR(1100) NOT NULL DEFAULT '',
    time      BIGINT NOT NULL,
    cid       VARBINARY(128),  -- the id that the sender's page gave it, for de-duplication
    delivered TINYINT NOT NULL DEFAULT 0,
    returned  TINYINT NOT NULL DEFAULT 0,  -- whether the message server has returned it
    arrived   TINYINT NOT NULL DEFAULT 0,  -- whether a visible page of its receiver has it
    rev       BIGINT NOT NULL DEFAULT 0,
    meta      TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,  -- a JSON object, as the sender's page sent it
    edited    TINYINT NOT NULL DEFAULT 0,
    deleted   TINYINT NOT NULL DEFAULT 0,
    held      TINYINT NOT NULL DEFAULT 0,
    from_gone TINYINT NOT NULL DEFAULT 0,  -- cleared by its sender
    to_gone   TINYINT NOT NULL DEFAULT 0,  -- cleared by its receiver
    UNIQUE KEY {p}messages_cid (from_id, cid),
    KEY {p}messages_from (from_id, id),
    KEY {p}messages_to (type, to_id, id),
    KEY {p}messages_pair (type, from_id, to_id, time),
    KEY {p}messages_room (type, to_id, time),
    KEY {p}messages_waiting (to_id, delivered, id)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

-- How far a user has read a conversation.
CREATE TABLE IF NOT EXISTS {p}marks (
    me          VARBINARY(256) NOT NULL,
    talk        VARBINARY(520) NOT NULL,
    upto        BIGINT NOT NULL DEFAULT 0,
    unread      BIGINT NOT NULL DEFAULT 0,
    mentions    BIGINT NOT NULL DEFAULT 0,
    muted_until BIGINT NOT NULL DEFAULT 0,
    mute_mode   VARCHAR(12) CHARACTER SET ascii NOT NULL DEFAULT '',
    pinned      TINYINT NOT NULL DEFAULT 0,
    PRIMARY KEY (me, talk)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

-- The last message of a room that a member has cleared.
CREATE TABLE IF NOT EXISTS {p}room_clears (
    me   VARBINARY(256) NOT NULL,
    room VARBINARY(256) NOT NULL,
    upto BIGINT NOT NULL,
    PRIMARY KEY (me, room)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

CREATE TABLE IF NOT EXISTS {p}settings (
    me          VARBINARY(256) PRIMARY KEY,
    data        TEXT NOT NULL,  -- JSON, only known keys
    status      TEXT,  -- the line beside the presence, if one was written in the chat bar
    status_time BIGINT NOT NULL DEFAULT 0
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

-- The tickets of the message server, hashed, and the same sealed with the secret of their log-in.
CREATE TABLE IF NOT EXISTS {p}tickets (
    ticket  VARBINARY(64) PRIMARY KEY,
    me      VARBINARY(256) NOT NULL,
    session VARBINARY(64) NOT NULL,  -- the log-in, hashed
    sealed  TEXT NOT NULL,
    created BIGINT NOT NULL,
    KEY {p}tickets_session (session, created),
    KEY {p}tickets_me (me),
    KEY {p}tickets_created (created)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

-- What clients of XMPP log in with, hashed: one for each device.
CREATE TABLE IF NOT EXISTS {p}chat_passwords (
    hash    VARBINARY(64) PRIMARY KEY,
    me      VARBINARY(256) NOT NULL,
    device  TEXT NOT NULL,
    created BIGINT NOT NULL,
    used    BIGINT NOT NULL DEFAULT 0,
    KEY {p}chat_passwords_me (me, created)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

CREATE TABLE IF NOT EXISTS {p}blocks (
    me    VARBINARY(256) NOT NULL,
    other VARBINARY(256) NOT NULL,
    PRIMARY KEY (me, other),
    KEY {p}blocks_other (other)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

CREATE TABLE IF NOT EXISTS {p}reactions (
    message BIGINT NOT NULL,
    me      VARBINARY(256) NOT NULL,
    emoji   VARBINARY(64) NOT NULL,
    PRIMARY KEY (message, me, emoji),
    KEY {p}reactions_me (me)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

CREATE TABLE IF NOT EXISTS {p}files (
    id      VARBINARY(64) PRIMARY KEY,
    me      VARBINARY(256) NOT NULL,
    message BIGINT NOT NULL DEFAULT 0,
    name    VARCHAR(255) NOT NULL,
    type    VARCHAR(127) CHARACTER SET ascii NOT NULL,
    bytes   BIGINT NOT NULL,
    width   BIGINT NOT NULL DEFAULT 0,
    height  BIGINT NOT NULL DEFAULT 0,
    path    TEXT NOT NULL,
    created BIGINT NOT NULL,
    KEY {p}files_me (me),
    KEY {p}files_message (message)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

CREATE TABLE IF NOT EXISTS {p}reports (
    id       BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    me       VARBINARY(256) NOT NULL,
    other    VARBINARY(256) NOT NULL,
    message  BIGINT NOT NULL DEFAULT 0,
    reason   TEXT NOT NULL,
    body     TEXT NOT NULL,
    evidence TEXT NOT NULL,  -- the lines around it, as JSON
    state    VARCHAR(16) CHARACTER SET ascii NOT NULL,
    created  BIGINT NOT NULL,
    KEY {p}reports_state (state, created)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

CREATE TABLE IF NOT EXISTS {p}subscriptions (
    endpoint     VARBINARY(64) PRIMARY KEY,  -- hashed
    me           VARBINARY(256) NOT NULL,
    session      VARBINARY(64) NOT NULL,
    subscription TEXT NOT NULL,
    used         BIGINT NOT NULL,
    KEY {p}subscriptions_me (me)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

-- What moderators did, to whom, and why.
CREATE TABLE IF NOT EXISTS {p}acts (
    id      BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    me      VARBINARY(256) NOT NULL,
    other   VARBINARY(256) NOT NULL,
    room    VARBINARY(256) NOT NULL DEFAULT '',
    act     VARCHAR(16) CHARACTER SET ascii NOT NULL,
    until   BIGINT NOT NULL DEFAULT 0,
    reason  TEXT NOT NULL,
    created BIGINT NOT NULL,
    KEY {p}acts_other (other, act)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

-- When a user's allowance is full again.
CREATE TABLE IF NOT EXISTS {p}rates (
    name  VARBINARY(300) PRIMARY KEY,
    due   BIGINT NOT NULL,
    taken TINYINT NOT NULL DEFAULT 1
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;
