//! Parts of answers: JSON that is written piece by piece, without a value that holds it all.
//!
//! Owns: objects and lists, and the parts that several answers share. Must not: match on a version.

use crate::base::{digits, json};
use crate::router::call::Started;
use crate::router::profile::Profile;

/// Writes an object with the show of each user, by name.
pub(super) fn shows(out: &mut Vec<u8>, users: &[Profile]) {
    object(out, users, |out, user| {
        member(out, user.name());
        json::write_text(out, user.show());
    });
}

/// Writes the end of every answer with a session; `skipped` entries of the lists in its call could not be names.
pub(super) fn end_of_session(out: &mut Vec<u8>, session: &Started, skipped: u32) {
    out.extend_from_slice(b",\"clientnum\":");
    digits::append(out, session.sessions.into());
    if session.partial {
        out.extend_from_slice(b",\"partial\":true");
    }
    if session.truncated {
        out.extend_from_slice(b",\"truncated\":true");
    }
    if skipped > 0 {
        out.extend_from_slice(b",\"skipped\":");
        digits::append(out, skipped.into());
    }
    out.push(b'}');
}

/// Writes the name of a member of an object, and its colon.
pub(super) fn member(out: &mut Vec<u8>, name: &str) {
    json::write_text(out, name);
    out.push(b':');
}

pub(super) fn object<T>(
    out: &mut Vec<u8>,
    items: impl IntoIterator<Item = T>,
    each: impl FnMut(&mut Vec<u8>, T),
) {
    out.push(b'{');
    separated(out, items, each);
    out.push(b'}');
}

pub(super) fn list<T>(
    out: &mut Vec<u8>,
    items: impl IntoIterator<Item = T>,
    each: impl FnMut(&mut Vec<u8>, T),
) {
    out.push(b'[');
    separated(out, items, each);
    out.push(b']');
}

/// Calls `each` for all items, and writes commas between them.
pub(super) fn separated<T>(
    out: &mut Vec<u8>,
    items: impl IntoIterator<Item = T>,
    mut each: impl FnMut(&mut Vec<u8>, T),
) {
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        each(out, item);
    }
}
