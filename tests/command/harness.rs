//! A command that runs, or has run: what it prints, and how it ends.
//!
//! Owns: processes, and waiting for them. Must not: know what is tested.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::NamedTempFile;

pub(crate) const PATIENCE: Duration = Duration::from_mins(1);
/// No key of a test may ever be seen; all contain this.
pub(crate) const SECRET: &str = "Kx7Secret";

/// A command that runs, with what it prints, line by line.
pub(crate) struct Running {
    pub(crate) child: Child,
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

/// The command with an environment of its own.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nextim"));
    command.args(arguments).env_clear().stdin(Stdio::null());
    command
}

impl Running {
    pub(crate) fn start(mut command: Command) -> Running {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (stdout, stderr) = (lines(child.stdout.take().unwrap()), lines(child.stderr.take().unwrap()));
        Running { child, stdout, stderr }
    }

    /// A server on a free port, and its address.
    pub(crate) fn serve(arguments: &[&str]) -> (Running, SocketAddr) {
        let running = Running::start(command(&[&["--listen", "127.0.0.1:0"], arguments].concat()));
        let line = running.stdout.recv_timeout(PATIENCE).expect("a start line");
        let (_, rest) = line.split_once(" listening on ").expect("a start line");
        let address = rest.split([',', ';']).next().unwrap().parse().unwrap();
        (running, address)
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(i32::try_from(self.child.id()).unwrap()), signal).unwrap();
    }

    /// Signals once the process has a handler for it, which is what `/proc` says before the first line is printed.
    pub(crate) fn signal_when_caught(&self, signal: Signal) {
        let status = format!("/proc/{}/status", self.child.id());
        until("it catches the signal", || {
            let status = fs::read_to_string(&status).unwrap();
            let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap().trim();
            u64::from_str_radix(caught, 16).unwrap() >> (signal as i32 - 1) & 1 == 1
        });
        self.signal(signal);
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
        let status = self.child.wait().unwrap();
        Ended { code: status.code(), stdout, stderr }
    }
}

impl Drop for Running {
    /// A test that failed leaves no server behind.
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

pub(crate) fn run(arguments: &[&str]) -> Ended {
    Running::start(command(arguments)).end()
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
    let body = format!("domain=a&apikey={apikey}&names=nobody");
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(
        stream,
        "POST /onlines HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("{answer:?}"))
}

pub(crate) fn until(what: &str, condition: impl Fn() -> bool) {
    let until = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < until, "never: {what}");
        thread::yield_now();
    }
}
