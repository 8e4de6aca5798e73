//! Hosts: the values of `Host`, and the part between the scheme and the path of an absolute target.
//!
//! Owns: the form of a host and its port. Must not: name a host, or look one up.

/// Whether this is a host, with or without a port behind a colon (RFC 9110 section 7.2).
///
/// A name may hold any byte that no reader takes for its end. A user before the host is not a part of a host (RFC 9110
/// section 4.2.4).
pub(super) fn is_host(text: &[u8]) -> bool {
    let (host, port) = match text.iter().rposition(|byte| matches!(byte, b':' | b']')) {
        Some(at) if text[at] == b':' => (&text[..at], &text[at + 1..]),
        Some(_) | None => (text, &[][..]),
    };
    let address = host.strip_prefix(b"[").and_then(|rest| rest.strip_suffix(b"]"));
    let (name, ends) = address.map_or((host, ENDS_NAME | ENDS_ADDRESS), |address| (address, ENDS_ADDRESS));
    !name.is_empty() && meanings(name) & ends == 0 && port.iter().all(u8::is_ascii_digit)
}

/// The byte cannot stand in a name.
const ENDS_NAME: u8 = 1;
/// The byte can stand neither in a name nor in an address between brackets.
const ENDS_ADDRESS: u8 = 2;

/// The meanings of all these bytes together. Every request has a host, so each byte is looked up in a table.
fn meanings(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |meanings, byte| meanings | MEANING[usize::from(*byte)])
}

const MEANING: [u8; 256] = {
    let mut meaning = [0; 256];
    let mut byte = 0;
    while byte <= b' ' {
        meaning[byte as usize] = ENDS_ADDRESS;
        byte += 1;
    }
    let others = b"/?#\\@,[]\x7f";
    let mut at = 0;
    while at < others.len() {
        meaning[others[at] as usize] = ENDS_ADDRESS;
        at += 1;
    }
    meaning[b':' as usize] = ENDS_NAME;
    meaning
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_has_a_name_and_at_most_a_port() {
        for good in [
            "a",
            "im.example",
            "im.example:8000",
            "im.example:",
            "A_b-c",
            "127.0.0.1:80",
            "[::1]",
            "[::1]:8000",
            "[fe80::1%25eth0]:80",
            "\u{4f60}.example",
            "a%20b",
        ] {
            assert!(is_host(good.as_bytes()), "{good:?}");
        }
        for bad in [
            "",
            ":",
            ":80",
            "[]",
            "[]:80",
            "[::1",
            "::1]",
            "[",
            "]",
            "[[::1]]",
            "[::1]a",
            "a[::1]",
            "[::1]a:80",
            "[::1]:a",
            "[::1]:80:80",
            "::1",
            "a:b",
            "a:80:80",
            "a:+80",
            "a:-1",
            "a:8a",
            "a: 80",
            "a b",
            "a\tb",
            "a/",
            "/",
            "a?b",
            "a#b",
            "a\\b",
            "a@b",
            "u:p@a",
            "@a",
            "@",
            "[u@::1]",
            "a,b",
            ",",
            "http://a",
            "a\u{1}",
            "a\u{7f}",
            "a\0",
        ] {
            assert!(!is_host(bad.as_bytes()), "{bad:?}");
        }
    }
}
