//! The log: lines on stderr, in one of two forms.
//!
//! Owns: the form of a line, the rate of lines, and the thread that writes them. Must not: block a caller. A thread that
//! logs hands its line over and goes on. If stderr is not read, lines are dropped and counted, and the server serves. An
//! error of a write cannot be logged, so it ends here.
//!
//! One place in the code writes [`LOG_LINES_PER_SECOND`] at most; then one line has the number of lines left out.

use std::collections::HashMap;
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread;
use std::time::Duration;

use log::kv::{self, Key, Value, VisitSource};
use log::{Level, LevelFilter, Log, Metadata, Record};

use crate::base::clock::{Deadline, rfc3339, wall_ms};
use crate::base::json;
use crate::base::limits::ops::{LOG_FLUSH_MS, LOG_LINES_PER_SECOND, LOG_LINES_WAITING};

/// The form of lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// For people: `TIME LEVEL TARGET: message`.
    #[default]
    Text,
    /// For programs: an object with `time`, `level`, `target`, `message`, and the values of the message as members.
    Json,
}

impl Format {
    /// The format with this name.
    pub(crate) fn named(name: &str) -> Option<Format> {
        match name {
            "text" => Some(Format::Text),
            "json" => Some(Format::Json),
            _ => None,
        }
    }
}

/// Starts to log to stderr, up to this level.
pub fn start(level: LevelFilter, format: Format) -> io::Result<()> {
    let style = match format {
        Format::Json => LineStyle::Json,
        Format::Text if stderr_is_journal() => LineStyle::Journal,
        Format::Text => LineStyle::Text,
    };
    let (sender, receiver) = sync_channel(LOG_LINES_WAITING);
    let dropped = Arc::new(AtomicU64::new(0));
    let pen = LogWriter { out: io::stderr(), style, sites: HashMap::new(), dropped: Arc::clone(&dropped) };
    thread::Builder::new().name("log".to_owned()).spawn(move || pen.run(&receiver))?;
    log::set_boxed_logger(Box::new(Logger { sender, level, style, dropped })).map_err(io::Error::other)?;
    log::set_max_level(level);
    Ok(())
}

/// Whether stderr goes to the journal of systemd, which adds the time and reads the priority from `<N>`.
fn stderr_is_journal() -> bool {
    let Ok(stream) = std::env::var("JOURNAL_STREAM") else { return false };
    let Ok(stderr) = std::fs::metadata("/proc/self/fd/2") else { return false };
    stream == format!("{}:{}", stderr.dev(), stderr.ino())
}

/// Libraries that send requests to sites. They would log whole requests, so only their warnings are written.
const CLIENTS: [&str; 3] = ["ureq", "ureq_proto", "rustls"];

#[derive(Clone, Copy, Debug)]
enum LineStyle {
    Text,
    Journal,
    Json,
}

