//! Forms: `application/x-www-form-urlencoded`, as it stands in queries and bodies.
//!
//! Owns: the split into pairs, and the decoding. Text without escapes is borrowed: a query and a body without escapes
//! cost no allocation. Must not: name a parameter.

use std::borrow::Cow;

use memchr::memchr;

use crate::base::marks::{Class, Marks, marks};

/// Invalid text: bad percent-encoding, bad UTF-8, or U+0000 in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadText;

/// A decoded name or value.
pub(crate) type Decoded<'a> = Result<Cow<'a, str>, BadText>;

/// The pairs of a form, in order; a name without `=` has an empty value, and empty pairs are skipped.
pub fn pairs(input: &[u8]) -> Pairs<'_> {
    Pairs::new(input, std::str::from_utf8(input).ok())
}

/// The same for text that is known to be UTF-8.
pub(crate) fn pairs_of(text: &str) -> Pairs<'_> {
    Pairs::new(text.as_bytes(), Some(text))
}

/// The bytes of a form that do not mean themselves: its signs, and U+0000, which makes a text bad.
#[derive(Clone, Debug)]
struct Signs;

impl Class for Signs {
    const BYTES: &'static [u8] = b"&=%+\0";
}

/// The pairs of a form; see [`pairs`].
#[derive(Clone, Debug)]
pub struct Pairs<'a> {
    input: &'a [u8],
    /// The input, if all of it is UTF-8: then no part is checked again.
    text: Option<&'a str>,
    /// The signs that were not read.
    signs: Marks<'a, Signs>,
    /// Where the next pair begins.
    at: usize,
}

/// A pair as it stands in a form.
#[derive(Clone, Copy, Debug)]
pub struct Pair<'a> {
    input: &'a [u8],
    text: Option<&'a str>,
    name: Part,
    value: Part,
}

/// A name or a value.
#[derive(Clone, Copy, Debug)]
struct Part {
    start: usize,
    end: usize,
    /// It has other bytes than those that mean themselves.
    is_coded: bool,
}

impl<'a> Iterator for Pairs<'a> {
    type Item = Pair<'a>;

    #[inline]
    fn next(&mut self) -> Option<Pair<'a>> {
        while self.at < self.input.len() {
            let start = self.at;
            let pair = self.split();
            let is_empty = self.at == start + 1;
            if !is_empty {
                return Some(pair);
            }
        }
        None
    }
}

impl<'a> Pairs<'a> {
    fn new(input: &'a [u8], text: Option<&'a str>) -> Pairs<'a> {
        Pairs { input, text, signs: marks(input), at: 0 }
    }

    /// Reads up to the next `&`, and passes it.
    #[inline]
    fn split(&mut self) -> Pair<'a> {
        let (start, mut equals) = (self.at, None);
        let (mut is_name_coded, mut is_coded) = (false, false);
        let end = loop {
            let Some(at) = self.signs.next() else { break self.input.len() };
            match self.input[at] {
                b'&' => break at,
                b'=' if equals.is_none() => {
                    equals = Some(at);
                    (is_name_coded, is_coded) = (is_coded, false);
                }
                b'=' => {}
                _ => is_coded = true,
            }
        };
        self.at = end + 1;
        let (name, value) = match equals {
            Some(at) => {
                (Part { start, end: at, is_coded: is_name_coded }, Part { start: at + 1, end, is_coded })
            }
            None => (Part { start, end, is_coded }, Part { start: end, end, is_coded: false }),
        };
        Pair { input: self.input, text: self.text, name, value }
    }
}

