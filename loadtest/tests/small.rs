//! Every scenario, small, against the real server, the stand-in and Nchan: nothing is lost, doubled or refused.
//!
//! Owns: which runs there are. Must not: look at times: this may run on a busy machine.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails, in its helpers too")]

use std::env;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tempfile::TempDir;

/// The server that was built with the same profile. It is built if it is not there.
fn server() -> &'static Path {
    static SERVER: OnceLock<PathBuf> = OnceLock::new();
    SERVER.get_or_init(|| {
        let file = Path::new(env!("CARGO_BIN_EXE_nextim-loadtest")).with_file_name("nextim");
        if !file.is_file() {
            let folder = file.parent().and_then(Path::file_name).and_then(|name| name.to_str()).unwrap();
            let profile = if folder == "debug" { "dev" } else { folder };
            let mut build = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
            build.args(["build", "-p", "nextim", "--bin", "nextim", "--profile", profile]);
            build.arg("--target-dir").arg(file.parent().and_then(Path::parent).unwrap());
            assert!(build.status().unwrap().success(), "the server cannot be built");
        }
        file
    })
}

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_nextim-loadtest")).args(arguments).output().unwrap()
}

/// Runs a scenario. Returns what it wrote as JSON.
#[track_caller]
fn check(arguments: &str) -> Value {
    let folder = TempDir::new().unwrap();
    let json = folder.path().join("run.json");
    let ends = ["--server", server().to_str().unwrap(), "--json", json.to_str().unwrap()];
    let output = run(&[&arguments.split(' ').collect::<Vec<_>>()[..], &ends].concat());
    let text = String::from_utf8_lossy(&output.stdout);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments}: {said}\n{text}");
    assert!(text.contains("errors 0, lost 0, doubled 0"), "{arguments}: {text}");
    let page = folder.path().join("page.html");
    let report = run(&["report", json.to_str().unwrap(), "--out", page.to_str().unwrap()]);
    assert!(report.status.success(), "{report:?}");
    assert!(std::fs::read_to_string(page).unwrap().ends_with("</html>\n"));
    serde_json::from_str(&std::fs::read_to_string(json).unwrap()).unwrap()
}

/// Runs a scenario with one and with two shards, and looks for figures that must not be 0.
#[track_caller]
fn check_all(arguments: &str, figures: &[&str]) {
    check_each(
        arguments,
        &[
            "--shards 1",
            "--shards 2 --threads 2",
            "--shards 2 --no-seq",
            "--shards 2 --streams",
            "--shards 2 --sockets",
            "--target floor",
        ],
        figures,
    );
}

/// Runs a scenario at an Nchan.
#[track_caller]
fn check_nchan(arguments: &str, figures: &[&str]) {
    check_each(arguments, &["--target nchan --shards 1", "--target nchan --threads 2"], figures);
}

#[track_caller]
fn check_each(arguments: &str, ways: &[&str], figures: &[&str]) {
    for more in ways {
        let run = check(&format!("{arguments} {more}"));
        let outcome = &run["outcomes"][0];
        for name in figures {
            let figure = outcome["figures"].as_array().unwrap().iter().find(|figure| figure["name"] == *name);
            let value = figure.unwrap_or_else(|| panic!("{name} is not in {outcome}"))["value"].as_f64();
            assert!(value.is_some_and(|value| value > 0.0), "{arguments} {more}: {name} is {value:?}");
        }
    }
}

#[test]
fn park() {
    check_all("park --users 300", &["online and parked", "RSS with all parked"]);
}

#[test]
fn route() {
    check_all("route --users 200 --concurrency 32 --seconds 2", &["messages sent"]);
}

#[test]
fn route_at_a_rate() {
    check_all("route --users 200 --concurrency 32 --seconds 2 --rate 300", &["messages sent"]);
}

#[test]
fn room() {
    check_all("room --users 200 --room-size 20 --concurrency 4 --seconds 2", &["room deliveries"]);
}

#[test]
fn broadcast() {
    check_all("broadcast --users 300 --seconds 3", &["broadcast arrivals", "broadcast deliveries"]);
}

#[test]
fn broadcast_beside_messages() {
    let figures = ["broadcast arrivals", "broadcast deliveries", "messages sent meanwhile"];
    check_all("broadcast --users 300 --seconds 20 --rate 2000", &figures);
}

#[test]
fn churn() {
    check_all("churn --users 200 --concurrency 8 --seconds 2", &["logged out and back"]);
}

