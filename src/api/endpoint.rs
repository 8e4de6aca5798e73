//! Endpoints: all paths, with the rules of each.
//!
//! Owns: the one table of paths. A row holds the methods, the longest body, the readers of the answers, the service and its
//! credentials; none of this stands anywhere else. Must not: read a parameter.

use super::assets;
use crate::base::limits::Limits;
use crate::http::asset::Asset;
use crate::http::methods::MethodSet;
use crate::http::policy::{PathRules, Policy};
use crate::http::rejection::Rejection;
use crate::http::request::Method;

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Endpoint {
    /// The path, which is compared bytewise.
    pub path: &'static str,
    /// The methods it takes.
    pub(crate) methods: MethodSet,
    body: BodyLimit,
    readers: Readers,
    admission: Admission,
    pub(super) access: Access,
}

/// The longest body, by its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum BodyLimit {
    /// One call.
    Call,
    /// Lists of whole rosters.
    Lists,
}

/// The scripts that may read an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Readers {
    /// Scripts of this server's own origin.
    Own,
    /// Scripts of the origins that the domain names, too.
    Others,
}

/// The load under which a call is carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Admission {
    /// Always: it makes nothing wait, or makes less wait.
    Always,
    /// Unless too much waits for its domain.
    Limited,
}

/// The credentials that a path takes, and the service for a client that has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// The apikey of a domain: a call of a site.
    Apikey(SiteCall),
    /// The ticket of a session: a call of a browser.
    Ticket(BrowserCall),
    /// No credentials: a file or a page.
    Open(PublicPage),
}

/// The calls of browsers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BrowserCall {
    /// Wait for packets, by a long poll or a stream.
    Poll,
    /// Acknowledge packets of a stream.
    Ack,
}

/// The calls of sites.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SiteCall {
    /// Start a session.
    Online,
    /// End a session, or all sessions of a user.
    Offline,
    /// Change a presence.
    Show,
    /// Send a typing state.
    Status,
    /// Send a message.
    Message,
    /// Send a signal.
    Signal,
    /// List the users among some names that are online.
    Onlines,
    /// Unlink users.
    RemoveBuddies,
    /// List the members of a room.
    Members,
    /// Join a room.
    Join,
    /// Leave a room.
    Leave,
}

/// A service that is open to everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PublicPage {
    /// A file of the browser module.
    Asset(&'static Asset),
    /// The page that introduces this server.
    Home,
    /// The health of the server, for a load balancer.
    Health,
}

const GET_HEAD: MethodSet = MethodSet::of(&[Method::Get, Method::Head]);
const GET_HEAD_OPTIONS: MethodSet = GET_HEAD.union(MethodSet::of(&[Method::Options]));
const GET_POST: MethodSet = MethodSet::of(&[Method::Get, Method::Post]);
const GET_POST_OPTIONS: MethodSet = GET_POST.union(MethodSet::of(&[Method::Options]));
const POST: MethodSet = MethodSet::of(&[Method::Post]);
const POST_OPTIONS: MethodSet = POST.union(MethodSet::of(&[Method::Options]));

macro_rules! endpoints {
    ($($path:expr, $methods:ident, $body:ident, $readers:ident, $admission:ident, $access:expr;)*) => {
        /// All endpoints.
        pub static ENDPOINTS: &[Endpoint] = &[$(Endpoint {
            path: $path,
            methods: $methods,
            body: BodyLimit::$body,
            readers: Readers::$readers,
            admission: Admission::$admission,
            access: $access,
        }),*];
    };
}

