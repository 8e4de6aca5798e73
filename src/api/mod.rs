//! The protocol of sites and browsers: requests into calls, answers into bytes.
//!
//! Owns: paths, authentication, parameters, the shapes of answers. Must not: carry a call out, read a clock
//! or touch a socket; what it needs of the world is in [`Context`]. In reading order: `endpoint` knows the
//! paths, `auth` admits sites, `params` and `names` read parameters; one file for each family of calls; then
//! `answer`. Beside the calls there are the `assets`, and the `notices` about the server itself.

mod endpoint;

mod auth;
mod names;
mod params;

mod buddies;
mod messages;
mod packets;
mod presences;
mod rooms;
mod statuses;

mod answer;
mod assets;
mod notices;
mod shape;

pub use answer::{write_answer, write_preflight, write_rejection};
pub use assets::write_asset;
pub use notices::{Notice, SHUTTING_DOWN, write_notice};
pub use shape::{Detail, Shape};

use crate::base::domains::{DomainId, Domains};
use crate::base::limits::Limits;
use crate::base::limits::admission::RETRY_SOON_S;
use crate::http::asset::Selected;
use crate::http::request::{Method, Request};
use crate::http::response::Rejection;
use crate::router::call::{Call, Verb};
use endpoint::{Endpoint, SiteCall};
use params::Params;

/// What a call needs that is not in its request.
#[derive(Clone, Copy)]
pub struct Context<'c> {
    /// The sites that are served.
    pub domains: &'c Domains,
    /// How much a call may bring.
    pub limits: &'c Limits,
    /// Whether a call of a domain is to be read later; and whether it is one that is never refused for want of memory.
    pub is_put_off: &'c dyn Fn(DomainId, bool) -> bool,
    /// Tells the server's time, in milliseconds since 1970: the timestamp of messages that bring none. Most requests
    /// need no time.
    pub wall_ms: fn() -> u64,
    /// How long the server has been there, in milliseconds: what rates are counted by.
    pub now_ms: u64,
    /// Fresh random bits, for a ticket.
    pub secret: [u8; 16],
}

/// What a request turned out to be.
#[derive(Debug)]
pub enum Routed<'a> {
    /// A call, for the router.
    Call {
        /// What is asked for.
        call: Call<'a>,
        /// How to answer.
        shape: Shape,
    },
    /// Nothing that can be done.
    Refused {
        /// Why.
        rejection: Rejection,
        /// How to answer.
        shape: Shape,
    },
    /// A question about methods, by a browser before a poll.
    Preflight {
        /// How to answer.
        shape: Shape,
    },
    /// A call of a domain whose calls are put off: to be read again later.
    Later {
        /// Which.
        domain: DomainId,
        /// How it would be answered.
        shape: Shape,
    },
    /// A file of the browser module, or word that the client's is still good.
    Asset {
        /// Which form of which.
        selected: Selected,
        /// How to answer.
        shape: Shape,
    },
    /// A question about the server itself.
    Notice {
        /// What there is to say.
        notice: Notice,
        /// How to answer.
        shape: Shape,
    },
}

impl Routed<'_> {
    /// How to answer.
    pub fn shape(&self) -> &Shape {
        match self {
            Routed::Call { shape, .. }
            | Routed::Refused { shape, .. }
            | Routed::Preflight { shape }
            | Routed::Later { shape, .. }
            | Routed::Asset { shape, .. }
            | Routed::Notice { shape, .. } => shape,
        }
    }

    /// How to answer, and nothing else.
    pub fn into_shape(self) -> Shape {
        match self {
            Routed::Call { shape, .. }
            | Routed::Refused { shape, .. }
            | Routed::Preflight { shape }
            | Routed::Later { shape, .. }
            | Routed::Asset { shape, .. }
            | Routed::Notice { shape, .. } => shape,
        }
    }
}

/// What a request asks for.
enum Asked<'a> {
    Call(Call<'a>),
    /// Which methods work.
    Methods,
    /// Nothing now: the domain's calls are put off.
    Later(DomainId),
    Asset(Selected),
    Notice(Notice),
}

