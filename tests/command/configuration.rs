//! Refusals and warnings of `nextim check-config`, and of a start.
//!
//! Owns: files that are wrong or unwise. Must not: call a server.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Stdio;

use nextim_testkit::patience::PATIENCE;
use nextim_testkit::process::nextim;
use tempfile::TempDir;

use crate::harness::{Ended, Running, SECRET, domain_file, file, path, run};

/// A key without a warning.
const LONG: &str = "Kx7Secret-of-more-than-sixteen";

fn check_config(path: &Path) -> Ended {
    run(&["check-config", path.to_str().unwrap()])
}

/// The problems that `check-config` and a start print of a file: the same, but for the name before them.
#[track_caller]
fn refused(text: &str) -> String {
    let file = file(text);
    let checked = check_config(file.path());
    assert_eq!((checked.code, checked.stdout.as_str()), (Some(1), ""), "{text}: {checked:?}");
    let started = run(&["--config", path(&file)]);
    assert_eq!((started.code, started.stdout.as_str()), (Some(1), ""), "{text}: {started:?}");
    let said: Vec<String> = checked.stderr.lines().map(|line| format!("nextim: {line}")).collect();
    assert_eq!(started.stderr.lines().collect::<Vec<_>>(), said, "{text}");
    checked.stderr.replace(path(&file), "FILE")
}

#[test]
fn what_a_start_refuses_is_refused_when_it_is_checked() {
    let check = |text: &str, expected: &str| assert_eq!(refused(text), format!("{expected}\n"), "{text}");
    check(
        "listen = [\"127.0.0.1:18001\"]\nadmin = \"127.0.0.1:18001\"\n",
        "FILE:2: admin: 127.0.0.1:18001 and 127.0.0.1:18001 of listen are one address; give one of them another port",
    );
    check(
        "admin = \"0.0.0.0:8000\"",
        "FILE:1: admin: 0.0.0.0:8000 and 127.0.0.1:8000 of listen are one address; give one of them another port",
    );
    check(
        "listen = [\"[::ffff:127.0.0.1]:18001\"]",
        "FILE:1: listen: [::ffff:127.0.0.1]:18001 must be written as 127.0.0.1:18001",
    );
    let many = vec!["\"127.0.0.1:0\""; 65].join(",");
    check(&format!("\nlisten = [{many}]"), "FILE:2: listen: at most 64 addresses");
    let with_key = |listen: &str| format!("listen = [\"{listen}\"]\n{}", domain_file(LONG));
    check(
        &with_key("[fe80::1]:18001"),
        "FILE:1: listen: [fe80::1]:18001 needs the number of its interface, such as [fe80::1%2]:8000",
    );
    check(
        &with_key("224.0.0.1:18001"),
        "FILE:1: listen: 224.0.0.1:18001 is the address of many machines; nobody can connect to it",
    );
    check(
        "admin = \"[ff02::1]:18001\"",
        "FILE:1: admin: [ff02::1]:18001 is the address of many machines; nobody can connect to it",
    );
    let flags = run(&["--listen", "127.0.0.1:18001", "--admin", "127.0.0.1:18001"]);
    assert!(flags.stderr.starts_with("nextim: --admin: 127.0.0.1:18001 and "), "{flags:?}");
    let mut variable = nextim(&["--listen", "127.0.0.1:18001"]);
    variable.env("NEXTIM_ADMIN", "127.0.0.1:18001");
    let variable = Running::start(variable).end();
    assert!(variable.stderr.starts_with("nextim: NEXTIM_ADMIN: 127.0.0.1:18001 and "), "{variable:?}");
}

#[test]
fn what_is_unwise_is_said_when_it_is_checked_and_at_a_start() {
    let unwise = format!(
        "listen = [\"0.0.0.0:0\"]\nadmin = \"0.0.0.0:0\"\nexempt = [\"0.0.0.0/0\"]\ntrusted_proxies = [\"::/0\"]\n\
         timeouts.poll_hold_ms_max = 50_000\nlimits.memory_bytes = 1_099_511_627_776\n{}",
        domain_file(SECRET)
    );
    let file = file(&unwise);
    let checked = check_config(file.path());
    assert_eq!(checked.code, Some(0), "{checked:?}");
    assert!(
        checked.stdout.ends_with(": ok\nlistens on 0.0.0.0:0; shards chosen at start; 1 domain\n"),
        "{checked:?}"
    );
    let before = format!("{}: warning: ", path(&file));
    let said = |line: &str| line.strip_prefix(&before).expect("a warning").to_owned();
    let checked: Vec<String> = checked.stderr.lines().map(said).collect();
    let settings = [
        "domain.apikeys",
        "admin",
        "exempt",
        "trusted_proxies",
        "limits.memory_bytes",
        "timeouts.poll_hold_ms_max",
    ];
    let named: Vec<&str> = checked.iter().filter_map(|line| line.split(": ").next()).collect();
    assert_eq!(named, settings, "{checked:?}");
    let running = Running::start(nextim(&["--config", path(&file), "--shards", "1"]));
    for warning in &checked {
        let line = running.logged(warning);
        assert!(line.contains(" WARN  nextim: "), "{line}");
    }
    assert!(running.stdout.recv_timeout(PATIENCE).unwrap().contains(" listening on 0.0.0.0:"));
}

