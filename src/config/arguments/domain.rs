//! The command line of `nextim domain`.
//!
//! Owns: its words and flags. Must not: carry them out; `edit` does.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::base::domains::DomainConfig;
use crate::config::task::DomainAction;
use crate::config::values;

/// Where `nextim domain` finds the settings: as the server does.
#[derive(Args)]
pub(super) struct Place {
    /// Read settings from this file
    #[arg(long, value_name = "FILE", global = true)]
    pub(super) config: Option<PathBuf>,

    /// The directory with a file for each domain
    #[arg(long, value_name = "DIR", global = true)]
    pub(super) domains_dir: Option<PathBuf>,

    /// The file with the number of the server's process
    #[arg(long, value_name = "FILE", global = true)]
    pub(super) pid_file: Option<PathBuf>,

    /// Answer with JSON
    #[arg(long, global = true)]
    pub(super) json: bool,
}

#[derive(Subcommand)]
pub(super) enum DomainCommand {
    /// Add a domain, and print what its site needs
    Add {
        /// The name that its site sends as `domain`
        #[arg(value_parser = values::domain_name)]
        name: String,
        /// An origin of pages that may read answers; may be repeated
        #[arg(long, value_name = "ORIGIN", value_parser = values::origin)]
        origin: Vec<String>,
        /// Where the site takes back undelivered messages
        #[arg(long, value_name = "URL", value_parser = values::undelivered_url)]
        undelivered_url: Option<String>,
        /// Most users online at once
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
        max_users: Option<u32>,
        /// Most sessions (open pages) at once
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
        max_sessions: Option<u32>,
        /// Most calls of the site in a second
        #[arg(long, value_name = "N", value_parser = values::calls_per_second)]
        max_calls_per_second: Option<u32>,
    },
    /// Give a domain a new apikey beside the old one
    Rotate {
        /// The name of the domain
        #[arg(value_parser = values::domain_name)]
        name: String,
        /// Instead, remove all apikeys but the newest
        #[arg(long)]
        drop_old: bool,
    },
    /// Remove a domain; its sessions are stopped
    Remove {
        /// The name of the domain
        #[arg(value_parser = values::domain_name)]
        name: String,
    },
    /// List all domains, with the number of their apikeys and their limits
    List,
}

impl DomainCommand {
    /// What it asks for.
    pub(super) fn action(&self) -> DomainAction {
        match self {
            DomainCommand::Add {
                name,
                origin,
                undelivered_url,
                max_users,
                max_sessions,
                max_calls_per_second,
            } => {
                let default = DomainConfig::new(name, "");
                DomainAction::Add(DomainConfig {
                    origins: origin.clone(),
                    undelivered_url: undelivered_url.clone(),
                    max_users: max_users.unwrap_or(default.max_users),
                    max_sessions: max_sessions.unwrap_or(default.max_sessions),
                    max_calls_per_second: max_calls_per_second.unwrap_or(default.max_calls_per_second),
                    ..default
                })
            }
            DomainCommand::Rotate { name, drop_old: false } => DomainAction::Rotate(name.clone()),
            DomainCommand::Rotate { name, drop_old: true } => DomainAction::DropOld(name.clone()),
            DomainCommand::Remove { name } => DomainAction::Remove(name.clone()),
            DomainCommand::List => DomainAction::List,
        }
    }
}
