//! A hostile site: what somebody with a right apikey does to a server that others share.
//!
//! Owns: its domains, its users and its calls. On each of its connections the next call is sent as soon as the last one
//! is answered. One domain makes calls that are long or reach many; the other one sends long messages to users who
//! poll once at most, until it is refused and beyond. They are two, so that what one is refused does not spare the server the
//! rest. Some of these users wait, by each transport, and read nothing. Must not: read what such a user is sent.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use nextim_testkit::load::wire::{Parsed, Requests, Ticket, Transport, answer};

use super::attackers::{Attackers, Done, connect};

/// The domain whose calls are long or reach many.
const BUSY_DOMAIN: &str = "busy.example";
/// The domain whose users take nothing.
const MUTE_DOMAIN: &str = "mute.example";
/// The key of both.
const APIKEY: &str = "the key of a hostile site";

/// Names in each of the long calls: all that is read from one.
const NAMES: u32 = 2_000;
/// Users with as many idle sessions as a user may have; they come first among the names.
const CROWDED: u32 = 4;
/// Sessions of each of them.
const SESSIONS: u32 = 32;
/// Users with one idle session each; they come next.
const RESIDENTS: u32 = 100;
/// Users who come, naming everybody, and go; they come after those.
const GUESTS: u32 = 1_000;
/// Users who take no messages.
const MUTE: u32 = 600;
/// Those of them who wait, by one transport after another, and never read.
const DEAF: u32 = 200;
/// Bytes of a message's body, each of which counts six times.
const MESSAGE_BYTES: usize = 32_000;
const _: () = assert!(CROWDED + RESIDENTS + GUESTS <= NAMES, "all of them are named");
/// How long an answer may take while the users come and leave.
const PATIENCE: Duration = Duration::from_secs(30);
/// Connections for the calls of each kind.
const KINDS: [(Kind, u32); 4] =
    [(Kind::Unlink, 40), (Kind::ComeAndGo, 10), (Kind::Show, 10), (Kind::Shout, 20)];
/// Connections of the site.
pub(crate) const LINES: u32 = {
    let [(_, unlink), (_, guests), (_, show), (_, shout)] = KINDS;
    unlink + guests + show + shout
};

/// The site's domains as a server's configuration has them.
pub(crate) fn domains() -> String {
    let table = |name: &str| format!("[[domain]]\nname = {name:?}\napikeys = [{APIKEY:?}]\n");
    [BUSY_DOMAIN, MUTE_DOMAIN].map(table).concat()
}

/// What is called on a connection, over and over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// `/buddies/remove` of everybody.
    Unlink,
    /// `/presences/online` of a guest who names everybody, and then `/presences/offline`.
    ComeAndGo,
    /// `/presences/show` of a crowded user.
    Show,
    /// `/messages` to a mute user.
    Shout,
}

/// A connection of the site.
struct Line {
    kind: Kind,
    /// Which of the lines of its kind it is, and how many there are.
    place: (u32, u32),
    stream: TcpStream,
    /// Calls begun.
    begun: u32,
    /// Answers to them.
    answers: u64,
    /// The call, and how much of it was sent.
    out: Vec<u8>,
    sent: usize,
    /// The answer, as far as it was read.
    answer: Vec<u8>,
}

impl Line {
    /// Forgets the call, which is over.
    fn forget(&mut self) {
        self.out.clear();
        self.answer.clear();
        self.sent = 0;
    }
}

/// The site.
pub(super) struct Site {
    address: SocketAddr,
    busy: Requests,
    mute: Requests,
    lines: Vec<Line>,
    /// The connections of those who never read.
    deaf: Vec<TcpStream>,
    scratch: Vec<u8>,
    done: Done,
}

impl Site {
    pub(super) fn place(address: SocketAddr) -> io::Result<Site> {
        let mut site = Site::new(address);
        site.gather()?;
        site.place_deaf()?;
        site.open_lines()?;
        Ok(site)
    }

    fn new(address: SocketAddr) -> Site {
        let requests = |domain| Requests::new(&address.to_string(), domain, APIKEY, true);
        Site {
            address,
            busy: requests(BUSY_DOMAIN),
            mute: requests(MUTE_DOMAIN),
            lines: Vec::new(),
            deaf: Vec::new(),
            scratch: vec![0; 64 * 1_024],
            done: Done::default(),
        }
    }

