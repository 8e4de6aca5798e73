//! The style of a message.
//!
//! Owns: the declarations that are allowed, value by value. Others are left out, and the message is sent without them.
//! Must not: return a `Refusal`.

use super::limits::STYLE_BYTES_MAX;

/// Sizes of letters, in the units of old and new front ends; larger letters would cover other messages.
const SIZES: [(&str, f32, f32); 4] =
    [("px", 8.0, 36.0), ("pt", 6.0, 28.0), ("em", 0.5, 2.5), ("%", 50.0, 250.0)];
const SIZE_WORDS: [&str; 9] =
    ["xx-small", "x-small", "small", "medium", "large", "x-large", "xx-large", "smaller", "larger"];

/// The allowed declarations of a style.
pub(super) fn allowed(style: &str) -> String {
    if style.len() > STYLE_BYTES_MAX {
        return String::new();
    }
    let lower = style.to_ascii_lowercase();
    let mut kept = String::new();
    for (property, value) in lower.split(';').filter_map(|declaration| declaration.split_once(':')) {
        let (property, value) = (property.trim(), value.trim());
        if is_allowed(property, value) {
            kept.extend([property, ":", value, ";"]);
        }
    }
    kept
}

fn is_allowed(property: &str, value: &str) -> bool {
    match property {
        "color" => is_colour(value),
        "font-weight" => matches!(value, "normal" | "bold" | "bolder" | "lighter") || is_weight(value),
        "font-style" => matches!(value, "normal" | "italic" | "oblique"),
        "text-decoration" => {
            let line = |word| matches!(word, "underline" | "overline" | "line-through");
            value == "none" || (!value.is_empty() && value.split(' ').all(line))
        }
        "font-size" => is_size(value),
        _ => false,
    }
}

/// `#rgb`, `#rrggbb`, a name, or `rgb(r, g, b)`.
fn is_colour(value: &str) -> bool {
    if let Some(digits) = value.strip_prefix('#') {
        return matches!(digits.len(), 3 | 6) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    }
    if let Some(parts) = value.strip_prefix("rgb(").and_then(|rest| rest.strip_suffix(')')) {
        let parts = parts.split(',').map(|part| part.trim().parse::<u8>());
        return parts.clone().count() == 3 && parts.into_iter().all(|part| part.is_ok());
    }
    (3..=20).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_lowercase())
}

fn is_weight(value: &str) -> bool {
    matches!(value.as_bytes(), [b'1'..=b'9', b'0', b'0'])
}

fn is_size(value: &str) -> bool {
    let fits = |&(unit, least, most): &(&str, f32, f32)| {
        let number =
            value.strip_suffix(unit).filter(|number| number.bytes().all(|b| b.is_ascii_digit() || b == b'.'));
        number
            .and_then(|number| number.parse().ok())
            .is_some_and(|number: f32| (least..=most).contains(&number))
    };
    SIZE_WORDS.contains(&value) || SIZES.iter().any(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_these_declarations_pass() {
        for (style, expected) in [
            ("", ""),
            ("color:#ff0000", "color:#ff0000;"),
            ("COLOR : Red ; font-weight:Bold;", "color:red;font-weight:bold;"),
            ("color:#0f0;color:rgb(1, 2,255)", "color:#0f0;color:rgb(1, 2,255);"),
            (
                "font-style:italic;text-decoration:underline line-through",
                "font-style:italic;text-decoration:underline line-through;",
            ),
            (
                "font-size:14px;font-size:1.5em;font-size:large;font-weight:700",
                "font-size:14px;font-size:1.5em;font-size:large;font-weight:700;",
            ),
            ("font-size:400px;font-size:-1px;font-size:px;font-size:1e1px;font-size:nanpx", ""),
            ("color:#12345;color:rgb(1,2);color:rgb(1,2,256);color:url(x);color:expression(alert(1))", ""),
            ("background:url(//evil);position:fixed;display:none", ""),
            ("color:red}body{display:none", ""),
            ("color:red/**/;color:var(--x);color:\\72 ed", ""),
            ("font-weight:1000;font-weight:050;font-style:x;text-decoration:blink;text-decoration:", ""),
            ("color", ""),
        ] {
            assert_eq!(allowed(style), expected, "{style}");
        }
        assert_eq!(allowed(&"color:red;".repeat(200)), "");
    }
}
