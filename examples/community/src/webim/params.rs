//! The parameters of the chat bar.
//!
//! Owns: reading them in the forms in which front ends send them. Must not: read the user's name from one; `Host` names the
//! user.
//!
//! Front ends in the field send the words `undefined` and `null` for a value that is missing. Only the body of a message
//! may be one of these words.

use nextim::internals::is_json_object;

use super::host::{Host, Person};
use super::limits::{IDS_MAX, META_BYTES_MAX, META_DEPTH_MAX};
use crate::http::{Params, Refusal};
use crate::secret;

/// A parameter, or an empty text.
pub(super) fn text<'a>(params: &'a Params, name: &str) -> &'a str {
    Some(params.get(name).trim()).filter(|text| !is_nothing(text)).unwrap_or_default()
}

/// A parameter that must be there.
pub(super) fn required<'a>(params: &'a Params, name: &str) -> Result<&'a str, Refusal> {
    let text = text(params, name);
    if text.is_empty() { Err(Refusal::bad(format!("missing parameter: {name}"))) } else { Ok(text) }
}

/// A list whose entries are parted by commas, each entry once.
pub(super) fn list(params: &Params, name: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for entry in params.get(name).split(',').map(str::trim).filter(|entry| !is_nothing(entry)) {
        if found.len() < IDS_MAX && !found.iter().any(|known| known == entry) {
            found.push(entry.to_owned());
        }
    }
    found
}

/// A parameter of at most this many bytes.
pub(super) fn short<'a>(params: &'a Params, name: &str, bytes_max: usize) -> Result<&'a str, Refusal> {
    let text = text(params, name);
    if text.len() > bytes_max || text.contains('\0') {
        return Err(Refusal::bad(format!("bad parameter: {name}")));
    }
    Ok(text)
}

/// A text that may be cleared: an empty one clears it, and none leaves it as it was.
pub(super) fn clearable<'a>(
    params: &'a Params,
    name: &str,
    bytes_max: usize,
) -> Result<Option<&'a str>, Refusal> {
    let text = short(params, name, bytes_max)?;
    Ok(params.find(name).filter(|sent| sent.trim().is_empty() || !text.is_empty()).map(|_| text))
}

/// A parameter that is a JSON object, or none. It must be one that all parsers read alike: a name that stands twice in an
/// object, half of a surrogate pair and U+0000 are refused, as the message server refuses them.
pub(super) fn object<'a>(params: &'a Params, name: &str) -> Result<Option<&'a str>, Refusal> {
    let text = text(params, name);
    if text.is_empty() {
        return Ok(None);
    }
    if params.get(name).len() > META_BYTES_MAX || !is_json_object(text, META_DEPTH_MAX) {
        return Err(Refusal::bad(format!("bad parameter: {name}")));
    }
    Ok(Some(text))
}

/// The ticket that a page sends, if its session goes on. A ticket that is not known has ended, perhaps while the request
/// was on its way. A ticket of another user is refused.
pub(super) fn ticket<'a>(
    site: &impl Host,
    user: &Person,
    params: &'a Params,
) -> Result<Option<&'a str>, Refusal> {
    let ticket = text(params, "ticket");
    if ticket.is_empty() {
        return Ok(None);
    }
    match site.read(|db| db.ticket_owner(&secret::hash(ticket)))? {
        Some(owner) if owner == user.id => Ok(Some(ticket)),
        Some(_) => Err(not_yours()),
        None => Ok(None),
    }
}

/// The ticket that a page must send, and whose session must go on.
pub(super) fn required_ticket<'a>(
    site: &impl Host,
    user: &Person,
    params: &'a Params,
) -> Result<&'a str, Refusal> {
    required(params, "ticket")?;
    ticket(site, user, params)?.ok_or_else(not_yours)
}

fn not_yours() -> Refusal {
    Refusal::forbidden("This page is not yours any more. Please reload it.")
}

fn is_nothing(text: &str) -> bool {
    matches!(text, "" | "undefined" | "null")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_value_has_several_forms() {
        let params = Params::read(&[b"a=undefined&b=null&c=+&d=x", b"d=y&e=1,undefined,,1,+2+,null&_=17"]);
        assert_eq!(["a", "b", "c", "d", "z"].map(|name| text(&params, name)), ["", "", "", "x", ""]);
        assert_eq!(list(&params, "e"), ["1", "2"]);
        assert!(list(&params, "a").is_empty());
        assert!(required(&params, "b").is_err());
        let cleared = ["a", "b", "c", "d", "z"].map(|name| clearable(&params, name, 9).unwrap());
        assert_eq!(cleared, [None, None, Some(""), Some("x"), None]);
    }

    #[test]
    fn lists_are_bounded() {
        let many = (0..=IDS_MAX).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
        assert_eq!(list(&Params::read(&[format!("ids={many}").as_bytes()]), "ids").len(), IDS_MAX);
    }
}