    fn open_lines(&mut self) -> io::Result<()> {
        for (kind, count) in KINDS {
            for index in 0..count {
                let stream = self.connected()?;
                let (place, out, answer) = ((index, count), Vec::new(), Vec::new());
                self.lines.push(Line { kind, place, stream, begun: 0, answers: 0, out, sent: 0, answer });
            }
        }
        Ok(())
    }

    fn connected(&mut self) -> io::Result<TcpStream> {
        self.done.connections += 1;
        connect(self.address)
    }

    /// All who are to be there come online.
    fn gather(&mut self) -> io::Result<()> {
        let crowded = (0..CROWDED).flat_map(|user| (0..SESSIONS).map(move |_| user));
        let busy = crowded.chain(CROWDED..CROWDED + RESIDENTS);
        let busy = busy.map(|user| request(|out| self.busy.online(out, user, 0..0, None)));
        let mute = (0..MUTE).map(|user| request(|out| self.mute.online(out, user, 0..0, None)));
        let calls: Vec<Vec<u8>> = busy.chain(mute).collect();
        self.call_all(&calls).map(drop)
    }

    /// Some who take no messages open another page, which waits and never reads.
    fn place_deaf(&mut self) -> io::Result<()> {
        let calls: Vec<Vec<u8>> =
            (0..DEAF).map(|user| request(|out| self.mute.online(out, user, 0..0, None))).collect();
        for (ticket, by) in self.call_all(&calls)?.into_iter().zip(Transport::ALL.into_iter().cycle()) {
            let ticket = ticket.ok_or_else(|| unexpected("without a ticket"))?;
            let mut stream = self.connected()?;
            stream.write_all(&request(|out| self.mute.wait(out, by, &ticket, 0)))?;
            self.deaf.push(stream);
        }
        Ok(())
    }

    /// Everybody logs out, so that nothing is left of the attack.
    fn scatter(&mut self) -> io::Result<()> {
        let busy = (0..CROWDED + RESIDENTS + GUESTS).map(|user| request(|out| self.busy.offline(out, user)));
        let mute = (0..MUTE).map(|user| request(|out| self.mute.offline(out, user)));
        let calls: Vec<Vec<u8>> = busy.chain(mute).collect();
        self.call_all(&calls).map(drop)
    }

    /// Makes these calls, one after another. Each must be answered with success. Returns the tickets in the answers.
    fn call_all(&mut self, calls: &[Vec<u8>]) -> io::Result<Vec<Option<Ticket>>> {
        let mut stream = self.connected()?;
        stream.set_nonblocking(false)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let (mut read, mut tickets) = (Vec::new(), Vec::with_capacity(calls.len()));
        for call in calls {
            stream.write_all(call)?;
            read.clear();
            let status = loop {
                match answer(&read) {
                    Parsed::Whole { status, body, .. } => {
                        tickets.push(Ticket::find(body));
                        break status;
                    }
                    Parsed::Broken => return Err(unexpected("no HTTP")),
                    Parsed::Partial => {}
                }
                match stream.read(&mut self.scratch)? {
                    0 => return Err(ErrorKind::UnexpectedEof.into()),
                    bytes => read.extend_from_slice(&self.scratch[..bytes]),
                }
            };
            if status != 200 {
                return Err(unexpected(&status.to_string()));
            }
        }
        Ok(tickets)
    }

    /// A kind of which no call was answered.
    fn unanswered(&self) -> Option<Kind> {
        let is_answered = |kind| self.lines.iter().any(|line| line.kind == kind && line.answers > 0);
        KINDS.map(|(kind, _)| kind).into_iter().find(|kind| !is_answered(*kind))
    }

    /// Begins the next call of a line.
    fn begin(&mut self, index: usize) {
        let Site { busy, mute, lines, .. } = self;
        let Line { kind, place: (line, count), begun, out, .. } = &mut lines[index];
        let nth = |call: u32| call.wrapping_mul(*count).wrapping_add(*line);
        let (number, guest) = (nth(*begun), CROWDED + RESIDENTS + nth(*begun / 2) % GUESTS);
        let leaves = *begun % 2 == 1;
        *begun = begun.wrapping_add(1);
        match kind {
            Kind::Unlink => busy.remove(out, number % (CROWDED + RESIDENTS), 0..NAMES),
            Kind::ComeAndGo if leaves => busy.offline(out, guest),
            Kind::ComeAndGo => busy.online(out, guest, 0..NAMES, None),
            Kind::Show => busy.show(out, number % CROWDED, number),
            Kind::Shout => mute.shout(out, number % MUTE, number.into(), MESSAGE_BYTES),
        }
    }

