//! A poll, or a stream or a socket in its place, that a page has sent.
//!
//! Owns: what comes back on its connection. Must not: know a session; the browser does.

use nextim_testkit::conn::Conn;
use nextim_testkit::events::Stream;
use nextim_testkit::http::Response;
use nextim_testkit::socket::Socket;
use serde_json::Value;

/// How a page waits for packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    /// By polls.
    Poll,
    /// By polls of scripts, whose answers are calls of a function.
    Script,
    /// By streams.
    Stream,
    /// By sockets.
    Socket,
}

impl Transport {
    /// Whether one connection brings many answers.
    pub(super) fn is_lasting(self) -> bool {
        matches!(self, Transport::Stream | Transport::Socket)
    }

    /// What a poll of this kind has beside the parameters of all.
    pub(crate) fn params(self) -> &'static [(&'static str, &'static str)] {
        if self == Transport::Script { &[("callback", CALLBACK)] } else { &[] }
    }

    /// What the answer of a poll of this kind says.
    #[track_caller]
    pub(crate) fn read(self, answer: &Response) -> Value {
        if self == Transport::Script { argument(answer) } else { answer.json() }
    }
}

/// A poll or a stream that was sent. Dropping it cuts its connection.
pub(crate) enum Poll {
    /// A poll of this kind, on this connection.
    Single(Conn, Transport),
    /// A stream, and its first event if that was read and not looked at.
    Stream(Box<Stream>, Option<Value>),
    /// The same of a socket.
    Socket(Box<Socket>, Option<Value>),
}

/// The function that answers of scripts call.
const CALLBACK: &str = "page.take";

/// What a script gives to its function.
#[track_caller]
fn argument(script: &Response) -> Value {
    assert_eq!(script.status, 200, "{}", script.text());
    assert_eq!(script.header("content-type"), Some("application/javascript; charset=utf-8"));
    let call = script.text().strip_prefix("/**/").and_then(|call| call.strip_prefix(CALLBACK));
    let argument = call.and_then(|call| call.strip_prefix('(')?.strip_suffix(");"));
    serde_json::from_str(argument.unwrap_or_else(|| panic!("no call in {script:?}"))).expect("it is JSON")
}

impl Poll {
    /// Waits for the answer, or for the next event or text.
    #[track_caller]
    pub(crate) fn answer(mut self) -> Value {
        self.next_answer()
    }

    #[track_caller]
    pub(super) fn next_answer(&mut self) -> Value {
        match self {
            Poll::Single(conn, by) => by.read(&conn.response()),
            Poll::Stream(stream, first) => first.take().unwrap_or_else(|| stream.event().data),
            Poll::Socket(socket, first) => first.take().unwrap_or_else(|| socket.text()),
        }
    }

    /// Waits for the answer of a poll.
    #[track_caller]
    pub(crate) fn response(self) -> Response {
        self.into_conn().response()
    }

    /// The connection of a poll.
    #[track_caller]
    pub(crate) fn into_conn(self) -> Conn {
        let Poll::Single(conn, _) = self else { panic!("this test is about polls") };
        conn
    }

    /// Waits for the answer, or for the last event, which must say `stopped`; gives its `reason`.
    #[track_caller]
    pub(crate) fn stopped(mut self) -> String {
        let answer = self.next_answer();
        assert_eq!(answer["status"], "stopped", "{answer}");
        answer["reason"].as_str().expect("a reason").to_owned()
    }

    /// Whether an answer, an event or the end is there to be read.
    pub(crate) fn is_readable(&self) -> bool {
        match self {
            Poll::Single(conn, _) => conn.is_readable(),
            Poll::Stream(stream, first) => first.is_some() || stream.is_readable(),
            Poll::Socket(socket, first) => first.is_some() || socket.is_readable(),
        }
    }

    /// Ends it, and waits until the server has noticed: it must not be in the way of the next one.
    pub(super) fn close(self) {
        match self {
            Poll::Single(..) => {}
            Poll::Stream(stream, _) => {
                let conn = stream.into_conn();
                conn.stop_sending();
                conn.rest();
            }
            Poll::Socket(socket, _) => socket.leave(),
        }
    }
}
