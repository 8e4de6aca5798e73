//! The paths of the server, from its table of endpoints.
//!
//! Owns: which of them are for whom. Must not: name a path.

use nextim::internals::{ENDPOINTS, Endpoint};
use std::fs;

use super::documents::root;

/// What stands for the name of a room in a path.
pub const ROOM: &str = "{room}";

/// The paths of the calls of sites.
pub fn site_calls() -> impl Iterator<Item = &'static str> {
    ENDPOINTS.iter().filter(|endpoint| endpoint.is_site_call()).map(|endpoint| endpoint.path)
}

/// All paths but those of files, the calls of sites first.
pub fn without_files() -> impl Iterator<Item = &'static str> {
    let others = ENDPOINTS.iter().filter(|endpoint| !endpoint.is_site_call() && !endpoint.is_file());
    site_calls().chain(others.map(|endpoint| endpoint.path))
}

/// A file of the browser module.
#[derive(Debug)]
pub struct BarFile {
    /// Its path at the server.
    pub path: &'static str,
    /// What the repository has.
    pub source: String,
}

/// The files of the browser module.
pub fn bar_files() -> Vec<BarFile> {
    // The path of each chunk has the name of the build in it, and its file has not.
    let infix = format!(".{}.", build());
    let file = |endpoint: &Endpoint| {
        let name = endpoint.path.trim_start_matches('/').replace(&infix, ".");
        BarFile { path: endpoint.path, source: dist(&name) }
    };
    ENDPOINTS.iter().filter(|endpoint| endpoint.is_file()).map(file).collect()
}

/// The name of the build of the browser module.
pub fn build() -> String {
    dist("build").trim_end().to_owned()
}

fn dist(name: &str) -> String {
    fs::read_to_string(root().join("src/web/dist").join(name))
        .unwrap_or_else(|error| panic!("{name}: {error}"))
}