    /// Sends and reads what can be sent and read on a line. Returns whether its connection is still of use.
    fn go_on(&mut self, index: usize) -> io::Result<bool> {
        let line = &mut self.lines[index];
        if line.sent < line.out.len() {
            // A call may be refused before all of it was read; then it cannot be sent, and its answer is there.
            line.sent += line.stream.write(&line.out[line.sent..]).unwrap_or(0);
        }
        loop {
            match line.stream.read(&mut self.scratch) {
                Ok(0) => return Ok(false),
                Ok(bytes) => line.answer.extend_from_slice(&self.scratch[..bytes]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(true),
                Err(_) => return Ok(false),
            }
            match answer(&line.answer) {
                Parsed::Whole { status, bytes, .. } if bytes == line.answer.len() => {
                    self.done.answers += 1;
                    line.answers += 1;
                    match status {
                        200 => {}
                        429 | 503 => self.done.refused += 1,
                        // On a machine that is very busy idle sessions end meanwhile.
                        404 if line.kind == Kind::Show => self.done.refused += 1,
                        status => return Err(unexpected(&status.to_string())),
                    }
                    let is_sent = line.sent == line.out.len();
                    line.forget();
                    return Ok(is_sent);
                }
                Parsed::Partial => {}
                Parsed::Broken | Parsed::Whole { .. } => return Err(unexpected("no HTTP")),
            }
        }
    }
}

impl Attackers for Site {
    const TURN: Duration = Duration::from_millis(2);

    fn turn(&mut self) -> io::Result<()> {
        for index in 0..self.lines.len() {
            if self.lines[index].out.is_empty() {
                self.begin(index);
            }
            if !self.go_on(index)? {
                let stream = self.connected()?;
                self.lines[index].forget();
                self.lines[index].stream = stream;
            }
        }
        Ok(())
    }

    fn end(mut self) -> io::Result<Done> {
        // On a machine that is very busy it may be the first ones that are still to be answered.
        let until = Instant::now() + PATIENCE;
        while let Some(kind) = self.unanswered() {
            if Instant::now() > until {
                return Err(io::Error::other(format!("no call was answered: {kind:?}")));
            }
            self.turn()?;
            thread::sleep(Self::TURN);
        }
        self.lines.clear();
        self.deaf.clear();
        self.scatter()?;
        Ok(self.done)
    }
}

fn request(write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut out = Vec::new();
    write(&mut out);
    out
}

fn unexpected(what: &str) -> io::Error {
    io::Error::other(format!("a call of the hostile site was answered {what}"))
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    /// The lines of a site whose connections are all treated like this.
    fn site(treat: impl Fn(TcpStream) -> Option<TcpStream> + Send + 'static) -> Site {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut site = Site::new(listener.local_addr().unwrap());
        thread::spawn(move || listener.incoming().flatten().filter_map(treat).collect::<Vec<_>>());
        site.open_lines().unwrap();
        site
    }

    #[test]
    fn a_call_whose_connection_was_closed_is_not_answered() {
        let mut closed = site(|_| None);
        while closed.lines.iter().any(|line| line.begun < 3) {
            closed.turn().unwrap();
        }
        assert_eq!((closed.unanswered(), closed.done.answers), (Some(Kind::Unlink), 0));
    }

    #[test]
    fn every_kind_of_call_must_be_answered_or_refused() {
        let mut refused = site(|mut stream| {
            stream.write_all(b"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n").ok()?;
            Some(stream)
        });
        while refused.lines.iter().any(|line| line.answers == 0) {
            refused.turn().unwrap();
        }
        assert_eq!(refused.unanswered(), None);
        let Done { answers, refused: counted, .. } = refused.done;
        assert!(answers >= LINES.into() && counted == answers, "{answers} {counted}");
        for line in refused.lines.iter_mut().filter(|line| line.kind == Kind::Shout) {
            line.answers = 0;
        }
        assert_eq!(refused.unanswered(), Some(Kind::Shout));
    }
}
