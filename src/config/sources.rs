//! Where settings come from.
//!
//! Owns: the layers of settings (flags over environment over file over defaults), and reading the file, once at the
//! start and once for each reload. Must not: print, or exit.

use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::arguments::{self, Arguments};
use super::check::exposed;
use super::checked::Config;
use super::file;
use super::layer::Layer;
use super::problem::{ConfigError, Location, Problem};
use crate::base::limits::settings::CONFIG_BYTES_MAX;

/// Where settings come from: flags, environment, and a file that can be read again.
pub struct Sources {
    /// Flags over environment.
    typed: Layer,
    file: Option<PathBuf>,
}

/// What a reload leads to.
#[derive(Debug, PartialEq, Eq)]
pub struct Reload {
    /// The running configuration, with the domains from now on.
    pub config: Config,
    /// Whether the domains are those of the file. They are not if flags or environment name domains.
    pub domains_taken: bool,
    /// Whether the file has another change, which needs a restart.
    pub restart_needed: bool,
}

impl Sources {
    /// Reads flags and environment. [`Sources::load`] reads the file.
    pub fn new(
        arguments: Arguments,
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Sources, ConfigError> {
        let (environment, file) =
            arguments::environment(variable).map_err(|problems| ConfigError::new(None, &problems))?;
        let (flags, flag_file) = arguments.into_settings();
        Ok(Sources { typed: flags.over(environment), file: flag_file.or(file) })
    }

    /// The path of the configuration file, if there is one.
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// Reads the file, and makes a configuration of all layers.
    pub fn load(&self) -> Result<Config, ConfigError> {
        let file = self.file().map(read_file).transpose()?.unwrap_or_default();
        self.typed.clone().over(file).check(self.file())
    }

    /// Reads the file again, for its domains. They are checked with the addresses of the running server. A file
    /// without domains is an error: a reload that reads a half-written file must not end all sessions.
    pub fn reload(&self, running: &Config) -> Result<Reload, ConfigError> {
        let file = self.file().map(read_file).transpose()?.unwrap_or_default();
        let domains_taken = self.typed.domains.is_none();
        if domains_taken && file.domains.is_none() {
            let problem = Problem::elsewhere("domain", "the file has none any more");
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

/// The settings of a file.
pub(super) fn read_file(path: &Path) -> Result<Layer, ConfigError> {
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
        let location = Location { line: Some(line), setting: "syntax".to_owned() };
        ConfigError::new(Some(path), &[Problem { location, wrong: "the file must be UTF-8".to_owned() }])
    })?;
    file::read(&text).map_err(|problems| ConfigError::new(Some(path), &problems))
}
