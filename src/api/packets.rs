//! `/packets`: the long poll.
//!
//! Owns: its parameters, and the origins whose scripts may read the answer. Must not: use an apikey; a browser has none.
//! A domain names the origins that may read its answers. Without a domain, because none was named or the name is unknown,
//! any origin may: the answer is an error that is the same for everybody.

use super::param::Param;
use super::params::Params;
use super::refusal::NO_CLIENT;
use super::shape::Detail;
use crate::base::domains::{Audience, DomainId, Domains};
use crate::http::jsonp;
use crate::http::rejection::Rejection;
use crate::router::call::{Poll, Verb};

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

/// The function that the answer calls, if there is one.
pub(super) fn callback(params: &mut Params<'_>) -> Result<Detail, Rejection> {
    match params.raw(Param::Callback) {
        Some(name) if !jsonp::is_callback(&name) => Err(Param::Callback.bad()),
        Some(name) => Ok(Detail::Callback(name.into_owned().into())),
        None => Ok(Detail::default()),
    }
}

/// `GET /packets`.
pub(super) fn poll<'a>(params: &mut Params<'_>) -> Result<Verb<'a>, Rejection> {
    Ok(Verb::Poll(Poll { ticket: params.required_ticket()?, seq: seq(params)? }))
}

/// The number of the last packet that the client has: only digits; an empty one counts as absent.
fn seq(params: &mut Params<'_>) -> Result<Option<u64>, Rejection> {
    let Some(text) = params.text(Param::Seq) else { return Ok(None) };
    let digits = Some(&*text).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let seq = digits.and_then(|digits| digits.parse().ok());
    seq.map(Some).ok_or(Param::Seq.bad())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::route::Route;
    use super::super::shape::Shape;
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
            Route::Preflight(_) | Route::Asset(_) | Route::Notice(_) | Route::Postponed(_) => {
                panic!("{text}")
            }
        };
        assert_eq!(seq(""), Ok(None));
        assert_eq!(seq("0"), Ok(Some(0)));
        assert_eq!(seq("007"), Ok(Some(7)));
        assert_eq!(seq("18446744073709551615"), Ok(Some(u64::MAX)));
        for bad in ["18446744073709551616", "-1", "%2B1", "1.0", "1e3", "+1", "x"] {
            assert_eq!(seq(bad), Err(Param::Seq.bad()), "{bad}");
        }
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
