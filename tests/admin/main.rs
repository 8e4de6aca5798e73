//! The admin listener as those who watch a server meet it: Prometheus, probes, scripts, `nextim top`.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails, in its helpers too")]

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nextim::base::limits::ops::ADMIN_CONNECTIONS_MAX;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

const PATIENCE: Duration = Duration::from_mins(1);

/// A server that can be watched.
struct Server {
    child: Child,
    address: SocketAddr,
    admin: SocketAddr,
}

impl Server {
    fn start(arguments: &[&str]) -> Server {
        let mut child = Command::new(env!("CARGO_BIN_EXE_nextim"))
            .args(["--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"])
            .args(arguments)
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = between(&line, " listening on ", ";").parse().unwrap();
        let admin = between(&line, "; watch at http://", "/").parse().unwrap();
        Server { child, address, admin }
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(i32::try_from(self.child.id()).unwrap()), signal).unwrap();
    }

    /// A call of the site `a`; its body.
    fn call(&self, path: &str, params: &str) -> String {
        let params = format!("domain=a&apikey=k&{params}");
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{params}",
            params.len()
        );
        let (status, _, body) = ask(self.address, &request);
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// Parks a poll.
    fn park(&self, ticket: &str) -> TcpStream {
        let mut poll = TcpStream::connect(self.address).unwrap();
        write!(poll, "GET /packets?domain=a&ticket={ticket} HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
        poll
    }

    fn get(&self, path: &str) -> (u16, String, String) {
        ask(self.admin, &format!("GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", self.admin))
    }

    fn body(&self, path: &str) -> String {
        let (status, _, body) = self.get(path);
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    fn stats(&self) -> Value {
        serde_json::from_str(&self.body("/stats")).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn between<'t>(text: &'t str, before: &str, after: &str) -> &'t str {
    let (_, rest) = text.split_once(before).unwrap_or_else(|| panic!("no {before:?} in {text:?}"));
    rest.split(after).next().unwrap()
}

/// Status, head and body of the answer to a request that closes.
fn ask(address: SocketAddr, request: &str) -> (u16, String, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{request}: {answer:?}"));
    (head.split(' ').nth(1).unwrap().parse().unwrap(), head.to_owned(), body.to_owned())
}

#[track_caller]
fn eventually<T>(what: &str, mut attempt: impl FnMut() -> Option<T>) -> T {
    let until = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = attempt() {
            return found;
        }
        assert!(Instant::now() < until, "never: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// The labels of a series.
type Labels = BTreeMap<String, String>;

/// What the text of `/metrics` says, read as Prometheus reads it (exposition format 0.0.4).
struct Metrics {
    /// The type of each metric.
    types: BTreeMap<String, String>,
    /// The value of each series, by its name and sorted labels.
    samples: BTreeMap<(String, Labels), f64>,
}

impl Metrics {
    #[track_caller]
    fn read(text: &str) -> Metrics {
        assert!(text.ends_with('\n'), "the last line ends");
        let mut metrics = Metrics { types: BTreeMap::new(), samples: BTreeMap::new() };
        let mut helped: BTreeSet<String> = BTreeSet::new();
        let mut current = String::new();
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("# HELP ") {
                let (name, help) = rest.split_once(' ').expect(line);
                assert!(!help.trim().is_empty() && helped.insert(name.to_owned()), "{line}");
            } else if let Some(rest) = line.strip_prefix("# TYPE ") {
                let (name, kind) = rest.split_once(' ').expect(line);
                assert!(helped.contains(name), "{name} has help before its type");
                assert!(metrics.types.insert(name.to_owned(), kind.to_owned()).is_none(), "{line}");
                name.clone_into(&mut current);
            } else {
                let (name, labels, value) = sample(line);
                let family = metrics.family(&name);
                assert_eq!(family, current, "series of a metric stand together: {line}");
                assert!(metrics.samples.insert((name, labels), value).is_none(), "twice: {line}");
            }
        }
        metrics
    }

    /// The metric a series belongs to.
    fn family(&self, name: &str) -> String {
        let is_histogram = |base: &&str| self.types.get(*base).is_some_and(|kind| kind == "histogram");
        let base =
            ["_bucket", "_sum", "_count"].iter().filter_map(|end| name.strip_suffix(end)).find(is_histogram);
        base.unwrap_or(name).to_owned()
    }

    /// The sum of all series of this name that have these labels.
    fn sum(&self, name: &str, wanted: &[(&str, &str)]) -> f64 {
        let has = |labels: &Labels| {
            wanted.iter().all(|(label, value)| labels.get(*label).is_some_and(|found| found == value))
        };
        let found: Vec<f64> = self
            .samples
            .iter()
            .filter(|((n, labels), _)| n == name && has(labels))
            .map(|(_, v)| *v)
            .collect();
        assert!(!found.is_empty(), "no {name} {wanted:?}");
        found.iter().sum()
    }
}

/// Name, labels and value of a line.
#[track_caller]
fn sample(line: &str) -> (String, Labels, f64) {
    let is_name = |name: &str| {
        !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b':')
    };
    let (series, value) = line.rsplit_once(' ').expect(line);
    let (name, mut rest) = series.split_at(series.find('{').unwrap_or(series.len()));
    assert!(is_name(name), "{line}");
    let mut labels = BTreeMap::new();
    while !rest.is_empty() && rest != "}" {
        let (label, after) = rest[1..].split_once("=\"").expect(line);
        let mut value = String::new();
        let mut chars = after.char_indices();
        let end = loop {
            match chars.next().expect(line) {
                (_, '\\') => value.push(match chars.next().expect(line).1 {
                    'n' => '\n',
                    escaped @ ('\\' | '"') => escaped,
                    other => panic!("\\{other} in {line}"),
                }),
                (at, '"') => break at,
                (_, char) => value.push(char),
            }
        };
        assert!(is_name(label) && labels.insert(label.to_owned(), value).is_none(), "{line}");
        rest = &after[end + 1..];
        assert!(rest.starts_with([',', '}']), "{line}");
    }
    (name.to_owned(), labels, value.parse().expect(line))
}

/// A server with two domains on which Alice waits and Bob has said something to her.
fn small_world() -> (Server, TcpStream) {
    let domains = ["--domain", "a", "--apikey", "k", "--domain", "b", "--apikey", "l"];
    // Nobody goes, and no poll ends, while a test looks at them.
    let file = tempfile::NamedTempFile::new().unwrap();
    let timeouts = ["session_cut_ms", "session_idle_ms", "poll_hold_ms_min", "poll_hold_ms_max"];
    let text = timeouts.map(|name| format!("timeouts.{name} = 3_600_000\n")).concat();
    std::fs::write(file.path(), text).unwrap();
    let config = ["--config", file.path().to_str().unwrap(), "--shards", "2"];
    let server = Server::start(&[&domains[..], &config].concat());
    let ticket = |answer: &str| between(answer, "\"ticket\":\"", "\"").to_owned();
    let alice = ticket(&server.call("/presences/online", "name=alicename&rooms=roomname"));
    let bob = ticket(&server.call("/presences/online", "name=bobname&nick=bobnick"));
    server.call("/messages", &format!("ticket={bob}&to=alicename&body=secretbody"));
    // Alice has received it and polls again.
    let mut poll = server.park(&alice);
    poll.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut answer = [0; 4_096];
    let count = poll.read(&mut answer).unwrap();
    assert!(String::from_utf8_lossy(&answer[..count]).contains("secretbody"));
    write!(poll, "GET /packets?domain=a&ticket={alice} HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    // One after the other: while the counters lag behind the answers, the poll shown as parked may be the first one.
    let shows = |name: &str, value: u64| (server.stats()["totals"][name] == value).then_some(());
    eventually("all five requests are read", || shows("requests_total", 5));
    eventually("the poll of alice is parked", || shows("connections_parked", 1));
    eventually("the message is acknowledged", || shows("packets_waiting", 0));
    (server, poll)
}

#[test]
fn metrics_are_what_prometheus_reads() {
    let (server, _poll) = small_world();
    let (status, head, text) = server.get("/metrics");
    assert_eq!(status, 200);
    assert!(head.contains("\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"), "{head}");
    let metrics = Metrics::read(&text);
    for (name, kind) in &metrics.types {
        assert_eq!(name.ends_with("_total"), kind == "counter", "{name}");
        assert!(["counter", "gauge", "histogram"].contains(&kind.as_str()), "{name}");
        for unit in ["_ms", "_us", "_millis", "_kb", "_mb"] {
            assert!(!name.contains(&format!("{unit}_")) && !name.ends_with(unit), "{name}: base units");
        }
    }
    let expected = [
        ("nextim_users", &[][..], 2.0),
        ("nextim_connections", &[("state", "parked")], 1.0),
        ("nextim_messages_total", &[], 1.0),
        ("nextim_packets_queued_total", &[("kind", "message")], 1.0),
        ("nextim_packets_waiting", &[], 0.0),
        ("nextim_domain_users", &[("domain", "a")], 2.0),
        ("nextim_domain_users", &[("domain", "b")], 0.0),
        ("nextim_domain_calls_total", &[("domain", "a")], 3.0),
        ("nextim_domain_messages_total", &[("domain", "a")], 1.0),
        ("nextim_domain_calls_total", &[("domain", ":others")], 0.0),
        ("nextim_domain_waiting_bytes", &[("domain", "a")], 0.0),
        ("nextim_domain_refused_total", &[("domain", "a")], 0.0),
        ("nextim_memory_strangers_bytes", &[], 0.0),
        ("nextim_call_duration_seconds_count", &[("call", "message")], 1.0),
        ("nextim_call_duration_seconds_count", &[("call", "online")], 2.0),
        ("nextim_build_info", &[("version", env!("CARGO_PKG_VERSION"))], 1.0),
        ("nextim_healthy", &[], 1.0),
        ("nextim_draining", &[], 0.0),
    ];
    for (name, labels, value) in expected {
        // A shard shows what it has counted at the end of a turn, after the answers that were written in it.
        let shown = || Metrics::read(&server.body("/metrics")).sum(name, labels);
        eventually(&format!("{name} {labels:?} is {value}"), || {
            ((shown() - value).abs() < 1e-9).then_some(())
        });
    }
    for name in ["process_resident_memory_bytes", "process_start_time_seconds", "nextim_turns_total"] {
        assert!(metrics.sum(name, &[]) > 0.0, "{name}");
    }
    check_histograms(&metrics);
}

#[test]
fn what_waits_for_a_domain_is_shown() {
    let (server, _poll) = small_world();
    server.call("/messages", &format!("from=x&to=bobname&body={}", "y".repeat(5_000)));
    eventually("the message waits for its domain and for no other", || {
        let metrics = Metrics::read(&server.body("/metrics"));
        let waits = |domain| metrics.sum("nextim_domain_waiting_bytes", &[("domain", domain)]);
        ((5_000.0..6_000.0).contains(&waits("a")) && waits("b") == 0.0).then_some(())
    });
    let domains = &server.stats()["domains"];
    let waits = |index: usize| domains[index]["waiting_bytes"].as_u64().unwrap();
    assert!((5_000..6_000).contains(&waits(0)) && waits(1) == 0, "{domains}");
    assert_eq!((&domains[0]["name"], &domains[0]["refused"]), (&"a".into(), &0.into()));
}

/// Buckets grow, the last one holds all, and there is a sum.
#[track_caller]
fn check_histograms(metrics: &Metrics) {
    let mut series: BTreeMap<(&str, Labels), Vec<(f64, f64)>> = BTreeMap::new();
    for ((name, labels), value) in &metrics.samples {
        if let Some(base) = name.strip_suffix("_bucket") {
            let mut labels = labels.clone();
            let end: f64 = labels.remove("le").expect(name).parse().unwrap();
            series.entry((base, labels)).or_default().push((end, *value));
        }
    }
    assert!(series.len() > 5, "calls by kind, and turns");
    for ((base, labels), mut buckets) in series {
        buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
        assert!(buckets.is_sorted_by(|a, b| a.1 <= b.1), "{base} {labels:?}: {buckets:?}");
        let count = metrics.samples[&(format!("{base}_count"), labels.clone())];
        assert_eq!(buckets.last(), Some(&(f64::INFINITY, count)), "{base} {labels:?}");
        let sum = metrics.samples[&(format!("{base}_sum"), labels.clone())];
        assert_eq!(sum > 0.0, count > 0.0, "{base} {labels:?}");
    }
}

#[test]
fn stats_are_the_same_numbers_by_shard_and_in_sum() {
    let (server, _poll) = small_world();
    let stats = eventually("a look has seen it all", || {
        Some(server.stats()).filter(|stats| stats["now"]["users"] == 2 && stats["now"]["parked"] == 1)
    });
    let sum = |name: &str| {
        let shards = stats["shards"].as_array().unwrap();
        assert_eq!(shards.len(), 2);
        shards.iter().map(|shard| shard["counters"][name].as_u64().unwrap()).sum::<u64>()
    };
    for (name, total) in stats["totals"].as_object().unwrap() {
        assert!(name.ends_with("_total") || total.as_u64() == Some(sum(name)), "{name}");
    }
    assert_eq!((sum("users"), sum("messages_total")), (2, 1));
    assert_eq!(stats["domains"][0]["name"], "a");
    assert_eq!((&stats["domains"][0]["users"], &stats["domains"][0]["messages"]), (&2.into(), &1.into()));
    assert_eq!(stats["version"], env!("CARGO_PKG_VERSION"));
    let history: Value = serde_json::from_str(&server.body("/history")).unwrap();
    assert_eq!(history.as_array().unwrap().last().unwrap()["users"], 2);
}

#[test]
fn nothing_private_is_shown() {
    let (server, _poll) = small_world();
    for path in ["/", "/metrics", "/stats", "/history", "/healthz", "/readyz"] {
        let body = server.body(path);
        for word in ["alicename", "bobname", "bobnick", "roomname", "secretbody"] {
            assert!(!body.contains(word), "{word} at {path}");
        }
    }
}

#[test]
fn only_reading_is_served_and_only_by_names_of_ours() {
    let server = Server::start(&[]);
    let status = |request: &str| ask(server.admin, request).0;
    assert_eq!(server.get("/nowhere").0, 404);
    assert_eq!(server.body("/healthz"), "ok\n");
    assert_eq!(server.body("/readyz"), "ok\n");
    assert_eq!(status("GET /healthz HTTP/1.1\r\nHost: localhost:9\r\n\r\n"), 200);
    assert_eq!(status("GET /stats HTTP/1.1\r\nHost: evil.example\r\n\r\n"), 421);
    assert_eq!(status("GET /stats HTTP/1.1\r\n\r\n"), 400);
    assert_eq!(status("GET /stats HTTP/9\r\n\r\n"), 400);
    let (status, head, body) =
        ask(server.admin, "POST / HTTP/1.1\r\nHost: [::1]\r\nContent-Length: 2\r\n\r\nhi");
    assert_eq!((status, body.as_str()), (405, "method not allowed\n"));
    assert!(head.contains("\r\nAllow: GET, HEAD\r\n"), "{head}");
    let (status, head, body) = ask(server.admin, "HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_eq!((status, body.as_str()), (200, ""));
    assert!(head.contains("\r\nContent-Type: text/html; charset=utf-8\r\n"), "{head}");
    let long = format!("GET / HTTP/1.1\r\nHost: localhost\r\nX: {}\r\n\r\n", "x".repeat(9_000));
    assert_eq!(ask(server.admin, &long).0, 431);
}

/// So many connections at the admin listener, each of which has sent this.
fn held(server: &Server, count: usize, sent: &str) -> Vec<TcpStream> {
    let hold = |_| {
        let mut conn = TcpStream::connect(server.admin).unwrap();
        conn.write_all(sent.as_bytes()).unwrap();
        conn
    };
    (0..count).map(hold).collect()
}

/// Whether the server has closed a connection, be it with a reset. What it has sent before is read.
fn is_closed(mut conn: &TcpStream) -> bool {
    conn.set_nonblocking(true).unwrap();
    loop {
        match conn.read(&mut [0; 4_096]) {
            Ok(0) => return true,
            Ok(_) => {}
            Err(error) => return error.kind() != std::io::ErrorKind::WouldBlock,
        }
    }
}

/// The listener has accepted a newcomer after all of these, so those that gave way are closed already.
#[track_caller]
fn have_a_bound(conns: &[TcpStream]) {
    let open = conns.iter().filter(|conn| !is_closed(conn)).count();
    assert!(open < ADMIN_CONNECTIONS_MAX, "{open} of {} are open", conns.len());
}

#[test]
fn silent_connections_to_the_admin_listener_do_not_shut_out_healthz() {
    let server = Server::start(&[]);
    // As many as the bound was when they did, and more.
    for (count, sent) in [(32, ""), (500, ""), (500, "G"), (500, "GET /healthz HTTP/1.1\r\nHost: ")] {
        let conns = held(&server, count, sent);
        for _ in 0..20 {
            assert_eq!(server.body("/healthz"), "ok\n", "beside {count} that sent {sent:?}");
        }
        have_a_bound(&conns);
    }
}

#[test]
fn trickling_connections_to_the_admin_listener_do_not_shut_out_healthz() {
    let server = Server::start(&[]);
    let mut conns = held(&server, 500, "GET /healthz HTTP/1.1\r\nX: ");
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    thread::scope(|scope| {
        let tricklers = scope.spawn(move || {
            let mut rounds = 0;
            while stopped.try_recv() == Err(std::sync::mpsc::TryRecvError::Empty) {
                // Those that gave way cannot send any more.
                conns.retain_mut(|conn| conn.write_all(b"x").is_ok());
                rounds += 1;
            }
            (rounds, conns)
        });
        for _ in 0..200 {
            assert_eq!(server.body("/healthz"), "ok\n");
        }
        drop(stop);
        let (rounds, left) = tricklers.join().unwrap();
        assert!(rounds > 0, "none was sent to");
        have_a_bound(&left);
    });
}

#[test]
fn connections_that_do_not_read_what_they_asked_do_not_shut_out_healthz() {
    let server = Server::start(&[]);
    let request = format!("GET /metrics HTTP/1.1\r\nHost: {}\r\n\r\n", server.admin);
    let _conns = held(&server, 500, &request);
    for _ in 0..20 {
        assert_eq!(server.body("/healthz"), "ok\n");
    }
}

#[test]
fn readiness_ends_when_the_drain_begins_and_health_does_not() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "timeouts.drain_ms = 3_600_000\ntimeouts.body_ms = 3_600_000\n").unwrap();
    let mut server = Server::start(&["--config", file.path().to_str().unwrap()]);
    // A call whose body is not all there keeps the drain waiting. The server has begun it: it says continue.
    let mut call = TcpStream::connect(server.address).unwrap();
    call.set_read_timeout(Some(PATIENCE)).unwrap();
    let head = "POST /onlines HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n";
    call.write_all(head.as_bytes()).unwrap();
    call.read_exact(&mut [0; 12]).unwrap();
    server.signal(Signal::SIGTERM);
    let unready = || Some(server.get("/readyz")).filter(|(status, ..)| *status == 503);
    assert_eq!(eventually("it is not ready any more", unready).2, "shutting down\n");
    assert_eq!(server.body("/healthz"), "ok\n");
    assert_eq!(server.stats()["draining"], true);
    assert!((Metrics::read(&server.body("/metrics")).sum("nextim_draining", &[]) - 1.0).abs() < 1e-9);
    drop(call);
    assert_eq!(server.child.wait().unwrap().code(), Some(0));
}

#[test]
fn an_address_that_is_taken_is_an_error_at_the_start() {
    let server = Server::start(&[]);
    let second = Command::new(env!("CARGO_BIN_EXE_nextim"))
        .args(["--listen", "127.0.0.1:0", "--admin", &server.admin.to_string()])
        .env_clear()
        .output()
        .unwrap();
    assert_eq!(second.status.code(), Some(1));
    let stderr = String::from_utf8(second.stderr).unwrap();
    assert!(stderr.starts_with(&format!("nextim: admin {}: ", server.admin)), "{stderr}");
}

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
    let told = format!(
        "nextim top: {admin}: nothing answers there (Connection refused); start the server with --admin {admin}; then \
         run nextim top --admin {admin}\n"
    );
    assert_eq!(stderr, told);
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
