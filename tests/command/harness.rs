//! A command that runs, or has run: what it prints, and how it ends.
//!
//! Owns: processes, and waiting for them. Must not: know what is tested.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Instant;

use nextim_testkit::conn::call;
use nextim_testkit::http::post;
use nextim_testkit::patience::{PATIENCE, eventually};
use nextim_testkit::process::{Process, nextim};
use nextim_testkit::server::StartLine;
use nix::sys::signal::Signal;
use tempfile::NamedTempFile;

/// No key of a test may ever be seen; all contain this.
pub(crate) const SECRET: &str = "Kx7Secret";

/// A command that runs, with what it prints, line by line.
pub(crate) struct Running {
    pub(crate) process: Process,
    pub(crate) stdout: Receiver<String>,
    pub(crate) stderr: Receiver<String>,
}

/// What a command left behind.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

pub(crate) fn lines(stream: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let lines = BufReader::new(stream).lines().map_while(Result::ok);
        lines.take_while(|line| sender.send(line.clone()).is_ok()).for_each(drop);
    });
    receiver
}

impl Running {
    pub(crate) fn start(mut command: Command) -> Running {
        let piped = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = Process::spawn(piped).unwrap();
        let (stdout, stderr) = (lines(process.stdout()), lines(process.stderr()));
        Running { process, stdout, stderr }
    }

    /// A server on a free port, and its address.
    pub(crate) fn serve(arguments: &[&str]) -> (Running, SocketAddr) {
        let running = Running::start(nextim(&[&["--listen", "127.0.0.1:0"], arguments].concat()));
        let address = running.start_line().addresses[0];
        (running, address)
    }

    /// Waits until it serves.
    #[track_caller]
    pub(crate) fn start_line(&self) -> StartLine {
        let line = self.stdout.recv_timeout(PATIENCE).expect("a start line");
        StartLine::read(&line).unwrap_or_else(|| panic!("{line}"))
    }

    pub(crate) fn signal(&self, signal: Signal) {
        self.process.signal(signal);
    }

    /// Waits until the process has a handler for a signal, which is what `/proc` says before the first line is printed.
    /// A signal of that very moment may not be handled yet: it is dropped, and ends nothing.
    pub(crate) fn wait_until_it_catches(&self, signal: Signal) {
        let status = format!("/proc/{}/status", self.process.id());
        eventually("it catches the signal", || {
            let status = fs::read_to_string(&status).unwrap();
            let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap().trim();
            let is_caught = u64::from_str_radix(caught, 16).unwrap() >> (signal as i32 - 1) & 1 == 1;
            is_caught.then_some(())
        });
    }

    /// The next line of the log that contains `text`.
    pub(crate) fn logged(&self, text: &str) -> String {
        let until = Instant::now() + PATIENCE;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let line = self.stderr.recv_timeout(left).unwrap_or_else(|_| panic!("no line with {text:?}"));
            assert!(!line.contains(SECRET), "{line}");
            if line.contains(text) {
                return line;
            }
        }
    }

    /// Waits until it has ended; its streams close when it does.
    pub(crate) fn end(mut self) -> Ended {
        let until = Instant::now() + PATIENCE;
        let rest = |stream: &Receiver<String>| {
            let mut text = String::new();
            while let Ok(line) = stream.recv_timeout(until.saturating_duration_since(Instant::now())) {
                text += &line;
                text.push('\n');
            }
            assert!(Instant::now() < until, "it does not end; so far {text:?}");
            assert!(!text.contains(SECRET), "{text}");
            text
        };
        let (stdout, stderr) = (rest(&self.stdout), rest(&self.stderr));
        let status = self.process.wait();
        Ended { code: status.code(), stdout, stderr }
    }
}

pub(crate) fn run(arguments: &[&str]) -> Ended {
    Running::start(nextim(arguments)).end()
}

pub(crate) fn file(text: &str) -> NamedTempFile {
    let file = NamedTempFile::new().unwrap();
    fs::write(file.path(), text).unwrap();
    file
}

pub(crate) fn path(file: &NamedTempFile) -> &str {
    file.path().to_str().unwrap()
}

/// A file with one domain, `a`.
pub(crate) fn domain_file(apikey: &str) -> String {
    format!("[[domain]]\nname = \"a\"\napikeys = [\"{apikey}\"]\n")
}

/// The status of a call that any site may make.
pub(crate) fn onlines(address: SocketAddr, apikey: &str) -> u16 {
    let params = [("domain", "a"), ("apikey", apikey), ("names", "nobody")];
    call(address, &post("/onlines", &params)).status
}
