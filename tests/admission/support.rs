//! A server in this process, and clients with addresses.
//!
//! Owns: the turn of the tests. A server's shards copy the descriptors that are open when it starts, so a socket of
//! another test would not be closed when that test closes it: one test at a time has a server.

use nextim::internals::{DomainCounts, DomainId, Place, counter_index};
use nextim::{Config, DomainConfig, Handle, Limits, Server, Timeouts};
pub(crate) use nextim_testkit::conn::Conn;
use nextim_testkit::http::request;
pub(crate) use nextim_testkit::http::{Response, post_form};
pub(crate) use nextim_testkit::patience::{PATIENCE, eventually};
use socket2::{Domain, Socket, Type};
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

/// A server whose limits hold for loopback, too, with the domains `a` (key `k`) and `b` (key `l`).
pub(crate) fn strict(limits: Limits) -> Config {
    Config {
        listen: vec!["127.0.0.1:0".parse().unwrap()],
        domains: vec![DomainConfig::new("a", "k"), DomainConfig::new("b", "l")],
        limits,
        // Sessions and polls last longer than a test on a loaded machine; in the order the defaults have.
        timeouts: Timeouts {
            session_cut_ms: 600_000,
            poll_hold_ms_min: 900_000,
            poll_hold_ms_max: 930_000,
            session_idle_ms: 1_800_000,
            idle_ms: 1_800_000,
            drain_ms: 500,
            ..Timeouts::DEFAULT
        },
        exempt: Vec::new(),
        ..Config::default()
    }
}

/// A running server.
pub(crate) struct Running {
    handle: Handle,
    pub(crate) address: SocketAddr,
    pub(crate) shards: usize,
    _alone: MutexGuard<'static, ()>,
}

impl Running {
    pub(crate) fn start(config: &Config, shards: u16) -> Running {
        static ALONE: Mutex<()> = Mutex::new(());
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let handle = Server::start(&Config { shards: Some(shards), ..config.clone() }).unwrap();
        Running { address: handle.addresses()[0], handle, shards: shards.into(), _alone: alone }
    }

    /// The counter, over all shards.
    #[track_caller]
    pub(crate) fn count(&self, counter: &str) -> u64 {
        self.handle.stats().sum(counter).unwrap_or_else(|| panic!("there is no {counter}"))
    }

    /// The counter of one shard.
    #[track_caller]
    pub(crate) fn count_at(&self, place: Place, counter: &str) -> u64 {
        let index = counter_index(counter).unwrap_or_else(|| panic!("there is no {counter}"));
        self.handle.stats().board(place.number().into()).values()[index]
    }

    /// Connections that are open.
    pub(crate) fn connections(&self) -> u64 {
        let states = ["reading", "calling", "parked", "writing", "closing"];
        states.iter().map(|state| self.count(&format!("connections_{state}"))).sum()
    }

    /// Waits until the counter has this value.
    #[track_caller]
    pub(crate) fn counts(&self, counter: &str, expected: u64) {
        eventually(&format!("{counter} is {expected}"), || (self.count(counter) == expected).then_some(()));
    }

    /// Waits until the counter has this value, or a higher one.
    #[track_caller]
    pub(crate) fn reaches(&self, counter: &str, least: u64) {
        eventually(counter, || (self.count(counter) >= least).then_some(()));
    }

    /// What the domain with this number has done, over all shards; numbers are given in the order of configuration.
    pub(crate) fn domain(&self, number: u32) -> DomainCounts {
        self.handle.stats().domain(DomainId(number)).expect("it is named")
    }

    pub(crate) fn reload(&self, domains: &[DomainConfig]) {
        self.handle.reload(domains);
    }

    /// A client with this address.
    pub(crate) fn from(&self, source: &str) -> Conn {
        Unconnected::new(source).connect(self.address)
    }

    /// A call of the site `a`, from an address of its own.
    #[track_caller]
    pub(crate) fn call(&self, path: &str, params: &str) -> Response {
        self.from("127.9.9.9").call(&site_call(path, params))
    }

    /// Brings a user of `a` online. Returns the ticket.
    #[track_caller]
    pub(crate) fn online(&self, name: &str) -> String {
        self.call("/presences/online", &format!("name={name}")).ticket()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.handle.drain();
        let ended = self.handle.wait();
        assert!(ended.is_ok() || thread::panicking(), "the server ends as it should");
    }
}

/// Runs a test on servers with 1, 2 and 7 shards.
pub(crate) fn each(config: &Config, test: impl Fn(&Running)) {
    for shards in [1, 2, 7] {
        test(&Running::start(config, shards));
    }
}

/// A call of the site `a`.
pub(crate) fn site_call(path: &str, params: &str) -> Vec<u8> {
    post_form(path, &format!("domain=a&apikey=k&{params}"))
}

/// A `GET`, with more headers.
pub(crate) fn get(target: &str, headers: &[(&str, &str)]) -> Vec<u8> {
    request(&format!("GET {target} HTTP/1.1"), headers, b"")
}

/// A poll with a ticket.
pub(crate) fn poll(ticket: &str, seq: u64) -> Vec<u8> {
    get(&format!("/packets?domain=a&ticket={ticket}&seq={seq}"), &[])
}

/// A socket with an address.
pub(crate) struct Unconnected(Socket);

impl Unconnected {
    pub(crate) fn new(source: &str) -> Unconnected {
        let source = SocketAddr::new(source.parse().unwrap(), 0);
        let socket = Socket::new(Domain::for_address(source), Type::STREAM, None).unwrap();
        socket.bind(&source.into()).unwrap();
        Unconnected(socket)
    }

    /// The kernel takes little for it, if it does not read.
    pub(crate) fn with_small_window(self) -> Unconnected {
        self.0.set_recv_buffer_size(4_096).unwrap();
        self
    }

    pub(crate) fn connect(self, address: SocketAddr) -> Conn {
        self.0.connect(&address.into()).unwrap();
        Conn::over(self.0.into())
    }
}
