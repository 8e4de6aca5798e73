//! What a single value must look like.
//!
//! Owns: the reading of one typed text, the same for flags, environment and file. Must not: repeat the text in an
//! error. It may be an apikey in the wrong place, and errors are printed.

use std::net::{Ipv6Addr, SocketAddr};
use std::path::PathBuf;

use log::LevelFilter;

use crate::base::limits::settings::{CALLS_PER_SECOND_MAX, CREDENTIAL_BYTES_MAX, SHARDS_MAX, URL_BYTES_MAX};
use crate::base::ranges::AddressRange;
use crate::ops::logging::Format;

/// A value, or a sentence on what is wrong with the text.
pub(super) type ValueResult<T> = Result<T, String>;

/// `ADDR:PORT`. Host names are not looked up: the addresses of a server must not depend on a resolver.
pub(super) fn address(text: &str) -> ValueResult<SocketAddr> {
    let wrong = "must be ADDR:PORT with a numeric address, such as 127.0.0.1:8000 or [::1]:8000";
    text.parse().map_err(|_| wrong.to_owned())
}

pub(super) fn shards(text: &str) -> ValueResult<u16> {
    let number = text.parse().ok().filter(|number| (1..=SHARDS_MAX).contains(&usize::from(*number)));
    number.ok_or_else(|| whole_number(1, SHARDS_MAX))
}

pub(super) fn calls_per_second(text: &str) -> ValueResult<u32> {
    let number = text.parse().ok().filter(|number| *number <= CALLS_PER_SECOND_MAX);
    number.ok_or_else(|| whole_number(0, CALLS_PER_SECOND_MAX))
}

/// The error for a number that is not within `min` and `max`.
pub(super) fn whole_number(min: impl std::fmt::Display, max: impl std::fmt::Display) -> String {
    format!("must be a whole number from {min} to {max}")
}

pub(super) fn range(text: &str) -> ValueResult<AddressRange> {
    let wrong = "must be an address or a range of addresses, such as ::1 or 10.0.0.0/8";
    text.parse().map_err(|_| wrong.to_owned())
}

pub(super) fn level(text: &str) -> ValueResult<LevelFilter> {
    text.parse().map_err(|_| "must be off, error, warn, info, debug or trace".to_owned())
}

pub(super) fn log_format(text: &str) -> ValueResult<Format> {
    Format::named(text).ok_or_else(|| "must be text or json".to_owned())
}

pub(super) fn host(text: &str) -> ValueResult<String> {
    if text.contains([':', '[']) || !is_host_and_port(text) {
        return Err("must be a host name without a port".to_owned());
    }
    Ok(text.to_ascii_lowercase())
}

/// The URL at which browsers reach the server. Paths are appended to it, so it ends without a slash.
pub(super) fn public_url(text: &str) -> ValueResult<String> {
    if after_host(text)?.contains(['?', '#']) {
        return Err("must have no query and no fragment".to_owned());
    }
    Ok(text.trim_end_matches('/').to_owned())
}

/// The URL that takes back undelivered messages. It is used as it is. Credentials have no place in it: every request
/// carries the domain and its apikey.
pub(super) fn undelivered_url(text: &str) -> ValueResult<String> {
    if text.len() > URL_BYTES_MAX {
        return Err(format!("must not be longer than {URL_BYTES_MAX} bytes"));
    }
    // Of printable ASCII, these have no place in a URL as it is sent (RFC 3986, appendix A).
    if after_host(text)?.bytes().any(|byte| b"#\"<>\\^`{|}".contains(&byte)) {
        return Err("must have no fragment, and be percent-encoded where needed".to_owned());
    }
    Ok(text.to_owned())
}

/// The path, query and fragment of an http URL.
fn after_host(text: &str) -> ValueResult<&str> {
    let Some(rest) = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")) else {
        return Err("must start with http:// or https://".to_owned());
    };
    let (host, after) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    if !is_host_and_port(host) {
        return Err("must have a host, and a port if any, after ://".to_owned());
    }
    if !after.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("must be printable ASCII without spaces".to_owned());
    }
    Ok(after)
}

/// The path of a file or a directory.
pub(super) fn path(text: &str) -> ValueResult<PathBuf> {
    if text.is_empty() || text.contains(char::is_control) {
        return Err("must be a path, without control characters".to_owned());
    }
    Ok(PathBuf::from(text))
}

pub(super) fn domain_name(text: &str) -> ValueResult<String> {
    if text.contains(':') {
        return Err("must not contain a colon, where Basic authentication splits".to_owned());
    }
    credential(text)
}

pub(super) fn apikey(text: &str) -> ValueResult<String> {
    credential(text)
}

fn credential(text: &str) -> ValueResult<String> {
    if text.is_empty() {
        return Err("must not be empty".to_owned());
    }
    if text.len() > CREDENTIAL_BYTES_MAX {
        return Err(format!("must not be longer than {CREDENTIAL_BYTES_MAX} bytes"));
    }
    if text.chars().any(char::is_control) {
        return Err("must not contain control characters".to_owned());
    }
    Ok(text.to_owned())
}

