//! The puppet's sockets: one thread a connection.
//!
//! The test kit reads requests of our own server alone. Sites keep connections, send bodies in chunks, and wait for leave to
//! send them, each as its HTTP client does.
//!
//! Owns: reading calls and writing answers. Must not: decide what to do with a call.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use super::call::Call;
use super::people::Answer;
use super::state::{Act, Shared};
use crate::wire::unchunked;

/// Accepts connections until the process ends.
pub(super) fn start(listener: TcpListener, shared: Arc<Shared>) {
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                // A site may cut its connection at any time.
                serve(stream, &shared).ok();
            });
        }
    });
}

fn serve(mut stream: TcpStream, shared: &Shared) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = Vec::new();
    while let Some(request) = next(&mut stream, &mut buffer)? {
        let (case, act, real, call) = decide(shared, &request);
        if act == Act::Hang {
            let state = shared.lock();
            drop(shared.changed.wait_while(state, |state| state.case == case));
            return Ok(());
        }
        if act == Act::Cut {
            return Ok(());
        }
        if let Act::Refuse(status, text) = act {
            write(&mut stream, &Answer::text(status, text), request.keep)?;
        } else if let Some(real) = real {
            return pass(stream, real, &request);
        } else {
            let answer = answer(shared, &call);
            if act == Act::CutAnswer {
                return stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: applica");
            }
            write(&mut stream, &answer, request.keep)?;
        }
        if !request.keep {
            return Ok(());
        }
    }
    Ok(())
}

/// What to do with a request. A hook runs without the lock: it may call the site, and the site this puppet.
fn decide(shared: &Shared, request: &Incoming) -> (usize, Act, Option<SocketAddr>, Call) {
    let call = Call::read(&request.target, &request.headers, &request.body);
    let mut state = shared.lock();
    if !call.is_check() {
        state.calls.push(call.clone());
    }
    let (case, real) = (state.case, state.real);
    let at = state.hooks.iter().position(|(path, _)| *path == call.path);
    let hook = at.and_then(|at| state.hooks.remove(at));
    let always = state.always.unwrap_or(Act::Answer);
    drop(state);
    let act = hook.map_or(always, |(_, hook)| hook(&call));
    (case, act, real, call)
}

fn answer(shared: &Shared, call: &Call) -> Answer {
    let is_known = call.get("domain") == shared.domain && call.get("apikey") == shared.apikey;
    if call.path == "/health" {
        return Answer::text(200, "ok");
    }
    if !is_known {
        return Answer::text(401, "authentication failed");
    }
    let own_url = format!("http://{}", shared.address);
    shared.lock().people.answer(call, &own_url)
}

/// A request, as it came.
struct Incoming {
    target: String,
    /// The names in small letters.
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    head: Vec<u8>,
    keep: bool,
}

/// Reads the next request; none if the site has closed the connection.
fn next(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> io::Result<Option<Incoming>> {
    let mut chunk = [0; 16 * 1_024];
    let mut invited = false;
    loop {
        match parse(buffer)? {
            Progress::Whole(request, bytes) => {
                buffer.drain(..bytes);
                return Ok(Some(request));
            }
            Progress::WaitsForLeave if !invited => {
                stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
                invited = true;
            }
            Progress::WaitsForLeave | Progress::Part => {
                let count = stream.read(&mut chunk)?;
                if count == 0 {
                    return Ok(None);
                }
                buffer.extend_from_slice(&chunk[..count]);
            }
        }
    }
}

enum Progress {
    Part,
    /// The head is here, and its sender waits for leave to send the body.
    WaitsForLeave,
    Whole(Incoming, usize),
}

fn parse(bytes: &[u8]) -> io::Result<Progress> {
    let wrong = |text: &str| io::Error::new(io::ErrorKind::InvalidData, text.to_owned());
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut request = httparse::Request::new(&mut headers);
    let parsed = request.parse(bytes).map_err(|_| wrong("no HTTP"))?;
    let httparse::Status::Complete(head) = parsed else { return Ok(Progress::Part) };
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    let target = request.path.unwrap_or_default().to_owned();
    let is_old = request.version == Some(0);
    let headers: Vec<(String, String)> =
        request.headers.iter().map(|header| (header.name.to_ascii_lowercase(), text(header.value))).collect();
    let header = |name: &str| headers.iter().find(|(found, _)| found == name).map(|(_, value)| &**value);
    let (body, end) = if header("transfer-encoding").is_some() {
        match unchunked(&bytes[head..])? {
            Some((body, length)) => (body, head + length),
            None => return Ok(Progress::Part),
        }
    } else {
        let length: usize =
            header("content-length").map_or(Ok(0), str::parse).map_err(|_| wrong("no length"))?;
        match bytes.get(head..head + length) {
            Some(body) => (body.to_vec(), head + length),
            None if header("expect").is_some() => return Ok(Progress::WaitsForLeave),
            None => return Ok(Progress::Part),
        }
    };
    let closes = header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
    let keep = !is_old && !closes;
    Ok(Progress::Whole(Incoming { target, headers, body, head: bytes[..head].to_vec(), keep }, end))
}

fn write(stream: &mut TcpStream, answer: &Answer, keep: bool) -> io::Result<()> {
    let Answer { status, kind, body, headers } = answer;
    let mut head =
        format!("HTTP/1.1 {status} Answer\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in headers {
        head.extend([name, ": ", value, "\r\n"]);
    }
    head.push_str(if keep { "\r\n" } else { "Connection: close\r\n\r\n" });
    stream.write_all(&[head.as_bytes(), body.as_bytes()].concat())
}

/// Passes a request on as it came, and then all bytes both ways.
fn pass(mut stream: TcpStream, real: SocketAddr, request: &Incoming) -> io::Result<()> {
    let mut server = TcpStream::connect(real)?;
    server.set_nodelay(true)?;
    // Its body may have come in chunks, so it goes on with a length; and one request a connection is enough.
    let head = String::from_utf8_lossy(&request.head);
    let ours = ["content-length", "transfer-encoding", "connection", "expect"];
    let is_kept = |line: &&str| {
        !line.is_empty()
            && !ours.iter().any(|name| line.to_ascii_lowercase().starts_with(&format!("{name}:")))
    };
    let kept: Vec<&str> = head.split("\r\n").filter(is_kept).collect();
    let head = format!(
        "{}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        kept.join("\r\n"),
        request.body.len()
    );
    server.write_all(&[head.as_bytes(), &request.body].concat())?;
    io::copy(&mut server, &mut stream).map(drop)
}
