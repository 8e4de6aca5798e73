//! Where settings come from.
//!
//! Owns: the layers of settings (flags over environment over file over defaults), and reading the file, once at the
//! start and once for each reload. Must not: print, or exit.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::arguments::{self, Arguments};
use super::check::exposed;
use super::checked::Config;
use super::directory;
use super::disk::read_text;
use super::file;
use super::layer::Layer;
use super::problem::{ConfigError, Problem};
use crate::base::domains::DomainConfig;
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
    /// Whether the domains are those of the files. They are not if flags or environment name domains.
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

    /// Whether there is something to reload: a file, or a directory of domains.
    pub fn has_files(&self) -> bool {
        self.file.is_some() || self.typed.domains_dir.is_some()
    }

    /// The settings of all layers, without those of the directory of domains.
    pub(super) fn layer(&self) -> Result<Layer, ConfigError> {
        let file = self.file().map(read_file).transpose()?.unwrap_or_default();
        Ok(self.typed.clone().over(file))
    }

    /// Reads the files, and makes a configuration of all layers.
    pub fn load(&self) -> Result<Config, ConfigError> {
        let mut layer = self.layer()?;
        directory::add_to(&mut layer, self.file())?;
        layer.check(self.file())
    }

    /// Reads the files again, for their domains. They are checked with the addresses of the running server. Files
    /// without domains are an error: a reload that reads a half-written file, or a directory whose disk is not mounted,
    /// must not end all sessions.
    pub fn reload(&self, running: &Config) -> Result<Reload, ConfigError> {
        let mut layer = self.layer()?;
        let domains_taken = self.typed.domains.is_none() || self.typed.domains_dir.is_some();
        directory::add_to(&mut layer, self.file())?;
        let is_none = |domains: &Vec<DomainConfig>| domains.is_empty() && !running.domains.is_empty();
        if layer.domains.as_ref().is_none_or(is_none) {
            return Err(ConfigError::new(None, &[Problem::elsewhere("domain", "there is none any more")]));
        }
        let next = layer.check(self.file())?;
        if let Some(wrong) = exposed(&running.listen, &next.domains) {
            return Err(ConfigError::new(None, &[Problem::elsewhere("listen", wrong)]));
        }
        let config = Config { domains: next.domains.clone(), ..running.clone() };
        Ok(Reload { domains_taken, restart_needed: config != next, config })
    }
}

/// The settings of a file. Relative paths in it begin at its folder.
pub(super) fn read_file(path: &Path) -> Result<Layer, ConfigError> {
    let text = read_text(path, CONFIG_BYTES_MAX)?;
    let mut layer = file::read(&text).map_err(|problems| ConfigError::new(Some(path), &problems))?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let paths = [layer.domains_dir.as_mut().map(|(path, _)| path), layer.pid_file.as_mut()];
    paths.into_iter().flatten().for_each(|path| *path = folder.join(&*path));
    Ok(layer)
}
