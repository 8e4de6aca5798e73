//! The HAProxy configuration of docs/nginx.md, tried with HAProxy: it is taken from the file, and only its ports and paths
//! are changed, and in one test the setting that must not be lower. Browsers are curl over TLS; the site calls the server
//! directly.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails, in its helpers too")]

use nextim::Timeouts;
use nextim_testkit::conn::call;
use nextim_testkit::documents::{SHOWN_ADDRESS, blocks};
use nextim_testkit::http::{Response, post_form};
use nextim_testkit::paths::{BarFile, bar_files, site_calls};
use nextim_testkit::patience::eventually;
use nextim_testkit::process::Process;
use nextim_testkit::proxy::{listening, make_certificate, need, output, read_until, spawn, use_socket};
use nextim_testkit::server::Server;
use serde_json::Value;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use tempfile::TempDir;

const ORIGIN: &str = "https://forum.example";
/// No log may have it.
const APIKEY: &str = "Kx7Secret";
/// Longer than any test waits: what is answered before came for a reason.
const LONG_HOLD: &str = "session_cut_ms = 40000\npoll_hold_ms_min = 50000\npoll_hold_ms_max = 55000";
/// The same, with sessions that end soon if their poll is cut.
const SOON_CUT: &str = "session_cut_ms = 4000\npoll_hold_ms_min = 50000\npoll_hold_ms_max = 55000";
/// Soon over, though longer than [`SHORT_WAIT`].
const SHORT_HOLD: &str = "session_cut_ms = 40000\npoll_hold_ms_min = 1500\npoll_hold_ms_max = 2000";
/// A setting that is too low for any of them.
const SHORT_WAIT: &str = "timeout server 100ms";
/// The same as docs/nginx.md has it.
const WAIT: &str = "timeout server 60s";
/// The check that docs/nginx.md chooses.
const CHECK: &str = "option httpchk GET /health";

/// A server, and HAProxy before it.
struct World {
    server: Server,
    _haproxy: Process,
    port: u16,
    dir: TempDir,
}

/// The configuration with its ports and paths changed; each must be there once.
fn adapted(server: SocketAddr, port: u16, dir: &Path, changes: &[(&str, &str)]) -> String {
    let [block] = <[String; 1]>::try_from(blocks("docs/nginx.md", "haproxy")).expect("one block");
    let file = |name: &str| dir.join(name).to_str().unwrap().to_owned();
    let log = format!("log stdout format raw local0\n    stats socket {}", file("stats"));
    let own = [
        ("log /dev/log local0", &*log),
        // As many descriptors as any machine gives.
        ("maxconn 200000", "maxconn 300"),
        ("bind :443 ssl", &format!("bind 127.0.0.1:{port} ssl")),
        ("/etc/haproxy/im.example.pem", &file("both.pem")),
        (SHOWN_ADDRESS, &server.to_string()),
        // Checks in quick succession.
        (" check\n", " check inter 50ms\n"),
    ];
    own.iter().chain(changes).fold(block, |block, (from, to)| {
        assert_eq!(block.matches(from).count(), 1, "{from}");
        block.replace(from, to)
    })
}

/// Starts HAProxy on a free port.
fn start_haproxy(server: SocketAddr, dir: &Path, changes: &[(&str, &str)]) -> (Process, u16) {
    for program in ["haproxy", "openssl", "curl"] {
        need(program);
    }
    make_certificate(dir);
    let both = ["cert.pem", "key.pem"].map(|name| fs::read_to_string(dir.join(name)).unwrap()).concat();
    fs::write(dir.join("both.pem"), both).unwrap();
    listening("HAProxy", |port| {
        fs::write(dir.join("haproxy.cfg"), adapted(server, port, dir, changes)).unwrap();
        let mut haproxy = Command::new("haproxy");
        haproxy.args(["-db", "-f"]).arg(dir.join("haproxy.cfg"));
        haproxy.stdout(File::create(dir.join("log")).unwrap());
        haproxy
    })
}

impl World {
    fn start(hold: &str) -> World {
        World::start_with(hold, "", &[])
    }

    /// With more settings, and with changes of HAProxy's.
    fn start_with(hold: &str, settings: &str, changes: &[(&str, &str)]) -> World {
        let dir = TempDir::new().unwrap();
        let config = dir.path().join("nextim.toml");
        let text = format!(
            "{settings}\n[timeouts]\nlinger_ms = 100\n{hold}\n\
             [[domain]]\nname = \"forum\"\napikeys = [\"{APIKEY}\"]\norigins = [\"{ORIGIN}\"]\n"
        );
        fs::write(&config, text).unwrap();
        let server = Server::start(&["--config", config.to_str().unwrap(), "--admin", "127.0.0.1:0"]);
        let (haproxy, port) = start_haproxy(server.address, dir.path(), changes);
        World { server, _haproxy: haproxy, port, dir }
    }

