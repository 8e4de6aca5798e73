//! What is measured: a server that was started for it, or one that runs already.
//!
//! Owns: the server's processes, from start to end. Must not: talk to it. No server outlives this process, however
//! that ends: a guard (a shell that waits on a pipe of this process) kills it as soon as the pipe closes. Each server
//! is a group of processes, so that those it starts end with it.

use std::env;
use std::error::Error;
use std::ffi::OsString;
use std::io::{self, BufRead, BufReader};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use clap::ValueEnum;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

use crate::arguments::Settings;
use crate::measure::with_children;
use crate::nchan::server::{Nginx, log};

/// How long a server may take to start.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often to look whether one listens that does not say so.
const LOOK: Duration = Duration::from_millis(10);

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

/// How the message server is started, beside what flags say.
#[derive(Clone, Debug, Default)]
pub(crate) struct Extras {
    /// Its configuration file.
    pub(crate) config: Option<PathBuf>,
    /// What is in its environment.
    pub(crate) environment: Vec<(&'static str, OsString)>,
}

/// A server.
pub(crate) struct Target {
    /// As it is called in tables.
    pub(crate) name: &'static str,
    /// Where it listens.
    pub(crate) addresses: Vec<SocketAddr>,
    /// Its processes, if they are known.
    pub(crate) processes: Vec<Pid>,
    /// How many shards it has: as it said, or as many as we asked for.
    pub(crate) shards: u64,
    started: Option<Started>,
}

/// A process that was started, with its guard and the folder of its files.
struct Started {
    server: Child,
    guard: Child,
    folder: Option<TempDir>,
}

impl Target {
    /// A server that runs already. Its process stands for those it has started, too.
    pub(crate) fn running(addresses: Vec<SocketAddr>, process: Option<i32>) -> Target {
        let processes = process.map(Pid::from_raw).map(with_children).unwrap_or_default();
        Target { name: "running", addresses, processes, shards: 0, started: None }
    }

    /// Starts a server.
    pub(crate) fn start(kind: Kind, settings: &Settings) -> Result<Target, Box<dyn Error>> {
        let shards = settings.shards.to_string();
        let command = match kind {
            Kind::Nextim => {
                let mut command = Command::new(server_file(settings.server.as_deref())?);
                command.args(["--listen", "127.0.0.1:0", "--log", "warn", "--shards", &shards]);
                for (name, _) in
                    env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("NEXTIM_"))
                {
                    command.env_remove(name);
                }
                if let Some(config) = &settings.extras.config {
                    command.arg("--config").arg(config);
                }
                command.envs(settings.extras.environment.iter().cloned());
                command
            }
            Kind::Floor => {
                let mut command = Command::new(env::current_exe()?);
                command.args(["floor-server", "--threads", &shards]);
                command
            }
            Kind::Nchan => return Target::start_nchan(settings),
        };
        let (mut target, said) = Target::spawn(kind, command, None)?;
        let line = said.recv_timeout(PATIENCE).unwrap_or_default();
        (target.addresses, target.shards) =
            start_line(&line).ok_or_else(|| format!("the server did not start; it said {line:?}"))?;
        Ok(target)
    }

    /// Sends the server a signal.
    pub(crate) fn signal(&self, signal: Signal) -> Result<(), Box<dyn Error>> {
        let process = self.processes.first().ok_or("a server without a process")?;
        Ok(kill(*process, signal)?)
    }

    /// How the server has ended, if it has or does so in time.
    pub(crate) fn ended_within(&mut self, patience: Duration) -> Result<Option<ExitStatus>, Box<dyn Error>> {
        let started = self.started.as_mut().ok_or("a server that was not started here")?;
        let until = Instant::now() + patience;
        loop {
            let status = started.server.try_wait()?;
            if status.is_some() || Instant::now() >= until {
                return Ok(status);
            }
            thread::sleep(LOOK);
        }
    }

    /// An nginx says nothing when it has started: it has when all workers are there and somebody listens.
    fn start_nchan(settings: &Settings) -> Result<Target, Box<dyn Error>> {
        let connections = u64::from(settings.users) + u64::from(settings.concurrency);
        let nginx = Nginx::prepare(settings.shards, connections)?;
        let path = nginx.folder.path().to_owned();
        let (mut target, said) = Target::spawn(Kind::Nchan, nginx.command, Some(nginx.folder))?;
        let failed = |why: &str| format!("nginx with Nchan {why}; its log ends with:\n{}", log(&path));
        let master = *target.processes.first().ok_or("a server without a process")?;
        let until = Instant::now() + PATIENCE;
        loop {
            match said.recv_timeout(LOOK) {
                Err(RecvTimeoutError::Timeout) => {}
                // It has closed its stdout, as only its end does.
                Ok(_) | Err(RecvTimeoutError::Disconnected) => return Err(failed("did not start").into()),
            }
            target.processes = with_children(master);
            let workers = target.processes.len() as u64 - 1;
            if workers >= settings.shards && TcpStream::connect(nginx.address).is_ok() {
                break;
            }
            if Instant::now() > until {
                return Err(failed("did not start in time").into());
            }
        }
        (target.addresses, target.shards) = (vec![nginx.address], settings.shards);
        Ok(target)
    }

