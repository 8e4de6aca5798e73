//! The terminal: its modes, its size, its keys.
//!
//! Owns: changing the terminal and restoring it. Must not: import `view`. If stdout is not a terminal nothing is
//! changed, and frames follow one another as lines.

use std::io::{self, IsTerminal, Read, Write};
use std::sync::mpsc::Sender;
use std::thread;

use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcgetwinsize, tcsetattr,
};

use super::event::Event;

/// The columns of an output that is not a terminal.
const WIDTH_DEFAULT: usize = 100;

/// To the alternate screen, without a cursor or wrapped lines; and back.
const ENTER: &str = "\x1b[?1049h\x1b[?25l\x1b[?7l";
const LEAVE: &str = "\x1b[?7h\x1b[?25h\x1b[?1049l";
/// To the first line; the escape sequences that clear the rest of a line and of the screen follow a frame.
const HOME: &str = "\x1b[H";
const REST_EMPTY: &str = "\x1b[J";
const REST_OF_LINE_EMPTY: &str = "\x1b[K";

pub(super) fn is_terminal() -> bool {
    io::stdout().is_terminal()
}

pub(super) fn width() -> usize {
    tcgetwinsize(io::stdout()).map_or(WIDTH_DEFAULT, |size| usize::from(size.ws_col).max(1))
}

/// The terminal while frames are shown. Its drop, by a panic too, restores it.
#[derive(Debug)]
pub(super) struct Terminal {
    /// The modes of its input before, if they were changed.
    before: Option<Termios>,
}

impl Terminal {
    /// Takes the terminal. Keys that are pressed go to `keys`.
    pub(super) fn take(keys: Sender<Event>) -> io::Result<Terminal> {
        let terminal = Terminal { before: is_terminal().then(input_without_lines).flatten() };
        if terminal.before.is_some() {
            // The thread ends with the process: nothing else ends a read of a terminal.
            thread::Builder::new().name("keys".to_owned()).spawn(move || {
                let mut key = [0];
                while io::stdin().read_exact(&mut key).is_ok() && keys.send(Event::Key(key[0])).is_ok() {}
            })?;
        }
        if is_terminal() {
            put(ENTER)?;
        }
        Ok(terminal)
    }

    /// The lines of a frame; `None`: no limit.
    #[allow(clippy::unused_self, reason = "only a terminal that was taken has a screen to fill")]
    pub(super) fn height(&self) -> Option<usize> {
        let size = is_terminal().then(|| tcgetwinsize(io::stdout()).ok()).flatten()?;
        Some(usize::from(size.ws_row).max(1))
    }

    /// Shows a frame in place of the last one.
    #[allow(clippy::unused_self, reason = "only a terminal that was taken may be drawn on")]
    pub(super) fn show(&self, frame: &str) -> io::Result<()> {
        if !is_terminal() {
            return put(&format!("{frame}\n"));
        }
        let lines: Vec<&str> = frame.lines().collect();
        put(&format!(
            "{HOME}{}{REST_OF_LINE_EMPTY}{REST_EMPTY}",
            lines.join(&format!("{REST_OF_LINE_EMPTY}\r\n"))
        ))
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // A terminal that cannot be restored is gone.
        if let Some(before) = &self.before {
            tcsetattr(io::stdin(), OptionalActions::Flush, before).ok();
        }
        if is_terminal() {
            put(LEAVE).ok();
        }
    }
}

/// Makes keys arrive one by one and unechoed; Ctrl-C stays a signal. Returns the modes before.
fn input_without_lines() -> Option<Termios> {
    let before = tcgetattr(io::stdin()).ok()?;
    let mut modes = before.clone();
    modes.local_modes &= !(LocalModes::ICANON | LocalModes::ECHO);
    modes.special_codes[SpecialCodeIndex::VMIN] = 1;
    modes.special_codes[SpecialCodeIndex::VTIME] = 0;
    tcsetattr(io::stdin(), OptionalActions::Now, &modes).ok()?;
    Some(before)
}

fn put(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}
