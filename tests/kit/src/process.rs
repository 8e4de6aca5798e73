//! A process that ends with its test, however that ends.
//!
//! Owns: its start, its signals and its end. A guard, which is a shell that waits on a pipe of this process, kills the
//! process and its children as soon as the pipe closes. Must not: know the program.

use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use tempfile::TempDir;

use super::patience::eventually;

/// A running program.
#[derive(Debug)]
pub struct Process {
    child: Child,
    guard: Child,
    #[allow(dead_code, reason = "it is kept until the process has ended")]
    folder: Option<TempDir>,
}

/// A program that cargo has built beside this test, such as `nextim`.
#[track_caller]
pub fn built(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let file = test.parent().and_then(|deps| deps.parent()).unwrap().join(name);
    assert!(file.is_file(), "there is no {}; build it: cargo build --workspace", file.display());
    file
}

/// The command `nextim`, with an environment of its own.
pub fn nextim(arguments: &[&str]) -> Command {
    let mut command = Command::new(built("nextim"));
    command.args(arguments).env_clear().stdin(Stdio::null());
    command
}

impl Process {
    /// Starts a program.
    ///
    /// # Errors
    ///
    /// If it or its guard cannot be started.
    pub fn spawn(command: &mut Command) -> io::Result<Process> {
        Process::spawn_with(command, None)
    }

    /// Starts a program that keeps its files in this folder, which is removed after it.
    ///
    /// # Errors
    ///
    /// If it or its guard cannot be started.
    pub fn spawn_with(command: &mut Command, folder: Option<TempDir>) -> io::Result<Process> {
        let mut child = command.process_group(0).spawn()?;
        match guard(&child, folder.as_ref().map(TempDir::path)) {
            Ok(guard) => Ok(Process { child, guard, folder }),
            Err(error) => {
                child.kill()?;
                child.wait()?;
                Err(error)
            }
        }
    }

    /// Its number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Its number, as signals name it.
    pub fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id().cast_signed())
    }

    /// Sends a signal.
    #[track_caller]
    pub fn signal(&self, signal: Signal) {
        kill(self.pid(), signal).unwrap();
    }

    /// Its input, if it is a pipe that nobody has taken.
    #[track_caller]
    pub fn stdin(&mut self) -> ChildStdin {
        self.child.stdin.take().expect("a pipe")
    }

    /// Its output, if it is a pipe that nobody has taken.
    #[track_caller]
    pub fn stdout(&mut self) -> ChildStdout {
        self.child.stdout.take().expect("a pipe")
    }

    /// Its errors, if they are a pipe that nobody has taken.
    #[track_caller]
    pub fn stderr(&mut self) -> ChildStderr {
        self.child.stderr.take().expect("a pipe")
    }

    /// How it has ended, if it has.
    #[track_caller]
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }

    /// Waits until it ends.
    #[track_caller]
    pub fn wait(&mut self) -> ExitStatus {
        eventually("the process ends", || self.ended())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The guard ends before the process is reaped, so that it can never kill a process of the same number.
        self.guard.kill().ok();
        self.guard.wait().ok();
        // It may have ended by itself.
        if self.child.try_wait().is_ok_and(|status| status.is_none()) {
            killpg(self.pid(), Signal::SIGKILL).ok();
            self.child.wait().ok();
        }
    }
}

/// Kills `process` and its children when this process is gone, and removes its files: then the pipe has no writer and
/// `read` returns.
fn guard(process: &Child, folder: Option<&Path>) -> io::Result<Child> {
    let script = "trap '' INT TERM HUP; read -r _; kill -s KILL -- \"-$1\"; rm -rf ${2:+\"$2\"}";
    Command::new("sh")
        .args(["-c", script, "guard"])
        .arg(process.id().to_string())
        .args(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_alive(pid: Pid) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.starts_with(" Z"))
    }

    /// A shell that waits for another program, and that program.
    fn family() -> (Process, Pid) {
        let mut shell = Command::new("sh");
        shell.args(["-c", "sleep 3600 & echo $!; wait"]).stdout(Stdio::piped());
        let mut process = Process::spawn_with(&mut shell, Some(TempDir::new().unwrap())).unwrap();
        let mut line = String::new();
        io::BufRead::read_line(&mut io::BufReader::new(process.stdout()), &mut line).unwrap();
        (process, Pid::from_raw(line.trim().parse().unwrap()))
    }

    fn folder_of(process: &Process) -> PathBuf {
        process.folder.as_ref().unwrap().path().to_owned()
    }

    #[test]
    fn a_process_ends_with_its_children_when_it_is_dropped() {
        let (process, child) = family();
        let (pid, folder) = (process.pid(), folder_of(&process));
        assert!(is_alive(pid) && is_alive(child) && folder.is_dir());
        drop(process);
        eventually("both end", || (!is_alive(pid) && !is_alive(child)).then_some(()));
        assert!(!folder.exists());
    }

    #[test]
    fn a_guard_ends_a_process_whose_test_is_gone() {
        let (mut process, child) = family();
        let folder = folder_of(&process);
        drop(process.guard.stdin.take());
        process.wait();
        eventually("its child ends", || (!is_alive(child)).then_some(()));
        eventually("its files go", || (!folder.exists()).then_some(()));
    }
}
