//! `/signals`: what has happened to messages.
//!
//! Owns: the parameters of this call. Must not: import a table of users.

use super::param::Param;
use super::params::Params;
use crate::base::limits::chat::SIGNAL_NAME_BYTES_MAX;
use crate::http::nested;
use crate::http::rejection::Rejection;
use crate::router::call::{NewSignal, Text, Verb};

/// The member of `data` that says which signals supersede each other.
const KEY: &str = "key";

/// `POST /signals`.
pub(super) fn signal<'a>(params: &mut Params<'a>) -> Result<Verb<'a>, Rejection> {
    let speaker = params.speaker()?;
    let kind = params.narrow_type()?;
    let to = params.receiver(kind)?;
    let name = params.text_up_to(Param::Name, SIGNAL_NAME_BYTES_MAX)?.ok_or(Param::Name.missing())?;
    let data = params.object(Param::Data)?.ok_or(Param::Data.missing())?;
    let key = nested::text_member(&data, KEY).map_err(|_| Param::Data.bad())?;
    let key = key.map(|key| Text::Owned(key.into_owned()));
    Ok(Verb::Signal(Box::new(NewSignal { speaker, to, kind, name, data, key })))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{TICKET, post};
    use super::*;
    use crate::router::call::Speaker;
    use crate::router::packet::MessageType;

    fn signal_of(params: &str) -> Result<NewSignal<'static>, String> {
        post("/signals", params).map(|(verb, _)| {
            let Verb::Signal(signal) = verb else { panic!("{verb:?}") };
            *signal
        })
    }

    #[test]
    fn a_signal_has_data_and_may_have_a_key() {
        let expected = NewSignal {
            speaker: Speaker::Site("news".into()),
            to: "b".into(),
            kind: MessageType::Unicast,
            name: "edit".into(),
            data: "{\"id\":7}".into(),
            key: None,
        };
        assert_eq!(signal_of("from=news&to=b&name=edit&data={\"id\":7}"), Ok(expected));
        let keyed = signal_of(&format!(
            "ticket={TICKET}&type=grpchat&to=r&name=a,%0a&data={{\"key\":\"\\u0061\",\"x\":{{\"key\":1}}}}"
        ));
        let keyed = keyed.unwrap();
        assert_eq!(
            (keyed.kind, &*keyed.name, keyed.key.as_deref()),
            (MessageType::Multicast, "a,\n", Some("a"))
        );
        assert!(matches!(keyed.speaker, Speaker::Ticket(_)));
    }

    #[test]
    fn bad_parameters_are_named() {
        let check = |params: &str, expected: &str| {
            assert_eq!(signal_of(params).map(|_| ()), Err(expected.to_owned()), "{params}");
        };
        check("to=b&name=x&data={}", "400 missing parameter: ticket");
        check("ticket=x&to=b&name=x&data={}", "404 invalid ticket");
        check("from=a&name=x&data={}", "400 missing parameter: to");
        check("from=a&type=multicast&name=x&data={}", "400 missing parameter: to");
        check("from=a&type=broadcast&name=x&data={}", "400 bad parameter: type");
        check("from=a&to=b&type=x&name=x&data={}", "400 bad parameter: type");
        check("from=a&to=b,c&name=x&data={}", "400 bad parameter: to");
        check("from=a&to=b&data={}", "400 missing parameter: name");
        check(&format!("from=a&to=b&name={}&data={{}}", "x".repeat(33)), "400 bad parameter: name");
        check("from=a&to=b&name=x", "400 missing parameter: data");
        for bad in [
            "[]",
            "x",
            "{\"a\":1,\"a\":2}",
            "{\"key\":1}",
            "{\"key\":null}",
            "{\"key\":{}}",
            "{\"key\":true}",
        ] {
            check(&format!("from=a&to=b&name=x&data={bad}"), "400 bad parameter: data");
        }
    }
}
