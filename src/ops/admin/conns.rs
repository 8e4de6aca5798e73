//! The connections of the admin listener: one thread for all of them.
//!
//! Owns: accepting, the state and the deadline of each connection, and the choice of the one that gives way. Must not:
//! name `http` or a path, or hold more connections than [`ADMIN_CONNECTIONS_MAX`].
//!
//! A client can open connections and send nothing, or a byte now and then, or read no answer. With a thread for each
//! connection, such clients occupy all threads until the deadlines, a probe of `/healthz` is refused, and a supervisor
//! restarts a healthy server. So one thread polls all connections. It reads all bytes that have arrived, then accepts
//! newcomers, and if there is no room for one, the oldest connection gives way. The request of a probe arrives with its
//! connection, so it is answered long before its connection is the oldest.

use std::io::{self, ErrorKind, Read, Write};
use std::mem;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use crate::base::clock::Deadline;
use crate::base::limits::ops::{
    ADMIN_ACCEPTS_PER_TURN, ADMIN_CONNECTIONS_MAX, ADMIN_HEAD_BYTES_MAX, ADMIN_MS,
};
use crate::base::limits::turn::ACCEPT_REST_MS;

/// The source of answers.
pub(super) trait Responder {
    /// The answer to a request; `None` while these bytes are only a part of it.
    fn answer(&self, request: &[u8]) -> Option<Vec<u8>>;
    /// The answer to a request that did not arrive in time.
    fn too_late(&self) -> Vec<u8>;
}

#[derive(Debug)]
struct AdminConn {
    stream: TcpStream,
    /// The deadline of the current state.
    deadline: Deadline,
    state: AdminConnState,
}

#[derive(Debug)]
enum AdminConnState {
    /// The request is incomplete; this is what has arrived.
    Reading(Vec<u8>),
    /// The answer is being written; this is the rest.
    Writing(Vec<u8>),
    /// The answer is written, and input is dropped until the client closes: a close on bytes that were not read would
    /// be a reset, which may overtake the answer. The client may still send this many bytes.
    Parting(usize),
}

/// Serves until the listener is shut down.
pub(super) fn serve(listener: &TcpListener, answers: &impl Responder) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    // The oldest first.
    let mut conns: Vec<AdminConn> = Vec::new();
    loop {
        let ready = wait(listener, &conns)?;
        let (newcomers, ready) = ready.split_first().expect("the listener comes first");
        let mut ready = ready.iter();
        conns.retain_mut(|conn| conn.turn(*ready.next().expect("each connection has an entry"), answers));
        if *newcomers && !accept(listener, &mut conns, answers) {
            return Ok(());
        }
    }
}

/// Waits for the listener or a connection. Returns which of them are ready, the listener first.
fn wait(listener: &TcpListener, conns: &[AdminConn]) -> io::Result<Vec<bool>> {
    let first = PollFd::new(listener, PollFlags::IN);
    let mut all: Vec<PollFd<'_>> =
        std::iter::once(first).chain(conns.iter().map(AdminConn::awaited)).collect();
    let next = conns.iter().map(|conn| conn.deadline.left().unwrap_or_default()).min();
    let timeout = next.map(Timespec::try_from).transpose().map_err(io::Error::other)?;
    match poll(&mut all, timeout.as_ref()) {
        Ok(_) | Err(Errno::INTR) => Ok(all.iter().map(|fd| !fd.revents().is_empty()).collect()),
        Err(error) => Err(error.into()),
    }
}

/// Accepts some newcomers, and reads what they have sent. Returns whether the listener still listens.
fn accept(listener: &TcpListener, conns: &mut Vec<AdminConn>, answers: &impl Responder) -> bool {
    for _ in 0..ADMIN_ACCEPTS_PER_TURN {
        match listener.accept() {
            Ok((stream, _)) => {
                if conns.len() >= ADMIN_CONNECTIONS_MAX {
                    give_way(conns);
                }
                conns.extend(
                    AdminConn::new(stream).ok().and_then(|mut conn| conn.turn(true, answers).then_some(conn)),
                );
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => return true,
            Err(error) if matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::Interrupted) => {}
            // accept(2): the socket does not listen any more.
            Err(error) if error.kind() == ErrorKind::InvalidInput => return false,
            Err(error) => {
                log::warn!("the admin listener cannot accept: {error}");
                // The cause may be a lack of descriptors; closing a connection frees one.
                if !give_way(conns) {
                    thread::sleep(Duration::from_millis(ACCEPT_REST_MS));
                }
                return true;
            }
        }
    }
    true
}