impl<'a> Pair<'a> {
    /// The name as it stands in the form. Names of parameters need no escapes, so this is the name itself in nearly all
    /// pairs.
    #[inline]
    pub(crate) fn raw_name(self) -> &'a [u8] {
        self.raw(self.name)
    }

    /// The name.
    pub fn name(self) -> Result<Cow<'a, str>, BadText> {
        self.decode(self.name)
    }

    /// The value.
    pub fn value(self) -> Result<Cow<'a, str>, BadText> {
        self.decode(self.value)
    }

    /// The value, if it stands in the form as it is.
    #[inline]
    pub(crate) fn plain_value(self) -> Option<&'a str> {
        self.text.filter(|_| !self.value.is_coded).map(|text| &text[self.value.start..self.value.end])
    }

    /// The value, with U+0000 in place of each part that is not valid text. Only a malformed escape is an error, because
    /// its end is unknown.
    pub(crate) fn marked_value(self) -> Result<String, BadText> {
        unescape(self.raw(self.value), false).map(|bytes| marked(&bytes))
    }

    #[inline]
    fn raw(self, part: Part) -> &'a [u8] {
        &self.input[part.start..part.end]
    }

    fn decode(self, part: Part) -> Decoded<'a> {
        match self.text {
            Some(text) if !part.is_coded => Ok(Cow::Borrowed(&text[part.start..part.end])),
            Some(_) | None => decode(self.raw(part), part.is_coded),
        }
    }
}

/// The text that `raw` stands for.
fn decode(raw: &[u8], is_coded: bool) -> Decoded<'_> {
    if !is_coded {
        return std::str::from_utf8(raw).map(Cow::Borrowed).map_err(|_| BadText);
    }
    let bytes = unescape(raw, true)?;
    String::from_utf8(bytes).map(Cow::Owned).map_err(|_| BadText)
}

/// The text in `bytes`, with U+0000 in place of each part that is not UTF-8.
pub(crate) fn marked(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        out.push_str(chunk.valid());
        if !chunk.invalid().is_empty() {
            out.push('\0');
        }
    }
    out
}

/// The text that a part of a path stands for, in which a plus is a plus.
pub(crate) fn path_part(raw: &str) -> Decoded<'_> {
    if !raw.contains('%') {
        return Ok(Cow::Borrowed(raw));
    }
    let bytes = unescape(raw.replace('+', "%2B").as_bytes(), true)?;
    String::from_utf8(bytes).map(Cow::Owned).map_err(|_| BadText)
}

/// The bytes that `raw` stands for; if `without_zero`, none of them may be 0.
fn unescape(raw: &[u8], without_zero: bool) -> Result<Vec<u8>, BadText> {
    // Most escapes are spaces. The compiler replaces them by vectors.
    let mut out: Vec<u8> = raw.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    if let Some(first) = memchr(b'%', &out) {
        let (mut from, mut to) = (first, first);
        while let Some(&byte) = out.get(from) {
            let (byte, length) = if byte == b'%' { (escaped(&out[from + 1..])?, 3) } else { (byte, 1) };
            out[to] = byte;
            (from, to) = (from + length, to + 1);
        }
        out.truncate(to);
    }
    if without_zero && memchr(0, &out).is_some() { Err(BadText) } else { Ok(out) }
}

/// The byte that stands as two hexadecimal digits at the beginning of `rest`.
fn escaped(rest: &[u8]) -> Result<u8, BadText> {
    let [high, low] = rest.first_chunk().ok_or(BadText)?;
    Ok(hex(*high)? << 4 | hex(*low)?)
}

