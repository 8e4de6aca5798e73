//! The site: it takes the posts of undelivered messages, and often fails.
//!
//! Owns: the posts that were taken. Must not: judge them. It takes a post, answers 500, closes the connection
//! without an answer, or answers so late that the server may have given up. The server must post again what was not
//! taken.

use std::collections::{HashMap, HashSet};
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use nextim_testkit::conn::receive;
use nextim_testkit::http::basic;
use nextim_testkit::load::wire::NewsReader;

use super::chance::Chance;

/// How long the site waits for the rest of a post.
const PATIENCE: Duration = Duration::from_secs(10);
/// How late a late answer is, in milliseconds: the server gives up after 10 s, and posts again.
const LATE_MS: std::ops::Range<u64> = 500..14_000;
/// How often a late answer checks whether it may go out at once.
const LOOK: Duration = Duration::from_millis(50);
/// The path the server posts to.
const PATH: &str = "/undelivered";

/// The posts of a run.
#[derive(Debug, Default)]
pub(crate) struct Reports {
    /// The ids that were taken, and how often.
    pub(crate) taken: HashMap<u64, u32>,
    /// The ids that were posted and not taken.
    pub(crate) not_taken: HashSet<u64>,
    /// Posts that were taken at once.
    pub(crate) lists: u64,
    /// Posts that were answered with 500.
    pub(crate) failed: u64,
    /// Posts that were not answered.
    pub(crate) hung_up: u64,
    /// Posts that were taken late.
    pub(crate) late: u64,
    /// Requests that are no valid post.
    pub(crate) wrong: u64,
}

/// A running site.
pub(crate) struct FailingSite {
    address: SocketAddr,
    inner: Arc<Inner>,
    thread: Option<JoinHandle<()>>,
}

struct Inner {
    reports: Mutex<Reports>,
    chance: Mutex<Chance>,
    /// The accepted values of `Authorization`.
    keys: Mutex<Vec<String>>,
    domain: String,
    accepts_all: AtomicBool,
    stops: AtomicBool,
}

/// The answer to a post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PostAnswer {
    Accepted,
    Failed,
    HungUp,
    Late(Duration),
}

impl FailingSite {
    /// Starts a site for a domain.
    pub(crate) fn start(domain: &str, chance: Chance) -> FailingSite {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let inner = Arc::new(Inner {
            reports: Mutex::default(),
            chance: Mutex::new(chance),
            keys: Mutex::default(),
            domain: domain.to_owned(),
            accepts_all: AtomicBool::new(false),
            stops: AtomicBool::new(false),
        });
        let accepting = Arc::clone(&inner);
        let thread = thread::Builder::new()
            .name("site".to_owned())
            .spawn(move || accept_posts(&listener, &accepting))
            .unwrap();
        FailingSite { address, inner, thread: Some(thread) }
    }

    /// The URL the server posts to.
    pub(crate) fn url(&self) -> String {
        format!("http://{}{PATH}", self.address)
    }

    /// Accepts this apikey, too.
    pub(crate) fn allow(&self, apikey: &str) {
        lock(&self.inner.keys).push(basic(&self.inner.domain, apikey));
    }

    /// From now on every post is taken.
    pub(crate) fn accept_all(&self) {
        self.inner.accepts_all.store(true, Ordering::SeqCst);
    }

    /// Stops the site. Returns what was posted.
    pub(crate) fn end(mut self) -> Reports {
        self.stop();
        std::mem::take(&mut *lock(&self.inner.reports))
    }

    fn stop(&mut self) {
        self.inner.stops.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            // The thread waits in `accept`, which a connection ends.
            TcpStream::connect(self.address).ok();
            thread.join().ok();
        }
    }
}

