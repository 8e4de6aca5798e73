//! `/messages`: a message, its sender and its receivers.
//!
//! Owns: the parameters of this call. The site has checked that the sender may write to the receiver. Must not: import a
//! table of users.

use std::borrow::Cow;

use super::context::Context;
use super::param::Param;
use super::params::Params;
use super::shape::Shape;
use crate::base::limits::chat::{ID_BYTES_MAX, STYLE_BYTES_MAX, TIMESTAMP_BYTES_MAX};
use crate::http::rejection::Rejection;
use crate::router::call::{NewMessage, Verb};

/// `POST /messages`.
pub(super) fn message<'a>(
    params: &mut Params<'a>,
    context: &Context<'_>,
    shape: &Shape,
) -> Result<Verb<'a>, Rejection> {
    let (speaker, beside) =
        if shape.version.is_v5() { params.v5_speaker()? } else { (params.speaker()?, None) };
    let kind = params.message_type()?;
    let to = params.receiver(kind)?;
    let body = params.text_up_to(Param::Body, context.limits.message_bytes)?;
    let body = body.ok_or(Param::Body.missing())?;
    let nick = params.nick()?;
    let style = params.text_up_to(Param::Style, STYLE_BYTES_MAX)?.unwrap_or_default();
    let timestamp = params.text_up_to(Param::Timestamp, TIMESTAMP_BYTES_MAX)?;
    let timestamp = timestamp.unwrap_or_else(|| Cow::Owned((context.wall_ms)().to_string()));
    let id = params.text_up_to(Param::Id, ID_BYTES_MAX)?;
    let meta = params.object(Param::Meta)?;
    Ok(Verb::Message(Box::new(NewMessage {
        speaker,
        beside,
        to,
        nick,
        kind,
        body,
        style,
        timestamp,
        id,
        meta,
    })))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{TICKET, WALL_MS, post};
    use super::*;
    use crate::router::call::Speaker;
    use crate::router::packet::MessageType;

    fn message_of(params: &str) -> Result<NewMessage<'static>, String> {
        post("/messages", params).map(|(verb, _)| {
            let Verb::Message(message) = verb else { panic!("{verb:?}") };
            *message
        })
    }

    #[test]
    fn a_message_has_defaults() {
        let expected = NewMessage {
            speaker: Speaker::Site("news".into()),
            beside: None,
            to: "b".into(),
            nick: None,
            kind: MessageType::Unicast,
            body: " ".into(),
            style: "".into(),
            timestamp: WALL_MS.to_string().into(),
            id: None,
            meta: None,
        };
        assert_eq!(message_of("from=news&to=b&body=+"), Ok(expected.clone()));
        assert_eq!(
            message_of("ticket=&from=news&to=b&body=+&type=&nick=&style=&timestamp=&id="),
            Ok(expected)
        );
    }

    #[test]
    fn a_message_is_taken_as_it_is() {
        let found =
            message_of("from=news&to=b&body=%01%0a,&nick=a,%0d&style=x:y&timestamp=now!&id=%09").unwrap();
        assert_eq!((&*found.body, found.nick.as_deref(), &*found.style), ("\u{1}\n,", Some("a,\r"), "x:y"));
        assert_eq!((&*found.timestamp, found.id.as_deref()), ("now!", Some("\t")));
        assert!(matches!(
            message_of(&format!("ticket={TICKET}&from=,&to=b&body=x")).unwrap().speaker,
            Speaker::Ticket(_)
        ));
    }

    #[test]
    fn types_have_two_words() {
        let check = |word: &str, to: &str, expected: (MessageType, &str)| {
            let found = message_of(&format!("from=a&body=x&type={word}&to={to}")).unwrap();
            assert_eq!((found.kind, &*found.to), expected);
        };
        check("unicast", "b", (MessageType::Unicast, "b"));
        check("chat", "b", (MessageType::Unicast, "b"));
        check("multicast", "r", (MessageType::Multicast, "r"));
        check("grpchat", "r", (MessageType::Multicast, "r"));
        check("broadcast", "", (MessageType::Broadcast, ""));
        check("broadcast", "xmpp:,,%0a", (MessageType::Broadcast, ""));
    }

    #[test]
    fn bad_parameters_are_named() {
        let check = |params: &str, expected: &str| {
            assert_eq!(message_of(params), Err(expected.to_owned()), "{params}");
        };
        check("to=b&body=x", "400 missing parameter: ticket");
        check("ticket=x&from=a&to=b&body=x", "404 invalid ticket");
        check("from=,&to=b&body=x", "400 bad parameter: from");
        check("from=a&body=x", "400 missing parameter: to");
        check("from=a&body=x&type=multicast&to=", "400 missing parameter: to");
        check("from=a&body=x&to=b,c", "400 bad parameter: to");
        check("from=a&body=x&to=b&type=Chat", "400 bad parameter: type");
        check("from=a&to=b", "400 missing parameter: body");
        check("from=a&to=b&body=", "400 missing parameter: body");
        check("from=a&to=b&body=x%00", "400 bad parameter: body");
        check(&format!("from=a&to=b&body={}", "a".repeat(21)), "400 bad parameter: body");
        check(&format!("from=a&to=b&body=x&style={}", "a".repeat(1_025)), "400 bad parameter: style");
        check(&format!("from=a&to=b&body=x&timestamp={}", "1".repeat(65)), "400 bad parameter: timestamp");
        check(&format!("from=a&to=b&body=x&id={}", "1".repeat(65)), "400 bad parameter: id");
    }
}
