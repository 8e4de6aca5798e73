//! The file with the number of the process: how a command finds the server that runs, and asks it to reload.
//!
//! Owns: the form of the file, its lock, and the signal. Must not: read a configuration.
//!
//! The server holds a lock of the file as long as it runs, and the kernel gives the lock up with the process. So a file
//! that a killed server left behind names no process by mistake. The first line is the number. The second one has how
//! many reloads have begun and ended, and the result of the last one: a command waits there for its own.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::base::clock::Deadline;
use crate::base::limits::ops::{PID_FILE_BYTES_MAX, PID_FILE_LOCK_MS, RELOAD_LOOK_MS, RELOAD_MS};

/// The file of this process. It is removed when this is dropped.
#[derive(Debug)]
pub struct PidFile {
    file: File,
    path: PathBuf,
    shown: Shown,
}

/// What the file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Shown {
    process: u32,
    /// Reloads that have begun.
    begun: u64,
    /// Reloads that have ended.
    ended: u64,
    /// Whether the last one has changed the domains; a start has.
    taken: bool,
}

/// What came of a request to reload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reloading {
    /// The server has the new domains.
    Taken,
    /// The server keeps the old ones; its log says why.
    Refused,
    /// No server runs.
    NoServer,
    /// The server has been asked and has not answered in time.
    Late,
}

impl PidFile {
    /// Takes the file for the process of this number, unless a server that runs has it.
    pub fn take(path: &Path, process: u32) -> io::Result<PidFile> {
        let deadline = Deadline::after_ms(PID_FILE_LOCK_MS);
        loop {
            let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
            match file.try_lock() {
                // The server that had it may have removed it between the two steps.
                Ok(()) if is_same(&file, path) => {
                    let shown = Shown { process, begun: 0, ended: 0, taken: true };
                    file.set_len(0)?;
                    let taken = PidFile { file, path: path.to_owned(), shown };
                    taken.show()?;
                    return Ok(taken);
                }
                Ok(()) => {}
                // A command that looks whether a server runs holds the lock for a moment.
                Err(TryLockError::WouldBlock) if deadline.left().is_some() => {
                    thread::sleep(Duration::from_millis(RELOAD_LOOK_MS));
                }
                Err(TryLockError::WouldBlock) => {
                    return Err(io::Error::other("a server that runs has this file"));
                }
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
    }

    /// Notes that a reload has begun, before anything is read.
    pub fn reload_begins(&mut self) {
        self.shown.begun += 1;
        self.show_or_warn();
    }

    /// Notes the end of the reload.
    pub fn reload_ends(&mut self, taken: bool) {
        self.shown.ended = self.shown.begun;
        self.shown.taken = taken;
        self.show_or_warn();
    }

    fn show_or_warn(&self) {
        if let Err(error) = self.show() {
            log::warn!("cannot write the pid_file: {error}");
        }
    }

    fn show(&self) -> io::Result<()> {
        self.file.write_all_at(self.shown.text().as_bytes(), 0)
    }
}

impl Drop for PidFile {
    /// While the lock is held nobody else takes the file.
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.path) {
            log::debug!("cannot remove the pid_file: {error}");
        }
    }
}

impl Shown {
    /// The text. The numbers have one width, so that each text covers the one before.
    fn text(self) -> String {
        let Shown { process, begun, ended, taken } = self;
        let word = if taken { "taken" } else { "refused" };
        format!("{process}\n{begun:>20} {ended:>20} {word:<7}\n")
    }

    fn read(file: &File) -> Option<Shown> {
        let mut bytes = [0; PID_FILE_BYTES_MAX];
        let count = file.read_at(&mut bytes, 0).ok()?;
        let mut words = std::str::from_utf8(&bytes[..count]).ok()?.split_ascii_whitespace();
        let process = words.next()?.parse().ok()?;
        let (begun, ended) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        Some(Shown { process, begun, ended, taken: words.next()? == "taken" })
    }
}

