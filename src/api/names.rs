//! Names and lists of names.
//!
//! Owns: which text may be a name, and the ways to write a list of names. Must not: import a call. A name is taken as
//! it is; only in a list with commas the white space around it is not a part of it.

use std::borrow::Cow;

use ahash::RandomState;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

use crate::base::marks::{Class, marks};
use crate::http::flat::{self, Value};
use crate::router::call::Text;

/// The beginning of the names of the XMPP gateway.
const GATEWAY: &str = "xmpp:";

/// Whether `text` may be the name of a user or a room.
pub(super) fn is_name(text: &str, bytes_max: usize) -> bool {
    !text.is_empty() && text.len() <= bytes_max && !text.starts_with(GATEWAY) && !has_control_or_comma(text)
}

/// A comma, and the bytes that control characters begin with: U+0000 to U+001F, U+007F, and U+0080 to U+009F, which are two
/// bytes long.
struct InNoName;

impl Class for InNoName {
    const BYTES: &'static [u8] = b",\x7F\xC2";
    const BELOW: u8 = b' ';
}

fn has_control_or_comma(text: &str) -> bool {
    let bytes = text.as_bytes();
    marks::<InNoName>(bytes).any(|at| bytes[at] != 0xC2 || bytes.get(at + 1).is_some_and(|byte| *byte < 0xA0))
}

/// The rules for the names that are taken from a list.
#[derive(Clone, Copy)]
pub(super) struct ListRules<'r> {
    /// Longest name, in bytes.
    pub(super) bytes_max: usize,
    /// How many names are taken; more are ignored.
    pub(super) count_max: usize,
    /// A name that does not belong in the list.
    pub(super) except: &'r str,
    /// Random bits that key the hash by which duplicates are found, so that nobody can choose names that collide.
    pub(super) secret: [u8; 16],
}

/// A text that begins so is read as JSON. If it does not parse it is refused, because it was probably cut off.
const JSON_BEGINNINGS: [&str; 4] = ["[\"", "[]", "{\"", "{}"];

/// A list as it was sent.
pub(super) enum RawList<'a> {
    /// In one text. U+0000 stands in place of each part that is not valid text.
    Text(Text<'a>),
    /// Entry by entry; `None` in place of an entry that is not valid text.
    Entries(Vec<Option<Text<'a>>>),
}

/// A list that was read; no name stands in it twice.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct NameList<'a> {
    /// The names, in order.
    pub(super) names: Vec<Text<'a>>,
    /// Names were ignored because there were too many.
    pub(super) truncated: bool,
    /// How many entries cannot be names.
    pub(super) skipped: u32,
}

impl NameList<'_> {
    fn into_owned(self) -> NameList<'static> {
        let names = self.names.into_iter().map(|name| Cow::Owned(name.into_owned())).collect();
        NameList { names, truncated: self.truncated, skipped: self.skipped }
    }
}

/// Reads a list; `None` if it begins as JSON and does not parse.
pub(super) fn read<'a>(list: RawList<'a>, rules: &ListRules<'_>) -> Option<NameList<'a>> {
    match list {
        RawList::Entries(entries) => Some(pick(entries.into_iter(), rules)),
        RawList::Text(Cow::Borrowed(text)) => read_text(text, rules),
        RawList::Text(Cow::Owned(text)) => read_text(&text, rules).map(NameList::into_owned),
    }
}

/// Reads a list that is one text: JSON if it is an array or an object, else names with commas between them. `None` if
/// it begins as JSON and does not parse.
fn read_text<'t>(text: &'t str, rules: &ListRules<'_>) -> Option<NameList<'t>> {
    let trimmed = text.trim();
    if trimmed.starts_with(['[', '{']) {
        if let Some(entries) = json(trimmed) {
            return Some(pick(entries.into_iter(), rules));
        }
        if JSON_BEGINNINGS.iter().any(|beginning| trimmed.starts_with(beginning)) {
            return None;
        }
    }
    Some(pick(text.split(',').map(|name| Some(Cow::Borrowed(name.trim()))), rules))
}

/// The entries of an array or the names of an object; `None` in place of one that is not valid text.
fn json(text: &str) -> Option<Vec<Option<Text<'_>>>> {
    match flat::with_zeros_escaped(text) {
        Cow::Borrowed(json) => entries(json),
        Cow::Owned(json) => {
            let own = |name: Text<'_>| Cow::Owned(name.into_owned());
            Some(entries(&json)?.into_iter().map(|entry| entry.map(own)).collect())
        }
    }
}

fn entries(json: &str) -> Option<Vec<Option<Text<'_>>>> {
    let values = if json.starts_with('[') { flat::array(json) } else { flat::names(json) };
    let entry = |value| match value {
        Value::Text(name) => Some(name),
        Value::Nested(_) | Value::Null | Value::Literal | Value::BadText(_) => None,
    };
    Some(values.ok()?.into_iter().map(entry).collect())
}