fn hex(digit: u8) -> Result<u8, BadText> {
    match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        b'A'..=b'F' => Ok(digit - b'A' + 10),
        _ => Err(BadText),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn parts_of_paths_are_percent_encoded_or_raw() {
        for (raw, expected) in [
            ("r1", Ok("r1")),
            ("a+b", Ok("a+b")),
            ("a%20b+%2B%2f/c", Ok("a b++//c")),
            ("\u{7fa4}%e7%be%a4", Ok("\u{7fa4}\u{7fa4}")),
            ("50%", Err(BadText)),
            ("%ff", Err(BadText)),
            ("%00", Err(BadText)),
        ] {
            assert_eq!(path_part(raw).as_deref(), expected.as_ref().map(|text| *text), "{raw}");
        }
    }

    #[track_caller]
    fn check(input: &[u8], expected: &[(&str, &str)]) {
        let found: Vec<(String, String)> = pairs(input)
            .map(|pair| {
                let text = |text: Decoded<'_>| text.map_or("BAD".to_owned(), Cow::into_owned);
                (text(pair.name()), text(pair.value()))
            })
            .collect();
        let found: Vec<(&str, &str)> = found.iter().map(|(name, value)| (&**name, &**value)).collect();
        assert_eq!(found, expected, "{}", String::from_utf8_lossy(input));
    }

    #[test]
    fn pairs_are_split_and_decoded() {
        check(b"", &[]);
        check(b"&&", &[]);
        check(b"a", &[("a", "")]);
        check(b"=", &[("", "")]);
        check(b"a=1&b=2&", &[("a", "1"), ("b", "2")]);
        check(b"a=b=c&=d", &[("a", "b=c"), ("", "d")]);
        check(b"a+b=c+%2B%26%3d&%6eame=%E4%BD%A0", &[("a b", "c +&="), ("name", "你")]);
        check("a=你".as_bytes(), &[("a", "你")]);
        check(b"a;b=c;d", &[("a;b", "c;d")]);
    }

    #[test]
    fn bad_text_is_bad_where_it_stands() {
        check(b"a=%&b=1", &[("a", "BAD"), ("b", "1")]);
        check(b"a=%2&b=%zz&c=%-1", &[("a", "BAD"), ("b", "BAD"), ("c", "BAD")]);
        check(b"a=%2+&b=%+1", &[("a", "BAD"), ("b", "BAD")]);
        check(
            b"a=\xFF&b=%ff&c=%C0%80&d=%ED%A0%80",
            &[("a", "BAD"), ("b", "BAD"), ("c", "BAD"), ("d", "BAD")],
        );
        check(b"a=\0&b=%00&%00=c&\xFFd=1", &[("a", "BAD"), ("b", "BAD"), ("BAD", "c"), ("BAD", "1")]);
    }

    #[test]
    fn bad_text_in_a_value_is_marked() {
        let check = |input: &[u8], expected: Result<&str, BadText>| {
            assert_eq!(
                pairs(input).next().unwrap().marked_value(),
                expected.map(str::to_owned),
                "{}",
                String::from_utf8_lossy(input)
            );
        };
        check(b"a", Ok(""));
        check(b"a&b=c", Ok(""));
        check(b"%ff=b+%63&d=e", Ok("b c"));
        check(b"a=b,%ff%C3,%00,\xFF,c\0,%E4%BD%A0&d=e", Ok("b,\0\0,\0,\0,c\0,\u{4f60}"));
        for bad in [&b"a=%"[..], b"a=b,%2", b"a=%ff%zz", b"a=\xFF%g0"] {
            check(bad, Err(BadText));
        }
    }

    #[test]
    fn plain_text_is_borrowed() {
        let pair = pairs(b"a=plain").next().unwrap();
        assert!(matches!((pair.name(), pair.value()), (Ok(Cow::Borrowed("a")), Ok(Cow::Borrowed("plain")))));
    }

    fn encode(text: &str) -> String {
        text.bytes().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat()
    }

    proptest! {
        #[test]
        fn any_bytes_are_pairs(input in proptest::collection::vec(any::<u8>(), 0..200)) {
            for pair in pairs(&input) {
                for text in [pair.name(), pair.value()].into_iter().flatten() {
                    prop_assert!(!text.contains('\0') && text.len() <= input.len());
                }
            }
        }

        #[test]
        fn encoded_pairs_are_decoded(texts in proptest::collection::vec(("[^\0]{0,8}", "[^\0]{0,20}"), 0..8)) {
            let form: Vec<String> =
                texts.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
            let found: Vec<(String, String)> = pairs(form.join("&").as_bytes())
                .map(|pair| (pair.name().unwrap().into_owned(), pair.value().unwrap().into_owned()))
                .collect();
            prop_assert_eq!(&found, &texts);
            let of_text: Vec<(String, String)> = pairs_of(&form.join("&"))
                .map(|pair| (pair.name().unwrap().into_owned(), pair.value().unwrap().into_owned()))
                .collect();
            prop_assert_eq!(of_text, texts);
        }
    }
}
