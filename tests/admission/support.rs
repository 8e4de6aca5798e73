//! A server in this process, and clients with addresses.
//!
//! Owns: the turn of the tests. A server's shards copy the descriptors that are open when it starts, so a socket of
//! another test would not be closed when that test closes it: one test at a time has a server.

use nextim::internals::{DomainCounts, DomainId, Place, counter_index};
use nextim::{Config, DomainConfig, Handle, Limits, Server, Timeouts};
use socket2::{Domain, Socket, Type};
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How long a test waits for something that must happen.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

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
        self.handle.stats().board(place.0.into()).values()[index]
    }

    /// Connections that are open.
    pub(crate) fn connections(&self) -> u64 {
        let states = ["reading", "calling", "parked", "writing", "closing"];
        states.iter().map(|state| self.count(&format!("connections_{state}"))).sum()
    }

    /// Waits until the counter has this value.
    #[track_caller]
    pub(crate) fn counts(&self, counter: &str, expected: u64) {
        let deadline = Instant::now() + PATIENCE;
        while self.count(counter) != expected {
            assert!(Instant::now() < deadline, "{counter} is {}, not {expected}", self.count(counter));
            thread::sleep(Duration::from_millis(2));
        }
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
    pub(crate) fn from(&self, source: &str) -> Client {
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
        ticket(&self.call("/presences/online", &format!("name={name}")))
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

/// The ticket in the answer of `/presences/online`.
#[track_caller]
pub(crate) fn ticket(answer: &Response) -> String {
    let (_, rest) = answer.body.split_once("\"ticket\":\"").unwrap_or_else(|| panic!("{answer:?}"));
    rest.split('"').next().unwrap().to_owned()
}

/// A call of the site `a`.
pub(crate) fn site_call(path: &str, params: &str) -> Vec<u8> {
    post(path, &format!("domain=a&apikey=k&{params}"))
}

/// A `POST` of a form.
pub(crate) fn post(path: &str, form: &str) -> Vec<u8> {
    let head = "Host: x\r\nContent-Type: application/x-www-form-urlencoded\r\n";
    format!("POST {path} HTTP/1.1\r\n{head}Content-Length: {}\r\n\r\n{form}", form.len()).into_bytes()
}

/// A `GET`, with more headers.
pub(crate) fn get(target: &str, headers: &str) -> Vec<u8> {
    format!("GET {target} HTTP/1.1\r\nHost: x\r\n{headers}\r\n").into_bytes()
}

/// A poll with a ticket.
pub(crate) fn poll(ticket: &str, seq: u64) -> Vec<u8> {
    get(&format!("/packets?domain=a&ticket={ticket}&seq={seq}"), "")
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Response {
    #[track_caller]
    pub(crate) fn is(&self, status: u16, body: &str) {
        assert_eq!((self.status, &*self.body), (status, body));
    }

    /// Must refuse with this, and say when to come back: within once and twice the time.
    #[track_caller]
    pub(crate) fn refuses(&self, status: u16, body: &str, retry_s: u32) {
        self.is(status, body);
        let (_, after) = self.head.split_once("\r\nRetry-After: ").unwrap_or_else(|| panic!("{self:?}"));
        let after: u32 = after.split("\r\n").next().unwrap().parse().unwrap();
        assert!((retry_s..=2 * retry_s).contains(&after), "{after}");
    }

    /// Whether scripts of any origin may read it.
    pub(crate) fn is_for_scripts(&self) -> bool {
        self.head.contains("\r\nAccess-Control-Allow-Origin: *\r\n")
    }
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

    pub(crate) fn connect(self, address: SocketAddr) -> Client {
        self.0.connect(&address.into()).unwrap();
        let stream: TcpStream = self.0.into();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        Client { stream, buffer: Vec::new() }
    }
}

/// A connection.
pub(crate) struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Client {
    /// Sends bytes. A server that has closed already has said why.
    pub(crate) fn send(&mut self, bytes: &[u8]) {
        if let Err(error) = self.stream.write_all(bytes) {
            let closed = [ErrorKind::BrokenPipe, ErrorKind::ConnectionReset].contains(&error.kind());
            assert!(closed, "{error}");
        }
    }

    /// Sends nothing more, and goes on listening.
    pub(crate) fn stop_sending(&self) {
        self.stream.shutdown(std::net::Shutdown::Write).unwrap();
    }

    #[track_caller]
    pub(crate) fn call(&mut self, request: &[u8]) -> Response {
        self.send(request);
        self.response()
    }

    /// The next answer.
    #[track_caller]
    pub(crate) fn response(&mut self) -> Response {
        self.try_response().expect("an answer")
    }

    /// The next answer, or `None` if the connection ended without one.
    #[track_caller]
    pub(crate) fn try_response(&mut self) -> Option<Response> {
        let head_bytes = loop {
            match self.buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                Some(at) => break at + 4,
                None => self.fill()?,
            }
        };
        let head = String::from_utf8(self.buffer.drain(..head_bytes).collect()).unwrap();
        let (_, length) = head.split_once("\r\nContent-Length: ").expect("a length");
        let length: usize = length.split("\r\n").next().unwrap().parse().unwrap();
        while self.buffer.len() < length {
            self.fill()?;
        }
        let body = String::from_utf8(self.buffer.drain(..length).collect()).unwrap();
        Some(Response { status: head[9..12].parse().unwrap(), head, body })
    }

    /// Whether something, or the end, is there to be read.
    pub(crate) fn is_readable(&self) -> bool {
        self.stream.set_nonblocking(true).unwrap();
        let peeked = self.stream.peek(&mut [0]);
        self.stream.set_nonblocking(false).unwrap();
        !matches!(peeked, Err(error) if error.kind() == ErrorKind::WouldBlock)
    }

    /// The connection must end, with nothing or a rest of something before.
    #[track_caller]
    pub(crate) fn ends(&mut self) {
        while self.fill().is_some() {}
    }

    #[track_caller]
    fn fill(&mut self) -> Option<()> {
        let mut chunk = [0; 16 * 1_024];
        let count = match self.stream.read(&mut chunk) {
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::ConnectionReset => 0,
            Err(error) => panic!("{error} after {:?}", String::from_utf8_lossy(&self.buffer)),
        };
        self.buffer.extend_from_slice(&chunk[..count]);
        (count > 0).then_some(())
    }
}

/// Waits until `condition` gives something.
#[track_caller]
pub(crate) fn eventually<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = condition() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited too long: {what}");
        thread::sleep(Duration::from_millis(2));
    }
}
