//! Every cap, with its unit and its reason, and the buckets that rate limits are made of.
//!
//! Owns: the numbers. Must not: decide what is said to somebody who meets one.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A message's body, in bytes; the message server takes no more.
pub const MESSAGE_BYTES_MAX: usize = 32_768;
/// A request's body, in bytes: a message, every byte of which may be escaped to three, and some parameters.
pub const BODY_BYTES_MAX: usize = 131_072;
/// The body of a call of the message server, in bytes: a list of all a user's messages.
pub const CALL_BODY_BYTES_MAX: usize = 1_048_576;
/// A body that is too long is read up to here, in bytes, so that its sender gets to read the refusal.
pub const BODY_DRAINED_MAX: usize = 4 * 1_048_576;
/// A request's body must have arrived within this.
pub const BODY_WAIT: Duration = Duration::from_secs(30);
/// A message's style, in bytes, before it is checked.
pub const STYLE_BYTES_MAX: usize = 1_024;
/// A word of presence or of typing, in bytes; the message server takes no more.
pub const SHOW_BYTES_MAX: usize = 32;
/// The line of text beside a user's presence, in bytes.
pub const STATUS_BYTES_MAX: usize = 1_024;
/// The sender's own name of a message, in bytes.
pub const CID_BYTES_MAX: usize = 128;
/// All settings of a user as JSON, in bytes.
pub const SETTINGS_BYTES_MAX: usize = 16_384;
/// Ids in one parameter; more are ignored.
pub const IDS_MAX: usize = 500;
/// Rooms described in one answer: each costs a question to the message server.
pub const ROOMS_MAX: usize = 50;
/// Messages handed over to a user who was away, in one answer.
pub const UNDELIVERED_MAX: usize = 50;
/// Messages a page catches up with in one answer.
pub const CATCH_UP_MAX: usize = 500;
/// Messages before the last one a page has seen that it is sent again: pushes may overtake one another.
pub const CATCH_UP_OVERLAP: usize = 20;
/// Messages in one answer of the history.
pub const HISTORY_MAX: usize = 30;
/// Histories in one answer; what a page has open is fewer.
pub const HISTORIES_MAX: usize = 20;
/// Messages in a history that is downloaded.
pub const DOWNLOAD_MAX: usize = 1_000;
/// Notifications in one answer.
pub const NOTIFICATIONS_MAX: usize = 50;

/// A user's id, in characters, at least.
pub const USER_ID_CHARS_MIN: usize = 2;
/// A user's shown name, in characters; four bytes each, the message server takes it.
pub const NICK_CHARS_MAX: usize = 64;
/// What a user says of himself, in characters.
pub const BIO_CHARS_MAX: usize = 1_000;
/// A new password, in characters, at least.
pub const PASSWORD_CHARS_MIN: usize = 8;
/// The name of a contact group, in characters.
pub const FRIEND_GROUP_CHARS_MAX: usize = 32;
/// The name of a group, in characters.
pub const GROUP_NAME_CHARS_MAX: usize = 64;
/// The description of a group, in characters.
pub const GROUP_ABOUT_CHARS_MAX: usize = 1_000;
/// The title of a thread, in characters.
pub const TITLE_CHARS_MAX: usize = 120;
/// A post, in characters; four bytes each, all escaped, it fits into a request's body.
pub const POST_CHARS_MAX: usize = 10_000;
/// How much of a post is pushed to subscribers, in characters.
pub const PUSHED_CHARS: usize = 120;
/// A broadcast or a notice to all, in characters.
pub const NOTICE_CHARS_MAX: usize = 500;
/// Members on a page of their list.
pub const MEMBERS_SHOWN: i64 = 24;
/// Threads on a page of the forum.
pub const THREADS_SHOWN: i64 = 20;
/// Posts on a page of a thread.
pub const POSTS_SHOWN: i64 = 20;
/// Posts on a member's page.
pub const POSTS_LATEST: i64 = 5;
/// Threads on the front page.
pub const FRONT_THREADS: i64 = 6;
/// Groups on the front page.
pub const FRONT_GROUPS: usize = 4;
/// Members on the front page.
pub const FRONT_MEMBERS: i64 = 5;
/// Members on the page for old front ends.
pub const OLD_MEMBERS: i64 = 12;
/// A file of an old front end, in bytes.
pub const OLD_FILE_BYTES_MAX: u64 = 4 * 1_048_576;

