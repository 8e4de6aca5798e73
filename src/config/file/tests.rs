//! Files, and the problems of wrong ones.
//!
//! Owns: the table of mistakes. Must not: start a server.

use proptest::prelude::{Just, Strategy, any, prop_assert, proptest};
use proptest::sample::Index;

use super::*;

/// The problems of a file with this text.
fn problems(text: &str) -> Vec<String> {
    read(text).err().unwrap_or_default().iter().map(ToString::to_string).collect()
}

/// Checks the problems of each text, as `LINE: setting: what is wrong`.
fn check(table: &[(&str, &[&str])]) {
    for (text, expected) in table {
        assert_eq!(problems(text), *expected, "{text:?}");
    }
}

#[test]
fn everything_may_be_left_out() {
    let settings = read("").unwrap_or_default();
    assert!(settings.listen.is_none() && settings.shards.is_none() && settings.domains.is_none());
    assert_eq!((settings.limits, settings.timeouts), (Limits::DEFAULT, Timeouts::DEFAULT));
    check(&[("", &[]), ("# nothing", &[]), ("[limits]\n[timeouts]", &[]), ("\u{feff}shards = 1", &[])]);
}

#[test]
fn every_setting_is_read() {
    let text = r#"
        listen = ["127.0.0.1:8000", "[::1]:8000"]
        shards = 3
        public_url = "https://im.example/"
        log = "warn"
        exempt = ["10.0.0.0/8"]
        trusted_proxies = ["::1", "192.0.2.1"]
        timeouts.linger_ms = 9_000
        [limits]
        connections_per_shard = 0
        rooms_per_call = 0x10
        [[domain]]
        name = "a.example"
        apikeys = ["old", "new"]
        [[domain]]
        name = "b.example"
        apikeys = ["other"]
        origins = ["https://b.example"]
        max_users = 10
        max_sessions = 30
        max_calls_per_second = 500
        undelivered_url = "https://b.example/im?do=undelivered"
    "#;
    assert_eq!(problems(text), [""; 0]);
    let settings = read(text).unwrap_or_default();
    let (listen, location) = settings.listen.unwrap();
    assert_eq!((listen.len(), location.line), (2, Some(2)));
    assert_eq!((settings.shards, settings.log), (Some(3), Some(log::LevelFilter::Warn)));
    assert_eq!(settings.public_url.as_deref(), Some("https://im.example"));
    let ranges = (settings.exempt.unwrap(), settings.trusted_proxies.unwrap());
    assert_eq!((ranges.0.len(), ranges.1.len()), (1, 2));
    assert_eq!((settings.timeouts.linger_ms, settings.limits.rooms_per_call), (9_000, 16));
    let domains = settings.domains.unwrap();
    assert_eq!(domains[0].apikeys, ["old", "new"]);
    assert_eq!((domains[0].origins.len(), domains[0].max_users), (0, u32::MAX));
    assert_eq!((domains[1].origins[0].as_str(), domains[1].max_users), ("https://b.example", 10));
    assert_eq!((domains[0].max_sessions, domains[1].max_sessions), (u32::MAX, 30));
    assert_eq!((domains[0].max_calls_per_second, domains[1].max_calls_per_second), (0, 500));
    let urls = domains.iter().map(|domain| domain.undelivered_url.as_deref());
    assert_eq!(urls.collect::<Vec<_>>(), [None, Some("https://b.example/im?do=undelivered")]);
}

#[test]
fn names_and_types() {
    check(&[
        ("listen = ", &["1: syntax: string values must be quoted, expected literal string (column 10)"]),
        ("\nshards = 1\nshards = 2", &["3: syntax: duplicate key (column 1)"]),
        (
            "port = 1",
            &[concat!(
                "1: port: is not one of listen, shards, public_url, log, log_format, admin, admin_hosts, ",
                "exempt, trusted_proxies, domains_dir, pid_file, timeouts, limits, cluster, domain"
            )],
        ),
        (
            "\"Kx7/9\" = 1",
            &[concat!(
                "1: unknown setting: is not one of ",
                "listen, shards, public_url, log, log_format, admin, admin_hosts, ",
                "exempt, trusted_proxies, domains_dir, pid_file, timeouts, limits, cluster, domain"
            )],
        ),
        (
            "[[domain]]\nname = \"a\"\napikeys = [\"k\"]\napikey = \"k\"",
            &["4: domain.apikey: there is no such setting; did you mean apikeys?"],
        ),
        ("listen = \"127.0.0.1:1\"", &["1: listen: must be a list of strings in [ ]"]),
        ("listen = [8000]", &["1: listen: must be a string in quotes"]),
        ("log = 1", &["1: log: must be a string in quotes"]),
        ("exempt = \"::1\"", &["1: exempt: must be a list of strings in [ ]"]),
        ("limits = 1", &["1: limits: must be a table"]),
        ("[domain]\nname = \"a\"", &["1: domain: must be one or more tables, each under [[domain]]"]),
        ("domain = [\"a\"]", &["1: domain: must be a table"]),
        ("shards = \"1\"", &["1: shards: must be a whole number from 1 to 256"]),
        ("shards = 1.0", &["1: shards: must be a whole number from 1 to 256"]),
    ]);
    let problems = problems("[timeouts]\nlinger_ms = 1000\nx = 1");
    assert!(problems[0].starts_with("3: timeouts.x: is not one of poll_hold_ms_min, "), "{problems:?}");
}

