//! The site: it is told of messages that were not delivered, and is not always well.
//!
//! Owns: what was reported. Must not: judge it. It takes a list, or answers 500, or hangs up without a word, or takes it so
//! late that the server may have given up. What it has not taken must be posted again.

use std::collections::{HashMap, HashSet};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::random::Dice;
use crate::wire::{NewsReader, whole};

/// How long the site waits for what is posted.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest list that is read, in bytes.
const BODY_BYTES_MAX: u64 = 64 << 20;
/// How late a late answer is, in milliseconds: now and then the server has given up, after 10 s, and posts again.
const LATE_MS: std::ops::Range<u64> = 500..14_000;
/// How often one who is late looks whether the site is well again.
const LOOK: Duration = Duration::from_millis(50);
/// The path the server posts to.
const PATH: &str = "/undelivered";

/// What was reported, and how.
#[derive(Debug, Default)]
pub(super) struct Reports {
    /// The ids the site has taken, and how often.
    pub(super) taken: HashMap<u64, u32>,
    /// The ids it has seen and not taken.
    pub(super) not_taken: HashSet<u64>,
    /// Lists it took at once.
    pub(super) lists: u64,
    /// Lists it answered with 500.
    pub(super) failed: u64,
    /// Lists it did not answer.
    pub(super) hung_up: u64,
    /// Lists it took late.
    pub(super) late: u64,
    /// Posts that were not as they should be.
    pub(super) wrong: u64,
}

/// A site that listens.
pub(super) struct Site {
    address: SocketAddr,
    inner: Arc<Inner>,
    thread: Option<JoinHandle<()>>,
}

struct Inner {
    reports: Mutex<Reports>,
    dice: Mutex<Dice>,
    /// What `Authorization` may say.
    keys: Mutex<Vec<String>>,
    domain: String,
    is_well: AtomicBool,
    ends: AtomicBool,
}

/// What a post is answered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mood {
    Well,
    Failing,
    Silent,
    Late(Duration),
}

