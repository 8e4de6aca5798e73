//! A server process.
//!
//! Owns: its start, its signals, its end. No server outlives the test process, however that ends: a guard (a shell
//! that waits on a pipe of the test process) kills it as soon as the pipe closes.

use std::env;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, mpsc};
use std::thread;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

use super::client::Conn;
use super::setup::Setup;
use super::{PATIENCE, eventually};

/// A running server.
pub(crate) struct Server {
    /// Where it listens.
    pub(crate) addr: SocketAddr,
    /// Where it can be watched, if it can.
    pub(crate) admin: Option<SocketAddr>,
    /// How many shards it has.
    pub(crate) shards: u16,
    /// What it was started with.
    pub(crate) setup: Setup,
    next_site: AtomicUsize,
    process: Mutex<Child>,
    guard: Mutex<Child>,
    dir: TempDir,
}

impl Server {
    /// Starts one and waits until it listens. It logs all it can, into a file.
    pub(crate) fn start(setup: &Setup, shards: u16) -> Server {
        Server::start_by(Command::new(env!("CARGO_BIN_EXE_nextim")), setup, shards)
    }

    /// Starts one with a lower limit of descriptors.
    pub(crate) fn start_with_descriptors(setup: &Setup, shards: u16, limit: usize) -> Server {
        let mut command = Command::new("sh");
        command.args(["-c", &format!("ulimit -n {limit}; exec \"$0\" \"$@\"")]);
        command.arg(env!("CARGO_BIN_EXE_nextim"));
        Server::start_by(command, setup, shards)
    }

    fn start_by(mut command: Command, setup: &Setup, shards: u16) -> Server {
        let dir = TempDir::new().unwrap();
        let path = |name: &str| dir.path().join(name);
        fs::write(path("nextim.toml"), setup.text()).unwrap();
        fs::create_dir(path("home")).unwrap();
        for (name, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("NEXTIM_")) {
            command.env_remove(name);
        }
        let mut process = command
            .arg("--config")
            .arg(path("nextim.toml"))
            .args(["--shards", &shards.to_string(), "--log", "trace"])
            .current_dir(path("home"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(path("log")).unwrap())
            .spawn()
            .unwrap();
        let guard = guard(&process);
        let (sender, receiver) = mpsc::channel();
        let mut stdout = BufReader::new(process.stdout.take().expect("it is piped"));
        let mut rest = File::create(path("stdout")).unwrap();
        thread::spawn(move || {
            let mut line = String::new();
            let read = stdout.read_line(&mut line);
            // The receiver is gone if the test gave up.
            if read.is_ok() && sender.send(line).is_ok() {
                io::copy(&mut stdout, &mut rest).expect("the temporary directory can be written");
            }
        });
        let line = receiver.recv_timeout(PATIENCE).unwrap_or_default();
        let addr = listening(&line, shards, &path("log"));
        let admin = line
            .split_once("watch at http://")
            .and_then(|(_, rest)| rest.trim().trim_end_matches('/').parse().ok());
        let (process, guard, setup) = (Mutex::new(process), Mutex::new(guard), setup.clone());
        Server { addr, admin, shards, setup, next_site: AtomicUsize::new(0), process, guard, dir }
    }

    /// The number of a domain that no test has used.
    pub(crate) fn take_site(&self) -> usize {
        self.next_site.fetch_add(1, Ordering::Relaxed)
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.process.lock().unwrap().id()
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(i32::try_from(self.id()).unwrap()), signal).unwrap();
    }

    /// Waits until the process ends.
    #[track_caller]
    pub(crate) fn wait(&self) -> ExitStatus {
        eventually("the server exits", || self.process.lock().unwrap().try_wait().unwrap())
    }

    /// Writes another configuration and has it read.
    pub(crate) fn reload(&self, setup: &Setup) {
        fs::write(self.dir.path().join("nextim.toml"), setup.text()).unwrap();
        self.signal(Signal::SIGHUP);
    }

    /// What it shows of itself at a path of its admin listener: the whole answer.
    #[track_caller]
    pub(crate) fn watch(&self, path: &str) -> Vec<u8> {
        let admin = self.admin.expect("it can be watched");
        let mut conn = Conn::open(admin);
        conn.send(format!("GET {path} HTTP/1.1\r\nHost: {admin}\r\nConnection: close\r\n\r\n").as_bytes());
        conn.rest()
    }

    /// What it logged, but for what its libraries trace: every connection is a line of theirs.
    pub(crate) fn log(&self) -> String {
        let log = fs::read(self.dir.path().join("log")).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        log.split_inclusive('\n').filter(|line| !line.contains("mio::poll")).collect()
    }

    /// Everything it has written anywhere it could be expected to write.
    pub(crate) fn written(&self) -> String {
        let mut files = vec![self.dir.path().join("log"), self.dir.path().join("stdout")];
        files.extend(fs::read_dir(self.dir.path().join("home")).unwrap().map(|entry| entry.unwrap().path()));
        let read = |path| String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned();
        files.into_iter().map(read).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The guard ends before the process is reaped, so that it can never kill a process of the same number.
        for child in [&self.guard, &self.process] {
            let mut child = child.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            child.kill().expect("a child that was not waited for, or one that is known to have ended");
            child.wait().expect("a child can be waited for");
        }
    }
}

/// Reads `nextim 0.1.0 listening on 127.0.0.1:43210; 2 shards; 1 domain; up to 19000 connections`.
#[track_caller]
fn listening(line: &str, shards: u16, log: &Path) -> SocketAddr {
    let said = || format!("start line {line:?}, log {:?}", fs::read_to_string(log).unwrap_or_default());
    let rest = line.strip_prefix(concat!("nextim ", env!("CARGO_PKG_VERSION"), " listening on "));
    let mut parts = rest.unwrap_or_else(|| panic!("{}", said())).trim_end().split("; ");
    let addr = parts.next().and_then(|list| list.split(',').next()).and_then(|addr| addr.trim().parse().ok());
    let count = if shards == 1 { "1 shard".to_owned() } else { format!("{shards} shards") };
    assert_eq!(parts.next(), Some(&*count), "{}", said());
    addr.unwrap_or_else(|| panic!("{}", said()))
}

/// Kills `process` when this process is gone: then the pipe has no writer and `read` returns.
fn guard(process: &Child) -> Child {
    Command::new("sh")
        .args(["-c", "trap '' INT TERM HUP; read -r _; kill -KILL \"$1\"", "guard"])
        .arg(process.id().to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}
