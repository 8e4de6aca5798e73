//! What is measured: a server that was started for it, or one that runs already.
//!
//! Owns: the server's processes, from start to end. Must not: talk to it. No server outlives this process, however
//! that ends, and neither do the processes that it starts.

use std::env;
use std::error::Error;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use nextim_testkit::process::Process;
use nextim_testkit::server::StartLine;
use nix::unistd::Pid;
use tempfile::TempDir;

use crate::callgrind::{Callgrind, counted};
use crate::measure::with_children;
use crate::nchan::server::{Nginx, log};
use crate::nodes;
use crate::scenario::Name;
use crate::settings::{Kind, Settings};

/// How long a server may take to start.
const PATIENCE: Duration = Duration::from_secs(30);
/// The same of one whose instructions are counted.
const COUNTED_PATIENCE: Duration = Duration::from_mins(2);
/// How often to look whether one listens that does not say so.
const LOOK: Duration = Duration::from_millis(10);

/// A server.
pub(crate) struct Target {
    /// As it is called in tables.
    pub(crate) name: &'static str,
    /// Where it listens.
    pub(crate) addresses: Vec<SocketAddr>,
    /// Its processes, if they are known.
    pub(crate) processes: Vec<Pid>,
    /// How many shards it has: as it said, or as many as we asked for.
    pub(crate) shards: u64,
    /// What counts its instructions, if they are counted.
    pub(crate) callgrind: Option<Callgrind>,
    /// The public URLs of the nodes of a cluster, if it is one.
    pub(crate) nodes: Vec<String>,
    /// The broker of a cluster, and where each node is watched.
    pub(crate) broker: Option<Pid>,
    pub(crate) admins: Vec<SocketAddr>,
    /// What was started; it ends with this.
    #[allow(dead_code, reason = "it is kept until the servers are to end")]
    started: Vec<Process>,
}

impl Target {
    /// A server that runs already. Its process stands for those it has started, too.
    pub(crate) fn running(addresses: Vec<SocketAddr>, processes: &[i32], nodes: Vec<String>) -> Target {
        let processes = processes.iter().copied().map(Pid::from_raw).flat_map(with_children).collect();
        Target { addresses, processes, nodes, ..Target::nothing("running") }
    }

    fn nothing(name: &'static str) -> Target {
        Target {
            name,
            addresses: Vec::new(),
            processes: Vec::new(),
            shards: 0,
            callgrind: None,
            nodes: Vec::new(),
            broker: None,
            admins: Vec::new(),
            started: Vec::new(),
        }
    }

    /// Starts a broker and the nodes of a cluster, and waits until they serve together.
    pub(crate) fn start_nodes(settings: &Settings) -> Result<Target, Box<dyn Error>> {
        let file = server_file(settings.server.as_deref())?;
        let nodes::Cluster { nodes, broker } = nodes::start(settings, &file)?;
        let mut target = Target::nothing("cluster");
        target.broker = Some(broker.pid());
        // The nodes end before their broker.
        for node in nodes {
            target.addresses.push(node.address);
            target.nodes.push(node.url);
            target.admins.push(node.admin);
            target.shards += node.shards;
            target.processes.push(node.process.pid());
            target.started.push(node.process);
        }
        target.started.push(broker);
        Ok(target)
    }

