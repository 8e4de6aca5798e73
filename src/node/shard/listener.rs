//! Listeners: bind, accept, turn away.
//!
//! Owns: the listening sockets of one shard, and the pace of accepting. Must not: import `conn` or judge a newcomer.
//! Newcomers above the pace wait in the kernel. If the process has no descriptor left, the shard pauses and tries again
//! instead of spinning.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, Shutdown, SocketAddr};

use mio::Interest;
use mio::net::{TcpListener, TcpStream};
use socket2::{Domain, Protocol, Socket, Type};

use super::token;
use crate::base::admission::Pace;
use crate::base::clock::Tick;
use crate::base::limits::turn::{ACCEPT_REST_MS, BACKLOG, READ_BYTES};

/// Makes a socket bound to `address`. With `shared`, all shards may bind the same address; without, the address must be
/// free, so that a second server is an error and does not take a share of the connections.
pub(crate) fn bind(address: SocketAddr, shared: bool) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(shared)?;
    socket.bind(&address.into())?;
    Ok(socket)
}

#[derive(Debug)]
pub(crate) struct Listeners {
    sockets: Vec<ListeningSocket>,
    /// The pace of accepting, if it is limited.
    pace: Option<Pace>,
    /// The time of the next accept at that pace.
    due_ns: u64,
    /// The end of a pause: no descriptor was left, or newcomers came too fast.
    paused_until: Tick,
}

#[derive(Debug)]
struct ListeningSocket {
    socket: TcpListener,
    /// Whether there may be connections to accept.
    ready: bool,
}

#[derive(Debug)]
pub(crate) enum AcceptOutcome {
    /// A newcomer, from this address.
    Accepted(TcpStream, IpAddr),
    /// A newcomer may wait, but it is too soon for it: a pause begins.
    TooSoon,
    /// No descriptor is left, or the system refuses for another reason: a pause begins.
    Failed,
    /// No newcomer waits, or a pause lasts.
    Nothing,
}

impl Listeners {
    /// Listens on addresses that the server has bound once already.
    pub(crate) fn open(
        addresses: &[SocketAddr],
        registry: &mio::Registry,
        pace: Option<Pace>,
    ) -> io::Result<Listeners> {
        let mut sockets = Vec::new();
        for (index, address) in addresses.iter().enumerate() {
            let socket = bind(*address, true)?;
            // Connections inherit this, which saves a call for each.
            socket.set_tcp_nodelay(true)?;
            socket.set_nonblocking(true)?;
            socket.listen(BACKLOG)?;
            let mut socket = TcpListener::from_std(socket.into());
            registry.register(&mut socket, token::of_listener(index), Interest::READABLE)?;
            sockets.push(ListeningSocket { socket, ready: true });
        }
        Ok(Listeners { sockets, pace, due_ns: 0, paused_until: Tick::ZERO })
    }

    /// Notes that a listener has connections to accept.
    pub(crate) fn set_ready(&mut self, index: usize) {
        if let Some(listening) = self.sockets.get_mut(index) {
            listening.ready = true;
        }
    }

    /// The next time to accept without an event; `None`: after the next event.
    pub(crate) fn next_attempt(&self) -> Option<Tick> {
        self.sockets.iter().any(|listening| listening.ready).then_some(self.paused_until)
    }

    /// Accepts one connection.
    pub(crate) fn accept(&mut self, now: Tick) -> AcceptOutcome {
        if now < self.paused_until {
            return AcceptOutcome::Nothing;
        }
        while let Some(listening) = self.sockets.iter_mut().find(|listening| listening.ready) {
            let next_ns = match self.pace.map(|pace| (pace, pace.admit(self.due_ns, now.ms()))) {
                Some((pace, None)) => {
                    self.paused_until = Tick::ZERO.after(pace.open_ms(self.due_ns));
                    return AcceptOutcome::TooSoon;
                }
                Some((_, Some(next_ns))) => next_ns,
                None => 0,
            };
            match listening.socket.accept() {
                Ok((stream, from)) => {
                    self.due_ns = next_ns;
                    return AcceptOutcome::Accepted(stream, from.ip());
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => listening.ready = false,
                // The peer went away while it waited, or a signal came: there may be others.
                Err(error)
                    if matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::Interrupted) => {}
                Err(error) => {
                    log::warn!("cannot accept connections, trying again in {ACCEPT_REST_MS} ms: {error}");
                    self.paused_until = now.after(ACCEPT_REST_MS);
                    return AcceptOutcome::Failed;
                }
            }
        }
        AcceptOutcome::Nothing
    }

    /// Lifts the pace and ends a pause.
    pub(crate) fn hurry(&mut self) {
        (self.pace, self.paused_until) = (None, Tick::ZERO);
    }

    /// Stops listening. Newcomers that wait in the kernel are reset.
    pub(crate) fn close(&mut self) {
        self.sockets.clear();
    }
}

/// Answers a newcomer that is turned away, and closes. There is one try to write. What the newcomer sent is read,
/// because a close on unread bytes is a reset, which may overtake the answer.
pub(super) fn turn_away(mut stream: TcpStream, answer: &[u8]) {
    let written = stream.write(answer).and_then(|_| stream.shutdown(Shutdown::Write));
    if written.is_ok() {
        io::copy(&mut stream.take(READ_BYTES as u64), &mut io::sink()).ok();
    }
}