/// Makes a call of a request.
///
/// Paths and methods are judged first, then the type of the body, then credentials, then how often the site calls,
/// then all other parameters, so that whoever has no key learns nothing but that.
pub fn route<'a>(request: &Request<'a>, context: &Context<'_>) -> Routed<'a> {
    let mut shape = Shape::of(request);
    match asked(request, context, &mut shape) {
        Ok(Asked::Call(call)) => Routed::Call { call, shape },
        Ok(Asked::Methods) => Routed::Preflight { shape },
        Ok(Asked::Later(domain)) => Routed::Later { domain, shape },
        Ok(Asked::Asset(selected)) => Routed::Asset { selected, shape },
        Ok(Asked::Notice(notice)) => Routed::Notice { notice, shape },
        Err(rejection) => Routed::Refused { rejection, shape },
    }
}

fn asked<'a>(
    request: &Request<'a>,
    context: &Context<'_>,
    shape: &mut Shape,
) -> Result<Asked<'a>, Rejection> {
    if request.method == Method::Options && request.path == "*" {
        return Ok(Asked::Notice(Notice::AllMethods));
    }
    match Endpoint::of(request.path).ok_or(Rejection::not_found())? {
        Endpoint::Poll => packets::poll(request, context, shape),
        Endpoint::Site(call) => site_call(call, request, context, shape),
        Endpoint::Asset(asset) => assets::fetch(asset, request),
        Endpoint::Home => notices::ask(request.method, Notice::Home, Notice::HomeMethods),
        Endpoint::Health => notices::ask(request.method, Notice::Health, Notice::HealthMethods),
    }
}

fn site_call<'a>(
    call: SiteCall,
    request: &Request<'a>,
    context: &Context<'_>,
    shape: &mut Shape,
) -> Result<Asked<'a>, Rejection> {
    if !call.allows(request.method) {
        return Err(Rejection::method(call.methods()));
    }
    let mut params = Params::read(request);
    params.check_type()?;
    let domain = auth::authenticate(&mut params, request.basic, context.domains)?;
    shape.site = true;
    if (context.is_put_off)(domain.id, call.is_always_taken()) {
        return Ok(Asked::Later(domain.id));
    }
    if !domain.admits_call(context.now_ms) {
        return Err(Rejection::too_many("too many calls", RETRY_SOON_S));
    }
    params.check()?;
    shape.version = params.version()?;
    let verb = verb(call, params, context, shape)?;
    Ok(Asked::Call(Call { domain: domain.id, verb }))
}

/// Why a request whose body is still to come will be refused whatever that says, and how to answer, if that can be told
/// from its head: for bodies so long that they are not read for nothing.
pub fn refuse_by_head(request: &Request<'_>, domains: &Domains) -> Option<(Rejection, Shape)> {
    if request.method == Method::Options && request.path == "*" {
        return None;
    }
    let rejection = match Endpoint::of(request.path) {
        None => Some(Rejection::not_found()),
        Some(Endpoint::Poll) => None,
        Some(Endpoint::Asset(asset)) => assets::fetch(asset, request).err(),
        Some(Endpoint::Home) => notices::ask(request.method, Notice::Home, Notice::HomeMethods).err(),
        Some(Endpoint::Health) => notices::ask(request.method, Notice::Health, Notice::HealthMethods).err(),
        Some(Endpoint::Site(call)) if !call.allows(request.method) => Some(Rejection::method(call.methods())),
        Some(Endpoint::Site(_)) => {
            auth::are_wrong(request.query, request.basic, domains).then_some(Rejection::unauthorized())
        }
    };
    Some((rejection?, Shape::of(request)))
}

fn verb<'a>(
    call: SiteCall,
    mut params: Params<'a>,
    context: &Context<'_>,
    shape: &mut Shape,
) -> Result<Verb<'a>, Rejection> {
    let params = &mut params;
    match call {
        SiteCall::Online => presences::online(params, context, shape),
        SiteCall::Offline => presences::offline(params),
        SiteCall::Show => presences::show(params),
        SiteCall::Status => statuses::status(params),
        SiteCall::Message => messages::message(params, context),
        SiteCall::Onlines => buddies::onlines(params, context, shape),
        SiteCall::RemoveBuddies => buddies::remove(params, context, shape),
        SiteCall::Members => rooms::members(params),
        SiteCall::Join => rooms::join(params),
        SiteCall::Leave => rooms::leave(params),
    }
}

