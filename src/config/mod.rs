//! From settings as typed to a checked, immutable [`Config`].
//!
//! Owns: the ways to a configuration. Must not: print, exit, or put a text that was typed into an error, because it
//! may be an apikey.
//!
//! Reading order: `checked` (what a server is started with), `problem`, `values` (one text to one value), `layer`
//! (the settings of one source), `check` (refusals), `advice` (warnings), `file` and `arguments` (texts to a layer),
//! `sources` (all layers).

mod advice;
mod arguments;
mod check;
mod checked;
mod file;
mod layer;
mod nearest;
mod problem;
mod reference;
mod sources;
mod values;

use std::path::Path;
use std::str::FromStr;

pub use self::arguments::{Arguments, Task, unknown_variables};
#[cfg(any(test, fuzzing))]
pub(crate) use self::checked::APIKEY_DEFAULT;
pub use self::checked::Config;
pub use self::problem::ConfigError;
use self::problem::Location;
pub use self::sources::Sources;

impl Config {
    /// The settings of a file, and defaults for the others.
    pub fn from_file(path: &Path) -> Result<Config, ConfigError> {
        sources::read_file(path)?.check(Some(path))
    }

    /// Refuses a configuration of a program with which no server can start.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let (of_listen, of_admin) = (Location::elsewhere("listen"), Location::elsewhere("admin"));
        let problems = check::refusals((&self.listen, &of_listen), (self.admin, &of_admin), &self.domains);
        if problems.is_empty() { Ok(()) } else { Err(ConfigError::new(None, &problems)) }
    }

    /// Warnings of unwise settings, each as `setting: why`. They do not keep a server from starting.
    pub fn warnings(&self) -> Vec<String> {
        advice::advice(self, advice::machine_memory())
    }
}

impl FromStr for Config {
    type Err = ConfigError;

    /// The settings of a file with this text, and defaults for the others.
    fn from_str(text: &str) -> Result<Config, ConfigError> {
        let settings = file::read(text).map_err(|problems| ConfigError::new(None, &problems))?;
        settings.check(None)
    }
}

#[cfg(test)]
mod tests;
