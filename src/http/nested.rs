//! JSON that is passed on as it is.
//!
//! Owns: the objects that may be passed on: those that all parsers read alike. Must not: name a parameter. Where a name
//! stands twice, one parser takes the first value and another one the last; a string with half of a surrogate pair or
//! with U+0000 makes others refuse the whole text around it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::flat::{self, JsonText, Value};
use super::form::BadText;

/// Whether this is an object, with at most `depth_max` objects and arrays within each other, itself included.
pub fn is_object(json: &str, depth_max: usize) -> bool {
    let Some(depth_left) = depth_max.checked_sub(1) else { return false };
    let (mut names, mut fits) = (Vec::new(), true);
    let read = flat::object(json, |name, value| {
        fits = fits && is_value(&value, depth_left);
        names.push(name);
    });
    names.sort_unstable();
    read.is_ok() && fits && names.is_sorted_by(|one, next| one < next)
}

/// The member of this name of an object, which must be a string.
pub(crate) fn text_member<'a>(json: &'a str, name: &str) -> Result<Option<Cow<'a, str>>, BadText> {
    let mut members: BTreeMap<String, &RawValue> = serde_json::from_str(json).map_err(|_| BadText)?;
    let Some(member) = members.remove(name) else { return Ok(None) };
    let JsonText(text) = serde_json::from_str(member.get()).map_err(|_| BadText)?;
    Ok(Some(text))
}

fn is_value(value: &Value<'_>, depth_max: usize) -> bool {
    match value {
        Value::Text(_) | Value::Null | Value::Literal => true,
        Value::BadText(_) => false,
        Value::Nested(json) if json.starts_with('{') => is_object(json, depth_max),
        Value::Nested(json) => is_array(json, depth_max),
    }
}

fn is_array(json: &str, depth_max: usize) -> bool {
    let Some(depth_left) = depth_max.checked_sub(1) else { return false };
    flat::array(json).is_ok_and(|items| items.iter().all(|item| is_value(item, depth_left)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(json: &str, expected: bool) {
        assert_eq!(is_object(json, 4), expected, "{json}");
    }

    #[test]
    fn objects_are_passed_on() {
        for json in [
            "{}",
            " {\n} ",
            r#"{"a":1,"A":-1E+400,"":null,"b":[true,false,"x",[]]}"#,
            r#"{"a":{"a":{"a":{}}}}"#,
            r#"{"a":[[[]],{"a":[]}]}"#,
            r#"{"\u0061":"</script>\u2028 \ud83d\ude00"}"#,
        ] {
            check(json, true);
        }
    }

    #[test]
    fn what_is_no_object_is_not() {
        for json in ["", "x", "null", "1", "[]", r#""{}""#, "{", "{}{}", "{a:1}", "{'a':1}", r#"{"a":1,}"#] {
            check(json, false);
        }
        check(r#"{"a":[1,]}"#, false);
        check(r#"{"a":01}"#, false);
        check("{\"a\":\"\n\"}", false);
    }

    #[test]
    fn deep_objects_are_not() {
        check(r#"{"a":{"a":{"a":{"a":{}}}}}"#, false);
        check(r#"{"a":[[[[]]]]}"#, false);
        check(r#"{"a":[[[{}]]]}"#, false);
        check(&format!("{{\"a\":{}", "[".repeat(100_000)), false);
        assert!(!is_object("{}", 0));
    }

    #[test]
    fn objects_that_parsers_read_differently_are_not() {
        check(r#"{"a":1,"b":2,"a":3}"#, false);
        check(r#"{"a":1,"\u0061":1}"#, false);
        check(r#"{"x":[{"a":1,"a":1}]}"#, false);
        check(r#"{"a":"\ud83d"}"#, false);
        check(r#"{"a":["\ude00\ud83d"]}"#, false);
        check(r#"{"\ud83d":1}"#, false);
        check(r#"{"a":"\u0000"}"#, false);
        check(r#"{"a\u0000":{}}"#, false);
    }

    #[test]
    fn a_member_that_is_a_string_is_found() {
        let check = |json, expected: Result<Option<&str>, BadText>| {
            let found = text_member(json, "key");
            assert_eq!(found.as_ref().map(Option::as_deref), expected.as_ref().map(|text| *text), "{json}");
        };
        check("{}", Ok(None));
        check(r#"{"Key":"a","x":{"key":1}}"#, Ok(None));
        check(r#"{"\u006bey":"\u0061"}"#, Ok(Some("a")));
        check(r#"{"key":""}"#, Ok(Some("")));
        for bad in [r#"{"key":1}"#, r#"{"key":null}"#, r#"{"key":["a"]}"#, r#"{"key":"\ud800"}"#, "[]"] {
            check(bad, Err(BadText));
        }
    }

    proptest! {
        #[test]
        fn every_object_is_what_a_parser_of_values_reads(json in "([{}\\[\\]\":,\\\\un0a1 ]|\"a\"|\\{\"[ab]\":|\\\\ud800){0,20}") {
            if is_object(&json, 8) {
                let found: serde_json::Value = serde_json::from_str(&json).unwrap();
                prop_assert!(found.is_object());
            }
        }
    }
}
