//! The nginx configuration of docs/nginx.md, tried with nginx: it is taken from the file, and only its ports and paths are
//! changed. Browsers are curl over TLS and HTTP/2; the site calls the server directly.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails, in its helpers too")]

mod returns;
mod smuggling;

use std::fs;
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};

use nextim_testkit::conn::call;
use nextim_testkit::documents::{SHOWN_ADDRESS, blocks};
use nextim_testkit::http::{Response, post_form};
use nextim_testkit::paths::{BarFile, bar_files, site_calls};
use nextim_testkit::patience::eventually;
use nextim_testkit::process::Process;
use nextim_testkit::proxy::{
    make_certificate, need, output, path, read_until, spawn, start_nginx, use_socket,
};
use nextim_testkit::server::Server;
use tempfile::TempDir;

const ORIGIN: &str = "https://forum.example";
/// No log may have it.
const APIKEY: &str = "Kx7Secret";

/// A server, and nginx before it.
struct World {
    server: Server,
    front: Front,
}

/// nginx before a server, and a folder with its files.
struct Front {
    _nginx: Process,
    port: u16,
    dir: TempDir,
}

/// The configuration with its ports and paths changed; each must be there once.
fn adapted(server: SocketAddr, port: u16, dir: &Path) -> String {
    let [block] = <[String; 1]>::try_from(blocks("docs/nginx.md", "nginx")).expect("one block");
    let listen = format!("listen 127.0.0.1:{port} ssl http2;");
    let path = |name: &str| dir.join(name).to_str().unwrap().to_owned();
    let changes = [
        ("listen 443 ssl http2;", listen),
        ("listen [::]:443 ssl http2;", String::new()),
        (SHOWN_ADDRESS, server.to_string()),
        ("/etc/ssl/certs/im.example.pem", path("cert.pem")),
        ("/etc/ssl/private/im.example.key", path("key.pem")),
        ("/var/log/nginx/nextim.log", path("access.log")),
        ("/var/log/nginx/nextim.error.log", path("error.log")),
    ];
    changes.into_iter().fold(block, |block, (from, to)| {
        assert_eq!(block.matches(from).count(), 1, "{from}");
        block.replace(from, &to)
    })
}

impl Front {
    /// nginx as docs/nginx.md configures it.
    fn start(server: SocketAddr, dir: TempDir) -> Front {
        for program in ["nginx", "openssl", "curl"] {
            need(program);
        }
        make_certificate(dir.path());
        let (nginx, port) = start_nginx(dir.path(), |port| adapted(server, port, dir.path()));
        Front { _nginx: nginx, port, dir }
    }

    /// What a browser asks through it.
    fn browser(&self, target: &str) -> Command {
        let mut curl = Command::new("curl");
        curl.env_clear()
            .args(["-q", "-sS", "-i", "--http2", "-H"])
            .arg(format!("Origin: {ORIGIN}"))
            .arg("--cacert")
            .arg(self.dir.path().join("cert.pem"))
            .arg("--resolve")
            .arg(format!("im.example:{}:127.0.0.1", self.port))
            .arg(format!("https://im.example:{}{target}", self.port));
        curl
    }
}

impl World {
    fn start() -> World {
        World::start_with("", 40_000)
    }

