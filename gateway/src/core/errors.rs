//! Errors of stanzas.
//!
//! Owns: the condition for each status of the site and each rule of the gateway. Must not: decide what is refused.

use xmpp_parsers::jid::Jid;
use xmpp_parsers::message::{Message, MessageType};
use xmpp_parsers::presence::{Presence, Type};
use xmpp_parsers::stanza_error::{DefinedCondition, ErrorType, StanzaError};

use super::calls::SiteRefusal;
use crate::xml::clean;

/// Why the gateway itself refuses a stanza.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    /// Nobody serves this here.
    Unknown,
    /// The address is of nobody.
    NoSuchAddress,
    /// It cannot be read.
    Malformed,
    /// Too long.
    TooLong,
    /// Too many in too short a time, or at once.
    TooMany,
    /// The member is not in the room.
    NotInRoom,
    /// Rooms are the site's: clients do not change them.
    NotAllowed,
    /// The site does not edit messages, for example.
    NotServed,
    /// The member has no session now.
    NotNow,
}

pub(crate) fn of_rule(rule: Rule) -> StanzaError {
    let (kind, condition, text) = match rule {
        Rule::Unknown => (ErrorType::Cancel, DefinedCondition::ServiceUnavailable, ""),
        Rule::NoSuchAddress => (ErrorType::Cancel, DefinedCondition::ItemNotFound, ""),
        Rule::Malformed => (ErrorType::Modify, DefinedCondition::BadRequest, ""),
        Rule::TooLong => (ErrorType::Modify, DefinedCondition::PolicyViolation, "This message is too long."),
        Rule::TooMany => {
            (ErrorType::Wait, DefinedCondition::PolicyViolation, "Too fast, or too many. Please wait.")
        }
        Rule::NotInRoom => (ErrorType::Cancel, DefinedCondition::NotAcceptable, "You are not in this room."),
        Rule::NotAllowed => (ErrorType::Cancel, DefinedCondition::NotAllowed, ""),
        Rule::NotServed => {
            (ErrorType::Cancel, DefinedCondition::FeatureNotImplemented, "This site cannot do this by XMPP.")
        }
        Rule::NotNow => {
            (ErrorType::Wait, DefinedCondition::InternalServerError, "The site cannot be reached.")
        }
    };
    made(kind, condition, text)
}

pub(crate) fn of_site(refusal: &SiteRefusal) -> StanzaError {
    let (kind, condition) = match refusal.status {
        400 | 422 => (ErrorType::Modify, DefinedCondition::BadRequest),
        // A block and a ban look alike.
        401 | 403 => (ErrorType::Cancel, DefinedCondition::NotAllowed),
        404 => (ErrorType::Cancel, DefinedCondition::ItemNotFound),
        413 => (ErrorType::Modify, DefinedCondition::PolicyViolation),
        429 => (ErrorType::Wait, DefinedCondition::ResourceConstraint),
        501 => (ErrorType::Cancel, DefinedCondition::FeatureNotImplemented),
        _ => (ErrorType::Wait, DefinedCondition::InternalServerError),
    };
    made(kind, condition, &refusal.text)
}

/// The refusal of a room, to a member who may not come in.
pub(crate) fn of_join(refusal: &SiteRefusal) -> StanzaError {
    if refusal.status == 403 {
        return made(ErrorType::Auth, DefinedCondition::RegistrationRequired, &refusal.text);
    }
    of_site(refusal)
}

fn made(kind: ErrorType, condition: DefinedCondition, text: &str) -> StanzaError {
    let mut error = StanzaError::new(kind, condition, "en", clean(text));
    if text.is_empty() {
        error.texts.clear();
    }
    error
}

/// The error that answers a message.
pub(crate) fn message(from: Jid, to: Jid, id: Option<&str>, error: StanzaError) -> Message {
    let mut answer = Message::new_with_type(MessageType::Error, to);
    answer.from = Some(from);
    answer.id = id.map(|id| xmpp_parsers::message::Id(id.to_owned()));
    answer.payloads.push(error.into());
    answer
}

/// The error that answers a presence.
pub(crate) fn presence(from: Jid, to: Jid, id: Option<String>, error: StanzaError) -> Presence {
    let mut answer = Presence::new(Type::Error).with_from(from).with_to(to);
    answer.id = id;
    answer.payloads.push(error.into());
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_status_of_the_site_is_an_error_of_the_right_kind() {
        for (status, kind, condition) in [
            (400, ErrorType::Modify, DefinedCondition::BadRequest),
            (401, ErrorType::Cancel, DefinedCondition::NotAllowed),
            (403, ErrorType::Cancel, DefinedCondition::NotAllowed),
            (404, ErrorType::Cancel, DefinedCondition::ItemNotFound),
            (413, ErrorType::Modify, DefinedCondition::PolicyViolation),
            (429, ErrorType::Wait, DefinedCondition::ResourceConstraint),
            (500, ErrorType::Wait, DefinedCondition::InternalServerError),
            (501, ErrorType::Cancel, DefinedCondition::FeatureNotImplemented),
            (503, ErrorType::Wait, DefinedCondition::InternalServerError),
            (0, ErrorType::Wait, DefinedCondition::InternalServerError),
        ] {
            let error = of_site(&SiteRefusal { status, text: "why\u{1}".to_owned() });
            assert_eq!((error.type_, error.defined_condition), (kind, condition), "{status}");
            assert_eq!(error.texts.values().next().unwrap(), "why");
        }
        let refusal = SiteRefusal { status: 403, text: String::new() };
        assert_eq!(of_join(&refusal).defined_condition, DefinedCondition::RegistrationRequired);
    }
}
