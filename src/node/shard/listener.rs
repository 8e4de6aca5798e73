//! Listeners: bind, accept, turn away.
//!
//! Owns: the listening sockets of one shard, and the pace of accepting. Must not: import `conn` or judge a newcomer.
//! Newcomers above the pace wait in the kernel. If the process has no descriptor left, the shard pauses and tries again
//! instead of spinning.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, Shutdown, SocketAddr};

use mio::Registry;
use mio::net::{TcpListener, TcpStream};
use rustix::event::epoll::{self, EventData, EventFlags};
use socket2::{Domain, Protocol, Socket, Type};

use super::burst::Burst;
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
    /// The end of a pause: no descriptor was left, or newcomers came too fast. Meanwhile epoll reports no listener.
    paused_until: Option<Tick>,
}

#[derive(Debug)]
struct ListeningSocket {
    socket: TcpListener,
    burst: Burst,
    /// What it has accepted of the burst of this turn; `None`: no newcomer was reported, or the burst is over.
    accepted: Option<usize>,
}

#[derive(Debug)]
pub(crate) enum AcceptOutcome {
    /// A newcomer, from this address.
    Accepted(TcpStream, IpAddr),
    /// A newcomer waits, but it is too soon for it: a pause begins.
    TooSoon,
    /// No descriptor is left, or the system refuses for another reason: a pause begins.
    Failed,
    /// No newcomer is to be accepted in this turn.
    Nothing,
}

impl Listeners {
    /// Listens on addresses that the server has bound once already.
    pub(crate) fn open(
        addresses: &[SocketAddr],
        registry: &Registry,
        pace: Option<Pace>,
    ) -> io::Result<Listeners> {
        let mut sockets = Vec::new();
        for (index, address) in addresses.iter().enumerate() {
            let socket = bind(*address, true)?;
            // Connections inherit this, which saves a call for each.
            socket.set_tcp_nodelay(true)?;
            socket.set_nonblocking(true)?;
            socket.listen(BACKLOG)?;
            let socket = TcpListener::from_std(socket.into());
            // mio would be told of a newcomer once, and would have to accept until none is left.
            epoll::add(registry, &socket, event_data(index), EventFlags::IN)?;
            sockets.push(ListeningSocket { socket, burst: Burst::FIRST, accepted: None });
        }
        Ok(Listeners { sockets, pace, due_ns: 0, paused_until: None })
    }

    /// Notes that a listener has connections to accept.
    pub(crate) fn set_ready(&mut self, index: usize) {
        if let Some(listening) = self.sockets.get_mut(index) {
            listening.accepted = Some(0);
        }
    }

    /// The end of a pause, if there is one.
    pub(crate) fn next_attempt(&self) -> Option<Tick> {
        self.paused_until
    }

    /// Ends a pause whose time is over.
    pub(crate) fn resume(&mut self, now: Tick, registry: &Registry) {
        if self.paused_until.is_some_and(|until| until <= now) {
            self.paused_until = None;
            self.watch(registry, EventFlags::IN);
        }
    }

    /// Accepts one connection.
    pub(crate) fn accept(&mut self, now: Tick, registry: &Registry) -> AcceptOutcome {
        while let Some(listening) = self.sockets.iter_mut().find(|listening| listening.accepted.is_some()) {
            let next_ns = match self.pace.map(|pace| (pace, pace.admit(self.due_ns, now.ms()))) {
                Some((pace, None)) => {
                    self.pause(Tick::ZERO.after(pace.open_ms(self.due_ns)), registry);
                    return AcceptOutcome::TooSoon;
                }
                Some((_, Some(next_ns))) => next_ns,
                None => 0,
            };
            match listening.socket.accept() {
                Ok((stream, from)) => {
                    listening.count();
                    self.due_ns = next_ns;
                    return AcceptOutcome::Accepted(stream, from.ip());
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => listening.end_burst(),
                // The peer went away while it waited, or a signal came: there may be others.
                Err(error)
                    if matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::Interrupted) => {}
                Err(error) => {
                    log::warn!("cannot accept connections, trying again in {ACCEPT_REST_MS} ms: {error}");
                    self.pause(now.after(ACCEPT_REST_MS), registry);
                    return AcceptOutcome::Failed;
                }
            }
        }
        AcceptOutcome::Nothing
    }

    fn pause(&mut self, until: Tick, registry: &Registry) {
        self.paused_until = Some(until);
        for listening in &mut self.sockets {
            listening.accepted = None;
        }
        self.watch(registry, EventFlags::empty());
    }

    /// Sets what epoll reports of the listeners.
    fn watch(&self, registry: &Registry, flags: EventFlags) {
        for (index, listening) in self.sockets.iter().enumerate() {
            if let Err(error) = epoll::modify(registry, &listening.socket, event_data(index), flags) {
                // Epoll knows the listener and needs no memory for this.
                log::error!("cannot watch a listener: {error}");
            }
        }
    }

    /// Lifts the pace and ends a pause. Each listener may accept a burst.
    pub(crate) fn hurry(&mut self) {
        (self.pace, self.paused_until) = (None, None);
        for listening in &mut self.sockets {
            listening.accepted = Some(0);
        }
    }

    /// Stops listening. Newcomers that wait in the kernel are reset.
    pub(crate) fn close(&mut self) {
        self.sockets.clear();
    }
}

impl ListeningSocket {
    /// Counts a newcomer of this burst.
    fn count(&mut self) {
        let accepted = self.accepted.map_or(1, |accepted| accepted + 1);
        let is_full = accepted >= self.burst.size();
        if is_full {
            self.burst.filled();
        }
        self.accepted = (!is_full).then_some(accepted);
    }

    /// Ends the burst, because no newcomer is left.
    fn end_burst(&mut self) {
        self.burst.drained(self.accepted.take().unwrap_or_default());
    }
}

/// What epoll hands back for a listener, as mio reads it.
fn event_data(index: usize) -> EventData {
    EventData::new_u64(token::of_listener(index).0 as u64)
}

/// Answers a newcomer that is turned away, and closes. There is one try to write. What the newcomer sent is read,
/// because a close on unread bytes is a reset, which may overtake the answer.
pub(super) fn turn_away(mut stream: TcpStream, answer: &[u8]) {
    let written = stream.write(answer).and_then(|_| stream.shutdown(Shutdown::Write));
    if written.is_ok() {
        io::copy(&mut stream.take(READ_BYTES as u64), &mut io::sink()).ok();
    }
}
