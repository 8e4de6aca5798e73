//! The text and the name of the file of a domain.
//!
//! Owns: how they are written. Must not: touch the disk.

use std::fmt::Write;

use crate::base::domains::DomainConfig;
use crate::base::limits::settings::DOMAIN_FILE_NAME_BYTES_MAX;

/// The text of a new file. It has only what is not the default.
pub(super) fn of_domain(domain: &DomainConfig) -> String {
    let DomainConfig {
        name,
        apikeys,
        origins,
        max_users,
        max_sessions,
        max_calls_per_second,
        undelivered_url,
    } = domain;
    let mut text = format!("name = {}\napikeys = {}\n", quoted(name), list(apikeys));
    let mut add = |line: String| writeln!(text, "{line}").expect("a string takes all");
    if !origins.is_empty() {
        add(format!("origins = {}", list(origins)));
    }
    if *max_users != u32::MAX {
        add(format!("max_users = {max_users}"));
    }
    if *max_sessions != u32::MAX {
        add(format!("max_sessions = {max_sessions}"));
    }
    if *max_calls_per_second != 0 {
        add(format!("max_calls_per_second = {max_calls_per_second}"));
    }
    if let Some(url) = undelivered_url {
        add(format!("undelivered_url = {}", quoted(url)));
    }
    text
}

/// A list of texts, as the file has it.
pub(super) fn list(texts: &[String]) -> String {
    let quoted: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
    format!("[{}]", quoted.join(", "))
}

/// A text in quotes. Checked values have no control characters.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The beginning of the name of a file for a domain of this name. Small letters, digits, `.`, `-` and `_` stay, if
/// they do not stand at the beginning; every other byte is percent-encoded, so nothing leads out of the directory. The
/// end of a long name is left out.
pub(super) fn file_stem(name: &str) -> String {
    let mut stem = String::new();
    for byte in name.bytes() {
        let is_plain = byte.is_ascii_lowercase() || byte.is_ascii_digit();
        if is_plain || !stem.is_empty() && b".-_".contains(&byte) {
            stem.push(char::from(byte));
        } else {
            write!(stem, "%{byte:02x}").expect("a string takes all");
        }
        if stem.len() + 3 > DOMAIN_FILE_NAME_BYTES_MAX {
            break;
        }
    }
    stem
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::file::read_domain;

    #[test]
    fn a_text_is_read_as_the_domain() {
        let plain = DomainConfig::new("a.example", "key");
        assert_eq!(of_domain(&plain), "name = \"a.example\"\napikeys = [\"key\"]\n");
        let full = DomainConfig {
            apikeys: vec!["\\\"[]#='".to_owned(), "k".to_owned()],
            origins: vec!["https://a.example".to_owned(), "https://b.example".to_owned()],
            max_users: 7,
            max_sessions: 9,
            max_calls_per_second: 8,
            undelivered_url: Some("https://a.example/back?'a'".to_owned()),
            ..DomainConfig::new("\"社区\\", "")
        };
        for domain in [plain, full] {
            let read = read_domain(&of_domain(&domain)).ok().map(|read| read.domain);
            assert_eq!(read, Some(domain));
        }
    }

    #[test]
    fn no_name_leads_out_of_the_directory() {
        let check = |name: &str, expected: &str| assert_eq!(file_stem(name), expected);
        check("forum.example", "forum.example");
        check("a-b_c.9", "a-b_c.9");
        check("..", "%2e.");
        check(".hidden", "%2ehidden");
        check("-rf", "%2drf");
        check("../etc/passwd", "%2e.%2fetc%2fpasswd");
        check("Forum", "%46orum");
        check("a b\u{7f}~", "a%20b%7f%7e");
        check("社", "%e7%a4%be");
        let longest = file_stem(&"社".repeat(85));
        assert!(
            longest.len() <= DOMAIN_FILE_NAME_BYTES_MAX
                && longest.ends_with(|last: char| last.is_ascii_hexdigit())
        );
    }
}
