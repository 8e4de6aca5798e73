//! The command line and the environment.
//!
//! Owns: flags, variables, and the text of the help; `domain` has those of `nextim domain`. Must not: read the
//! environment (a test would have to change that of its whole process), print, or repeat a value in an error. The
//! caller gets help and errors.

mod domain;

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, Parser, Subcommand};
use log::LevelFilter;

use self::domain::{DomainCommand, Place};
use crate::base::domains::DomainConfig;
use crate::config::checked::ADMIN_DEFAULT;
use crate::config::cluster::Login;
use crate::config::layer::Layer;
use crate::config::nearest::nearest;
use crate::config::problem::{ConfigError, Location, Problem};
use crate::config::reference;
use crate::config::task::DomainTask;
use crate::config::values::{self, ValueResult};
use crate::ops::logging::Format;

const ABOUT: &str = "A web instant-messaging server: REST for community sites, long polls for their visitors.

Without arguments it serves the domain `localhost` with the apikey `public` on 127.0.0.1:8000, which is
enough to try it. A real site is configured in a file (nextim.toml, which comes with the server, shows every
setting). A flag replaces the same setting of the environment, and the environment that of the file.";

const AFTER: &str = "\
Examples:
  nextim
  nextim --config /etc/nextim/nextim.toml
  nextim genkey
  nextim check-config /etc/nextim/nextim.toml
  nextim --config /etc/nextim/nextim.toml --admin
  nextim top
  nextim domain --config /etc/nextim/nextim.toml add forum.example
  NEXTIM_DOMAIN=forum.example NEXTIM_APIKEY=... nextim --listen 10.0.0.5:8000

Environment:
  NEXTIM_LISTEN (addresses separated by commas), NEXTIM_SHARDS, NEXTIM_DOMAIN with NEXTIM_APIKEY,
  NEXTIM_CONFIG, NEXTIM_LOG, NEXTIM_LOG_FORMAT, NEXTIM_PUBLIC_URL, NEXTIM_ADMIN, NEXTIM_DOMAINS_DIR,
  NEXTIM_PID_FILE, NEXTIM_CLUSTER_USER with NEXTIM_CLUSTER_PASSWORD

Signals:
  SIGTERM, SIGINT  answer waiting calls and polls, then exit with 0; a second one exits at once, with 128
                   and its number
  SIGHUP           read the domains and their apikeys again from the configuration file and the
                   directory of domains

Exit status:
  0 after a signal, 1 if the server cannot start or has failed, 2 for wrong arguments";

/// The end of the long help.
fn after() -> String {
    format!("{AFTER}\n\n{}", reference::help())
}

/// [`ADMIN_DEFAULT`] as typed.
const ADMIN_TEXT: &str = "127.0.0.1:8001";

const VARIABLE_PREFIX: &str = "NEXTIM_";

const VARIABLES: [&str; 13] = [
    "NEXTIM_LISTEN",
    "NEXTIM_SHARDS",
    "NEXTIM_DOMAIN",
    "NEXTIM_APIKEY",
    "NEXTIM_CONFIG",
    "NEXTIM_CLUSTER_USER",
    "NEXTIM_CLUSTER_PASSWORD",
    "NEXTIM_LOG",
    "NEXTIM_LOG_FORMAT",
    "NEXTIM_PUBLIC_URL",
    "NEXTIM_ADMIN",
    "NEXTIM_DOMAINS_DIR",
    "NEXTIM_PID_FILE",
];

/// Longest name of an unknown variable that a warning repeats, in bytes.
const VARIABLE_BYTES_MAX: usize = 64;

/// Stands in an error in place of a value.
const HIDDEN: &str = "…";

/// The command line.
#[derive(Parser)]
#[command(name = "nextim", version, args_conflicts_with_subcommands = true)]
#[command(about = "A web instant-messaging server", long_about = ABOUT, after_long_help = after())]
pub struct Arguments {
    /// Listen on this address; may be repeated
    #[arg(long, value_name = "ADDR:PORT", value_parser = values::address)]
    listen: Vec<SocketAddr>,

    /// Number of shards (threads); by default chosen by cores and the limit of open files
    #[arg(long, value_name = "N", value_parser = values::shards)]
    shards: Option<u16>,

