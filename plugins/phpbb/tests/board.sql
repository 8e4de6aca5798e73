CREATE TABLE phpbb_users (user_id INTEGER PRIMARY KEY, user_type INTEGER DEFAULT 0, username TEXT, username_clean TEXT,
    user_email TEXT DEFAULT '', user_permissions TEXT DEFAULT '', user_avatar TEXT DEFAULT '',
    user_avatar_type TEXT DEFAULT '', user_avatar_width INTEGER DEFAULT 0, user_avatar_height INTEGER DEFAULT 0);
CREATE TABLE phpbb_sessions (session_id TEXT PRIMARY KEY, session_user_id INTEGER, session_time INTEGER,
    session_autologin INTEGER DEFAULT 0);
CREATE TABLE phpbb_zebra (user_id INTEGER, zebra_id INTEGER, friend INTEGER DEFAULT 0, foe INTEGER DEFAULT 0,
    PRIMARY KEY (user_id, zebra_id));
CREATE TABLE phpbb_groups (group_id INTEGER PRIMARY KEY, group_type INTEGER, group_name TEXT,
    group_avatar TEXT DEFAULT '', group_avatar_type TEXT DEFAULT '', group_avatar_width INTEGER DEFAULT 0,
    group_avatar_height INTEGER DEFAULT 0);
CREATE TABLE phpbb_user_group (group_id INTEGER, user_id INTEGER, user_pending INTEGER DEFAULT 0);
CREATE TABLE phpbb_banlist (ban_id INTEGER PRIMARY KEY, ban_userid INTEGER DEFAULT 0, ban_ip TEXT DEFAULT '',
    ban_end INTEGER DEFAULT 0, ban_exclude INTEGER DEFAULT 0);
CREATE TABLE phpbb_forums (forum_id INTEGER PRIMARY KEY, forum_name TEXT, forum_last_post_time INTEGER DEFAULT 0);
CREATE TABLE phpbb_topics (topic_id INTEGER PRIMARY KEY, forum_id INTEGER, topic_title TEXT,
    topic_last_post_time INTEGER DEFAULT 0);
CREATE TABLE phpbb_forums_watch (forum_id INTEGER, user_id INTEGER);
CREATE TABLE phpbb_topics_watch (topic_id INTEGER, user_id INTEGER);
INSERT INTO phpbb_users (user_id, user_type, username, username_clean, user_email) VALUES
    (1, 2, 'Anonymous', 'anonymous', ''), (2, 0, 'Alice', 'alice', 'alice@example.org'),
    (3, 0, 'Bob &quot;the&quot; O''Neil &amp; &#128512;', 'bob', 'bob@example.com'), (4, 0, 'Carol', 'carol', ''),
    (5, 3, 'Root', 'root', ''), (6, 1, 'Idle', 'idle', ''), (7, 2, 'Spider', 'spider', '');
INSERT INTO phpbb_zebra VALUES (2, 3, 1, 0), (2, 4, 0, 1), (3, 2, 1, 0), (5, 2, 0, 1);
INSERT INTO phpbb_groups (group_id, group_type, group_name) VALUES (1, 3, 'REGISTERED'), (8, 1, 'Walkers &amp; Co'),
    (9, 2, 'Secret');
INSERT INTO phpbb_user_group VALUES (1, 2, 0), (1, 3, 0), (8, 2, 0), (8, 3, 0), (8, 4, 1), (9, 3, 0), (9, 2, 1);
INSERT INTO phpbb_forums (forum_id, forum_name) VALUES (2, 'News &amp; more'), (3, 'Staff');
INSERT INTO phpbb_topics (topic_id, forum_id, topic_title) VALUES (7, 2, 'A walk'), (8, 3, 'Plans');
INSERT INTO phpbb_forums_watch VALUES (2, 2), (3, 2);
INSERT INTO phpbb_topics_watch VALUES (7, 2), (8, 2);
