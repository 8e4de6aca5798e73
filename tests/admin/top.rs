//! `nextim top`.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{ChildStdout, Stdio};

use nextim_testkit::patience::eventually;
use nextim_testkit::process::{Process, nextim};
use nextim_testkit::server;
use nix::sys::signal::Signal;

use crate::server::{Server, small_world};

fn top(arguments: &[&str]) -> (Option<i32>, String, String) {
    let ran = nextim(&["top"]).args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (ran.status.code(), text(ran.stdout), text(ran.stderr))
}

#[test]
fn top_shows_a_server_once() {
    let (server, _poll) = small_world();
    let admin = server.admin().to_string();
    let frame = eventually("a look has seen both users", || {
        let (code, frame, stderr) = top(&["--once", "--admin", &admin]);
        assert_eq!((code, stderr.as_str()), (Some(0), ""));
        frame.contains("users 2   polls waiting 1 ").then_some(frame)
    });
    assert!(
        frame.starts_with(&format!("NextIM {} at {admin}  serving", env!("CARGO_PKG_VERSION"))),
        "{frame}"
    );
    assert!(!frame.contains('\x1b'), "what goes to a pipe has no colours: {frame}");
    drop(server);
    let (code, stdout, stderr) = top(&["--once", "--admin", &admin]);
    assert_eq!((code, stdout.as_str()), (Some(1), ""));
    let advice = format!(
        "nextim top: {admin}: nothing answers there (Connection refused); start the server with --admin {admin}; then \
         run nextim top --admin {admin}\n"
    );
    assert_eq!(stderr, advice);
}

#[test]
fn top_says_what_to_start_if_there_is_no_admin_listener() {
    let server = Server::start(&[]);
    let (code, stdout, stderr) = top(&["--once", "--admin", &server.address.to_string()]);
    assert_eq!((code, stdout.as_str()), (Some(1), ""));
    assert!(
        stderr.contains(
            ": another program answers there, not an admin listener; start the server with --admin "
        ),
        "{stderr}"
    );
    // Without an address, the one that --admin has without one. A server of this machine may be there.
    let (code, stdout, stderr) = top(&["--once"]);
    if code == Some(0) {
        assert!(stdout.lines().next().is_some_and(|line| line.contains(" at 127.0.0.1:8001 ")), "{stdout}");
    } else {
        let flags =
            "; start the server with --admin 127.0.0.1:8001; then run nextim top --admin 127.0.0.1:8001\n";
        assert_eq!((code, stdout.as_str()), (Some(1), ""));
        assert!(stderr.starts_with("nextim top: 127.0.0.1:8001: ") && stderr.ends_with(flags), "{stderr}");
    }
}

/// `nextim top` in a pipe, and what it prints.
struct Top {
    process: Process,
    stdout: BufReader<ChildStdout>,
}

impl Top {
    fn start(admin: SocketAddr) -> Top {
        let mut command = nextim(&["top", "--admin", &admin.to_string()]);
        let mut process = Process::spawn(command.stdout(Stdio::piped())).unwrap();
        let stdout = BufReader::new(process.stdout());
        Top { process, stdout }
    }

    /// Reads until a line has this.
    fn shows(&mut self, text: &str) {
        let mut line = String::new();
        while !line.contains(text) {
            line.clear();
            assert_ne!(self.stdout.read_line(&mut line).unwrap(), 0, "it ended before it said {text:?}");
        }
    }
}

#[test]
fn top_waits_for_a_server_that_went_away_and_ends_by_a_signal() {
    let server = Server::start(&[]);
    let (listen, admin) = (server.address.to_string(), server.admin().to_string());
    let mut top = Top::start(server.admin());
    top.shows("serving");
    drop(server);
    top.shows("cannot be reached");
    let _server = server::Server::run(&mut nextim(&["--listen", &listen, "--admin", &admin]));
    top.shows("serving");
    top.process.signal(Signal::SIGINT);
    assert_eq!(top.process.wait().code(), Some(0));
}
