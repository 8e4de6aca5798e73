//! The command line.
//!
//! Owns: the flags. Must not: read a file.

use std::path::PathBuf;

use clap::Parser;

/// Checks a plugin of a site against the contract of its endpoints, over HTTP.
///
/// The exit code is 0 if all cases passed, 1 if some failed or the site could not be started, and 2 for wrong arguments.
#[derive(Debug, Parser)]
#[command(name = "webim-conform", version)]
pub(crate) struct Arguments {
    /// How the plugin is started, reset and used; see plugins/conformance/README.md
    #[arg(value_name = "TARGET.toml", required_unless_present_any = ["list", "mutations"])]
    pub(crate) target: Option<PathBuf>,
    /// Print the names of all cases, and what each needs
    #[arg(long)]
    pub(crate) list: bool,
    /// Run only cases with this text in their names; may be repeated
    #[arg(long, value_name = "NAME")]
    pub(crate) only: Vec<String>,
    /// Break copies of a plugin as this list says, and see that a case finds each break
    #[arg(long, value_name = "LIST.toml", conflicts_with_all = ["target", "list", "only", "keep"])]
    pub(crate) mutations: Option<PathBuf>,
    /// Keep the folder of the run, with the site's log, and print where it is
    #[arg(long)]
    pub(crate) keep: bool,
}
