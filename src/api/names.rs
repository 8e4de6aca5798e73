//! Names and lists of names.
//!
//! Owns: what may be a name, and the three ways to write a list of them. Must not: know whose names they are.

use std::borrow::Cow;

use ahash::RandomState;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

use super::params::{Param, Params};
use crate::http::flat::{self, Value};
use crate::http::response::Rejection;
use crate::router::call::Text;

/// What names of the XMPP gateway begin with.
const GATEWAY: &str = "xmpp:";

/// Whether `text` may be the name of a user or a room.
pub(super) fn is_name(text: &str, bytes_max: usize) -> bool {
    !text.is_empty()
        && text.len() <= bytes_max
        && !text.starts_with(GATEWAY)
        && !text.chars().any(|char| char == ',' || char.is_control())
}

/// What to take from a list.
#[derive(Clone, Copy)]
pub(super) struct Rules<'r> {
    /// Longest name, in bytes.
    pub(super) bytes_max: usize,
    /// Most names; more are ignored.
    pub(super) count_max: usize,
    /// A name that does not belong there.
    pub(super) except: &'r str,
    /// Random bits that key the hash duplicates are found by, so that nobody can choose names that collide.
    pub(super) secret: [u8; 16],
}

/// A list that was read: no name is twice in it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Names<'a> {
    /// The names, in order.
    pub(super) names: Vec<Text<'a>>,
    /// Whether some were ignored for being too many.
    pub(super) truncated: bool,
}

/// Reads the list `param`; `None` if there is none.
pub(super) fn list<'a>(
    params: &mut Params<'a>,
    param: Param,
    rules: &Rules<'_>,
) -> Result<Option<Names<'a>>, Rejection> {
    let Some(text) = params.said(param) else { return Ok(None) };
    let names = match text {
        Cow::Borrowed(text) => read(text, rules),
        Cow::Owned(text) => read(&text, rules).map(|found| Names {
            names: found.names.into_iter().map(|name| Cow::Owned(name.into_owned())).collect(),
            truncated: found.truncated,
        }),
    };
    names.map(Some).ok_or(Rejection::bad(param.name()))
}

fn read<'t>(text: &'t str, rules: &Rules<'_>) -> Option<Names<'t>> {
    let text = text.trim();
    match text.as_bytes().first() {
        Some(b'[') => {
            let items = flat::array(text).ok()?.into_iter().map(|item| match item {
                Value::Text(name) => Some(name),
                Value::Nested(_) | Value::Literal | Value::BadText => None,
            });
            pick(items.collect::<Option<Vec<_>>>()?.into_iter(), rules)
        }
        Some(b'{') => {
            let mut keys = Vec::new();
            flat::object(text.as_bytes(), |name, _| keys.push(name)).ok()?;
            pick(keys.into_iter(), rules)
        }
        Some(_) | None => pick(text.split(',').map(Cow::Borrowed), rules),
    }
}

/// The names that count, each once; `None` if one of them is no name.
fn pick<'t>(names: impl Iterator<Item = Cow<'t, str>>, rules: &Rules<'_>) -> Option<Names<'t>> {
    let hasher = hasher(rules.secret);
    let mut found = Names::default();
    let mut indices: HashTable<usize> = HashTable::new();
    for name in names.map(trim) {
        if name.is_empty() || name == rules.except {
            continue;
        }
        let same = |index: &usize| found.names[*index] == name;
        let hash_at = |index: &usize| hasher.hash_one(&found.names[*index]);
        let Entry::Vacant(vacant) = indices.entry(hasher.hash_one(&name), same, hash_at) else { continue };
        if found.names.len() == rules.count_max {
            found.truncated = true;
            break;
        }
        if !is_name(&name, rules.bytes_max) {
            return None;
        }
        vacant.insert(found.names.len());
        found.names.push(name);
    }
    Some(found)
}

fn trim(name: Cow<'_, str>) -> Cow<'_, str> {
    match name {
        Cow::Borrowed(name) => Cow::Borrowed(name.trim()),
        Cow::Owned(name) if name.trim().len() == name.len() => Cow::Owned(name),
        Cow::Owned(name) => Cow::Owned(name.trim().to_owned()),
    }
}

fn hasher(secret: [u8; 16]) -> RandomState {
    let half = |at: usize| u64::from_le_bytes(std::array::from_fn(|index| secret[at + index]));
    let (a, b) = (half(0), half(8));
    RandomState::with_seeds(a, b, !a, !b)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RULES: Rules<'_> = Rules { bytes_max: 8, count_max: 4, except: "me", secret: [7; 16] };

    #[test]
    fn names_are_plain() {
        for good in ["a", "Bob Ross", "你好", "12345678", " a ", "axmpp:", "xmpp", "[a]", "a.b/c"] {
            assert!(is_name(good, 8), "{good:?}");
        }
        for bad in ["", "a,b", "a\n", "\0", "a\u{7f}", "a\u{85}", "xmpp:", "xmpp:a", "123456789", "你好你"]
        {
            assert!(!is_name(bad, 8), "{bad:?}");
        }
    }

    #[track_caller]
    fn check(text: &str, expected: &[&str], truncated: bool) {
        let found = read(text, &RULES).expect("a list");
        assert_eq!(
            (found.names, found.truncated),
            (expected.iter().map(|&name| name.into()).collect(), truncated)
        );
    }

    #[test]
    fn lists_have_three_forms() {
        check("", &[], false);
        check(" , ,", &[], false);
        check("a,b", &["a", "b"], false);
        check(" a , b c\u{3000},a,,me,\td", &["a", "b c", "d"], false);
        check("[]", &[], false);
        check(r#" ["a", "b\u0063", 12, 1.50] "#, &["a", "bc", "12", "1.50"], false);
        check(r#"[" a ","a","","me"]"#, &["a"], false);
        check(r#"{"a":"Al","b":[null], " c\t":1,"a":2}"#, &["a", "b", "c"], false);
    }

    #[test]
    fn what_is_too_much_is_ignored() {
        check("a,b,c,d", &["a", "b", "c", "d"], false);
        check("a,b,c,d,a,me,,", &["a", "b", "c", "d"], false);
        check("a,b,c,d,e,xmpp:x", &["a", "b", "c", "d"], true);
        check(r#"["a","b","c","d","e"]"#, &["a", "b", "c", "d"], true);
    }

    #[test]
    fn bad_lists_are_none() {
        for bad in [
            "a,xmpp:b",
            "a,123456789",
            "a,b\u{1}c",
            "[",
            "[a]",
            "{a}",
            "[null]",
            "[[\"a\"]]",
            "[\"a,b\"]",
            "[\"\\u0000\"]",
            "{\"\\u0000\":1}",
            "[\"a\"] b",
        ] {
            assert_eq!(read(bad, &RULES), None, "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_list_of_names_or_none(text in "([a-c]|,|\"|[|]|:|.){0,40}") {
            if let Some(found) = read(&text, &RULES) {
                let mut names = found.names.clone();
                prop_assert!(names.len() <= 4 && names.iter().all(|name| is_name(name, 8) && name != "me"));
                names.sort();
                names.dedup();
                prop_assert_eq!(names.len(), found.names.len());
            }
        }
    }
}
