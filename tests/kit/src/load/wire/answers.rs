//! Answers of a server of this protocol, as they are read from a socket.
//!
//! Owns: where an answer ends, and what an answer to a poll says. Must not: hold state of a connection, or build a tree
//! of the JSON.

use memchr::memmem;

use crate::load::digits::ID_DIGITS;

/// What is at the beginning of what was read.
#[derive(Debug, PartialEq, Eq)]
pub enum Parsed<'a> {
    /// Not a whole answer yet.
    Partial,
    /// No answer of which we can tell the end.
    Broken,
    /// An answer.
    Whole {
        /// The HTTP status.
        status: u16,
        /// The body.
        body: &'a [u8],
        /// Bytes of head and body.
        bytes: usize,
    },
}

/// Reads one answer.
pub fn answer(bytes: &[u8]) -> Parsed<'_> {
    let Some(head_bytes) = memmem::find(bytes, b"\r\n\r\n") else { return Parsed::Partial };
    let (head, rest) = (&bytes[..head_bytes], &bytes[head_bytes + 4..]);
    let status = head.strip_prefix(b"HTTP/1.").and_then(|line| line.get(2..5)).and_then(whole);
    match (status.and_then(|status| u16::try_from(status).ok()), content_length(head)) {
        (Some(status), Some(length)) => match rest.get(..length) {
            Some(body) => Parsed::Whole { status, body, bytes: head_bytes + 4 + length },
            None => Parsed::Partial,
        },
        (None, _) | (_, None) => Parsed::Broken,
    }
}

/// The length of a body, as its head says.
pub fn content_length(head: &[u8]) -> Option<usize> {
    usize::try_from(whole(field(head, b"content-length:")?)?).ok()
}

/// What a head says in the field of this name, which ends with a colon.
pub fn field<'a>(head: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let mut lines = head;
    while let Some(end) = memchr::memchr(b'\n', lines) {
        lines = &lines[end + 1..];
        if lines.get(..name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name)) {
            let value = &lines[name.len()..];
            return Some(value[..memchr::memchr(b'\n', value).unwrap_or(value.len())].trim_ascii());
        }
    }
    None
}

/// The whole number at the beginning, after spaces.
pub fn whole(text: &[u8]) -> Option<u64> {
    let text = text.trim_ascii_start();
    let length = text.iter().take_while(|digit| digit.is_ascii_digit()).count();
    std::str::from_utf8(&text[..length]).ok()?.parse().ok()
}

/// What reads answers to polls: searchers that are made once.
pub struct NewsReader {
    id: memmem::Finder<'static>,
    no_presences: memmem::Finder<'static>,
    from: memmem::Finder<'static>,
    signals: memmem::Finder<'static>,
    stopped: memmem::Finder<'static>,
    seq: memmem::FinderRev<'static>,
    retry: memmem::Finder<'static>,
}

/// What an answer to a poll says.
#[derive(Debug, PartialEq, Eq)]
pub struct News {
    /// The session has ended.
    pub stopped: bool,
    /// The number of the last packet.
    pub seq: Option<u64>,
    /// How long to wait before the next poll, in milliseconds.
    pub retry_ms: Option<u64>,
    /// Presences it brings.
    pub presences: u64,
}

impl Default for NewsReader {
    fn default() -> Self {
        NewsReader {
            id: memmem::Finder::new(b"\"id\":\""),
            no_presences: memmem::Finder::new(b"\"presences\":[]"),
            from: memmem::Finder::new(b"\"from\":\""),
            signals: memmem::Finder::new(b"\"signals\":["),
            stopped: memmem::Finder::new(b"\"status\":\"stopped\""),
            seq: memmem::FinderRev::new(b"\"seq\":"),
            retry: memmem::Finder::new(b"\"retry\":"),
        }
    }
}

impl NewsReader {
    /// Reads an answer, and hands on the ids of its messages.
    pub fn read(&self, body: &[u8], mut message: impl FnMut(u64)) -> News {
        let mut messages = 0;
        for at in self.id.find_iter(body) {
            messages += 1;
            let id = body.get(at + 6..at + 6 + ID_DIGITS).and_then(|id| std::str::from_utf8(id).ok());
            // An id that is not ours belongs to nothing that was sent, which is what this one says.
            message(id.and_then(|id| u64::from_str_radix(id, 16).ok()).unwrap_or(u64::MAX));
        }
        let presences = if self.no_presences.find(body).is_some() {
            0
        } else {
            let before_signals = &body[..self.signals.find(body).unwrap_or(body.len())];
            (self.from.find_iter(before_signals).count() as u64).saturating_sub(messages)
        };
        // A presence may have a `status`, too; that of the answer stands at its beginning.
        let stopped = self.stopped.find(&body[..body.len().min(64)]).is_some();
        let behind = self.seq.rfind(body).map_or(&[][..], |at| &body[at + 6..]);
        let retry_ms = self.retry.find(behind).and_then(|at| whole(&behind[at + 8..]));
        News { stopped, seq: whole(behind), retry_ms, presences }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers() {
        let check =
            |text: &str, expected: Parsed<'_>| assert_eq!(answer(text.as_bytes()), expected, "{text}");
        let whole =
            |status, body: &'static str, bytes| Parsed::Whole { status, body: body.as_bytes(), bytes };
        check("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP", whole(200, "ok", 40));
        check("HTTP/1.1 404 Not Found\r\na: b\r\ncontent-length:0\r\n\r\n", whole(404, "", 50));
        check("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok", Parsed::Partial);
        check("HTTP/1.1 200 OK\r\nContent-Le", Parsed::Partial);
        check("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", Parsed::Broken);
        check("SSH-2.0\r\nContent-Length: 3\r\n\r\nabc", Parsed::Broken);
    }

    #[test]
    fn news() {
        let check = |body: &str, stopped, seq, presences, ids: &[u64]| {
            let mut found = Vec::new();
            let news = NewsReader::default().read(body.as_bytes(), |id| found.push(id));
            assert_eq!((news, &*found), (News { stopped, seq, retry_ms: None, presences }, ids), "{body}");
        };
        check(
            r#"cb({"status":"ok","messages":[],"presences":[],"statuses":[],"seq":0});"#,
            false,
            Some(0),
            0,
            &[],
        );
        check(
            r#"cb({"status":"ok","messages":[{"from":"a","id":"000000000000000f"},{"from":"a","id":"x"}],
              "presences":[{"from":"b","status":""}],"statuses":[],"seq":17});"#,
            false,
            Some(17),
            1,
            &[15, u64::MAX],
        );
        check(
            r#"cb({"status":"ok","messages":[],"presences":[{"from":"b","status":""}],"statuses":[],
              "signals":[{"from":"a","to":"b","name":"read","data":{}}],"seq":2});"#,
            false,
            Some(2),
            1,
            &[],
        );
        check(r#"cb({"status":"stopped","reason":"offline","presences":[]});"#, true, None, 0, &[]);
        let spread = r#"cb({"status":"ok","messages":[],"presences":[],"statuses":[],"seq":3,"retry":250});"#;
        let news = NewsReader::default().read(spread.as_bytes(), |_| {});
        assert_eq!((news.seq, news.retry_ms), (Some(3), Some(250)));
    }
}
