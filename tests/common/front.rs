//! What the tests with a proxy in front share.
//!
//! Owns: programs and how they are waited for, and a certificate. Must not: know a proxy.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::common::path;

/// Less than a poll is held, so that an answer that comes in time came for a reason.
const PATIENCE: Duration = Duration::from_secs(45);

/// Waits until `attempt` gives something.
#[track_caller]
pub(crate) fn eventually<T>(what: &str, mut attempt: impl FnMut() -> Option<T>) -> T {
    let until = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = attempt() {
            return found;
        }
        assert!(Instant::now() < until, "not in time: {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// Runs to its end and returns what was printed.
#[track_caller]
pub(crate) fn output(command: &mut Command) -> String {
    let ran = command.env("PATH", path()).stdin(Stdio::null()).output().unwrap();
    assert!(ran.status.success(), "{command:?}: {}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).unwrap()
}

/// A certificate of `im.example` and its key, in two files.
pub(crate) fn make_certificate(dir: &Path) {
    let mut openssl = Command::new("openssl");
    openssl
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"])
        .args(["-days", "2", "-subj", "/CN=im.example", "-addext", "subjectAltName=DNS:im.example"])
        .args(["-keyout", "key.pem", "-out", "cert.pem"])
        .current_dir(dir);
    output(&mut openssl);
}

/// Starts a program of which only the output is read.
pub(crate) fn spawn(command: &mut Command) -> Child {
    command.env("PATH", path()).stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap()
}
