//! What nobody may read later: §4 Privacy. The server logs all it can while this runs.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use nix::sys::signal::Signal;

use crate::support::{Browser, Server, Setup, Site, get, request};

/// Stands in everything that is private.
const PRIVATE: &str = "private";

#[test]
fn nothing_that_is_private_is_ever_written() {
    let setup = Setup::calm().limit("queue_messages", 5).sites(&[("a.example", &["private-apikey"])]);
    let watched = setup.top("admin = \"127.0.0.1:0\"");
    is_kept(&watched.clone().top("log_format = \"text\""));
    is_kept(&watched.top("log_format = \"json\""));
}

/// What is said is kept from everybody but those who it is said to.
fn is_kept(setup: &Setup) {
    setup.own(|server| {
        let site = Site::named(server, "a.example", "private-apikey");
        let mut bob = site.online("private-bob", &[("rooms", "private-room"), ("nick", "private-nick")]);
        let params = [("buddies", "private-bob,private-carol"), ("status", "private-status")];
        let alice = site.online("private-alice", &params);
        alice.say("private-bob", "private-body");
        alice.say_in("private-room", "private-body");
        alice.say_to_all("private-body");
        alice.types("private-bob", "private-typing");
        alice.show("private-show");
        alice.join("private-room");
        bob.everything();
        let poll = bob.park_surely();
        for _ in 0..8 {
            let params = [("from", "private-sender"), ("to", "private-bob"), ("body", "private-body")];
            site.post("/messages", &params);
        }
        drop(poll);
        for _ in 0..8 {
            // The last ones are too many for her.
            let params = [("from", "private-sender"), ("to", "private-alice"), ("body", "private")];
            site.post("/messages", &params);
        }
        no_error_tells(&site, &alice);
        let (open, watched) = (files_of(server), watched(server));
        site.offline("private-alice");
        server.signal(Signal::SIGTERM);
        server.wait();
        let written = server.written();
        assert!(written.contains("draining"), "there is a log: {written}");
        for text in [PRIVATE, &*alice.ticket, &*bob.ticket] {
            assert!(!written.contains(text), "{written}");
            assert!(!watched.contains(text), "{watched}");
            for file in &open {
                let bytes = fs::read(file).unwrap_or_default();
                assert!(!String::from_utf8_lossy(&bytes).contains(text), "{}", file.display());
            }
        }
    });
}

/// What was refused is not told again, with whatever it was refused for.
#[track_caller]
fn no_error_tells(site: &Site, alice: &Browser) {
    let wrong = [("domain", "a.example"), ("apikey", "private-wrong"), ("name", "private-eve")];
    let callback = [("domain", "a.example"), ("ticket", &*alice.ticket), ("callback", "private(")];
    let refused = [
        get("/onlines", &wrong),
        get("/packets", &callback),
        get("/packets", &[("domain", "private.example"), ("ticket", &alice.ticket)]),
        get("/private", &[]),
        site.post_bytes("/room/join", &[("ticket", &alice.ticket), ("room", "private,")]),
        site.post_bytes("/presences/show", &[("name", "private-nobody")]),
        request("POST /messages HTTP/1.1", &[("Content-Type", "private/private")], b"private"),
        b"private garbage\r\n\r\n".to_vec(),
    ];
    for request in refused {
        let answer = site.send(&request);
        assert!((400..500).contains(&answer.status), "{answer:?}");
        let said = format!("{:?} {}", answer.head, answer.text());
        assert!(!said.contains(PRIVATE) && !said.contains(&*alice.ticket), "{said}");
    }
}

/// Everything the admin listener shows.
#[track_caller]
fn watched(server: &Server) -> String {
    let ask = |path: &str| server.watch(path).text().to_owned();
    let metrics = ask("/metrics");
    assert!(metrics.contains("nextim_sessions"), "{metrics}");
    let others = ["/", "/stats", "/history", "/healthz", "/readyz", "/private"].map(ask);
    metrics + &others.concat()
}

/// The files a server has open, on any of its threads: each shard has descriptors of its own. There are its log and its
/// output; what it works with has no name among files. What the kernel tells of the machine does not count: the C
/// library opens it for a moment, to count the cores.
#[track_caller]
fn files_of(server: &Server) -> BTreeSet<PathBuf> {
    let tasks = fs::read_dir(format!("/proc/{}/task", server.id())).unwrap();
    let tables = tasks.map(|task| task.unwrap().path().join("fd"));
    let descriptors = tables.flat_map(|table| fs::read_dir(table).unwrap());
    let targets = descriptors.filter_map(|descriptor| fs::read_link(descriptor.unwrap().path()).ok());
    let of_kernel = |target: &Path| {
        target == Path::new("/dev/null") || target.starts_with("/sys") || target.starts_with("/proc")
    };
    let is_file = |target: &PathBuf| target.is_absolute() && !of_kernel(target);
    let files: BTreeSet<PathBuf> = targets.filter(is_file).collect();
    let names: Vec<_> = files.iter().filter_map(|file| file.file_name()).collect();
    assert_eq!(names, ["log", "stdout"], "no other file: {files:?}");
    files
}
