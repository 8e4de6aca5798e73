//! The numbers that an operator may change, and what bounds the configuration itself.
//!
//! Owns: the tables behind `[timeouts]` and `[limits]` of the configuration file. Must not: read a file; `config/`
//! does. Operators read the documentation of a setting in `nextim.toml`, and its first line in `nextim --help`.

use std::ops::RangeInclusive;

use super::table::limits;

/// How long a timeout may be, in milliseconds: an hour at most.
const MS: RangeInclusive<u64> = 10..=3_600_000;

limits! {
    /// Time limits.
    Timeouts: u64;

    /// Shortest time that a poll without news is held.
    poll_hold_ms_min: milliseconds = 25_000, MS;
    /// Longest time that a poll without news is held.
    /// Each poll gets its own time between the two. Front ends in browsers give up after 40 seconds. A proxy must wait
    /// longer than this (`proxy_read_timeout` of nginx, `timeout server` of HAProxy).
    poll_hold_ms_max: milliseconds = 28_000, MS;
    /// A session that never polled, or whose poll was cut, ends after this.
    /// A page whose connection failed has this long to poll again.
    session_cut_ms: milliseconds = 8_000, MS;
    /// A session that does not poll again after an answer ends after this.
    /// Browsers slow hidden pages down to one poll a minute. A session also ends if the page of its stream does not
    /// acknowledge for this long; the page does so with every other empty event (`poll_hold_ms_max`) at the latest.
    session_idle_ms: milliseconds = 75_000, MS;
    /// A user stays online this long after the last session ended.
    /// So other users do not see a change of page.
    linger_ms: milliseconds = 8_000, MS;
    /// A kept-alive connection without a request is closed after this.
    /// A proxy must close its idle connections to the server earlier.
    idle_ms: milliseconds = 90_000, MS;
    /// The head of a request must arrive within this.
    head_ms: milliseconds = 20_000, MS;
    /// The body of a request must arrive within this, after its head.
    body_ms: milliseconds = 60_000, MS;
    /// A client that takes no byte of its answer for this long is cut off.
    write_ms: milliseconds = 30_000, MS;
    /// A client that has not taken its whole answer after this is cut off.
    /// This bounds clients that take an answer a few bytes at a time.
    answer_ms: milliseconds = 120_000, MS;
    /// A call waits this long for shards that do not answer.
    /// The answer then lacks the part of those shards.
    gather_ms: milliseconds = 2_000, MS;
    /// A server that shuts down waits this long for calls and connections.
    /// After that it waits as long again for sites that take back undelivered messages.
    drain_ms: milliseconds = 5_000, MS;
    /// Longest time that a shard may spend on polls that come at once.
    /// After a broadcast, many pages poll at once. Above this time, the server asks pages to wait before they poll.
    storm_ms: milliseconds = 50, MS;
    /// An undelivered message waits this long for its site.
    /// After that it is lost, and counted in `nextim_undelivered_lost_total`. See `undelivered_url`.
    undelivered_ms: milliseconds = 600_000, MS;
}

limits! {
    /// Limits of sizes, numbers and rates.
    Limits: usize;

    /// Longest body of a message.
    /// It must fit 3 times into `body_bytes` and 6 times into `queue_bytes`, because forms and JSON make a text longer.
    message_bytes: bytes = 32_768, 1..=1_048_576;
    /// Longest body of a request.
    body_bytes: bytes = 131_072, 1..=4_194_304;
    /// Longest body of `/presences/online` and `/onlines`.
    /// These requests carry whole buddy lists.
    list_body_bytes: bytes = 524_288, 1..=8_388_608;
    /// Most buddies that are read from one call.
    /// The others are ignored, and the answer is marked as truncated.
    buddies_per_call: buddies = 2_000, 1..=20_000;
    /// Most rooms that are read from one call.
    /// The others are ignored, and the answer is marked as truncated.
    rooms_per_call: rooms = 500, 1..=5_000;
    /// Most buddies of one user that are online.
    roster_links: buddies = 4_000, 1..=40_000;
    /// Most rooms of one user.
    rooms_per_user: rooms = 2_000, 1..=20_000;
    /// Most sessions (open pages) of one user.
    /// If one more is opened, the session that has been idle longest ends.
    sessions_per_user: sessions = 32, 1..=1_024;
    /// Most messages that wait for one session.
    /// A session that cannot take the next message ends.
    queue_messages: messages = 1_000, 1..=100_000;
    /// Most bytes of messages that wait for one session.
    queue_bytes: bytes = 262_144, 1..=16_777_216;
    /// Most connections of one shard; 0: as the limit of open files allows.
    connections_per_shard: connections = 0, 0..=1_000_000;
    // The default is about what two cores can bring online; it is there for the moment when all pages come back.
    /// Most connections accepted in a second, by all shards; 0: no limit.
    /// The others wait in the kernel.
    accepts_per_second: connections = 20_000, 0..=1_000_000;
    // A university behind one address has a few thousand pages open; and of the connections a server is planned for
    // (`CONNECTIONS_WANTED`), one address can take a tenth.
    /// Most connections from one address; 0: no limit.
    /// The addresses of one IPv6 network (/64) count as one address.
    connections_per_address: connections = 10_000, 0..=1_000_000;
    // Those pages poll a few hundred times a second. It takes some forty such addresses to keep a core busy.
    /// Most requests in a second from one address; 0: no limit.
    /// Up to ten seconds' worth may come at once. Calls with a valid apikey do not count.
    requests_per_second_per_address: requests = 1_000, 0..=1_000_000;
    // A broadcast to 100,000 pages holds some twenty megabytes until they have polled again; 30,000 users fill it if
    // none of them polls and each is sent the longest message.
    /// Most memory for everything that waits.
    /// This is for unfinished requests, answers that clients have not taken, packets that browsers have not
    /// acknowledged, and mail between shards. Each shard has an equal share. On a shard, each domain may hold as
    /// much as is free. Unfinished requests, and answers to clients without a domain, may together hold a quarter.
    memory_bytes: bytes = 1_073_741_824, 1_048_576..=1_099_511_627_776;
    /// Most bytes of undelivered messages that are kept for one domain.
    /// They are kept while its site does not take them back.
    undelivered_bytes: bytes = 16_777_216, 1..=1_073_741_824;
}