/// A place in the code that logs: file and line.
type LogSite = (Option<&'static str>, Option<u32>);

/// A line, and the place in the code it comes from.
#[derive(Debug)]
struct LogLine {
    site: LogSite,
    level: Level,
    target: String,
    wall_ms: u64,
    text: Vec<u8>,
}

#[derive(Debug)]
enum LogCommand {
    Write(LogLine),
    /// Reply when every line before this was written.
    Flush(SyncSender<()>),
}

/// The end that accepts lines.
struct Logger {
    sender: SyncSender<LogCommand>,
    level: LevelFilter,
    style: LineStyle,
    /// The number of lines for which the queue had no room.
    dropped: Arc<AtomicU64>,
}

impl Log for Logger {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let target = metadata.target();
        let is_client = CLIENTS.iter().any(|client| target.split("::").next() == Some(client));
        metadata.level() <= if is_client { self.level.min(LevelFilter::Warn) } else { self.level }
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let wall_ms = wall_ms();
        let entry = LogRecord {
            wall_ms,
            level: record.level(),
            target: record.target(),
            message: &record.args().to_string(),
            more: record.key_values(),
        };
        let line = LogLine {
            site: (record.file_static(), record.line()),
            level: record.level(),
            target: record.target().to_owned(),
            wall_ms,
            text: entry.in_style(self.style),
        };
        if let Err(TrySendError::Full(_)) = self.sender.try_send(LogCommand::Write(line)) {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Waits until every line is written, for a bounded time.
    fn flush(&self) {
        let deadline = Deadline::after_ms(LOG_FLUSH_MS);
        let (done, written) = sync_channel(1);
        let mut order = LogCommand::Flush(done);
        while let Err(TrySendError::Full(full)) = self.sender.try_send(order) {
            if deadline.left().is_none() {
                return;
            }
            thread::sleep(Duration::from_millis(1));
            order = full;
        }
        if let Some(left) = deadline.left() {
            // After a timeout there is nothing more to do.
            written.recv_timeout(left).ok();
        }
    }
}

/// The content of a line.
struct LogRecord<'a> {
    wall_ms: u64,
    level: Level,
    target: &'a str,
    message: &'a str,
    more: &'a dyn kv::Source,
}

impl LogRecord<'_> {
    fn in_style(&self, style: LineStyle) -> Vec<u8> {
        match style {
            LineStyle::Json => self.as_json(),
            LineStyle::Text => {
                self.as_text(&format!("{} {:<5} {}", rfc3339(self.wall_ms), self.level, self.target))
            }
            LineStyle::Journal => self.as_text(&format!("<{}>{}", priority(self.level), self.target)),
        }
    }

    fn as_text(&self, start: &str) -> Vec<u8> {
        // A message may quote input, and must stay one line.
        let mut text = format!("{start}: {}", self.message).replace(|char: char| char.is_control(), " ");
        text.push('\n');
        text.into_bytes()
    }

    fn as_json(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(160);
        out.extend_from_slice(b"{\"time\":");
        json::write(&mut out, &rfc3339(self.wall_ms));
        let mut member = |name: &str, value: &serde_json::Value| {
            out.push(b',');
            json::write(&mut out, name);
            out.push(b':');
            json::write(&mut out, value);
        };
        member("level", &self.level.as_str().to_ascii_lowercase().into());
        member("target", &self.target.into());
        member("message", &self.message.into());
        let mut more = PairVisitor(Vec::new());
        self.more.visit(&mut more).expect("it accepts every value");
        more.0.iter().for_each(|(name, value)| member(name, value));
        out.extend_from_slice(b"}\n");
        out
    }
}

/// Named values of a line.
struct PairVisitor(Vec<(String, serde_json::Value)>);

impl<'v> VisitSource<'v> for PairVisitor {
    fn visit_pair(&mut self, key: Key<'v>, value: Value<'v>) -> Result<(), kv::Error> {
        let value = match (value.to_u64(), value.to_i64(), value.to_bool()) {
            (Some(number), ..) => number.into(),
            (_, Some(number), _) => number.into(),
            (.., Some(bool)) => bool.into(),
            _ => value.to_string().into(),
        };
        self.0.push((key.to_string(), value));
        Ok(())
    }
}

/// The priority of a line in syslog.
fn priority(level: Level) -> u8 {
    match level {
        Level::Error => 3,
        Level::Warn => 4,
        Level::Info => 6,
        Level::Debug | Level::Trace => 7,
    }
}

/// The lines of one place in the code in one second.
#[derive(Debug)]
struct LineQuota {
    second: u64,
    written: u32,
    left_out: u64,
    level: Level,
    target: String,
}

/// The end that writes.
struct LogWriter<W> {
    out: W,
    style: LineStyle,
    sites: HashMap<LogSite, LineQuota>,
    dropped: Arc<AtomicU64>,
}