    /// Starts a server.
    pub(crate) fn start(kind: Kind, settings: &Settings) -> Result<Target, Box<dyn Error>> {
        let shards = settings.shards.to_string();
        let command = match kind {
            Kind::Nextim => {
                let mut command = Command::new(server_file(settings.server.as_deref())?);
                command.args(["--listen", "127.0.0.1:0", "--log", "warn", "--shards", &shards]);
                for (name, _) in
                    env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("NEXTIM_"))
                {
                    command.env_remove(name);
                }
                if let Some(config) = &settings.config {
                    command.arg("--config").arg(config);
                }
                command
            }
            Kind::Floor => {
                let mut command = Command::new(env::current_exe()?);
                command.args(["floor-server", "--threads", &shards]);
                if settings.scenario == Name::Calls {
                    command.arg("--calls");
                }
                command
            }
            Kind::Nchan => return Target::start_nchan(settings),
        };
        let counts = if settings.scenario == Name::Instructions { Some(TempDir::new()?) } else { None };
        let command = match &counts {
            Some(folder) => counted(&command, folder),
            None => command,
        };
        let (mut target, said) = Target::spawn(kind, command, None)?;
        let patience = if counts.is_some() { COUNTED_PATIENCE } else { PATIENCE };
        let line = said.recv_timeout(patience).unwrap_or_default();
        let StartLine { addresses, shards, .. } =
            StartLine::read(&line).ok_or_else(|| format!("the server did not start; it said {line:?}"))?;
        (target.addresses, target.shards) = (addresses, shards.into());
        target.callgrind =
            counts.zip(target.processes.first()).map(|(folder, process)| Callgrind::of(*process, folder));
        Ok(target)
    }

    /// An nginx says nothing when it has started: it has when all workers are there and somebody listens.
    fn start_nchan(settings: &Settings) -> Result<Target, Box<dyn Error>> {
        let connections = u64::from(settings.users) + u64::from(settings.concurrency);
        let nginx = Nginx::prepare(settings.shards, connections)?;
        let path = nginx.folder.path().to_owned();
        let (mut target, said) = Target::spawn(Kind::Nchan, nginx.command, Some(nginx.folder))?;
        let failed = |why: &str| format!("nginx with Nchan {why}; its log ends with:\n{}", log(&path));
        let master = *target.processes.first().ok_or("a server without a process")?;
        let until = Instant::now() + PATIENCE;
        loop {
            match said.recv_timeout(LOOK) {
                Err(RecvTimeoutError::Timeout) => {}
                // It has closed its stdout, as only its end does.
                Ok(_) | Err(RecvTimeoutError::Disconnected) => return Err(failed("did not start").into()),
            }
            target.processes = with_children(master);
            let workers = target.processes.len() as u64 - 1;
            if workers >= settings.shards && TcpStream::connect(nginx.address).is_ok() {
                break;
            }
            if Instant::now() > until {
                return Err(failed("did not start in time").into());
            }
        }
        (target.addresses, target.shards) = (vec![nginx.address], settings.shards);
        Ok(target)
    }

    /// Starts a process with a guard. What is received is the first line it says; it is empty if it ends before.
    fn spawn(
        kind: Kind,
        mut command: Command,
        folder: Option<TempDir>,
    ) -> Result<(Target, Receiver<String>), Box<dyn Error>> {
        if folder.is_some() {
            // What goes wrong is in a file there.
            command.stderr(Stdio::null());
        }
        let mut process = Process::spawn_with(command.stdin(Stdio::null()).stdout(Stdio::piped()), folder)?;
        let stdout = process.stdout();
        let processes = vec![process.pid()];
        let target = Target { processes, started: vec![process], ..Target::nothing(kind.name()) };
        let (say, said) = channel();
        thread::spawn(move || {
            let mut line = String::new();
            if BufReader::new(stdout).read_line(&mut line).is_ok() {
                // If nobody waits any more, the server is ended anyway.
                say.send(line).ok();
            }
        });
        Ok((target, said))
    }
}

/// The message server beside our own executable, if none is named.
fn server_file(file: Option<&Path>) -> Result<PathBuf, Box<dyn Error>> {
    let beside = || env::current_exe().map(|exe| exe.with_file_name("nextim"));
    let file = file.map_or_else(beside, |file| Ok(file.to_owned()))?;
    if file.is_file() {
        return Ok(file);
    }
    let release = if cfg!(debug_assertions) { "" } else { " --release" };
    Err(format!(
        "there is no {}; build it: cargo build{release} -p nextim, or name it: --server PATH",
        file.display()
    )
    .into())
}
