//! The host's own side: the site's process, its commands, and its forms.
//!
//! Owns: running them, and their errors in words. Must not: call an endpoint.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};

use nextim_testkit::http::request;
use nextim_testkit::patience::comes_true;
use nextim_testkit::process::Process;

use crate::failure::{Failure, Verdict};
use crate::target::fill;
use crate::wire;

/// Commands, and what they are told.
#[derive(Clone, Debug)]
pub(crate) struct Shell {
    /// The folder of the target file, in which they run.
    folder: PathBuf,
    values: Vec<(String, String)>,
}

impl Shell {
    pub(crate) fn new(folder: &Path, values: &[(&str, &str)]) -> Shell {
        let values = values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Shell { folder: folder.to_owned(), values }
    }

    /// A text with the values of the run and these in it.
    pub(crate) fn filled(&self, text: &str, more: &[(&str, &str)]) -> String {
        let own = self.values.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        fill(text, &more.iter().copied().chain(own).collect::<Vec<_>>())
    }

    fn command(&self, line: &str, more: &[(&str, &str)]) -> Command {
        let mut command = Command::new("sh");
        command.arg("-c").arg(self.filled(line, more)).current_dir(&self.folder).stdin(Stdio::null());
        command
    }

    /// Runs a command to its end. Returns what it printed.
    pub(crate) fn run(&self, line: &str, more: &[(&str, &str)]) -> Result<String, String> {
        let shown = self.filled(line, more);
        let ran = self.command(line, more).output().map_err(|error| format!("{shown}: {error}"))?;
        if ran.status.success() {
            return Ok(String::from_utf8_lossy(&ran.stdout).trim_end().to_owned());
        }
        let said = String::from_utf8_lossy(&ran.stderr);
        Err(format!("{shown}: {}\n{}", ran.status, said.trim_end()))
    }

    /// Starts a command that keeps the host in some state, and waits for the line that says so.
    pub(crate) fn hold(&self, line: &str) -> Verdict<Held> {
        let shown = self.filled(line, &[]);
        let failed = |said: String| Failure::new(shown.clone(), said, "the host's commands work");
        let mut command = self.command(line, &[]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = Process::spawn(&mut command).map_err(|error| failed(error.to_string()))?;
        let mut said = String::new();
        let read = BufReader::new(process.stdout()).read_line(&mut said);
        if said.is_empty() {
            process.stderr().read_to_string(&mut said).ok();
            return Err(failed(format!(
                "it printed no line: {}{said}",
                read.err().map_or(String::new(), |error| error.to_string())
            )));
        }
        let input = Some(process.stdin());
        Ok(Held { shown, process, input })
    }

    /// Starts the site, and waits until it answers at this URL. Its output is in the file `log`.
    pub(crate) fn start(&self, line: &str, url: &str, log: &Path) -> Result<Process, String> {
        let shown = self.filled(line, &[]);
        let failed = |error: &dyn std::fmt::Display| format!("{shown}: {error}");
        let file = std::fs::File::create(log).map_err(|error| failed(&error))?;
        let errors = file.try_clone().map_err(|error| failed(&error))?;
        let mut command = self.command(line, &[]);
        command.stdout(file).stderr(errors);
        let mut process = Process::spawn(&mut command).map_err(|error| failed(&error))?;
        let mut is_up = false;
        comes_true(|| {
            is_up = answers(url);
            is_up || process.ended().is_some()
        });
        if !is_up {
            let said = std::fs::read_to_string(log).unwrap_or_default();
            return Err(format!("{shown}: the site does not answer at {url}\n{}", said.trim_end()));
        }
        Ok(process)
    }
}

/// A state of the host that holds as long as a command runs.
#[derive(Debug)]
pub(crate) struct Held {
    shown: String,
    process: Process,
    /// The command puts things back and ends when this closes.
    input: Option<ChildStdin>,
}

impl Held {
    /// Ends the state, and waits until it has ended.
    pub(crate) fn release(mut self) -> Verdict {
        self.input = None;
        let status = self.process.wait();
        if status.success() {
            return Ok(());
        }
        Err(Failure::new(self.shown.clone(), status, "the host's commands work"))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // A case that has failed leaves the next one a host as it was.
        if self.input.take().is_some() {
            self.process.wait();
        }
    }
}

/// Whether a site answers anything.
fn answers(url: &str) -> bool {
    let ask = |(address, host): (SocketAddr, String)| {
        let headers = [("Host", &*host), ("Connection", "close")];
        wire::call(address, &request("GET / HTTP/1.1", &headers, b""))
    };
    wire::address(url).and_then(ask).is_ok()
}
