//! The command as its users meet it: flags, files, signals, streams and exit codes.
//!
//! Every server here listens on a free port of 127.0.0.1. Nothing sleeps: what takes time is waited for, up to
//! [`PATIENCE`].

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails, in its helpers too")]

use std::fs;
use std::io::Write;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;

use nextim_testkit::conn::Conn;
use nextim_testkit::patience::{PATIENCE, eventually};
use nextim_testkit::process::{Process, nextim};
use nix::fcntl::OFlag;
use nix::sys::signal::Signal;
use tempfile::TempDir;

mod configuration;
mod domains;
mod early_signals;
mod harness;

use harness::{Running, SECRET, domain_file, file, lines, onlines, path, run};

#[test]
fn help_and_version() {
    let help = run(&["--help"]);
    assert_eq!((help.code, help.stderr.as_str()), (Some(0), ""));
    for text in
        ["--listen <ADDR:PORT>", "check-config", "Examples:", "NEXTIM_APIKEY", "SIGHUP", "list of processes"]
    {
        assert!(help.stdout.contains(text), "{text:?} is not in {}", help.stdout);
    }
    assert!(help.stdout.lines().all(|line| line.len() <= 110), "{}", help.stdout);

    let mut with_key = nextim(&["--help"]);
    with_key.env("NEXTIM_DOMAIN", "a").env("NEXTIM_APIKEY", SECRET);
    assert_eq!(Running::start(with_key).end().stdout, help.stdout);

    let version = run(&["--version"]);
    assert_eq!((version.code, version.stderr.as_str()), (Some(0), ""));
    assert_eq!(version.stdout, concat!("nextim ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn wrong_arguments_exit_with_2() {
    let check = |arguments: &[&str], expected: &str| {
        let ended = run(arguments);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(ended.stderr.contains(expected), "{expected:?} is not in {}", ended.stderr);
    };
    check(&["--port", "8000"], "unexpected argument '--port' found");
    check(&["--listen", "localhost"], "'--listen <ADDR:PORT>': must be ADDR:PORT");
    check(&["--listen"], "a value is required for '--listen <ADDR:PORT>'");
    check(&["--shards", "0"], "'--shards <N>': must be a whole number from 1 to 256");
    check(&["--log", "loud"], "'--log <LEVEL>': must be off, error, ");
    check(&["--public-url", "im.example"], "'--public-url <URL>': must start with http:// or https://");
    check(&["--domain", "a", "--domain", "b", "--apikey", SECRET], "2 --domain and 1 --apikey");
    check(&["--apikey", SECRET], "0 --domain and 1 --apikey");
    check(&["--domain", "a", "--apikey", "k", SECRET], "the subcommand '…' cannot be used with");
    check(&["--log-format", "xml"], "'--log-format <FORMAT>': must be text or json");
    check(&["--admin", "8001"], "'--admin [<ADDR:PORT>]': must be ADDR:PORT");
    check(&["top", "--admin", "8001"], "'--admin <ADDR:PORT>': must be ADDR:PORT");
    check(&["serve"], "unrecognized subcommand");
    check(&["chek-config", "x"], "tip: a similar subcommand exists: 'check-config'");
    check(&["--lisen", "x"], "tip: a similar argument exists: '--listen'");
    check(&["genkey", SECRET], "unexpected argument '…' found");
    check(&["check-config"], "<FILE>");
}

#[test]
fn check_config_tells_lines_and_never_keys() {
    let check = |text: &str, code: i32, stdout: &str, stderr: &str| {
        let file = file(text);
        let ended = run(&["check-config", path(&file)]);
        let plain = |text: &str| text.replace(path(&file), "FILE");
        assert_eq!(ended.code, Some(code), "{ended:?}");
        assert_eq!((plain(&ended.stdout).as_str(), plain(&ended.stderr).as_str()), (stdout, stderr));
    };
    let shards = "shards chosen at start";
    check("", 0, &format!("FILE: ok\nlistens on 127.0.0.1:8000; {shards}; 1 domain\n"), "");
    check(
        &format!("shards = 2\nlisten = [\"0.0.0.0:80\", \"[::]:80\"]\n{}", domain_file(&SECRET.repeat(2))),
        0,
        "FILE: ok\nlistens on 0.0.0.0:80, [::]:80; 2 shards; 1 domain\n",
        "",
    );
    check(
        "shards = 0\n\nlisten = \"127.0.0.1:1\"\n[limit]\n",
        1,
        "",
        "FILE:1: shards: must be a whole number from 1 to 256\n\
         FILE:3: listen: must be a list of strings in [ ]\n\
         FILE:4: limit: there is no such setting; did you mean limits?\n",
    );
    check(
        &format!("[[domain]]\nname = \"a\"\napikeys = \"{SECRET}\"\n"),
        1,
        "",
        "FILE:3: domain.apikeys: must be a list of strings in [ ]\n",
    );
    check(
        &format!("[[domain]]\nname = \"a\"\napikeys = [{SECRET}]\n"),
        1,
        "",
        "FILE:3: syntax: string values must be quoted, expected literal string (column 12)\n",
    );
    check(
        "listen = [\"0.0.0.0:80\"]",
        1,
        "",
        "FILE:1: listen: 0.0.0.0:80 can be reached from other machines while a domain has the default apikey; \
         give it one of its own\n",
    );
}

#[test]
fn a_start_that_fails_is_one_line_and_1() {
    let check = |arguments: &[&str], parts: &[&str]| {
        let ended = run(arguments);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""), "{ended:?}");
        assert_eq!(ended.stderr.lines().count(), 1, "{ended:?}");
        for part in parts {
            assert!(ended.stderr.contains(part), "{part:?} is not in {ended:?}");
        }
    };
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = holder.local_addr().unwrap().to_string();
    check(&["--listen", &taken], &["nextim: ", &format!("listen {taken}: "), "ddress already in use"]);
    drop(holder);

    let (_first, address) = Running::serve(&[]);
    let address = address.to_string();
    check(&["--listen", &address], &["nextim: ", &format!("listen {address}: "), "ddress already in use"]);

    let nowhere = TempDir::new().unwrap().path().join("nextim.toml");
    let nowhere = nowhere.to_str().unwrap();
    check(&["--config", nowhere], &[&format!("nextim: {nowhere}: cannot be read: No such file")]);
    check(&["--listen", "0.0.0.0:0"], &["nextim: --listen: 0.0.0.0:0 can be reached from other machines"]);
    check(
        &["--listen", "0.0.0.0:0", "--domain", "a", "--apikey", "public"],
        &["nextim: --listen: 0.0.0.0:0 can be reached from other machines"],
    );
    let broken = file("\nshards = 0");
    let line = format!("nextim: {}:2: shards: must be a whole number from 1 to 256", path(&broken));
    check(&["--config", path(&broken)], &[&line]);
}

