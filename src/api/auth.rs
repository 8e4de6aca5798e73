//! Authentication of sites: a domain and one of its keys.
//!
//! Owns: where credentials stand. Must not: refuse with anything but [`UNAUTHORIZED`], which
//! does not show which part was wrong.

use std::borrow::Cow;

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::param::Param;
use super::params::Params;
use super::refusal::UNAUTHORIZED;
use crate::base::domains::{Domain, Domains};
use crate::http::rejection::Rejection;

/// Base64 as clients write it, with padding or without.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The domain whose credentials were sent. Domain and apikey each stand in the parameters, or else in `basic`.
pub(super) fn authenticate<'d>(
    params: &mut Params<'_>,
    basic: Option<&str>,
    domains: &'d Domains,
) -> Result<&'d Domain, Rejection> {
    let (domain, apikey) = given(params, basic).ok_or(UNAUTHORIZED)?;
    domains.admit(&domain, &apikey).map(|domain| &**domain).ok_or(UNAUTHORIZED)
}

/// Whether `query` and `basic` hold both a domain and an apikey, and these do not match. If one of them is missing, it can
/// only stand in the body.
pub(super) fn are_wrong(query: &str, basic: Option<&str>, domains: &Domains) -> bool {
    let mut params = Params::new();
    params.read_query(query);
    given(&mut params, basic).is_some_and(|(domain, apikey)| domains.admit(&domain, &apikey).is_none())
}

/// The domain and the apikey, if both were sent.
fn given<'a>(params: &mut Params<'a>, basic: Option<&str>) -> Option<(Cow<'a, str>, Cow<'a, str>)> {
    let (mut domain, mut apikey) = (params.text(Param::Domain), params.text(Param::Apikey));
    if let (true, Some((user, password))) = (domain.is_none() || apikey.is_none(), basic.and_then(decode)) {
        domain = domain.or(Some(Cow::Owned(user)));
        apikey = apikey.or(Some(Cow::Owned(password)));
    }
    domain.zip(apikey)
}

/// The user and the password of Basic credentials (RFC 7617).
fn decode(basic: &str) -> Option<(String, String)> {
    let text = String::from_utf8(BASE64.decode(basic).ok()?).ok()?;
    let (user, password) = text.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params_of(query: &str) -> Params<'_> {
        let mut params = Params::new();
        params.read_query(query);
        params
    }
    use crate::base::domains::DomainConfig;

    #[track_caller]
    fn check(query: &str, basic: Option<&str>, expected: Option<&str>) {
        let domains = Domains::new(&[DomainConfig::new("a", "k:1"), DomainConfig::new("b", "k2")]);
        let basic = basic.map(|text| BASE64.encode(text));
        let found = authenticate(&mut params_of(query), basic.as_deref(), &domains);
        let found = found.map(|domain| domain.id);
        let expected = expected.map(|name| domains.find(name).unwrap().id);
        assert_eq!(found, expected.ok_or(UNAUTHORIZED), "{query} {basic:?}");
        let complete = given(&mut params_of(query), basic.as_deref()).is_some();
        let wrong = are_wrong(query, basic.as_deref(), &domains);
        assert_eq!(wrong, complete && expected.is_none(), "{query} {basic:?}");
    }

    #[test]
    fn credentials_that_may_still_arrive_are_not_wrong() {
        let domains = Domains::new(&[DomainConfig::new("a", "k")]);
        let are_wrong = |query: &str, basic: Option<&str>| {
            are_wrong(query, basic.map(|text| BASE64.encode(text)).as_deref(), &domains)
        };
        for (query, basic) in
            [("", None), ("domain=a", None), ("domain=b", None), ("apikey=x&domain=", None), ("", Some("x"))]
        {
            assert!(!are_wrong(query, basic), "{query} {basic:?}");
        }
        for (query, basic) in [("domain=a&apikey=x", None), ("", Some("a:x")), ("domain=b", Some("a:k"))] {
            assert!(are_wrong(query, basic), "{query} {basic:?}");
        }
        assert!(!are_wrong("domain=a&apikey=k", Some("a:x")) && !are_wrong("domain=a", Some("b:k")));
    }

    #[test]
    fn sites_are_admitted_by_their_keys() {
        check("domain=a&apikey=k:1", None, Some("a"));
        check("domain=b&apikey=k2", None, Some("b"));
        check("", Some("a:k:1"), Some("a"));
        check("domain=b&apikey=k2", Some("a:wrong"), Some("b"));
        check("domain=a", Some("b:k:1"), Some("a"));
        check("apikey=k2", Some("b:wrong"), Some("b"));
        check("domain=&apikey=", Some("b:k2"), Some("b"));
        for query in
            ["", "domain=a", "apikey=k2", "domain=a&apikey=k2", "domain=c&apikey=k2", "domain=a&apikey=k"]
        {
            check(query, None, None);
        }
        check("domain=a&apikey=wrong", Some("a:k:1"), None);
        check("", Some("a"), None);
        check("", Some("a:"), None);
        check("", Some(":k2"), None);
    }

    #[test]
    fn credentials_are_base64() {
        assert_eq!(decode("YTpi"), Some(("a".to_owned(), "b".to_owned())));
        assert_eq!(decode("YTpiYg=="), Some(("a".to_owned(), "bb".to_owned())));
        assert_eq!(decode("YTpiYg"), Some(("a".to_owned(), "bb".to_owned())));
        for bad in ["", "=", "YTp", "Y:", "YWI=", "/zov"] {
            assert_eq!(decode(bad), None, "{bad}");
        }
    }
}