/// An origin as browsers send it: `scheme://host[:port]` (RFC 6454, section 6.2).
pub(super) fn origin(text: &str) -> ValueResult<String> {
    if !text.is_ascii() {
        return Err("must be ASCII; international host names are written in their xn-- form".to_owned());
    }
    match text.split_once("://") {
        Some((scheme, host)) if is_scheme(scheme) && is_host_and_port(host) => Ok(text.to_owned()),
        Some(_) | None => Err("must be scheme://host or scheme://host:port, without a path".to_owned()),
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

fn is_host_and_port(text: &str) -> bool {
    if let Some(bracketed) = text.strip_prefix('[') {
        return bracketed.split_once(']').is_some_and(|(host, rest)| {
            host.parse::<Ipv6Addr>().is_ok()
                && (rest.is_empty() || rest.strip_prefix(':').is_some_and(is_port))
        });
    }
    let (host, port) = text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port)));
    !host.is_empty()
        && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
        && port.is_none_or(is_port)
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks that `read` gives each value, or refuses the text where it is `None`.
    fn check(read: impl Fn(&str) -> ValueResult<String>, table: &[(&str, Option<&str>)]) {
        for (text, expected) in table {
            assert_eq!(read(text).ok().as_deref(), *expected, "{text:?}");
        }
    }

    #[test]
    fn addresses_shards_and_levels() {
        check(
            |text| address(text).map(|address| address.to_string()),
            &[
                ("127.0.0.1:0", Some("127.0.0.1:0")),
                ("[::1]:8000", Some("[::1]:8000")),
                ("localhost:8000", None),
                ("127.0.0.1", None),
                (":8000", None),
                ("127.0.0.1:65536", None),
                ("", None),
            ],
        );
        check(
            |text| shards(text).map(|shards| shards.to_string()),
            &[("1", Some("1")), ("256", Some("256")), ("0", None), ("257", None), ("-1", None), ("", None)],
        );
        check(
            |text| level(text).map(|level| level.to_string()),
            &[("off", Some("OFF")), ("Debug", Some("DEBUG")), ("all", None), ("", None)],
        );
    }

    #[test]
    fn public_urls() {
        check(
            public_url,
            &[
                ("https://im.example/", Some("https://im.example")),
                ("http://im.example:8000/chat//", Some("http://im.example:8000/chat")),
                ("http://[::1]:8000", Some("http://[::1]:8000")),
                ("im.example", None),
                ("ftp://im.example", None),
                ("https://", None),
                ("https:///chat", None),
                ("https://im.example?a=b", None),
                ("https://im.example/#a", None),
                ("https://user@im.example", None),
                ("https://im.example/a b", None),
                ("https://im.example:http", None),
                ("https://聊天.example", None),
            ],
        );
    }

    #[test]
    fn undelivered_urls() {
        let longest = format!("http://a/{}", "x".repeat(URL_BYTES_MAX - 9));
        let too_long = format!("{longest}x");
        check(
            undelivered_url,
            &[
                ("https://forum.example/webim/undelivered", Some("https://forum.example/webim/undelivered")),
                ("http://127.0.0.1:8080/im.php?do=back", Some("http://127.0.0.1:8080/im.php?do=back")),
                ("http://[::1]/", Some("http://[::1]/")),
                ("http://forum.example", Some("http://forum.example")),
                (&longest, Some(&longest)),
                (&too_long, None),
                ("forum.example/back", None),
                ("ftp://forum.example", None),
                ("https://", None),
                ("https://user:key@forum.example/back", None),
                ("https://forum.example/#back", None),
                ("https://forum.example/a b", None),
                ("https://forum.example/{a}", None),
                ("https://forum.example/返", None),
                ("", None),
            ],
        );
    }

    #[test]
    fn names_and_keys() {
        let longest = "a".repeat(CREDENTIAL_BYTES_MAX);
        let too_long = "a".repeat(CREDENTIAL_BYTES_MAX + 1);
        check(
            domain_name,
            &[("a.example", Some("a.example")), ("社区", Some("社区")), ("a:b", None), ("", None)],
        );
        check(
            apikey,
            &[
                ("a:b", Some("a:b")),
                (&longest, Some(&longest)),
                (&too_long, None),
                ("", None),
                ("a\tb", None),
            ],
        );
    }

    #[test]
    fn origins() {
        check(
            origin,
            &[
                ("https://a.example", Some("https://a.example")),
                ("http://localhost:8080", Some("http://localhost:8080")),
                ("http://[::1]:8080", Some("http://[::1]:8080")),
                ("chrome-extension://abc", Some("chrome-extension://abc")),
                ("https://a.example/", None),
                ("https://a.example:", None),
                ("https://a.example:+80", None),
                ("https://[::1", None),
                ("https://*.example", None),
                ("https://社区.example", None),
                ("://a.example", None),
                ("1a://a.example", None),
                ("a.example", None),
                ("*", None),
                ("null", None),
                ("", None),
            ],
        );
    }
}
