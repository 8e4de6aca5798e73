//! Forms: `application/x-www-form-urlencoded`, as it stands in queries and bodies.
//!
//! Owns: the split into pairs, and the decoding. Text without escapes is borrowed: a query and a body without escapes
//! cost no allocation. Must not: name a parameter.

use std::borrow::Cow;

/// Invalid text: bad percent-encoding, bad UTF-8, or U+0000 in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadText;

/// A decoded name or value.
pub(crate) type Decoded<'a> = Result<Cow<'a, str>, BadText>;

/// The pairs of a form, in order; a name without `=` has an empty value, and empty pairs are skipped.
pub fn pairs(input: &[u8]) -> Pairs<'_> {
    Pairs { input, text: std::str::from_utf8(input).ok(), at: 0, value_at: 0 }
}

/// The same for text that is known to be UTF-8.
pub(crate) fn pairs_of(text: &str) -> Pairs<'_> {
    Pairs { input: text.as_bytes(), text: Some(text), at: 0, value_at: 0 }
}

/// The pairs of a form; see [`pairs`].
#[derive(Clone, Debug)]
pub struct Pairs<'a> {
    input: &'a [u8],
    /// The input, if all of it is UTF-8: then no part is checked again.
    text: Option<&'a str>,
    /// How much of the input has been read.
    at: usize,
    /// Where the last value begins.
    value_at: usize,
}

impl<'a> Iterator for Pairs<'a> {
    type Item = (Decoded<'a>, Decoded<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        while self.input.get(self.at) == Some(&b'&') {
            self.at += 1;
        }
        if self.at == self.input.len() {
            return None;
        }
        let name = self.part(NAME_ENDS);
        let has_value = self.input.get(self.at) == Some(&b'=');
        self.at += usize::from(has_value);
        self.value_at = self.at;
        let value = if has_value { self.part(VALUE_ENDS) } else { Ok(Cow::Borrowed("")) };
        Some((name, value))
    }
}

/// The byte ends a name.
const NAME_ENDS: u8 = 1;
/// The byte ends a value.
const VALUE_ENDS: u8 = 2;
/// The byte stands for another byte.
const ESCAPE: u8 = 4;
/// The byte makes a text bad.
const ZERO: u8 = 8;

/// The meaning of each byte. Most of a request is read by this table, and most bytes mean only themselves.
const MEANING: [u8; 256] = {
    let mut meaning = [0; 256];
    meaning[b'&' as usize] = NAME_ENDS | VALUE_ENDS;
    meaning[b'=' as usize] = NAME_ENDS;
    meaning[b'%' as usize] = ESCAPE;
    meaning[b'+' as usize] = ESCAPE;
    meaning[0] = ZERO;
    meaning
};

impl<'a> Pairs<'a> {
    /// Reads up to the first byte that `ends` the part, and decodes the bytes before it.
    fn part(&mut self, ends: u8) -> Decoded<'a> {
        let start = self.at;
        let (mut at, mut found) = (start, 0);
        for byte in &self.input[start..] {
            let meaning = MEANING[usize::from(*byte)];
            if meaning != 0 {
                if meaning & ends != 0 {
                    break;
                }
                found |= meaning;
            }
            at += 1;
        }
        self.at = at;
        let raw = &self.input[start..at];
        match found & (ESCAPE | ZERO) {
            0 => match self.text {
                Some(text) => Ok(Cow::Borrowed(&text[start..at])),
                None => std::str::from_utf8(raw).map(Cow::Borrowed).map_err(|_| BadText),
            },
            ESCAPE => {
                let bytes = unescape(raw, true)?;
                String::from_utf8(bytes).map(Cow::Owned).map_err(|_| BadText)
            }
            _ => Err(BadText),
        }
    }

    /// The value of the last pair, with U+0000 in place of each part that is not valid text. Only a malformed escape is
    /// an error, because its end is unknown.
    pub(crate) fn marked_value(&self) -> Result<String, BadText> {
        unescape(&self.input[self.value_at..self.at], false).map(|bytes| marked(&bytes))
    }
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
    let mut out = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        out.push(match byte {
            b'+' => b' ',
            b'%' => {
                let (&[high, low], after) = rest.split_first_chunk().ok_or(BadText)?;
                rest = after;
                let byte = hex(high)? << 4 | hex(low)?;
                if byte == 0 && without_zero {
                    return Err(BadText);
                }
                byte
            }
            plain => plain,
        });
    }
    Ok(out)
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
            .map(|(name, value)| {
                let text = |text: Decoded<'_>| text.map_or("BAD".to_owned(), Cow::into_owned);
                (text(name), text(value))
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
            let mut pairs = pairs(input);
            pairs.next();
            assert_eq!(
                pairs.marked_value(),
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
        assert!(matches!(
            pairs(b"a=plain").next(),
            Some((Ok(Cow::Borrowed("a")), Ok(Cow::Borrowed("plain"))))
        ));
    }

    fn encode(text: &str) -> String {
        text.bytes().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat()
    }

    proptest! {
        #[test]
        fn any_bytes_are_pairs(input in proptest::collection::vec(any::<u8>(), 0..200)) {
            for (name, value) in pairs(&input) {
                for text in [name, value].into_iter().flatten() {
                    prop_assert!(!text.contains('\0') && text.len() <= input.len());
                }
            }
        }

        #[test]
        fn encoded_pairs_are_decoded(texts in proptest::collection::vec(("[^\0]{0,8}", "[^\0]{0,20}"), 0..8)) {
            let form: Vec<String> =
                texts.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
            let found: Vec<(String, String)> = pairs(form.join("&").as_bytes())
                .map(|(name, value)| (name.unwrap().into_owned(), value.unwrap().into_owned()))
                .collect();
            prop_assert_eq!(&found, &texts);
            let of_text: Vec<(String, String)> = pairs_of(&form.join("&"))
                .map(|(name, value)| (name.unwrap().into_owned(), value.unwrap().into_owned()))
                .collect();
            prop_assert_eq!(of_text, texts);
        }
    }
}