#[test]
fn the_start_line_says_what_runs() {
    let check = |command: Command, shards: &str, domains: &str| {
        let running = Running::start(command);
        let line = running.stdout.recv_timeout(PATIENCE).unwrap();
        let start = concat!("nextim ", env!("CARGO_PKG_VERSION"), " listening on ");
        let parts: Vec<&str> = line.strip_prefix(start).expect(&line).split("; ").collect();
        let [addresses, of_shards, of_domains, connections] = parts.as_slice() else { panic!("{line}") };
        let addresses =
            addresses.split(", ").map(|address| address.parse::<SocketAddr>().expect(&line).port());
        let bound: Vec<u16> = addresses.collect();
        assert!(bound.len() == 2 && bound.iter().all(|port| *port != 0), "{line}");
        assert_eq!((*of_shards, *of_domains), (shards, domains));
        let capacity = connections.strip_prefix("up to ").and_then(|rest| rest.split_once(' ')).expect(&line);
        assert!(capacity.0.parse::<usize>().expect(&line) > 1, "{line}");
        assert_eq!(capacity.1, "connections");
    };
    let listen = ["--listen", "127.0.0.1:0", "--listen", "127.0.0.1:0"];
    check(nextim(&[&listen[..], &["--shards", "1"]].concat()), "1 shard", "1 domain");
    let two = ["--domain", "a", "--apikey", "k", "--domain", "b", "--apikey", "l", "--shards", "2"];
    check(nextim(&[&listen[..], &two].concat()), "2 shards", "2 domains");
    let mut environment = nextim(&[]);
    environment.env("NEXTIM_LISTEN", "127.0.0.1:0,127.0.0.1:0").env("NEXTIM_SHARDS", "1");
    environment.env("NEXTIM_DOMAIN", "a").env("NEXTIM_APIKEY", SECRET);
    check(environment, "1 shard", "1 domain");
}

