//! `/packets`: the long poll and the stream; `/packets/ack`.
//!
//! Owns: their parameters, and the origins whose scripts may read the answer. Must not: use an apikey; a browser has none.
//! A domain names the origins that may read its answers. Without a domain, because none was named or the name is unknown,
//! any origin may: the answer is an error that is the same for everybody.

use super::param::Param;
use super::params::Params;
use super::refusal::{NO_CLIENT, STREAM_OF_HTTP10};
use super::shape::{Detail, Form, Shape};
use crate::base::digits;
use crate::base::domains::{Audience, DomainId, Domains};
use crate::http::jsonp;
use crate::http::rejection::Rejection;
use crate::http::request::{Method, Request};
use crate::router::call::{Ack, Poll, Transport, Verb};

/// The domain that the request names, and the origins whose scripts may read the answer.
pub(super) fn domain(
    params: &mut Params<'_>,
    origin: Option<&str>,
    domains: &Domains,
) -> (Result<DomainId, Rejection>, Audience) {
    let Some(name) = params.text(Param::Domain) else {
        return (Err(Param::Domain.missing()), Audience::Anybody);
    };
    match domains.find(&name) {
        Some(domain) => (Ok(domain.id), domain.audience(origin)),
        None => (Err(NO_CLIENT), Audience::Anybody),
    }
}

/// Notes the form of the answer: a bare object, the argument of a function, or a stream.
pub(super) fn form(
    params: &mut Params<'_>,
    request: &Request<'_>,
    shape: &mut Shape,
) -> Result<(), Rejection> {
    shape.detail = callback(params)?;
    if request.method != Method::Get || !request.accepts_events {
        return Ok(());
    }
    if shape.callback().is_some() {
        return Err(Param::Callback.bad());
    }
    if request.http10 {
        return Err(STREAM_OF_HTTP10);
    }
    shape.form = Form::Opening;
    Ok(())
}

/// The function that the answer calls, if there is one.
fn callback(params: &mut Params<'_>) -> Result<Detail, Rejection> {
    match params.raw(Param::Callback) {
        Some(name) if !jsonp::is_callback(&name) => Err(Param::Callback.bad()),
        Some(name) => Ok(Detail::Word(name.into_owned().into())),
        None => Ok(Detail::default()),
    }
}

/// `GET /packets`. A browser that opens a stream once more names the last event that it has; the URL has an older one.
pub(super) fn poll<'a>(
    params: &mut Params<'_>,
    request: &Request<'_>,
    shape: &Shape,
) -> Result<Verb<'a>, Rejection> {
    let (ticket, seq) = (params.required_ticket()?, seq(params)?);
    if !shape.is_stream() {
        return Ok(Verb::Poll(Poll { ticket, seq, transport: Transport::Poll }));
    }
    let seq = last_event_id(request)?.or(seq);
    Ok(Verb::Poll(Poll { ticket, seq, transport: Transport::Stream }))
}

/// `POST /packets/ack`.
pub(super) fn ack<'a>(params: &mut Params<'_>) -> Result<Verb<'a>, Rejection> {
    let ticket = params.required_ticket()?;
    let seq = seq(params)?.ok_or(Param::Seq.missing())?;
    Ok(Verb::Ack(Ack { ticket, seq }))
}

/// The number of the last packet that the client has; an empty one counts as absent.
pub(super) fn seq(params: &mut Params<'_>) -> Result<Option<u64>, Rejection> {
    let Some(text) = params.text(Param::Seq) else { return Ok(None) };
    digits::number(text.as_bytes()).map(Some).ok_or(Param::Seq.bad())
}