/// A user may send this many messages at once …
pub const SENDS_AT_ONCE: u32 = 20;
/// … and as many again in this time.
pub const SENDS_REFILL: Duration = Duration::from_secs(10);
/// A message counts as one more for each so many bytes of it as JSON: what waits for a page at the message server has
/// a limit of bytes, too, and nobody is to fill it alone.
pub const SEND_BYTES: usize = 8_192;
/// A user may change the same thing (presence, a room, a block, settings) or go online this many times at once …
pub const ACTS_AT_ONCE: u32 = 30;
/// … and as many again in this time.
pub const ACTS_REFILL: Duration = Duration::from_secs(30);
/// This many failed attempts to log in as one user from one address …
pub const LOG_INS_AT_ONCE: u32 = 10;
/// … this many from one address as whomever: a password that many have is tried with many names …
pub const LOG_INS_ADDRESS: u32 = 30;
/// … this many as one user from wherever …
pub const LOG_INS_NAME: u32 = 50;
/// … this many in all …
pub const LOG_INS_ALL: u32 = 300;
/// … and as many again in this time.
pub const LOG_INS_REFILL: Duration = Duration::from_mins(5);
/// New accounts from one address …
pub const SIGN_UPS_ADDRESS: u32 = 10;
/// … in all …
pub const SIGN_UPS_ALL: u32 = 100;
/// … and as many again in this time.
pub const SIGN_UPS_REFILL: Duration = Duration::from_mins(5);
/// Passwords hashed at once: each takes a core and 19 MiB for its time.
pub const HASHES_AT_ONCE: usize = 2;
/// Passwords that wait to be hashed; each holds one of the handlers, of which pages need most.
pub const HASHES_WAITING_MAX: usize = 16;

/// Who was refused for want of time or room is asked to wait this long, in seconds, before he tries again.
pub const RETRY_AFTER_S: &str = "5";

/// How long a log-in lasts.
pub const SESSION_MS: i64 = 30 * 24 * 3_600_000;
/// How long a ticket is remembered after it was last used.
pub const TICKET_MS: i64 = 30 * 24 * 3_600_000;
/// Tickets remembered of one log-in; the message server lets a user have half as many sessions.
pub const TICKETS_MAX: usize = 64;
/// Ends of pages that are kept while the message server cannot be told of them.
pub const ENDINGS_MAX: usize = 1_024;

/// How long a call to the message server may take.
pub const IM_CALL: Duration = Duration::from_secs(3);
/// How long connecting to it may take.
pub const IM_CONNECT: Duration = Duration::from_secs(1);
/// What is read of an answer of the message server, in bytes.
pub const IM_ANSWER_BYTES_MAX: u64 = 4 * 1_048_576;
/// How long a statement waits for others that write.
pub const DATABASE_BUSY: Duration = Duration::from_secs(2);
/// Connections for reading that are kept open.
pub const READERS_KEPT: usize = 8;
/// Handlers that run at once.
pub const HANDLERS_MAX: usize = 64;
/// How long the end waits for requests that are being served.
pub const DRAIN: Duration = Duration::from_secs(5);

/// New buckets before those that are full again are forgotten: looking at all of them is shared by so many.
const BUCKETS_SWEPT: usize = 10_000;

/// Token buckets: each key may do something so many times at once, and as often again in a given time.
#[derive(Debug)]
pub struct Buckets {
    size: u32,
    refill: Duration,
    levels: Mutex<Levels>,
}

