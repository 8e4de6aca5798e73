//! Requests that a page of another site makes in the user's name.
//!
//! Owns: the check of where a request comes from. Must not: read parameters or bodies.
//!
//! A browser sends the session's cookie with every request to the site, also with those of other sites' pages. It also
//! sends the origin of the page, and a page cannot forge that. A request that changes something must therefore come from
//! one of the site's own pages.

use axum::http::{HeaderMap, HeaderName, header};

use super::refusal::Refusal;

/// Where a request is expected to come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// A page of this site.
    OwnPage,
    /// A page of this site, or of an origin that may use the plugin.
    AllowedPage,
    /// A server, which proves its identity without a cookie.
    Server,
}

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");

/// Refuses a request that does not come from a page of this site or of these other origins. A request that does not name
/// its origin is refused. The site's URL says what its origin is. A site without one takes the `Host` header for it, by
/// which a page can pass whose name leads to this site.
pub fn check(headers: &HeaderMap, url: Option<&str>, others: &[String]) -> Result<(), Refusal> {
    let from = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
    if from_here(headers, url) || from.is_some_and(|from| is_among(others, from)) {
        return Ok(());
    }
    Err(Refusal::forbidden("This request came from another site and was not carried out."))
}

fn from_here(headers: &HeaderMap, url: Option<&str>) -> bool {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let host = text(header::HOST).unwrap_or_default();
    let page = text(header::ORIGIN).or_else(|| text(header::REFERER));
    match (page, text(SEC_FETCH_SITE)) {
        (_, Some(site)) if site != "same-origin" => false,
        (Some(page), _) => match url {
            Some(url) => origin_of(page)
                .is_some_and(|from| origin_of(url).is_some_and(|own| own.eq_ignore_ascii_case(from))),
            None => host_of(page).is_some_and(|from| from.eq_ignore_ascii_case(host)),
        },
        (None, Some(_)) => true,
        (None, None) => false,
    }
}

/// Whether the request is for a script on a page of one of these origins. The browser's headers say so: the address of the
/// page and, from browsers that send it, the destination `script`.
pub fn is_script_of(headers: &HeaderMap, origins: &[String]) -> bool {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let from = text(header::REFERER).and_then(origin_of);
    let wanted = text(SEC_FETCH_DEST).is_none_or(|wanted| wanted == "script");
    wanted && from.is_some_and(|from| is_among(origins, from))
}

fn is_among(origins: &[String], from: &str) -> bool {
    origins.iter().any(|origin| origin.eq_ignore_ascii_case(from))
}

/// The host and port of a URL.
fn host_of(url: &str) -> Option<&str> {
    origin_of(url)?.split_once("://").map(|(_, host)| host)
}

/// The origin of an http URL, as browsers write it.
fn origin_of(url: &str) -> Option<&str> {
    let scheme = ["http://", "https://"].into_iter().find(|scheme| url.starts_with(scheme))?;
    let end = url[scheme.len()..].find(['/', '?', '#']).map_or(url.len(), |end| scheme.len() + end);
    Some(&url[..end])
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers(list: &[(&'static str, &'static str)]) -> HeaderMap {
        list.iter().map(|&(n, v)| (HeaderName::from_static(n), HeaderValue::from_static(v))).collect()
    }

    #[track_caller]
    fn check(expected: bool, list: &[(&'static str, &'static str)]) {
        let mut headers = headers(list);
        headers.insert(header::HOST, HeaderValue::from_static("site.example:8080"));
        assert_eq!(super::check(&headers, None, &[]).is_ok(), expected, "{list:?}");
    }

    #[test]
    fn the_host_proves_nothing_if_the_sites_url_is_known() {
        for (expected, list) in [
            (true, [("host", "127.0.0.1:8080"), ("origin", "https://site.example")]),
            (true, [("host", "127.0.0.1:8080"), ("referer", "https://SITE.example/forum")]),
            (false, [("host", "evil.example"), ("origin", "http://evil.example")]),
            (false, [("host", "site.example"), ("origin", "http://site.example")]),
            (true, [("host", "evil.example"), ("sec-fetch-site", "same-origin")]),
        ] {
            let checked = super::check(&headers(&list), Some("https://site.example/community"), &[]);
            assert_eq!(checked.is_ok(), expected, "{list:?}");
        }
    }

    #[test]
    fn only_our_own_pages_change_something() {
        check(true, &[("origin", "http://site.example:8080")]);
        check(true, &[("origin", "https://SITE.example:8080"), ("sec-fetch-site", "same-origin")]);
        check(true, &[("referer", "http://site.example:8080/forum?x#y")]);
        check(true, &[("sec-fetch-site", "same-origin")]);
        check(false, &[]);
        check(false, &[("origin", "null")]);
        check(false, &[("origin", "null"), ("referer", "http://site.example:8080/")]);
        check(false, &[("origin", "http://site.example")]);
        check(false, &[("origin", "http://evil.example"), ("referer", "http://site.example:8080/")]);
        check(false, &[("origin", "http://site.example:8080.evil.example")]);
        check(false, &[("origin", "http://evil.example/http://site.example:8080")]);
        check(false, &[("origin", "http://site.example:8080"), ("sec-fetch-site", "cross-site")]);
        check(false, &[("referer", "ftp://site.example:8080/")]);
        for site in ["cross-site", "same-site", "none"] {
            check(false, &[("sec-fetch-site", site)]);
        }
    }

    #[test]
    fn pages_of_named_origins_may_where_they_are_allowed() {
        let allowed = ["http://www.example".to_owned()];
        for (expected, list) in [
            (true, vec![("origin", "http://www.example"), ("sec-fetch-site", "same-site")]),
            (true, vec![("origin", "http://WWW.example")]),
            (false, vec![("origin", "http://www.example.evil")]),
            (false, vec![("origin", "https://www.example")]),
            (false, vec![("origin", "null"), ("referer", "http://www.example/")]),
            (false, vec![("referer", "http://www.example/")]),
        ] {
            assert_eq!(super::check(&headers(&list), None, &allowed).is_ok(), expected, "{list:?}");
        }
    }

    #[test]
    fn only_scripts_of_allowed_origins_are_scripts() {
        let allowed = ["http://www.example".to_owned()];
        for (expected, list) in [
            (true, vec![("referer", "http://www.example/page")]),
            (true, vec![("referer", "http://www.example"), ("sec-fetch-dest", "script")]),
            (false, vec![("referer", "http://www.example/page"), ("sec-fetch-dest", "empty")]),
            (false, vec![("referer", "http://www.example.evil/page")]),
            (false, vec![("referer", "https://www.example/page")]),
            (false, vec![("origin", "http://www.example")]),
            (false, vec![]),
        ] {
            assert_eq!(is_script_of(&headers(&list), &allowed), expected, "{list:?}");
        }
    }
}
