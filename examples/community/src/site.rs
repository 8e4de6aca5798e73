//! The state that all handlers share.
//!
//! Owns: [`Site`] and [`Options`]. Must not: read a request.
use nextim::AddressRange;

use crate::passwords::{Attempts, Hashes};
use crate::store::Store;
use crate::webim::server::Address;
use crate::webim::{Channel, DefaultPics, MenuEntry, Plugin, Setup, Xmpp};

/// The chat bar's menu.
const MENU: [MenuEntry; 4] = [
    MenuEntry { title: "Forum", url: "/forum", icon: "💬", is_shortcut: true },
    MenuEntry { title: "Friends", url: "/friends", icon: "👥", is_shortcut: false },
    MenuEntry { title: "Groups", url: "/groups", icon: "🏠", is_shortcut: false },
    MenuEntry { title: "Members", url: "/members", icon: "🔎", is_shortcut: false },
];
/// The channel of new posts.
const FORUM: Channel = Channel { id: "channel:forum", from: "forum", nick: "Forum", url: "/forum" };
const DEFAULT_PICS: DefaultPics =
    DefaultPics { user: "/avatar/default.svg", room: "/avatar/group/default.svg" };

/// The operator's choices.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The URL under which browsers reach the site, without a slash at its end. Links that the plugin sends begin with it,
    /// so that they work on pages of other origins, and only its pages may change something.
    pub url: Option<String>,
    /// The site is on https: browsers must not send its cookie by http.
    pub secure: bool,
    /// Origins whose pages may use the plugin by JSONP.
    pub jsonp_origins: Vec<String>,
    /// Show the log-ins of the seeded users on the front page.
    pub show_logins: bool,
    /// Trusted proxies: their `X-Forwarded-For` header names the client.
    pub trusted_proxies: Vec<AddressRange>,
    /// Clients of XMPP: their domain, and whether they are for administrators only. Without it, nobody may use one.
    pub xmpp: Option<Xmpp>,
    /// Clients of XMPP may log in with the site's own passwords, too.
    pub xmpp_own_passwords: bool,
    /// The folder of a front end of 2011, for the page on which it runs.
    pub old: Option<std::path::PathBuf>,
}

/// The state that all handlers share.
#[derive(Debug)]
pub struct Site {
    /// The operator's choices.
    pub options: Options,
    /// The database.
    pub store: Store,
    /// The chat.
    pub webim: Plugin,
    /// The queue of passwords to be hashed.
    pub hashes: Hashes,
    pub(crate) attempts: Attempts,
}

impl Site {
    /// A site that uses the message server at this address.
    pub fn new(options: Options, store: Store, im: Address) -> std::io::Result<Site> {
        let setup = Setup {
            url: options.url.clone().unwrap_or_default(),
            jsonp_origins: options.jsonp_origins.clone(),
            menu: &MENU,
            channel: FORUM,
            default_pics: DEFAULT_PICS,
            xmpp: options.xmpp.clone(),
        };
        let webim = Plugin::new(im, setup);
        Ok(Site { options, store, webim, hashes: Hashes::new()?, attempts: Attempts::default() })
    }
}
