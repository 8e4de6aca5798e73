//! Endpoints: which paths there are and which methods they know.
//!
//! Owns: the table. Must not: know parameters.

use super::assets;
use crate::http::asset::Asset;
use crate::http::request::Method;
use crate::http::target::POLL_PATH;

/// Methods of calls that change something.
const CHANGING: &str = "POST";
/// Methods of calls that only ask.
const ASKING: &str = "GET, POST";
/// Methods of the poll.
pub(super) const POLLING: &str = "GET, POST, OPTIONS";
/// Methods of assets.
pub(super) const FETCHING: &str = "GET, HEAD";
/// Methods of what is told about the server itself.
pub(super) const READING: &str = "GET, HEAD, OPTIONS";

/// What a path names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Endpoint {
    /// The browsers' one.
    Poll,
    /// One of the sites'.
    Site(SiteCall),
    /// A file of the browser module.
    Asset(&'static Asset),
    /// A page for people who wonder what this is.
    Home,
    /// Whether the server serves, for a load balancer.
    Health,
}

/// The calls of sites.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SiteCall {
    /// Start a session.
    Online,
    /// End one, or all of a user.
    Offline,
    /// Change the presence.
    Show,
    /// Tell the typing state.
    Status,
    /// Send a message.
    Message,
    /// Ask who is online.
    Onlines,
    /// Unlink.
    RemoveBuddies,
    /// Ask who is in a room.
    Members,
    /// Enter a room.
    Join,
    /// Leave a room.
    Leave,
}

impl Endpoint {
    /// What `path` names, compared bytewise.
    pub(super) fn of(path: &str) -> Option<Endpoint> {
        let call = match path {
            POLL_PATH => return Some(Endpoint::Poll),
            "/messages" => SiteCall::Message,
            "/statuses" => SiteCall::Status,
            "/presences/online" => SiteCall::Online,
            "/presences/offline" => SiteCall::Offline,
            "/presences/show" => SiteCall::Show,
            "/onlines" => SiteCall::Onlines,
            "/buddies/remove" => SiteCall::RemoveBuddies,
            "/room/members" => SiteCall::Members,
            "/room/join" => SiteCall::Join,
            "/room/leave" => SiteCall::Leave,
            "/health" => return Some(Endpoint::Health),
            "/" => return Some(Endpoint::Home),
            _ => return assets::at(path).map(Endpoint::Asset),
        };
        Some(Endpoint::Site(call))
    }
}

impl SiteCall {
    /// Whether that method works.
    pub(super) fn allows(self, method: Method) -> bool {
        match method {
            Method::Post => true,
            Method::Get => self.asks(),
            Method::Options | Method::Head | Method::Other => false,
        }
    }

    /// The methods that work, as `Allow` lists them.
    pub(super) fn methods(self) -> &'static str {
        if self.asks() { ASKING } else { CHANGING }
    }

    /// Whether it is never refused because too much waits for its domain: it makes nothing wait, or less.
    pub(super) fn is_always_taken(self) -> bool {
        match self {
            SiteCall::Offline | SiteCall::Show | SiteCall::RemoveBuddies | SiteCall::Leave => true,
            SiteCall::Online
            | SiteCall::Status
            | SiteCall::Message
            | SiteCall::Onlines
            | SiteCall::Members
            | SiteCall::Join => false,
        }
    }

    fn asks(self) -> bool {
        matches!(self, SiteCall::Onlines | SiteCall::Members)
    }
}