    /// Serve this domain; may be repeated, each time with an --apikey
    #[arg(long, value_name = "NAME", value_parser = values::domain_name)]
    domain: Vec<String>,

    /// The apikey of that --domain; visible in the list of processes, see --help
    ///
    /// Every user of this machine can see it in the list of processes. Use the file or the
    /// environment, except for a trial.
    #[arg(long, value_name = "KEY", value_parser = values::apikey)]
    #[arg(allow_hyphen_values = true, verbatim_doc_comment)]
    apikey: Vec<String>,

    /// Read settings from this file
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// Read a file for each domain from this directory
    #[arg(long, value_name = "DIR")]
    domains_dir: Option<PathBuf>,

    /// Keep the number of the process in this file while the server serves
    #[arg(long, value_name = "FILE")]
    pid_file: Option<PathBuf>,

    /// Level of the log: off, error, warn, info, debug or trace
    #[arg(long, value_name = "LEVEL", value_parser = values::level)]
    log: Option<LevelFilter>,

    /// Format of the log: text or json
    #[arg(long, value_name = "FORMAT", value_parser = values::log_format)]
    log_format: Option<Format>,

    /// Address of the admin listener; without a value 127.0.0.1:8001
    #[arg(long, value_name = "ADDR:PORT", value_parser = values::address)]
    #[arg(num_args = 0..=1, default_missing_value = ADMIN_TEXT)]
    admin: Option<SocketAddr>,

    /// The URL at which browsers reach the server
    #[arg(long, value_name = "URL", value_parser = values::public_url)]
    public_url: Option<String>,

    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Print a new apikey: 256 random bits as text
    Genkey,
    /// Check a configuration file without starting a server
    CheckConfig {
        /// The file to check
        file: PathBuf,
    },
    /// Add, change, remove or list domains that have a file of their own
    Domain {
        #[command(subcommand)]
        action: DomainCommand,
        #[command(flatten)]
        place: Place,
    },
    /// Watch a server that was started with --admin
    Top {
        /// Address of its admin listener; by default that of the environment, or else 127.0.0.1:8001
        #[arg(long, value_name = "ADDR:PORT", value_parser = values::address)]
        admin: Option<SocketAddr>,
        /// Show it once and exit
        #[arg(long)]
        once: bool,
    },
}

/// What a command line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Task {
    /// Run a server.
    Serve,
    /// Print an apikey.
    MakeKey,
    /// Check this file.
    CheckConfig(PathBuf),
    /// Change or list the domains that have a file of their own.
    Domain(DomainTask),
    /// Watch the server that has this admin address.
    Top {
        /// Where the admin listener is.
        admin: SocketAddr,
        /// Whether to show it once, and not until the user ends it.
        once: bool,
    },
}

impl Arguments {
    /// Reads the command line, with the name of the program first. An error may also be the help or the version; it
    /// has a stream and an exit code.
    pub fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<Arguments, clap::Error> {
        let words: Vec<OsString> = arguments.into_iter().collect();
        let arguments =
            Arguments::try_parse_from(&words).map_err(|error| discreet(helpful(error, &words)))?;
        let wrong = |wrong: String| Arguments::command().error(ErrorKind::WrongNumberOfValues, wrong);
        if arguments.domain.len() != arguments.apikey.len() {
            let (domains, apikeys) = (arguments.domain.len(), arguments.apikey.len());
            return Err(wrong(format!(
                "every --domain needs one --apikey, but there are {domains} --domain and {apikeys} --apikey"
            )));
        }
        for (index, name) in arguments.domain.iter().enumerate() {
            if arguments.domain.iter().take(index).any(|other| other == name) {
                return Err(wrong("the same --domain is there twice".to_owned()));
            }
        }
        Ok(arguments)
    }

