//! Elements that lie too deep within one another.
//!
//! Owns: what is left out of a stream of XML before it is parsed. Must not: judge whether it is well-formed.
//!
//! Parsers of XML go down into elements by recursion: a stanza of some thousand `<a>` is short, and would end the process.

use crate::limits::ELEMENTS_DEEP_MAX;

/// What the next byte belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum At {
    #[default]
    Text,
    /// Behind a `<`, which has not been passed on.
    Bracket,
    /// In the tag that begins an element; whether the last byte was a `/`.
    Begin { slash: bool },
    /// In a value of such a tag, up to this byte.
    Value(u8),
    /// In the tag that ends an element.
    End,
    /// In what begins with `<?` or `<!`, right behind that or further on.
    Other { is_first: bool },
    /// In a CDATA section, behind so many bytes of its end.
    Data(usize),
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Depth {
    at: At,
    /// Elements that have begun and not ended.
    open: usize,
}

impl Depth {
    /// Appends what is not too deep.
    pub(crate) fn pass(&mut self, bytes: &[u8], passed: &mut Vec<u8>) {
        for byte in bytes {
            let was_deep = self.is_deep();
            let was = self.at;
            self.take(*byte);
            if self.at == At::Bracket || was_deep {
                continue;
            }
            if was == At::Bracket {
                // A tag that begins an element too deep begins with this byte.
                if self.is_deep() {
                    continue;
                }
                passed.push(b'<');
            }
            passed.push(*byte);
        }
    }

    fn is_deep(&self) -> bool {
        self.open > ELEMENTS_DEEP_MAX
    }

    fn take(&mut self, byte: u8) {
        self.at = match self.at {
            At::Text if byte == b'<' => At::Bracket,
            At::Bracket => self.behind_bracket(byte),
            At::Begin { slash: true } | At::End if byte == b'>' => self.end(),
            At::Begin { .. } if matches!(byte, b'"' | b'\'') => At::Value(byte),
            At::Begin { .. } if byte != b'>' => At::Begin { slash: byte == b'/' },
            At::Value(end) if byte == end => At::Begin { slash: false },
            At::Other { is_first: true } if byte == b'[' => At::Data(0),
            At::Other { .. } if byte != b'>' => At::Other { is_first: false },
            At::Data(brackets) if byte == b']' => At::Data(brackets + 1),
            At::Data(brackets) if byte != b'>' || brackets < 2 => At::Data(0),
            At::Value(_) | At::End => self.at,
            At::Text | At::Begin { .. } | At::Other { .. } | At::Data(_) => At::Text,
        };
    }

    fn behind_bracket(&mut self, byte: u8) -> At {
        match byte {
            b'/' => At::End,
            b'?' | b'!' => At::Other { is_first: true },
            _ => {
                self.open += 1;
                At::Begin { slash: false }
            }
        }
    }

    fn end(&mut self) -> At {
        self.open = self.open.saturating_sub(1);
        At::Text
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What is passed on of a text that comes in pieces of so many bytes.
    fn passed(text: &str, piece: usize) -> String {
        let (mut depth, mut passed) = (Depth::default(), Vec::new());
        for bytes in text.as_bytes().chunks(piece) {
            depth.pass(bytes, &mut passed);
        }
        assert_eq!(depth.open, 0, "{text}");
        String::from_utf8(passed).unwrap()
    }

    fn nested(depth: usize, inner: &str) -> String {
        format!("{}{inner}{}", "<a b='>'>".repeat(depth), "</a>".repeat(depth))
    }

    #[test]
    fn what_is_too_deep_is_left_out_and_nothing_else() {
        let within = nested(ELEMENTS_DEEP_MAX - 1, "<b/><![CDATA[<c></d>]]]><?e <f?>x<g h=\"/\"/>");
        let most = nested(ELEMENTS_DEEP_MAX, "x");
        for deeper in
            ["<b/>", "<b>y<c/>z</b>", "<b c='/'><![CDATA[</b>]]></b>", &nested(5_000, "<d e='</'/>")]
        {
            let text = format!("{within}{}", most.replace('x', &format!("x{deeper}y")));
            let expected = format!("{within}{}", most.replace('x', "xy"));
            for piece in [1, 3, text.len()] {
                assert_eq!(passed(&text, piece), expected, "{deeper}");
            }
        }
    }

    proptest! {
        #[test]
        fn any_text_is_passed_on_while_nothing_is_deep(text in "[<>/!?\\[\\]'\" a]{0,40}") {
            let (mut depth, mut passed) = (Depth::default(), Vec::new());
            depth.pass(text.as_bytes(), &mut passed);
            if depth.at == At::Bracket {
                passed.push(b'<');
            }
            prop_assert_eq!(passed, text.as_bytes());
        }
    }
}