#[test]
fn storm() {
    check_all("storm --users 300", &["came back"]);
}

#[test]
fn cycle() {
    for more in ["--shards 1", "--shards 2 --threads 2"] {
        let run = check(&format!("cycle --users 200 --rounds 2 {more}"));
        let figures = run["outcomes"][0]["figures"].as_array().unwrap();
        let figure = |name: &str| {
            let found = figures.iter().find(|figure| figure["name"] == name);
            found
                .and_then(|figure| figure["value"].as_f64())
                .unwrap_or_else(|| panic!("{name} in {figures:?}"))
        };
        assert!(figure("RSS after cycle 1") > 0.0 && figure("PSS after cycle 2") > 0.0, "{figures:?}");
        assert!(figure("RSS growth of the last cycle over the first").is_finite());
        assert!((figure("users who left, all cycles") - 400.0).abs() < 0.5, "{figures:?}");
        // Four or five on a machine that is quick enough for them to come while they are counted.
        assert!(figure("presences per online, last cycle").is_finite());
    }
    let refused = run(&["cycle", "--target", "floor"]);
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && said.contains("message server only"), "{said}");
}

#[test]
fn idle() {
    check_all("idle --users 200 --seconds 2", &["online and parked"]);
}

#[test]
fn soak() {
    check_all("soak --users 200 --rate 200 --seconds 3", &["messages sent"]);
}

#[test]
fn a_soak_tells_how_flat_it_was_even_if_it_is_interrupted() {
    let folder = TempDir::new().unwrap();
    let json = folder.path().join("run.json");
    let mut soak = Command::new(env!("CARGO_BIN_EXE_nextim-loadtest"));
    soak.args(["soak", "--users", "50", "--rate", "50", "--seconds", "3600", "--progress", "--server"]);
    let soak = soak.arg(server()).arg("--json").arg(&json);
    let mut soak = soak.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let steps = BufReader::new(soak.stderr.take().unwrap()).lines();
    let seconds = |line: String| {
        line.split_once("route: ").and_then(|(_, rest)| rest.split(' ').next()?.parse::<u64>().ok())
    };
    // Each part counts its own seconds: when they restart from 0, the first part is over.
    let mut before = 0;
    let mut seconds = steps.map(Result::unwrap).filter_map(seconds);
    assert!(seconds.any(|now| now < std::mem::replace(&mut before, now)));
    kill(Pid::from_raw(soak.id().cast_signed()), Signal::SIGINT).unwrap();
    assert!(soak.wait().unwrap().success());
    let run: Value = serde_json::from_str(&std::fs::read_to_string(json).unwrap()).unwrap();
    let outcome = &run["outcomes"][0];
    let figures = outcome["figures"].as_array().unwrap();
    for name in ["RSS growth from the first tenth of the time to the last", "RSS slope"] {
        assert!(figures.iter().any(|figure| figure["name"] == name), "{name} is not in {figures:?}");
    }
    assert!(outcome["notes"].to_string().contains("interrupted after"), "{outcome}");
}

#[test]
fn instructions() {
    let each = "instructions per message, next poll included, one at a time";
    let outcome = &check("instructions --users 40 --concurrency 4 --seconds 2")["outcomes"][0];
    let figures = outcome["figures"].as_array().unwrap();
    for name in ["instructions per online and park", each, "instructions per empty poll"] {
        let figure = figures.iter().find(|figure| figure["name"] == name);
        let value = figure.and_then(|figure| figure["value"].as_f64());
        // Fewer than the bytes that are read and written would be a count of something else.
        assert!(value.is_some_and(|value| value > 500.0), "{name}: {figures:?}");
    }
    for more in [["--target", "floor"], ["--address", "127.0.0.1:1"]] {
        let refused = run(&["instructions", more[0], more[1]]);
        let said = String::from_utf8_lossy(&refused.stderr);
        assert!(!refused.status.success() && said.contains("started itself"), "{said}");
    }
}

#[test]
fn hostile() {
    let figures = ["messages routed under attack", "hostile requests answered", "hostile connections made"];
    for more in ["--shards 1", "--shards 2 --threads 2"] {
        let arguments = format!("hostile --users 200 --concurrency 16 --seconds 2 --rounds 1 {more}");
        check_each(&arguments, &["--no-seq", "--streams", "--sockets"], &figures);
    }
    for more in [["--target", "floor"], ["--address", "127.0.0.1:1"]] {
        let refused = run(&["hostile", more[0], more[1]]);
        let said = String::from_utf8_lossy(&refused.stderr);
        assert!(!refused.status.success() && said.contains("started itself"), "{said}");
    }
}

