//! Calls that may fail, addresses that nobody else takes, and how long is waited.
//!
//! Owns: one request on a connection of its own. Must not: know what an answer means.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicU16, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use nextim_testkit::http::Response;

/// How long a test waits for something that must happen.
const PATIENCE: Duration = Duration::from_mins(1);
/// How long a connection may take: a process that stands still accepts, and one behind a cut line does not.
const CONNECT: Duration = Duration::from_secs(2);

/// An address of this process alone, at a port that no other program of this machine is given by chance. So what ends can
/// start again where it was.
pub(crate) fn free_address() -> SocketAddr {
    static NEXT: AtomicU16 = AtomicU16::new(20_000);
    let [_, high, middle, low] = std::process::id().to_be_bytes();
    SocketAddr::from(([127, 64 | high, middle, low], NEXT.fetch_add(1, Ordering::Relaxed)))
}

/// Sends a request on a connection of its own. `None` if no whole answer has come within this time.
pub(crate) fn try_call(address: SocketAddr, request: &[u8], patience: Duration) -> Option<Response> {
    let mut stream = TcpStream::connect_timeout(&address, CONNECT).ok()?;
    stream.set_read_timeout(Some(patience)).ok()?;
    stream.write_all(request).ok()?;
    let (mut answer, mut chunk) = (Vec::new(), [0; 16 * 1_024]);
    loop {
        if let Some((response, _)) = Response::parse(&answer) {
            return Some(response);
        }
        match stream.read(&mut chunk) {
            Ok(0) | Err(_) => return None,
            Ok(count) => answer.extend_from_slice(&chunk[..count]),
        }
    }
}

/// Waits until `attempt` gives something.
#[track_caller]
pub(crate) fn within<T>(what: &str, mut attempt: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = attempt() {
            return found;
        }
        assert!(Instant::now() < end, "waited too long: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}
