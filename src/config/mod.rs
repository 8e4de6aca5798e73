//! From what was typed to a checked, immutable [`Config`].
//!
//! Owns: the levels of settings (flags over environment over file over defaults), and what settings must hold
//! together. Must not: print, exit, or put a text that was typed into an error, because it may be an apikey.
//! `Settings` is what one level says; [`Sources`] holds the levels, so that the file can be read again.

mod arguments;
mod file;
mod values;

use std::ffi::OsString;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use log::LevelFilter;

pub use self::arguments::{Arguments, Task};
use crate::domains::DomainConfig;
use crate::limits::{Limits, Timeouts};
use crate::logging::Format;

/// The domain that is served if none is configured.
pub const DOMAIN_DEFAULT: &str = "localhost";
/// Its apikey. Everybody knows it, so no server that others can reach accepts it.
pub const APIKEY_DEFAULT: &str = "public";
/// The address that is listened on if none is configured.
pub const LISTEN_DEFAULT: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8_000);

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

struct Problem {
    place: Place,
    wrong: String,
}

impl Problem {
    fn elsewhere(setting: impl Into<String>, wrong: impl Into<String>) -> Problem {
        Problem { place: Place { line: None, setting: setting.into() }, wrong: wrong.into() }
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

/// What one level says; `None`: nothing. Limits, time limits and `admin_hosts` are for the file alone.
#[derive(Clone, Default)]
struct Settings {
    listen: Option<(Vec<SocketAddr>, Place)>,
    shards: Option<u16>,
    public_url: Option<String>,
    log: Option<LevelFilter>,
    log_format: Option<Format>,
    admin: Option<SocketAddr>,
    admin_hosts: Vec<String>,
    domains: Option<Vec<DomainConfig>>,
    limits: Limits,
    timeouts: Timeouts,
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
        }
    }

    /// The defaults for what nobody said, and the check of what settings of several levels must hold together.
    fn check(self, file: Option<&Path>) -> Result<Config, ConfigError> {
        let default = Config::default();
        let domains = self.domains.unwrap_or(default.domains);
        let (listen, place) = match self.listen {
            Some((listen, place)) => (listen, place),
            None => (default.listen, Place { line: None, setting: "listen".to_owned() }),
        };
        if let Some(wrong) = exposed(&listen, &domains) {
            return Err(ConfigError::new(file, &[Problem { place, wrong }]));
        }
        Ok(Config {
            listen,
            shards: self.shards.or(default.shards),
            public_url: self.public_url.or(default.public_url),
            domains,
            limits: self.limits,
            timeouts: self.timeouts,
            log: self.log.unwrap_or(default.log),
            log_format: self.log_format.unwrap_or(default.log_format),
            admin: self.admin,
            admin_hosts: self.admin_hosts,
        })
    }
}

/// What is wrong if others can reach an address while a domain accepts the apikey that everybody knows.
fn exposed(listen: &[SocketAddr], domains: &[DomainConfig]) -> Option<String> {
    let beyond = listen.iter().find(|address| !address.ip().to_canonical().is_loopback())?;
    let known = |domain: &DomainConfig| domain.apikeys.iter().any(|key| key == APIKEY_DEFAULT);
    let wrong = format!(
        "{beyond} can be reached from other machines while a domain has the default apikey; give it one of its own"
    );
    domains.iter().any(known).then_some(wrong)
}

