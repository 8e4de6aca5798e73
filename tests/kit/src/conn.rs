//! A connection that waits for its answers.
//!
//! Owns: one socket, and what was read of the next answer. Must not: know what an answer means.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};

use super::http::{Request, Response, extent, head_bytes};
use super::patience::PATIENCE;

/// A connection.
#[derive(Debug)]
pub struct Conn {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// Sends a request on a connection of its own. Returns the answer.
#[track_caller]
pub fn call(address: SocketAddr, request: &[u8]) -> Response {
    Conn::open(address).call(request)
}

/// Reads a request, as a site does to which something is posted.
///
/// # Errors
///
/// If the connection ends or fails before.
pub fn receive(mut stream: impl Read) -> io::Result<Request> {
    let (mut input, mut chunk) = (Vec::new(), [0; 16 * 1_024]);
    loop {
        if let Some((request, _)) = Request::parse(&input) {
            return Ok(request);
        }
        match stream.read(&mut chunk)? {
            0 => return Err(ErrorKind::UnexpectedEof.into()),
            count => input.extend_from_slice(&chunk[..count]),
        }
    }
}

impl Conn {
    /// Connects.
    #[track_caller]
    pub fn open(address: SocketAddr) -> Conn {
        Conn::over(TcpStream::connect(address).expect("the server accepts"))
    }

    /// Goes on with a stream that is connected.
    pub fn over(stream: TcpStream) -> Conn {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Conn { stream, buffer: Vec::new() }
    }

    /// Writes bytes. A server that has closed already has answered why.
    #[track_caller]
    pub fn send(&mut self, bytes: &[u8]) {
        if let Err(error) = self.stream.write_all(bytes) {
            let is_closed = [ErrorKind::BrokenPipe, ErrorKind::ConnectionReset].contains(&error.kind());
            assert!(is_closed, "{error}");
        }
    }

    /// Sends nothing more, and reads on.
    pub fn stop_sending(&self) {
        self.stream.shutdown(Shutdown::Write).unwrap();
    }

    /// The same connection, to be written to by another thread.
    pub fn writer(&self) -> TcpStream {
        self.stream.try_clone().unwrap()
    }

    /// Writes a request and reads its answer.
    #[track_caller]
    pub fn call(&mut self, request: &[u8]) -> Response {
        self.send(request);
        self.response()
    }

    /// Reads one answer, or one interim answer (1xx).
    #[track_caller]
    pub fn response(&mut self) -> Response {
        self.try_response().expect("an answer")
    }

    /// Reads one answer, or `None` if the connection ended without one.
    #[track_caller]
    pub fn try_response(&mut self) -> Option<Response> {
        self.read(true)
    }

    /// Reads one answer that has no body, though its head may announce one.
    #[track_caller]
    pub fn bodiless_response(&mut self) -> Response {
        self.read(false).expect("an answer")
    }

    #[track_caller]
    fn read(&mut self, with_body: bool) -> Option<Response> {
        let length = loop {
            match extent(&self.buffer, with_body) {
                Some((head, body)) => break head + body,
                None => self.fill()?,
            }
        };
        while self.buffer.len() < length {
            self.fill()?;
        }
        let answer: Vec<u8> = self.buffer.drain(..length).collect();
        Response::parse_as(&answer, with_body).map(|(response, _)| response)
    }

    /// Reads the head of an answer, whose body is read by [`Conn::chunk`].
    #[track_caller]
    pub(crate) fn head(&mut self) -> Response {
        let length = loop {
            match head_bytes(&self.buffer) {
                Some(length) => break length,
                None => self.fill().expect("a head"),
            }
        };
        let head: Vec<u8> = self.buffer.drain(..length).collect();
        Response::of_head(&head)
    }

    /// Goes on with what was read of the head alone.
    #[track_caller]
    pub(crate) fn body_of(&mut self, head: Response) -> Response {
        let length = head.header("content-length").expect("Content-Length").parse().expect("a number");
        while self.buffer.len() < length {
            self.fill().expect("a whole body");
        }
        Response { body: self.buffer.drain(..length).collect(), ..head }
    }

    /// Reads a chunk, the last of which is empty; `None` if the connection ended before.
    #[track_caller]
    pub(crate) fn chunk(&mut self) -> Option<Vec<u8>> {
        let (at, size) = loop {
            match self.buffer.windows(2).position(|window| window == b"\r\n") {
                Some(at) => {
                    let digits = std::str::from_utf8(&self.buffer[..at]).expect("digits");
                    break (at, usize::from_str_radix(digits, 16).expect("the size of a chunk"));
                }
                None => self.fill()?,
            }
        };
        let (from, to) = (at + 2, at + 2 + size);
        while self.buffer.len() < to + 2 {
            self.fill()?;
        }
        assert_eq!(&self.buffer[to..to + 2], b"\r\n", "a chunk ends with its line");
        let chunk = self.buffer[from..to].to_vec();
        self.buffer.drain(..to + 2);
        Some(chunk)
    }

    /// Reads this many bytes; `None` if the connection ended before.
    #[track_caller]
    pub fn take(&mut self, count: usize) -> Option<Vec<u8>> {
        while self.buffer.len() < count {
            self.fill()?;
        }
        Some(self.buffer.drain(..count).collect())
    }

    /// Reads at least this many bytes, and keeps nothing of them.
    #[track_caller]
    pub fn skip(&mut self, count: usize) {
        while self.buffer.len() < count {
            self.fill().expect("more bytes");
        }
        self.buffer.clear();
    }

    /// Everything up to the end of the connection; a reset counts as its end.
    #[track_caller]
    pub fn rest(mut self) -> Vec<u8> {
        while self.fill().is_some() {}
        self.buffer
    }

    /// Whether bytes, or the end of the connection, are there to be read.
    pub fn is_readable(&self) -> bool {
        self.stream.set_nonblocking(true).unwrap();
        let peeked = self.stream.peek(&mut [0]);
        self.stream.set_nonblocking(false).unwrap();
        !matches!(peeked, Err(error) if error.kind() == ErrorKind::WouldBlock)
    }

    /// Reads some bytes, or `None` if the connection has ended.
    #[track_caller]
    fn fill(&mut self) -> Option<()> {
        let mut chunk = [0; 16 * 1_024];
        let count = match self.stream.read(&mut chunk) {
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::Interrupted => return Some(()),
            Err(error) if is_end(&error) => 0,
            Err(error) => panic!("{error}, after {:?}", String::from_utf8_lossy(&self.buffer)),
        };
        self.buffer.extend_from_slice(&chunk[..count]);
        (count > 0).then_some(())
    }
}

fn is_end(error: &io::Error) -> bool {
    [ErrorKind::ConnectionReset, ErrorKind::BrokenPipe].contains(&error.kind())
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use super::*;
    use crate::http::get;

    #[test]
    fn answers_are_read_one_by_one_up_to_the_end() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = thread::spawn(move || {
            let mut stream = listener.accept().unwrap().0;
            stream.read_exact(&mut vec![0; get("/", &[]).len()]).unwrap();
            stream
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 204 No\r\n\r\nrest")
                .unwrap();
        });
        let mut conn = Conn::open(address);
        conn.call(&get("/", &[])).ok();
        assert_eq!(conn.response().status, 204);
        assert_eq!(conn.rest(), b"rest");
        server.join().unwrap();
    }
}
