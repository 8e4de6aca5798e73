//! A server with an admin listener, and a client of both.
//!
//! Owns: the calls of its site, and what it shows. Must not: know a metric.

use std::ops::Deref;

use nextim_testkit::conn::{self, Conn};
use nextim_testkit::http::{Response, get, post_form};
use nextim_testkit::patience::eventually;
use nextim_testkit::server;
use serde_json::Value;

/// A server that can be watched.
pub(crate) struct Server(server::Server);

impl Deref for Server {
    type Target = server::Server;

    fn deref(&self) -> &server::Server {
        &self.0
    }
}

impl Server {
    pub(crate) fn start(arguments: &[&str]) -> Server {
        Server(server::Server::start(&[&["--admin", "127.0.0.1:0"], arguments].concat()))
    }

    /// A call of the site `a`.
    #[track_caller]
    pub(crate) fn call(&self, path: &str, params: &str) -> Response {
        let answer = conn::call(self.address, &post_form(path, &format!("domain=a&apikey=k&{params}")));
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer
    }

    /// What it shows at a path.
    #[track_caller]
    pub(crate) fn body(&self, path: &str) -> String {
        let answer = self.watch(path);
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer.text().to_owned()
    }

    pub(crate) fn stats(&self) -> Value {
        self.watch("/stats").json()
    }
}

/// A server with two domains on which Alice waits and Bob has said something to her.
pub(crate) fn small_world() -> (Server, Conn) {
    let domains = ["--domain", "a", "--apikey", "k", "--domain", "b", "--apikey", "l"];
    // Nobody goes, and no poll ends, while a test looks at them.
    let file = tempfile::NamedTempFile::new().unwrap();
    let timeouts = ["session_cut_ms", "session_idle_ms", "poll_hold_ms_min", "poll_hold_ms_max"];
    let text = timeouts.map(|name| format!("timeouts.{name} = 3_600_000\n")).concat();
    std::fs::write(file.path(), text).unwrap();
    let config = ["--config", file.path().to_str().unwrap(), "--shards", "2"];
    let server = Server::start(&[&domains[..], &config].concat());
    let alice = server.call("/presences/online", "name=alicename&rooms=roomname").ticket();
    let bob = server.call("/presences/online", "name=bobname&nick=bobnick").ticket();
    server.call("/messages", &format!("ticket={bob}&to=alicename&body=secretbody"));
    // Alice has received it and polls again.
    let poll = get("/packets", &[("domain", "a"), ("ticket", &alice)]);
    let mut conn = Conn::open(server.address);
    assert!(conn.call(&poll).text().contains("secretbody"));
    conn.send(&poll);
    // One after the other: while the counters lag behind the answers, the poll shown as parked may be the first one.
    let shows = |name: &str, value: u64| (server.stats()["totals"][name] == value).then_some(());
    eventually("all five requests are read", || shows("requests_total", 5));
    eventually("the poll of alice is parked", || shows("connections_parked", 1));
    eventually("the message is acknowledged", || shows("packets_waiting", 0));
    (server, conn)
}