    /// The task. Its variables are looked up.
    pub fn task(&self, variable: impl Fn(&str) -> Option<OsString>) -> Result<Task, ConfigError> {
        Ok(match &self.command {
            None => Task::Serve,
            Some(Command::Genkey) => Task::MakeKey,
            Some(Command::CheckConfig { file }) => Task::CheckConfig(file.clone()),
            Some(Command::Domain { action, place }) => {
                Task::Domain(DomainTask { action: action.action(), json: place.json })
            }
            Some(Command::Top { admin, once }) => {
                let admin = admin.map_or_else(|| admin_of(variable), Ok)?;
                Task::Top { admin, once: *once }
            }
        })
    }

    /// The flags as settings, and the path of the configuration file.
    pub(super) fn into_settings(mut self) -> (Layer, Option<PathBuf>) {
        if let Some(Command::Domain { place, .. }) = self.command.take() {
            let Place { config, domains_dir, pid_file, json: _ } = place;
            self = Arguments { config, domains_dir, pid_file, ..self };
        }
        let domains = self.domain.into_iter().zip(self.apikey);
        let domains: Vec<_> = domains.map(|(name, apikey)| DomainConfig::new(name, apikey)).collect();
        let settings = Layer {
            listen: (!self.listen.is_empty()).then_some((self.listen, Location::elsewhere("--listen"))),
            shards: self.shards,
            public_url: self.public_url,
            log: self.log,
            log_format: self.log_format,
            admin: self.admin.map(|admin| (admin, Location::elsewhere("--admin"))),
            domains: (!domains.is_empty()).then_some(domains),
            domains_dir: self.domains_dir.map(|folder| (folder, Location::elsewhere("--domains-dir"))),
            pid_file: self.pid_file,
            ..Layer::default()
        };
        (settings, self.config)
    }
}

/// The admin address of the environment, or the default.
fn admin_of(variable: impl Fn(&str) -> Option<OsString>) -> Result<SocketAddr, ConfigError> {
    let mut reader = Environment { variable, problems: Vec::new() };
    let admin = reader.read("NEXTIM_ADMIN", values::address);
    if reader.problems.is_empty() {
        Ok(admin.unwrap_or(ADMIN_DEFAULT))
    } else {
        Err(ConfigError::new(None, &reader.problems))
    }
}

/// Adds the nearest name to an error if the parser has found none: it does not see letters that were swapped in a
/// short word.
fn helpful(mut error: clap::Error, words: &[OsString]) -> clap::Error {
    let command = Arguments::command();
    let typed = |kind| error.get(kind).map(ToString::to_string).unwrap_or_default();
    let (kind, meant) = if error.kind() == ErrorKind::InvalidSubcommand {
        let known: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
        let meant = nearest(&typed(ContextKind::InvalidSubcommand), &known).map(str::to_owned);
        (ContextKind::SuggestedSubcommand, meant)
    } else if error.kind() == ErrorKind::UnknownArgument {
        let of = words.iter().skip(1).find_map(|word| command.find_subcommand(word)).unwrap_or(&command);
        let known: Vec<&str> = of.get_arguments().filter_map(clap::Arg::get_long).collect();
        let typed = typed(ContextKind::InvalidArg);
        let meant = typed.strip_prefix("--").and_then(|name| nearest(name, &known));
        (ContextKind::SuggestedArg, meant.map(|name| format!("--{name}")))
    } else {
        return error;
    };
    if let (None, Some(meant)) = (error.get(kind), meant) {
        error.insert(kind, ContextValue::String(meant));
    }
    error
}

/// Takes typed values out of an error: a mistyped command line may have an apikey anywhere. The names of flags stay,
/// and what the parser expected.
fn discreet(mut error: clap::Error) -> clap::Error {
    let unknown = (error.kind() == ErrorKind::UnknownArgument).then_some(ContextKind::InvalidArg);
    for kind in [ContextKind::InvalidSubcommand, ContextKind::InvalidValue].into_iter().chain(unknown) {
        let value = error.get(kind).map(ToString::to_string).unwrap_or_default();
        let is_flag = Some(kind) == unknown && value.starts_with('-');
        // For the parser, an empty value is a missing one.
        if !value.is_empty() && !is_flag {
            error.insert(kind, ContextValue::String(HIDDEN.to_owned()));
        }
    }
    error.remove(ContextKind::Suggested);
    error
}

