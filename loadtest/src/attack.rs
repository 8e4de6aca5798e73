//! An attack: what hostile clients do to a server while its well-behaved users are measured.
//!
//! Owns: the thread of the attackers. Some drip a request byte by byte, some connect and say nothing, some connect and
//! close at once, some ask with wrong keys, guessed tickets and what is no HTTP. They come as often as a second allows
//! and no faster, however busy the server is. Must not: count as users; what they are answered is only counted.

use std::error::Error;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use memchr::memmem;

use crate::measure::thread_cpu;
use crate::number::{ratio, real};

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
/// Connections made in a turn and closed at once.
const FLEETING: usize = 1;
/// How long the attackers may take to be in place.
const PATIENCE: Duration = Duration::from_secs(30);

/// What an attack has come to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Done {
    /// Answers to questions.
    pub(crate) answers: u64,
    /// Connections made, the first ones included.
    pub(crate) connections: u64,
    /// CPU time of the attackers, in nanoseconds.
    cpu: u64,
    /// How long it took, in nanoseconds.
    took: u64,
}

impl Done {
    /// Adds another attack.
    pub(crate) fn add(&mut self, other: Done) {
        self.answers += other.answers;
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

/// Connections that an attack holds all the time.
pub(crate) const HELD: usize = DRIPPING + SILENT + ASKING;

/// An attack that goes on until it is ended.
pub(crate) struct Attack {
    enough: Arc<AtomicBool>,
    thread: JoinHandle<io::Result<Done>>,
}

impl Attack {
    /// Begins, and returns when all attackers are in place.
    pub(crate) fn begin(address: SocketAddr) -> Result<Attack, Box<dyn Error>> {
        let enough = Arc::new(AtomicBool::new(false));
        let (ready, placed) = channel();
        let stop = Arc::clone(&enough);
        let thread = thread::Builder::new()
            .name("attack".to_owned())
            .spawn(move || Attackers::place(address)?.go_on(&ready, &stop))?;
        let attack = Attack { enough, thread };
        match placed.recv_timeout(PATIENCE) {
            Ok(()) => Ok(attack),
            Err(_) => Err(attack.end().err().unwrap_or_else(|| "the attackers came too late".into())),
        }
    }

    /// Ends it.
    pub(crate) fn end(self) -> Result<Done, Box<dyn Error>> {
        self.enough.store(true, Ordering::Relaxed);
        let done = self.thread.join().map_err(|_| "the attackers have failed")?;
        done.map_err(|error| format!("an attacker could not connect: {error}").into())
    }
}

struct Attackers {
    address: SocketAddr,
    dripping: Vec<TcpStream>,
    silent: Vec<TcpStream>,
    asking: Vec<TcpStream>,
    scratch: Vec<u8>,
    /// The state of a small generator of random numbers (splitmix64).
    random: u64,
    turn: usize,
    asked: usize,
    done: Done,
}

impl Attackers {
    fn place(address: SocketAddr) -> io::Result<Attackers> {
        let many = |count| (0..count).map(|_| connect(address)).collect::<io::Result<Vec<_>>>();
        Ok(Attackers {
            address,
            dripping: many(DRIPPING)?,
            silent: many(SILENT)?,
            asking: many(ASKING)?,
            scratch: vec![0; 16 * 1_024],
            random: 1,
            turn: 0,
            asked: 0,
            done: Done { connections: HELD as u64, ..Done::default() },
        })
    }

    /// Takes one turn after another; one that is late is not caught up with.
    fn go_on(mut self, ready: &Sender<()>, enough: &AtomicBool) -> io::Result<Done> {
        // Whoever waits for it may have given up.
        ready.send(()).ok();
        let (began, cpu) = (Instant::now(), thread_cpu());
        let length = Duration::from_secs(1) / u32::try_from(TURNS).expect("a small number");
        while !enough.load(Ordering::Relaxed) {
            let turn = Instant::now();
            self.drip()?;
            self.ask()?;
            self.come_and_go()?;
            self.turn += 1;
            thread::sleep(length.saturating_sub(turn.elapsed()));
        }
        let took = u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX);
        Ok(Done { cpu: thread_cpu() - cpu, took, ..self.done })
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

    /// What is asked next: with a wrong key, a ticket that looks like one, a callback that is a script, with a body that
    /// is too long, or what is no HTTP.
    fn question(&mut self) -> Vec<u8> {
        let form = "Host: a\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length";
        match self.asked % 5 {
            0 => {
                let body = format!("domain=localhost&apikey={:016x}&from=a&to=b&body=c", self.random());
                format!("POST /messages HTTP/1.1\r\nHost: a\r\n{form}: {}\r\n\r\n{body}", body.len())
                    .into_bytes()
            }
            1 => {
                let ticket = format!("{:016x}{:016x}{:08x}", self.random(), self.random(), self.turn);
                format!("GET /packets?domain=localhost&ticket={ticket} HTTP/1.1\r\nHost: a\r\n\r\n")
                    .into_bytes()
            }
            2 => b"GET /packets?domain=localhost&ticket=x&callback=alert(1)// HTTP/1.1\r\nHost: a\r\n\r\n"
                .to_vec(),
            3 => {
                format!("POST /presences/online HTTP/1.1\r\nHost: a\r\n{form}: 99999999\r\n\r\n").into_bytes()
            }
            _ => format!("{:016x} \r\n\r\n", self.random()).into_bytes(),
        }
    }

    fn random(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}

fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_nonblocking(true)?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn an_attack_ends_with_what_it_came_to() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        // It is closed on everybody at once, and nobody is answered.
        thread::spawn(move || listener.incoming().for_each(drop));
        let done = Attack::begin(address).unwrap().end().unwrap();
        assert!(done.connections >= HELD as u64 && done.answers == 0, "{done:?}");
    }

    #[test]
    fn an_attack_on_nobody_fails() {
        let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let failed = Attack::begin(nobody).err().map(|error| error.to_string());
        assert!(failed.is_some_and(|error| error.contains("could not connect")));
    }

    #[test]
    fn figures_of_an_attack() {
        let mut done = Done::default();
        done.add(Done { answers: 10, connections: 4, cpu: 500_000_000, took: 2_000_000_000 });
        assert!((done.rate(done.answers) - 5.0).abs() < 1e-9 && (done.cpu_share() - 0.25).abs() < 1e-9);
    }
}
