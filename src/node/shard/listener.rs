//! Listeners: binding, accepting, and saying no.
//!
//! Owns: the sockets of one shard, and when it accepts. Must not: know what connections do, or judge who comes. Those who
//! come faster than they may be accepted wait in the kernel. If the process has no descriptors left the shard rests a
//! while instead of spinning.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, Shutdown, SocketAddr};

use mio::Interest;
use mio::net::{TcpListener, TcpStream};
use socket2::{Domain, Protocol, Socket, Type};

use super::token;
use crate::base::admission::Pace;
use crate::base::clock::Tick;
use crate::base::limits::turn::{ACCEPT_REST_MS, BACKLOG, READ_BYTES};

/// Makes a socket bound to `address`. With `shared`, all shards may bind the same address; without, the address
/// must be nobody's, so that a second server is an error and does not take a share of the connections.
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

/// The listeners of one shard.
#[derive(Debug)]
pub(crate) struct Listeners {
    sockets: Vec<Listening>,
    /// How often this shard accepts, if that is limited.
    pace: Option<Pace>,
    /// When the next one is due at that pace.
    due_ns: u64,
    /// No descriptor was left, or they come too fast: nothing is accepted before this.
    rest_until: Tick,
}

#[derive(Debug)]
struct Listening {
    socket: TcpListener,
    /// Whether there may be connections to accept.
    ready: bool,
}

/// What came of an attempt to accept.
#[derive(Debug)]
pub(crate) enum Accepted {
    /// Somebody, from this address.
    Somebody(TcpStream, IpAddr),
    /// Somebody may be there, but it is too soon for him: the shard begins to rest.
    TooSoon,
    /// There is no descriptor for him, or something else is wrong with the system: the shard begins to rest.
    Failed,
    /// There is nobody at any listener, or the shard rests.
    Nobody,
}

impl Listeners {
    /// Listens at addresses that were bound once already.
    pub(crate) fn open(
        addresses: &[SocketAddr],
        registry: &mio::Registry,
        pace: Option<Pace>,
    ) -> io::Result<Listeners> {
        let mut sockets = Vec::new();
        for (index, address) in addresses.iter().enumerate() {
            let socket = bind(*address, true)?;
            // Connections inherit these, which saves a call for each.
            socket.set_tcp_nodelay(true)?;
            socket.set_nonblocking(true)?;
            socket.listen(BACKLOG)?;
            let mut socket = TcpListener::from_std(socket.into());
            registry.register(&mut socket, token::of_listener(index), Interest::READABLE)?;
            sockets.push(Listening { socket, ready: true });
        }
        Ok(Listeners { sockets, pace, due_ns: 0, rest_until: Tick::ZERO })
    }

    /// A listener has connections.
    pub(crate) fn set_ready(&mut self, index: usize) {
        if let Some(listening) = self.sockets.get_mut(index) {
            listening.ready = true;
        }
    }

    /// When to try again to accept: at once, later, or when there is an event.
    pub(crate) fn next_attempt(&self) -> Option<Tick> {
        self.sockets.iter().any(|listening| listening.ready).then_some(self.rest_until)
    }

    /// Accepts one connection.
    pub(crate) fn accept(&mut self, now: Tick) -> Accepted {
        if now < self.rest_until {
            return Accepted::Nobody;
        }
        while let Some(listening) = self.sockets.iter_mut().find(|listening| listening.ready) {
            let next_ns = match self.pace.map(|pace| (pace, pace.admit(self.due_ns, now.ms()))) {
                Some((pace, None)) => {
                    self.rest_until = Tick::ZERO.after(pace.open_ms(self.due_ns));
                    return Accepted::TooSoon;
                }
                Some((_, Some(next_ns))) => next_ns,
                None => 0,
            };
            match listening.socket.accept() {
                Ok((stream, from)) => {
                    self.due_ns = next_ns;
                    return Accepted::Somebody(stream, from.ip());
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => listening.ready = false,
                // The peer went away while it waited, or a signal came: there may be others.
                Err(error)
                    if matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::Interrupted) => {}
                Err(error) => {
                    log::warn!("connections cannot be accepted for a while: {error}");
                    self.rest_until = now.after(ACCEPT_REST_MS);
                    return Accepted::Failed;
                }
            }
        }
        Accepted::Nobody
    }

    /// Those who still wait are accepted however many they are.
    pub(crate) fn hurry(&mut self) {
        (self.pace, self.rest_until) = (None, Tick::ZERO);
    }

    /// Stops listening; whoever waits to be accepted must have been accepted before.
    pub(crate) fn close(&mut self) {
        self.sockets.clear();
    }
}

/// Tells a newcomer why he is turned away. One try: whoever cannot even take this is closed without it. What he sent is
/// read, because closing on unread bytes is a reset, which may overtake the answer.
pub(crate) fn turn_away(mut stream: TcpStream, why: &[u8]) {
    let said = stream.write(why).and_then(|_| stream.shutdown(Shutdown::Write));
    if said.is_ok() {
        io::copy(&mut stream.take(READ_BYTES as u64), &mut io::sink()).ok();
    }
}
