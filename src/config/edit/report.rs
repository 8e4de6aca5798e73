//! What `nextim domain` says: to people, or as JSON.
//!
//! Owns: the words, and what the owner of a site pastes into the settings of a plugin. Must not: show a key but a new
//! one.

use std::fmt::Write;
use std::net::SocketAddr;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::super::checked::Config;
use super::super::directory::DomainFile;
use super::super::layer::Layer;
use crate::base::domains::DomainConfig;
use crate::ops::pid_file::{self, Reloading};

/// What was done.
#[derive(Debug, PartialEq, Eq)]
pub struct Done {
    /// For stdout: whole lines.
    pub text: String,
    /// What has failed after the change was written.
    pub problem: Option<String>,
}

/// A change that has been written.
pub(super) struct Report {
    what: &'static str,
    domain: DomainConfig,
    path: PathBuf,
    shows_key: bool,
}

impl Report {
    pub(super) fn new(what: &'static str, domain: DomainConfig, path: PathBuf) -> Report {
        Report { what, domain, path, shows_key: false }
    }

    /// With the newest key, which the owner of the site needs.
    pub(super) fn with_key(self) -> Report {
        Report { shows_key: true, ..self }
    }

    /// Reloads the server, and tells what came of all.
    pub(super) fn after_reload(self, config: &Config, as_json: bool) -> Done {
        let (word, said) = reload(config);
        let is_failed = !["done", "no_server", "no_pid_file"].contains(&word);
        let text = if as_json { self.json(config, word) } else { self.lines(config, &said) };
        Done { text, problem: is_failed.then_some(said) }
    }

    fn pasted(&self, config: &Config) -> [(&'static str, Option<String>); 4] {
        [
            ("server", server_url(config)),
            ("public_url", config.public_url.clone()),
            ("domain", Some(self.domain.name.clone())),
            ("apikey", self.domain.apikeys.last().cloned()),
        ]
    }

    fn json(&self, config: &Config, reload: &str) -> String {
        let mut object = json!({
            "done": self.what, "domain": self.domain.name, "file": self.path.display().to_string(),
            "keys": self.domain.apikeys.len(), "reload": reload,
        });
        if self.shows_key {
            for (name, value) in self.pasted(config) {
                object[name] = value.map_or(Value::Null, Value::String);
            }
        }
        format!("{object}\n")
    }

    fn lines(&self, config: &Config, reload: &str) -> String {
        let mut text =
            format!("{} {:?}, in {}\n{reload}\n", self.what, self.domain.name, self.path.display());
        let mut add = |line: String| writeln!(text, "{line}").expect("a string takes all");
        if self.shows_key {
            add("\nFor the settings of the site's plugin:".to_owned());
            for (name, value) in self.pasted(config) {
                let missing = match name {
                    "server" => "the address of this machine, as the site reaches it",
                    _ => "the URL at which browsers reach the server",
                };
                add(format!("  {name:<10}  {}", value.unwrap_or_else(|| format!("({missing})"))));
            }
        }
        if self.what == "rotated" {
            add("\nThe old apikey is good until you drop it, when the site has the new one:".to_owned());
            add("  nextim domain rotate NAME --drop-old".to_owned());
        }
        text
    }
}

/// The URL at which sites call the server, if the settings say it.
fn server_url(config: &Config) -> Option<String> {
    let known = |address: &&SocketAddr| !address.ip().is_unspecified() && address.port() != 0;
    config.listen.iter().find(known).map(|address| format!("http://{address}"))
}

/// Reloads the server that runs: a word for programs, and one line for people.
fn reload(config: &Config) -> (&'static str, String) {
    let by_hand = "reload it, if it runs: `systemctl reload nextim`, or SIGHUP";
    let Some(path) = &config.pid_file else {
        return ("no_pid_file", format!("pid_file is not set, so the server was not told; {by_hand}"));
    };
    let shown = path.display();
    match pid_file::reload(path) {
        Ok(Reloading::Taken) => ("done", "the server has reloaded".to_owned()),
        Ok(Reloading::NoServer) => {
            ("no_server", format!("no server runs with {shown}; it takes effect at a start"))
        }
        Ok(Reloading::Refused) => {
            ("refused", "the server has not taken the new settings; its log says why".to_owned())
        }
        Ok(Reloading::Late) => ("late", "the server was told to reload, and has not answered yet".to_owned()),
        Err(error) => ("failed", format!("the server was not told: {shown}: {error}; {by_hand}")),
    }
}

/// All domains: those of the settings and those with a file.
pub(super) fn list(layer: &Layer, files: &[DomainFile], as_json: bool) -> Done {
    let tables = layer.domains.iter().flatten().map(|domain| (domain, None));
    let files = files.iter().map(|file| (&file.domain, Some(file.path.display().to_string())));
    let mut all: Vec<(&DomainConfig, Option<String>)> = tables.chain(files).collect();
    all.sort_by(|(one, _), (other, _)| one.name.cmp(&other.name));
    let text = if as_json { listed_json(&all) } else { listed(&all) };
    Done { text, problem: None }
}

fn listed_json(all: &[(&DomainConfig, Option<String>)]) -> String {
    let item = |(domain, file): &(&DomainConfig, Option<String>)| {
        json!({
            "domain": domain.name, "keys": domain.apikeys.len(), "origins": domain.origins,
            "max_users": (domain.max_users != u32::MAX).then_some(domain.max_users),
            "max_sessions": (domain.max_sessions != u32::MAX).then_some(domain.max_sessions),
            "max_calls_per_second": (domain.max_calls_per_second != 0).then_some(domain.max_calls_per_second),
            "undelivered": domain.undelivered_url.is_some(), "file": file,
        })
    };
    format!("{}\n", Value::Array(all.iter().map(item).collect()))
}

fn listed(all: &[(&DomainConfig, Option<String>)]) -> String {
    let mut text = String::new();
    for (domain, file) in all {
        let number =
            |number: u32, none: u32| if number == none { "-".to_owned() } else { number.to_string() };
        let (users, sessions) = (number(domain.max_users, u32::MAX), number(domain.max_sessions, u32::MAX));
        let calls = number(domain.max_calls_per_second, 0);
        let (keys, undelivered) =
            (domain.apikeys.len(), if domain.undelivered_url.is_some() { "yes" } else { "no" });
        let place = file.as_deref().unwrap_or("in the settings");
        writeln!(
            text,
            "{}  keys {keys}  max_users {users}  max_sessions {sessions}  max_calls_per_second {calls}  \
             undelivered {undelivered}  {place}",
            domain.name
        )
        .expect("a string takes all");
    }
    text
}