// The most frequent ones stand first.
endpoints! {
    // path,              methods,          body,  readers, admission, credentials and service
    "/packets",           GET_POST_OPTIONS, Call,  Others,  Always,    Access::Ticket(BrowserCall::Poll);
    "/packets/ack",       POST_OPTIONS,     Call,  Others,  Always,    Access::Ticket(BrowserCall::Ack);
    "/messages",          POST,             Call,  Own,     Limited,   Access::Apikey(SiteCall::Message);
    "/statuses",          POST,             Call,  Own,     Limited,   Access::Apikey(SiteCall::Status);
    "/presences/online",  POST,             Lists, Own,     Limited,   Access::Apikey(SiteCall::Online);
    "/presences/offline", POST,             Call,  Own,     Always,    Access::Apikey(SiteCall::Offline);
    "/presences/show",    POST,             Call,  Own,     Always,    Access::Apikey(SiteCall::Show);
    "/signals",           POST,             Call,  Own,     Limited,   Access::Apikey(SiteCall::Signal);
    "/onlines",           GET_POST,         Lists, Own,     Limited,   Access::Apikey(SiteCall::Onlines);
    "/buddies/remove",    POST,             Call,  Own,     Always,    Access::Apikey(SiteCall::RemoveBuddies);
    "/room/members",      GET_POST,         Call,  Own,     Limited,   Access::Apikey(SiteCall::Members);
    "/room/join",         POST,             Call,  Own,     Limited,   Access::Apikey(SiteCall::Join);
    "/room/leave",        POST,             Call,  Own,     Always,    Access::Apikey(SiteCall::Leave);
    "/health",            GET_HEAD_OPTIONS, Call,  Own,     Always,    Access::Open(PublicPage::Health);
    "/",                  GET_HEAD_OPTIONS, Call,  Own,     Always,    Access::Open(PublicPage::Home);
    assets::BAR_PATH,     GET_HEAD,         Call,  Own,     Always,    Access::Open(PublicPage::Asset(&assets::BAR));
    assets::OPENED_PATH,  GET_HEAD,         Call,  Own,     Always,    Access::Open(PublicPage::Asset(&assets::OPENED));
    assets::CHAT_PATH,    GET_HEAD,         Call,  Own,     Always,    Access::Open(PublicPage::Asset(&assets::CHAT));
    assets::PANELS_PATH,  GET_HEAD,         Call,  Own,     Always,    Access::Open(PublicPage::Asset(&assets::PANELS));
    assets::MARKS_PATH,   GET_HEAD,         Call,  Own,     Always,    Access::Open(PublicPage::Asset(&assets::MARKS));
    assets::JSONP_PATH,   GET_HEAD,         Call,  Own,     Always,    Access::Open(PublicPage::Asset(&assets::JSONP));
    assets::CHINESE_PATH, GET_HEAD,         Call,  Own,     Always,    Access::Open(PublicPage::Asset(&assets::CHINESE));
}

impl Endpoint {
    /// Whether it is a call of a site.
    pub fn is_site_call(&self) -> bool {
        matches!(self.access, Access::Apikey(_))
    }

    /// Whether it is a file of the browser module.
    pub fn is_file(&self) -> bool {
        matches!(self.access, Access::Open(PublicPage::Asset(_)))
    }

    /// Whether scripts of other origins may read its answers, if the domain names their origin.
    pub(super) fn is_cross_origin(&self) -> bool {
        self.readers == Readers::Others
    }

    /// Refuses a method that it does not take.
    pub(super) fn check(&self, method: Method) -> Result<(), Rejection> {
        if self.methods.contains(method) { Ok(()) } else { Err(Rejection::method(self.methods)) }
    }

    /// Whether its calls are carried out even while too much waits for their domain.
    pub(super) fn is_always_taken(&self) -> bool {
        self.admission == Admission::Always
    }
}

/// The endpoint at `path`.
pub(super) fn find(path: &str) -> Option<&'static Endpoint> {
    ENDPOINTS.iter().find(|endpoint| endpoint.path == path)
}

/// The methods of all endpoints.
pub(super) fn all_methods() -> MethodSet {
    ENDPOINTS.iter().fold(MethodSet::default(), |methods, endpoint| methods.union(endpoint.methods))
}

/// The rules of paths that the parser follows.
pub fn policy(limits: &Limits) -> Policy<'_> {
    Policy::new(limits, |path, limits| {
        let endpoint = find(path);
        let body_bytes_max = match endpoint.map_or(BodyLimit::Call, |endpoint| endpoint.body) {
            BodyLimit::Call => limits.body_bytes,
            BodyLimit::Lists => limits.list_body_bytes,
        };
        PathRules { body_bytes_max, cross_origin: endpoint.is_some_and(Endpoint::is_cross_origin) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::parser::{Parsed, Partial, parse};

    #[test]
    fn no_path_stands_twice() {
        for (at, endpoint) in ENDPOINTS.iter().enumerate() {
            assert!(ENDPOINTS[..at].iter().all(|other| other.path != endpoint.path), "{}", endpoint.path);
        }
    }

    /// The status of the rejection of a request whose body is this long and has not arrived, if it is rejected; and whether
    /// scripts of other origins may read it.
    fn refused(path: &str, body_bytes: usize) -> Option<(u16, bool)> {
        let input = format!("POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: {body_bytes}\r\n\r\n");
        let (mut scratch, limits) = (Vec::new(), Limits::DEFAULT);
        match parse(input.as_bytes(), &mut Partial::default(), &mut scratch, &policy(&limits)) {
            Parsed::Rejected(rejection) => Some((rejection.status, rejection.cross_origin)),
            Parsed::Incomplete | Parsed::Complete { .. } => None,
        }
    }

    #[test]
    fn bodies_with_lists_may_be_longer() {
        let limits = Limits::DEFAULT;
        let paths = ENDPOINTS.iter().map(|endpoint| endpoint.path).chain(["/nowhere", "*"]);
        for path in paths {
            let lists = ["/presences/online", "/onlines"].contains(&path);
            let most = if lists { limits.list_body_bytes } else { limits.body_bytes };
            assert_eq!(refused(path, most), None, "{path}");
            assert_eq!(refused(path, most + 1), Some((413, path.starts_with("/packets"))), "{path}");
        }
    }
}
