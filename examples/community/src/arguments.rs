//! The command line.
//!
//! Owns: the flags, their checks, and the default path of the database. Must not: open a file or a socket.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Parser;
use nextim::AddressRange;

/// A small community site with a chat bar, and the message server it needs
#[derive(Debug, Parser)]
#[command(name = "nextim-community", version)]
pub struct Arguments {
    /// Where the site listens
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8080", overrides_with = "listen")]
    pub listen: SocketAddr,
    /// Where the message server of this process listens
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8000", conflicts_with = "im")]
    pub im_listen: SocketAddr,
    /// Use the message server at this URL instead of one in this process
    #[arg(long, value_name = "URL", value_parser = url, requires_all = ["domain", "apikey"])]
    pub im: Option<String>,
    /// The site's domain at that message server
    #[arg(long, requires = "im")]
    pub domain: Option<String>,
    /// The site's key there; better set in the environment, because other users of the machine can see the command line
    #[arg(long, env = "NEXTIM_APIKEY", hide_env_values = true)]
    pub apikey: Option<String>,
    /// The URL under which browsers reach the message server
    #[arg(long, value_name = "URL", value_parser = url)]
    pub im_public: Option<String>,
    /// The URL under which browsers reach the site: then only pages of this origin may change something, whatever name leads
    /// to the site, and links work on pages of other origins
    #[arg(long, value_name = "URL", value_parser = url)]
    pub url: Option<String>,
    /// The database; made and seeded if there is none
    #[arg(long, value_name = "FILE")]
    pub db: Option<PathBuf>,
    /// An origin whose pages may use the plugin by JSONP; may be repeated
    #[arg(long, value_name = "ORIGIN", value_parser = origin)]
    pub jsonp_origin: Vec<String>,
    /// A trusted proxy, or a range of addresses: its X-Forwarded-For header names the client; may be repeated
    #[arg(long, value_name = "ADDR", value_parser = proxy)]
    pub trusted_proxy: Vec<AddressRange>,
    /// Members may chat by XMPP, with addresses of this domain; see docs/xmpp.md
    #[arg(long, value_name = "DOMAIN", value_parser = domain)]
    pub xmpp: Option<String>,
    /// Only administrators may chat by XMPP
    #[arg(long, requires = "xmpp")]
    pub xmpp_admins_only: bool,
    /// Clients of XMPP may log in with the site's own passwords too, not only with chat passwords
    #[arg(long, requires = "xmpp")]
    pub xmpp_own_passwords: bool,
    /// The folder of a front end of 2011, for the page at /old
    #[arg(long, value_name = "DIR", value_parser = folder)]
    pub old: Option<PathBuf>,
    /// The site is reached by https: browsers send its cookie by no other way
    #[arg(long)]
    pub secure: bool,
}

impl Arguments {
    /// The file of the database: the flag's, or one in the user's data folder.
    pub fn database(&self, variable: impl Fn(&str) -> Option<std::ffi::OsString>) -> Result<PathBuf, String> {
        if let Some(file) = &self.db {
            return Ok(file.clone());
        }
        let set = |name| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let data = set("XDG_DATA_HOME").filter(|path| path.is_absolute());
        let data = data.or_else(|| Some(set("HOME")?.join(".local/share")));
        let data = data.ok_or("there is no home directory for the database: use --db FILE")?;
        Ok(data.join("nextim-community").join("community.sqlite"))
    }
}

/// A folder that exists.
fn folder(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    if path.is_dir() { Ok(path) } else { Err("this is not a folder".to_owned()) }
}

/// A domain as it stands in an address.
fn domain(text: &str) -> Result<String, String> {
    let is_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte);
    if text.bytes().all(is_name) && text.starts_with(|first: char| first.is_ascii_alphanumeric()) {
        return Ok(text.to_owned());
    }
    Err("must be a domain in small letters, such as login.example".to_owned())
}