fn read_file(path: &Path) -> Result<Settings, ConfigError> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| ConfigError(vec![format!("{}: cannot be read: {error}", path.display())]))?;
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
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    const EXAMPLE: &str = include_str!("../../nextim.toml");

    /// Sources of these flags and variables, and of a file with this text.
    fn sources(flags: &[&str], variables: &[(&str, &str)], file: &Path) -> Result<Sources, ConfigError> {
        let words = std::iter::once("nextim").chain(flags.iter().copied()).chain(["--config"]);
        let words = words.map(OsString::from).chain([file.into()]);
        let arguments = Arguments::read(words).unwrap_or_else(|error| panic!("{error}"));
        let variables: BTreeMap<_, _> = variables.iter().copied().collect();
        Sources::new(arguments, |name| variables.get(name).map(OsString::from))
    }

    fn file(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        file
    }

    /// What comes of the levels together: the configuration, or what is wrong, with `FILE` for the file's path.
    fn load(flags: &[&str], variables: &[(&str, &str)], text: &str) -> Result<Config, String> {
        let file = file(text);
        let config = sources(flags, variables, file.path()).and_then(|sources| sources.load());
        config.map_err(|error| error.to_string().replace(&file.path().display().to_string(), "FILE"))
    }

    #[test]
    fn the_example_file_is_the_defaults() {
        let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/nextim.toml"));
        assert_eq!(Config::from_file(path), Ok(Config::default()));
    }

    /// The names of a struct's fields, as its `Debug` shows them.
    fn fields(shown: &str) -> Vec<&str> {
        let words = shown.split([' ', ',', '{']).filter_map(|word| word.strip_suffix(':'));
        words.filter(|word| !word.is_empty()).collect()
    }

    #[test]
    fn the_example_file_has_every_setting() {
        // What has no default is a comment that starts without a space.
        let uncommented: Vec<&str> = EXAMPLE
            .lines()
            .map(|line| {
                line.strip_prefix('#').filter(|rest| rest.starts_with(char::is_alphabetic)).unwrap_or(line)
            })
            .collect();
        let text = uncommented.join("\n");
        assert_eq!(file::read(&text).err().map(|problems| problems.len()), None);
        let table: toml::Table = text.parse().unwrap();
        let names = |value: &toml::Value| {
            let mut names: Vec<String> = value.as_table().unwrap().keys().cloned().collect();
            names.sort();
            names
        };
        let sorted = |names: Vec<&str>| {
            let mut names: Vec<String> = names.into_iter().map(str::to_owned).collect();
            names.sort();
            names
        };
        assert_eq!(names(&table["limits"]), sorted(fields(&format!("{:?}", Limits::DEFAULT))));
        assert_eq!(names(&table["timeouts"]), sorted(fields(&format!("{:?}", Timeouts::DEFAULT))));
        assert_eq!(names(&table["domain"][0]), sorted(fields(&format!("{:?}", DomainConfig::new("", "")))));
        let top = sorted(vec![
            "listen",
            "shards",
            "public_url",
            "log",
            "log_format",
            "admin",
            "admin_hosts",
            "timeouts",
            "limits",
            "domain",
        ]);
        assert_eq!(names(&toml::Value::Table(table)), top);
    }

    const FILE: &str = r#"
        listen = ["127.0.0.1:1", "127.0.0.1:2"]
        shards = 1
        public_url = "http://file"
        log = "error"
        log_format = "json"
        admin = "127.0.0.1:10"
        limits.rooms_per_call = 7
        [[domain]]
        name = "file"
        apikeys = ["f", "g"]
        [[domain]]
        name = "more"
        apikeys = ["h"]
    "#;
    const VARIABLES: [(&str, &str); 8] = [
        ("NEXTIM_LISTEN", "127.0.0.1:3, [::1]:3"),
        ("NEXTIM_SHARDS", "2"),
        ("NEXTIM_PUBLIC_URL", "http://variable"),
        ("NEXTIM_LOG", "debug"),
        ("NEXTIM_LOG_FORMAT", "text"),
        ("NEXTIM_ADMIN", "127.0.0.1:11"),
        ("NEXTIM_DOMAIN", "variable"),
        ("NEXTIM_APIKEY", "v"),
    ];
    const FLAGS: [&str; 14] = [
        "--listen=127.0.0.1:4",
        "--shards=3",
        "--public-url=http://flag",
        "--log=trace",
        "--log-format=json",
        "--admin",
        "--domain",
        "flag",
        "--apikey",
        "-k",
        "--apikey=l",
        "--domain=flag2",
        "--listen",
        "127.0.0.1:5",
    ];

    /// The settings that every level has, in one line.
    fn shown(config: &Config) -> String {
        let Config { listen, shards, public_url, domains, log, log_format, admin, .. } = config;
        let domains: Vec<String> =
            domains.iter().map(|domain| format!("{}={}", domain.name, domain.apikeys.join("+"))).collect();
        let public_url = public_url.as_deref().unwrap_or("-");
        let (shards, domains) = (shards.unwrap_or(0), domains.join(" "));
        let admin = admin.map_or("-".to_owned(), |admin| admin.to_string());
        format!("{listen:?} {shards} {public_url} {log} {log_format:?} {admin} {domains}")
    }

    #[test]
    fn flags_over_environment_over_file_over_defaults() {
        let check = |flags: &[&str], variables: &[(&str, &str)], text: &str, expected: &str| {
            let config = load(flags, variables, text);
            assert_eq!(config.as_ref().map(shown).as_deref(), Ok(expected));
        };
        check(&[], &[], "", "[127.0.0.1:8000] 0 - INFO Text - localhost=public");
        check(
            &[],
            &[],
            FILE,
            "[127.0.0.1:1, 127.0.0.1:2] 1 http://file ERROR Json 127.0.0.1:10 file=f+g more=h",
        );
        let variables = "[127.0.0.1:3, [::1]:3] 2 http://variable DEBUG Text 127.0.0.1:11 variable=v";
        check(&[], &VARIABLES, FILE, variables);
        check(&[], &VARIABLES, "", variables);
        let flags = "[127.0.0.1:4, 127.0.0.1:5] 3 http://flag TRACE Json 127.0.0.1:8001 flag=-k flag2=l";
        check(&FLAGS, &VARIABLES, FILE, flags);
        check(&FLAGS, &[], "", flags);
        check(
            &["--shards=3"],
            &[],
            FILE,
            "[127.0.0.1:1, 127.0.0.1:2] 3 http://file ERROR Json 127.0.0.1:10 file=f+g more=h",
        );
        check(
            &[],
            &[("NEXTIM_SHARDS", "")],
            FILE,
            "[127.0.0.1:1, 127.0.0.1:2] 1 http://file ERROR Json 127.0.0.1:10 file=f+g more=h",
        );
        assert_eq!(load(&FLAGS, &VARIABLES, FILE).unwrap().limits.rooms_per_call, 7);
    }

    #[test]
    fn problems_name_setting_and_line() {
        let wrong = |flags: &[&str], variables: &[(&str, &str)], text: &str, expected: &str| {
            assert_eq!(load(flags, variables, text).map(|config| shown(&config)), Err(expected.to_owned()));
        };
        let exposed = "0.0.0.0:80 can be reached from other machines while a domain has the default apikey; \
                       give it one of its own";
        wrong(&["--listen=0.0.0.0:80"], &[], "", &format!("--listen: {exposed}"));
        wrong(&[], &[("NEXTIM_LISTEN", "127.0.0.1:80,0.0.0.0:80")], "", &format!("NEXTIM_LISTEN: {exposed}"));
        wrong(&[], &[], "\nlisten = [\"0.0.0.0:80\"]", &format!("FILE:2: listen: {exposed}"));
        wrong(
            &["--shards=1"],
            &[],
            "shards = 0\nlog = 1",
            "FILE:1: shards: must be a whole number from 1 to 256; FILE:2: log: must be a string in quotes",
        );
        wrong(&[], &[("NEXTIM_DOMAIN", "a")], "", "NEXTIM_DOMAIN: needs NEXTIM_APIKEY beside it");
        wrong(&[], &[("NEXTIM_APIKEY", "a")], "", "NEXTIM_APIKEY: needs NEXTIM_DOMAIN beside it");
        wrong(
            &[],
            &[("NEXTIM_SHARDS", "x"), ("NEXTIM_DOMAIN", "a:b"), ("NEXTIM_APIKEY", "a\tb")],
            "",
            "NEXTIM_SHARDS: must be a whole number from 1 to 256; \
             NEXTIM_DOMAIN: must not contain a colon, where Basic authentication splits; \
             NEXTIM_APIKEY: must not contain control characters",
        );
    }

    #[test]
    fn the_default_key_is_for_loopback() {
        let listens = |address: &str, apikey: &str| {
            let address: Vec<SocketAddr> = vec![address.parse().unwrap()];
            exposed(&address, &[DomainConfig::new("a", "own"), DomainConfig::new("b", apikey)]).is_none()
        };
        assert!(listens("127.1.2.3:1", "public") && listens("[::1]:1", "public"));
        assert!(listens("[::ffff:127.0.0.1]:1", "public") && listens("0.0.0.0:1", "own"));
        assert!(!listens("0.0.0.0:1", "public") && !listens("[::]:1", "public"));
        assert!(!listens("10.0.0.1:1", "public"));
    }

    #[test]
    fn a_reload_takes_the_domains_and_nothing_else() {
        let file = file("[[domain]]\nname = \"a\"\napikeys = [\"old\"]");
        let own = sources(&[], &[], file.path()).unwrap();
        let running = own.load().unwrap();
        let write = |text: &str| std::fs::write(file.path(), text).unwrap();

        write("shards = 2\n[[domain]]\nname = \"a\"\napikeys = [\"new\"]");
        let reload = own.reload(&running).unwrap();
        assert!(reload.domains_taken && reload.restart_needed);
        assert_eq!(shown(&reload.config), "[127.0.0.1:8000] 0 - INFO Text - a=new");

        write("listen = [\"127.0.0.1:8000\"]\n[[domain]]\nname = \"a\"\napikeys = [\"new\"]");
        assert!(!own.reload(&running).unwrap().restart_needed);

        let flags = sources(&["--domain=f", "--apikey=k"], &[], file.path()).unwrap();
        let reload = flags.reload(&flags.load().unwrap()).unwrap();
        assert!(!reload.domains_taken && !reload.restart_needed);
        assert_eq!(shown(&reload.config), "[127.0.0.1:8000] 0 - INFO Text - f=k");

        write("# caught half-written");
        assert_eq!(own.reload(&running).unwrap_err().to_string(), "domain: the file names none any more");
        write("[[domain]]\nname = \"a\"\napikeys = [\"public\"]");
        let elsewhere = Config { listen: vec!["0.0.0.0:80".parse().unwrap()], ..running };
        assert!(own.reload(&elsewhere).is_err(), "the old address is still listened on");
    }
}
