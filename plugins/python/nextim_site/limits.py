"""The limits of the kit, each with its unit and its reason.

Owns: the numbers. Must not: import any module of the kit.
"""

from typing import Final

MESSAGE_BYTES_MAX: Final = 32_768
"""A message's body, in bytes; the message server takes no more."""
META_BYTES_MAX: Final = 4_096
"""The object beside a message, in bytes as it was sent; the message server takes no more."""
META_DEPTH_MAX: Final = 16
"""Objects and arrays within each other in that object."""
STYLE_BYTES_MAX: Final = 1_024
"""A message's style, in bytes, before it is checked."""
SHOW_BYTES_MAX: Final = 32
"""A word of presence or of typing, in bytes; the message server takes no more."""
STATUS_BYTES_MAX: Final = 1_024
"""The line of text beside a user's presence, in bytes."""
CID_BYTES_MAX: Final = 128
"""The page's own id of a message, in bytes."""
NAME_BYTES_MAX: Final = 256
"""The id of a user or a room, in bytes; the message server takes no more."""
NICK_BYTES_MAX: Final = 256
"""A display name, in bytes; the message server takes no more."""
SETTINGS_BYTES_MAX: Final = 16_384
"""All settings of a user as JSON, in bytes."""
IDS_MAX: Final = 500
"""Ids in one parameter; the rest is ignored."""
CONTACTS_MAX: Final = 2_000
"""Contacts in one call; the message server takes no more."""
ROOMS_MAX: Final = 50
"""Rooms described in one answer: each costs a call of the message server."""
ROOM_BRANCHES: Final = 100
"""Rooms in one query of missed messages: SQLite takes 500 branches, and each room has two."""
UNDELIVERED_MAX: Final = 50
"""Undelivered messages in one answer."""
CATCH_UP_MAX: Final = 500
"""Messages after the last one a page has seen, in one answer."""
CATCH_UP_OVERLAP: Final = 20
"""Messages before the last one a page has seen that are sent again: pushes may overtake one another."""
HISTORY_MAX: Final = 30
"""Messages in one answer of the history."""
HISTORIES_MAX: Final = 20
"""Histories in one answer; a page has fewer chats open."""
OPEN_CHATS_MAX: Final = 100
"""Histories of users in an answer of `online`: SQLite takes 500 branches, and each user has two."""
DOWNLOAD_MAX: Final = 1_000
"""Messages in a history that is downloaded."""
NOTIFICATIONS_MAX: Final = 50
"""Notifications in one answer."""

BODY_BYTES_MAX: Final = 131_072
"""A request's body, in bytes: a message, every byte of which may be escaped to three, and some parameters."""
CALL_BODY_BYTES_MAX: Final = 1_048_576
"""The body of a request of the message server, in bytes."""
RETURNED_MAX: Final = 100
"""Messages in one request of the message server."""

SENDS_AT_ONCE: Final = 20
"""A user may send this many messages at once …"""
SEND_MS: Final = 500
"""… and one more in each such time."""
SEND_BYTES: Final = 8_192
"""A message counts once more for each piece of this many bytes of it as JSON: the queue of a page at the message server
has a limit of bytes, too, and no single user may fill it."""
ACTS_AT_ONCE: Final = 30
"""A user may change the same thing (presence, a room, a block, settings) or go online this many times at once …"""
ACT_MS: Final = 1_000
"""… and once more in each such time."""
CHAT_PASSWORD_CHARS: Final = 24
"""A chat password, in characters of five random bits each: nobody can guess one."""
CHAT_PASSWORDS_MAX: Final = 20
"""Chat passwords of a user; nobody has more devices."""
DEVICE_CHARS_MAX: Final = 40
"""The name of a device, in characters."""
CHAT_FAILURES_ADDRESS: Final = 30
"""Failed log-ins of clients of XMPP from one address …"""
CHAT_FAILURES_USER: Final = 20
"""… as one user …"""
CHAT_FAILURES_ALL: Final = 300
"""… and in all …"""
CHAT_FAILURES_MS: Final = 300_000
"""… each of which has all of them back after this time."""
RETRY_AFTER_S: Final = 5
"""How long a client waits after a refusal for want of time or room before it tries again."""

EXPIRES_S_MIN: Final = 60
"""The shortest session at the message server; it takes no shorter one."""
EXPIRES_S_MAX: Final = 3_600
"""The longest: a page without strangers costs the site one request in this time."""
TICKET_MS: Final = 30 * 24 * 3_600_000
"""How long a ticket is kept. Only sessions of old front ends last longer than `EXPIRES_S_MAX`."""
TICKETS_MAX: Final = 32
"""Tickets of one log-in that a log-out ends one by one; the message server lets a user have no more sessions."""

IM_CONNECT_S: Final = 1.0
"""How long connecting to the message server may take."""
IM_CALL_S: Final = 3.0
"""How long a call of it may take, connecting included."""
IM_ANSWER_BYTES_MAX: Final = 4 * 1_048_576
"""An answer of it, in bytes."""
TELL_S: Final = 1.0
"""How long one event of the host's pages may take, all its calls included."""
TELL_SILENCE_MS: Final = 5_000
"""After a failure no event is passed on for this time, so that a dead server slows one page of the host and not all."""

PRUNE_ROWS_MAX: Final = 1_000
"""Messages that one call of `prune`, `export` or `erase` takes on."""
LOCK_WAIT_S: Final = 10
"""How long one request waits for another that makes the tables."""
DEADLOCKS_MAX: Final = 10
"""How often a transaction runs again because the database ended it in favour of another."""
