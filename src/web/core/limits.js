// Every limit and every span of time of the core, by name.
//
// Owns: the numbers.
// Must not: hold anything else.

// What is kept.
export const LINES_MAX = 1000; // of one chat, in memory
export const LINES_STORED_MAX = 30; // of one chat, for the next page to draw at once
export const CHATS_MAX = 30;
export const NOTICES_MAX = 50;
export const NOTIFICATIONS_MAX = 50;
export const RING_MAX = 500; // ids of messages already counted
export const CHANGES_MAX = 500; // changes of lines, kept for those that come after them
export const REACTIONS_MAX = 20; // different ones to one line
export const OUTBOX_MAX = 50; // unsent messages that survive a page
export const OUTBOX_BODY_CHARS_MAX = 8192; // of one of them
export const DRAFT_CHARS_MAX = 65_536; // more than can be sent: the user sees that a text is too long, and cuts it
export const MENU_MAX = 50;
export const BLOCKED_ROOMS_MAX = 500;

// What is sent.
export const BODY_BYTES_MAX = 32_768; // the message server's own limit
export const KEEPALIVE_CHARS_MAX = 16_384; // browsers give a page that leaves 64 KiB in all
export const USERS_ASKED_MAX = 100; // users in one call
export const HISTORY_ROWS = 30; // a page of history, as the site gives it

export const HOLD_MS = 5000; // after a message that was one too many, if the site does not say how long
export const HOLDS_MAX = 60; // of one message, until it has failed
export const LEAVING_MS = 2000; // from a call that was cut off to the end of the page that made it

// The poll and its back-off.
export const POLL_TIMEOUT_MS = 40_000;
export const POLL_TRUSTED_MS = 3_000; // a poll that has waited so long has reached the server
export const POLL_HOLLOW_MS = 1_000; // nothing new before this long is no answer of a message server: it holds a poll
export const POLL_HOLLOW_FREE = 3; // such answers in a row that are not waited after: a page change brings one or two
export const POLL_HOLLOW_TOLD = 6; // such answers in a row until the user is told
export const STREAM_HELD_UP_MS = 5_000; // until the first event of a stream, which the server sends at once
export const POLLS_MS = 86_400_000; // for which a site is polled whose streams do not come through
export const ACK_MS = 25_000; // from an acknowledgement to the first event that brings the next one
export const ACK_IDLE_MS = 40_000; // likewise, if nothing is unacknowledged: with empty events each 25 to 28 s within the server's 75 s
export const ACK_PACKETS_MAX = 16; // of a stream, until they are acknowledged at once
export const ACK_CHARS_MAX = 32_768; // of a stream's events, likewise
export const RENEWED_MS_MIN = 50_000; // a session that ends sooner than this after the last one is waited after: no site asks for less than a minute
export const SITE_TIMEOUT_MS = 20_000;
export const SITE_PAGES_FREE = 6; // failures in a row after which a page in place of an answer means that the site has no plugin any more
export const BACKOFF_MS_MIN = 500;
export const BACKOFF_MS_MAX = 30_000;
export const RETRY_MS_MAX = 600_000; // longer waits than this are not believed
export const JSONP_MISSES_MAX = 2; // polls that failed until a session counts as gone
export const ASK_AGAIN_MS = 10_000; // after a call for users that failed
export const NOTIFICATIONS_AGE_MS = 3_600_000; // after which a page that the user comes back to asks for them again
export const STRANGERS_AGE_MS = 50_000; // of what is known of a stranger, until the next beat asks again: about a minute

export const TIMER_MS_MAX = 2 ** 31 - 1; // what a browser can count down

// Times.
export const TIME_MS_MIN = Date.UTC(2000); // earlier ones are none, but seconds, or nonsense
export const TIME_MS_MAX = Date.UTC(2100); // later ones are none, but nanoseconds, or nonsense
export const AHEAD_MS_MAX = 86_400_000; // by which what was said may be later than the site's clock

// Typing.
export const TYPING_IDLE_MS = 6_000;
export const TYPING_SHOWN_MS = 10_000;

// Rooms.
export const MEMBERS_A_CALL = 100; // a room of more is asked as many times less often
export const ROLL_CALL_MS = 500; // after which the room that is looked at is asked who is there; several changes are one

// Tabs.
export const TAB_BEAT_MS = 30_000;
export const TAB_STALE_MS = 150_000; // hidden tabs beat once a minute
export const LEASE_MS = 75_000;
export const LEASE_SETTLE_MS = 150; // until a lease just written counts, so that of two writers one wins
export const OFFER_WAIT_MS = 150; // for a tab that knows it all to tell a leader that does not
export const RESYNC_MS = 1000; // after which a new tab asks the leader once more
export const EARLY_EVENTS_MAX = 1000; // kept by a new tab until the leader has welcomed it
export const CHARS_KEY_MAX = 300; // of a chat's key

// The store.
export const SAVE_DELAY_MS = 400;
export const SNAPSHOT_AGE_MS_MAX = 10_000; // drawn unasked if the page did not say whose it is
