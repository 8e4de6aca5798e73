//! The server as a service: what it says to systemd, played by a socket of the test, and nextim.service.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails, in its helpers too")]

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::path::Path;
use std::process::{Command, Stdio};

use nextim_testkit::patience::PATIENCE;
use nextim_testkit::process::{Process, built, nextim};
use nextim_testkit::server::Server;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

const UNIT: &str = include_str!("../nextim.service");

/// The next word that is not about the watchdog.
#[track_caller]
fn hear(manager: &UnixDatagram, about_life: bool) -> String {
    loop {
        let mut word = [0; 1_024];
        let count = manager.recv(&mut word).expect("a word in time");
        let word = String::from_utf8(word[..count].to_vec()).unwrap();
        if (word == "WATCHDOG=1") == about_life {
            return word;
        }
    }
}

/// A life as systemd sees it.
fn check(manager: &UnixDatagram, socket: OsString) {
    manager.set_read_timeout(Some(PATIENCE)).unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), "[[domain]]\nname = \"a\"\napikeys = [\"k\"]\n").unwrap();
    let mut command = nextim(&["--listen", "127.0.0.1:0", "--shards", "2", "--config"]);
    command.arg(file.path()).env("NOTIFY_SOCKET", socket).env("WATCHDOG_USEC", "30000000");
    let mut process = Process::spawn(command.stdout(Stdio::null())).unwrap();

    let ready = hear(manager, false);
    assert!(ready.starts_with("READY=1\nSTATUS=nextim ") && ready.contains("2 shards; 1 domain"), "{ready}");
    hear(manager, true);

    fs::write(
        file.path(),
        "[[domain]]\nname = \"a\"\napikeys = [\"k\"]\n[[domain]]\nname = \"b\"\napikeys = [\"l\"]\n",
    )
    .unwrap();
    process.signal(Signal::SIGHUP);
    let reloading = hear(manager, false);
    let us = reloading.strip_prefix("RELOADING=1\nMONOTONIC_USEC=").expect(&reloading);
    assert!(us.parse::<u64>().unwrap() > 0);
    let ready = hear(manager, false);
    assert!(ready.starts_with("READY=1\n") && ready.contains("2 domains"), "{ready}");
    hear(manager, true);

    process.signal(Signal::SIGTERM);
    assert!(hear(manager, false).starts_with("STOPPING=1\n"));
    assert_eq!(process.wait().code(), Some(0));
}

#[test]
fn systemd_is_told_at_a_path() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("notify");
    check(&UnixDatagram::bind(&path).unwrap(), path.into());
}

#[test]
fn systemd_is_told_at_an_abstract_address() {
    let name = format!("nextim-test-{}", std::process::id());
    let address = SocketAddr::from_abstract_name(&name).unwrap();
    check(&UnixDatagram::bind_addr(&address).unwrap(), format!("@{name}").into());
}

#[test]
fn a_wrong_socket_is_an_error_and_a_missing_listener_is_none() {
    let command = |socket: &str| {
        let mut command = nextim(&["--listen", "127.0.0.1:0"]);
        command.env("NOTIFY_SOCKET", socket);
        command
    };
    let ended = command("relative").output().unwrap();
    assert_eq!(ended.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&ended.stderr).starts_with("nextim: NOTIFY_SOCKET: "), "{ended:?}");
    let server = Server::run(&mut command("/nowhere/notify"));
    server.signal(Signal::SIGTERM);
    assert_eq!(server.wait().code(), Some(0));
}

/// A program of Debian's package `systemd`, which needs no systemd that runs.
fn analyze(arguments: &[&str], file: &Path) -> (bool, String) {
    let ran = Command::new("systemd-analyze").args(arguments).arg(file).stdin(Stdio::null()).output();
    let ran = ran.expect("systemd-analyze is missing; on Debian: apt-get install systemd");
    let text = [ran.stdout, ran.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    (ran.status.success(), text)
}

#[test]
fn systemd_accepts_the_unit_and_finds_little_exposed() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("nextim.service");
    let installed = "ExecStart=/usr/bin/nextim ";
    assert!(UNIT.contains(installed));
    let here = format!("ExecStart={} ", built("nextim").display());
    fs::write(&file, UNIT.replace(installed, &here)).unwrap();
    assert_eq!(analyze(&["verify", "--man=no"], &file), (true, String::new()));
    let (_, rating) = analyze(&["security", "--offline=yes", "--no-pager"], &file);
    let level = rating.split("exposure level for nextim.service: ").nth(1).expect(&rating);
    let level: f64 = level.split(' ').next().unwrap().parse().unwrap();
    assert!(level < 2.0, "{rating}");
}

/// The system calls of a set, those of sets within it included.
fn calls_of(set: &str) -> BTreeSet<String> {
    let (_, text) = analyze(&["syscall-filter", "--no-pager"], Path::new(set));
    let words = text.lines().skip(1).map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let calls = words.flat_map(|word| match word.strip_prefix('@') {
        Some(_) => calls_of(word),
        None => BTreeSet::from([word.to_owned()]),
    });
    calls.collect()
}

#[test]
fn the_unit_allows_what_the_server_calls() {
    let mut allowed = calls_of("@default");
    assert!(allowed.contains("futex"), "{allowed:?}");
    for line in UNIT.lines().filter_map(|line| line.strip_prefix("SystemCallFilter=")) {
        let forbids = line.starts_with('~');
        for word in line.trim_start_matches('~').split(' ') {
            let calls =
                if word.starts_with('@') { calls_of(word) } else { BTreeSet::from([word.to_owned()]) };
            if forbids {
                allowed = allowed.difference(&calls).cloned().collect();
            } else {
                allowed.extend(calls);
            }
        }
    }
    let dir = TempDir::new().unwrap();
    let (trace, socket) = (dir.path().join("trace"), dir.path().join("notify"));
    let manager = UnixDatagram::bind(&socket).unwrap();
    manager.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "-e", "trace=all", "-e", "signal=none", "-o"]).arg(&trace);
    command.arg(built("nextim")).args(["--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"]);
    command.args(["--log-format", "json", "--shards", "2"]).env("NOTIFY_SOCKET", &socket);
    command.env("WATCHDOG_USEC", "30000000").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // strace passes a signal that it is sent on to what it traces only by ending it, so that is looked up.
    let mut tracer =
        Process::spawn(&mut command).expect("strace is missing; on Debian: apt-get install strace");
    hear(&manager, false);
    hear(&manager, true);
    let children = format!("/proc/{0}/task/{0}/children", tracer.id());
    let server: i32 = fs::read_to_string(children).unwrap().trim().parse().unwrap();
    for (sent, word) in [(Signal::SIGHUP, "RELOADING=1"), (Signal::SIGTERM, "STOPPING=1")] {
        kill(Pid::from_raw(server), sent).unwrap();
        while !hear(&manager, false).starts_with(word) {}
    }
    tracer.wait();
    let text = fs::read_to_string(trace).unwrap();
    // "1234 close(3) = 0", "1234 <... read resumed>", "1234 +++ exited with 0 +++"
    let called = text.lines().filter_map(|line| line.split_once(' ')?.1.trim_start().split_once('('));
    let is_name = |name: &&str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let called: BTreeSet<_> = called.map(|(name, _)| name).filter(is_name).collect();
    assert!(called.contains("unshare") && called.contains("accept4"), "{called:?}");
    // What starts a process is done before the filter holds.
    let refused: Vec<_> =
        called.iter().filter(|name| !allowed.contains(**name) && **name != "execve").collect();
    assert_eq!(refused, [&""; 0]);
}