impl Site {
    /// Starts it, for a domain.
    pub(super) fn start(domain: &str, dice: Dice) -> io::Result<Site> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let inner = Arc::new(Inner {
            reports: Mutex::default(),
            dice: Mutex::new(dice),
            keys: Mutex::default(),
            domain: domain.to_owned(),
            is_well: AtomicBool::new(false),
            ends: AtomicBool::new(false),
        });
        let hearing = Arc::clone(&inner);
        let thread =
            thread::Builder::new().name("site".to_owned()).spawn(move || hear(&listener, &hearing))?;
        Ok(Site { address, inner, thread: Some(thread) })
    }

    /// Where the server posts.
    pub(super) fn url(&self) -> String {
        format!("http://{}{PATH}", self.address)
    }

    /// The server may use this key, too.
    pub(super) fn allow(&self, apikey: &str) {
        lock(&self.inner.keys).push(basic(&self.inner.domain, apikey));
    }

    /// From now on it takes whatever comes.
    pub(super) fn be_well(&self) {
        self.inner.is_well.store(true, Ordering::SeqCst);
    }

    /// Ends it. Returns what was reported.
    pub(super) fn end(mut self) -> Reports {
        self.stop();
        std::mem::take(&mut *lock(&self.inner.reports))
    }

    fn stop(&mut self) {
        self.inner.ends.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            // Whoever waits for a connection wakes by one.
            TcpStream::connect(self.address).ok();
            thread.join().ok();
        }
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Takes connections, and each in a thread of its own: one that is late keeps no other waiting.
fn hear(listener: &TcpListener, inner: &Arc<Inner>) {
    let mut threads = Vec::new();
    for stream in listener.incoming() {
        if inner.ends.load(Ordering::SeqCst) {
            break;
        }
        let Ok(stream) = stream else { continue };
        threads.retain(|thread: &JoinHandle<()>| !thread.is_finished());
        let serving = Arc::clone(inner);
        threads.push(thread::spawn(move || {
            // Who hangs up before all is said has to come again.
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
        let Some(post) = Post::read(stream)? else {
            lock(&self.reports).wrong += 1;
            return say(stream, "400 Bad Request");
        };
        if !lock(&self.keys).contains(&post.authorization) {
            lock(&self.reports).wrong += 1;
            return say(stream, "401 Unauthorized");
        }
        let mut ids = Vec::new();
        NewsReader::new().read(&post.body, |id| ids.push(id));
        match self.mood() {
            Mood::Well => {
                self.take(&ids, |reports| &mut reports.lists);
                say(stream, "200 OK")
            }
            Mood::Failing => {
                self.refuse(&ids, |reports| &mut reports.failed);
                say(stream, "500 Internal Server Error")
            }
            Mood::Silent => {
                self.refuse(&ids, |reports| &mut reports.hung_up);
                Ok(())
            }
            Mood::Late(by) => {
                self.take(&ids, |reports| &mut reports.late);
                let until = Instant::now() + by;
                while Instant::now() < until && !self.is_well.load(Ordering::SeqCst) {
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

    fn mood(&self) -> Mood {
        if self.is_well.load(Ordering::SeqCst) {
            return Mood::Well;
        }
        let mut dice = lock(&self.dice);
        match dice.below(10) {
            0 => Mood::Failing,
            1 => Mood::Silent,
            2 => Mood::Late(Duration::from_millis(dice.within(LATE_MS))),
            _ => Mood::Well,
        }
    }
}

/// A list that was posted.
struct Post {
    authorization: String,
    body: Vec<u8>,
}

impl Post {
    /// Reads one; none if it is not what is to be posted here.
    fn read(stream: &TcpStream) -> io::Result<Option<Post>> {
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let is_post = line.starts_with(&format!("POST {PATH} HTTP/1.1"));
        let (mut authorization, mut length, mut is_json) = (String::new(), None, false);
        loop {
            line.clear();
            if reader.read_line(&mut line)? == 0 || line.trim_end().is_empty() {
                break;
            }
            let Some((name, value)) = line.split_once(':') else { continue };
            match name.to_ascii_lowercase().as_str() {
                "authorization" => value.trim().clone_into(&mut authorization),
                "content-length" => length = whole(value.as_bytes()),
                "content-type" => is_json = value.trim().starts_with("application/json"),
                _ => {}
            }
        }
        let Some(length) = length.filter(|length| is_post && is_json && *length <= BODY_BYTES_MAX) else {
            return Ok(None);
        };
        let mut body = Vec::new();
        reader.take(length).read_to_end(&mut body)?;
        Ok((body.len() as u64 == length).then_some(Post { authorization, body }))
    }
}

fn say(mut stream: &TcpStream, status: &str) -> io::Result<()> {
    write!(stream, "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
}

/// What `Authorization` says of a name and a password.
fn basic(name: &str, password: &str) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(format!("{name}:{password}")))
}

/// A lock whose holder panicked guards counts that are still counts.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials() {
        for (name, password, expected) in
            [("a", "b", "Basic YTpi"), ("ab", "c", "Basic YWI6Yw=="), ("ab", "cd", "Basic YWI6Y2Q=")]
        {
            assert_eq!(basic(name, password), expected);
        }
    }

    fn post(site: &Site, head: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(site.address).unwrap();
        write!(stream, "{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.lines().next().unwrap_or_default().to_owned()
    }

    #[test]
    fn what_is_posted_is_taken_or_must_come_again() {
        let site = Site::start("a", Dice::new(1, 0)).unwrap();
        site.allow("b");
        let head =
            "POST /undelivered HTTP/1.1\r\nContent-Type: application/json\r\nAuthorization: Basic YTpi";
        let body = r#"[{"id":"00000100000000ff"},{"id":"0000010000000001"}]"#;
        let mut took = 0;
        while took < 3 {
            took += usize::from(post(&site, head, body) == "HTTP/1.1 200 OK");
        }
        site.be_well();
        assert_eq!(post(&site, head, r#"[{"id":"0000000000000002"}]"#), "HTTP/1.1 200 OK");
        assert_eq!(post(&site, "POST /other HTTP/1.1", ""), "HTTP/1.1 400 Bad Request");
        assert_eq!(post(&site, &head.replace("YTpi", "YTpj"), body), "HTTP/1.1 401 Unauthorized");
        let reports = site.end();
        assert_eq!((reports.taken[&0x100_0000_00ff], reports.taken[&2], reports.wrong), (3, 1, 2));
        assert_eq!(reports.taken.len(), 3);
        assert!(reports.lists + reports.late == 4 && reports.not_taken.len() <= 2, "{reports:?}");
    }
}