    /// Starts a process with a guard. What is received is the first line it says; it is empty if it ends before.
    fn spawn(
        kind: Kind,
        mut command: Command,
        folder: Option<TempDir>,
    ) -> Result<(Target, Receiver<String>), Box<dyn Error>> {
        if folder.is_some() {
            // What goes wrong is in a file there.
            command.stderr(Stdio::null());
        }
        let mut server = command.stdin(Stdio::null()).stdout(Stdio::piped()).process_group(0).spawn()?;
        let stdout = server.stdout.take();
        // From here on whatever goes wrong ends the process, by dropping the target.
        let guard = match guard(&server, folder.as_ref().map(TempDir::path)) {
            Ok(guard) => guard,
            Err(error) => {
                server.kill()?;
                server.wait()?;
                return Err(error.into());
            }
        };
        let process = Pid::from_raw(i32::try_from(server.id())?);
        let target = Target {
            name: kind.name(),
            addresses: Vec::new(),
            processes: vec![process],
            shards: 0,
            started: Some(Started { server, guard, folder }),
        };
        let (say, said) = channel();
        thread::spawn(move || {
            let mut line = String::new();
            if let Some(stdout) = stdout
                && BufReader::new(stdout).read_line(&mut line).is_ok()
            {
                // If nobody waits any more, the server is ended anyway.
                say.send(line).ok();
            }
        });
        Ok((target, said))
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        if let Some(Started { mut server, mut guard, folder }) = self.started.take() {
            // Waiting for the guard closes its pipe, so it ends the server, and only then the server is reaped: until
            // then no other process gets its number. Were the guard gone, the server itself would still be ended.
            guard.wait().ok();
            server.kill().ok();
            server.wait().ok();
            drop(folder);
        }
    }
}

/// The message server beside our own executable, if none is named.
fn server_file(file: Option<&Path>) -> Result<PathBuf, Box<dyn Error>> {
    let beside = || env::current_exe().map(|exe| exe.with_file_name("nextim"));
    let file = file.map_or_else(beside, |file| Ok(file.to_owned()))?;
    if file.is_file() {
        return Ok(file);
    }
    let release = if cfg!(debug_assertions) { "" } else { " --release" };
    Err(format!(
        "there is no {}; build it: cargo build{release} -p nextim, or name it: --server PATH",
        file.display()
    )
    .into())
}

/// Waits on a pipe of ours until it closes. Then it kills the server's group of processes, and removes its files.
fn guard(server: &Child, folder: Option<&Path>) -> io::Result<Child> {
    Command::new("sh")
        .args([
            "-c",
            "trap '' INT TERM HUP; read -r _; kill -s KILL -- \"-$1\"; rm -rf ${2:+\"$2\"}",
            "guard",
        ])
        .arg(server.id().to_string())
        .args(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
}

/// Reads `nextim 0.1.0 listening on 127.0.0.1:1, 127.0.0.1:2; 2 shards; …`.
fn start_line(line: &str) -> Option<(Vec<SocketAddr>, u64)> {
    let (_, rest) = line.trim_end().split_once(" listening on ")?;
    let (addresses, rest) = rest.split_once(';')?;
    let addresses = addresses.split(',').map(|address| address.trim().parse().ok()).collect::<Option<_>>()?;
    Some((addresses, crate::wire::whole(rest.as_bytes())?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn start_lines() {
        let check = |line: &str, expected: Option<(&[&str], u64)>| {
            let expected = expected.map(|(list, shards)| {
                (list.iter().map(|address| address.parse().unwrap()).collect::<Vec<SocketAddr>>(), shards)
            });
            assert_eq!(start_line(line), expected, "{line}");
        };
        check(
            "nextim 0.1.0 listening on 127.0.0.1:43210; 1 shard; 1 domain; up to 19000 connections\n",
            Some((&["127.0.0.1:43210"], 1)),
        );
        check(
            "floor listening on 127.0.0.1:1, 127.0.0.1:2; 2 shards",
            Some((&["127.0.0.1:1", "127.0.0.1:2"], 2)),
        );
        check("nextim: listen: address already in use", None);
        check("", None);
    }
}
