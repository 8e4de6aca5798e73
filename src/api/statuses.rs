//! `/statuses`: typing states.
//!
//! Owns: the parameters of this call. Must not: import a table of users.

use super::param::Param;
use super::params::Params;
use crate::base::limits::chat::SHOW_BYTES_MAX;
use crate::http::rejection::Rejection;
use crate::router::call::{Typing, Verb};

/// `POST /statuses`.
pub(super) fn status<'a>(params: &mut Params<'a>) -> Result<Verb<'a>, Rejection> {
    let ticket = params.required_ticket()?;
    let kind = params.narrow_type()?;
    let to = params.receiver(kind)?;
    let nick = params.nick()?;
    let show = params.text_up_to(Param::Show, SHOW_BYTES_MAX)?.ok_or(Param::Show.missing())?;
    Ok(Verb::Status(Typing { ticket, to, kind, nick, show }))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{TICKET, post};
    use super::*;
    use crate::router::packet::MessageType;

    #[test]
    fn a_typing_state_has_a_receiver() {
        let (verb, _) = post("/statuses", &format!("ticket={TICKET}&to=b&nick=A&show=typing")).unwrap();
        let Verb::Status(Typing { to, kind, nick, show, .. }) = verb else { panic!("{verb:?}") };
        assert_eq!((&*to, kind, nick.as_deref(), &*show), ("b", MessageType::Unicast, Some("A"), "typing"));
        let (verb, _) =
            post("/statuses", &format!("ticket={TICKET}&to=r&type=multicast&show=typing")).unwrap();
        assert!(matches!(verb, Verb::Status(Typing { kind: MessageType::Multicast, .. })));
    }

    #[test]
    fn bad_parameters_are_named() {
        let check = |params: &str, expected: &str| {
            assert_eq!(post("/statuses", params).map(|_| ()), Err(expected.to_owned()), "{params}");
        };
        check("to=b&show=typing", "400 missing parameter: ticket");
        check("ticket=x&to=b&show=typing", "404 invalid ticket");
        check(&format!("ticket={TICKET}&show=typing"), "400 missing parameter: to");
        check(&format!("ticket={TICKET}&to=b%0a&show=typing"), "400 bad parameter: to");
        check(&format!("ticket={TICKET}&to=b&type=broadcast&show=x"), "400 bad parameter: type");
        check(&format!("ticket={TICKET}&to=b&show="), "400 missing parameter: show");
        check(&format!("ticket={TICKET}&to=b&show={}", "a".repeat(33)), "400 bad parameter: show");
    }
}
