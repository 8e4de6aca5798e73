//! The server, as a process of its own.
//!
//! Owns: its start, its end, and the faults that are done to it from outside: SIGSTOP, and one thread held as a debugger
//! does. Must not: outlive the test; a guard (a shell that waits on a pipe of the test) kills it when the pipe closes.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use nix::sys::ptrace;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::Pid;
use tempfile::TempDir;

use super::plan::Plan;

/// How long a start may take.
const START: Duration = Duration::from_secs(20);

/// A running server.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    process: Child,
    guard: Child,
    frozen: Option<Pid>,
    _dir: TempDir,
}

impl Server {
    /// Starts one and waits until it listens.
    pub(crate) fn start(plan: &Plan, undelivered_url: &str) -> Server {
        let dir = TempDir::new().unwrap();
        let path = |name: &str| dir.path().join(name);
        fs::write(path("nextim.toml"), plan.configuration(undelivered_url)).unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_nextim"))
            .arg("--config")
            .arg(path("nextim.toml"))
            .args(["--shards", &plan.shards.to_string(), "--log", "info"])
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(path("log")).unwrap())
            .spawn()
            .unwrap();
        let guard = guard(&process);
        let (sender, receiver) = mpsc::channel();
        let mut stdout = BufReader::new(process.stdout.take().expect("it is piped"));
        thread::spawn(move || {
            let mut line = String::new();
            if stdout.read_line(&mut line).is_ok() && sender.send(line).is_ok() {
                io::copy(&mut stdout, &mut io::sink()).ok();
            }
        });
        let line = receiver.recv_timeout(START).unwrap_or_default();
        let log = || fs::read_to_string(path("log")).unwrap_or_default();
        let address = line
            .split_once(" listening on ")
            .and_then(|(_, rest)| rest.split([',', ';']).next()?.parse().ok());
        let address = address.unwrap_or_else(|| panic!("start line {line:?}, log {}", log()));
        Server { address, process, guard, frozen: None, _dir: dir }
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.process.id()).expect("pids are small"))
    }

    /// Stops the whole process.
    pub(crate) fn stop(&self) {
        kill(self.pid(), Signal::SIGSTOP).unwrap();
    }

    /// Lets it go on.
    pub(crate) fn resume(&self) {
        kill(self.pid(), Signal::SIGCONT).unwrap();
    }

    /// Sends SIGTERM.
    pub(crate) fn terminate(&self) {
        kill(self.pid(), Signal::SIGTERM).unwrap();
    }

    /// How it has ended, if it has.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.process.try_wait().unwrap()
    }

    /// Stops one shard, wherever it is. The thread that calls this must also let it go.
    pub(crate) fn freeze(&mut self, shard: usize) {
        assert!(self.frozen.is_none(), "one at a time");
        let thread = self.thread_named(&format!("shard-{shard}")).expect("each shard has a thread");
        ptrace::seize(thread, ptrace::Options::empty()).expect("this process may trace its children");
        ptrace::interrupt(thread).unwrap();
        waitpid(thread, Some(WaitPidFlag::__WALL)).unwrap();
        self.frozen = Some(thread);
    }

    /// Lets the shard go on that was stopped.
    pub(crate) fn thaw(&mut self) {
        let thread = self.frozen.take().expect("one was stopped");
        ptrace::detach(thread, None).expect("it was stopped, and its process lives");
    }

    fn thread_named(&self, name: &str) -> Option<Pid> {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.process.id())).unwrap();
        let mut tasks = tasks.map(|task| task.unwrap());
        let task = tasks.find(|task| {
            let comm = fs::read_to_string(task.path().join("comm"));
            comm.is_ok_and(|comm| comm.trim() == name)
        });
        Some(Pid::from_raw(task?.file_name().to_str()?.parse().ok()?))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The guard ends first, so that it can never kill another process of the same number.
        for child in [&mut self.guard, &mut self.process] {
            child.kill().ok();
            child.wait().ok();
        }
    }
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
