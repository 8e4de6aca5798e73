//! What the tests of the documents' examples share.
//!
//! Owns: a server to try them with, and the programs that they need. Must not: read a document.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

/// The calls of a site.
pub(crate) const SITE_CALLS: [&str; 11] = [
    "/presences/online",
    "/presences/offline",
    "/presences/show",
    "/statuses",
    "/messages",
    "/signals",
    "/onlines",
    "/room/members",
    "/room/join",
    "/room/leave",
    "/buddies/remove",
];

/// Fails if a program is missing, and says what to install.
#[track_caller]
pub(crate) fn need(program: &str) {
    let found = Command::new(program).arg("-V").env("PATH", path()).stdin(Stdio::null()).output();
    assert!(found.is_ok(), "{program} is missing; on Debian: apt-get install {program}");
}

/// Where programs are found, those of administrators included.
pub(crate) fn path() -> String {
    std::env::var("PATH").unwrap_or_default() + ":/usr/sbin:/sbin"
}

/// A process that ends with its test.
pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// A server on a free port.
pub(crate) struct Server {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    #[allow(dead_code, reason = "as for `admin`")]
    /// What it prints when it serves.
    line: String,
    _process: Running,
}

impl Server {
    /// Starts one, with its defaults and these arguments, and waits until it serves.
    pub(crate) fn start(arguments: &[&str]) -> Server {
        let mut child = Command::new(env!("CARGO_BIN_EXE_nextim"))
            .args(["--listen", "127.0.0.1:0"])
            .args(arguments)
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let running = Running(child);
        let (_, rest) = line.split_once(" listening on ").expect("a start line");
        let address = rest.split([',', ';']).next().unwrap().parse().unwrap();
        Server { address, line, _process: running }
    }

    #[allow(dead_code, reason = "not all tests that share this file watch their server")]
    /// Where it can be watched, if it was started with `--admin`.
    pub(crate) fn admin(&self) -> SocketAddr {
        let (_, rest) = self.line.split_once("watch at http://").expect("an admin listener");
        rest.split('/').next().unwrap().parse().unwrap()
    }
}
