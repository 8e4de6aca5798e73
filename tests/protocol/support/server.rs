//! A server with a setup, of which tests take domains.
//!
//! Owns: its configuration file, and the domains that no test has used. Must not: start a process; the kit does.

use std::ops::Deref;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{env, fs};

use nextim_testkit::frozen::Frozen;
use nextim_testkit::process::built;
use nextim_testkit::server;
use nix::sys::signal::Signal;
use tempfile::NamedTempFile;

use super::setup::Setup;

/// A running server.
pub(crate) struct Server {
    running: server::Server,
    /// What it was started with.
    pub(crate) setup: Setup,
    file: NamedTempFile,
    next_site: AtomicUsize,
}

impl Deref for Server {
    type Target = server::Server;

    fn deref(&self) -> &server::Server {
        &self.running
    }
}

impl Server {
    /// Starts one and waits until it listens. It logs all it can.
    pub(crate) fn start(setup: &Setup, shards: u16) -> Server {
        Server::start_by(Command::new(built("nextim")), setup, shards)
    }

    /// Starts one with a lower limit of descriptors.
    pub(crate) fn start_with_descriptors(setup: &Setup, shards: u16, limit: usize) -> Server {
        let mut command = Command::new("sh");
        command.args(["-c", &format!("ulimit -n {limit}; exec \"$0\" \"$@\"")]).arg(built("nextim"));
        Server::start_by(command, setup, shards)
    }

    fn start_by(mut command: Command, setup: &Setup, shards: u16) -> Server {
        let file = NamedTempFile::new().unwrap();
        fs::write(file.path(), setup.text()).unwrap();
        for (name, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("NEXTIM_")) {
            command.env_remove(name);
        }
        command.arg("--config").arg(file.path()).args(["--shards", &shards.to_string(), "--log", "trace"]);
        let running = server::Server::run(&mut command);
        assert_eq!(running.shards, shards);
        Server { running, setup: setup.clone(), file, next_site: AtomicUsize::new(0) }
    }

    /// The number of a domain that no test has used.
    pub(crate) fn take_site(&self) -> usize {
        self.next_site.fetch_add(1, Ordering::Relaxed)
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.running.process().id()
    }

    /// Stops a shard that waits for input, until what this returns is dropped.
    #[track_caller]
    pub(crate) fn freeze(&self, shard: u16) -> Frozen {
        Frozen::waiting_shard(self.id(), shard)
    }

    /// Writes another configuration and has it read.
    pub(crate) fn reload(&self, setup: &Setup) {
        fs::write(self.file.path(), setup.text()).unwrap();
        self.signal(Signal::SIGHUP);
    }
}
