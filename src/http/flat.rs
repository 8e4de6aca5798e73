//! Flat JSON: objects and arrays of strings and numbers.
//!
//! Owns: the reading; numbers are taken as their text, digit by digit as typed. Must not: know what the names
//! mean. Nested values are handed on as their JSON: for a few parameters they are allowed.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::form::BadText;

/// A value of a flat object or array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// A string, decoded, or a number, verbatim.
    Text(Cow<'a, str>),
    /// An array or an object, as its JSON.
    Nested(&'a str),
    /// `true`, `false` or `null`.
    Literal,
    /// A string that is no text.
    BadText,
}

/// Reads an object and shows each of its members to `each`, in order. One whose name is no text has no text
/// either.
///
/// If the JSON is broken, that is known only after the members before the break were shown.
pub fn object<'a>(json: &'a [u8], each: impl FnMut(Cow<'a, str>, Value<'a>)) -> Result<(), BadText> {
    let json = std::str::from_utf8(json).map_err(|_| BadText)?;
    let mut reader = serde_json::Deserializer::from_str(json);
    reader.deserialize_map(Members(each)).map_err(|_| BadText)?;
    reader.end().map_err(|_| BadText)
}

/// Reads an array.
pub fn array(json: &str) -> Result<Vec<Value<'_>>, BadText> {
    let items: Vec<&RawValue> = serde_json::from_str(json).map_err(|_| BadText)?;
    Ok(items.into_iter().map(value).collect())
}

struct Members<F>(F);

impl<'a, F: FnMut(Cow<'a, str>, Value<'a>)> Visitor<'a> for Members<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(mut self, mut members: A) -> Result<(), A::Error> {
        while let Some((Text(name), raw)) = members.next_entry::<Text<'a>, &'a RawValue>()? {
            let value = if name.contains('\0') { Value::BadText } else { value(raw) };
            (self.0)(name, value);
        }
        Ok(())
    }
}

/// A string that borrows if it has no escapes.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

fn value(raw: &RawValue) -> Value<'_> {
    let json = raw.get();
    match json.as_bytes().first() {
        Some(b'"') => match serde_json::from_str::<Text<'_>>(json) {
            Ok(Text(text)) if !text.contains('\0') => Value::Text(text),
            Ok(_) | Err(_) => Value::BadText,
        },
        Some(b'-' | b'0'..=b'9') => Value::Text(Cow::Borrowed(json)),
        Some(b'[' | b'{') => Value::Nested(json),
        Some(_) | None => Value::Literal,
    }
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
        let result = object(json.as_bytes(), |name, value| found.push((name, value)));
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
    fn what_is_no_text_is_told() {
        check(r#"{"a":null,"b":true}"#, &[("a", Value::Literal), ("b", Value::Literal)], true);
        check(r#"{"a":"\u0000","b":"\ud800"}"#, &[("a", Value::BadText), ("b", Value::BadText)], true);
        check(r#"{"a\u0000":1}"#, &[("a\0", Value::BadText)], true);
        for broken in ["", "[]", "1", r#""a""#, "{", "{a:1}", r#"{"a"}"#, "null"] {
            check(broken, &[], false);
        }
        check(r#"{"a":1"#, &[("a", text("1"))], false);
        check(r#"{"a":1}x"#, &[("a", text("1"))], false);
        check(r#"{"a":1,}"#, &[("a", text("1"))], false);
        assert!(object(b"{\"a\":\"\xFF\"}", |_, _| ()).is_err());
        let deep = format!("{{\"a\":{}", "[".repeat(100_000));
        check(&deep, &[], false);
    }

    #[test]
    fn arrays_are_values() {
        assert_eq!(array("[]"), Ok(vec![]));
        assert_eq!(array(r#" ["a",1,null] "#), Ok(vec![text("a"), text("1"), Value::Literal]));
        for broken in ["[", "{}", "[1,]", "[1]x", ""] {
            assert_eq!(array(broken), Err(BadText), "{broken}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_an_object_or_not(json in proptest::collection::vec(any::<u8>(), 0..100)) {
            prop_assert_eq!(
                object(&json, |_, _| ()).is_ok(),
                serde_json::from_slice::<serde_json::Map<_, _>>(&json).is_ok()
            );
        }

        #[test]
        fn what_was_written_is_read(members in proptest::collection::vec(("[^\0]{0,8}", "[^\0]{0,20}"), 0..6)) {
            let json: Vec<String> = members
                .iter()
                .map(|(name, value)| {
                    format!("{}:{}", serde_json::to_string(name).unwrap(), serde_json::to_string(value).unwrap())
                })
                .collect();
            let json = format!("{{{}}}", json.join(","));
            let mut found = Vec::new();
            object(json.as_bytes(), |name, value| found.push((name.into_owned(), value))).unwrap();
            let expected: Vec<_> =
                members.iter().map(|(name, value)| (name.clone(), Value::Text(value.as_str().into()))).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