/// The names that are taken, each once.
fn pick<'t>(entries: impl Iterator<Item = Option<Text<'t>>>, rules: &ListRules<'_>) -> NameList<'t> {
    let hasher = hasher(rules.secret);
    let mut found = NameList::default();
    let mut indices: HashTable<usize> = HashTable::new();
    for entry in entries {
        if entry.as_ref().is_some_and(|name| name.is_empty() || name == rules.except) {
            continue;
        }
        let Some(name) = entry.filter(|name| is_name(name, rules.bytes_max)) else {
            found.skipped = found.skipped.saturating_add(1);
            continue;
        };
        let same = |index: &usize| found.names[*index] == name;
        let hash_at = |index: &usize| hasher.hash_one(&found.names[*index]);
        let Entry::Vacant(vacant) = indices.entry(hasher.hash_one(&name), same, hash_at) else { continue };
        if found.names.len() == rules.count_max {
            found.truncated = true;
            break;
        }
        vacant.insert(found.names.len());
        found.names.push(name);
    }
    found
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

    const RULES: ListRules<'_> = ListRules { bytes_max: 8, count_max: 4, except: "me", secret: [7; 16] };

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

    proptest! {
        #[test]
        fn no_control_character_and_no_comma_is_in_a_name(text in "[\0-\u{bf}\u{4f60}]{0,20}") {
            let found = text.chars().any(|char| char == ',' || char.is_control());
            prop_assert_eq!(has_control_or_comma(&text), found);
        }
    }

    #[track_caller]
    fn check(text: &str, expected: &[&str], truncated: bool, skipped: u32) {
        let found = read_text(text, &RULES).expect("a list");
        let names = expected.iter().map(|&name| name.into()).collect();
        assert_eq!(found, NameList { names, truncated, skipped }, "{text:?}");
    }

    #[test]
    fn lists_have_three_forms() {
        check("", &[], false, 0);
        check(" , ,", &[], false, 0);
        check("a,b", &["a", "b"], false, 0);
        check(" a , b c\u{3000},a,,me,\td", &["a", "b c", "d"], false, 0);
        check("[]", &[], false, 0);
        check("{}", &[], false, 0);
        check(r#" ["a", "b\u0063", 12, 1.50] "#, &["a", "bc", "12", "1.50"], false, 0);
        check(r#"["a","a","","me"]"#, &["a"], false, 0);
        check(r#"{"a":"Al","b":[null], "c":1,"a":2}"#, &["a", "b", "c"], false, 0);
    }

    #[test]
    fn only_an_array_or_an_object_is_json() {
        check("null", &["null"], false, 0);
        check("12", &["12"], false, 0);
        check("true,false", &["true", "false"], false, 0);
        check("\"a\"", &["\"a\""], false, 0);
        check("[GM]Bob,zoe", &["[GM]Bob", "zoe"], false, 0);
        check("[", &["["], false, 0);
        check("[a]", &["[a]"], false, 0);
        check("[12,13", &["[12", "13"], false, 0);
        check("{a},[ \"b", &["{a}", "[ \"b"], false, 0);
        check("[12]", &["12"], false, 0);
        check("[ \"a\" ]", &["a"], false, 0);
        check("{ \"a\" : 1 }", &["a"], false, 0);
    }

    #[test]
    fn broken_json_is_refused() {
        for bad in [
            "[\"a\",\"b",
            "[\"",
            " [\"a\"",
            "[\"a\"] b",
            "[\"a\",]",
            "[]x",
            "[],a",
            "{\"a\"}",
            "{\"a\":1",
            "{\"a\":1,}",
            "{},a",
            "[\"a\\\0\"]",
        ] {
            assert_eq!(read_text(bad, &RULES), None, "{bad:?}");
        }
    }

    #[test]
    fn space_is_dropped_between_commas_only() {
        check("a\u{3000},\u{a0}b\u{2003},c ", &["a", "b", "c"], false, 0);
        check("[\"a\u{3000}\",\" b\",\"a\",\"me \"]", &["a\u{3000}", " b", "a", "me "], false, 0);
        check("{\"a \":1,\"a\":2}", &["a ", "a"], false, 0);
    }

    #[test]
    fn entries_that_cannot_be_names_are_skipped_and_counted() {
        check("a,xmpp:b,123456789,a\u{1}b,a\0b,c,\0", &["a", "c"], false, 5);
        check(r#"["a,b","xmpp:","123456789","\u0001","\u0000","a\ud800","c"]"#, &["c"], false, 6);
        check(r#"[null,["a"],{"b":1},true,false,"c",""]"#, &["c"], false, 5);
        check("[\"a\0\",\"\0\",\"b\"]", &["b"], false, 2);
        check(r#"{"a,b":1,"\u0000":2,"\udc00":3,"c":4}"#, &["c"], false, 3);
        check("[null]", &[], false, 1);
    }

    #[test]
    fn names_beyond_the_limit_are_ignored() {
        check("a,b,c,d", &["a", "b", "c", "d"], false, 0);
        check("a,b,c,d,a,me,,", &["a", "b", "c", "d"], false, 0);
        check("a,b,c,d,xmpp:x", &["a", "b", "c", "d"], false, 1);
        check("a,b,xmpp:x,c,d,e,xmpp:y", &["a", "b", "c", "d"], true, 1);
        check(r#"["a","b","c","d","e"]"#, &["a", "b", "c", "d"], true, 0);
    }

    proptest! {
        #[test]
        fn any_text_is_a_list_of_names_or_broken_json(text in "([a-c]|,|\"|[|]|:|\0|.){0,40}") {
            if let Some(found) = read_text(&text, &RULES) {
                let mut names = found.names.clone();
                prop_assert!(names.len() <= 4 && names.iter().all(|name| is_name(name, 8) && name != "me"));
                names.sort();
                names.dedup();
                prop_assert_eq!(names.len(), found.names.len());
            } else {
                let text = text.trim();
                prop_assert!(JSON_BEGINNINGS.iter().any(|beginning| text.starts_with(beginning)));
            }
        }
    }
}
