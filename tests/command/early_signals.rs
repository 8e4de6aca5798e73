//! Signals that come before the server serves.
//!
//! Owns: processes that are held while they read their configuration from a pipe. Must not: time anything.

use std::fs::{self, File};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::RecvTimeoutError;

use nextim_testkit::patience::PATIENCE;
use nextim_testkit::process::{built, nextim};
use nix::sys::signal::Signal;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use tempfile::TempDir;

use crate::harness::{Running, SECRET, domain_file, file, path};

/// A server that reads its configuration from a pipe, and the pipe's other end: it cannot go on before that is written
/// to and closed. Once the pipe is open at both ends the server is in `main`.
fn held_while_it_reads(fifo: &Path) -> (Running, File) {
    mkfifo(fifo, Mode::S_IRUSR | Mode::S_IWUSR).unwrap();
    // A shell that runs tests in the background has signals ignored, which children inherit.
    let mut held = Command::new("/usr/bin/env");
    held.arg("--default-signal=HUP,INT,TERM").arg(built("nextim"));
    held.args(["--listen", "127.0.0.1:0", "--config"]).arg(fifo).env_clear().stdin(Stdio::null());
    let running = Running::start(held);
    (running, File::create(fifo).unwrap())
}

#[test]
fn sighup_before_the_server_serves_does_not_end_it() {
    let folder = TempDir::new().unwrap();
    let fifo = folder.path().join("nextim.toml");
    let (running, writer) = held_while_it_reads(&fifo);
    for _ in 0..3 {
        running.signal(Signal::SIGHUP);
    }
    // The reload reads another file of the same name.
    fs::remove_file(&fifo).unwrap();
    fs::write(&fifo, domain_file(SECRET)).unwrap();
    std::io::Write::write_all(&mut &writer, domain_file("first").as_bytes()).unwrap();
    drop(writer);
    running.start_line();
    running.logged("reloaded 1 domain");
    running.signal(Signal::SIGTERM);
    assert_eq!(running.end().code, Some(0));
}

#[test]
fn sigterm_and_sigint_before_the_server_serves_end_it() {
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let folder = TempDir::new().unwrap();
        let (mut running, _writer) = held_while_it_reads(&folder.path().join("nextim.toml"));
        running.signal(signal);
        assert_eq!(
            running.stdout.recv_timeout(PATIENCE),
            Err(RecvTimeoutError::Disconnected),
            "it has ended"
        );
        assert_eq!(running.process.wait().signal(), Some(signal as i32));
    }
}

#[test]
fn sighup_at_any_time_of_many_starts_ends_none() {
    let file = file(&domain_file(SECRET));
    for round in 0..40_u32 {
        let running = Running::start(nextim(&["--listen", "127.0.0.1:0", "--config", path(&file)]));
        running.wait_until_it_catches(Signal::SIGHUP);
        running.signal(Signal::SIGHUP);
        // Spread over what comes next: reading, binding, starting shards.
        for _ in 0..=round {
            running.signal(Signal::SIGHUP);
        }
        let line =
            running.stdout.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("start {round} has ended"));
        assert!(line.contains(" listening on "), "{line}");
    }
}
