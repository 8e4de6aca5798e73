//! Sockets of the generator.
//!
//! Owns: how a connection begins. Must not: send anything. On loopback every connection names the address it comes
//! from, a new one for each so many connections: one address has less than 30,000 ports. The port is chosen when it
//! connects, so that ports are shared among different servers.

use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};

use mio::net::TcpStream;
use nix::sys::socket::{setsockopt, sockopt::IpBindAddressNoPort};
use socket2::{Domain, Protocol, Socket, Type};

/// Connections that come from one address.
const CONNECTIONS_PER_ADDRESS: u32 = 25_000;
/// Addresses of polls, callers apart; a second set is for those who come again.
const ADDRESSES_MAX: u32 = 100;
/// Users there can be.
pub(crate) const USERS_MAX: u32 = CONNECTIONS_PER_ADDRESS * ADDRESSES_MAX;

/// Who connects.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Origin {
    /// The user with this number. When he comes again, it is from another address, for his former port may
    /// not be free for a minute.
    User {
        /// His number.
        number: u32,
        /// He has been there before, an odd number of times.
        again: bool,
    },
    /// What makes the site's calls.
    Caller,
}

impl Origin {
    fn address(self) -> Ipv4Addr {
        let host = match self {
            Origin::User { number, again } => {
                2 + number / CONNECTIONS_PER_ADDRESS % ADDRESSES_MAX + if again { ADDRESSES_MAX } else { 0 }
            }
            Origin::Caller => 2 + 2 * ADDRESSES_MAX,
        };
        Ipv4Addr::new(127, 0, 0, u8::try_from(host).expect("at most 202"))
    }
}

/// Begins to connect. The socket is writable when it has connected.
pub(crate) fn connect(address: SocketAddr, origin: Origin) -> io::Result<TcpStream> {
    let kind = Type::STREAM.nonblocking().cloexec();
    let socket = Socket::new(Domain::for_address(address), kind, Some(Protocol::TCP))?;
    socket.set_tcp_nodelay(true)?;
    if address.is_ipv4() && address.ip().is_loopback() {
        setsockopt(&socket, IpBindAddressNoPort, &true)?;
        socket.bind(&SocketAddr::V4(SocketAddrV4::new(origin.address(), 0)).into())?;
    }
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
        check(Origin::User { number: 24_999, again: false }, [127, 0, 0, 2]);
        check(Origin::User { number: 25_000, again: false }, [127, 0, 0, 3]);
        check(Origin::User { number: 25_000, again: true }, [127, 0, 0, 103]);
        check(Origin::User { number: USERS_MAX - 1, again: true }, [127, 0, 0, 201]);
        check(Origin::Caller, [127, 0, 0, 202]);
    }
}