/// The `Last-Event-ID` of a browser that opens a stream once more: the id of an event is a `seq`.
fn last_event_id(request: &Request<'_>) -> Result<Option<u64>, Rejection> {
    let mut values = request.values("Last-Event-ID").filter(|value| !value.is_empty());
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(Param::Seq.bad());
    }
    digits::number(value).map(Some).ok_or(Param::Seq.bad())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::route::Route;
    use super::super::testing::{TICKET, answered, outcome, request, shape, site};
    use super::*;

    fn polled(query: &str, headers: &str) -> String {
        request("GET", &format!("/packets?{query}"), headers, "")
    }

    #[track_caller]
    fn check(query: &str, expected: &str) {
        assert_eq!(outcome(&polled(query, "")), expected, "{query}");
        assert_eq!(outcome(&request("POST", "/packets", "", query)), expected, "{query}");
    }

    #[test]
    fn a_poll_needs_a_domain_and_a_ticket() {
        check(&format!("domain=a&ticket={TICKET}&callback=cb&seq=0&_=123"), "call");
        check("", "400 missing parameter: domain");
        check(&format!("ticket={TICKET}&domain="), "400 missing parameter: domain");
        check("domain=a", "400 missing parameter: ticket");
        check("domain=a&ticket=", "400 missing parameter: ticket");
        check("domain=a&ticket=x", "404 invalid ticket");
        check(&format!("domain=b&ticket={TICKET}"), "404 no client found");
        check(&format!("domain=a&ticket={TICKET}&callback=a("), "400 bad parameter: callback");
        check(&format!("domain=a&ticket={TICKET}&version=5"), "400 bad parameter: version");
        check(&format!("domain=a&ticket={TICKET}&callback=a&callback=b"), "400 bad parameter: callback");
        assert_eq!(outcome(&polled("other=%", "")), "400 bad parameter: query");
    }

    #[test]
    fn a_seq_is_digits() {
        let seq = |text: &str| match site(&polled(&format!("domain=a&ticket={TICKET}&seq={text}"), "")).route
        {
            Route::Call(call) => {
                let Verb::Poll(Poll { seq, .. }) = call.verb else { panic!("{call:?}") };
                Ok(seq)
            }
            Route::Refused(rejection) => Err(rejection),
            Route::Preflight(_)
            | Route::Asset(_)
            | Route::Notice(_)
            | Route::Postponed(_)
            | Route::Upgrade(_) => panic!("{text}"),
        };
        assert_eq!(seq(""), Ok(None));
        assert_eq!(seq("0"), Ok(Some(0)));
        assert_eq!(seq("007"), Ok(Some(7)));
        assert_eq!(seq("18446744073709551615"), Ok(Some(u64::MAX)));
        for bad in ["18446744073709551616", "-1", "%2B1", "1.0", "1e3", "+1", "x"] {
            assert_eq!(seq(bad), Err(Param::Seq.bad()), "{bad}");
        }
    }

    /// The verb of a request, or the words of its rejection.
    fn verb(text: &str) -> Result<Verb<'_>, String> {
        match site(text).route {
            Route::Call(call) => Ok(call.verb),
            Route::Refused(_)
            | Route::Preflight(_)
            | Route::Asset(_)
            | Route::Notice(_)
            | Route::Postponed(_)
            | Route::Upgrade(_) => Err(outcome(text)),
        }
    }

    #[test]
    fn a_stream_is_a_poll_that_accepts_events_alone() {
        const EVENTS: &str = "Accept: text/event-stream\r\n";
        let check = |query: &str, headers: &str, expected: Result<(Option<u64>, Transport), &str>| {
            let text = polled(&format!("domain=a&ticket={TICKET}&{query}"), headers);
            let found = verb(&text).map(|verb| {
                let Verb::Poll(Poll { seq, transport, .. }) = verb else { panic!("{verb:?}") };
                assert_eq!(shape(&text).is_stream(), transport == Transport::Stream);
                (seq, transport)
            });
            assert_eq!(found, expected.map_err(str::to_owned), "{query} {headers}");
        };
        check("seq=3", "", Ok((Some(3), Transport::Poll)));
        check("seq=3", "Last-Event-ID: 4\r\n", Ok((Some(3), Transport::Poll)));
        check("seq=3", EVENTS, Ok((Some(3), Transport::Stream)));
        check("", EVENTS, Ok((None, Transport::Stream)));
        let again = |id: &str| format!("{EVENTS}last-event-id: {id}\r\n");
        check("seq=3", &again("4"), Ok((Some(4), Transport::Stream)));
        check("seq=5", &again("4"), Ok((Some(4), Transport::Stream)));
        check("seq=5", &again(""), Ok((Some(5), Transport::Stream)));
        let bad = Err("400 bad parameter: seq");
        for id in ["x", "-1", "+1", "4 4", "18446744073709551616", "4\r\nLast-Event-ID: 4"] {
            check("seq=5", &again(id), bad);
        }
        check("seq=x", &again("4"), bad);
        check("callback=f", EVENTS, Err("400 bad parameter: callback"));
        check("callback=f", "", Ok((None, Transport::Poll)));
        let posted = request("POST", "/packets", EVENTS, &format!("domain=a&ticket={TICKET}"));
        assert!(!shape(&posted).is_stream());
        let target = format!("/packets?domain=a&ticket={TICKET}");
        let old = format!("GET {target} HTTP/1.0\r\n{EVENTS}\r\n");
        assert_eq!(outcome(&old), "400 a stream needs HTTP/1.1");
    }

    #[test]
    fn an_acknowledgement_needs_a_number() {
        let check = |form: &str, expected: Result<u64, &str>| {
            let text = request("POST", "/packets/ack", "", form);
            let found = verb(&text).map(|verb| {
                let Verb::Ack(Ack { seq, .. }) = verb else { panic!("{verb:?}") };
                seq
            });
            assert_eq!(found, expected.map_err(str::to_owned), "{form}");
        };
        check(&format!("domain=a&ticket={TICKET}&seq=7"), Ok(7));
        check(&format!("domain=a&ticket={TICKET}"), Err("400 missing parameter: seq"));
        check(&format!("domain=a&ticket={TICKET}&seq="), Err("400 missing parameter: seq"));
        check(&format!("domain=a&ticket={TICKET}&seq=x"), Err("400 bad parameter: seq"));
        check("domain=a&seq=7", Err("400 missing parameter: ticket"));
        check("domain=a&ticket=x&seq=7", Err("404 invalid ticket"));
        check(&format!("ticket={TICKET}&seq=7"), Err("400 missing parameter: domain"));
        check(&format!("domain=b&ticket={TICKET}&seq=7"), Err("404 no client found"));
        assert_eq!(outcome(&request("GET", "/packets/ack", "", "")), "405 method not allowed");
        assert_eq!(outcome(&request("OPTIONS", "/packets/ack?domain=a", "", "")), "methods");
    }

    #[test]
    fn every_answer_may_be_read_by_scripts_of_the_domains_origins() {
        let check = |request: &str, expected: Option<&str>| {
            let shape = shape(request);
            let expected = match expected {
                None => Audience::Nobody,
                Some("*") => Audience::Anybody,
                Some(origin) => Audience::Origin(Arc::new(origin.into())),
            };
            assert_eq!(shape, Shape { cross_origin: true, ..shape.clone() }.read_by(expected), "{request}");
        };
        let ours = "Origin: https://closed.example\r\n";
        let other = "Origin: https://other.example\r\n";
        for query in [&format!("ticket={TICKET}"), "ticket=x", "", "callback=9", "other=%"] {
            check(&polled(&format!("domain=a&{query}"), other), Some("*"));
            check(&polled(&format!("domain=nowhere&{query}"), other), Some("*"));
            check(&polled(query, other), Some("*"));
            check(&polled(&format!("domain=closed&{query}"), ours), Some("https://closed.example"));
            check(&polled(&format!("domain=closed&{query}"), other), None);
            check(&polled(&format!("domain=closed&{query}"), ""), None);
        }
        for method in ["HEAD", "PUT", "OPTIONS", "POST"] {
            let unreadable = format!("{other}Content-Type: text/plain\r\n");
            check(&request(method, "/packets?domain=closed", &unreadable, "x"), None);
            check(&request(method, "/packets", &unreadable, "x"), Some("*"));
        }
    }

    #[test]
    fn other_methods_are_refused_or_listed() {
        assert_eq!(outcome(&request("HEAD", "/packets", "", "")), "405 method not allowed");
        assert_eq!(outcome(&request("PUT", "/packets", "", "")), "405 method not allowed");
        assert_eq!(outcome(&request("OPTIONS", "/packets?domain=a", "", "")), "methods");
        assert!(answered(&request("PUT", "/packets", "", "")).contains("\r\nAllow: GET, POST, OPTIONS\r\n"));
        let answer = answered(&request("OPTIONS", "/packets", "Origin: https://x\r\n", ""));
        for header in [
            "Access-Control-Allow-Origin: *",
            "Vary: Origin",
            "Access-Control-Allow-Methods: GET, POST, OPTIONS",
            "Access-Control-Allow-Headers: Content-Type",
            "Access-Control-Max-Age: 86400",
        ] {
            assert!(answer.contains(&format!("\r\n{header}\r\n")), "{answer}");
        }
    }
}
