//! Sockets (`WebSocket`), as a browser or an app reads and writes them (RFC 6455), by hand.
//!
//! Owns: an open socket and its frames. Must not: answer a ping or acknowledge by itself.

use serde_json::Value;

use super::conn::Conn;
use super::http::{Response, request};

/// The key and what proves that it was read: the example of RFC 6455 section 1.3.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const PROOF: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
/// What frames are masked with.
const MASK: [u8; 4] = [0x37, 0xFA, 0x21, 0x3D];

/// First bytes of whole frames.
pub const TEXT: u8 = 0x81;
/// The same of a close.
pub const CLOSE: u8 = 0x88;
/// The same of bytes.
pub const BINARY: u8 = 0x82;
/// The same of a ping.
pub const PING: u8 = 0x89;
/// The same of a pong.
pub const PONG: u8 = 0x8A;

/// A socket that is open.
#[derive(Debug)]
pub struct Socket {
    conn: Conn,
}

/// A frame of the server, or the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// A text.
    Text(String),
    /// A ping, with its payload.
    Ping(Vec<u8>),
    /// A pong, with its payload.
    Pong(Vec<u8>),
    /// A close, with its code.
    Close(u16),
    /// The connection has ended.
    End,
}

/// A handshake with this target and these headers beside the usual ones.
pub fn handshake(target: &str, headers: &[(&str, &str)]) -> Vec<u8> {
    let usual = [
        ("Upgrade", "websocket"),
        ("Connection", "Upgrade"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", KEY),
    ];
    request(&format!("GET {target} HTTP/1.1"), &[&usual, headers].concat(), b"")
}

/// A masked frame with this first byte.
pub fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut out = vec![first];
    match u8::try_from(payload.len()) {
        Ok(length) if length < 126 => out.push(0x80 | length),
        _ => {
            out.push(0xFE);
            out.extend_from_slice(&u16::try_from(payload.len()).expect("a short text").to_be_bytes());
        }
    }
    out.extend_from_slice(&MASK);
    out.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    out
}

/// An acknowledgement, as a frame.
pub fn ack_frame(seq: u64) -> Vec<u8> {
    frame(TEXT, format!("{{\"seq\":{seq}}}").as_bytes())
}

impl Socket {
    /// Sends a handshake.
    ///
    /// # Errors
    ///
    /// The answer, if it is refused.
    #[track_caller]
    pub fn open(mut conn: Conn, handshake: &[u8]) -> Result<Socket, Response> {
        conn.send(handshake);
        let head = conn.head();
        if head.status != 101 {
            return Err(conn.body_of(head));
        }
        for (name, value) in
            [("upgrade", "websocket"), ("connection", "Upgrade"), ("sec-websocket-accept", PROOF)]
        {
            assert_eq!(head.header(name), Some(value), "{name}");
        }
        for name in
            ["sec-websocket-protocol", "sec-websocket-extensions", "content-length", "transfer-encoding"]
        {
            assert_eq!(head.header(name), None, "{name}");
        }
        Ok(Socket { conn })
    }

    /// Waits for the next frame, or for the end.
    #[track_caller]
    pub fn frame(&mut self) -> Frame {
        self.try_frame().unwrap_or(Frame::End)
    }

    #[track_caller]
    fn try_frame(&mut self) -> Option<Frame> {
        let header = self.conn.take(2)?;
        assert_eq!(header[1] & 0x80, 0, "a server masks nothing");
        let extended = match header[1] {
            126 => self.conn.take(2)?,
            127 => self.conn.take(8)?,
            short => vec![short],
        };
        let length = extended.iter().fold(0, |length: usize, byte| length << 8 | usize::from(*byte));
        let payload = self.conn.take(length)?;
        Some(match header[0] {
            TEXT => Frame::Text(String::from_utf8(payload).expect("texts are UTF-8")),
            PING => Frame::Ping(payload),
            PONG => Frame::Pong(payload),
            CLOSE => Frame::Close(u16::from_be_bytes(payload.try_into().expect("a code and nothing else"))),
            other => panic!("no such frame is sent: {other:#x}"),
        })
    }

