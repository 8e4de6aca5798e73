//! What all attackers are to the thread that lets them act, and what they have come to.
//!
//! Owns: turns, counts and their connections' beginning. Must not: know what an attacker does.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::number::{ratio, real};

/// What an attack has come to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Done {
    /// Answers to requests.
    pub(crate) answers: u64,
    /// Those of them that refuse a call of a right key.
    pub(crate) refused: u64,
    /// Connections made, the first ones included.
    pub(crate) connections: u64,
    /// CPU time of the attackers, in nanoseconds.
    pub(super) cpu: u64,
    /// How long it took, in nanoseconds.
    pub(super) took: u64,
}

impl Done {
    /// Adds another attack.
    pub(crate) fn add(&mut self, other: Done) {
        self.answers += other.answers;
        self.refused += other.refused;
        self.connections += other.connections;
        self.cpu += other.cpu;
        self.took += other.took;
    }

    /// So many a second.
    pub(crate) fn rate(&self, count: u64) -> f64 {
        ratio(real(count), real(self.took) / 1e9)
    }

    /// The share of a core that the attackers themselves took.
    pub(crate) fn cpu_share(&self) -> f64 {
        ratio(real(self.cpu), real(self.took))
    }
}

/// Attackers of one kind, all in place.
pub(super) trait Attackers: Sized {
    /// How long a turn takes at least.
    const TURN: Duration;

    /// Does what is to be done in one turn.
    fn turn(&mut self) -> io::Result<()>;

    /// Leaves, and returns what was counted.
    fn end(self) -> io::Result<Done>;
}

/// Connects; on this machine that is done at once.
pub(super) fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_nonblocking(true)?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_of_an_attack() {
        let mut done = Done::default();
        done.add(Done { answers: 10, refused: 1, connections: 4, cpu: 500_000_000, took: 2_000_000_000 });
        assert!((done.rate(done.answers) - 5.0).abs() < 1e-9 && (done.cpu_share() - 0.25).abs() < 1e-9);
    }
}