/// Closes the oldest answered connection, or else the oldest. Returns whether there was one.
fn give_way(conns: &mut Vec<AdminConn>) -> bool {
    let parting = conns.iter().position(|conn| matches!(conn.state, AdminConnState::Parting(_)));
    let least = parting.or((!conns.is_empty()).then_some(0));
    least.map(|index| conns.remove(index)).is_some()
}

impl AdminConn {
    fn new(stream: TcpStream) -> io::Result<AdminConn> {
        stream.set_nonblocking(true)?;
        stream.set_nodelay(true)?;
        Ok(AdminConn {
            stream,
            deadline: Deadline::after_ms(ADMIN_MS),
            state: AdminConnState::Reading(Vec::new()),
        })
    }

    fn awaited(&self) -> PollFd<'_> {
        let events = match self.state {
            AdminConnState::Reading(_) | AdminConnState::Parting(_) => PollFlags::IN,
            AdminConnState::Writing(_) => PollFlags::OUT,
        };
        PollFd::new(&self.stream, events)
    }

    /// Reads and writes as far as possible without a wait. Returns whether the connection stays open.
    fn turn(&mut self, is_ready: bool, answers: &impl Responder) -> bool {
        let result = if is_ready { self.proceed(answers) } else { Ok(true) };
        match result {
            Ok(true) if self.deadline.left().is_none() => self.expire(answers),
            Ok(stays) => stays,
            Err(error) => {
                log::debug!("a connection to the admin listener broke: {error}");
                false
            }
        }
    }

    fn proceed(&mut self, answers: &impl Responder) -> io::Result<bool> {
        loop {
            match self.step(answers) {
                Ok(Some(state)) => self.state = state,
                Ok(None) => return Ok(false),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(true),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Reads or writes once. Returns the next state, or `None` at the end. The caller repeats this until the socket
    /// would block, so everything that has arrived is read. Each state is bounded: by the length of a head, of an
    /// answer, of a rest.
    fn step(&mut self, answers: &impl Responder) -> io::Result<Option<AdminConnState>> {
        let mut buffer = [0; 2_048];
        match &mut self.state {
            AdminConnState::Reading(request) => {
                let count = self.stream.read(&mut buffer)?;
                if count == 0 {
                    return Ok(None);
                }
                request.extend_from_slice(&buffer[..count]);
                let Some(answer) = answers.answer(request) else {
                    return Ok(Some(AdminConnState::Reading(mem::take(request))));
                };
                self.deadline = Deadline::after_ms(ADMIN_MS);
                Ok(Some(AdminConnState::Writing(answer)))
            }
            AdminConnState::Writing(answer) => {
                let count = self.stream.write(answer)?;
                answer.drain(..count);
                if !answer.is_empty() {
                    return Ok(Some(AdminConnState::Writing(mem::take(answer))));
                }
                self.stream.shutdown(Shutdown::Write)?;
                Ok(Some(AdminConnState::Parting(ADMIN_HEAD_BYTES_MAX)))
            }
            AdminConnState::Parting(left) => {
                let count = self.stream.read(&mut buffer)?;
                Ok(left.checked_sub(count).filter(|_| count > 0).map(AdminConnState::Parting))
            }
        }
    }

    /// Handles the end of the connection's deadline. Returns whether the connection stays open.
    fn expire(&mut self, answers: &impl Responder) -> bool {
        match self.state {
            AdminConnState::Reading(_) => {
                self.state = AdminConnState::Writing(answers.too_late());
                self.deadline = Deadline::after_ms(ADMIN_MS);
                self.turn(true, answers)
            }
            AdminConnState::Writing(_) | AdminConnState::Parting(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Responder a line that ends, with its length.
    struct Lengths;

    impl Responder for Lengths {
        fn answer(&self, request: &[u8]) -> Option<Vec<u8>> {
            request.ends_with(b"\n").then(|| request.len().to_string().into_bytes())
        }

        fn too_late(&self) -> Vec<u8> {
            b"late".to_vec()
        }
    }

    /// A connection, and its other end.
    fn pair(listener: &TcpListener) -> (AdminConn, TcpStream) {
        let peer = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        (AdminConn::new(listener.accept().unwrap().0).unwrap(), peer)
    }

    fn answered(mut peer: &TcpStream) -> String {
        let mut answer = String::new();
        peer.read_to_string(&mut answer).unwrap();
        answer
    }

    #[test]
    fn a_request_may_come_in_parts_and_late() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (mut conn, mut peer) = pair(&listener);
        assert!(conn.turn(true, &Lengths), "nothing has come yet");
        for byte in [b"a", b"b"] {
            peer.write_all(byte).unwrap();
            wait(&listener, std::slice::from_ref(&conn)).unwrap();
            assert!(conn.turn(true, &Lengths));
        }
        peer.write_all(b"\n").unwrap();
        wait(&listener, std::slice::from_ref(&conn)).unwrap();
        assert!(conn.turn(true, &Lengths), "it is listened to until it closes");
        assert_eq!(answered(&peer), "3");
        drop(peer);
        wait(&listener, std::slice::from_ref(&conn)).unwrap();
        assert!(!conn.turn(true, &Lengths));

        let (mut conn, peer) = pair(&listener);
        conn.deadline = Deadline::after_ms(0);
        assert!(conn.turn(false, &Lengths));
        assert_eq!(answered(&peer), "late");
        conn.deadline = Deadline::after_ms(0);
        assert!(!conn.turn(false, &Lengths), "a late request is answered once");
    }

    #[test]
    fn all_that_has_arrived_is_read_at_once() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (mut conn, mut peer) = pair(&listener);
        let request = [&[b'a'; 5_000][..], b"\n"].concat();
        peer.write_all(&request).unwrap();
        let mut there = vec![0; 2 * request.len()];
        while !matches!(conn.stream.peek(&mut there), Ok(count) if count == request.len()) {
            wait(&listener, std::slice::from_ref(&conn)).unwrap();
        }
        assert!(conn.turn(true, &Lengths) && matches!(conn.state, AdminConnState::Parting(_)));
        assert_eq!(answered(&peer), "5001");
    }

    /// Responder with several times what the kernel keeps for a peer that reads nothing.
    struct Long(Vec<u8>);

    impl Long {
        fn new(listener: &TcpListener) -> Long {
            let (mut conn, _peer) = pair(listener);
            let mut kept = 0;
            while let Ok(count) = conn.stream.write(&[0; 16 * 1_024]) {
                kept += count;
            }
            // No buffer is a multiple of 251 bytes, so a piece that is lost or comes twice is seen.
            Long((0..251).cycle().take(4 * kept).collect())
        }
    }

    impl Responder for Long {
        fn answer(&self, _: &[u8]) -> Option<Vec<u8>> {
            Some(self.0.clone())
        }

        fn too_late(&self) -> Vec<u8> {
            Vec::new()
        }
    }

    /// A connection of which only the beginning of its answer was taken, and its other end.
    fn blocked(listener: &TcpListener, long: &Long) -> (AdminConn, TcpStream) {
        let (mut conn, mut peer) = pair(listener);
        peer.write_all(b"\n").unwrap();
        wait(listener, std::slice::from_ref(&conn)).unwrap();
        assert!(conn.turn(true, long));
        assert!(
            matches!(&conn.state, AdminConnState::Writing(rest) if (1..long.0.len()).contains(&rest.len()))
        );
        (conn, peer)
    }

    #[test]
    fn an_answer_may_be_taken_in_parts() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let long = Long::new(&listener);
        let (mut conn, mut peer) = blocked(&listener, &long);
        let reader = thread::spawn(move || {
            let mut taken = Vec::new();
            peer.read_to_end(&mut taken).map(|_| taken)
        });
        while let AdminConnState::Writing(_) = conn.state {
            // However slow this machine is.
            conn.deadline = Deadline::after_ms(ADMIN_MS);
            let ready = wait(&listener, std::slice::from_ref(&conn)).unwrap();
            // Once all is written the peer may have closed before it is looked at again.
            let stays = conn.turn(ready[1], &long);
            assert!(stays || matches!(conn.state, AdminConnState::Parting(_)));
        }
        assert!(reader.join().unwrap().unwrap() == long.0, "all of it arrives");
    }

    #[test]
    fn an_answer_that_is_not_taken_in_time_is_given_up() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let long = Long::new(&listener);
        for is_ready in [false, true] {
            let (mut conn, _peer) = blocked(&listener, &long);
            conn.deadline = Deadline::after_ms(0);
            assert!(!conn.turn(is_ready, &long));
        }
    }

    #[test]
    fn what_was_answered_gives_way_and_then_the_oldest() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (mut conns, peers): (Vec<AdminConn>, Vec<TcpStream>) = (0..3).map(|_| pair(&listener)).unzip();
        conns[1].state = AdminConnState::Parting(1);
        let left = |conns: &[AdminConn]| -> Vec<bool> {
            let ports: Vec<_> = conns.iter().map(|conn| conn.stream.peer_addr().unwrap()).collect();
            peers.iter().map(|peer| ports.contains(&peer.local_addr().unwrap())).collect()
        };
        assert!(give_way(&mut conns));
        assert_eq!(left(&conns), [true, false, true]);
        assert!(give_way(&mut conns));
        assert_eq!(left(&conns), [false, false, true]);
        assert!(give_way(&mut conns) && !give_way(&mut conns));
    }
}
