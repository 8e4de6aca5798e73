//! Undelivered messages with nginx in between: a restart of the server while people talk, and a site behind TLS.

use std::collections::BTreeSet;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::Stdio;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use nextim_testkit::conn::Conn;
use nextim_testkit::http::{Response, post_form};
use nextim_testkit::inbox::Inbox;
use nextim_testkit::patience::eventually;
use nextim_testkit::process::{Process, nextim};
use nextim_testkit::proxy::{make_certificate_of, need, path, start_nginx};
use nextim_testkit::server::Server;
use nix::sys::signal::Signal;
use serde_json::Value;
use tempfile::TempDir;

use super::{APIKEY, Front};

const USERS: [&str; 3] = ["alice", "bob", "carol"];
/// What each of them is sent before the server goes down, and after it is back.
const MESSAGES: usize = 5;

/// Starts a server there, which trusts this certificate if it is given.
fn start(dir: &Path, address: &str, trusted: Option<&Path>) -> Server {
    let mut command = nextim(&["--listen", address, "--config"]);
    command.arg(dir.join("nextim.toml")).envs(trusted.map(|file| ("SSL_CERT_FILE", file)));
    Server::run(&mut command)
}

#[track_caller]
fn end(server: &Server) {
    server.signal(Signal::SIGTERM);
    assert_eq!(server.wait().code(), Some(0));
}

/// A call of the site, if the server answers it.
fn call(address: SocketAddr, path: &str, params: &str) -> Option<Response> {
    let mut conn = Conn::over(TcpStream::connect(address).ok()?);
    conn.send(&post_form(path, &format!("domain=forum&apikey={APIKEY}&{params}")));
    conn.try_response().filter(|answer| answer.status == 200)
}

/// Sends a message to a user, as the site. Returns the number of its receivers, or `None` if that was not answered, and the
/// site keeps it.
fn say(address: SocketAddr, to: &str, id: &str) -> Option<u64> {
    let answer = call(address, "/messages", &format!("from=system&to={to}&body=x&id={id}"))?;
    Some(answer.delivered())
}

/// A page that polls through nginx, and opens again whenever it has to, until it has seen all that it waits for.
fn browse(world: &Talk<'_>, name: &str, enough: impl Fn() -> bool) {
    while !enough() {
        let opened = call(world.server, "/presences/online", &format!("name={name}"));
        let Some(ticket) = opened.map(|answer| answer.ticket()) else { continue };
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
    let inbox = Inbox::start();
    let dir = TempDir::new().unwrap();
    let text = format!(
        "[timeouts]\npoll_hold_ms_min = 300\npoll_hold_ms_max = 500\n[[domain]]\nname = \"forum\"\n\
         apikeys = [\"{APIKEY}\"]\n{}\n",
        inbox.line()
    );
    std::fs::write(dir.path().join("nextim.toml"), text).unwrap();
    let mut server = start(dir.path(), "127.0.0.1:0", None);
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
        end(&server);
        assert!(inbox.taken().contains(&"to-dave".to_owned()), "it came back before the server had ended");
        server = start(dir.path(), &address.to_string(), None);
        back.store(1, Ordering::Relaxed);
    });
    let seen = talk.seen.lock().unwrap();
    for name in USERS {
        assert!(seen.iter().any(|id| id.starts_with(name)), "{name} has a page again");
    }
}

/// A certificate for this machine, by an authority of its own: `ca.pem`.
fn make_authority(dir: &Path) {
    let openssl = |arguments: &[&str]| make_certificate_of(dir, arguments);
    openssl(&["-subj", "/CN=authority", "-keyout", "ca.key", "-out", "ca.pem"]);
    let names = "subjectAltName=DNS:localhost,IP:127.0.0.1";
    let by = ["-CA", "ca.pem", "-CAkey", "ca.key", "-addext", "basicConstraints=critical,CA:FALSE"];
    let site = ["-subj", "/CN=localhost", "-addext", names, "-keyout", "site.key", "-out", "site.pem"];
    openssl(&[&by[..], &site[..]].concat());
}

/// A site behind TLS; its port.
fn start_tls(inbox: &Inbox, dir: &Path) -> (Process, u16) {
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
    let inbox = Inbox::start();
    let dir = TempDir::new().unwrap();
    make_authority(dir.path());
    let (_nginx, port) = start_tls(&inbox, dir.path());
    let text = |drain_ms: u32| {
        format!(
            "[timeouts]\ndrain_ms = {drain_ms}\n[[domain]]\nname = \"forum\"\napikeys = [\"{APIKEY}\"]\n\
         undelivered_url = \"https://localhost:{port}/back\"\n"
        )
    };
    let mut log = String::new();
    // A site that is trusted has as long as it needs.
    for (trusted, expected, drain_ms) in [(None, 0, 2_000), (Some(dir.path().join("ca.pem")), 1, 20_000)] {
        std::fs::write(dir.path().join("nextim.toml"), text(drain_ms)).unwrap();
        let server = start(dir.path(), "127.0.0.1:0", trusted.as_deref());
        call(server.address, "/presences/online", "name=alice").expect("alice is online");
        assert_eq!(say(server.address, "alice", "secret"), Some(1));
        end(&server);
        assert_eq!(inbox.taken().len(), expected, "{trusted:?}");
        log += &server.log();
    }
    assert!(log.contains("undelivered messages of forum: its site does not take them: "), "{log}");
}
