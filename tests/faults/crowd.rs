//! A crowd: many connections that open at once and send nothing.
//!
//! Owns: the connections. Must not: wait for a connection; the kernel tries again by itself while its queue is
//! full.

use std::fs;
use std::io::{ErrorKind, Read};
use std::net::SocketAddr;
use std::time::Duration;

use mio::net::TcpStream;
use nextim_testkit::load::socket::{Origin, connect};
use socket2::SockRef;

/// How many connections the kernel keeps for a listener until they are accepted.
pub(crate) fn accept_queue() -> u64 {
    let text = fs::read_to_string("/proc/sys/net/core/somaxconn").unwrap_or_default();
    text.trim().parse().unwrap_or(4_096)
}

/// The connections of a crowd.
pub(crate) struct Crowd {
    streams: Vec<TcpStream>,
    kept_out: u64,
}

/// The counts of a crowd's connections by their end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct CrowdCounts {
    /// All connections of the crowd.
    pub(crate) connected: u64,
    /// Connections that the server refused for lack of room.
    pub(crate) refused: u64,
    /// Connections for which the accept queues had no room at first.
    pub(crate) kept_out: u64,
}

impl Crowd {
    /// Opens this many connections, or as many as the machine allows.
    pub(crate) fn connect(address: SocketAddr, number: u64) -> Crowd {
        let streams: Vec<_> = (0..number).map_while(|_| connect(address, Origin::Crowd).ok()).collect();
        // On loopback a connection that finds room is open at once.
        let kept_out = streams.iter().filter(|stream| stream.peer_addr().is_err()).count() as u64;
        Crowd { streams, kept_out }
    }

    /// Closes all connections. Returns their counts.
    pub(crate) fn disconnect(self) -> CrowdCounts {
        let mut counts =
            CrowdCounts { connected: self.streams.len() as u64, refused: 0, kept_out: self.kept_out };
        for mut stream in self.streams {
            let is_outside = stream.peer_addr().is_err();
            let answer = stream.read(&mut [0; 64]);
            let is_silent = answer.is_err_and(|error| error.kind() == ErrorKind::WouldBlock);
            counts.refused += u64::from(!is_outside && !is_silent);
            // Without a reset each connection keeps its port for a minute. If the option cannot be set, it does.
            SockRef::from(&stream).set_linger(Some(Duration::ZERO)).ok();
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_crowd_connects_and_disconnects() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let crowd = Crowd::connect(listener.local_addr().unwrap(), 3);
        let accepted: Vec<_> = (0..3).map(|_| listener.accept().unwrap()).collect();
        let counts = crowd.disconnect();
        assert_eq!((counts.connected, counts.refused, accepted.len()), (3, 0, 3));
        assert!(accept_queue() > 0);
    }
}
