//! The command: its output, and its end.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails, in its helpers too")]

use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::process::{Child, ChildStdout, Command, Stdio};

use tempfile::TempDir;

struct Running {
    child: Child,
    stdout: BufReader<ChildStdout>,
    _folder: TempDir,
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn start(arguments: &[&str]) -> Running {
    let folder = tempfile::tempdir().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_nextim-community"))
        .args(["--listen", "127.0.0.1:0"])
        .args(arguments)
        .env_clear()
        .env("HOME", folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let stdout = BufReader::new(child.stdout.take().unwrap());
    Running { child, stdout, _folder: folder }
}

impl Running {
    fn lines(&mut self, count: usize) -> Vec<String> {
        (&mut self.stdout).lines().take(count).map(Result::unwrap).collect()
    }

    /// The exit code and the lines on stderr, after this signal.
    fn end(mut self, signal: &str) -> (Option<i32>, String) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
        self.wait()
    }

    fn wait(&mut self) -> (Option<i32>, String) {
        let mut said = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        (self.child.wait().unwrap().code(), said)
    }
}

#[test]
fn it_prints_its_addresses_and_ends_on_a_signal() {
    for signal in ["-INT", "-TERM"] {
        let mut running = start(&["--im-listen", "127.0.0.1:0"]);
        let lines = running.lines(5);
        let site = lines[0].strip_prefix("community       ").unwrap();
        assert!(site.starts_with("http://127.0.0.1:") && !site.ends_with(":0/"), "{lines:?}");
        assert!(lines[1].starts_with("message server  http://127.0.0.1:"), "{lines:?}");
        assert!(lines[2].ends_with("/.local/share/nextim-community/community.sqlite"), "{lines:?}");
        assert!(lines[3].contains("alice or bob, password nextim"), "{lines:?}");
        let server = lines[1].split(' ').find(|word| word.starts_with("http")).unwrap().to_owned();
        let found = ureq::get(server + "packets?ticket=x&domain=localhost").call();
        assert!(matches!(found, Err(ureq::Error::StatusCode(404))), "it is the message server: {found:?}");
        let (code, said) = running.end(signal);
        assert_eq!(code, Some(0), "{said}");
    }
}

#[cfg(unix)]
#[test]
fn its_database_is_private() {
    use std::os::unix::fs::PermissionsExt;
    let mut running = start(&["--im-listen", "127.0.0.1:0"]);
    let lines = running.lines(5);
    let file = lines[2].strip_prefix("database        ").unwrap();
    let folder = std::path::Path::new(file).parent().unwrap();
    assert_eq!(folder.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    for entry in folder.read_dir().unwrap() {
        assert_eq!(entry.unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn it_runs_without_the_message_server_and_logs_it() {
    let mut running = start(&[
        "--im",
        "http://127.0.0.1:1",
        "--domain",
        "localhost",
        "--apikey",
        "k",
        "--im-public",
        "https://im.example",
    ]);
    let lines = running.lines(5);
    assert_eq!(lines[1], "message server  https://im.example/ (elsewhere)");
    let site = lines[0].split(' ').find(|word| word.starts_with("http")).unwrap().to_owned();
    assert!(ureq::get(site + "avatar/alice.svg").call().is_ok());
    let (code, said) = running.end("-INT");
    assert!(code == Some(0) && said.contains("the site runs without chat"), "{code:?} {said}");
}

#[test]
fn a_port_in_use_is_an_error_with_advice() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for arguments in [&["--im-listen", &*address][..], &["--im-listen", "127.0.0.1:0", "--listen", &address]]
    {
        let mut running = start(arguments);
        let (code, said) = running.wait();
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains(&address) && said.contains("choose another port"), "{said}");
    }
}

#[test]
fn seeded_passwords_are_warned_of_if_other_machines_can_connect() {
    for (arguments, is_warned) in [(&[][..], false), (&["--secure"], true)] {
        let mut running = start(&[&["--im-listen", "127.0.0.1:0"], arguments].concat());
        running.lines(5);
        let (_, said) = running.end("-TERM");
        let warned = said.contains("anybody can log in as alice, bob, ") && said.contains("\"nextim\"");
        assert_eq!(warned, is_warned, "{said}");
    }
}
