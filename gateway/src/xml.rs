//! Elements and texts, as XML 1.0 takes them.
//!
//! Owns: the sanitiser, through which every text from outside goes: one character that XML forbids closes the stream, for
//! all members. Must not: know what an element is for.

use xmpp_parsers::minidom::rxml::{Namespace, NcName};
use xmpp_parsers::minidom::{Element, Node};

/// An element. Names are constants of this crate, and values are cleaned.
pub(crate) fn element(name: &str, namespace: &str, attributes: &[(&str, &str)]) -> Element {
    let mut element = Element::bare(name, namespace);
    for (attribute, value) in attributes {
        let attribute = NcName::try_from(*attribute).expect("names of attributes are constants");
        element.set_attr(Namespace::NONE, attribute, clean(value));
    }
    element
}

/// An element with a text.
pub(crate) fn with_text(name: &str, namespace: &str, text: &str) -> Element {
    let mut element = element(name, namespace, &[]);
    element.append_text_node(clean(text));
    element
}

/// An element with others in it.
pub(crate) fn with(mut element: Element, children: impl IntoIterator<Item = Element>) -> Element {
    for child in children {
        element.append_node(Node::Element(child));
    }
    element
}

/// A text without the characters that XML 1.0 forbids.
pub fn clean(text: &str) -> String {
    text.chars().filter(|letter| is_allowed(*letter)).collect()
}

fn is_allowed(letter: char) -> bool {
    match letter {
        '\t' | '\n' | '\r' => true,
        '\u{fffe}' | '\u{ffff}' => false,
        _ => letter >= ' ',
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_xml_forbids_is_dropped() {
        assert_eq!(
            clean("a\u{0}\u{1}\u{8}\u{b}\u{1f}\u{fffe}\u{ffff}b\t\n\r \u{7f}你😀"),
            "ab\t\n\r \u{7f}你😀"
        );
    }

    proptest! {
        #[test]
        fn any_text_is_well_formed(text in any::<String>()) {
            let mut written = Vec::new();
            with_text("body", "ns", &text).write_to(&mut written).unwrap();
            let read = Element::from_reader(&written[..]).unwrap();
            // XML brings all ends of lines to one form.
            let lines = |text: &str| text.replace("\r\n", "\n").replace('\r', "\n");
            prop_assert_eq!(lines(&read.text()), lines(&clean(&text)));
        }
    }
}
