//! The command: its output, and its end.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails, in its helpers too")]

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::process::{ChildStdout, Command, Stdio};

use nextim_testkit::conn::call;
use nextim_testkit::http::get;
use nextim_testkit::process::{Process, built};
use nix::sys::signal::Signal;

struct Running {
    process: Process,
    stdout: BufReader<ChildStdout>,
}

fn start(arguments: &[&str]) -> Running {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(built("nextim-community"));
    command.args(["--listen", "127.0.0.1:0"]).args(arguments).env_clear().env("HOME", folder.path());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut process = Process::spawn_with(&mut command, Some(folder)).unwrap();
    let stdout = BufReader::new(process.stdout());
    Running { process, stdout }
}

impl Running {
    fn lines(&mut self, count: usize) -> Vec<String> {
        (&mut self.stdout).lines().take(count).map(Result::unwrap).collect()
    }

    /// The exit code and the lines on stderr, after this signal.
    fn end(mut self, signal: Signal) -> (Option<i32>, String) {
        self.process.signal(signal);
        self.wait()
    }

    fn wait(&mut self) -> (Option<i32>, String) {
        let errors = std::io::read_to_string(self.process.stderr()).unwrap();
        (self.process.wait().code(), errors)
    }
}

/// The address in a line such as `community  http://127.0.0.1:1/`.
fn address_in(line: &str) -> SocketAddr {
    let url = line.split(' ').find_map(|word| word.strip_prefix("http://")).expect("a URL");
    url.trim_end_matches('/').parse().unwrap()
}

#[test]
fn it_prints_its_addresses_and_ends_on_a_signal() {
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let mut running = start(&["--im-listen", "127.0.0.1:0"]);
        let lines = running.lines(5);
        let site = lines[0].strip_prefix("community       ").unwrap();
        assert!(site.starts_with("http://127.0.0.1:") && !site.ends_with(":0/"), "{lines:?}");
        assert!(lines[1].starts_with("message server  http://127.0.0.1:"), "{lines:?}");
        assert!(lines[2].ends_with("/.local/share/nextim-community/community.sqlite"), "{lines:?}");
        assert!(lines[3].contains("alice or bob, password nextim"), "{lines:?}");
        let poll = get("/packets", &[("ticket", "x"), ("domain", "localhost")]);
        assert_eq!(call(address_in(&lines[1]), &poll).status, 404, "it is the message server");
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
    assert_eq!(call(address_in(&lines[0]), &get("/avatar/alice.svg", &[])).status, 200);
    let (code, said) = running.end(Signal::SIGINT);
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
        let (_, said) = running.end(Signal::SIGTERM);
        let warned = said.contains("anybody can log in as alice, bob, ") && said.contains("\"nextim\"");
        assert_eq!(warned, is_warned, "{said}");
    }
}
