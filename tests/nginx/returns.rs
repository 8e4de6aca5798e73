//! Undelivered messages with nginx in between: a restart of the server while people talk, and a site behind TLS.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tempfile::TempDir;

use super::common::{Running, need, path};
use super::inbox::Inbox;
use super::{APIKEY, Front, eventually, output, start_nginx};

const USERS: [&str; 3] = ["alice", "bob", "carol"];
/// What each of them is sent before the server goes down, and after it is back.
const MESSAGES: usize = 5;

/// A server that SIGTERM can end.
struct Ending {
    child: Child,
    address: SocketAddr,
}

impl Ending {
    /// Starts one there, which trusts this certificate if it is given.
    fn start(dir: &Path, address: &str, trusted: Option<&Path>) -> Ending {
        let mut command = Command::new(env!("CARGO_BIN_EXE_nextim"));
        command.args(["--listen", address, "--config"]).arg(dir.join("nextim.toml")).env_clear();
        command.envs(trusted.map(|file| ("SSL_CERT_FILE", file)));
        let log = std::fs::File::options().append(true).create(true).open(dir.join("log")).unwrap();
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let (_, rest) = line.split_once(" listening on ").expect("a start line");
        let address = rest.split([',', ';']).next().unwrap().parse().unwrap();
        Ending { child, address }
    }

