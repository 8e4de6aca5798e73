//! The admin listener: where the server can be watched.
//!
//! Owns: what is answered at which path, and the threads that do it. Must not: change anything, or make a shard wait. It
//! is a small server of its own on a thread of its own: it has few clients, and must still answer when the shards
//! do not. In reading order: [`report`] is what it says; `watch` looks at the server every second, by way of
//! [`pulse`] and `process`; `metrics` says the same to Prometheus; `http` understands requests; `conns` reads and writes.
//!
//! | path | |
//! |---|---|
//! | `/` | a page that shows what follows, live |
//! | `/metrics` | for Prometheus |
//! | `/healthz` | 200 while every shard turns |
//! | `/readyz` | 200 while newcomers are welcome: not when the server goes down |
//! | `/stats` | everything as JSON |
//! | `/history` | the last ten minutes, a sample a second |

mod conns;
mod http;
mod metrics;
mod process;
pub mod pulse;
pub mod report;
mod watch;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;

pub use self::process::Process;
use crate::base::clock::Deadline;
use crate::base::domains::Domains;
use crate::base::json;
use crate::base::limits::ops::SAMPLE_MS;
use crate::base::stats::Stats;
use http::{Answer, Request};
use watch::{Look, Watch};

const PAGE: &str = include_str!("page/index.html");
const SCRIPT: &str = include_str!("page/dashboard.js");
const STYLE: &str = include_str!("page/dashboard.css");
const ICON: &str = include_str!("page/favicon.svg");

/// What is watched, and how to ask about it.
pub(crate) struct Subject {
    pub(crate) stats: Stats,
    /// The domains as they are configured now.
    pub(crate) domains: Box<dyn Fn() -> Arc<Domains> + Send + Sync>,
    /// Batches in the mailbox of each shard.
    pub(crate) mailboxes: Box<dyn Fn() -> Vec<usize> + Send + Sync>,
    pub(crate) connections_per_shard: usize,
    /// Descriptors each table may hold.
    pub(crate) descriptors_max: usize,
    /// Names under which the listener may be asked, besides addresses and `localhost`.
    pub(crate) hosts: Vec<String>,
    /// When the server started: for how long ago that was, and in milliseconds since 1970.
    pub(crate) started: Deadline,
    pub(crate) started_ms: u64,
}

impl std::fmt::Debug for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Subject").field("hosts", &self.hosts).finish_non_exhaustive()
    }
}

/// A listener that was opened, and nobody listens yet.
#[derive(Debug)]
pub(crate) struct Admin {
    listener: Arc<TcpListener>,
    address: SocketAddr,
}

impl Admin {
    /// Takes the address.
    pub(crate) fn open(address: SocketAddr) -> io::Result<Admin> {
        let listener = TcpListener::bind(address)?;
        let address = listener.local_addr()?;
        Ok(Admin { listener: Arc::new(listener), address })
    }

    /// Where it listens, the port resolved.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The socket, which whoever shuts it down ends this listener by.
    pub(crate) fn listener(&self) -> &TcpListener {
        &self.listener
    }

    /// Begins to watch and to answer, on threads of its own.
    pub(crate) fn serve(&self, subject: Subject) -> io::Result<()> {
        let watch = Arc::new(Watch::new(subject));
        let watched = Arc::downgrade(&watch);
        thread::Builder::new().name("watch".to_owned()).spawn(move || look(&watched))?;
        let listener = Arc::clone(&self.listener);
        thread::Builder::new().name("admin".to_owned()).spawn(move || serve(&listener, &watch))?;
        Ok(())
    }
}

/// Looks as long as there is anybody to tell.
fn look(watch: &Weak<Watch>) {
    loop {
        thread::sleep(Duration::from_millis(SAMPLE_MS));
        let Some(watch) = watch.upgrade() else { return };
        watch.look();
    }
}

/// Answers until the listener is shut down.
fn serve(listener: &TcpListener, watch: &Watch) {
    if let Err(error) = conns::serve(listener, watch) {
        log::error!("the admin listener failed: {error}");
    }
}

impl conns::Answers for Watch {
    fn answer(&self, request: &[u8]) -> Option<Vec<u8>> {
        let read = http::read(request, &self.subject.hosts)?;
        Some(match read {
            Ok(Request { path, head_only }) => answer(&path, self).bytes(head_only),
            Err(refusal) => refusal.bytes(false),
        })
    }

    fn too_late(&self) -> Vec<u8> {
        Answer::line("408 Request Timeout", "request timed out").bytes(false)
    }
}

fn answer(path: &str, watch: &Watch) -> Answer {
    let json = |value: &dyn Fn(&mut Vec<u8>)| {
        let mut out = Vec::new();
        value(&mut out);
        Answer::ok("application/json", out)
    };
    match path {
        "/" => Answer::ok("text/html; charset=utf-8", PAGE.as_bytes()),
        "/dashboard.js" => Answer::ok("text/javascript; charset=utf-8", SCRIPT.as_bytes()),
        "/dashboard.css" => Answer::ok("text/css; charset=utf-8", STYLE.as_bytes()),
        "/favicon.svg" => Answer::ok("image/svg+xml", ICON.as_bytes()),
        "/metrics" => {
            let look = Look::now(&watch.subject);
            let text = metrics::metrics(&watch.subject, &look, watch.illness().is_none());
            Answer::ok("text/plain; version=0.0.4; charset=utf-8", text.into_bytes())
        }
        "/stats" => json(&|out| json::write(out, &watch.report())),
        "/history" => json(&|out| json::write(out, &watch.history())),
        "/healthz" => match watch.illness() {
            None => Answer::line("200 OK", "ok"),
            Some(illness) => Answer::line("503 Service Unavailable", &illness),
        },
        "/readyz" if watch.subject.stats.is_draining() => {
            Answer::line("503 Service Unavailable", "shutting down")
        }
        "/readyz" => Answer::line("200 OK", "ok"),
        _ => Answer::line("404 Not Found", "not found"),
    }
}