#[cfg(test)]
mod testing;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::testing::{TICKET, answered, get, outcome, post, request, shape};
    use super::*;
    use crate::router::call::Version;

    #[track_caller]
    fn check(request: &str, expected: &str) {
        assert_eq!(outcome(request), expected, "{request}");
    }

    /// Where a call is read its path decides whether it is always taken, and where it came by mail its verb.
    #[test]
    fn calls_that_are_always_taken_are_so_by_path_and_by_verb() {
        let subject = format!("ticket={TICKET}&");
        let mut taken = 0;
        for (path, rest) in [
            ("/presences/online", "name=x"),
            ("/presences/offline", ""),
            ("/presences/show", "show=away"),
            ("/statuses", "to=x&show=typing"),
            ("/messages", "to=x&body=x"),
            ("/onlines", "names=x"),
            ("/buddies/remove", "name=x&buddies=y"),
            ("/room/members", "room=x"),
            ("/room/join", "room=x"),
            ("/room/leave", "room=x"),
        ] {
            let params =
                if path == "/presences/online" { rest.to_owned() } else { format!("{subject}{rest}") };
            let (verb, _) = post(path, &params).unwrap_or_else(|why| panic!("{path}: {why}"));
            let Some(Endpoint::Site(call)) = Endpoint::of(path) else { panic!("{path}") };
            assert_eq!(call.is_always_taken(), verb.is_always_taken(), "{path}");
            taken += usize::from(verb.is_always_taken());
        }
        assert_eq!(taken, 4);
    }

    #[test]
    fn paths_and_methods_are_judged_first() {
        for path in ["/a", "/packet", "/packets/", "/Messages", "/presences", "//packets", "/%70ackets"] {
            check(&request("GET", path, "", ""), "404 not found");
            check(&request("HEAD", path, "", ""), "404 not found");
            check(&request("OPTIONS", path, "", ""), "404 not found");
        }
        for path in [
            "/presences/online",
            "/presences/offline",
            "/presences/show",
            "/statuses",
            "/messages",
            "/room/join",
            "/room/leave",
            "/buddies/remove",
        ] {
            for method in ["GET", "HEAD", "OPTIONS", "PUT", "post"] {
                check(&request(method, path, "", ""), "405 method not allowed");
                assert!(answered(&request(method, path, "", "")).contains("\r\nAllow: POST\r\n"));
            }
            check(&request("POST", path, "", ""), "401 authentication failed");
        }
        for path in ["/onlines", "/room/members"] {
            for method in ["HEAD", "OPTIONS", "DELETE"] {
                check(&request(method, path, "", ""), "405 method not allowed");
                assert!(answered(&request(method, path, "", "")).contains("\r\nAllow: GET, POST\r\n"));
            }
            check(&request("GET", path, "", ""), "401 authentication failed");
        }
    }

    #[test]
    fn a_head_is_answered_without_a_body() {
        for path in ["/a", "/packets", "/messages"] {
            let answer = answered(&request("HEAD", path, "", ""));
            assert!(answer.ends_with("\r\n\r\n") && !answer.contains("Content-Length: 0"), "{answer}");
        }
    }

    #[test]
    fn bodies_of_other_types_are_refused_before_credentials() {
        const UNSUPPORTED: &str = "415 unsupported body type: send application/x-www-form-urlencoded or \
                                   application/json, in UTF-8 and without Content-Encoding";
        let check = |headers: &str, body: &str, expected: &str| {
            check(&request("POST", "/presences/offline", headers, body), expected);
        };
        let good = format!("domain=a&apikey=k&ticket={TICKET}");
        check("", &good, "call");
        check("Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\n", &good, "call");
        check("Content-Type: text/plain\r\n", &good, UNSUPPORTED);
        check("Content-Type: multipart/form-data; boundary=x\r\n", "x", UNSUPPORTED);
        check("Content-Encoding: gzip\r\n", &good, UNSUPPORTED);
        check("Content-Encoding: identity\r\n", &good, UNSUPPORTED);
        check("Content-Encoding: gzip\r\nContent-Type: text/plain\r\n", "", "401 authentication failed");
        check("Content-Type: application/json\r\n", "", "401 authentication failed");
    }

    #[test]
    fn credentials_are_judged_before_parameters() {
        let check = |query: &str, headers: &str, expected: &str| {
            check(&request("GET", &format!("/room/members?{query}"), headers, ""), expected);
        };
        let basic = "Authorization: Basic YTpr\r\n";
        check("domain=a&apikey=k&room=r", "", "call");
        check("room=r", basic, "call");
        check("apikey=wrong&room=r", basic, "401 authentication failed");
        check("domain=a&apikey=wrong&version=9", "", "401 authentication failed");
        check("domain=a&room=%", "", "401 authentication failed");
        check("domain=a&apikey=wrong&domain=a", "", "401 authentication failed");
        check("domain=%ff&apikey=k", "", "401 authentication failed");
        check("domain=a&apikey=k&domain=b", "", "400 bad parameter: domain");
        check("domain=%ff", basic, "400 bad parameter: domain");
        check("domain=a&apikey=k&version=9", "", "400 bad parameter: version");
        assert!(
            answered(&request("GET", "/onlines", "", ""))
                .contains("\r\nWWW-Authenticate: Basic realm=\"nextim\"\r\n")
        );
    }

    #[test]
    fn sites_never_get_cors() {
        for answer in [
            answered(&request("GET", "/onlines", "Origin: https://x\r\n", "")),
            answered(&request("OPTIONS", "/messages", "Origin: https://x\r\n", "")),
            answered(&request("GET", "/nowhere", "Origin: https://x\r\n", "")),
        ] {
            assert!(!answer.contains("Access-Control") && !answer.contains("Vary"), "{answer}");
        }
    }

    #[test]
    fn versions() {
        let version =
            |text| get("/room/members", &format!("room=r&version={text}")).map(|(_, shape)| shape.version);
        assert_eq!(version(""), Ok(Version::Papers));
        assert_eq!(version("3"), Ok(Version::V3));
        assert_eq!(version("6"), Ok(Version::V6));
        for bad in ["5", "06", "3.0", "%203", "six"] {
            assert_eq!(version(bad), Err("400 bad parameter: version".to_owned()));
        }
    }

    #[test]
    fn connections_are_kept_as_asked() {
        let kept = |request| (shape(request).close, shape(request).http10);
        assert_eq!(kept("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), (false, false));
        assert_eq!(kept("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), (true, false));
        assert_eq!(kept("GET / HTTP/1.0\r\n\r\n"), (true, true));
        assert_eq!(kept("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"), (false, true));
        assert!(
            answered("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
                .contains("\r\nConnection: keep-alive\r\n")
        );
    }

    #[test]
    fn nothing_of_a_request_is_in_a_head() {
        let evil = "x%0d%0aSet-Cookie:%20a";
        for path in [
            format!("/packets?domain={evil}&ticket={evil}&callback={evil}"),
            format!("/packets?domain=closed&ticket={TICKET}&callback={evil}"),
            format!("/{evil}"),
        ] {
            let answer = answered(&request("GET", &path, "Origin: https://evil\r\n", ""));
            assert!(!answer.contains("Set-Cookie") && !answer.contains("evil"), "{answer}");
        }
    }

    proptest! {
        #[test]
        fn any_parameters_are_a_call_or_a_refusal(
            path in "/(packets|messages|onlines|presences/online|room/join|statuses)",
            params in proptest::collection::vec(("(name|to|from|ticket|body|show|names|buddies|seq|type|callback)",
                "(%[0-9a-f]{2}|[a-z]|,|\\+|\\[|\"|=|%|.){0,12}"), 0..6),
            json in any::<bool>(),
        ) {
            let params: Vec<String> = params.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let mut body = params.join("&");
            let mut headers = String::new();
            if json {
                body = format!("{{\"{}\"}}", body.replace('=', "\":\"").replace('&', "\",\""));
                headers.push_str("Content-Type: application/json\r\n");
            }
            let path = format!("{path}?domain=a&apikey=k");
            let answer = outcome(&request("POST", &path, &headers, &body));
            prop_assert!(answer == "call" || answer.starts_with("400 ") || answer.starts_with("404 "), "{answer}");
        }

        #[test]
        fn any_text_after_the_method_is_answered(text in "(\\?|&|=|%|/packets|domain=a|.){0,20}") {
            let text = text.replace(|char: char| char == ' ' || char.is_ascii_control(), "");
            let answer = outcome(&request("GET", &format!("/packets?{text}"), "", ""));
            prop_assert!(answer.starts_with('4'), "{answer}");
        }
    }

    #[test]
    fn the_query_wins_and_a_body_is_read_on_post_only() {
        let ticket = format!("ticket={TICKET}");
        let query = format!("/presences/offline?domain=a&apikey=k&{ticket}");
        check(&request("POST", &query, "", "ticket=bad"), "call");
        check(&request("POST", &query, "", "ticket=%"), "400 bad parameter: ticket");
        check(
            &request("GET", "/room/members?domain=a&apikey=k", "", "room=r"),
            "400 missing parameter: room",
        );
        check(
            &request("GET", "/room/members?domain=a&apikey=k&room=r", "Content-Type: x/y\r\n", "!"),
            "call",
        );
        assert_eq!(post("/room/members", "room=r").map(|_| ()), Ok(()));
    }
}
