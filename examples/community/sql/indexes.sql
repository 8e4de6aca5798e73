-- The indexes that the queries walk. Every query has one; the tests of the store read the plans.

CREATE INDEX IF NOT EXISTS sessions_expires ON sessions (expires);
CREATE INDEX IF NOT EXISTS sessions_user ON sessions (user);
CREATE INDEX IF NOT EXISTS looks_user ON looks (user);
CREATE INDEX IF NOT EXISTS friend_requests_to ON friend_requests (to_user);
CREATE INDEX IF NOT EXISTS group_members_user ON group_members (user);
CREATE INDEX IF NOT EXISTS threads_last_post ON threads (last_post);
CREATE INDEX IF NOT EXISTS posts_thread ON posts (thread);
CREATE INDEX IF NOT EXISTS posts_author ON posts (author);
CREATE INDEX IF NOT EXISTS notices_user ON notices (user, id);
CREATE INDEX IF NOT EXISTS blocks_blocked ON blocks (blocked);
CREATE INDEX IF NOT EXISTS chat_passwords_user ON chat_passwords (user);
CREATE INDEX IF NOT EXISTS tickets_user ON tickets (user, used);
CREATE INDEX IF NOT EXISTS tickets_used ON tickets (used);
CREATE INDEX IF NOT EXISTS tickets_session ON tickets (session);

-- A row of `messages` is in few of these: each is of one type, and of rows that one side has not cleared. An index ends with
-- the row's id, so an index without a time is in the order of the ids.
CREATE UNIQUE INDEX IF NOT EXISTS messages_cid ON messages (from_user, cid) WHERE cid IS NOT NULL;
CREATE INDEX IF NOT EXISTS messages_waiting ON messages (to_id) WHERE type = 'unicast' AND delivered = 0;
CREATE INDEX IF NOT EXISTS messages_sent ON messages (from_user) WHERE type = 'unicast' AND deleted_by_from = 0;
CREATE INDEX IF NOT EXISTS messages_got ON messages (to_id) WHERE type = 'unicast' AND deleted_by_to = 0;
CREATE INDEX IF NOT EXISTS messages_sent_to ON messages (from_user, to_id, timestamp)
    WHERE type = 'unicast' AND deleted_by_from = 0;
CREATE INDEX IF NOT EXISTS messages_got_from ON messages (to_id, from_user, timestamp)
    WHERE type = 'unicast' AND deleted_by_to = 0;
CREATE INDEX IF NOT EXISTS messages_room ON messages (to_id) WHERE type = 'multicast';
CREATE INDEX IF NOT EXISTS messages_room_time ON messages (to_id, timestamp) WHERE type = 'multicast';
CREATE INDEX IF NOT EXISTS messages_broadcast ON messages (id) WHERE type = 'broadcast';
