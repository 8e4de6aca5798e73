//! What the server asks of the machine: system calls for a message, and descriptors beyond one table.

use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, Stdio};
use std::sync::Arc;

use nextim_testkit::http::{form, request};
use nextim_testkit::process::Process;
use nix::sys::signal::Signal;
use tempfile::TempDir;

use crate::support::{Response, Server, Setup, Site, eventually, get};

/// Messages that are traced.
const MESSAGES: u64 = 1_000;
/// Calls that are traced.
const CALLS: u64 = 640;

#[test]
fn a_message_costs_two_reads_and_two_writes_and_nothing_else_but_waiting() {
    let server = Arc::new(Server::start(&Setup::calm(), 1));
    let site = Site::fresh(&server);
    let bob = site.online("bob", &[]);
    let alice = site.online("alice", &[]);
    let (mut sending, mut polling) = (site.connect(), site.connect());
    let say = site.post_bytes("/messages", &[("ticket", &alice.ticket), ("to", "bob"), ("body", "hello")]);
    let poll = get("/packets", &[("domain", &site.domain), ("ticket", &bob.ticket)]);
    polling.send(&poll);
    let mut route = |count| {
        for _ in 0..count {
            sending.call(&say).ok();
            assert_eq!(polling.response().json()["messages"][0]["body"], "hello");
            polling.send(&poll);
        }
    };
    route(100);
    let calls = traced(server.id(), || route(MESSAGES));
    let is_wait = |name: &str| name.starts_with("epoll_") && name.ends_with("wait");
    let count = |names: &[&str]| names.iter().filter_map(|name| calls.get(*name)).sum::<u64>();
    let (reads, writes) = (count(&["read", "recvfrom"]), count(&["write", "sendto"]));
    // The tracer may come in the middle of the first message and leave in the middle of the last.
    assert!(reads.abs_diff(2 * MESSAGES) <= 2, "{calls:?}");
    assert!(writes.abs_diff(2 * MESSAGES) <= 2, "{calls:?}");
    let waits: u64 = calls.iter().filter(|(name, _)| is_wait(name)).map(|(_, count)| count).sum();
    let others = calls.values().sum::<u64>() - reads - writes - waits;
    // What is left is what the tracer's coming and going interrupts.
    assert!(others <= 2, "{calls:?}");
}

#[test]
fn a_call_on_a_connection_of_its_own_costs_five_system_calls() {
    let server = Arc::new(Server::start(&Setup::calm(), 1));
    let site = Site::fresh(&server);
    let bob = site.online("bob", &[]);
    let body = form(&site.signed(&[("ticket", &bob.ticket), ("to", "bob"), ("body", "hello")]));
    let headers = [("Content-Type", "application/x-www-form-urlencoded"), ("Connection", "close")];
    let say = request("POST /messages HTTP/1.1", &headers, body.as_bytes());
    let call = |count| {
        for _ in 0..count {
            let mut conn = site.connect();
            conn.send(&say);
            Response::whole(&conn.rest()).ok();
        }
    };
    call(100);
    let calls = traced(server.id(), || call(CALLS));
    // A request that has not come when its connection is accepted costs a read in vain, a registration and a wait.
    let late = calls.get("epoll_ctl").copied().unwrap_or_default();
    assert!(late <= CALLS / 4, "{calls:?}");
    // The log has a thread of its own. In debug builds the standard library looks at each descriptor that it closes.
    let others = ["fcntl", "futex", "mprotect", "write"];
    let all: u64 = calls.iter().filter(|(name, _)| !others.contains(&&***name)).map(|(_, count)| count).sum();
    // One accept in 32 is in vain: it looks for more newcomers. The rest is for the tracer's coming and going.
    let most = 5 * CALLS + 3 * late + CALLS / 32 + CALLS / 32;
    assert!(all <= most, "{calls:?}");
}

/// The system calls all threads of a process make while `work` is done, by name.
fn traced(process: u32, work: impl FnOnce()) -> BTreeMap<String, u64> {
    let dir = TempDir::new().unwrap();
    let (counts, noise) = (dir.path().join("counts"), dir.path().join("noise"));
    let mut strace = Command::new("strace");
    strace.args(["-f", "-c", "-o"]).arg(&counts).args(["-p", &process.to_string()]);
    strace.stdin(Stdio::null()).stderr(fs::File::create(&noise).unwrap());
    let mut tracer =
        Process::spawn(&mut strace).expect("strace is missing; on Debian: apt-get install strace");
    eventually("the tracer attaches", || {
        fs::read_to_string(&noise).unwrap().contains(" attached").then_some(())
    });
    work();
    tracer.signal(Signal::SIGINT);
    tracer.wait();
    let table = fs::read_to_string(counts).unwrap();
    let rows = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    // % time, seconds, usecs/call, calls, errors (perhaps), name
    let call = |row: Vec<&str>| Some(((*row.last()?).to_owned(), row.get(3)?.parse().ok()?));
    rows.filter_map(call).filter(|(name, _)| name != "total").collect()
}

#[test]
fn each_shard_has_as_many_descriptors_as_the_limit_says() {
    const LIMIT: usize = 300;
    const CONNECTIONS: usize = 400;
    let server = Arc::new(Server::start_with_descriptors(&Setup::calm(), 4, LIMIT));
    let site = Site::fresh(&server);
    let mut conns: Vec<_> = (0..CONNECTIONS).map(|_| site.connect()).collect();
    let ask = site.post_bytes("/onlines", &[("names", "alice")]);
    for conn in &mut conns {
        conn.call(&ask).is(200, "");
    }
    for conn in &mut conns {
        conn.call(&ask).is(200, "");
    }
}