#[test]
fn nchan() {
    check_nchan("park --users 300", &["online and parked", "RSS with all parked"]);
    check_nchan(
        "route --users 200 --concurrency 32 --seconds 2",
        &["messages sent", "server CPU per routed message"],
    );
    check_nchan("broadcast --users 300 --seconds 3", &["broadcast arrivals", "broadcast deliveries"]);
    check_nchan(
        "broadcast --users 300 --seconds 3 --rate 500",
        &["broadcast arrivals", "messages sent meanwhile"],
    );
    check_nchan("storm --users 300", &["came back"]);
    check_nchan("idle --users 200 --seconds 1", &["online and parked"]);
    check_nchan("soak --users 200 --rate 200 --seconds 2", &["messages sent"]);
}

#[test]
fn compare() {
    let check = |more: &str, outcomes: usize, of_nchan: usize, ratios: &[&str]| {
        let run = check(&format!("compare --users 200 --rounds 1 --seconds 1 --concurrency 16{more}"));
        assert_eq!(run["outcomes"].as_array().unwrap().len(), outcomes);
        let found = run["ratios"].as_array().unwrap();
        assert!(found.len() >= 6, "{found:?}");
        assert_eq!(found.iter().filter(|line| !line["nchan"].is_null()).count(), of_nchan, "{found:?}");
        for name in ratios {
            assert!(found.iter().any(|line| line["name"] == *name), "{name} is not in {found:?}");
        }
        let all_are_numbers =
            found.iter().all(|line| line["times"].as_f64().is_some_and(|times| times >= 0.0));
        assert!(all_are_numbers, "{found:?}");
    };
    let message = "server CPU per routed message";
    check(" --shards 2", 7, 5, &[message]);
    let idle = [message, "server CPU while idle", "server CPU per poll that was due"];
    check(" --shards 1 --idle 1 --no-nchan", 6, 0, &idle);
    let all = ["1 shard", "2 shards", "2 shards to 1"].map(|shards| format!("{message}, {shards}"));
    check("", 9, 5, &all.each_ref().map(|name| &**name));
}

#[test]
fn a_server_that_is_not_there_is_an_error() {
    let check = |arguments: &[&str], expected: &str| {
        let output = run(arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && said.contains(expected), "{arguments:?}: {said}");
    };
    check(&["park", "--server", "/nowhere/nextim"], "cargo build");
    check(&["park", "--address", "192.0.2.1:80"], "--i-own-this-host");
    check(&["room", "--target", "nchan"], "knows no rooms");
    check(
        &["route", "--nodes", "2", "--nats", "/nowhere/nats-server", "--server", server().to_str().unwrap()],
        "name a nats-server",
    );
    check(&["cluster", "--address", "127.0.0.1:1"], "start their servers themselves");
    check(&["churn", "--target", "nchan"], "knows no logging out");
    // Nobody listens there.
    check(&["park", "--users", "1", "--address", "127.0.0.1:1"], "");
}

#[test]
fn a_server_that_is_no_node_of_that_url_is_an_error() {
    let running = nextim_testkit::process::Process::spawn(
        Command::new(server()).args(["--listen", "127.0.0.1:0", "--log", "error"]).stdout(Stdio::piped()),
    );
    let mut running = running.unwrap();
    let mut line = String::new();
    BufReader::new(running.stdout()).read_line(&mut line).unwrap();
    let address = nextim_testkit::server::StartLine::read(&line).unwrap().addresses[0];
    let node = |host: &str| {
        let url = format!("http://{host}:{}", address.port());
        let output =
            run(&["route", "--users", "20", "--seconds", "0.5", "--concurrency", "4", "--node", &url]);
        (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    // Without a public URL the server names the host that it was called by.
    let (is_good, text) = node("127.0.0.1");
    assert!(is_good && text.contains("errors 0, lost 0, doubled 0"), "{text}");
    let (is_good, text) = node("localhost");
    assert!(!is_good && text.contains("named a server that is no node"), "{text}");
}

#[test]
fn a_wrong_apikey_fails_the_run() {
    let server = server().to_str().unwrap();
    let output = run(&["park", "--users", "3", "--buddies", "0", "--apikey", "wrong", "--server", server]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(!output.status.success() && text.contains("a call was refused: 401"), "{text}");
}
