//! Sockets of the generator.
//!
//! Owns: how a connection begins. Must not: send anything. On loopback every connection names the address it comes
//! from, another one for each so many connections, and its port is chosen when it connects, so that different servers
//! may see the same port. An address has 28,000 ports by default, but the kernel gives away half of them first, and
//! when these are gone it looks through all of them for each connection: 25,000 connections from one address
//! took a millisecond each, 10,000 take some microseconds.

use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};

use mio::net::TcpStream;
use nix::sys::socket::{setsockopt, sockopt::IpBindAddressNoPort};
use socket2::{Domain, Protocol, Socket, Type};

/// Connections that come from one address.
const CONNECTIONS_PER_ADDRESS: u32 = 10_000;
/// Addresses of users.
const ADDRESSES_MAX: u32 = 250;
/// What a narrow connection takes before it is read, in bytes.
const NARROW_BYTES: usize = 4_096;
/// The longest segment of a narrow connection, in bytes.
const NARROW_SEGMENT_BYTES: u32 = 536;
/// Users there can be.
pub const USERS_MAX: u32 = CONNECTIONS_PER_ADDRESS * ADDRESSES_MAX;

/// The kind of client that connects.
#[derive(Clone, Copy, Debug)]
pub enum Origin {
    /// A user. Each new connection of the user comes from the other one of two addresses, because the port of the
    /// last one may not be free for a minute.
    User {
        /// The number of the user.
        number: u32,
        /// The user connects from the second address.
        again: bool,
    },
    /// A caller, for calls of the site.
    Caller,
    /// A connection that sends nothing.
    Crowd,
}

impl Origin {
    fn address(self) -> Ipv4Addr {
        match self {
            Origin::User { number, again } => {
                let host = 2 + number / CONNECTIONS_PER_ADDRESS % ADDRESSES_MAX;
                Ipv4Addr::new(127, 0, 1 + u8::from(again), u8::try_from(host).expect("at most 251"))
            }
            Origin::Caller => Ipv4Addr::new(127, 0, 0, 2),
            Origin::Crowd => Ipv4Addr::new(127, 0, 0, 3),
        }
    }
}

/// Begins to connect. The socket is writable when it has connected.
pub fn connect(address: SocketAddr, origin: Origin) -> io::Result<TcpStream> {
    begin(prepare(address, origin)?, address)
}

/// Begins to connect so that both ends together hold some ten kilobytes of what is sent here, not megabytes as is usual on
/// loopback: buffers grow with the size of segments.
pub fn connect_narrow(address: SocketAddr, origin: Origin) -> io::Result<TcpStream> {
    let socket = prepare(address, origin)?;
    socket.set_recv_buffer_size(NARROW_BYTES)?;
    socket.set_tcp_mss(NARROW_SEGMENT_BYTES)?;
    begin(socket, address)
}

fn prepare(address: SocketAddr, origin: Origin) -> io::Result<Socket> {
    let kind = Type::STREAM.nonblocking().cloexec();
    let socket = Socket::new(Domain::for_address(address), kind, Some(Protocol::TCP))?;
    socket.set_tcp_nodelay(true)?;
    if address.is_ipv4() && address.ip().is_loopback() {
        setsockopt(&socket, IpBindAddressNoPort, &true)?;
        socket.bind(&SocketAddr::V4(SocketAddrV4::new(origin.address(), 0)).into())?;
    }
    Ok(socket)
}

fn begin(socket: Socket, address: SocketAddr) -> io::Result<TcpStream> {
    match socket.connect(&address.into()) {
        Ok(()) => {}
        // EINPROGRESS, for which std has no kind.
        Err(error) if error.kind() == ErrorKind::WouldBlock || error.raw_os_error() == Some(115) => {}
        Err(error) => return Err(error),
    }
    Ok(TcpStream::from_std(socket.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let check =
            |origin: Origin, expected: [u8; 4]| assert_eq!(origin.address().octets(), expected, "{origin:?}");
        check(Origin::User { number: 9_999, again: false }, [127, 0, 1, 2]);
        check(Origin::User { number: 10_000, again: false }, [127, 0, 1, 3]);
        check(Origin::User { number: 10_000, again: true }, [127, 0, 2, 3]);
        check(Origin::User { number: USERS_MAX - 1, again: true }, [127, 0, 2, 251]);
        check(Origin::Caller, [127, 0, 0, 2]);
        check(Origin::Crowd, [127, 0, 0, 3]);
    }
}