impl<W: Write> LogWriter<W> {
    fn run(mut self, orders: &Receiver<LogCommand>) {
        loop {
            match orders.recv_timeout(self.patience()) {
                Ok(LogCommand::Write(line)) => self.write(line),
                Ok(LogCommand::Flush(done)) => {
                    self.write_left_out(u64::MAX);
                    // The caller may have stopped waiting.
                    done.send(()).ok();
                }
                Err(RecvTimeoutError::Timeout) => self.write_left_out(wall_ms() / 1_000),
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// The time to wait for a line: a second while a line about left out lines is due.
    fn patience(&self) -> Duration {
        let is_due = self.sites.values().any(|quota| quota.left_out > 0);
        if is_due { Duration::from_secs(1) } else { Duration::MAX }
    }

    fn write(&mut self, line: LogLine) {
        let second = line.wall_ms / 1_000;
        self.write_left_out(second);
        let fresh = || LineQuota { second, written: 0, left_out: 0, level: line.level, target: line.target };
        let quota = self.sites.entry(line.site).or_insert_with(fresh);
        if quota.second != second {
            (quota.second, quota.written) = (second, 0);
        }
        if quota.written < LOG_LINES_PER_SECOND {
            quota.written += 1;
            put(&mut self.out, &line.text);
        } else {
            quota.left_out += 1;
        }
    }

    /// Writes the numbers of lines that were left out before this second.
    fn write_left_out(&mut self, second: u64) {
        let due = self.sites.values_mut().filter(|quota| quota.left_out > 0 && quota.second < second);
        for quota in due {
            let count = std::mem::take(&mut quota.left_out);
            let message = format!("{count} more lines like this were left out");
            let more = [("count", count)];
            let record = LogRecord {
                wall_ms: wall_ms(),
                level: quota.level,
                target: &quota.target,
                message: &message,
                more: &more,
            };
            put(&mut self.out, &record.in_style(self.style));
        }
        let dropped = self.dropped.swap(0, Ordering::Relaxed);
        if dropped > 0 {
            let message = format!("{dropped} log lines were dropped because stderr was not read in time");
            let more = [("count", dropped)];
            let target = module_path!();
            let record =
                LogRecord { wall_ms: wall_ms(), level: Level::Warn, target, message: &message, more: &more };
            put(&mut self.out, &record.in_style(self.style));
        }
    }
}

/// Writes a line. An error has no place to be logged.
fn put(out: &mut impl Write, line: &[u8]) {
    out.write_all(line).and_then(|()| out.flush()).ok();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(style: LineStyle, message: &str, more: &dyn kv::Source) -> String {
        let record =
            LogRecord { wall_ms: 1_321_862_400_123, level: Level::Info, target: "nextim", message, more };
        String::from_utf8(record.in_style(style)).unwrap()
    }

    #[test]
    fn lines_of_each_style() {
        let more: &[(&str, &str)] = &[("address", "127.0.0.1:1")];
        let check = |style, expected: &str| assert_eq!(written(style, "a \"b\"\nc", &more), expected);
        check(LineStyle::Text, "2011-11-21T08:00:00.123Z INFO  nextim: a \"b\" c\n");
        check(LineStyle::Journal, "<6>nextim: a \"b\" c\n");
        check(
            LineStyle::Json,
            "{\"time\":\"2011-11-21T08:00:00.123Z\",\"level\":\"info\",\"target\":\"nextim\",\
             \"message\":\"a \\\"b\\\"\\nc\",\"address\":\"127.0.0.1:1\"}\n",
        );
        let numbers: &[(&str, i64)] = &[("count", 3), ("change", -3)];
        assert!(written(LineStyle::Json, "", &numbers).ends_with(",\"count\":3,\"change\":-3}\n"));
    }

    fn line(site: u32, wall_ms: u64) -> LogLine {
        let target = "nextim".to_owned();
        let text = format!("{site}\n").into_bytes();
        LogLine { site: (None, Some(site)), level: Level::Warn, target, wall_ms, text }
    }

    #[test]
    fn a_place_writes_ten_lines_a_second_and_counts_the_rest() {
        let dropped = Arc::new(AtomicU64::new(0));
        let mut pen = LogWriter { out: Vec::new(), style: LineStyle::Text, sites: HashMap::new(), dropped };
        for _ in 0..25 {
            pen.write(line(1, 1_000));
        }
        pen.write(line(2, 1_999));
        pen.write(line(1, 2_000));
        let written = String::from_utf8(pen.out).unwrap();
        let lines: Vec<&str> = written.lines().collect();
        assert_eq!(lines[..11], [["1"; 10].as_slice(), &["2"]].concat());
        assert!(lines[11].ends_with("WARN  nextim: 15 more lines like this were left out"), "{written}");
        assert_eq!(lines[12..], ["1"]);
    }

    #[test]
    fn lines_that_are_not_written_are_dropped_and_counted() {
        let (sender, receiver) = sync_channel(2);
        let dropped = Arc::new(AtomicU64::new(0));
        let style = LineStyle::Text;
        let logger = Logger { sender, level: LevelFilter::Info, style, dropped: Arc::clone(&dropped) };
        for _ in 0..5 {
            logger.log(&Record::builder().level(Level::Info).args(format_args!("x")).build());
        }
        logger.log(&Record::builder().level(Level::Debug).args(format_args!("below the level")).build());
        assert_eq!(dropped.load(Ordering::Relaxed), 3);
        drop(logger);
        let mut pen = LogWriter { out: Vec::new(), style, sites: HashMap::new(), dropped };
        for order in receiver {
            let LogCommand::Write(line) = order else { unreachable!("only lines were sent") };
            pen.write(line);
        }
        let written = String::from_utf8(pen.out).unwrap();
        assert!(
            written.contains("3 log lines were dropped because stderr was not read in time"),
            "{written}"
        );
    }
}
