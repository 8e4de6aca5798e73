//! The settings.
//!
//! Owns: reading and checking them; an error names the setting. Must not: print, or put a secret into an error.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::path::Path;

use serde::Deserialize;
use xmpp_parsers::jid::DomainPart;

use crate::names::Domains;

/// The settings as they are typed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Typed {
    server: String,
    secret: Option<String>,
    login_domain: String,
    users_domain: String,
    rooms_domain: String,
    site_url: String,
    domain: String,
    apikey: Option<String>,
    admin_listen: Option<SocketAddr>,
}

/// The settings.
#[derive(Clone, Debug)]
pub struct Config {
    /// Host and port where the XMPP server takes components.
    pub server: String,
    /// The secret of both components.
    pub secret: String,
    /// The domains of members, users and rooms.
    pub domains: Domains,
    /// Where the site is asked.
    pub site_url: String,
    /// The site's domain at the message server.
    pub domain: String,
    /// The key of the domain.
    pub apikey: String,
    /// Where metrics and health are served.
    pub admin_listen: Option<SocketAddr>,
}

impl Config {
    /// Reads a file. `variable` reads the environment, which wins for secrets.
    pub fn read(file: &Path, variable: impl Fn(&str) -> Option<String>) -> Result<Config, String> {
        let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
        Config::parse(&text, variable).map_err(|error| format!("{}: {error}", file.display()))
    }

    /// Reads and checks settings.
    pub fn parse(text: &str, variable: impl Fn(&str) -> Option<String>) -> Result<Config, String> {
        let typed: Typed = toml::from_str(text).map_err(|error| error.message().to_owned())?;
        let secret_of = |name: &str, from: &str, typed: Option<String>| {
            let value = variable(from).or(typed).filter(|value| !value.is_empty());
            value.ok_or_else(|| format!("{name} is missing: set it, or the variable {from}"))
        };
        let domains = Domains {
            login: domain("login_domain", &typed.login_domain)?,
            users: domain("users_domain", &typed.users_domain)?,
            rooms: domain("rooms_domain", &typed.rooms_domain)?,
        };
        let [login, users, rooms] =
            [&domains.login, &domains.users, &domains.rooms].map(|part| part.as_str());
        if login == users || users == rooms || login == rooms {
            return Err("login_domain, users_domain and rooms_domain must be three domains".to_owned());
        }
        if !typed
            .server
            .rsplit_once(':')
            .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
        {
            return Err("server must be HOST:PORT".to_owned());
        }
        let uri: hyper::Uri = typed.site_url.parse().map_err(|_| "site_url is no URL".to_owned())?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) || uri.host().is_none_or(str::is_empty) {
            return Err("site_url must be http://HOST/PATH or https://HOST/PATH".to_owned());
        }
        if typed.domain.is_empty() || typed.domain.contains(':') {
            return Err("domain must be the site's domain at the message server".to_owned());
        }
        Ok(Config {
            secret: secret_of("secret", "NEXTIM_XMPP_SECRET", typed.secret)?,
            apikey: secret_of("apikey", "NEXTIM_APIKEY", typed.apikey)?,
            server: typed.server,
            domains,
            site_url: typed.site_url,
            domain: typed.domain,
            admin_listen: typed.admin_listen,
        })
    }

    /// The settings that a reload does not change, if they differ.
    pub fn needs_restart(&self, newer: &Config) -> bool {
        let fixed = |config: &Config| {
            let Domains { login, users, rooms } = &config.domains;
            (config.server.clone(), [login, users, rooms].map(ToString::to_string), config.admin_listen)
        };
        fixed(self) != fixed(newer)
    }
}

fn domain(name: &str, text: &str) -> Result<DomainPart, String> {
    let part = DomainPart::new(text).map(Cow::into_owned);
    part.map_err(|_| format!("{name} is no domain"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = include_str!("../nextim-xmpp.toml");

    fn parse(text: &str) -> Result<Config, String> {
        Config::parse(text, |_| None)
    }

    #[test]
    fn the_example_is_right_and_the_environment_wins() {
        let config = parse(GOOD).unwrap();
        assert_eq!((config.domains.users.as_str(), &*config.domain), ("im.example", "forum.example"));
        let config = Config::parse(GOOD, |name| Some(format!("from {name}"))).unwrap();
        assert_eq!((&*config.secret, &*config.apikey), ("from NEXTIM_XMPP_SECRET", "from NEXTIM_APIKEY"));
    }

    #[test]
    fn an_error_names_the_setting_and_shows_no_secret() {
        for (from, to, name) in [
            ("server = \"127.0.0.1:5347\"", "server = \"127.0.0.1\"", "server"),
            ("\"rooms.im.example\"", "\"im.example\"", "rooms_domain"),
            ("\"login.example\"", "\"a b\"", "login_domain"),
            ("\"https://forum.example/webim/xmpp\"", "\"forum.example\"", "site_url"),
            ("\"forum.example\"\n", "\"a:b\"\n", "domain"),
            ("secret = \"", "secret = \"\" #", "NEXTIM_XMPP_SECRET"),
            ("apikey = \"", "apikey = \"\" #", "NEXTIM_APIKEY"),
            ("secret =", "secrte =", "secrte"),
        ] {
            assert!(GOOD.contains(from), "{from}");
            let error = parse(&GOOD.replacen(from, to, 1)).unwrap_err();
            assert!(error.contains(name) && !error.contains("change me"), "{name}: {error}");
        }
    }

    #[test]
    fn a_reload_changes_keys_and_the_site_only() {
        let config = parse(GOOD).unwrap();
        let with = |from: &str, to: &str| parse(&GOOD.replacen(from, to, 1)).unwrap();
        assert!(!config.needs_restart(&with("change me", "changed")));
        assert!(config.needs_restart(&with("im.example", "chat.example")));
    }
}
