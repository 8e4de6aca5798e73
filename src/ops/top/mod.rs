//! `nextim top`: a server's `/stats` in a terminal.
//!
//! Owns: one request a second, and the frame it makes. Must not: install signal handlers or end the process; the binary
//! does, and sends signals as [`Event`]s. If the server does not answer, the next request tries again.

mod event;
mod fetch;
mod nodes;
mod terminal;
mod text;
mod view;

use std::collections::VecDeque;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::Duration;

use crate::base::clock::Deadline;
use crate::base::limits::ops::SAMPLE_MS;
use crate::ops::admin::report::Report;
pub use event::Event;
use terminal::Terminal;
use view::{Frame, HISTORY};

/// Writes one frame.
pub fn once(admin: SocketAddr, out: &mut impl Write) -> io::Result<()> {
    let report = fetch::stats(admin)?;
    let (width, colours) = (terminal::width(), terminal::is_terminal());
    write!(out, "{}", Frame { admin, report: Ok(&report), history: &[], width, height: None, colours })
}

/// Shows the server until an event ends it. `sender` is the other end of `events`, for keys.
pub fn watch(admin: SocketAddr, sender: Sender<Event>, events: &Receiver<Event>) -> io::Result<()> {
    let terminal = Terminal::take(sender)?;
    let mut messages: VecDeque<f64> = VecDeque::new();
    loop {
        let report = fetch::stats(admin);
        if let Ok(report) = &report {
            if messages.len() >= HISTORY {
                messages.pop_front();
            }
            messages.push_back(report.now.messages_per_s);
        }
        let pause = Deadline::after_ms(SAMPLE_MS);
        let (history, report) = (messages.make_contiguous(), report.as_ref());
        loop {
            draw(&terminal, admin, report, history)?;
            match events.recv_timeout(pause.left().unwrap_or(Duration::ZERO)) {
                Ok(Event::End | Event::Key(b'q' | b'Q' | 0x03 | 0x04)) => return Ok(()),
                Ok(Event::Resized | Event::Key(_)) => {}
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
            }
        }
    }
}

fn draw(
    terminal: &Terminal,
    admin: SocketAddr,
    report: Result<&Report, &io::Error>,
    history: &[f64],
) -> io::Result<()> {
    let (width, height) = (terminal::width(), terminal.height());
    let report = report.map_err(ToString::to_string);
    let report = report.as_ref().map(|report| *report).map_err(String::as_str);
    let frame = Frame { admin, report, history, width, height, colours: terminal::is_terminal() };
    terminal.show(&frame.to_string())
}
