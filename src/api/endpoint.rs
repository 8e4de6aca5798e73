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
    /// The path, which is compared bytewise. [`ROOM`] in it stands for the name of a room.
    pub path: &'static str,
    /// The methods it takes.
    pub(crate) methods: MethodSet,
    body: BodyLimit,
    readers: Readers,
    admission: Admission,
    pub(super) access: Access,
}

/// The part of a path that is the name of a room: everything up to the last slash.
const ROOM: &str = "{room}";

/// The dialect that a path has whatever a call names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PathDialect {
    /// None: calls name it.
    Named,
    /// Version 5.
    V5,
    /// Version 5, with rooms as its first clients read them.
    V50,
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
    /// Wait for packets, and acknowledge them, by a socket.
    Socket,
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
    /// A socket whose client shows the ticket once it is open.
    Socket,
}

const GET: MethodSet = MethodSet::of(&[Method::Get]);
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
    "/ws",                GET,              Call,  Own,     Always,    Access::Ticket(BrowserCall::Socket);
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
    "/v5/packets",               GET_POST_OPTIONS, Call,  Others, Always,  Access::Ticket(BrowserCall::Poll);
    "/v5/wsocket",               GET,              Call,  Own,    Always,  Access::Open(PublicPage::Socket);
    "/v5/messages",              POST,             Call,  Own,    Limited, Access::Apikey(SiteCall::Message);
    "/v5/statuses",              POST,             Call,  Own,    Limited, Access::Apikey(SiteCall::Status);
    "/v5/presences",             GET,              Call,  Own,    Limited, Access::Apikey(SiteCall::Onlines);
    "/v5/presences/online",      POST,             Lists, Own,    Limited, Access::Apikey(SiteCall::Online);
    "/v5/presences/offline",     POST,             Call,  Own,    Always,  Access::Apikey(SiteCall::Offline);
    "/v5/presences/show",        POST,             Call,  Own,    Always,  Access::Apikey(SiteCall::Show);
    "/v5/rooms/{room}/members",  GET,              Call,  Own,    Limited, Access::Apikey(SiteCall::Members);
    "/v5/rooms/{room}/join",     POST,             Call,  Own,    Limited, Access::Apikey(SiteCall::Join);
    "/v5/rooms/{room}/leave",    POST,             Call,  Own,    Always,  Access::Apikey(SiteCall::Leave);
    "/v5/group/members",         GET,              Call,  Own,    Limited, Access::Apikey(SiteCall::Members);
    "/v5/group/join",            POST,             Call,  Own,    Limited, Access::Apikey(SiteCall::Join);
    "/v5/group/leave",           POST,             Call,  Own,    Always,  Access::Apikey(SiteCall::Leave);
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

    /// The name of the room in a request's path, still percent-encoded; `None` if the path has no place for one.
    pub(super) fn room_in<'p>(&self, path: &'p str) -> Option<&'p str> {
        let (before, after) = self.path.split_once(ROOM)?;
        path.strip_prefix(before)?.strip_suffix(after)
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
    let mut endpoints = ENDPOINTS.iter();
    endpoints.find(|endpoint| endpoint.path == path).or_else(|| match dialect(path) {
        PathDialect::V5 => ENDPOINTS.iter().find(|endpoint| endpoint.room_in(path).is_some()),
        PathDialect::Named | PathDialect::V50 => None,
    })
}

/// The dialect of all calls of this path, whether there is such an endpoint or not.
pub(super) fn dialect(path: &str) -> PathDialect {
    match path.strip_prefix("/v5/") {
        None => PathDialect::Named,
        Some(rest) if rest.starts_with("group/") => PathDialect::V50,
        Some(_) => PathDialect::V5,
    }
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

    #[test]
    fn rooms_stand_in_paths() {
        let found = |path: &str| {
            let endpoint = find(path)?;
            Some((endpoint.path, endpoint.room_in(path).map(str::to_owned)))
        };
        let members = "/v5/rooms/{room}/members";
        for room in ["r1", "", "a%20b", "a/b/members", "\u{7fa4}", "{room}", "/"] {
            assert_eq!(found(&format!("/v5/rooms/{room}/members")), Some((members, Some(room.to_owned()))));
        }
        assert_eq!(
            found("/v5/rooms/a/join/leave"),
            Some(("/v5/rooms/{room}/leave", Some("a/join".to_owned())))
        );
        assert_eq!(found("/v5/group/members"), Some(("/v5/group/members", None)));
        for path in
            ["/v5/rooms/members", "/v5/rooms/a", "/v5/rooms/a/members/", "/rooms/a/members", "/v5/", "/v5"]
        {
            assert_eq!(found(path), None, "{path}");
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
            let lists = ["/presences/online", "/v5/presences/online", "/onlines"].contains(&path);
            let most = if lists { limits.list_body_bytes } else { limits.body_bytes };
            assert_eq!(refused(path, most), None, "{path}");
            assert_eq!(refused(path, most + 1), Some((413, path.contains("/packets"))), "{path}");
        }
    }
}
