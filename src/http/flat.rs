//! Flat JSON: objects and arrays of strings and numbers.
//!
//! Owns: the reading of these. Numbers are taken as their text, digit by digit. Nested values are passed on as their
//! JSON, which a few parameters accept. Must not: name a parameter.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::form::{BadText, marked};

/// A value of a flat object or array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    /// A string, decoded, or a number, verbatim.
    Text(Cow<'a, str>),
    /// An array or an object, as its JSON.
    Nested(&'a str),
    /// `null`.
    Null,
    /// `true` or `false`.
    Literal,
    /// A string that is not valid text, with U+0000 in place of each part that is not.
    BadText(String),
}

/// Reads an object and calls `each` with its members, in order. The value of a member whose name is not valid text
/// is bad text.
///
/// If the JSON is broken, `each` is called with the members before the break.
pub(crate) fn object<'a>(json: &'a str, each: impl FnMut(Cow<'a, str>, Value<'a>)) -> Result<(), BadText> {
    let mut reader = serde_json::Deserializer::from_str(json);
    reader.deserialize_map(MemberVisitor(each)).map_err(|_| BadText)?;
    reader.end().map_err(|_| BadText)
}

/// Reads an array.
pub(crate) fn array(json: &str) -> Result<Vec<Value<'_>>, BadText> {
    let items: Vec<&RawValue> = serde_json::from_str(json).map_err(|_| BadText)?;
    Ok(items.into_iter().map(value).collect())
}

/// Reads the names of an object's members.
pub(crate) fn names(json: &str) -> Result<Vec<Value<'_>>, BadText> {
    let mut names = Vec::new();
    let mut reader = serde_json::Deserializer::from_str(json);
    reader.deserialize_map(NameVisitor(&mut names)).map_err(|_| BadText)?;
    reader.end().map_err(|_| BadText)?;
    Ok(names.into_iter().map(value).collect())
}

/// The same JSON with each U+0000 written as an escape, so that it may stand in a string. Behind a backslash it stays:
/// there it would be an unknown escape, so the text is not JSON.
pub(crate) fn with_zeros_escaped(text: &str) -> Cow<'_, str> {
    if !text.contains('\0') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for part in text.split_inclusive('\0') {
        let Some(before) = part.strip_suffix('\0') else {
            out.push_str(part);
            continue;
        };
        let backslashes = before.bytes().rev().take_while(|byte| *byte == b'\\').count();
        out.push_str(before);
        out.push_str(if backslashes % 2 == 0 { "\\u0000" } else { "\0" });
    }
    Cow::Owned(out)
}

struct MemberVisitor<F>(F);

impl<'a, F: FnMut(Cow<'a, str>, Value<'a>)> Visitor<'a> for MemberVisitor<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(mut self, mut members: A) -> Result<(), A::Error> {
        while let Some((JsonText(name), raw)) = members.next_entry::<JsonText<'a>, &'a RawValue>()? {
            let value = if name.contains('\0') { Value::BadText(String::new()) } else { value(raw) };
            (self.0)(name, value);
        }
        Ok(())
    }
}

struct NameVisitor<'n, 'a>(&'n mut Vec<&'a RawValue>);

impl<'a> Visitor<'a> for NameVisitor<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut members: A) -> Result<(), A::Error> {
        while let Some((name, IgnoredAny)) = members.next_entry::<&'a RawValue, IgnoredAny>()? {
            self.0.push(name);
        }
        Ok(())
    }
}

/// A string that borrows if it has no escapes.
#[derive(Deserialize)]
pub(super) struct JsonText<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

/// The bytes of a string that is not valid text, with half of a surrogate pair as UTF-8 would have it if it could.
struct Bytes(Vec<u8>);

impl<'a> Deserialize<'a> for Bytes {
    fn deserialize<D: Deserializer<'a>>(deserializer: D) -> Result<Bytes, D::Error> {
        deserializer.deserialize_bytes(Bytes(Vec::new()))
    }
}

impl Visitor<'_> for Bytes {
    type Value = Bytes;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Bytes, E> {
        Ok(Bytes(bytes.to_vec()))
    }
}

fn value(raw: &RawValue) -> Value<'_> {
    let json = raw.get();
    match json.as_bytes().first() {
        Some(b'"') => match serde_json::from_str::<JsonText<'_>>(json) {
            Ok(JsonText(text)) if !text.contains('\0') => Value::Text(text),
            Ok(_) | Err(_) => Value::BadText(marked_string(json)),
        },
        Some(b'n') => Value::Null,
        Some(b'-' | b'0'..=b'9') => Value::Text(Cow::Borrowed(json)),
        Some(b'[' | b'{') => Value::Nested(json),
        Some(_) | None => Value::Literal,
    }
}