#[test]
fn the_file_may_be_named_by_the_environment() {
    let file = file(&format!("listen = [\"127.0.0.1:0\"]\nshards = 1\n{}", domain_file(SECRET)));
    let mut command = nextim(&[]);
    command.env("NEXTIM_CONFIG", file.path());
    let running = Running::start(command);
    assert!(running.stdout.recv_timeout(PATIENCE).unwrap().contains("; 1 shard; 1 domain; "));
}

#[test]
fn sigterm_and_sigint_drain_and_exit_with_0() {
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let (running, address) = Running::serve(&["--domain", "a", "--apikey", SECRET]);
        assert_eq!(onlines(address, SECRET), 200);
        running.signal(signal);
        let ended = running.end();
        assert_eq!(ended.code, Some(0), "{signal}: {ended:?}");
        assert!(TcpStream::connect(address).is_err(), "{signal}: nobody listens any more");
    }
}

#[test]
fn a_second_signal_exits_at_once() {
    let patient = file("[timeouts]\ndrain_ms = 3_600_000\nbody_ms = 3_600_000\n");
    for (signal, code) in [(Signal::SIGTERM, 143), (Signal::SIGINT, 130)] {
        let (running, address) = Running::serve(&["--config", path(&patient)]);
        // A call whose body is not all there keeps the drain waiting. The server has begun it: it says continue.
        let mut conn = Conn::open(address);
        let head = b"POST /onlines HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n";
        assert_eq!(conn.call(head).status, 100);
        running.signal(Signal::SIGTERM);
        running.logged("draining");
        running.signal(signal);
        assert_eq!(running.end().code, Some(code));
    }
}

#[test]
fn sighup_rotates_keys() {
    let (old, new) = (format!("{SECRET}Old"), format!("{SECRET}New"));
    let file = file(&domain_file(&old));
    let (running, address) = Running::serve(&["--config", path(&file)]);
    assert_eq!((onlines(address, &old), onlines(address, &new)), (200, 401));

    fs::write(file.path(), domain_file(&new)).unwrap();
    running.signal(Signal::SIGHUP);
    let line = running.logged("reloaded");
    assert!(line.ends_with("reloaded 1 domain"), "{line}");
    eventually("the new key is taken", || (onlines(address, &new) == 200).then_some(()));
    eventually("the old key is refused", || (onlines(address, &old) == 401).then_some(()));

    fs::write(file.path(), format!("shards = 3\n{}", domain_file(&old))).unwrap();
    running.signal(Signal::SIGHUP);
    running.logged("reloaded 1 domain; other settings changed and need a restart");
    eventually("the old key is taken again", || (onlines(address, &old) == 200).then_some(()));
}

#[test]
fn sighup_with_a_broken_file_changes_nothing() {
    let file = file(&domain_file(SECRET));
    let (running, address) = Running::serve(&["--config", path(&file)]);
    let check = |text: &str, expected: &str| {
        fs::write(file.path(), text).unwrap();
        running.signal(Signal::SIGHUP);
        running.logged(&format!("not reloaded, the settings stay as they were: {expected}"));
        assert_eq!((onlines(address, SECRET), onlines(address, "other")), (200, 401));
    };
    let at = |line: usize| format!("{}:{line}: ", path(&file));
    check(
        &format!("[[domain]]\nname = \"a\"\napikeys = [\"other\", {SECRET}]"),
        &format!("{}syntax: ", at(3)),
    );
    check(&format!("{}\nshards = 0", domain_file("other")), &format!("{}domain.shards: ", at(5)));
    check("", "domain: there is none any more");
    fs::remove_file(file.path()).unwrap();
    running.signal(Signal::SIGHUP);
    running.logged("cannot be read");
    assert_eq!(onlines(address, SECRET), 200);
    running.signal(Signal::SIGTERM);
    assert_eq!(running.end().code, Some(0));
}

