//! The instructions of a server, counted by valgrind.
//!
//! Owns: the command that counts, and the reading of counts. Must not: start the server; `target.rs` does.
//!
//! Callgrind counts what runs outside the kernel. A count hardly varies from run to run, however busy the machine is, so
//! it shows a change of one per cent, which no time does.

use std::error::Error;
use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use nix::unistd::Pid;
use tempfile::TempDir;

/// A process that runs under callgrind.
#[derive(Debug)]
pub(crate) struct Callgrind {
    folder: TempDir,
    process: Pid,
    /// How many counts it has written.
    written: u32,
}

/// The same command under callgrind, which writes into this folder.
pub(crate) fn counted(command: &Command, folder: &TempDir) -> Command {
    let mut out = OsString::from("--callgrind-out-file=");
    out.push(prefix(folder));
    let mut counted = Command::new("valgrind");
    counted
        .args(["--quiet", "--tool=callgrind"])
        .arg(out)
        .arg(command.get_program())
        .args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => counted.env(name, value),
            None => counted.env_remove(name),
        };
    }
    counted
}

fn prefix(folder: &TempDir) -> PathBuf {
    folder.path().join("counts")
}

impl Callgrind {
    /// Of a process that was started by [`counted`].
    pub(crate) fn of(process: Pid, folder: TempDir) -> Callgrind {
        Callgrind { folder, process, written: 0 }
    }

    /// Begins to count from 0.
    pub(crate) fn begin(&self) -> Result<(), Box<dyn Error>> {
        self.say("zero")
    }

    /// How many instructions there have been since the count began.
    pub(crate) fn count(&mut self) -> Result<u64, Box<dyn Error>> {
        self.say("dump")?;
        self.written += 1;
        let mut name = prefix(&self.folder).into_os_string();
        name.push(format!(".{}", self.written));
        let text = fs::read_to_string(&name)?;
        total(&text).ok_or_else(|| format!("callgrind wrote no total into {}", name.display()).into())
    }

    /// Without a pipe: the threads of the generator take copies of all descriptors, so its end would not be seen.
    fn say(&self, word: &str) -> Result<(), Box<dyn Error>> {
        let mut vgdb = Command::new("vgdb");
        vgdb.arg(format!("--pid={}", self.process)).arg(word);
        let status = vgdb.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status()?;
        if status.success() { Ok(()) } else { Err(format!("vgdb cannot talk to callgrind: {status}").into()) }
    }
}

fn total(text: &str) -> Option<u64> {
    text.lines().rev().find_map(|line| line.strip_prefix("totals: ")).and_then(|total| total.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals() {
        assert_eq!(total("summary: 1463\n\nfn=(1)\n0 1463\ntotals: 1463\n"), Some(1463));
        assert_eq!(total("summary: 1463\n"), None);
    }

    #[test]
    fn the_command_is_the_same_but_for_what_counts() {
        let folder = TempDir::new().unwrap();
        let mut command = Command::new("server");
        command.args(["--shards", "1"]).env("A", "b").env_remove("C");
        let counted = counted(&command, &folder);
        let arguments: Vec<_> = counted.get_args().collect();
        assert!(
            counted.get_program() == "valgrind"
                && arguments.ends_with(&["server".as_ref(), "--shards".as_ref(), "1".as_ref()])
        );
        assert!(counted.get_envs().eq(command.get_envs()));
    }
}