/// How much longer a text becomes in a form: three characters for a byte.
pub(crate) const FORM_GROWTH: usize = 3;
/// How much longer a text becomes in JSON: six characters for `<` and control characters.
pub(crate) const JSON_GROWTH: usize = 6;

/// Longest configuration file, in bytes: tens of thousands of domains with all their settings.
pub(crate) const CONFIG_BYTES_MAX: u64 = 16 * 1_024 * 1_024;
/// Longest file of one domain, in bytes: a thousand origins fit.
pub(crate) const DOMAIN_FILE_BYTES_MAX: u64 = 64 * 1_024;
/// Longest beginning of the name of such a file that the command makes from the name of a domain, in bytes.
pub(crate) const DOMAIN_FILE_NAME_BYTES_MAX: usize = 200;
/// Most files in the directory of domains.
pub(crate) const DOMAIN_FILES_MAX: usize = 1_000_000;
/// After this many problems in files of domains no more are looked for.
pub(crate) const DOMAIN_PROBLEMS_MAX: usize = 20;
/// Most addresses to listen on.
pub(crate) const LISTENERS_MAX: usize = 64;
/// Most shards of one process. A place has 16 bits, and every shard keeps a little for every other.
pub(crate) const SHARDS_MAX: usize = 256;
/// Highest `max_calls_per_second` of a domain.
pub(crate) const CALLS_PER_SECOND_MAX: u32 = 1_000_000;
/// Longest domain name and longest apikey, in bytes.
pub(crate) const CREDENTIAL_BYTES_MAX: usize = 256;
/// Longest `undelivered_url`, in bytes.
pub(crate) const URL_BYTES_MAX: usize = 2_048;
/// A server that other machines can reach warns of apikeys with fewer characters: 16 random letters have 75 bits.
pub(crate) const APIKEY_CHARS_ADVISED: usize = 16;
/// Front ends give up a poll after this, in milliseconds, so a hold as long as this is warned of.
pub(crate) const FRONT_END_POLL_MS: u64 = 40_000;
/// How often browsers let a hidden page poll, in milliseconds.
const HIDDEN_PAGE_POLL_MS: u64 = 60_000;

