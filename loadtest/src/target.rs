//! What is measured: a server that was started for it, or one that runs already.
//!
//! Owns: the server's process, from start to end. Must not: talk to it. No server outlives this process, however
//! that ends: a guard (a shell that waits on a pipe of this process) kills it as soon as the pipe closes.

use std::env;
use std::error::Error;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use clap::ValueEnum;
use nix::unistd::Pid;

/// How long a server may take to start.
const PATIENCE: Duration = Duration::from_secs(30);

/// Which server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// The message server
    Nextim,
    /// The built-in stand-in that does only the system calls
    Floor,
}

impl Kind {
    /// As it is called in tables.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::Nextim => "nextim",
            Kind::Floor => "floor",
        }
    }
}

/// A server.
pub(crate) struct Target {
    /// As it is called in tables.
    pub(crate) name: &'static str,
    /// Where it listens.
    pub(crate) addresses: Vec<SocketAddr>,
    /// Its process, if that is known.
    pub(crate) process: Option<Pid>,
    /// How many shards it said it has.
    pub(crate) shards: u64,
    started: Option<Started>,
}

/// A process that was started, with its guard.
struct Started {
    server: Child,
    guard: Child,
}

impl Target {
    /// A server that runs already.
    pub(crate) fn running(addresses: Vec<SocketAddr>, process: Option<i32>) -> Target {
        Target { name: "running", addresses, process: process.map(Pid::from_raw), shards: 0, started: None }
    }

    /// Starts a server.
    pub(crate) fn start(kind: Kind, shards: u64, file: Option<&Path>) -> Result<Target, Box<dyn Error>> {
        let shards_text = shards.to_string();
        let mut command = match kind {
            Kind::Nextim => {
                let mut command = Command::new(server_file(file)?);
                command.args(["--listen", "127.0.0.1:0", "--log", "warn", "--shards", &shards_text]);
                for (name, _) in
                    env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("NEXTIM_"))
                {
                    command.env_remove(name);
                }
                command
            }
            Kind::Floor => {
                let mut command = Command::new(env::current_exe()?);
                command.args(["floor-server", "--threads", &shards_text]);
                command
            }
        };
        let mut server = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let stdout = server.stdout.take();
        let guard = guard(&server);
        // From here on whatever goes wrong ends the process, by dropping this.
        let mut target = Target {
            name: kind.name(),
            addresses: Vec::new(),
            process: Some(Pid::from_raw(i32::try_from(server.id())?)),
            shards: 0,
            started: None,
        };
        match guard {
            Ok(guard) => target.started = Some(Started { server, guard }),
            Err(error) => {
                server.kill()?;
                server.wait()?;
                return Err(error.into());
            }
        }
        let (said, heard) = channel();
        thread::spawn(move || {
            let mut line = String::new();
            if let Some(stdout) = stdout
                && BufReader::new(stdout).read_line(&mut line).is_ok()
            {
                // If nobody waits any more, the server is ended anyway.
                said.send(line).ok();
            }
        });
        let line = heard.recv_timeout(PATIENCE).unwrap_or_default();
        (target.addresses, target.shards) =
            start_line(&line).ok_or_else(|| format!("the server did not start; it said {line:?}"))?;
        Ok(target)
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        if let Some(started) = &mut self.started {
            // The guard ends before the server is reaped, so that it can never kill a process of the same number.
            for child in [&mut started.guard, &mut started.server] {
                // One that cannot be killed has ended.
                child.kill().ok();
                child.wait().ok();
            }
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

fn guard(server: &Child) -> std::io::Result<Child> {
    Command::new("sh")
        .args(["-c", "trap '' INT TERM HUP; read -r _; kill -KILL \"$1\"", "guard"])
        .arg(server.id().to_string())
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