#[test]
fn a_mistyped_name_is_answered_with_the_one_that_was_meant() {
    let check = |text: &str, expected: &str| check(&[(text, &[expected])]);
    check("lisen = 1", "1: lisen: there is no such setting; did you mean listen?");
    check("[limit]", "1: limit: there is no such setting; did you mean limits?");
    check("public-url = 1", "1: public-url: there is no such setting; did you mean public_url?");
    check("Listen = 1", "1: unknown setting: there is no such setting; did you mean listen?");
    check("[timeouts]\nlinger = 1", "2: timeouts.linger: there is no such setting; did you mean linger_ms?");
    check("[limits]\nmemory = 1", "2: limits.memory: there is no such setting; did you mean memory_bytes?");
    check("memory_bytes = 1", "1: memory_bytes: belongs under [limits]");
    check("[limits]\nlinger_ms = 1", "2: limits.linger_ms: belongs under [timeouts]");
    check("origins = []", "1: origins: belongs under [[domain]]");
    let domain = "[[domain]]\nname = \"a\"\napikeys = [\"k\"]\nshards = 2";
    check(domain, "4: domain.shards: belongs at the top of the file, above the first line in [ ]");
}

#[test]
fn numbers_that_are_none_of_ours() {
    let check = |text: &str, setting: &str, range: &str| {
        check(&[(text, &[&format!("1: {setting}: must be a whole number from {range}")])]);
    };
    for number in ["-1", "340282366920938463463374607431768211456", "1e3", "0.5", "nan", "inf", "true"] {
        check(&format!("shards = {number}"), "shards", "1 to 256");
        let memory = "1048576 to 1099511627776";
        check(&format!("limits.memory_bytes = {number}"), "limits.memory_bytes", memory);
        check(&format!("timeouts.linger_ms = {number}"), "timeouts.linger_ms", "10 to 3600000");
    }
}

#[test]
fn windows_writes_other_line_ends_and_a_mark_before_the_text() {
    let text = "\u{feff}shards = 2\r\n[limits]\r\nrooms_per_call = 7\r\n\r\n[[domain]]\r\nname = \"a\"\r\napikeys = [\r\n\"k\"]\r\n";
    assert_eq!(problems(text), [""; 0]);
    let settings = read(text).unwrap_or_default();
    assert_eq!((settings.shards, settings.limits.rooms_per_call), (Some(2), 7));
    assert_eq!(settings.domains.unwrap()[0].apikeys, ["k"]);
    check(&[(
        "\u{feff}shards = 2\r\nlog = 1\r\nport = 1\r\n",
        &[
            "2: log: must be a string in quotes",
            "3: port: is not one of listen, shards, public_url, log, log_format, admin, admin_hosts, exempt, trusted_proxies, domains_dir, pid_file, timeouts, limits, cluster, domain",
        ],
    )]);
}

