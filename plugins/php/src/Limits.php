<?php

/*
 * The limits of the kit, each with its unit and its reason.
 *
 * Owns: the numbers, which are those of the reference community. Must not: use any other class.
 */

declare(strict_types=1);

namespace NextIM\Site;

final class Limits
{
    /** A message's body, in bytes; the message server takes no more. */
    public const MESSAGE_BYTES = 32768;
    /** A message's style, in bytes, before it is checked. */
    public const STYLE_BYTES = 1024;
    /** A word of presence or of typing, in bytes; the message server takes no more. */
    public const SHOW_BYTES = 32;
    /** The line of text beside a user's presence, in bytes. */
    public const STATUS_BYTES = 1024;
    /** The page's own id of a message, in bytes. */
    public const CID_BYTES = 128;
    /** The object that goes with a message, in bytes and in levels; the message server takes no more. */
    public const META_BYTES = 4096;
    public const META_DEPTH = 16;
    /** All settings of a user as JSON, in bytes. */
    public const SETTINGS_BYTES = 16384;
    /** An id of a user or a room and a nick, in bytes; the message server takes no more. */
    public const ID_BYTES = 256;
    /** A form, in bytes: a message whose bytes are all percent-encoded fits. */
    public const FORM_BYTES = 131072;
    /** The body of the message server's own call, in bytes, and the messages in it. */
    public const CALL_BYTES = 1048576;
    public const CALL_MESSAGES = 100;
    /** Ids in one parameter; the rest is ignored. */
    public const IDS = 500;
    /** The rooms of a session; the message server takes no more. */
    public const SESSION_ROOMS = 500;
    /** Rooms described in one answer: each costs a call of the message server. */
    public const ROOMS = 50;
    /** Undelivered messages in one answer. */
    public const UNDELIVERED = 50;
    /** Messages after the last one a page has seen, in one answer. */
    public const CATCH_UP = 500;
    /** Messages before the last one a page has seen that are sent again: pushes may overtake one another. */
    public const CATCH_UP_OVERLAP = 20;
    /** Messages in one answer of the history. */
    public const HISTORY = 30;
    /** Histories in one answer; a page has fewer chats open. */
    public const HISTORIES = 20;
    /** Messages in a history that is downloaded. */
    public const DOWNLOAD = 1000;

    /** A user may send this many messages at once, and one more each time this many milliseconds are over. */
    public const SENDS_AT_ONCE = 20;
    public const SEND_MS = 500;
    /** A message counts once more for each piece of this many bytes of it as JSON: a page's queue counts bytes, too. */
    public const SEND_BYTES = 8192;
    /** A user may do the same thing this many times at once, and once more each time these milliseconds are over. */
    public const ACTS_AT_ONCE = 30;
    public const ACT_MS = 1000;
    /** A chat password, in characters of five random bits each; a user's passwords, and the names of their devices. */
    public const CHAT_PASSWORD_CHARS = 24;
    public const CHAT_PASSWORDS = 20;
    public const DEVICE_CHARS = 40;
    /** Failed log-ins of clients from one address, as one user and in all, and the milliseconds that give them back. */
    public const CHAT_FAILURES_ADDRESS = 30;
    public const CHAT_FAILURES_USER = 20;
    public const CHAT_FAILURES_ALL = 300;
    public const CHAT_FAILURES_MS = 300000;
    /** How long a client waits after a refusal for want of time or room, in seconds. */
    public const RETRY_AFTER_S = 5;

    /** The tickets of one log-in; of more, the oldest end. */
    public const TICKETS = 32;
    /** The shortest and the longest life of a session at the message server, in seconds. */
    public const EXPIRES_MIN_S = 60;
    public const EXPIRES_MAX_S = 3600;
    /** Log-outs that are kept while the message server cannot be reached. */
    public const ENDINGS = 1024;

    /** Connecting to the message server, a whole call, and all calls of one event of a page, in milliseconds. */
    public const IM_CONNECT_MS = 1000;
    public const IM_CALL_MS = 3000;
    public const TELL_MS = 1000;
    /** After a call that failed, events make no call for this time, in milliseconds. */
    public const SILENCE_MS = 5000;
    /** An answer of the message server, in bytes. */
    public const IM_ANSWER_BYTES = 4194304;

    /** Rows that one call of `prune`, `erase` or `export` handles. */
    public const ROWS_AT_ONCE = 1000;
    /** A ticket that was not renewed for this time is forgotten, in milliseconds. */
    public const TICKET_MS = 172800000;
}