fn marked_string(json: &str) -> String {
    serde_json::from_str::<Bytes>(json).map_or(String::new(), |Bytes(bytes)| marked(&bytes))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(text: &str) -> Value<'_> {
        Value::Text(text.into())
    }

    #[track_caller]
    fn check(json: &str, expected: &[(&str, Value<'_>)], whole: bool) {
        let mut found = Vec::new();
        let result = object(json, |name, value| found.push((name, value)));
        let found: Vec<(&str, Value<'_>)> =
            found.iter().map(|(name, value)| (&**name, value.clone())).collect();
        assert_eq!(found, expected, "{json}");
        assert_eq!(result.is_ok(), whole, "{json}");
    }

    #[test]
    fn members_are_texts() {
        check("{}", &[], true);
        check(r#" {"a":"b", "c" : 1.50 } "#, &[("a", text("b")), ("c", text("1.50"))], true);
        check(
            r#"{"t":1246883572400,"e":-1E+400}"#,
            &[("t", text("1246883572400")), ("e", text("-1E+400"))],
            true,
        );
        check(r#"{"\u0061":"\u4f60\n"}"#, &[("a", text("你\n"))], true);
        check(r#"{"a":1,"a":2}"#, &[("a", text("1")), ("a", text("2"))], true);
        check(
            r#"{"l":["a", 1],"o":{"b":[]}}"#,
            &[("l", Value::Nested(r#"["a", 1]"#)), ("o", Value::Nested(r#"{"b":[]}"#))],
            true,
        );
    }

    #[test]
    fn values_that_are_no_text_are_marked() {
        let bad = |text: &str| Value::BadText(text.to_owned());
        check(
            r#"{"a":null,"b":true,"c":false}"#,
            &[("a", Value::Null), ("b", Value::Literal), ("c", Value::Literal)],
            true,
        );
        check(
            r#"{"a":"b\u0000\n","b":"\u4f60,\ud83d,c"}"#,
            &[("a", bad("b\0\n")), ("b", bad("你,\0\0\0,c"))],
            true,
        );
        check(r#"{"a\u0000":1}"#, &[("a\0", bad(""))], true);
        for broken in ["", "[]", "1", r#""a""#, "{", "{a:1}", r#"{"a"}"#, "null"] {
            check(broken, &[], false);
        }
        check(r#"{"a":1"#, &[("a", text("1"))], false);
        check(r#"{"a":1}x"#, &[("a", text("1"))], false);
        check(r#"{"a":1,}"#, &[("a", text("1"))], false);
        let deep = format!("{{\"a\":{}", "[".repeat(100_000));
        check(&deep, &[], false);
    }

    #[test]
    fn arrays_are_values() {
        assert_eq!(array("[]"), Ok(vec![]));
        assert_eq!(array(r#" ["a",1,null] "#), Ok(vec![text("a"), text("1"), Value::Null]));
        for broken in ["[", "{}", "[1,]", "[1]x", ""] {
            assert_eq!(array(broken), Err(BadText), "{broken}");
        }
    }

    #[test]
    fn names_of_members_are_values() {
        assert_eq!(names(" {} "), Ok(vec![]));
        let bad = |text: &str| Value::BadText(text.to_owned());
        let found = names(r#"{"a":[{}], "\u0062":null,"c\u0000":1,"\udc00d":2,"a":3}"#);
        assert_eq!(found, Ok(vec![text("a"), text("b"), bad("c\0"), bad("\0\0\0d"), text("a")]));
        for broken in ["{", "[]", "{a:1}", r#"{"a"}"#, r#"{"a":1,}"#, r#"{"a":1}x"#, "", r#"{"a":}"#] {
            assert_eq!(names(broken), Err(BadText), "{broken}");
        }
    }

    #[test]
    fn zeros_are_escaped_where_a_string_may_hold_an_escape() {
        for (text, expected) in [
            ("", ""),
            (r#"["a"]"#, r#"["a"]"#),
            ("[\"a\0\", \"\0\0b\"]", r#"["a\u0000", "\u0000\u0000b"]"#),
            ("[\"a\\\\\0\"]", r#"["a\\\u0000"]"#),
            ("[\"a\\\0\"]", "[\"a\\\0\"]"),
        ] {
            assert_eq!(with_zeros_escaped(text), expected);
        }
        assert!(matches!(with_zeros_escaped("plain"), Cow::Borrowed(_)));
    }

    proptest! {
        #[test]
        fn any_text_is_an_object_or_not(json in "\\PC{0,40}|([{}\\[\\]\":,\\\\un0a ]|\\\\u0000|\\\\ud800){0,20}") {
            let as_object = object(&json, |_, _| ()).is_ok();
            prop_assert_eq!(as_object, serde_json::from_str::<serde_json::Map<_, _>>(&json).is_ok());
            prop_assert!(names(&json).is_ok() || !as_object);
        }

        #[test]
        fn written_members_are_read(members in proptest::collection::vec(("[^\0]{0,8}", "[^\0]{0,20}"), 0..6)) {
            let json: Vec<String> = members
                .iter()
                .map(|(name, value)| {
                    format!("{}:{}", serde_json::to_string(name).unwrap(), serde_json::to_string(value).unwrap())
                })
                .collect();
            let json = format!("{{{}}}", json.join(","));
            let mut found = Vec::new();
            object(&json, |name, value| found.push((name.into_owned(), value))).unwrap();
            let expected: Vec<_> =
                members.iter().map(|(name, value)| (name.clone(), Value::Text(value.as_str().into()))).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