impl Drop for FailingSite {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Serves each connection in a thread of its own, so that a late answer delays no other.
fn accept_posts(listener: &TcpListener, inner: &Arc<Inner>) {
    let mut threads = Vec::new();
    for stream in listener.incoming() {
        if inner.stops.load(Ordering::SeqCst) {
            break;
        }
        let Ok(stream) = stream else { continue };
        threads.retain(|thread: &JoinHandle<()>| !thread.is_finished());
        let serving = Arc::clone(inner);
        threads.push(thread::spawn(move || {
            // If the server closes the connection early, it has to post again.
            serving.serve(&stream).ok();
        }));
    }
    for thread in threads {
        thread.join().ok();
    }
}

impl Inner {
    fn serve(&self, stream: &TcpStream) -> io::Result<()> {
        stream.set_read_timeout(Some(PATIENCE))?;
        let post = receive(stream)?;
        let is_json = post.header("content-type").is_some_and(|kind| kind.starts_with("application/json"));
        if post.line() != format!("POST {PATH} HTTP/1.1") || !is_json {
            lock(&self.reports).wrong += 1;
            return say(stream, "400 Bad Request");
        }
        let authorization = post.header("authorization").unwrap_or_default();
        if !lock(&self.keys).iter().any(|key| key == authorization) {
            lock(&self.reports).wrong += 1;
            return say(stream, "401 Unauthorized");
        }
        let mut ids = Vec::new();
        NewsReader::default().read(&post.body, |id| ids.push(id));
        match self.next_answer() {
            PostAnswer::Accepted => {
                self.take(&ids, |reports| &mut reports.lists);
                say(stream, "200 OK")
            }
            PostAnswer::Failed => {
                self.refuse(&ids, |reports| &mut reports.failed);
                say(stream, "500 Internal Server Error")
            }
            PostAnswer::HungUp => {
                self.refuse(&ids, |reports| &mut reports.hung_up);
                Ok(())
            }
            PostAnswer::Late(by) => {
                self.take(&ids, |reports| &mut reports.late);
                let until = Instant::now() + by;
                while Instant::now() < until && !self.accepts_all.load(Ordering::SeqCst) {
                    thread::sleep(LOOK);
                }
                say(stream, "200 OK")
            }
        }
    }

    fn take(&self, ids: &[u64], counter: fn(&mut Reports) -> &mut u64) {
        let mut reports = lock(&self.reports);
        *counter(&mut reports) += 1;
        for id in ids {
            *reports.taken.entry(*id).or_default() += 1;
        }
    }

    fn refuse(&self, ids: &[u64], counter: fn(&mut Reports) -> &mut u64) {
        let mut reports = lock(&self.reports);
        *counter(&mut reports) += 1;
        reports.not_taken.extend(ids);
    }

    fn next_answer(&self) -> PostAnswer {
        if self.accepts_all.load(Ordering::SeqCst) {
            return PostAnswer::Accepted;
        }
        let mut chance = lock(&self.chance);
        match chance.below(10) {
            0 => PostAnswer::Failed,
            1 => PostAnswer::HungUp,
            2 => PostAnswer::Late(Duration::from_millis(chance.within(LATE_MS))),
            _ => PostAnswer::Accepted,
        }
    }
}

fn say(mut stream: &TcpStream, status: &str) -> io::Result<()> {
    write!(stream, "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
}

/// A holder that panicked leaves counts that are still valid.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn post(site: &FailingSite, head: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(site.address).unwrap();
        write!(stream, "{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.lines().next().unwrap_or_default().to_owned()
    }

    #[test]
    fn what_is_posted_is_taken_or_must_come_again() {
        let site = FailingSite::start("a", Chance::new(1, 0));
        site.allow("b");
        let head =
            "POST /undelivered HTTP/1.1\r\nContent-Type: application/json\r\nAuthorization: Basic YTpi";
        let body = r#"[{"id":"00000100000000ff"},{"id":"0000010000000001"}]"#;
        let mut took = 0;
        while took < 3 {
            took += usize::from(post(&site, head, body) == "HTTP/1.1 200 OK");
        }
        site.accept_all();
        assert_eq!(post(&site, head, r#"[{"id":"0000000000000002"}]"#), "HTTP/1.1 200 OK");
        assert_eq!(post(&site, "POST /other HTTP/1.1", ""), "HTTP/1.1 400 Bad Request");
        assert_eq!(post(&site, &head.replace("YTpi", "YTpj"), body), "HTTP/1.1 401 Unauthorized");
        let reports = site.end();
        assert_eq!((reports.taken[&0x100_0000_00ff], reports.taken[&2], reports.wrong), (3, 1, 2));
        assert_eq!(reports.taken.len(), 3);
        assert!(reports.lists + reports.late == 4 && reports.not_taken.len() <= 2, "{reports:?}");
    }
}