#[test]
fn values() {
    check(&[
        ("listen = []", &["1: listen: must not be an empty list"]),
        (
            "exempt = []\ntrusted_proxies = [\"::1\", \"10.0.0.1/8\"]",
            &["2: trusted_proxies: must be an address or a range of addresses, such as ::1 or 10.0.0.0/8"],
        ),
        ("log = \"all\"", &["1: log: must be off, error, warn, info, debug or trace"]),
        ("log_format = \"xml\"", &["1: log_format: must be text or json"]),
        (
            "admin = \"8001\"",
            &["1: admin: must be ADDR:PORT with a numeric address, such as 127.0.0.1:8000 or [::1]:8000"],
        ),
        ("admin_hosts = [\"a.example:80\"]", &["1: admin_hosts: must be a host name without a port"]),
        ("admin_hosts = [\"im.internal\"]", &[]),
        ("shards = 257", &["1: shards: must be a whole number from 1 to 256"]),
        (
            "[limits]\nrooms_per_call = 0",
            &["2: limits.rooms_per_call: must be a whole number from 1 to 5000"],
        ),
        ("[limits]\nqueue_bytes = -1", &["2: limits.queue_bytes: must be a whole number from 1 to 16777216"]),
        ("[timeouts]\nidle_ms = 9", &["2: timeouts.idle_ms: must be a whole number from 10 to 3600000"]),
        (
            "[timeouts]\nidle_ms = 3_600_001\n\nhead_ms = 99999999999999999999",
            &[
                "2: timeouts.idle_ms: must be a whole number from 10 to 3600000",
                "4: timeouts.head_ms: must be a whole number from 10 to 3600000",
            ],
        ),
        (
            "[timeouts]\npoll_hold_ms_max = 24_999",
            &["2: timeouts.poll_hold_ms_min: must not be more than poll_hold_ms_max"],
        ),
        (
            "[timeouts]\npoll_hold_ms_min = 5\npoll_hold_ms_max = 50",
            &[
                "2: timeouts.poll_hold_ms_min: must be a whole number from 10 to 3600000",
                "3: timeouts.poll_hold_ms_min: must not be more than poll_hold_ms_max",
            ],
        ),
        (
            "[limits]\nmessage_bytes = 50_000",
            &[
                "2: limits.message_bytes: must fit 3 times into body_bytes",
                "2: limits.message_bytes: must fit 6 times into queue_bytes",
            ],
        ),
        (
            "[limits]\nqueue_bytes = 196_607\nmessage_bytes = 32_768",
            &["3: limits.message_bytes: must fit 6 times into queue_bytes"],
        ),
        ("[limits]\nqueue_bytes = 196_608\nmessage_bytes = 32_768", &[]),
    ]);
}

#[test]
fn domains() {
    check(&[
        ("domain = []", &["1: domain: must be one or more tables, each under [[domain]]"]),
        ("[[domain]]\nname = \"a\"", &["1: domain.apikeys: is missing"]),
        (
            "[[domain]]\nname = \"\"\napikeys = []",
            &["2: domain.name: must not be empty", "3: domain.apikeys: must not be an empty list"],
        ),
        (
            "[[domain]]\nname = \"a:b\"\napikeys = [\"k\",\n\"\\t\"]\nmax_users = 0",
            &[
                "2: domain.name: must not contain a colon, where Basic authentication splits",
                "4: domain.apikeys: must not contain control characters",
                "5: domain.max_users: must be a whole number from 1 to 4294967295",
            ],
        ),
        (
            "[[domain]]\nname = \"a\"\napikeys = [\"k\"]\n[[domain]]\nname = \"a\"\napikeys = [\"l\"]",
            &["5: domain.name: is also the name of another domain"],
        ),
        (
            "[[domain]]\nname = \"a\"\napikeys = [\"k\"]\norigins = [\"https://a/\"]",
            &["4: domain.origins: must be scheme://host or scheme://host:port, without a path"],
        ),
        (
            "[[domain]]\nname = \"a\"\napikeys = [\"k\"]\nundelivered_url = \"a/back\"",
            &["4: domain.undelivered_url: must start with http:// or https://"],
        ),
    ]);
}

const KEY: &str = "K7xQ2mZ9pL4v";
const WITH_KEY: &str =
    "log = \"info\"\n[[domain]]\nname = \"a\"\napikeys = [\"K7xQ2mZ9pL4v\"]\norigins = []\n";

/// The text with a few characters taken out, put in or put over others.
fn damaged() -> impl Strategy<Value = String> {
    let damage = (any::<Index>(), 0..2_usize, "[\\PC\n\"'\\[\\]{}=.,#\\\\]?");
    (Just(WITH_KEY), proptest::collection::vec(damage, 1..4)).prop_map(|(text, damages)| {
        damages.into_iter().fold(text.to_owned(), |text, (at, taken, put)| {
            let chars: Vec<char> = text.chars().collect();
            let at = at.index(chars.len());
            let after = chars.iter().skip(at + taken);
            chars.iter().take(at).copied().chain(put.chars()).chain(after.copied()).collect()
        })
    })
}

proptest! {
    #[test]
    fn no_problem_repeats_a_key(text in damaged()) {
        for problem in problems(&text) {
            for start in 0..=KEY.len() - 6 {
                prop_assert!(!problem.contains(&KEY[start..start + 6]), "{problem}");
            }
        }
    }
}