#[test]
fn a_reload_that_is_unwise_is_said_once() {
    let first = format!("listen = [\"0.0.0.0:0\"]\n{}", domain_file(LONG));
    let file = file(&first);
    let running = Running::start(nextim(&["--config", path(&file), "--shards", "1"]));
    running.stdout.recv_timeout(PATIENCE).unwrap();
    fs::write(file.path(), format!("listen = [\"0.0.0.0:0\"]\n{}", domain_file(SECRET))).unwrap();
    running.signal(nix::sys::signal::Signal::SIGHUP);
    assert!(
        running.stderr.recv_timeout(PATIENCE).unwrap().contains(" WARN  nextim: domain.apikeys: \"a\" has ")
    );
    assert!(running.stderr.recv_timeout(PATIENCE).unwrap().ends_with("reloaded 1 domain"));
    running.signal(nix::sys::signal::Signal::SIGHUP);
    assert!(running.stderr.recv_timeout(PATIENCE).unwrap().ends_with("reloaded 1 domain"));
}

#[test]
fn a_mistyped_variable_is_logged() {
    let mut mistyped = nextim(&["--listen", "127.0.0.1:0"]);
    mistyped.env("NEXTIM_SHARD", SECRET).env("NEXTIMES", SECRET);
    let running = Running::start(mistyped);
    let line = running.logged("NEXTIM_SHARD");
    assert!(line.ends_with(": there is no such variable; did you mean NEXTIM_SHARDS?"), "{line}");
    assert!(running.stdout.recv_timeout(PATIENCE).unwrap().contains(" listening on "));
}

#[test]
fn files_that_are_none() {
    let folder = TempDir::new().unwrap();
    let check = |path: &Path, expected: &str| {
        let ended = check_config(path);
        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert!(ended.stderr.starts_with(&format!("{}:", path.display())), "{ended:?}");
        assert!(ended.stderr.contains(expected) && ended.stderr.lines().count() == 1, "{ended:?}");
        let mut start = nextim(&["--config"]);
        start.arg(path);
        let started = Running::start(start).end();
        assert_eq!((started.code, started.stderr), (Some(1), format!("nextim: {}", ended.stderr)));
    };
    check(folder.path(), ": cannot be read: Is a directory");
    check(&folder.path().join("none"), ": cannot be read: No such file");
    check(Path::new("/dev/zero"), ": must not be longer than 16777216 bytes");
    check(&folder.path().join("none/nextim.toml"), ": cannot be read: No such file");
    let file = folder.path().join("nextim.toml");
    fs::write(&file, b"log = \"info\"\n# caf\xe9\n").unwrap();
    check(&file, ":2: syntax: the file must be UTF-8");
    fs::write(&file, b"\xff\xfel\0o\0g\0").unwrap();
    check(&file, ":1: syntax: the file must be UTF-8");
    // An empty file is the defaults.
    fs::write(&file, "").unwrap();
    assert_eq!(check_config(&file).code, Some(0));
    fs::write(&file, "\u{feff}# by an editor of another system\r\nshards = 2\r\n").unwrap();
    assert!(check_config(&file).stdout.contains("; 2 shards;"));
}

#[test]
fn genkey_prints_a_key_and_nothing_else() {
    let keys: BTreeSet<String> = (0..8)
        .map(|_| {
            let made = run(&["genkey"]);
            assert_eq!((made.code, made.stderr.as_str()), (Some(0), ""));
            let key = made.stdout.strip_suffix('\n').expect("one line").to_owned();
            assert!(key.len() == 64 && key.bytes().all(|byte| byte.is_ascii_hexdigit()), "{key}");
            key
        })
        .collect();
    assert_eq!(keys.len(), 8, "each is another");
    let key = keys.first().unwrap();
    let used = check_config(file(&format!("listen = [\"0.0.0.0:80\"]\n{}", domain_file(key))).path());
    assert_eq!((used.code, used.stderr.as_str()), (Some(0), ""));
    // A script that asked for a key must not go on without one.
    let full = fs::File::create("/dev/full").unwrap();
    let failed = nextim(&["genkey"]).stdout(full).stderr(Stdio::null()).status().unwrap();
    assert_eq!(failed.code(), Some(1));
}
