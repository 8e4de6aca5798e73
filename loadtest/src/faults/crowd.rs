//! A crowd: many who connect at once and say nothing.
//!
//! Owns: their connections. Must not: wait for them: what the kernel does not take at once it is offered again and again.

use std::fs;
use std::io::{ErrorKind, Read};
use std::net::SocketAddr;
use std::time::Duration;

use mio::net::TcpStream;
use socket2::SockRef;

use crate::generator::socket::{Origin, connect};

/// How many connections the kernel keeps for a listener until they are accepted.
pub(super) fn accept_queue() -> u64 {
    let text = fs::read_to_string("/proc/sys/net/core/somaxconn").unwrap_or_default();
    text.trim().parse().unwrap_or(4_096)
}

/// Those who connected.
pub(super) struct Crowd {
    streams: Vec<TcpStream>,
    kept_out: u64,
}

/// What became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Fates {
    /// All of them.
    pub(super) came: u64,
    /// Those who were told that there is no room.
    pub(super) refused: u64,
    /// Those for whom there was no room in the kernel's queues at first.
    pub(super) kept_out: u64,
}

impl Crowd {
    /// So many come, or as many as may.
    pub(super) fn comes(address: SocketAddr, number: u64) -> Crowd {
        let streams: Vec<_> = (0..number).map_while(|_| connect(address, Origin::Crowd).ok()).collect();
        // On loopback who is let in is in at once.
        let kept_out = streams.iter().filter(|stream| stream.peer_addr().is_err()).count() as u64;
        Crowd { streams, kept_out }
    }

    /// All leave at once. Returns what had become of them.
    pub(super) fn leaves(self) -> Fates {
        let mut fates = Fates { came: self.streams.len() as u64, refused: 0, kept_out: self.kept_out };
        for mut stream in self.streams {
            let is_outside = stream.peer_addr().is_err();
            let answer = stream.read(&mut [0; 64]);
            let is_silent = answer.is_err_and(|error| error.kind() == ErrorKind::WouldBlock);
            fates.refused += u64::from(!is_outside && !is_silent);
            // Without a reset each would keep its port for a minute. If it cannot be had, it does.
            SockRef::from(&stream).set_linger(Some(Duration::ZERO)).ok();
        }
        fates
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn who_comes_leaves() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let crowd = Crowd::comes(listener.local_addr().unwrap(), 3);
        let accepted: Vec<_> = (0..3).map(|_| listener.accept().unwrap()).collect();
        let fates = crowd.leaves();
        assert_eq!((fates.came, fates.refused, accepted.len()), (3, 0, 3));
        assert!(accept_queue() > 0);
    }
}
