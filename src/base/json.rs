//! JSON that may stand in a script.
//!
//! Owns: the form of all JSON of the server. Must not: build a value. It escapes `<`, and the two line
//! separators that end a JavaScript string in old engines, so that no answer can close a script element or break out
//! of a JSONP call. All else is plain UTF-8.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

use super::marks::{Class, marks};

/// Bytes of JSON that may not stand in a script, or begin a character that may not.
struct InScript;

impl Class for InScript {
    // 0xE2 begins U+2028 and U+2029, and many others (all of general punctuation).
    const BYTES: &'static [u8] = b"<\xE2";
}

/// The same of a text, and bytes that cannot stand in a JSON string (RFC 8259 section 7).
struct InString;

impl Class for InString {
    const BYTES: &'static [u8] = b"\"\\<\xE2";
    const BELOW: u8 = b' ';
}

/// Writes a text in pieces, with an escape in place of each character of the class that needs one.
#[inline]
fn write_escaped<C: Class>(text: &str, mut write: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
    let bytes = text.as_bytes();
    let mut from = 0;
    for at in marks::<C>(bytes) {
        if let Some((escape, length)) = escape(&bytes[at..]) {
            write(&bytes[from..at])?;
            write(escape)?;
            from = at + length;
        }
    }
    write(&bytes[from..])
}

/// The escape of the character that `rest` begins with, and its length in bytes; `None` if it needs none.
fn escape(rest: &[u8]) -> Option<(&'static [u8], usize)> {
    let escape: &[u8] = match rest {
        [b'"', ..] => b"\\\"",
        [b'\\', ..] => b"\\\\",
        [b'<', ..] => b"\\u003c",
        [b'\n', ..] => b"\\n",
        [b'\r', ..] => b"\\r",
        [b'\t', ..] => b"\\t",
        [0x08, ..] => b"\\b",
        [0x0C, ..] => b"\\f",
        [0xE2, 0x80, 0xA8, ..] => return Some((b"\\u2028", 3)),
        [0xE2, 0x80, 0xA9, ..] => return Some((b"\\u2029", 3)),
        [control, ..] => CONTROLS.get(usize::from(*control))?,
        [] => return None,
    };
    Some((escape, 1))
}

/// The escapes of the control characters.
const CONTROLS: [[u8; 6]; 0x20] = {
    let mut escapes = [*b"\\u0000"; 0x20];
    let mut control = 0;
    while control < escapes.len() {
        escapes[control][4] = b"01"[control / 16];
        escapes[control][5] = b"0123456789abcdef"[control % 16];
        control += 1;
    }
    escapes
};

/// Escapes characters that `serde_json` keeps and a script must not contain.
struct ScriptSafe;

impl Formatter for ScriptSafe {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        write_escaped::<InScript>(fragment, |piece| writer.write_all(piece))
    }

    /// What is JSON already. What is escaped can only stand in a string of it.
    fn write_raw_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        self.write_string_fragment(writer, fragment)
    }
}

/// Appends a text as a JSON string.
pub(crate) fn write_text(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    append_escaped::<InString>(out, text);
    out.push(b'"');
}

/// Appends `value` as JSON. For a text alone [`write_text`] does the same in fewer steps.
pub fn write<T: Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) {
    value
        .serialize(&mut Serializer::with_formatter(out, ScriptSafe))
        .expect("strings and numbers can be written to a vector");
}

/// Appends what is JSON already.
pub(crate) fn write_json(out: &mut Vec<u8>, json: &str) {
    append_escaped::<InScript>(out, json);
}

fn append_escaped<C: Class>(out: &mut Vec<u8>, text: &str) {
    let append = |piece: &[u8]| {
        out.extend_from_slice(piece);
        Ok(())
    };
    write_escaped::<C>(text, append).expect("a vector takes all bytes");
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let mut out = Vec::new();
        write_text(&mut out, text);
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

    proptest::proptest! {
        #[test]
        fn a_text_alone_is_written_as_one_in_a_value(text in "[\0-\u{7f}\u{2020}-\u{2030}]{0,40}") {
            let (mut alone, mut within) = (Vec::new(), Vec::new());
            write_text(&mut alone, &text);
            write(&mut within, &[&text]);
            proptest::prop_assert_eq!(&within[1..within.len() - 1], &alone[..]);
        }
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