#[test]
fn sighup_without_domains_to_reload() {
    let (running, address) = Running::serve(&["--domain", "a", "--apikey", SECRET]);
    running.signal(Signal::SIGHUP);
    running.logged("there is nothing to reload without a configuration file");
    assert_eq!(onlines(address, SECRET), 200);

    let file = file(&domain_file("other"));
    let (running, address) = Running::serve(&["--config", path(&file), "--domain", "a", "--apikey", SECRET]);
    running.signal(Signal::SIGHUP);
    running.logged("domains come from flags or the environment and stay");
    assert_eq!((onlines(address, SECRET), onlines(address, "other")), (200, 401));
}

#[test]
fn the_log_is_lines_for_people_or_objects_for_programs() {
    let file = file(&domain_file(SECRET));
    let first_line = |format: &[&str]| {
        let (running, _) = Running::serve(&[&["--config", path(&file)], format].concat());
        running.signal(Signal::SIGHUP);
        running.logged("reloaded 1 domain")
    };
    let is_time = |time: &str| time.len() == 24 && time.starts_with("20") && time.ends_with('Z');
    let line = first_line(&[]);
    let (time, rest) = line.split_once(' ').expect(&line);
    assert!(is_time(time) && rest == "INFO  nextim: reloaded 1 domain", "{line}");

    let line = first_line(&["--log-format", "json"]);
    let object: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert!(is_time(object["time"].as_str().unwrap()), "{line}");
    assert_eq!([&object["level"], &object["target"]], ["info", "nextim"]);
    assert_eq!(object["message"], "reloaded 1 domain");
    assert_eq!((&object["domains"], &object["restart_needed"]), (&1.into(), &false.into()));
}

#[test]
fn a_reader_of_the_log_that_stands_still_holds_nobody_up() {
    let (reader, mut writer) = std::io::pipe().unwrap();
    // A second descriptor of the pipe can be filled without waiting, while the server's own would wait.
    let own = format!("/proc/self/fd/{}", writer.as_raw_fd());
    let mut filling =
        fs::OpenOptions::new().write(true).custom_flags(OFlag::O_NONBLOCK.bits()).open(own).unwrap();
    while filling.write(&[b'x'; 4_096]).is_ok() {}
    while filling.write(b"x").is_ok() {}
    writer.flush().unwrap();
    let listen = ["--listen", "127.0.0.1:0", "--domain", "a", "--apikey", SECRET];
    let mut process = Process::spawn(nextim(&listen).stdout(Stdio::piped()).stderr(writer)).unwrap();
    let stdout = lines(process.stdout());
    let running = Running { process, stdout, stderr: channel().1 };
    let address = running.start_line().addresses[0];
    // Each of these is answered in the log only.
    running.signal(Signal::SIGHUP);
    running.signal(Signal::SIGHUP);
    assert_eq!(onlines(address, SECRET), 200);
    running.signal(Signal::SIGTERM);
    assert_eq!(running.end().code, Some(0));
    drop(reader);
}

#[test]
fn nobody_has_to_read_what_it_prints() {
    let listen = ["--listen", "127.0.0.1:0"];
    let full = || fs::File::create("/dev/full").unwrap();
    for stdout in [Stdio::null(), full().into(), closed_pipe().into()] {
        let mut process = Process::spawn(nextim(&listen).stdout(stdout).stderr(Stdio::piped())).unwrap();
        let stderr = lines(process.stderr());
        let running = Running { process, stdout: channel().1, stderr };
        // It catches this one last. The answer to the other comes after the start line that could not be written.
        running.wait_until_it_catches(Signal::SIGTERM);
        running.signal(Signal::SIGHUP);
        running.logged("there is nothing to reload");
        running.signal(Signal::SIGTERM);
        assert_eq!(running.end().code, Some(0));
    }
    for stderr in [Stdio::null(), full().into(), closed_pipe().into()] {
        let mut process = Process::spawn(nextim(&listen).stdout(Stdio::piped()).stderr(stderr)).unwrap();
        let stdout = lines(process.stdout());
        let running = Running { process, stdout, stderr: channel().1 };
        running.start_line();
        running.signal(Signal::SIGHUP);
        running.signal(Signal::SIGTERM);
        assert_eq!(running.end().code, Some(0));
    }
}

/// The writing end of a pipe that nobody reads.
fn closed_pipe() -> std::io::PipeWriter {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer
}