    /// With more settings, and sessions that end so long after their poll was cut.
    fn start_with(settings: &str, session_cut_ms: u32) -> World {
        let dir = TempDir::new().unwrap();
        let config = dir.path().join("nextim.toml");
        let text = format!(
            "{settings}\n[timeouts]\nsession_cut_ms = {session_cut_ms}\nlinger_ms = 100\npoll_hold_ms_min = 50000\npoll_hold_ms_max = 55000\n\
             [[domain]]\nname = \"forum\"\napikeys = [\"{APIKEY}\"]\norigins = [\"{ORIGIN}\"]\n"
        );
        fs::write(&config, text).unwrap();
        let server = Server::start(&["--config", config.to_str().unwrap()]);
        let front = Front::start(server.address, dir);
        World { server, front }
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

    /// What a browser asks through nginx.
    fn browser(&self, target: &str) -> Command {
        self.front.browser(target)
    }

    /// All that is answered to these bytes on one connection, over TLS but otherwise as they are.
    fn raw(&self, bytes: &[u8]) -> String {
        let mut client = Command::new("openssl");
        client.args(["s_client", "-quiet", "-connect", &format!("127.0.0.1:{}", self.front.port)]);
        client.args(["-servername", "im.example", "-verify_quiet"]).stderr(Stdio::null());
        client.env("PATH", path()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut client = Process::spawn(&mut client).unwrap();
        // nginx may have closed before all of it was taken. The input stays open, so that the client reads on.
        let mut stdin = client.stdin();
        stdin.write_all(bytes).ok();
        let mut said = Vec::new();
        client.stdout().read_to_end(&mut said).unwrap();
        String::from_utf8_lossy(&said).into_owned()
    }

    /// A poll that waits: nginx has connected to the server for it.
    #[track_caller]
    fn park(&self, ticket: &str) -> Process {
        let target = format!("/packets?domain=forum&ticket={ticket}&seq=0");
        let browser = spawn(&mut self.browser(&target));
        // Local and remote address, then the state; 01 is established.
        let peer = format!(":{:04X} 01 ", self.server.address.port());
        eventually("nginx asks the server", || {
            fs::read_to_string("/proc/net/tcp").unwrap().contains(&peer).then_some(())
        });
        browser
    }

    /// Everything that was logged.
    fn logged(&self) -> String {
        ["access.log", "error.log"]
            .map(|name| fs::read_to_string(self.front.dir.path().join(name)).unwrap())
            .concat()
    }
}

#[track_caller]
fn has_header(answer: &str, header: &str) {
    let (head, _) = answer.split_once("\r\n\r\n").expect("an answer");
    assert!(head.lines().any(|line| line.eq_ignore_ascii_case(header)), "{header} is not in {head}");
}

#[test]
fn a_long_poll_is_answered_and_its_ticket_is_not_logged() {
    let world = World::start();
    let ticket = world.online("alice");
    let mut browser = world.park(&ticket);
    world.site("/messages", "from=system&to=alice&body=hello").ok();
    let answer = std::io::read_to_string(browser.stdout()).unwrap();
    assert!(answer.starts_with("HTTP/2 200"), "{answer}");
    assert!(answer.contains("\"body\":\"hello\""), "{answer}");
    has_header(&answer, &format!("Access-Control-Allow-Origin: {ORIGIN}"));
    has_header(&answer, "Vary: Origin");
    has_header(&answer, "Content-Type: application/json");

    let target = format!("/packets?domain=forum&ticket={ticket}&seq=7");
    let answer = output(&mut world.browser(&target));
    assert!(answer.starts_with("HTTP/2 400"), "{answer}");
    has_header(&answer, &format!("Access-Control-Allow-Origin: {ORIGIN}"));

    // Pages of version 5 poll elsewhere.
    let answer = output(&mut world.browser(&format!("/v5{target}")));
    assert!(answer.starts_with("HTTP/2 400") && answer.contains("\"status\":\"error\""), "{answer}");
    has_header(&answer, &format!("Access-Control-Allow-Origin: {ORIGIN}"));

    let logged =
        eventually("all are logged", || Some(world.logged()).filter(|logged| logged.lines().count() == 3));
    assert!(logged.contains("\"GET /packets HTTP/2.0\" 200"), "{logged}");
    assert!(!logged.contains(&ticket) && !logged.contains(['?', '=']), "{logged}");
}

#[test]
fn events_of_a_stream_come_one_by_one_and_are_acknowledged() {
    let world = World::start();
    let ticket = world.online("alice");
    let target = format!("/packets?domain=forum&ticket={ticket}&seq=0");
    let mut browser = spawn(world.browser(&target).args(["-N", "-H", "Accept: text/event-stream"]));
    let mut printed = browser.stdout();
    let head = read_until(&mut printed, "\"seq\":0}\n\n");
    assert!(head.starts_with("HTTP/2 200"), "{head}");
    has_header(&head, "Content-Type: text/event-stream");
    has_header(&head, &format!("Access-Control-Allow-Origin: {ORIGIN}"));
    for (seq, body) in [(1, "one"), (2, "two")] {
        world.site("/messages", &format!("from=system&to=alice&body={body}")).ok();
        let event = read_until(&mut printed, &format!("\"seq\":{seq}}}\n\n"));
        assert!(event.contains(&format!("\"body\":\"{body}\"")), "{event}");
    }
    let form = format!("domain=forum&ticket={ticket}&seq=1");
    let answer = output(world.browser("/packets/ack").args(["-d", &form]));
    assert!(answer.starts_with("HTTP/2 200") && answer.ends_with("ok"), "{answer}");
    let answer = output(&mut world.browser(&target));
    assert!(!answer.contains("\"one\"") && answer.contains("\"two\""), "{answer}");
    read_until(&mut printed, "\"reason\":\"replaced\"");
    let rest = std::io::read_to_string(printed).unwrap();
    assert!(!rest.contains("data:"), "the stream ends: {rest}");
    assert!(!world.logged().contains(&ticket));
}

#[test]
fn a_socket_has_messages_and_acknowledges_them() {
    let world = World::start();
    let ticket = world.online("alice");
    let target = format!("/ws?domain=forum&ticket={ticket}&seq=0");
    use_socket(world.front.port, &target, ORIGIN, |body| {
        world.site("/messages", &format!("from=system&to=alice&body={body}")).ok();
    });
    eventually("the first one is acknowledged", || {
        let answer = output(&mut world.browser(&format!("/packets?domain=forum&ticket={ticket}&seq=0")));
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
fn a_stream_whose_browser_goes_away_is_noticed() {
    let world = World::start_with("", 4_000);
    let ticket = world.online("alice");
    let target = format!("/packets?domain=forum&ticket={ticket}&seq=0");
    let mut browser = spawn(world.browser(&target).args(["-N", "-H", "Accept: text/event-stream"]));
    read_until(browser.stdout(), "\"seq\":0}\n\n");
    drop(browser);
    eventually("alice is offline", || world.site("/onlines", "names=alice").text().is_empty().then_some(()));
}

#[test]
fn the_browser_module_comes_compressed_and_is_known_again() {
    let world = World::start();
    for BarFile { path, source } in bar_files() {
        let target = if path == "/webim.js" { format!("{path}?v=2") } else { path.to_owned() };
        let answer = output(world.browser(&target).arg("--compressed"));
        assert!(answer.starts_with("HTTP/2 200"), "{answer}");
        assert!(answer.ends_with(&source), "{answer}");
        for header in ["Content-Encoding: gzip", "Vary: Accept-Encoding", "Access-Control-Allow-Origin: *"] {
            has_header(&answer, header);
        }
        let etag = answer.lines().find_map(|line| line.strip_prefix("etag: ")).expect("a tag");
        let known = format!("If-None-Match: {etag}");
        let answer = output(world.browser(&target).args(["--compressed", "-H", &known]));
        assert!(answer.starts_with("HTTP/2 304") && answer.ends_with("\r\n\r\n"), "{answer}");
    }
    for path in ["/webim", "/webim_js", "/webim.jsx", "/webim.js/", "/a/webim.js", "/webim.0.chat.js"] {
        let answer = output(&mut world.browser(path));
        assert!(answer.starts_with("HTTP/2 404"), "{path}: {answer}");
    }
}

#[test]
fn limits_of_addresses_hold_for_those_behind() {
    let world = World::start_with(
        "exempt = []\ntrusted_proxies = [\"127.0.0.1\"]\nlimits.requests_per_second_per_address = 1",
        40_000,
    );
    // A browser may send X-Forwarded-For; nginx appends the true address.
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
}

#[test]
fn calls_of_the_site_cannot_be_reached() {
    let world = World::start();
    let ticket = world.online("alice");
    // The page of alice stays, however long this takes.
    let _page = world.park(&ticket);
    let tricks = [
        "/packets/",
        "/packets/../messages",
        "/packets%2f..%2fmessages",
        "//messages",
        "/webim.js/../messages",
        "/webim.js%2f..%2fmessages",
        "/messages/../webim.js",
    ];
    for path in site_calls().chain(tricks) {
        let params = format!("domain=forum&apikey={APIKEY}&name=bob&ticket={ticket}&to=alice&body=x");
        let answer = output(world.browser(path).args(["--path-as-is", "-d", &params]));
        assert!(answer.starts_with("HTTP/2 404"), "{path}: {answer}");
        let query = format!("{path}?{params}");
        let answer = output(world.browser(&query).arg("--path-as-is"));
        assert!(answer.starts_with("HTTP/2 404"), "{path}: {answer}");
    }
    world.site("/onlines", "names=alice,bob").is(200, "alice");
    let logged = world.logged();
    assert!(!logged.contains(APIKEY) && !logged.contains(&ticket), "{logged}");
}

#[test]
fn a_browser_that_goes_away_is_noticed() {
    let world = World::start_with("", 4_000);
    let ticket = world.online("alice");
    let browser = world.park(&ticket);
    drop(browser);
    eventually("alice is offline", || world.site("/onlines", "names=alice").text().is_empty().then_some(()));
}

#[test]
fn no_ticket_is_logged_when_the_server_is_down() {
    let world = World::start();
    let ticket = world.online("alice");
    let mut browser = world.park(&ticket);
    let World { server, front: Front { port, dir, _nginx } } = world;
    drop(server);
    let answer = std::io::read_to_string(browser.stdout()).unwrap();
    assert!(answer.starts_with("HTTP/2 502"), "{answer}");
    let read = |name: &str| fs::read_to_string(dir.path().join(name)).unwrap();
    let access = eventually("it is logged", || Some(read("access.log")).filter(|log| !log.is_empty()));
    assert!(access.contains("\"GET /packets HTTP/2.0\" 502"), "port {port}: {access}");
    assert!(!access.contains(&ticket) && read("error.log").is_empty(), "{access} {}", read("error.log"));
}
