//! The admin listener: health, metrics and a page for operators.
//!
//! Owns: the answer of each path, and the threads that answer. Must not: import `node`, or change anything. It is a
//! small server of its own on a thread of its own: it has few clients, and must answer even when the shards do not. In
//! reading order: [`report`] has the shapes; `watched` is the server as seen from here; `snapshot` reads it, by way of
//! `process`; `rates` compares snapshots; `watch` takes one every second and the [`pulse`] with it; `metrics` writes
//! them for Prometheus; `http` parses requests; `conns` reads and writes.
//!
//! | path | |
//! |---|---|
//! | `/` | a page with live plots and tables |
//! | `/metrics` | for Prometheus |
//! | `/metrics?domain=NAME` | the figures of one domain |
//! | `/healthz` | 200 while every shard turns |
//! | `/readyz` | 200 until the server begins to go down |
//! | `/stats` | everything as JSON |
//! | `/history` | the last ten minutes, a sample a second |

mod conns;
mod http;
mod metrics;
mod process;
pub(crate) mod pulse;
mod rates;
pub(crate) mod report;
mod snapshot;
mod watch;
mod watched;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;

pub(crate) use self::watched::WatchedServer;
use crate::base::json;
use crate::base::limits::ops::SAMPLE_MS;
use http::{AdminAnswer, AdminRequest};
use snapshot::Snapshot;
use watch::Watch;

const PAGE: &str = include_str!("page/index.html");
const SCRIPT: &str = include_str!("page/dashboard.js");
const STYLE: &str = include_str!("page/dashboard.css");
const ICON: &str = include_str!("page/favicon.svg");

/// The media type of metrics.
const METRICS_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A listener that is open and does not answer yet.
#[derive(Debug)]
pub(crate) struct Admin {
    listener: Arc<TcpListener>,
    address: SocketAddr,
}

impl Admin {
    /// Binds the address.
    pub(crate) fn open(address: SocketAddr) -> io::Result<Admin> {
        let listener = TcpListener::bind(address)?;
        let address = listener.local_addr()?;
        Ok(Admin { listener: Arc::new(listener), address })
    }

    /// The address, the port resolved.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The socket. Its shutdown ends the thread that answers.
    pub(crate) fn listener(&self) -> &TcpListener {
        &self.listener
    }

    /// Starts the threads that take samples and answer.
    pub(crate) fn serve(&self, server: WatchedServer) -> io::Result<()> {
        let watch = Arc::new(Watch::new(server));
        let watched = Arc::downgrade(&watch);
        thread::Builder::new().name("watch".to_owned()).spawn(move || take_samples(&watched))?;
        let listener = Arc::clone(&self.listener);
        thread::Builder::new().name("admin".to_owned()).spawn(move || serve(&listener, &watch))?;
        Ok(())
    }
}

/// Takes samples until the thread that answers has ended.
fn take_samples(watch: &Weak<Watch>) {
    loop {
        thread::sleep(Duration::from_millis(SAMPLE_MS));
        let Some(watch) = watch.upgrade() else { return };
        watch.sample();
    }
}

/// Answers requests until the listener is shut down.
fn serve(listener: &TcpListener, watch: &Watch) {
    if let Err(error) = conns::serve(listener, watch) {
        log::error!("the admin listener failed: {error}");
    }
}

impl conns::Responder for Watch {
    fn answer(&self, request: &[u8]) -> Option<Vec<u8>> {
        let read = http::read(request, &self.server.hosts)?;
        Some(match read {
            Ok(AdminRequest { path, domain: Some(domain), head_only }) if path == "/metrics" => {
                of_domain(&domain, self).bytes(head_only)
            }
            Ok(AdminRequest { path, head_only, .. }) => answer(&path, self).bytes(head_only),
            Err(refusal) => refusal.bytes(false),
        })
    }

    fn too_late(&self) -> Vec<u8> {
        AdminAnswer::line("408 Request Timeout", "request timed out").bytes(false)
    }
}

/// The figures of the domain of this name.
fn of_domain(name: &str, watch: &Watch) -> AdminAnswer {
    match (watch.server.domains)().find(name) {
        Some(domain) => AdminAnswer::ok(METRICS_TYPE, metrics::of_domain(&watch.server, domain).into_bytes()),
        None => AdminAnswer::line("404 Not Found", "there is no domain of this name"),
    }
}

fn answer(path: &str, watch: &Watch) -> AdminAnswer {
    let json = |value: &dyn Fn(&mut Vec<u8>)| {
        let mut out = Vec::new();
        value(&mut out);
        AdminAnswer::ok("application/json", out)
    };
    match path {
        "/" => AdminAnswer::ok("text/html; charset=utf-8", PAGE.as_bytes()),
        "/dashboard.js" => AdminAnswer::ok("text/javascript; charset=utf-8", SCRIPT.as_bytes()),
        "/dashboard.css" => AdminAnswer::ok("text/css; charset=utf-8", STYLE.as_bytes()),
        "/favicon.svg" => AdminAnswer::ok("image/svg+xml", ICON.as_bytes()),
        "/metrics" => {
            let snapshot = Snapshot::take(&watch.server);
            let text = metrics::metrics(&watch.server, &snapshot, watch.fault().is_none());
            AdminAnswer::ok(METRICS_TYPE, text.into_bytes())
        }
        "/stats" => json(&|out| json::write(out, &watch.report())),
        "/history" => json(&|out| json::write(out, &watch.history())),
        "/healthz" => match watch.fault() {
            None => AdminAnswer::line("200 OK", "ok"),
            Some(fault) => AdminAnswer::line("503 Service Unavailable", &fault),
        },
        "/readyz" if watch.server.stats.is_draining() => {
            AdminAnswer::line("503 Service Unavailable", "shutting down")
        }
        "/readyz" => AdminAnswer::line("200 OK", "ok"),
        _ => AdminAnswer::line("404 Not Found", "not found"),
    }
}
