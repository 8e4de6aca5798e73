//! From what was typed to a checked, immutable [`Config`].
//!
//! Owns: the levels of settings (flags over environment over file over defaults), and what settings must hold
//! together. Must not: print, exit, or put a text that was typed into an error, because it may be an apikey.
//! `Settings` is what one level says; [`Sources`] holds the levels, so that the file can be read again.

mod advice;
mod arguments;
mod check;
mod file;
mod nearest;
mod reference;
mod values;

use std::ffi::OsString;
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use log::LevelFilter;

pub use self::arguments::{Arguments, Task, unknown_variables};
use self::check::exposed;
use crate::base::domains::DomainConfig;
use crate::base::limits::settings::CONFIG_BYTES_MAX;
use crate::base::limits::{Limits, Timeouts};
use crate::base::ranges::Range;
use crate::ops::logging::Format;

/// The domain that is served if none is configured.
pub const DOMAIN_DEFAULT: &str = "localhost";
/// Its apikey. Everybody knows it, so no server that others can reach accepts it.
pub const APIKEY_DEFAULT: &str = "public";
/// The address that is listened on if none is configured.
pub const LISTEN_DEFAULT: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8_000);

/// Addresses without limits if none are configured: programs on the same machine.
pub const EXEMPT_DEFAULT: [&str; 2] = ["127.0.0.0/8", "::1"];
/// The address at which the server can be watched, if it is to be and none is named.
pub const ADMIN_DEFAULT: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8_001);

/// What a server is started with. Every value has been checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Where to listen, at least one; port 0 is any free port.
    pub listen: Vec<SocketAddr>,
    /// How many shards; `None`: as many as the machine and its descriptor limit call for.
    pub shards: Option<u16>,
    /// The URL under which browsers reach the server, without a slash at its end.
    pub public_url: Option<String>,
    /// The sites that are served, at least one.
    pub domains: Vec<DomainConfig>,
    /// Limits that were set, defaults for the others.
    pub limits: Limits,
    /// Time limits that were set, defaults for the others.
    pub timeouts: Timeouts,
    /// Addresses for which the limits of addresses do not hold.
    pub exempt: Vec<Range>,
    /// Proxies that are believed whom they ask for.
    pub trusted_proxies: Vec<Range>,
    /// The least important log lines that are written.
    pub log: LevelFilter,
    /// How they look.
    pub log_format: Format,
    /// Where the server can be watched; port 0 is any free port.
    pub admin: Option<SocketAddr>,
    /// Host names under which it may be watched, besides numeric addresses and `localhost`.
    pub admin_hosts: Vec<String>,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            listen: vec![LISTEN_DEFAULT],
            shards: None,
            public_url: None,
            domains: vec![DomainConfig::new(DOMAIN_DEFAULT, APIKEY_DEFAULT)],
            limits: Limits::DEFAULT,
            timeouts: Timeouts::DEFAULT,
            exempt: EXEMPT_DEFAULT.map(|range| range.parse().expect("it is a range")).into(),
            trusted_proxies: Vec::new(),
            log: LevelFilter::Info,
            log_format: Format::Text,
            admin: None,
            admin_hosts: Vec::new(),
        }
    }
}

impl Config {
    /// What a file says, over the defaults.
    pub fn from_file(path: &Path) -> Result<Config, ConfigError> {
        read_file(path)?.check(Some(path))
    }

    /// Refuses a configuration that no server can start with, for one that a program has made.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let (of_listen, of_admin) = (Place::elsewhere("listen"), Place::elsewhere("admin"));
        let problems = check::refusals((&self.listen, &of_listen), (self.admin, &of_admin), &self.domains);
        if problems.is_empty() { Ok(()) } else { Err(ConfigError::new(None, &problems)) }
    }

    /// Warnings of unwise settings, each as `setting: why`. A server starts all the same.
    pub fn warnings(&self) -> Vec<String> {
        advice::advice(self, advice::machine_memory())
    }
}

impl FromStr for Config {
    type Err = ConfigError;

    /// What a file of this text would say, over the defaults.
    fn from_str(text: &str) -> Result<Config, ConfigError> {
        let settings = file::read(text).map_err(|problems| ConfigError::new(None, &problems))?;
        settings.check(None)
    }
}

/// Why there is no [`Config`]: every problem that was found, each as `FILE:LINE: setting: what is wrong`. What does
/// not come from a file has neither file nor line.
#[derive(Debug, PartialEq, Eq)]
pub struct ConfigError(Vec<String>);

impl ConfigError {
    fn new(file: Option<&Path>, problems: &[Problem]) -> ConfigError {
        let line = |problem: &Problem| match (file, problem.place.line) {
            (Some(file), Some(_)) => format!("{}:{problem}", file.display()),
            (Some(_) | None, _) => problem.to_string(),
        };
        ConfigError(problems.iter().map(line).collect())
    }

    /// The problems, one by one.
    pub fn problems(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("; "))
    }
}

impl std::error::Error for ConfigError {}

/// Where a setting was typed: a line of the file, or a flag or variable that the setting's name tells.
#[derive(Clone)]
struct Place {
    line: Option<usize>,
    setting: String,
}

impl Place {
    /// The place of what no line of the file says.
    fn elsewhere(setting: impl Into<String>) -> Place {
        Place { line: None, setting: setting.into() }
    }
}

struct Problem {
    place: Place,
    wrong: String,
}

