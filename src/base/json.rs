//! JSON that may stand in a script.
//!
//! Owns: the formatter for all JSON of the server. Must not: build a value. It escapes `<`, and the two line
//! separators that end a JavaScript string in old engines, so that no answer can close a script element or break out
//! of a JSONP call. All else is plain UTF-8.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

/// Escapes characters that `serde_json` keeps and a script must not contain.
struct ScriptSafe;

impl Formatter for ScriptSafe {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        while let Some((at, escape, bytes)) = next_unsafe(rest) {
            writer.write_all(&rest.as_bytes()[..at])?;
            writer.write_all(escape)?;
            rest = &rest[at + bytes..];
        }
        writer.write_all(rest.as_bytes())
    }

    /// What is JSON already. What is escaped can only stand in a string of it.
    fn write_raw_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        self.write_string_fragment(writer, fragment)
    }
}

/// The position of the first character to escape, its escape, and its length in bytes.
fn next_unsafe(text: &str) -> Option<(usize, &'static [u8], usize)> {
    let bytes = text.as_bytes();
    let mut from = 0;
    loop {
        // 0xE2 begins U+2028 and U+2029, and many others (all of general punctuation).
        let at = from + bytes[from..].iter().position(|byte| matches!(byte, b'<' | 0xE2))?;
        match &bytes[at..] {
            [b'<', ..] => return Some((at, b"\\u003c", 1)),
            [0xE2, 0x80, 0xA8, ..] => return Some((at, b"\\u2028", 3)),
            [0xE2, 0x80, 0xA9, ..] => return Some((at, b"\\u2029", 3)),
            _ => from = at + 1,
        }
    }
}

/// Appends `value` as JSON.
pub fn write<T: Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) {
    value
        .serialize(&mut Serializer::with_formatter(out, ScriptSafe))
        .expect("strings and numbers can be written to a vector");
}

/// Appends what is JSON already.
pub(crate) fn write_json(out: &mut Vec<u8>, json: &str) {
    ScriptSafe.write_raw_fragment(out, json).expect("a vector takes all bytes");
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let mut out = Vec::new();
        write(&mut out, text);
        assert_eq!(String::from_utf8(out).unwrap(), expected);
        assert_eq!(serde_json::from_str::<String>(expected).unwrap(), text);
    }

    #[test]
    fn strings_are_safe_in_a_script() {
        check("", r#""""#);
        check("hi \"you\" \\ \n\u{1}", r#""hi \"you\" \\ \n\u0001""#);
        check("</script><!--", r#""\u003c/script>\u003c!--""#);
        check("a\u{2028}b\u{2029}", r#""a\u2028b\u2029""#);
        check("“你好” …", r#""“你好” …""#);
    }

    #[test]
    fn json_is_the_same_but_safe_in_a_script() {
        let mut out = Vec::new();
        write_json(&mut out, "{ \"</script>\":[\"a\u{2028}\u{2029}\\u003c…\",1e400 ]}");
        let expected = r#"{ "\u003c/script>":["a\u2028\u2029\u003c…",1e400 ]}"#;
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn json_within_a_value_is_the_same_but_safe_in_a_script() {
        let raw = RawValue::from_string("{ \"a\":\"</script>\u{2028}\",\"b\":1e400 }".to_owned()).unwrap();
        let mut out = Vec::new();
        write(&mut out, &[raw]);
        let expected = r#"[{ "a":"\u003c/script>\u2028","b":1e400 }]"#;
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