/// An http URL without a slash at its end.
fn url(text: &str) -> Result<String, String> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let fits = |rest: &str| {
        !rest.is_empty() && !rest.starts_with('/') && rest.bytes().all(|byte| byte.is_ascii_graphic())
    };
    // The URL stands in the content security policy, whose parts these characters end.
    let safe = !text.contains(['?', '#', ';', ',', '\'', '"', '@', '<', '>']);
    if rest.is_some_and(fits) && safe {
        return Ok(text.trim_end_matches('/').to_owned());
    }
    Err("must be http://HOST[:PORT] or https://HOST[:PORT], with a path if need be".to_owned())
}

fn proxy(text: &str) -> Result<AddressRange, String> {
    text.parse()
        .map_err(|_| "must be an address or a range of addresses, such as ::1 or 10.0.0.0/8".to_owned())
}

fn origin(text: &str) -> Result<String, String> {
    let url = url(text)?;
    if url == text && url.matches('/').count() == 2 {
        return Ok(url);
    }
    Err("must be scheme://host or scheme://host:port, without a path".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database(typed: &[&str], set: &[(&str, &str)]) -> Result<PathBuf, String> {
        let typed = ["nextim-community"].iter().chain(typed);
        let find = |name: &str| set.iter().find(|(found, _)| *found == name).map(|(_, value)| value.into());
        Arguments::parse_from(typed).database(find)
    }

    #[test]
    fn the_database_is_in_the_users_data_folder() {
        let file = "nextim-community/community.sqlite";
        let home = ("HOME", "/home/a");
        assert_eq!(database(&["--db", "x"], &[home]), Ok("x".into()));
        assert_eq!(database(&[], &[home]), Ok(PathBuf::from("/home/a/.local/share").join(file)));
        assert_eq!(database(&[], &[home, ("XDG_DATA_HOME", "/data")]), Ok(PathBuf::from("/data").join(file)));
        assert_eq!(
            database(&[], &[home, ("XDG_DATA_HOME", "data")]),
            Ok(PathBuf::from("/home/a/.local/share").join(file))
        );
        assert!(database(&[], &[]).is_err());
    }

    #[test]
    fn urls_and_origins_are_checked() {
        assert_eq!(url("https://im.example/x/"), Ok("https://im.example/x".to_owned()));
        for bad in [
            "",
            "im.example",
            "ftp://im.example",
            "http://",
            "http:///x",
            "http://a b",
            "http://a;x",
            "http://é",
        ] {
            assert!(url(bad).is_err(), "{bad}");
        }
        assert_eq!(origin("http://a.example:81"), Ok("http://a.example:81".to_owned()));
        assert!(origin("http://a.example/").is_err() && origin("http://a.example/x").is_err());
    }

    #[test]
    fn proxies_are_addresses_or_ranges() {
        let parse = |typed: &[&str]| Arguments::try_parse_from(["x"].iter().chain(typed));
        let typed = ["--trusted-proxy", "::1", "--trusted-proxy", "10.0.0.0/8"];
        assert_eq!(parse(&typed).unwrap().trusted_proxy.len(), 2);
        assert!(parse(&["--trusted-proxy", "proxy.example"]).is_err());
    }

    #[test]
    fn another_message_server_needs_domain_and_key() {
        let parse = |typed: &[&str]| Arguments::try_parse_from(["x"].iter().chain(typed)).is_ok();
        assert!(parse(&["--im", "http://a", "--domain", "d", "--apikey", "k"]));
        assert!(
            !parse(&["--im", "http://a", "--domain", "d"]) || std::env::var_os("NEXTIM_APIKEY").is_some()
        );
        assert!(!parse(&["--im", "http://a", "--apikey", "k"]));
        assert!(!parse(&[
            "--im",
            "http://a",
            "--domain",
            "d",
            "--apikey",
            "k",
            "--im-listen",
            "127.0.0.1:1"
        ]));
    }
}