impl Problem {
    fn elsewhere(setting: impl Into<String>, wrong: impl Into<String>) -> Problem {
        Problem { place: Place::elsewhere(setting), wrong: wrong.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.place.line {
            write!(f, "{line}: ")?;
        }
        write!(f, "{}: {}", self.place.setting, self.wrong)
    }
}

/// What one level says; `None`: nothing. Limits, time limits, addresses and `admin_hosts` are for the file alone.
#[derive(Clone, Default)]
struct Settings {
    listen: Option<(Vec<SocketAddr>, Place)>,
    shards: Option<u16>,
    public_url: Option<String>,
    log: Option<LevelFilter>,
    log_format: Option<Format>,
    admin: Option<(SocketAddr, Place)>,
    admin_hosts: Vec<String>,
    domains: Option<Vec<DomainConfig>>,
    limits: Limits,
    timeouts: Timeouts,
    exempt: Option<Vec<Range>>,
    trusted_proxies: Option<Vec<Range>>,
}

impl Settings {
    /// A setting of this level replaces the same one of the level below; lists are not merged.
    fn over(self, below: Settings) -> Settings {
        Settings {
            listen: self.listen.or(below.listen),
            shards: self.shards.or(below.shards),
            public_url: self.public_url.or(below.public_url),
            log: self.log.or(below.log),
            log_format: self.log_format.or(below.log_format),
            admin: self.admin.or(below.admin),
            admin_hosts: below.admin_hosts,
            domains: self.domains.or(below.domains),
            limits: below.limits,
            timeouts: below.timeouts,
            exempt: below.exempt,
            trusted_proxies: below.trusted_proxies,
        }
    }

    /// The defaults for what nobody said, and the check of what settings of several levels must hold together.
    fn check(self, file: Option<&Path>) -> Result<Config, ConfigError> {
        let default = Config::default();
        let domains = self.domains.unwrap_or(default.domains);
        let (listen, of_listen) = self.listen.unwrap_or_else(|| (default.listen, Place::elsewhere("listen")));
        let (admin, of_admin) = self.admin.unzip();
        let of_admin = of_admin.unwrap_or_else(|| Place::elsewhere("admin"));
        let problems = check::refusals((&listen, &of_listen), (admin, &of_admin), &domains);
        if !problems.is_empty() {
            return Err(ConfigError::new(file, &problems));
        }
        Ok(Config {
            listen,
            shards: self.shards.or(default.shards),
            public_url: self.public_url.or(default.public_url),
            domains,
            limits: self.limits,
            timeouts: self.timeouts,
            exempt: self.exempt.unwrap_or(default.exempt),
            trusted_proxies: self.trusted_proxies.unwrap_or(default.trusted_proxies),
            log: self.log.unwrap_or(default.log),
            log_format: self.log_format.unwrap_or(default.log_format),
            admin,
            admin_hosts: self.admin_hosts,
        })
    }
}

fn read_file(path: &Path) -> Result<Settings, ConfigError> {
    let wrong = |what: String| ConfigError(vec![format!("{}: {what}", path.display())]);
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(CONFIG_BYTES_MAX + 1).read_to_end(&mut bytes));
    read.map_err(|error| wrong(format!("cannot be read: {error}")))?;
    if bytes.len() as u64 > CONFIG_BYTES_MAX {
        return Err(wrong(format!("must not be longer than {CONFIG_BYTES_MAX} bytes")));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let before = String::from_utf8_lossy(&error.as_bytes()[..error.utf8_error().valid_up_to()]);
        let line = before.matches('\n').count() + 1;
        let place = Place { line: Some(line), setting: "syntax".to_owned() };
        ConfigError::new(Some(path), &[Problem { place, wrong: "the file must be UTF-8".to_owned() }])
    })?;
    file::read(&text).map_err(|problems| ConfigError::new(Some(path), &problems))
}

/// Where settings come from: flags, environment, and a file that can be read again.
pub struct Sources {
    /// Flags over environment.
    typed: Settings,
    file: Option<PathBuf>,
}

/// What reading the file again led to.
#[derive(Debug, PartialEq, Eq)]
pub struct Reload {
    /// The running configuration with the domains that hold from now on.
    pub config: Config,
    /// Whether the file's domains were taken; they are not if flags or environment name the domains.
    pub domains_taken: bool,
    /// Whether the file says something else that needs a restart to take effect.
    pub restart_needed: bool,
}

impl Sources {
    /// Reads flags and environment; the file is read by [`Sources::load`].
    pub fn new(
        arguments: Arguments,
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Sources, ConfigError> {
        let (environment, file) =
            arguments::environment(variable).map_err(|problems| ConfigError::new(None, &problems))?;
        let (flags, flag_file) = arguments.into_settings();
        Ok(Sources { typed: flags.over(environment), file: flag_file.or(file) })
    }

    /// The configuration file, if there is one.
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// Reads the file and puts all levels together.
    pub fn load(&self) -> Result<Config, ConfigError> {
        let file = self.file().map(read_file).transpose()?.unwrap_or_default();
        self.typed.clone().over(file).check(self.file())
    }

    /// Reads the file again, for its domains. They are checked against the addresses that are really listened on,
    /// and must be there: a file caught half-written must not stop every session.
    pub fn reload(&self, running: &Config) -> Result<Reload, ConfigError> {
        let file = self.file().map(read_file).transpose()?.unwrap_or_default();
        let domains_taken = self.typed.domains.is_none();
        if domains_taken && file.domains.is_none() {
            let problem = Problem::elsewhere("domain", "the file names none any more");
            return Err(ConfigError::new(None, &[problem]));
        }
        let next = self.typed.clone().over(file).check(self.file())?;
        if let Some(wrong) = exposed(&running.listen, &next.domains) {
            return Err(ConfigError::new(None, &[Problem::elsewhere("listen", wrong)]));
        }
        let config = Config { domains: next.domains.clone(), ..running.clone() };
        Ok(Reload { domains_taken, restart_needed: config != next, config })
    }
}

#[cfg(test)]
mod tests;
