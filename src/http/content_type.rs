//! Types of bodies.
//!
//! Owns: the reading of `Content-Type` (RFC 9110 section 8.3), as far as it matters here. Must not: read a body.

/// The type of a body by its header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ContentType {
    /// No type; many simple clients send a form so.
    #[default]
    None,
    /// `application/x-www-form-urlencoded`, in UTF-8.
    Form,
    /// `application/json`.
    Json,
    /// Any other type.
    Other,
}

const FORM: &[u8] = b"application/x-www-form-urlencoded";

impl ContentType {
    /// Reads a `Content-Type`; of its parameters only the charset counts.
    pub(super) fn of(value: &[u8]) -> ContentType {
        // As all libraries of sites write it.
        if value == FORM {
            return ContentType::Form;
        }
        let mut parts = value.split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
        let essence = parts.next().unwrap_or_default();
        let utf8 = parts.all(|part| {
            let charset = part.split_at_checked(b"charset=".len());
            let charset = charset.filter(|(name, _)| name.eq_ignore_ascii_case(b"charset="));
            charset.is_none_or(|(_, value)| {
                let value =
                    value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\"")).unwrap_or(value);
                value.eq_ignore_ascii_case(b"utf-8") || value.eq_ignore_ascii_case(b"utf8")
            })
        });
        if !utf8 {
            ContentType::Other
        } else if essence.is_empty() {
            ContentType::None
        } else if essence.eq_ignore_ascii_case(FORM) {
            ContentType::Form
        } else if essence.eq_ignore_ascii_case(b"application/json") {
            ContentType::Json
        } else {
            ContentType::Other
        }
    }
}
