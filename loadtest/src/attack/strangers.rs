//! Strangers: what clients without a key do.
//!
//! Owns: their connections. Some drip a request byte by byte, some connect and say nothing, some connect and close at
//! once, some ask with wrong keys, guessed tickets and what is no HTTP. They come as often as a second allows and no
//! faster, however busy the server is. Must not: count as users; what they are answered is only counted.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use memchr::memmem;
use nextim_testkit::random::Random;
use nextim_testkit::socket::handshake;

use super::attackers::{Attackers, Done, connect};

/// Turns of the attackers in a second.
const TURNS: usize = 100;
/// Connections whose request never ends; each sends a byte a second.
const DRIPPING: usize = 1_000;
/// Connections that never say anything.
const SILENT: usize = 1_000;
/// Connections that ask.
const ASKING: usize = 50;
/// Questions in a turn.
const ASKED: usize = 10;
/// Different questions.
const QUESTIONS: usize = 8;
/// Connections made in a turn and closed at once.
const FLEETING: usize = 1;
/// Connections that an attack holds all the time.
pub(crate) const HELD: usize = DRIPPING + SILENT + ASKING;

/// All of them.
pub(super) struct Strangers {
    address: SocketAddr,
    dripping: Vec<TcpStream>,
    silent: Vec<TcpStream>,
    asking: Vec<TcpStream>,
    scratch: Vec<u8>,
    random: Random,
    turn: usize,
    asked: usize,
    done: Done,
}

impl Attackers for Strangers {
    const TURN: Duration = Duration::from_millis(1_000 / TURNS as u64);

    fn turn(&mut self) -> io::Result<()> {
        self.drip()?;
        self.ask()?;
        self.come_and_go()?;
        self.turn += 1;
        Ok(())
    }

    fn end(self) -> io::Result<Done> {
        Ok(self.done)
    }
}

impl Strangers {
    pub(super) fn place(address: SocketAddr) -> io::Result<Strangers> {
        let many = |count| (0..count).map(|_| connect(address)).collect::<io::Result<Vec<_>>>();
        Ok(Strangers {
            address,
            dripping: many(DRIPPING)?,
            silent: many(SILENT)?,
            asking: many(ASKING)?,
            scratch: vec![0; 16 * 1_024],
            random: Random::new(1),
            turn: 0,
            asked: 0,
            done: Done { connections: HELD as u64, ..Done::default() },
        })
    }

    /// A byte for each of those whose turn it is. Who was answered and closed begins again.
    fn drip(&mut self) -> io::Result<()> {
        for index in (self.turn % TURNS..DRIPPING).step_by(TURNS) {
            if self.dripping[index].write(b"G").is_err() {
                self.dripping[index] = self.connected()?;
            }
        }
        // One of those who say nothing is looked after, too.
        let index = self.turn % SILENT;
        if matches!(self.silent[index].read(&mut self.scratch), Ok(0)) {
            self.silent[index] = self.connected()?;
        }
        Ok(())
    }

    fn ask(&mut self) -> io::Result<()> {
        for _ in 0..ASKED {
            let index = self.asked % ASKING;
            let question = self.question();
            self.asked += 1;
            if self.is_closed(index) || self.asking[index].write(&question).is_err() {
                self.asking[index] = self.connected()?;
                // If that is closed as well, this question was for nothing.
                self.asking[index].write_all(&question).ok();
            }
        }
        Ok(())
    }

    /// Reads what a connection was answered, and tells whether it is of no more use.
    fn is_closed(&mut self, index: usize) -> bool {
        loop {
            match self.asking[index].read(&mut self.scratch) {
                Ok(0) => return true,
                Ok(bytes) => {
                    let heads = memmem::find_iter(&self.scratch[..bytes], b"HTTP/1.1 ").count();
                    self.done.answers += heads as u64;
                }
                Err(error) => return error.kind() != ErrorKind::WouldBlock,
            }
        }
    }

    fn come_and_go(&mut self) -> io::Result<()> {
        for _ in 0..FLEETING {
            // Closing may fail if the server was faster.
            self.connected()?.shutdown(Shutdown::Write).ok();
        }
        Ok(())
    }

    fn connected(&mut self) -> io::Result<TcpStream> {
        self.done.connections += 1;
        connect(self.address)
    }

    /// What is asked next: with a wrong key, a ticket that looks like one, for a poll, a stream, an acknowledgement and a
    /// socket, a callback that is a script, with a body that is too long, or what is no HTTP.
    fn question(&mut self) -> Vec<u8> {
        let form = "Host: a\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length";
        match self.asked % QUESTIONS {
            0 => {
                let body = format!("domain=localhost&apikey={:016x}&from=a&to=b&body=c", self.random.next());
                format!("POST /messages HTTP/1.1\r\n{form}: {}\r\n\r\n{body}", body.len()).into_bytes()
            }
            1 => format!("GET /packets?{} HTTP/1.1\r\nHost: a\r\n\r\n", self.guess()).into_bytes(),
            4 => {
                let head = "Host: a\r\nAccept: text/event-stream\r\nLast-Event-ID: 7";
                format!("GET /packets?{} HTTP/1.1\r\n{head}\r\n\r\n", self.guess()).into_bytes()
            }
            5 => {
                let body = format!("{}&seq=7", self.guess());
                format!("POST /packets/ack HTTP/1.1\r\n{form}: {}\r\n\r\n{body}", body.len()).into_bytes()
            }
            6 => {
                let target = format!("/ws?{}", self.guess());
                handshake(&target, &[])
            }
            2 => b"GET /packets?domain=localhost&ticket=x&callback=alert(1)// HTTP/1.1\r\nHost: a\r\n\r\n"
                .to_vec(),
            3 => format!("POST /presences/online HTTP/1.1\r\n{form}: 99999999\r\n\r\n").into_bytes(),
            _ => format!("{:016x} \r\n\r\n", self.random.next()).into_bytes(),
        }
    }

    /// A domain with a ticket that looks like one.
    fn guess(&mut self) -> String {
        let (first, second) = (self.random.next(), self.random.next());
        format!("domain=localhost&ticket={first:016x}{second:016x}{:08x}", self.turn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_question_with_a_head_names_one_host() {
        let mut strangers = Strangers {
            address: SocketAddr::from(([127, 0, 0, 1], 1)),
            dripping: Vec::new(),
            silent: Vec::new(),
            asking: Vec::new(),
            scratch: Vec::new(),
            random: Random::new(1),
            turn: 0,
            asked: 0,
            done: Done::default(),
        };
        // With none or with two, a request is refused as malformed before anything else of it is looked at.
        let hosts = [0, 1, 2, 3, 4, 5, 6, 7].map(|asked| {
            strangers.asked = asked;
            memmem::find_iter(&strangers.question(), b"\r\nHost:").count()
        });
        assert_eq!(hosts, [1, 1, 1, 1, 1, 1, 1, 0], "the last one is no HTTP");
    }
}