    /// Waits for the next text, which must be JSON, past pings and pongs.
    #[track_caller]
    pub fn text(&mut self) -> Value {
        loop {
            match self.frame() {
                Frame::Text(text) => return serde_json::from_str(&text).expect("texts are JSON"),
                Frame::Ping(_) | Frame::Pong(_) => {}
                other @ (Frame::Close(_) | Frame::End) => panic!("a text, not {other:?}"),
            }
        }
    }

    /// Waits for the next text; the bodies of its messages.
    #[track_caller]
    pub fn bodies(&mut self) -> Vec<String> {
        let text = self.text();
        let messages = text["messages"].as_array().expect("a list");
        messages.iter().map(|message| message["body"].as_str().expect("a body").to_owned()).collect()
    }

    /// Waits for the close and for the end of the connection, past everything else; the code.
    #[track_caller]
    pub fn closed(mut self) -> u16 {
        loop {
            match self.frame() {
                Frame::Close(code) => {
                    assert_eq!(self.frame(), Frame::End, "nothing follows a close");
                    return code;
                }
                Frame::End => panic!("it ends without a close"),
                Frame::Text(_) | Frame::Ping(_) | Frame::Pong(_) => {}
            }
        }
    }

    /// Waits for the last text, which must say `stopped`, and for what must follow it. Gives the text and the code.
    #[track_caller]
    pub fn stopped(mut self) -> (Value, u16) {
        let last = loop {
            let text = self.text();
            if text["status"] == "stopped" {
                break text;
            }
        };
        let Frame::Close(code) = self.frame() else { panic!("what has stopped is closed") };
        assert_eq!(self.frame(), Frame::End, "nothing follows a close");
        (last, code)
    }

    /// Sends a frame.
    #[track_caller]
    pub fn send(&mut self, first: u8, payload: &[u8]) {
        self.conn.send(&frame(first, payload));
    }

    /// Acknowledges everything up to this packet.
    #[track_caller]
    pub fn ack(&mut self, seq: u64) {
        self.conn.send(&ack_frame(seq));
    }

    /// Sends these bytes, whatever they are.
    #[track_caller]
    pub fn send_bytes(&mut self, bytes: &[u8]) {
        self.conn.send(bytes);
    }

    /// Whether bytes, or the end, are there to be read.
    pub fn is_readable(&self) -> bool {
        self.conn.is_readable()
    }

    /// Sends nothing more, and waits until the server has noticed, and has passed on what came before.
    #[track_caller]
    pub fn leave(self) {
        self.conn.stop_sending();
        self.conn.rest();
    }

    /// The connection.
    pub fn into_conn(self) -> Conn {
        self.conn
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn frames_are_read_wherever_they_are_cut() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let conn = Conn::open(listener.local_addr().unwrap());
        let mut server = listener.accept().unwrap().0;
        let head = format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: {PROOF}\r\n\r\n"
        );
        let long = format!("\"{}\"", "x".repeat(126));
        let frames = [&b"\x81\x02{}\x89\x01p\x81\x7e\x00\x80"[..], long.as_bytes(), b"\x88\x02\x03\xe8"];
        for byte in [head.as_bytes(), &frames.concat()].concat() {
            server.write_all(&[byte]).unwrap();
        }
        drop(server);
        let mut socket = Socket::open(conn, b"").unwrap();
        assert_eq!(socket.frame(), Frame::Text("{}".to_owned()));
        assert_eq!(socket.frame(), Frame::Ping(b"p".to_vec()));
        assert_eq!(socket.text().as_str().map(str::len), Some(126));
        assert_eq!(socket.closed(), 1000);
    }

    #[test]
    fn a_frame_of_a_client_is_masked() {
        // The example of RFC 6455 section 5.7.
        assert_eq!(frame(TEXT, b"Hello"), b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
        assert_eq!(frame(TEXT, &[b'x'; 300])[..4], [0x81, 0xFE, 0x01, 0x2C]);
    }
}
