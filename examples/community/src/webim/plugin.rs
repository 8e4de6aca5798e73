//! The plugin's own part of a site.
//!
//! Owns: the client of the message server, the rates of each user, and the words and paths that differ from site to site.
//! Must not: import the endpoints.

use super::devices::{Failures, Xmpp};
use super::endings::Endings;
use super::limits::{ACTS_AT_ONCE, ACTS_REFILL, SENDS_AT_ONCE, SENDS_REFILL};
use super::server::{Address, MessageServer};
use crate::buckets::Buckets;
use crate::http::Refusal;

/// An entry of the chat bar's menu.
#[derive(Clone, Copy, Debug)]
pub struct MenuEntry {
    pub(crate) title: &'static str,
    /// A path of the site.
    pub(crate) url: &'static str,
    pub(crate) icon: &'static str,
    /// Whether it stands in the bar itself, too.
    pub(crate) is_shortcut: bool,
}

/// The room at the message server in which the site posts news. It is no group: each user may subscribe to it.
#[derive(Clone, Copy, Debug)]
pub struct Channel {
    pub(crate) id: &'static str,
    /// The sender of its messages.
    pub(crate) from: &'static str,
    /// The display name of the channel and of the sender.
    pub(crate) nick: &'static str,
    /// A path of the site.
    pub(crate) url: &'static str,
}

/// The words and paths of a site.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The URL under which browsers reach the site, without a slash at its end. Links begin with it, so that they work on
    /// pages of other origins. Empty if there are none.
    pub(crate) url: String,
    /// Origins whose pages may use the plugin by JSONP.
    pub(crate) jsonp_origins: Vec<String>,
    pub(crate) menu: &'static [MenuEntry],
    pub(crate) channel: Channel,
    /// The paths of the pictures of users and rooms that have none.
    pub(crate) default_pics: DefaultPics,
    /// Clients of XMPP; none may be used without it.
    pub(crate) xmpp: Option<Xmpp>,
}

/// Pictures that stand in for missing ones.
#[derive(Clone, Copy, Debug)]
pub struct DefaultPics {
    pub(crate) user: &'static str,
    pub(crate) room: &'static str,
}

/// The state that the endpoints share.
#[derive(Debug)]
pub struct Plugin {
    /// The client of the message server.
    pub im: MessageServer,
    /// How often each user may change each thing.
    pub acts: Buckets,
    pub(super) sends: Buckets,
    /// How often clients of XMPP may fail to log in.
    pub(super) chat_failures: Failures,
    /// Log-outs that wait for the message server.
    pub(super) endings: Endings,
    pub(super) setup: Setup,
}

impl Plugin {
    /// A plugin that uses the message server at this address.
    pub fn new(address: Address, setup: Setup) -> Plugin {
        Plugin {
            im: MessageServer::new(address),
            acts: Buckets::new(ACTS_AT_ONCE, ACTS_REFILL),
            sends: Buckets::new(SENDS_AT_ONCE, SENDS_REFILL),
            chat_failures: Failures::default(),
            endings: Endings::default(),
            setup,
        }
    }

    /// Whether a user may send something now that counts as this many messages.
    pub fn may_send(&self, user: &str, weight: u32) -> bool {
        self.sends.take_many(user, weight)
    }

    /// Refuses a user who changes the same thing too often.
    pub(super) fn may_act(&self, user: &str, what: &str) -> Result<(), Refusal> {
        if self.acts.take(&format!("{what} {user}")) {
            return Ok(());
        }
        Err(Refusal::too_many("You are doing this too often. Please wait a moment."))
    }

    /// A path of the site as a link, which works on pages of other origins if the site's URL is known.
    pub(super) fn link(&self, path: &str) -> String {
        self.setup.url.clone() + path
    }
}
