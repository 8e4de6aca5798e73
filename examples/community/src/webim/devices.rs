//! Clients of XMPP: the operator's choices, the addresses of users, and how often logging in may fail.
//!
//! Owns: these values. Must not: use `Records`, or check a password.

use super::limits::{CHAT_FAILURES_ADDRESS, CHAT_FAILURES_ALL, CHAT_FAILURES_REFILL, CHAT_FAILURES_USER};
use crate::buckets::Buckets;

/// Characters that an address cannot have before its `@`, and how XEP-0106 writes them.
const ESCAPES: [(char, &str); 9] = [
    (' ', "20"),
    ('"', "22"),
    ('&', "26"),
    ('\'', "27"),
    ('/', "2f"),
    (':', "3a"),
    ('<', "3c"),
    ('>', "3e"),
    ('@', "40"),
];

/// For which users clients of XMPP are, and under which address.
#[derive(Clone, Debug)]
pub struct Xmpp {
    /// The domain that users log in to.
    pub domain: String,
    /// Whether administrators only may use clients.
    pub admins_only: bool,
}

impl Xmpp {
    /// The address that a user logs in with.
    pub fn address(&self, user: &str) -> String {
        format!("{}@{}", escape(user), self.domain)
    }

    pub(super) fn admits(&self, is_admin: bool) -> bool {
        is_admin || !self.admins_only
    }
}

/// XEP-0106: a name as it stands in an address.
fn escape(name: &str) -> String {
    let mut escaped = String::with_capacity(name.len());
    for (at, letter) in name.char_indices() {
        let code = ESCAPES.iter().find(|(plain, _)| *plain == letter).map(|(_, code)| *code);
        // A backslash is escaped only where it would be read as the beginning of an escape.
        let is_escape = || {
            let after = &name[at + letter.len_utf8()..];
            after.starts_with("5c") || ESCAPES.iter().any(|(_, code)| after.starts_with(code))
        };
        match code.or_else(|| (letter == '\\' && is_escape()).then_some("5c")) {
            Some(code) => escaped.extend(["\\", code]),
            None => escaped.push(letter),
        }
    }
    escaped
}

/// How often logging in may fail.
#[derive(Debug)]
pub(super) struct Failures {
    address: Buckets,
    all: Buckets,
    user: Buckets,
}

impl Default for Failures {
    fn default() -> Failures {
        let buckets = |size| Buckets::new(size, CHAT_FAILURES_REFILL);
        Failures {
            address: buckets(CHAT_FAILURES_ADDRESS),
            all: buckets(CHAT_FAILURES_ALL),
            user: buckets(CHAT_FAILURES_USER),
        }
    }
}

impl Failures {
    /// Counts a failure; false if there were too many. The coarse limits come first, so that a request they refuse leaves no
    /// bucket by its name.
    pub(super) fn count(&self, address: &str, user: &str) -> bool {
        let (by_address, in_all) = (self.address.take(address), self.all.take(""));
        by_address && in_all && self.user.take(user)
    }

    /// Takes a failure back, because it was none.
    pub(super) fn take_back(&self, address: &str, user: &str) {
        self.address.give_back(address);
        self.all.give_back("");
        self.user.give_back(user);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_escaped_as_addresses_have_them() {
        for (name, address) in [
            ("alice", "alice"),
            ("o'hara", "o\\27hara"),
            ("a b", "a\\20b"),
            ("你好", "你好"),
            ("a@b/c:d", "a\\40b\\2fc\\3ad"),
            ("\"&<>", "\\22\\26\\3c\\3e"),
            ("c:\\net", "c\\3a\\net"),
            ("a\\27", "a\\5c27"),
            ("a\\5c", "a\\5c5c"),
        ] {
            assert_eq!(escape(name), address, "{name}");
        }
    }

    #[test]
    fn failures_are_counted_by_address_by_user_and_in_all() {
        let failures = Failures::default();
        assert!((0..CHAT_FAILURES_ADDRESS).all(|n| failures.count("a", &n.to_string())));
        assert!(!failures.count("a", "x") && failures.count("b", "x"), "by address");
        let failures = Failures::default();
        assert!((0..CHAT_FAILURES_USER).all(|n| failures.count(&n.to_string(), "x")));
        assert!(!failures.count("a", "x") && failures.count("a", "y"), "by user");
        let failures = Failures::default();
        assert!((0..CHAT_FAILURES_ALL).all(|n| failures.count(&n.to_string(), &n.to_string())));
        assert!(!failures.count("a", "x"), "in all");
    }
}
