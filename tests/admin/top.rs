//! `nextim top`.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::server::{Server, eventually, small_world};

fn top(arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nextim"));
    let ran = command.arg("top").args(arguments).env_clear().stdin(Stdio::null()).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (ran.status.code(), text(ran.stdout), text(ran.stderr))
}

#[test]
fn top_shows_a_server_once() {
    let (server, _poll) = small_world();
    let admin = server.admin.to_string();
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
    child: Child,
    stdout: BufReader<std::process::ChildStdout>,
}

impl Top {
    fn start(admin: SocketAddr) -> Top {
        let mut command = Command::new(env!("CARGO_BIN_EXE_nextim"));
        command.args(["top", "--admin", &admin.to_string()]).env_clear();
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        Top { child, stdout }
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
    let mut server = Server::start(&[]);
    let mut top = Top::start(server.admin);
    top.shows("serving");
    server.child.kill().unwrap();
    top.shows("cannot be reached");
    let (listen, admin) = (server.address.to_string(), server.admin.to_string());
    server.child.wait().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_nextim"));
    command.args(["--listen", &listen, "--admin", &admin]).env_clear().stdout(Stdio::null());
    server.child = command.spawn().unwrap();
    top.shows("serving");
    kill(Pid::from_raw(i32::try_from(top.child.id()).unwrap()), Signal::SIGINT).unwrap();
    assert_eq!(top.child.wait().unwrap().code(), Some(0));
}
