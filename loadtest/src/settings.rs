//! Settings: everything that is decided before a run.
//!
//! Owns: what a run is told. Must not: decide it (`arguments.rs`), or start anything.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::ValueEnum;
use nextim_testkit::load::wire::Transport;

use crate::scenario::Name;

/// Which server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// The message server
    Nextim,
    /// The built-in stand-in that does only the system calls
    Floor,
    /// Nchan, a module of nginx; without buddies and rooms, which it does not know
    Nchan,
}

impl Kind {
    /// As it is called in tables.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::Nextim => "nextim",
            Kind::Floor => "floor",
            Kind::Nchan => "nchan",
        }
    }
}

/// What is to be run: everything decided.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) scenario: Name,
    pub(crate) users: u32,
    pub(crate) buddies: u32,
    pub(crate) room_size: u32,
    pub(crate) rate: Option<f64>,
    pub(crate) concurrency: u32,
    pub(crate) seconds: f64,
    pub(crate) shards: u64,
    pub(crate) threads: u32,
    pub(crate) rounds: u32,
    /// How long to measure waiting beside the rest, in seconds; 0: not at all.
    pub(crate) idle: f64,
    pub(crate) kind: Kind,
    pub(crate) server: Option<PathBuf>,
    pub(crate) addresses: Vec<SocketAddr>,
    pub(crate) server_processes: Vec<i32>,
    /// The public URLs of the nodes of a cluster that runs, in the order of `addresses`.
    pub(crate) node_urls: Vec<String>,
    /// How many nodes of a cluster to start; 0: one server without a cluster.
    pub(crate) nodes: u32,
    /// The broker's executable.
    pub(crate) nats: PathBuf,
    pub(crate) domain: String,
    pub(crate) apikey: String,
    pub(crate) with_seq: bool,
    /// How users wait.
    pub(crate) transport: Transport,
    pub(crate) with_nchan: bool,
    pub(crate) progress: bool,
    /// The configuration file of the message server, if it has one.
    pub(crate) config: Option<PathBuf>,
}