    fn end(&mut self) -> ExitStatus {
        kill(Pid::from_raw(i32::try_from(self.child.id()).unwrap()), Signal::SIGTERM).unwrap();
        eventually("the server exits", || self.child.try_wait().unwrap())
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        // It may have ended by itself.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// A call of the site: its head and its body, if the server answers it.
fn call(address: SocketAddr, target: &str, params: &str) -> Option<(String, String)> {
    let mut stream = TcpStream::connect(address).ok()?;
    let body = format!("domain=forum&apikey={APIKEY}&{params}");
    let head = format!(
        "POST {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\n\r\n",
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    head.starts_with("HTTP/1.1 200").then(|| (head.to_owned(), body.to_owned()))
}

/// Says something to somebody by the site. To how many it was delivered; `None` if that was not answered, and the site
/// keeps it.
fn say(address: SocketAddr, to: &str, id: &str) -> Option<u64> {
    let (head, _) = call(address, "/messages", &format!("from=system&to={to}&body=x&id={id}"))?;
    let count = head.lines().find_map(|line| line.strip_prefix("X-NextIM-Delivered: "))?;
    Some(count.parse().expect("a number"))
}

/// A page that polls through nginx, and opens again whenever it has to, until it has seen all that it waits for.
fn browse(world: &Talk<'_>, name: &str, enough: impl Fn() -> bool) {
    while !enough() {
        let opened = call(world.server, "/presences/online", &format!("name={name}"));
        let Some((_, opened)) = opened else { continue };
        let opened: Value = serde_json::from_str(&opened).unwrap();
        let ticket = opened["ticket"].as_str().expect("a ticket");
        let mut seq = 0;
        while !enough() {
            let target = format!("/packets?domain=forum&ticket={ticket}&seq={seq}");
            // A poll may be cut by the restart.
            let ran = world.nginx.browser(&target).env("PATH", path()).stdin(Stdio::null()).output().unwrap();
            let answer = String::from_utf8(ran.stdout).unwrap();
            let said =
                answer.split_once("\r\n\r\n").and_then(|(_, body)| serde_json::from_str::<Value>(body).ok());
            let Some(said) = said.filter(|said| said["status"] == "ok") else { break };
            seq = said["seq"].as_u64().expect("a number");
            let ids = said["messages"].as_array().expect("a list").iter().map(|message| &message["id"]);
            world.seen.lock().unwrap().extend(ids.map(|id| id.as_str().expect("text").to_owned()));
        }
    }
}

/// What the threads of the test share.
struct Talk<'a> {
    nginx: &'a Front,
    server: SocketAddr,
    inbox: &'a Inbox,
    seen: Mutex<BTreeSet<String>>,
}

impl Talk<'_> {
    /// Sends a message that must be seen by a page or come back to the site, if its site was told that somebody has it.
    fn send(&self, to: &str, id: &str) {
        let count = eventually("the server answers", || say(self.server, to, id));
        if count > 0 {
            eventually("it is seen or comes back", || {
                let seen = self.seen.lock().unwrap().contains(id);
                (seen || self.inbox.taken().iter().any(|taken| taken == id)).then_some(())
            });
        }
    }
}

#[test]
fn a_restart_while_people_talk_loses_no_message() {
    let inbox = Inbox::new();
    let dir = TempDir::new().unwrap();
    let text = format!(
        "[timeouts]\npoll_hold_ms_min = 300\npoll_hold_ms_max = 500\n[[domain]]\nname = \"forum\"\n\
         apikeys = [\"{APIKEY}\"]\n{}\n",
        inbox.line()
    );
    std::fs::write(dir.path().join("nextim.toml"), text).unwrap();
    let mut server = Ending::start(dir.path(), "127.0.0.1:0", None);
    let address = server.address;
    let nginx = Front::start(address, TempDir::new().unwrap());
    let talk = Talk { nginx: &nginx, server: address, inbox: &inbox, seen: Mutex::default() };
    // Dave has opened a page that never asks.
    eventually("dave is online", || call(address, "/presences/online", "name=dave"));
    assert_eq!(say(address, "dave", "to-dave"), Some(1));

    let (before, after) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let back = AtomicUsize::new(0);
    thread::scope(|scope| {
        for name in USERS {
            let (talk, before, after, back) = (&talk, &before, &after, &back);
            let all = USERS.len() * MESSAGES;
            scope.spawn(move || browse(talk, name, || after.load(Ordering::Relaxed) == all));
            scope.spawn(move || {
                let mut number = 0;
                let mut send = || {
                    number += 1;
                    talk.send(name, &format!("{name}-{number}"));
                };
                // They go on talking while the server goes down and comes back.
                while back.load(Ordering::Relaxed) == 0 {
                    send();
                    before.fetch_add(1, Ordering::Relaxed);
                }
                for _ in 0..MESSAGES {
                    send();
                    after.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        eventually("they talk", || (before.load(Ordering::Relaxed) >= USERS.len() * MESSAGES).then_some(()));
        assert_eq!(server.end().code(), Some(0));
        assert!(inbox.taken().contains(&"to-dave".to_owned()), "it came back before the server had ended");
        server = Ending::start(dir.path(), &address.to_string(), None);
        back.store(1, Ordering::Relaxed);
    });
    let seen = talk.seen.lock().unwrap();
    for name in USERS {
        assert!(seen.iter().any(|id| id.starts_with(name)), "{name} has a page again");
    }
}

/// A certificate for this machine, by an authority of its own: `ca.pem`.
fn make_authority(dir: &Path) {
    let openssl = |arguments: &[&str]| {
        let mut openssl = Command::new("openssl");
        openssl
            .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"])
            .args(["-days", "2"])
            .args(arguments)
            .current_dir(dir);
        output(&mut openssl);
    };
    openssl(&["-subj", "/CN=authority", "-keyout", "ca.key", "-out", "ca.pem"]);
    let names = "subjectAltName=DNS:localhost,IP:127.0.0.1";
    let by = ["-CA", "ca.pem", "-CAkey", "ca.key", "-addext", "basicConstraints=critical,CA:FALSE"];
    let site = ["-subj", "/CN=localhost", "-addext", names, "-keyout", "site.key", "-out", "site.pem"];
    openssl(&[&by[..], &site[..]].concat());
}

/// A site behind TLS; its port.
fn start_tls(inbox: &Inbox, dir: &Path) -> (Running, u16) {
    let site = inbox.url.split('/').nth(2).expect("a host");
    start_nginx(dir, |port| {
        format!(
            "server {{ listen 127.0.0.1:{port} ssl; ssl_certificate {0}/site.pem; ssl_certificate_key {0}/site.key;\n\
             location / {{ proxy_pass http://{site}; }} }}\n",
            dir.display()
        )
    })
}

#[test]
fn a_site_behind_tls_is_trusted_if_the_system_does() {
    for program in ["nginx", "openssl"] {
        need(program);
    }
    let inbox = Inbox::new();
    let dir = TempDir::new().unwrap();
    make_authority(dir.path());
    let (_nginx, port) = start_tls(&inbox, dir.path());
    let text = |drain_ms: u32| {
        format!(
            "[timeouts]\ndrain_ms = {drain_ms}\n[[domain]]\nname = \"forum\"\napikeys = [\"{APIKEY}\"]\n\
         undelivered_url = \"https://localhost:{port}/back\"\n"
        )
    };
    // A site that is trusted has as long as it needs.
    for (trusted, expected, drain_ms) in [(None, 0, 2_000), (Some(dir.path().join("ca.pem")), 1, 20_000)] {
        std::fs::write(dir.path().join("nextim.toml"), text(drain_ms)).unwrap();
        let mut server = Ending::start(dir.path(), "127.0.0.1:0", trusted.as_deref());
        call(server.address, "/presences/online", "name=alice").expect("alice is online");
        assert_eq!(say(server.address, "alice", "secret"), Some(1));
        assert_eq!(server.end().code(), Some(0));
        assert_eq!(inbox.taken().len(), expected, "{trusted:?}");
    }
    let log = std::fs::read_to_string(dir.path().join("log")).unwrap();
    assert!(log.contains("undelivered messages of forum: its site does not take them: "), "{log}");
}