/// The environment as settings, and the path of the configuration file. An empty variable counts as absent.
pub(super) fn environment(
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<(Layer, Option<PathBuf>), Vec<Problem>> {
    let mut reader = Environment { variable, problems: Vec::new() };
    let addresses = |text: &str| text.split(',').map(|text| values::address(text.trim())).collect();
    let settings = Layer {
        listen: reader.read_located("NEXTIM_LISTEN", addresses),
        shards: reader.read("NEXTIM_SHARDS", values::shards),
        public_url: reader.read("NEXTIM_PUBLIC_URL", values::public_url),
        log: reader.read("NEXTIM_LOG", values::level),
        log_format: reader.read("NEXTIM_LOG_FORMAT", values::log_format),
        admin: reader.read_located("NEXTIM_ADMIN", values::address),
        domains: reader.domain().map(|domain| vec![domain]),
        domains_dir: reader
            .raw("NEXTIM_DOMAINS_DIR")
            .map(|folder| (folder.into(), Location::elsewhere("NEXTIM_DOMAINS_DIR"))),
        pid_file: reader.raw("NEXTIM_PID_FILE").map(PathBuf::from),
        cluster_login: reader.cluster_login(),
        ..Layer::default()
    };
    let file = reader.raw("NEXTIM_CONFIG").map(PathBuf::from);
    if reader.problems.is_empty() { Ok((settings, file)) } else { Err(reader.problems) }
}

/// Warnings of variables that look like settings and are not, each with the nearest name. They are not errors:
/// container platforms set variables with the name of a service.
pub fn unknown_variables(names: impl IntoIterator<Item = OsString>) -> Vec<String> {
    let unknown = |name: &OsString| {
        let name = name.to_str()?;
        let known = VARIABLES.contains(&name) || !name.starts_with(VARIABLE_PREFIX);
        (!known && name.len() <= VARIABLE_BYTES_MAX && !name.contains(char::is_control)).then(
            || match nearest(name, &VARIABLES) {
                Some(near) => format!("{name}: there is no such variable; did you mean {near}?"),
                None => {
                    format!("{name}: there is no such variable; it is not one of {}", VARIABLES.join(", "))
                }
            },
        )
    };
    let mut unknown: Vec<String> = names.into_iter().filter_map(|name| unknown(&name)).collect();
    unknown.sort();
    unknown
}

struct Environment<V> {
    variable: V,
    problems: Vec<Problem>,
}

impl<V: Fn(&str) -> Option<OsString>> Environment<V> {
    fn raw(&self, name: &str) -> Option<OsString> {
        (self.variable)(name).filter(|value| !value.is_empty())
    }

    fn read<T>(&mut self, name: &str, read: impl Fn(&str) -> ValueResult<T>) -> Option<T> {
        let value = self.raw(name)?;
        let read = value.to_str().ok_or_else(|| "must be UTF-8".to_owned()).and_then(read);
        read.map_err(|wrong| self.problems.push(Problem::elsewhere(name, wrong))).ok()
    }

    fn read_located<T>(
        &mut self,
        name: &str,
        read: impl Fn(&str) -> ValueResult<T>,
    ) -> Option<(T, Location)> {
        Some((self.read(name, read)?, Location::elsewhere(name)))
    }

    fn cluster_login(&mut self) -> Option<Login> {
        let text = |text: &str| Ok(text.to_owned());
        let user = self.read("NEXTIM_CLUSTER_USER", text);
        let password = self.read("NEXTIM_CLUSTER_PASSWORD", text);
        Some(Login { user: user?, password: password.unwrap_or_default() })
    }

    fn domain(&mut self) -> Option<DomainConfig> {
        for (one, other) in [("NEXTIM_DOMAIN", "NEXTIM_APIKEY"), ("NEXTIM_APIKEY", "NEXTIM_DOMAIN")] {
            if self.raw(one).is_some() && self.raw(other).is_none() {
                self.problems.push(Problem::elsewhere(one, format!("must be set together with {other}")));
            }
        }
        let name = self.read("NEXTIM_DOMAIN", values::domain_name);
        let apikey = self.read("NEXTIM_APIKEY", values::apikey);
        Some(DomainConfig::new(name?, apikey?))
    }
}

#[cfg(test)]
mod tests;