    /// A call of the site, directly.
    #[track_caller]
    fn site(&self, path: &str, params: &str) -> Response {
        call(self.server.address, &post_form(path, &format!("domain=forum&apikey={APIKEY}&{params}")))
    }

    /// The ticket of a new session.
    #[track_caller]
    fn online(&self, name: &str) -> String {
        self.site("/presences/online", &format!("name={name}")).ticket()
    }

    /// What a browser asks through HAProxy.
    fn browser(&self, target: &str) -> Command {
        let mut curl = Command::new("curl");
        curl.env_clear()
            .args(["-q", "-sS", "-i", "--path-as-is", "-H"])
            .arg(format!("Origin: {ORIGIN}"))
            .arg("--cacert")
            .arg(self.dir.path().join("cert.pem"))
            .arg("--resolve")
            .arg(format!("im.example:{}:127.0.0.1", self.port))
            .arg(format!("https://im.example:{}{target}", self.port));
        curl
    }

    fn poll(&self, ticket: &str, seq: u64) -> Command {
        self.browser(&format!("/packets?domain=forum&ticket={ticket}&seq={seq}"))
    }

    fn logged(&self) -> String {
        fs::read_to_string(self.dir.path().join("log")).unwrap()
    }
}

/// The word for the state of the server, how the last check of it ended, and with which status; `dir` has HAProxy's
/// socket.
fn checked(dir: &Path) -> Option<[String; 3]> {
    let mut socket = UnixStream::connect(dir.join("stats")).ok()?;
    socket.write_all(b"show stat nextim 4 -1\n").unwrap();
    let mut said = String::new();
    socket.read_to_string(&mut said).unwrap();
    let mut lines = said.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let (names, values) = (lines.next()?, lines.find(|values| values[0] == "nextim")?);
    let value = |name: &str| values[names.iter().position(|have| *have == name).unwrap()].to_owned();
    Some(["status", "check_status", "check_code"].map(value))
}

#[track_caller]
fn is_checked(dir: &Path, expected: [&str; 3]) {
    eventually(&format!("it is checked: {expected:?}"), || {
        checked(dir).filter(|found| *found == expected).map(drop)
    });
}

#[test]
fn every_check_that_haproxy_makes_is_answered() {
    for check in [CHECK, "option httpchk", "option httpchk /health", "option httpchk HEAD /"] {
        let world = World::start_with(LONG_HOLD, "", &[(CHECK, check)]);
        is_checked(world.dir.path(), ["UP", "L7OK", "200"]);
        let address = world.server.address;
        drop(world.server);
        assert!(TcpStream::connect(address).is_err());
        is_checked(world.dir.path(), ["DOWN", "L4CON", ""]);
    }
}

#[test]
fn a_long_poll_is_answered_and_its_ticket_is_not_logged() {
    let world = World::start(LONG_HOLD);
    let ticket = world.online("alice");
    for protocol in ["--http2", "--http1.1"] {
        let seq = u64::from(protocol == "--http1.1");
        let mut browser = spawn(world.poll(&ticket, seq).arg(protocol));
        world.site("/messages", "from=system&to=alice&body=hello").ok();
        let answer = std::io::read_to_string(browser.stdout()).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").expect("an answer");
        assert!(head.contains(" 200") && body.contains("\"body\":\"hello\""), "{answer}");
        let allowed = format!("access-control-allow-origin: {ORIGIN}");
        assert!(head.lines().any(|line| line.eq_ignore_ascii_case(&allowed)), "{head}");
    }
    let refused = output(&mut world.poll(&ticket, 99));
    assert!(refused.contains("bad parameter: seq"), "{refused}");
    // Pages of version 5 poll elsewhere.
    let refused = output(&mut world.browser("/v5/packets?domain=forum&ticket=x"));
    assert!(refused.contains("\"message\":\"invalid ticket\""), "{refused}");
    let logged = eventually("all is logged", || {
        Some(world.logged()).filter(|logged| logged.matches(" /packets HTTP/").count() == 3)
    });
    assert!(logged.contains("\"GET /packets HTTP/2.0\" 200"), "{logged}");
    assert!(!logged.contains(&ticket) && !logged.contains("ticket") && !logged.contains('?'), "{logged}");
}