#[derive(Debug, Default)]
struct Levels {
    of: HashMap<String, Bucket>,
    /// How many were made since those that are full again were last forgotten.
    made: usize,
}

/// How much of a bucket is used, and when that was so.
#[derive(Debug)]
struct Bucket {
    used: f64,
    at: Instant,
}

impl Buckets {
    /// Buckets of this size that are full again after `refill`.
    pub fn new(size: u32, refill: Duration) -> Buckets {
        Buckets { size, refill, levels: Mutex::default() }
    }

    /// Takes one; false if there is none.
    pub fn take(&self, key: &str) -> bool {
        self.take_many(key, 1)
    }

    /// Takes so many, or all that a full bucket has; false if there are fewer.
    pub fn take_many(&self, key: &str, count: u32) -> bool {
        let now = Instant::now();
        let mut levels = self.lock();
        let known = levels.of.get(key);
        let used = known.map_or(0.0, |bucket| self.used(bucket, now)) + f64::from(count.min(self.size));
        if used > f64::from(self.size) {
            return false;
        }
        if known.is_none() {
            levels.made += 1;
            if levels.made > BUCKETS_SWEPT {
                levels.made = 1;
                levels.of.retain(|_, bucket| self.used(bucket, now) > 0.0);
            }
        }
        levels.of.insert(key.to_owned(), Bucket { used, at: now });
        true
    }

    /// Gives back what was taken once, because it did not count.
    pub fn give_back(&self, key: &str) {
        let mut levels = self.lock();
        if let Some(bucket) = levels.of.get_mut(key) {
            bucket.used -= 1.0;
            if bucket.used <= 0.0 {
                levels.of.remove(key);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Levels> {
        self.levels.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn used(&self, bucket: &Bucket, now: Instant) -> f64 {
        let regained = (now - bucket.at).as_secs_f64() / self.refill.as_secs_f64() * f64::from(self.size);
        (bucket.used - regained).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_is_emptied_by_its_owner_alone() {
        let buckets = Buckets::new(2, Duration::from_hours(1));
        assert!(buckets.take("a") && buckets.take("a") && !buckets.take("a"));
        assert!(buckets.take("b"));
        assert!(!buckets.take_many("b", 2) && buckets.take("b"));
        assert!(buckets.take_many("c", 3) && !buckets.take("c"), "three of two is all there is");
        buckets.give_back("c");
        assert!(buckets.take("c") && !buckets.take("c"));
    }

    #[test]
    fn a_bucket_fills_again() {
        let buckets = Buckets::new(1, Duration::from_nanos(1));
        assert!((0..1_000).all(|_| buckets.take("a")));
    }

    #[test]
    fn buckets_that_are_all_in_use_are_not_looked_through_at_each_new_one() {
        let buckets = Buckets::new(1, Duration::from_hours(1));
        let full_again = || buckets.lock().of.values().filter(|bucket| bucket.used == 0.0).count();
        let take =
            |keys: std::ops::Range<usize>| keys.for_each(|key| assert!(buckets.take(&key.to_string())));
        take(0..BUCKETS_SWEPT + 1);
        for made_full in [0, 1] {
            buckets.lock().of.get_mut(&made_full.to_string()).unwrap().used = 0.0;
        }
        take(BUCKETS_SWEPT + 1..2 * BUCKETS_SWEPT);
        assert_eq!(full_again(), 2, "they were looked through not long ago");
        take(2 * BUCKETS_SWEPT..2 * BUCKETS_SWEPT + 1);
        assert_eq!(full_again(), 0);
        assert_eq!(buckets.lock().of.len(), 2 * BUCKETS_SWEPT - 1);
    }

    #[test]
    fn what_is_given_back_leaves_no_bucket() {
        let buckets = Buckets::new(2, Duration::from_hours(1));
        assert!(buckets.take("a"));
        buckets.give_back("a");
        assert!(buckets.lock().of.is_empty());
    }
}
