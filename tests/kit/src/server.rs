//! A server that serves, as a process of its own.
//!
//! Owns: its start line, its files and its end. Must not: know what is tested.

use std::fs::{self, File};
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use nix::sys::signal::Signal;
use tempfile::TempDir;

use super::conn::Conn;
use super::http::Response;
use super::patience::{comes_true, eventually};
use super::process::{Process, nextim};

/// The line that a server prints when it serves:
/// `nextim 0.1.0 listening on 127.0.0.1:1, 127.0.0.1:2; 2 shards; 1 domain; up to 19000 connections`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartLine {
    /// The addresses it listens on.
    pub addresses: Vec<SocketAddr>,
    /// The number of its shards.
    pub shards: u16,
    /// The address of its admin listener.
    pub admin: Option<SocketAddr>,
}

impl StartLine {
    /// Reads the line.
    pub fn read(line: &str) -> Option<StartLine> {
        let (_, rest) = line.trim_end().split_once(" listening on ")?;
        let (addresses, rest) = rest.split_once("; ")?;
        let addresses = addresses.split(", ").map(|address| address.parse().ok()).collect::<Option<_>>()?;
        let shards = rest.split(' ').next()?.parse().ok()?;
        let admin = rest.split_once("watch at http://").map(|(_, rest)| rest.trim_end_matches('/').parse());
        Some(StartLine { addresses, shards, admin: admin.transpose().ok()? })
    }
}

/// A running server. It logs into a file.
#[derive(Debug)]
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    /// The number of its shards.
    pub shards: u16,
    admin: Option<SocketAddr>,
    process: Mutex<Process>,
    dir: PathBuf,
}

impl Server {
    /// Starts one on a free port, with its defaults and these arguments, and waits until it serves.
    #[track_caller]
    pub fn start(arguments: &[&str]) -> Server {
        Server::run(nextim(&["--listen", "127.0.0.1:0"]).args(arguments))
    }

    /// Runs a command that starts one, in an empty folder, and waits until it serves.
    #[track_caller]
    pub fn run(command: &mut Command) -> Server {
        Server::try_run(command).unwrap_or_else(|problem| panic!("{problem}"))
    }

    /// The same, for programs that must not panic.
    ///
    /// # Errors
    ///
    /// If it does not serve, with what it logged.
    pub fn try_run(command: &mut Command) -> Result<Server, String> {
        let program = command.get_program().to_owned();
        let failed = |error: io::Error| format!("{}: {error}", program.display());
        let folder = TempDir::new().map_err(failed)?;
        let dir = folder.path().to_owned();
        fs::create_dir(dir.join("home")).map_err(failed)?;
        let create = |name: &str| File::create(dir.join(name)).map_err(failed);
        let (stdout, log) = (create("stdout")?, create("log")?);
        command.current_dir(dir.join("home")).stdin(Stdio::null()).stdout(stdout).stderr(log);
        let mut process = Process::spawn_with(command, Some(folder)).map_err(failed)?;
        let read = |name: &str| fs::read_to_string(dir.join(name)).unwrap_or_default();
        let mut status = None;
        comes_true(|| {
            status = process.ended();
            status.is_some() || read("stdout").ends_with('\n')
        });
        let line = read("stdout");
        let StartLine { addresses, shards, admin } = StartLine::read(&line).ok_or_else(|| {
            format!("{}: {status:?}, start line {line:?}, and this log: {}", program.display(), read("log"))
        })?;
        Ok(Server { address: addresses[0], shards, admin, process: Mutex::new(process), dir })
    }

    /// Where it can be watched; it was started with `--admin`.
    #[track_caller]
    pub fn admin(&self) -> SocketAddr {
        self.admin.expect("an admin listener")
    }

    /// What it shows of itself at a path of its admin listener.
    #[track_caller]
    pub fn watch(&self, path: &str) -> Response {
        let admin = self.admin();
        Conn::open(admin).call(format!("GET {path} HTTP/1.1\r\nHost: {admin}\r\n\r\n").as_bytes())
    }

    /// Its process.
    pub fn process(&self) -> MutexGuard<'_, Process> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends a signal.
    #[track_caller]
    pub fn signal(&self, signal: Signal) {
        self.process().signal(signal);
    }

    /// Waits until it ends.
    #[track_caller]
    pub fn wait(&self) -> ExitStatus {
        eventually("the server ends", || self.process().ended())
    }

    /// What it logged, but for what its libraries trace: every connection is a line of theirs.
    pub fn log(&self) -> String {
        let log = fs::read(self.dir.join("log")).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        log.split_inclusive('\n').filter(|line| !line.contains("mio::poll")).collect()
    }

    /// Everything it has written anywhere it could be expected to write.
    pub fn written(&self) -> String {
        let mut files = vec![self.dir.join("log"), self.dir.join("stdout")];
        files.extend(fs::read_dir(self.dir.join("home")).unwrap().map(|entry| entry.unwrap().path()));
        let read = |path| String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned();
        files.into_iter().map(read).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn start_lines() {
        let check = |line: &str, expected: Option<(&[&str], u16, Option<&str>)>| {
            let parse = |text: &str| text.parse().unwrap();
            let expected = expected.map(|(list, shards, admin)| StartLine {
                addresses: list.iter().map(|address| parse(address)).collect(),
                shards,
                admin: admin.map(parse),
            });
            assert_eq!(StartLine::read(line), expected, "{line}");
        };
        check(
            "nextim 0.1.0 listening on 127.0.0.1:43210; 1 shard; 1 domain; up to 19000 connections\n",
            Some((&["127.0.0.1:43210"], 1, None)),
        );
        check(
            "nextim 0.1.0 listening on 127.0.0.1:1; 1 shard; 1 domain; up to 9 connections; watch at http://[::1]:7/\n",
            Some((&["127.0.0.1:1"], 1, Some("[::1]:7"))),
        );
        check(
            "floor listening on 127.0.0.1:1, 127.0.0.1:2; 2 shards",
            Some((&["127.0.0.1:1", "127.0.0.1:2"], 2, None)),
        );
        check("nextim: listen: address already in use", None);
        check("", None);
    }
}
