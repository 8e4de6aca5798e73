//! The nodes of a cluster that is measured, and its broker.
//!
//! Owns: their start, and what their admin listeners say. Must not: measure. All of them listen on loopback.

use std::error::Error;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nextim_testkit::process::Process;
use nextim_testkit::server::StartLine;
use tempfile::TempDir;

use crate::settings::Settings;

/// How long a cluster may take until all nodes serve together.
const PATIENCE: Duration = Duration::from_secs(30);
/// The pause between two looks at it.
const LOOK: Duration = Duration::from_millis(50);

/// A node.
pub(crate) struct Node {
    /// Its public URL.
    pub(crate) url: String,
    pub(crate) address: SocketAddr,
    /// Where it is watched.
    pub(crate) admin: SocketAddr,
    pub(crate) shards: u64,
    pub(crate) process: Process,
}

/// Nodes and their broker.
pub(crate) struct Cluster {
    pub(crate) nodes: Vec<Node>,
    pub(crate) broker: Process,
}

/// Starts a broker and as many nodes as the settings say, and waits until they are linked.
pub(crate) fn start(settings: &Settings, server: &Path) -> Result<Cluster, Box<dyn Error>> {
    let (broker, broker_port) = start_broker(&settings.nats)?;
    let mut nodes = Vec::new();
    for number in 1..=settings.nodes {
        nodes.push(start_node(settings, server, number, broker_port)?);
    }
    let until = Instant::now() + PATIENCE;
    while !nodes.iter().all(|node| is_linked(node.admin, settings.nodes - 1)) {
        if Instant::now() > until {
            return Err("the nodes did not find each other in time".into());
        }
        thread::sleep(LOOK);
    }
    Ok(Cluster { nodes, broker })
}

fn start_broker(file: &Path) -> Result<(Process, u16), Box<dyn Error>> {
    let port = free_port()?;
    let mut command = Command::new(file);
    command.args(["-a", "127.0.0.1", "-p", &port.to_string()]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut broker = Process::spawn(&mut command)
        .map_err(|error| format!("{}: {error}; name a nats-server: --nats PATH", file.display()))?;
    let until = Instant::now() + PATIENCE;
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        if Instant::now() > until || broker.ended().is_some() {
            return Err(format!("{} does not serve", file.display()).into());
        }
        thread::sleep(LOOK);
    }
    Ok((broker, port))
}

fn start_node(settings: &Settings, server: &Path, number: u32, broker: u16) -> Result<Node, Box<dyn Error>> {
    let port = free_port()?;
    let (folder, url) = (TempDir::new()?, format!("http://127.0.0.1:{port}"));
    let config = folder.path().join("nextim.toml");
    fs::write(&config, configuration(settings, number, &url, broker))?;
    let mut command = Command::new(server);
    command.env_clear().stdin(Stdio::null()).stdout(Stdio::piped());
    command.args(["--listen", &format!("127.0.0.1:{port}"), "--admin", "127.0.0.1:0", "--log", "error"]);
    command.args(["--shards", &settings.shards.to_string(), "--config"]).arg(&config);
    let mut process = Process::spawn_with(&mut command, Some(folder))?;
    let mut line = String::new();
    BufReader::new(process.stdout()).read_line(&mut line)?;
    let started = StartLine::read(&line).ok_or_else(|| format!("a node did not start; it said {line:?}"))?;
    let address = *started.addresses.first().ok_or("a node listens nowhere")?;
    let admin = started.admin.ok_or("a node cannot be watched")?;
    Ok(Node { url, address, admin, shards: started.shards.into(), process })
}

fn configuration(settings: &Settings, number: u32, url: &str, broker: u16) -> String {
    let Settings { domain, apikey, .. } = settings;
    format!(
        "public_url = {url:?}\n[[domain]]\nname = {domain:?}\napikeys = [{apikey:?}]\n\
         [cluster]\nname = \"load\"\nnode = \"im{number}\"\nnats = [\"nats://127.0.0.1:{broker}\"]\n"
    )
}

/// A port that is free now. A node must know its own before it starts, because others are told of it.
fn free_port() -> Result<u16, Box<dyn Error>> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn is_linked(admin: SocketAddr, others: u32) -> bool {
    let Ok(metrics) = metrics(admin) else { return false };
    sum_of(&metrics, "nextim_cluster_links") >= f64::from(others)
        && sum_of(&metrics, "nextim_cluster_nodes") > f64::from(others)
        && sum_of(&metrics, "nextim_cluster_isolated") < 0.5
}

/// What a server says of itself.
pub(crate) fn metrics(admin: SocketAddr) -> Result<String, Box<dyn Error>> {
    let mut stream = TcpStream::connect(admin)?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    write!(stream, "GET /metrics HTTP/1.1\r\nHost: {admin}\r\nConnection: close\r\n\r\n")?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    Ok(text)
}

/// The sum of all values of one metric.
pub(crate) fn sum_of(metrics: &str, name: &str) -> f64 {
    let value = |line: &str| {
        let rest = line.strip_prefix(name)?;
        let rest = if rest.starts_with('{') { rest.rsplit_once('}')?.1 } else { rest };
        rest.strip_prefix(' ')?.trim().parse::<f64>().ok()
    };
    metrics.lines().filter_map(value).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_are_summed_up() {
        let text = "# HELP a b\na 1\nab 2\na{node=\"im1\"} 3\na{node=\"im2\",direction=\"in\"} 4.5\n";
        let check =
            |name: &str, expected: f64| assert!((sum_of(text, name) - expected).abs() < 1e-9, "{name}");
        check("a", 8.5);
        check("ab", 2.0);
        check("abc", 0.0);
    }
}
