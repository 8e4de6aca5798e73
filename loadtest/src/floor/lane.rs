//! One thread of the stand-in server: an event loop, connections, users.
//!
//! Owns: everything it touches. Must not: parse. A request is told by its first bytes; its user by the digits that
//! follow a word that is searched for; a message's id is its last bytes.

use std::collections::{HashMap, VecDeque};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use memchr::memmem;
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};
use nextim_testkit::load::digits::{ID_DIGITS, NUMBER_DIGITS};
use nextim_testkit::load::wire::{content_length, whole};
use socket2::{Domain, Protocol, Socket, Type};

use super::answers;

const LISTENER: Token = Token(usize::MAX);
/// Most events of one turn.
const EVENTS: usize = 1_024;
/// Most connections accepted in one turn.
const ACCEPTS: usize = 128;
const READ_BYTES: usize = 64 * 1_024;
const BACKLOG: i32 = 65_535;
/// How long a poll is held, in milliseconds: what `NextIM`'s polls are held on average.
const HOLD_MS: u64 = 26_500;
/// How long a buddy's name is in a list, its separator included.
const BUDDY_BYTES: usize = NUMBER_DIGITS + 1 + b"%2C".len();

#[derive(Default)]
struct FloorUser {
    /// The connection whose poll is parked.
    parked: Option<usize>,
    /// How many polls of this user were parked. A timer for an earlier poll is void.
    parks: u32,
    online: bool,
    ids: Vec<[u8; ID_DIGITS]>,
    presences: u32,
    seq: u32,
}

struct Conn {
    stream: TcpStream,
    user: Option<u32>,
    rest: Vec<u8>,
}

/// A thread's side of the stand-in server.
pub(super) struct Lane {
    poll: Poll,
    listener: TcpListener,
    /// There may be more to accept.
    accepting: bool,
    conns: Vec<Option<Conn>>,
    free: Vec<usize>,
    users: HashMap<u32, FloorUser>,
    rooms: HashMap<u32, Vec<u32>>,
    /// Polls to be answered empty, in order: since when, whose, which.
    timers: VecDeque<(u64, u32, u32)>,
    base: Instant,
    out: Vec<u8>,
}

