//! From settings as typed to a checked, immutable [`Config`].
//!
//! Owns: the ways to a configuration. Must not: print, exit, or put a text that was typed into an error, because it
//! may be an apikey.
//!
//! Reading order: `checked` (what a server is started with), `problem`, `values` (one text to one value), `layer`
//! (the settings of one source), `check` (refusals), `advice` (warnings), `file` and `arguments` (texts to a layer),
//! `directory` (a file for each domain), `sources` (all layers), `edit` (the command that changes those files).

mod advice;
mod arguments;
mod check;
mod checked;
pub(crate) mod cluster;
mod directory;
mod disk;
mod edit;
mod file;
mod key;
mod layer;
mod nearest;
mod problem;
mod reference;
mod sources;
mod task;
mod values;

use std::path::Path;
use std::str::FromStr;

pub use self::arguments::{Arguments, Task, unknown_variables};
#[cfg(any(test, fuzzing))]
pub(crate) use self::checked::APIKEY_DEFAULT;
pub use self::checked::Config;
#[cfg(feature = "cluster")]
pub(crate) use self::cluster::{ClusterConfig, Login, PartitionKind};
pub use self::edit::carry_out as carry_out_domain_task;
pub use self::key::new_apikey;
pub use self::problem::ConfigError;
use self::problem::{Location, Problem};
pub use self::sources::Sources;
pub use self::task::DomainTask;

impl Config {
    /// The settings of a file, and defaults for the others.
    pub fn from_file(path: &Path) -> Result<Config, ConfigError> {
        let mut settings = sources::read_file(path)?;
        directory::add_to(&mut settings, Some(path))?;
        settings.check(Some(path))
    }

    /// Refuses a configuration of a program with which no server can start.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let (of_listen, of_admin) = (Location::elsewhere("listen"), Location::elsewhere("admin"));
        let (listen, admin) = ((&*self.listen, &of_listen), (self.admin, &of_admin));
        let of_cluster = (self.cluster.as_ref(), self.public_url.as_deref());
        let problems = check::refusals(listen, admin, &self.domains, of_cluster);
        if problems.is_empty() { Ok(()) } else { Err(ConfigError::new(None, &problems)) }
    }

    /// Warnings of unwise settings, each as `setting: why`. They do not keep a server from starting.
    pub fn warnings(&self) -> Vec<String> {
        advice::advice(self, advice::machine_memory())
    }
}

impl FromStr for Config {
    type Err = ConfigError;

    /// The settings of a file with this text, and defaults for the others. It reads no directory of domains.
    fn from_str(text: &str) -> Result<Config, ConfigError> {
        let settings = file::read(text).map_err(|problems| ConfigError::new(None, &problems))?;
        if let Some((_, location)) = settings.domains_dir {
            let wrong = "can only be set in a file, by a flag or a variable".to_owned();
            return Err(ConfigError::new(None, &[Problem { location, wrong }]));
        }
        settings.check(None)
    }
}

#[cfg(test)]
mod tests;