/// Asks the server that has this file to reload, and waits for the end of that.
pub(crate) fn reload(path: &Path) -> io::Result<Reloading> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Reloading::NoServer),
        opened => opened?,
    };
    if is_free(&file)? {
        return Ok(Reloading::NoServer);
    }
    let unreadable = || io::Error::other("has no number of a process");
    let before = Shown::read(&file).ok_or_else(unreadable)?;
    if !has_open(before.process, &file)? {
        return Err(io::Error::other(
            "names a process that does not have it open; is it of another container?",
        ));
    }
    let process = i32::try_from(before.process).map_err(io::Error::other)?;
    kill(Pid::from_raw(process), Signal::SIGHUP)?;
    let deadline = Deadline::after_ms(RELOAD_MS);
    while deadline.left().is_some() {
        match Shown::read(&file) {
            // A reload that had begun before may have read the files too early.
            Some(shown) if shown.ended > before.begun => {
                return Ok(if shown.taken { Reloading::Taken } else { Reloading::Refused });
            }
            Some(_) | None if is_free(&file)? => return Ok(Reloading::NoServer),
            Some(_) | None => thread::sleep(Duration::from_millis(RELOAD_LOOK_MS)),
        }
    }
    Ok(Reloading::Late)
}

/// Whether no server holds the lock.
fn is_free(file: &File) -> io::Result<bool> {
    match file.try_lock_shared() {
        Ok(()) => file.unlock().map(|()| true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Whether the path still leads to this file.
fn is_same(file: &File, path: &Path) -> bool {
    let id = |found: io::Result<fs::Metadata>| found.ok().map(|found| (found.dev(), found.ino()));
    id(file.metadata()).is_some_and(|ours| id(fs::metadata(path)) == Some(ours))
}

/// Whether a process has this file open. In another namespace its number may be that of a stranger.
fn has_open(process: u32, file: &File) -> io::Result<bool> {
    let listed = fs::read_dir(format!("/proc/{process}/fd"));
    let mut descriptors = match listed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        listed => listed?,
    };
    Ok(descriptors.any(|descriptor| descriptor.is_ok_and(|descriptor| is_same(file, &descriptor.path()))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_as_it_was_written() {
        let file = tempfile::tempfile().unwrap();
        for (begun, ended, taken) in [(0, 0, true), (u64::MAX, 7, false), (8, 8, true)] {
            let shown = Shown { process: 4_294_967_295, begun, ended, taken };
            assert!(shown.text().len() <= PID_FILE_BYTES_MAX);
            file.write_all_at(shown.text().as_bytes(), 0).unwrap();
            assert_eq!(Shown::read(&file), Some(shown));
        }
        for text in ["", "12", "12 1 2", "x 1 2 taken"] {
            file.set_len(0).unwrap();
            file.write_all_at(text.as_bytes(), 0).unwrap();
            assert_eq!(Shown::read(&file), None, "{text}");
        }
    }

    #[test]
    fn one_server_has_the_file_and_leaves_none_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pid");
        assert_eq!(reload(&path).unwrap(), Reloading::NoServer);
        let taken = PidFile::take(&path, std::process::id()).unwrap();
        assert!(fs::read_to_string(&path).unwrap().starts_with(&format!("{}\n", std::process::id())));
        let second = PidFile::take(&path, 7).unwrap_err();
        assert_eq!(second.to_string(), "a server that runs has this file");
        drop(taken);
        assert!(!path.exists());
        fs::write(&path, "1\n0 0 taken\n").unwrap();
        assert_eq!(reload(&path).unwrap(), Reloading::NoServer, "nobody holds its lock");
        assert!(PidFile::take(&path, 7).is_ok(), "what was left behind is taken over");
    }

    #[test]
    fn a_process_that_does_not_have_the_file_is_sent_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pid");
        // The number of a process that cannot be: were it sent a signal, that would be the error.
        let _taken = PidFile::take(&path, 4_194_305).unwrap();
        let error = reload(&path).unwrap_err();
        assert!(error.to_string().starts_with("names a process that does not have it open"), "{error}");
    }
}