#[test]
fn events_of_a_stream_come_one_by_one_and_are_acknowledged() {
    let world = World::start(SHORT_HOLD);
    for protocol in ["--http2", "--http1.1"] {
        let ticket = world.online(protocol);
        let mut browser =
            spawn(world.poll(&ticket, 0).args([protocol, "-N", "-H", "Accept: text/event-stream"]));
        let mut printed = browser.stdout();
        let head = read_until(&mut printed, "\"seq\":0}\n\n");
        assert!(head.to_lowercase().contains("\r\ncontent-type: text/event-stream\r\n"), "{head}");
        for (seq, body) in [(1, "one"), (2, "two")] {
            world.site("/messages", &format!("from=system&to={protocol}&body={body}")).ok();
            let event = read_until(&mut printed, &format!("\"seq\":{seq}}}\n\n"));
            assert!(event.contains(&format!("\"body\":\"{body}\"")), "{event}");
        }
        // Nothing but the server's own empty event keeps it open.
        read_until(&mut printed, "\"messages\":[],\"presences\":[],\"statuses\":[],\"seq\":2}\n\n");
        let form = format!("domain=forum&ticket={ticket}&seq=1");
        let answer = output(world.browser("/packets/ack").args([protocol, "-d", &form]));
        assert!(answer.contains(" 200") && answer.ends_with("ok"), "{answer}");
        let answer = output(world.poll(&ticket, 0).arg(protocol));
        assert!(!answer.contains("\"one\"") && answer.contains("\"two\""), "{answer}");
        read_until(&mut printed, "\"reason\":\"replaced\"");
        assert!(!world.logged().contains(&ticket));
    }
}

#[test]
fn a_socket_has_messages_and_acknowledges_them() {
    let world = World::start(LONG_HOLD);
    let ticket = world.online("alice");
    use_socket(world.port, &format!("/ws?domain=forum&ticket={ticket}&seq=0"), ORIGIN, |body| {
        world.site("/messages", &format!("from=system&to=alice&body={body}")).ok();
    });
    eventually("the first one is acknowledged", || {
        let answer = output(&mut world.poll(&ticket, 0));
        assert!(answer.contains("\"two\""), "{answer}");
        (!answer.contains("\"one\"")).then_some(())
    });
    for path in ["/ws", "/v5/wsocket"] {
        let answer = output(world.browser(path).arg("--http1.1"));
        assert!(answer.starts_with("HTTP/1.1 426"), "{path}: {answer}");
    }
    assert!(!world.logged().contains(&ticket));
}

#[test]
fn a_poll_that_hears_nothing_is_answered_by_the_server_and_not_by_haproxy() {
    let [block] = <[String; 1]>::try_from(blocks("docs/nginx.md", "haproxy")).expect("one block");
    for name in ["timeout client ", "timeout server "] {
        let times: Vec<&str> =
            block.lines().filter_map(|line| line.trim_start().strip_prefix(name)).collect();
        let [time] = times[..] else { panic!("{name}is not there once: {times:?}") };
        let seconds: u64 = time.strip_suffix('s').expect("in seconds").parse().unwrap();
        assert!(seconds * 1_000 > 2 * Timeouts::DEFAULT.poll_hold_ms_max, "{name}{time}");
    }
    assert!(block.contains(WAIT));
    let world = World::start(SHORT_HOLD);
    let ticket = world.online("alice");
    for protocol in ["--http2", "--http1.1"] {
        let answer = output(world.poll(&ticket, 0).arg(protocol));
        assert!(answer.contains(" 200") && answer.ends_with("\"statuses\":[],\"seq\":0}"), "{answer}");
    }
}

/// A page that polls until it has seen so many messages. Counts the polls that HAProxy cut, and keeps the ids as they
/// came.
fn browse(world: &World, ticket: &str, messages: usize, cuts: &AtomicUsize, ids: &Mutex<Vec<String>>) {
    let mut seq = 0;
    while ids.lock().unwrap().len() < messages {
        let answer = output(&mut world.poll(ticket, seq));
        let (head, body) = answer.split_once("\r\n\r\n").expect("an answer");
        let status = head.split(' ').nth(1).expect("a status");
        if status == "504" {
            cuts.fetch_add(1, Ordering::Relaxed);
            continue;
        }
        assert_eq!(status, "200", "{answer}");
        let said: Value = serde_json::from_str(body).unwrap();
        assert_eq!(said["status"], "ok", "{said}");
        seq = said["seq"].as_u64().expect("a number");
        let found = said["messages"].as_array().expect("a list").iter();
        ids.lock().unwrap().extend(found.map(|message| message["id"].as_str().expect("an id").to_owned()));
    }
}

