-- The example's own tables.

CREATE TABLE IF NOT EXISTS users (
    uid      INTEGER PRIMARY KEY,
    id       TEXT NOT NULL UNIQUE,
    nick     TEXT NOT NULL,
    password TEXT NOT NULL,              -- scrypt, with its salt
    is_admin INTEGER NOT NULL DEFAULT 0,
    banned   INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE IF NOT EXISTS sessions (
    token   TEXT PRIMARY KEY,            -- hashed
    user    TEXT NOT NULL,
    expires INTEGER NOT NULL             -- in seconds since 1970
);

CREATE TABLE IF NOT EXISTS friends (
    user   TEXT NOT NULL,
    friend TEXT NOT NULL,
    PRIMARY KEY (user, friend)
);

-- Users who get new posts as messages.
CREATE TABLE IF NOT EXISTS subscribers (
    user TEXT PRIMARY KEY
);

CREATE TABLE IF NOT EXISTS groups (
    id   TEXT PRIMARY KEY,
    name TEXT NOT NULL
);

CREATE TABLE IF NOT EXISTS members (
    room TEXT NOT NULL,
    user TEXT NOT NULL,
    PRIMARY KEY (room, user)
);
