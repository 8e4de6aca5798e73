//! The server, as a process of its own.
//!
//! Owns: the faults that are done to it from outside: the process is stopped, and one thread is held as a debugger does.
//! Must not: start a process; the kit does.

use std::fs;
use std::net::SocketAddr;
use std::process::ExitStatus;

use nextim_testkit::frozen::Frozen;
use nextim_testkit::process::nextim;
use nextim_testkit::server;
use nix::sys::signal::Signal;
use tempfile::NamedTempFile;

use super::plan::Plan;

/// A running server.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    frozen: Option<Frozen>,
    running: server::Server,
    _file: NamedTempFile,
}

impl Server {
    /// Starts one and waits until it listens.
    pub(crate) fn start(plan: &Plan, undelivered_url: &str) -> Server {
        let file = NamedTempFile::new().unwrap();
        fs::write(file.path(), plan.configuration(undelivered_url)).unwrap();
        let mut command = nextim(&["--shards", &plan.shards.to_string(), "--log", "info", "--config"]);
        let running = server::Server::run(command.arg(file.path()));
        Server { address: running.address, frozen: None, running, _file: file }
    }

    /// Stops the whole process.
    pub(crate) fn stop(&self) {
        self.running.signal(Signal::SIGSTOP);
    }

    /// Lets it go on.
    pub(crate) fn resume(&self) {
        self.running.signal(Signal::SIGCONT);
    }

    /// Sends SIGTERM.
    pub(crate) fn terminate(&self) {
        self.running.signal(Signal::SIGTERM);
    }

    /// How it has ended, if it has.
    pub(crate) fn ended(&self) -> Option<ExitStatus> {
        self.running.process().ended()
    }

    /// Stops one shard, wherever it is. The thread that calls this must also let it go.
    pub(crate) fn freeze(&mut self, shard: u16) {
        assert!(self.frozen.is_none(), "one at a time");
        self.frozen = Some(Frozen::shard(self.running.process().id(), shard));
    }

    /// Lets the shard go on that was stopped.
    pub(crate) fn thaw(&mut self) {
        assert!(self.frozen.take().is_some(), "one was stopped");
    }
}