impl Lane {
    /// Opens a port of its own.
    pub(super) fn open() -> io::Result<(Lane, SocketAddr)> {
        let socket = Socket::new(Domain::IPV4, Type::STREAM.nonblocking(), Some(Protocol::TCP))?;
        socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())?;
        socket.set_tcp_nodelay(true)?;
        socket.listen(BACKLOG)?;
        let mut listener = TcpListener::from_std(socket.into());
        let address = listener.local_addr()?;
        let poll = Poll::new()?;
        poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
        let lane = Lane {
            poll,
            listener,
            accepting: true,
            conns: Vec::new(),
            free: Vec::new(),
            users: HashMap::new(),
            rooms: HashMap::new(),
            timers: VecDeque::new(),
            base: Instant::now(),
            out: Vec::new(),
        };
        Ok((lane, address))
    }

    /// Serves for ever.
    pub(super) fn run(mut self) -> io::Result<()> {
        let mut events = Events::with_capacity(EVENTS);
        let mut scratch = vec![0; READ_BYTES];
        loop {
            let wait = if self.accepting { Some(Duration::ZERO) } else { self.next_timer() };
            match self.poll.poll(&mut events, wait) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
            for event in &events {
                match event.token() {
                    LISTENER => self.accepting = true,
                    Token(index) => self.ready(index, &mut scratch, event.is_read_closed()),
                }
            }
            self.fire_timers();
            self.accept()?;
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.base.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn next_timer(&self) -> Option<Duration> {
        let (since, _, _) = self.timers.front()?;
        Some(Duration::from_millis((since + HOLD_MS).saturating_sub(self.now()) + 1))
    }

    fn fire_timers(&mut self) {
        if self.timers.is_empty() {
            return;
        }
        let now = self.now();
        while let Some((since, user, parks)) = self.timers.front().copied()
            && since + HOLD_MS <= now
        {
            self.timers.pop_front();
            if self.users.get(&user).is_some_and(|user| user.parks == parks && user.parked.is_some()) {
                self.deliver(user, b"ok");
            }
        }
    }

    fn accept(&mut self) -> io::Result<()> {
        for _ in 0..if self.accepting { ACCEPTS } else { 0 } {
            match self.listener.accept() {
                Ok((mut stream, _)) => {
                    let index = self.free.pop().unwrap_or_else(|| {
                        self.conns.push(None);
                        self.conns.len() - 1
                    });
                    self.poll.registry().register(&mut stream, Token(index), Interest::READABLE)?;
                    self.conns[index] = Some(Conn { stream, user: None, rest: Vec::new() });
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.accepting = false,
                Err(error)
                    if matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::Interrupted) => {}
                Err(error) => return Err(error),
            }
            if !self.accepting {
                break;
            }
        }
        Ok(())
    }

    fn ready(&mut self, index: usize, scratch: &mut [u8], closed: bool) {
        loop {
            let Some(Some(conn)) = self.conns.get_mut(index) else { return };
            match conn.stream.read(scratch) {
                Ok(0) => return self.close(index),
                Ok(bytes) => {
                    if conn.rest.is_empty() {
                        self.requests(index, &scratch[..bytes]);
                    } else {
                        let whole = [&std::mem::take(&mut conn.rest), &scratch[..bytes]].concat();
                        self.requests(index, &whole);
                    }
                    if bytes < scratch.len() && !closed {
                        return;
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return self.close(index),
            }
        }
    }

    fn close(&mut self, index: usize) {
        if let Some(conn) = self.conns[index].take() {
            self.free.push(index);
            if let Some(user) = conn.user.and_then(|user| self.users.get_mut(&user))
                && user.parked == Some(index)
            {
                user.parked = None;
            }
        }
    }

    fn requests(&mut self, index: usize, mut bytes: &[u8]) {
        while let Some(head) = memmem::find(bytes, b"\r\n\r\n") {
            let body =
                if bytes.starts_with(b"POST") { content_length(&bytes[..head]).unwrap_or(0) } else { 0 };
            let Some(request) = bytes.get(..head + 4 + body) else { break };
            bytes = &bytes[request.len()..];
            self.request(index, request);
        }
        if let Some(Some(conn)) = self.conns.get_mut(index) {
            conn.rest = bytes.to_vec();
        }
    }

    fn request(&mut self, index: usize, request: &[u8]) {
        let Some((path, rest)) = request.split_at_checked(20) else {
            return self.write(index, answers::UNKNOWN);
        };
        match path {
            b"POST /messages HTTP/" => self.message(index, rest),
            b"POST /signals HTTP/1" => self.write(index, answers::OK),
            b"POST /presences/onli" => self.online(index, rest),
            b"POST /presences/offl" => {
                if let Some(user) = number_after(rest, b"&name=u") {
                    if let Some(found) = self.users.get_mut(&user) {
                        found.online = false;
                        self.deliver(user, b"stopped");
                    }
                    self.write(index, answers::OK);
                }
            }
            path if path.starts_with(b"GET /packets?") => {
                if let Some(user) = number_after(rest, b"&ticket=t") {
                    self.park(index, user);
                }
            }
            _ => self.write(index, answers::UNKNOWN),
        }
    }

    fn online(&mut self, index: usize, request: &[u8]) {
        let Some(name) = number_after(request, b"&name=u") else { return };
        self.users.entry(name).or_default().online = true;
        if let Some(room) = number_after(request, b"&rooms=r") {
            let members = self.rooms.entry(room).or_default();
            if !members.contains(&name) {
                members.push(name);
            }
        }
        let at = memmem::find(request, b"&buddies=").map_or(request.len(), |at| at + b"&buddies=".len());
        let mut online = 0;
        for buddy in request[at..].chunks(BUDDY_BYTES) {
            let Some(number) = number_after(buddy, b"u") else { break };
            if let Some(user) = self.users.get_mut(&number)
                && user.online
            {
                (online, user.presences) = (online + 1, user.presences + 1);
                self.deliver_if_parked(number);
            }
        }
        self.out.clear();
        answers::online(&mut self.out, name, online);
        self.write_out(index);
    }

    fn message(&mut self, index: usize, request: &[u8]) {
        let ends = request.len() - ID_DIGITS;
        let id: [u8; ID_DIGITS] = request[ends..].try_into().expect("as long as an id");
        let to = memmem::rfind(request, b"&to=").map_or(ends, |at| at + b"&to=".len());
        let number = whole(&request[to + 1..]).and_then(|number| u32::try_from(number).ok()).unwrap_or(0);
        let sender = number_after(request, b"&ticket=t");
        match request[to] {
            b'u' => self.put(number, id),
            b'r' => {
                let members = self.rooms.remove(&number).unwrap_or_default();
                for member in members.iter().filter(|member| Some(**member) != sender) {
                    self.put(*member, id);
                }
                self.rooms.insert(number, members);
            }
            _ => {
                let everybody: Vec<u32> = self.users.keys().copied().collect();
                for user in everybody.into_iter().filter(|user| Some(*user) != sender) {
                    self.put(user, id);
                }
            }
        }
        self.write(index, answers::DELIVERED);
    }

    fn put(&mut self, user: u32, id: [u8; ID_DIGITS]) {
        if let Some(found) = self.users.get_mut(&user).filter(|user| user.online) {
            found.ids.push(id);
            self.deliver_if_parked(user);
        }
    }

    fn park(&mut self, index: usize, user: u32) {
        let now = self.now();
        // As the message server does with a ticket whose session has ended.
        let found = self.users.get_mut(&user).filter(|user| user.online);
        let Some(found) = found else { return self.write(index, answers::UNKNOWN) };
        (found.parked, found.parks) = (Some(index), found.parks.wrapping_add(1));
        if let Some(Some(conn)) = self.conns.get_mut(index) {
            conn.user = Some(user);
        }
        if found.ids.is_empty() && found.presences == 0 {
            self.timers.push_back((now, user, found.parks));
        } else {
            self.deliver(user, b"ok");
        }
    }

    fn deliver_if_parked(&mut self, user: u32) {
        if self.users.get(&user).is_some_and(|user| user.parked.is_some()) {
            self.deliver(user, b"ok");
        }
    }

    /// Answers a user's poll with everything that waits for the user.
    fn deliver(&mut self, user: u32, status: &[u8]) {
        let Some(user) = self.users.get_mut(&user) else { return };
        let Some(index) = user.parked.take() else { return };
        user.seq += 1;
        self.out.clear();
        answers::news(&mut self.out, &user.ids, user.presences, user.seq, status);
        user.ids.clear();
        user.presences = 0;
        self.write_out(index);
    }

    fn write_out(&mut self, index: usize) {
        let out = std::mem::take(&mut self.out);
        self.write(index, &out);
        self.out = out;
    }

    /// Writes once. A connection that does not take all of it is closed.
    fn write(&mut self, index: usize, bytes: &[u8]) {
        let Some(Some(conn)) = self.conns.get_mut(index) else { return };
        if !conn.stream.write(bytes).is_ok_and(|written| written == bytes.len()) {
            self.close(index);
        }
    }
}

/// The number that follows a word.
fn number_after(text: &[u8], word: &[u8]) -> Option<u32> {
    let at = memmem::find(text, word)? + word.len();
    u32::try_from(whole(text.get(at..at + NUMBER_DIGITS)?)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        for (text, expected) in
            [("a&name=u00000012&b", Some(12)), ("a&name=u0000001", None), ("a&name=r00000012", None)]
        {
            assert_eq!(number_after(text.as_bytes(), b"&name=u"), expected, "{text}");
        }
    }
}
