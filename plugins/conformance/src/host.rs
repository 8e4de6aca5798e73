//! The host's own side: the site's process, its commands, and its forms.
//!
//! Owns: running them, and their errors in words. Must not: call an endpoint.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nextim_testkit::process::Process;

use crate::target::fill;
use crate::wire;

/// How long the site may take to start.
const START_MAX: Duration = Duration::from_mins(1);

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

    /// Starts the site, and waits until it answers at this URL. Its output is in the file `log`.
    pub(crate) fn start(&self, line: &str, url: &str, log: &Path) -> Result<Process, String> {
        let shown = self.filled(line, &[]);
        let failed = |error: &dyn std::fmt::Display| format!("{shown}: {error}");
        let file = std::fs::File::create(log).map_err(|error| failed(&error))?;
        let errors = file.try_clone().map_err(|error| failed(&error))?;
        let mut command = self.command(line, &[]);
        command.stdout(file).stderr(errors);
        let mut process = Process::spawn(&mut command).map_err(|error| failed(&error))?;
        let end = Instant::now() + START_MAX;
        while !answers(url) {
            if process.ended().is_some() || Instant::now() > end {
                let said = std::fs::read_to_string(log).unwrap_or_default();
                return Err(format!("{shown}: the site does not answer at {url}\n{}", said.trim_end()));
            }
            // Only spares the processor.
            thread::sleep(Duration::from_millis(5));
        }
        Ok(process)
    }
}

/// Whether a site answers anything.
fn answers(url: &str) -> bool {
    let request =
        wire::Request { method: "GET".to_owned(), target: "/".to_owned(), ..wire::Request::default() };
    wire::address(url).and_then(|(address, host)| wire::call(address, &host, &request)).is_ok()
}