#[test]
fn a_timeout_below_the_hold_cuts_polls_and_loses_nothing() {
    const MESSAGES: usize = 30;
    let world = World::start_with(SHORT_HOLD, "", &[(WAIT, SHORT_WAIT)]);
    let ticket = world.online("alice");
    let (cuts, ids) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let failed = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let page = std::panic::AssertUnwindSafe(|| browse(&world, &ticket, MESSAGES, &cuts, &ids));
            failed.store(std::panic::catch_unwind(page).is_err(), Ordering::Relaxed);
        });
        for number in 0..MESSAGES {
            // Some come between two polls or while one is cut, some while one waits.
            if number % 2 == 0 {
                let before = cuts.load(Ordering::Relaxed);
                eventually("a poll is cut", || {
                    let is_cut = cuts.load(Ordering::Relaxed) > before || failed.load(Ordering::Relaxed);
                    is_cut.then_some(())
                });
            }
            world.site("/messages", &format!("from=x&to=alice&body=hi&id=m{number}")).ok();
        }
    });
    assert!(!failed.load(Ordering::Relaxed));
    let expected: Vec<String> = (0..MESSAGES).map(|number| format!("m{number}")).collect();
    assert_eq!(*ids.lock().unwrap(), expected);
    assert!(cuts.load(Ordering::Relaxed) >= MESSAGES / 2);
    // It is the same session all the time.
    world.site("/onlines", "names=alice").is(200, "alice");
}

#[test]
fn a_browser_that_goes_away_is_noticed() {
    // Without health checks, every connection from HAProxy to the server is a browser's.
    let world = World::start_with(SOON_CUT, "", &[(" check inter 50ms\n", "\n")]);
    for protocol in ["--http2", "--http1.1"] {
        let ticket = world.online("alice");
        // A session whose poll was answered would last longer than this test; only one whose poll is cut ends soon.
        world.site("/messages", "from=x&to=alice&body=hi").ok();
        let target = format!("/packets?domain=forum&ticket={ticket}&seq=0");
        assert!(world.site(&target, "").text().contains("\"seq\":1}"));
        let browser = spawn(world.poll(&ticket, 1).arg(protocol));
        // A connection that HAProxy has only opened yet is nothing that the server could notice the end of.
        eventually("the poll waits at the server", || {
            world.server.watch("/metrics").text().contains("state=\"parked\"} 1\n").then_some(())
        });
        drop(browser);
        eventually("alice is offline", || {
            world.site("/onlines", "names=alice").text().is_empty().then_some(())
        });
    }
}

#[test]
fn the_browser_module_comes_compressed_and_calls_of_the_site_cannot_be_reached() {
    let world = World::start(LONG_HOLD);
    for BarFile { path, source } in bar_files() {
        let target = if path == "/webim.js" { format!("{path}?v=2") } else { path.to_owned() };
        let answer = output(world.browser(&target).arg("--compressed"));
        assert!(answer.contains("content-encoding: gzip"), "{answer}");
        assert!(answer.ends_with(&source), "{path}");
    }
    let tricks =
        ["/", "/health", "/packets/", "/packets/../messages", "/packets%2f..%2fmessages", "//messages"];
    for path in site_calls().chain(tricks) {
        let params = format!("domain=forum&apikey={APIKEY}&name=bob&from=x&to=bob&body=x");
        // Of HTTP/2, curl fails if its body is not wanted.
        let answer = output(world.browser(path).args(["--http1.1", "-d", &params]));
        assert!(answer.starts_with("HTTP/1.1 404"), "{path}: {answer}");
        let answer = output(&mut world.browser(&format!("{path}?{params}")));
        assert!(answer.starts_with("HTTP/2 404"), "{path}: {answer}");
    }
    world.site("/onlines", "names=bob").is(200, "");
    assert!(!world.logged().contains(APIKEY), "{}", world.logged());
}

#[test]
fn limits_of_addresses_hold_for_those_behind_and_not_for_checks() {
    let settings = "trusted_proxies = [\"127.0.0.1\"]\nlimits.requests_per_second_per_address = 1";
    // What is exempt by default is HAProxy itself; browsers come from other addresses of the loopback network.
    let settings = format!("exempt = [\"127.0.0.1\"]\n{settings}");
    let world = World::start_with(LONG_HOLD, &settings, &[]);
    // Whatever a browser says of itself, HAProxy says the truth after it.
    let ask = |from: &str, times: usize| {
        let mut browser = world.browser(&format!("/packets?domain=forum&ticket=x[1-{times}]"));
        output(browser.args(["--interface", from, "-H", "X-Forwarded-For: 192.0.2.1"]))
    };
    let answers = eventually("one is too many", || {
        Some(ask("127.0.0.5", 30)).filter(|said| said.contains("HTTP/2 429"))
    });
    assert!(answers.contains("too many requests"), "{answers}");
    let answer = ask("127.0.0.6", 1);
    assert!(answer.starts_with("HTTP/2 404"), "{answer}");
    is_checked(world.dir.path(), ["UP", "L7OK", "200"]);
}
