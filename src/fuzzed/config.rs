//! The configuration file.
//!
//! Owns: the rules for an accepted configuration, and a writer of files. Must not: touch the disk.

use std::collections::HashSet;
use std::fmt::{Debug, Write as _};

use crate::base::limits::settings::{CREDENTIAL_BYTES_MAX, FORM_GROWTH, JSON_GROWTH, SHARDS_MAX};
use crate::base::limits::{Limits, Timeouts};
use crate::config::{APIKEY_DEFAULT, Config};
use crate::ops::logging::Format;

/// A key that stands in the examples; no message may hold this many bytes of it.
const KEY: &str = "K7xQ2mZ9pL4v";
const TELLING_BYTES: usize = 6;

/// A text is a configuration within all limits, and the same when it is written again; or it has problems, each of which is
/// one line without a key.
pub fn config(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match text.parse::<Config>() {
        Ok(config) => {
            is_within_limits(&config);
            let again = written(&config).parse::<Config>();
            assert_eq!(again.as_ref(), Ok(&config));
        }
        Err(error) => {
            assert!(error.problems().count() > 0);
            for problem in error.problems() {
                assert!(!problem.chars().any(char::is_control), "{problem:?}");
                for start in 0..=KEY.len() - TELLING_BYTES {
                    assert!(!problem.contains(&KEY[start..start + TELLING_BYTES]), "{problem}");
                }
            }
        }
    }
}

fn is_within_limits(config: &Config) {
    assert!(!config.listen.is_empty() && !config.domains.is_empty());
    assert!(config.shards.is_none_or(|shards| (1..=SHARDS_MAX).contains(&usize::from(shards))));
    let (limits, timeouts) = (&config.limits, &config.timeouts);
    let numbers_and_bounds = [
        (numbers(limits), numbers(&Limits::MIN), numbers(&Limits::MAX)),
        (numbers(timeouts), numbers(&Timeouts::MIN), numbers(&Timeouts::MAX)),
    ];
    for (values, least, most) in numbers_and_bounds {
        for (((name, value), (_, min)), (_, max)) in values.into_iter().zip(least).zip(most) {
            assert!((min..=max).contains(&value), "{name}");
        }
    }
    assert!(timeouts.poll_hold_ms_min <= timeouts.poll_hold_ms_max);
    assert!(limits.message_bytes * FORM_GROWTH <= limits.body_bytes);
    assert!(limits.message_bytes * JSON_GROWTH <= limits.queue_bytes);
    let url = config.public_url.as_deref().unwrap_or("http://a");
    assert!(
        url.starts_with("http") && !url.ends_with('/') && url.bytes().all(|byte| byte.is_ascii_graphic())
    );
    let mut names = HashSet::new();
    let exposed = config.listen.iter().any(|address| !address.ip().to_canonical().is_loopback());
    for domain in &config.domains {
        assert!(names.insert(&domain.name) && !domain.name.contains(':') && domain.max_users > 0);
        assert!(!domain.apikeys.is_empty());
        for credential in domain.apikeys.iter().chain([&domain.name]) {
            assert!((1..=CREDENTIAL_BYTES_MAX).contains(&credential.len()));
            assert!(!credential.chars().any(char::is_control));
        }
        assert!(!exposed || domain.apikeys.iter().all(|key| key != APIKEY_DEFAULT));
        for origin in &domain.origins {
            assert!(origin.bytes().all(|byte| byte.is_ascii_graphic()) && origin.contains("://"), "{origin}");
        }
    }
}

/// The fields of a struct of numbers, as its `Debug` shows them.
fn numbers(of: &impl Debug) -> Vec<(String, u64)> {
    let shown = format!("{of:?}");
    let (_, fields) = shown.split_once('{').expect("a struct");
    let fields = fields.trim_end_matches('}').split(',').map(|field| {
        let (name, value) = field.split_once(':').expect("a field");
        (name.trim().to_owned(), value.trim().parse().expect("a number"))
    });
    fields.collect()
}

/// The file of a configuration.
fn written(config: &Config) -> String {
    let quoted = |text: &str| serde_json::to_string(text).expect("text can be JSON");
    let list = |texts: &[String]| texts.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(", ");
    let listen: Vec<String> = config.listen.iter().map(ToString::to_string).collect();
    let mut text = format!("listen = [{}]\nlog = {}\n", list(&listen), quoted(config.log.as_str()));
    let mut line = |args: std::fmt::Arguments<'_>| writeln!(text, "{args}").expect("a string takes all");
    let format = match config.log_format {
        Format::Text => "text",
        Format::Json => "json",
    };
    line(format_args!("log_format = {}\nadmin_hosts = [{}]", quoted(format), list(&config.admin_hosts)));
    for (name, ranges) in [("exempt", &config.exempt), ("trusted_proxies", &config.trusted_proxies)] {
        let ranges: Vec<String> = ranges.iter().map(ToString::to_string).collect();
        line(format_args!("{name} = [{}]", list(&ranges)));
    }
    if let Some(admin) = config.admin {
        line(format_args!("admin = {}", quoted(&admin.to_string())));
    }
    if let Some(shards) = config.shards {
        line(format_args!("shards = {shards}"));
    }
    if let Some(url) = &config.public_url {
        line(format_args!("public_url = {}", quoted(url)));
    }
    for (table, fields) in [("limits", numbers(&config.limits)), ("timeouts", numbers(&config.timeouts))] {
        line(format_args!("[{table}]"));
        for (name, value) in fields {
            line(format_args!("{name} = {value}"));
        }
    }
    for domain in &config.domains {
        line(format_args!(
            "[[domain]]\nname = {}\napikeys = [{}]",
            quoted(&domain.name),
            list(&domain.apikeys)
        ));
        line(format_args!("origins = [{}]\nmax_users = {}", list(&domain.origins), domain.max_users));
        if domain.max_sessions != u32::MAX {
            line(format_args!("max_sessions = {}", domain.max_sessions));
        }
        if domain.max_calls_per_second > 0 {
            line(format_args!("max_calls_per_second = {}", domain.max_calls_per_second));
        }
        if let Some(url) = &domain.undelivered_url {
            line(format_args!("undelivered_url = {}", quoted(url)));
        }
    }
    text
}
