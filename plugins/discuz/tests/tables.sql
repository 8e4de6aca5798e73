CREATE TABLE IF NOT EXISTS pre_common_member (
    uid mediumint unsigned NOT NULL PRIMARY KEY, username char(15) NOT NULL, password char(32) NOT NULL DEFAULT '',
    status tinyint NOT NULL DEFAULT 0, adminid tinyint NOT NULL DEFAULT 0, groupid smallint unsigned NOT NULL DEFAULT 10,
    groupexpiry int unsigned NOT NULL DEFAULT 0, freeze tinyint NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS pre_common_member_count (uid mediumint unsigned NOT NULL PRIMARY KEY, blacklist int NOT NULL);
CREATE TABLE IF NOT EXISTS pre_common_member_field_home (uid mediumint unsigned NOT NULL PRIMARY KEY, privacy text);
CREATE TABLE IF NOT EXISTS pre_common_setting (skey varchar(255) NOT NULL PRIMARY KEY, svalue text);
CREATE TABLE IF NOT EXISTS pre_common_usergroup (groupid smallint unsigned NOT NULL PRIMARY KEY, grouptitle varchar(255));
CREATE TABLE IF NOT EXISTS pre_home_friend (
    uid mediumint unsigned NOT NULL, fuid mediumint unsigned NOT NULL, gid smallint unsigned NOT NULL DEFAULT 0,
    num mediumint unsigned NOT NULL DEFAULT 0, dateline int unsigned NOT NULL DEFAULT 0, PRIMARY KEY (uid, fuid));
CREATE TABLE IF NOT EXISTS pre_home_blacklist (
    uid mediumint unsigned NOT NULL, buid mediumint unsigned NOT NULL, dateline int unsigned NOT NULL DEFAULT 0,
    PRIMARY KEY (uid, buid));
CREATE TABLE IF NOT EXISTS pre_home_notification (
    id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, uid mediumint unsigned NOT NULL, `new` tinyint NOT NULL DEFAULT 1,
    note text NOT NULL, dateline int unsigned NOT NULL);
CREATE TABLE IF NOT EXISTS pre_forum_forum (
    fid mediumint unsigned NOT NULL PRIMARY KEY, name char(50) NOT NULL, status tinyint NOT NULL DEFAULT 3);
CREATE TABLE IF NOT EXISTS pre_forum_forumfield (
    fid mediumint unsigned NOT NULL PRIMARY KEY, membernum mediumint NOT NULL DEFAULT 0, icon varchar(255) NOT NULL DEFAULT '');
CREATE TABLE IF NOT EXISTS pre_forum_groupuser (
    fid mediumint unsigned NOT NULL, uid mediumint unsigned NOT NULL, `level` tinyint unsigned NOT NULL,
    lastupdate int unsigned NOT NULL DEFAULT 0, joindateline int unsigned NOT NULL DEFAULT 0, PRIMARY KEY (fid, uid));