// A message fits into the body that carries it and into the queue that holds it, also when both are at their highest.
const _: () = assert!(Limits::DEFAULT.message_bytes * FORM_GROWTH < Limits::DEFAULT.body_bytes);
const _: () = assert!(Limits::DEFAULT.message_bytes * JSON_GROWTH < Limits::DEFAULT.queue_bytes);
const _: () = assert!(Limits::MAX.message_bytes * FORM_GROWTH < Limits::MAX.body_bytes);
const _: () = assert!(Limits::MAX.message_bytes * JSON_GROWTH < Limits::MAX.queue_bytes);
// A site can get back the longest message.
const _: () = assert!(Limits::DEFAULT.message_bytes < Limits::DEFAULT.undelivered_bytes);
const _: () = assert!(Limits::MAX.message_bytes < Limits::MAX.undelivered_bytes);
// Lists are longer than other bodies, and the least memory holds one of them.
const _: () = assert!(Limits::DEFAULT.body_bytes <= Limits::DEFAULT.list_body_bytes);
const _: () = assert!(Limits::MAX.body_bytes <= Limits::MAX.list_body_bytes);
const _: () = assert!(Limits::DEFAULT.list_body_bytes <= Limits::MIN.memory_bytes);
// One call cannot fill what a user may have.
const _: () = assert!(Limits::DEFAULT.buddies_per_call <= Limits::DEFAULT.roster_links);
const _: () = assert!(Limits::MAX.buddies_per_call <= Limits::MAX.roster_links);
const _: () = assert!(Limits::DEFAULT.rooms_per_call <= Limits::DEFAULT.rooms_per_user);
const _: () = assert!(Limits::MAX.rooms_per_call <= Limits::MAX.rooms_per_user);
// A user counts sessions in 16 bits; a queue counts packets and bytes in 32, with what it takes over from another
// queue.
const _: () = assert!(Limits::MAX.sessions_per_user < u16::MAX as usize);
const _: () = assert!(2 * Limits::MAX.queue_messages < u32::MAX as usize);
const _: () = assert!(2 * Limits::MAX.queue_bytes < u32::MAX as usize);
// An address counts connections in 32 bits.
const _: () = assert!(Limits::MAX.connections_per_address < u32::MAX as usize);

// A poll is answered before the browser gives it up, and a hidden page polls before its session ends.
const _: () = assert!(Timeouts::DEFAULT.poll_hold_ms_min <= Timeouts::DEFAULT.poll_hold_ms_max);
const _: () = assert!(Timeouts::DEFAULT.poll_hold_ms_max < FRONT_END_POLL_MS);
const _: () = assert!(Timeouts::DEFAULT.session_cut_ms < Timeouts::DEFAULT.session_idle_ms);
const _: () = assert!(HIDDEN_PAGE_POLL_MS < Timeouts::DEFAULT.session_idle_ms);
// The connection of a page is kept as long as its session.
const _: () = assert!(Timeouts::DEFAULT.session_idle_ms <= Timeouts::DEFAULT.idle_ms);
// A client may pause within the time for its whole answer.
const _: () = assert!(Timeouts::DEFAULT.write_ms < Timeouts::DEFAULT.answer_ms);
// Calls that wait for shards are answered before a drain ends.
const _: () = assert!(Timeouts::DEFAULT.gather_ms < Timeouts::DEFAULT.drain_ms);

// A place has 16 bits.
const _: () = assert!(SHARDS_MAX <= u16::MAX as usize);
const _: () = assert!(CREDENTIAL_BYTES_MAX <= u16::MAX as usize);
const _: () = assert!(APIKEY_CHARS_ADVISED < CREDENTIAL_BYTES_MAX);
// The name of a file may have 255 bytes; what makes it unique, and its ends while it is written, need some.
const _: () = assert!(DOMAIN_FILE_NAME_BYTES_MAX <= 255 - 32);
// A URL and its credentials fit many times into a file, and often enough into that of a domain.
const _: () = assert!((URL_BYTES_MAX + 8 * CREDENTIAL_BYTES_MAX) as u64 * 8 < DOMAIN_FILE_BYTES_MAX);
const _: () = assert!((URL_BYTES_MAX + 2 * CREDENTIAL_BYTES_MAX) as u64 * 1_024 < CONFIG_BYTES_MAX);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::limits::table::Setting;

    #[track_caller]
    fn check<T, N>(settings: &[Setting<T, N>]) {
        for Setting { name, unit, doc, .. } in settings {
            let suffixes = [
                ("_bytes", "bytes"),
                ("_ms", "milliseconds"),
                ("_ms_min", "milliseconds"),
                ("_ms_max", "milliseconds"),
            ];
            for (_, of_suffix) in suffixes.into_iter().filter(|(suffix, _)| name.ends_with(suffix)) {
                assert_eq!(*unit, of_suffix, "{name}");
            }
            assert!(doc[0].ends_with('.') && doc[0].len() <= 70, "{name}: {:?} is no summary", doc[0]);
        }
    }

    #[test]
    fn units_are_in_the_names_and_summaries_are_short() {
        check(Limits::SETTINGS);
        check(Timeouts::SETTINGS);
    }

    #[test]
    fn a_setting_is_the_field_of_its_name() {
        let mut limits = Limits::DEFAULT;
        for (number, setting) in Limits::SETTINGS.iter().enumerate() {
            *(setting.field)(&mut limits) = number;
        }
        let shown = format!("{limits:?}");
        for (number, setting) in Limits::SETTINGS.iter().enumerate() {
            assert!(shown.contains(&format!(" {}: {number}", setting.name)), "{shown}");
        }
    }
}
