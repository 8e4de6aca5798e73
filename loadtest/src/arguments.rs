//! The command line.
//!
//! Owns: flags, their help, and what they mean together with a scenario's defaults. Must not: start anything.

use std::error::Error;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use nextim_testkit::load::socket::USERS_MAX;
use nextim_testkit::load::wire::Transport;

use crate::scenario::Name;
use crate::settings::{Kind, Settings};

/// Descriptors of a server's shard that are not for connections.
const SERVER_RESERVE: u64 = 160;
/// Most threads of the generator.
const THREADS_MAX: u64 = 256;

const TARGET_HELP: &str = "\
Which server to start, or which one runs at --address:
- nextim: the message server
- floor: the built-in stand-in that does only the system calls
- nchan: Nchan, a module of nginx, with as many workers as --shards says (2 if absent); it knows neither rooms nor buddies

An Nchan that runs already needs these settings, and must have forgotten what an earlier run sent:
  keepalive_requests 1000000000;
  location = /pub {
    nchan_publisher http;
    nchan_channel_id $arg_id;
    nchan_message_buffer_length 1000;
    nchan_message_timeout 20s;
  }
  location = /sub { nchan_subscriber longpoll; nchan_channel_id $arg_id all; }";

/// Load generator and benchmark harness of `NextIM`.
///
/// Plays a site and its visitors against a server that it starts for the purpose, or against one that runs. A
/// message that is lost or comes twice makes a run fail, as does any error. What a server costs is best told by
/// `compare`, which measures a stand-in that does only the system calls in the same run.
#[derive(Parser)]
#[command(name = "nextim-loadtest", version)]
pub(crate) struct Arguments {
    /// What to do
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Users come online and wait: rate, CPU and memory of each
    Park(Options),
    /// Messages from user to user: throughput, CPU, latency
    Route(Options),
    /// Messages to rooms
    Room(Options),
    /// Messages to everybody; --seconds says how many, --rate how many messages from user to user meanwhile
    Broadcast(Options),
    /// Users log out and come back
    Churn(Options),
    /// All connections are cut and everybody comes back at once
    Storm(Options),
    /// All users come and all leave, --rounds times: memory the server keeps; not of the stand-in, which keeps all
    Cycle(Options),
    /// Nobody says anything: CPU of waiting users
    Idle(Options),
    /// Messages for a long time, with memory samples; interrupted, it shows what it has
    Soak(Options),
    /// Messages without attackers and with them, in turns: what slow, silent, guessing and malformed clients cost
    /// others
    Hostile(Options),
    /// Calls of the site, each on a connection of its own, of `NextIM` and a stand-in in turns, with ratios: one at a
    /// time, 8, and --concurrency
    Calls(Options),
    /// How many instructions the server takes for a message, a poll and others, counted by valgrind
    Instructions(Options),
    /// `NextIM`, the stand-in and, if it is installed, Nchan in turns, with ratios
    ///
    /// Without --shards each is measured with one shard, or thread, and in part with two, between which our shards
    /// send each other mail. "2 shards to 1" is ours with two by the stand-in with one; all other ratios are of as
    /// many shards as threads. If the users do not fit into one shard, all is measured with as many as they need.
    Compare(Options),
    /// What a cluster costs: one node and a server without `[cluster]`, messages, buddies and rooms at one node and
    /// between nodes, in turns; starts the nodes and a broker itself
    Cluster(Options),
    /// Make one page with plots from the JSON files of runs
    Report {
        /// Files that --json wrote
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// The page to write
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Run the stand-in server alone
    FloorServer {
        /// Threads, each with an address of its own
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=256))]
        threads: u32,
        /// Serve one call on each connection, and close it
        #[arg(long)]
        calls: bool,
    },
}

/// What may be said of a run.
#[derive(Args, Clone)]
pub(crate) struct Options {
    /// Users
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=i64::from(USERS_MAX)))]
    users: Option<u32>,
    /// Buddies of each user
    #[arg(long, value_parser = clap::value_parser!(u32).range(0..=2_000))]
    buddies: Option<u32>,
    /// Members of each room; 0: no rooms
    #[arg(long, value_parser = clap::value_parser!(u32).range(0..=100_000))]
    room_size: Option<u32>,
    /// Messages a second, whatever becomes of them; without it: as many as --concurrency allows
    #[arg(long, value_parser = positive)]
    rate: Option<f64>,
    /// Messages, calls or coming users at a time
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    concurrency: Option<u32>,
    /// How long to measure (broadcast: how many to send)
    #[arg(long, value_parser = positive)]
    seconds: Option<f64>,
    /// Shards of the server; as many as the users need if absent (compare: one, and then two, if the users fit)
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=256))]
    shards: Option<u64>,
    /// Threads of the generator; as many as the users need if absent
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=THREADS_MAX))]
    threads: Option<u64>,
    /// Measure in turns this often (compare, hostile), or have all come and leave this often (cycle)
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=20))]
    rounds: u32,
    /// Measure also what waiting costs, so many seconds in each turn (compare); polls are held for 25 to 28 seconds, so
    /// 30 see each of them end
    #[arg(long, value_name = "SECONDS", default_value_t = 0.0, value_parser = not_negative)]
    idle: f64,
    /// Which server to start, or which one runs at --address
    #[arg(long, value_enum, default_value_t = Kind::Nextim, hide_possible_values = true, long_help = TARGET_HELP)]
    target: Kind,
    /// The executable of the message server; if absent, the one beside this one
    #[arg(long, value_name = "PATH")]
    server: Option<PathBuf>,
    /// Use a server that runs already; may be repeated
    #[arg(long, value_name = "ADDR:PORT", group = "running", conflicts_with_all = ["server", "shards"])]
    address: Vec<SocketAddr>,
    /// The process of that server, to measure its CPU and memory, and that of its children; may be repeated
    #[arg(long, value_name = "PID", requires = "running")]
    server_pid: Vec<i32>,
    /// A node of a cluster that runs already, by its public URL; may be repeated. Calls go to one after the other, and
    /// polls to the node that the answer to the online call names
    #[arg(long, value_name = "URL", group = "running", conflicts_with_all = ["server", "shards", "address"])]
    node: Vec<String>,
    /// Start so many nodes of a cluster, and a broker
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=9), conflicts_with = "running")]
    nodes: Option<u32>,
    /// The executable of the broker, a nats-server
    #[arg(long, value_name = "PATH", default_value = "nats-server")]
    nats: PathBuf,
    /// The site's domain
    #[arg(long, default_value = "localhost")]
    domain: String,
    /// The site's apikey
    #[arg(long, default_value = "public", allow_hyphen_values = true)]
    apikey: String,
    /// Poll without acknowledging by seq
    #[arg(long)]
    no_seq: bool,
    /// Wait by streams, and not by polls (compare does both)
    #[arg(long, conflicts_with = "no_seq")]
    streams: bool,
    /// Wait by sockets (WebSocket), and not by polls (compare does both)
    #[arg(long, conflicts_with_all = ["no_seq", "streams"])]
    sockets: bool,
    /// Leave out Nchan, even if it is installed (compare)
    #[arg(long)]
    no_nchan: bool,
    /// Write the results to this file, too
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Say every second on stderr how far it is, even if that is not a terminal
    #[arg(long)]
    progress: bool,
    /// Allow addresses of other machines: you own them and nobody else uses them
    #[arg(long)]
    i_own_this_host: bool,
}

fn positive(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number > 0.0 && number <= 1e7 => Ok(number),
        Ok(_) | Err(_) => Err("must be a number above 0 and at most 10,000,000".to_owned()),
    }
}

fn not_negative(text: &str) -> Result<f64, String> {
    if text == "0" { Ok(0.0) } else { positive(text) }
}

impl Options {
    /// Decides everything for `compare`, which without a number of shards measures with two as well, if one is enough.
    pub(crate) fn compared(&self, table: u64) -> Result<(Settings, Option<Settings>), Box<dyn Error>> {
        let settings = self.settings(Name::Compare, table)?;
        if self.shards.is_some() || settings.shards > 1 {
            return Ok((settings, None));
        }
        let two = Options { shards: Some(2), ..self.clone() }.settings(Name::Compare, table)?;
        Ok((settings, Some(two)))
    }

    /// Decides everything. `table` is how many descriptors a thread can have.
    pub(crate) fn settings(&self, scenario: Name, table: u64) -> Result<Settings, Box<dyn Error>> {
        let defaults = scenario.scenario();
        let nodes = self.node.iter().map(|url| address_of(url)).collect::<Result<Vec<_>, _>>()?;
        let addresses = if nodes.is_empty() { self.address.clone() } else { nodes };
        if let Some(other) = addresses.iter().find(|address| !address.ip().is_loopback())
            && !self.i_own_this_host
        {
            return Err(
                format!("{other} is not this machine; if it is yours alone, say --i-own-this-host").into()
            );
        }
        self.refuse_what_does_not_fit(scenario, &addresses)?;
        let transport = self.transport(scenario)?;
        let is_nchan = self.target == Kind::Nchan && !matches!(scenario, Name::Compare | Name::Calls);
        if is_nchan {
            self.refuse_what_nchan_lacks(scenario)?;
        }
        // What it does not know it is not asked for.
        let with_site = |number| if is_nchan { 0 } else { number };
        let users = self.users.unwrap_or(defaults.users);
        let concurrency = self.concurrency.unwrap_or(defaults.concurrency);
        let connections = u64::from(users) + u64::from(concurrency);
        // The kernel spreads connections over shards by a hash: some get a little more than their share.
        let shards_needed = tables(connections + connections / 40, table.saturating_sub(SERVER_RESERVE))?;
        let shards_usual = if is_nchan { 2 } else { 1 };
        let shards = self.shards.unwrap_or(shards_needed.max(shards_usual));
        if shards < shards_needed {
            return Err(format!("{users} users need at least {shards_needed} shards on this machine").into());
        }
        let lanes = self.address.len().max(if self.target == Kind::Floor || scenario == Name::Compare {
            usize::try_from(shards)?
        } else {
            1
        }) as u64;
        let threads = self.threads.unwrap_or(1).max(tables(connections, table)?);
        let threads = threads.min(users.into()).max(lanes).next_multiple_of(lanes);
        if threads > u64::from(users) || threads > THREADS_MAX {
            return Err("too few users, or too many threads, for so many addresses or shards".into());
        }
        Ok(Settings {
            scenario,
            users,
            buddies: with_site(self.buddies.unwrap_or(defaults.buddies)),
            room_size: with_site(self.room_size.unwrap_or(defaults.room_size)),
            rate: self.rate.or(defaults.rate),
            concurrency,
            seconds: self.seconds.unwrap_or(defaults.seconds),
            shards,
            threads: u32::try_from(threads)?,
            rounds: self.rounds,
            idle: self.idle,
            kind: self.target,
            server: self.server.clone(),
            addresses,
            server_processes: self.server_pid.clone(),
            node_urls: self.node.iter().map(|url| url.trim_end_matches('/').to_owned()).collect(),
            nodes: self.nodes.unwrap_or(0),
            nats: self.nats.clone(),
            domain: self.domain.clone(),
            apikey: self.apikey.clone(),
            with_seq: !self.no_seq,
            transport,
            with_nchan: !self.no_nchan,
            progress: self.progress,
            config: None,
        })
    }

    /// Refuses servers and nodes that this scenario cannot be played against.
    fn refuse_what_does_not_fit(
        &self,
        scenario: Name,
        addresses: &[SocketAddr],
    ) -> Result<(), Box<dyn Error>> {
        let starts = matches!(scenario, Name::Compare | Name::Calls | Name::Cluster);
        if starts && !addresses.is_empty() {
            return Err("compare, calls and cluster start their servers themselves".into());
        }
        let is_of_nodes = self.nodes.is_some() || !self.node.is_empty() || scenario == Name::Cluster;
        if is_of_nodes && self.target != Kind::Nextim {
            return Err("only message servers are nodes of a cluster".into());
        }
        if self.nodes.is_some() && (starts || matches!(scenario, Name::Hostile | Name::Instructions)) {
            return Err("this scenario decides itself how many nodes there are".into());
        }
        if scenario == Name::Hostile && (self.target != Kind::Nextim || !addresses.is_empty()) {
            return Err("hostile attacks only message servers that it has started itself".into());
        }
        if scenario == Name::Instructions && (self.target != Kind::Nextim || !addresses.is_empty()) {
            return Err("instructions are counted only of message servers that it has started itself".into());
        }
        if scenario == Name::Cycle && self.target == Kind::Floor {
            return Err("cycle measures the message server only".into());
        }
        Ok(())
    }

    fn transport(&self, scenario: Name) -> Result<Transport, String> {
        let transport = match self {
            Options { streams: true, .. } => Transport::Stream,
            Options { sockets: true, .. } => Transport::Socket,
            Options { .. } => Transport::Jsonp,
        };
        if transport.goes_on() && self.target != Kind::Nextim {
            return Err("only the message server has these streams and sockets".into());
        }
        if transport.goes_on() && [Name::Compare, Name::Instructions].contains(&scenario) {
            return Err("compare and instructions decide themselves how users wait".into());
        }
        Ok(transport)
    }

    fn refuse_what_nchan_lacks(&self, scenario: Name) -> Result<(), String> {
        let lack = match scenario {
            Name::Room => "rooms",
            Name::Churn | Name::Cycle => "logging out",
            Name::Park
            | Name::Route
            | Name::Broadcast
            | Name::Storm
            | Name::Idle
            | Name::Soak
            | Name::Hostile
            | Name::Calls
            | Name::Instructions
            | Name::Cluster
            | Name::Compare => match self {
                Options { buddies: Some(1..), .. } => "buddies",
                Options { room_size: Some(1..), .. } => "rooms",
                Options { no_seq: true, .. } => "polls without acknowledgement",
                _ => return Ok(()),
            },
        };
        Err(format!("an Nchan knows no {lack}"))
    }
}

/// The address of a node, by its public URL.
fn address_of(url: &str) -> Result<SocketAddr, String> {
    let wrong = || format!("{url} is no URL of a node; such as http://127.0.0.1:8001");
    let host = url.strip_prefix("http://").ok_or_else(wrong)?.trim_end_matches('/');
    host.to_socket_addrs().ok().and_then(|mut found| found.next()).ok_or_else(wrong)
}

/// Descriptor tables that so many connections need. Each table has an epoll and a waker of every other.
fn tables(connections: u64, table: u64) -> Result<u64, Box<dyn Error>> {
    (1..=THREADS_MAX)
        .find(|count| connections.div_ceil(*count) <= table.saturating_sub(2 * count))
        .ok_or_else(|| "so many users need more descriptors than this machine allows; see ulimit -n".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(arguments: &[&str], table: u64) -> Result<Settings, String> {
        let arguments = Arguments::try_parse_from([&["loadtest", "route"], arguments].concat());
        let Command::Route(options) = arguments.map_err(|error| error.to_string())?.command else {
            panic!("another command");
        };
        options.settings(Name::Route, table).map_err(|error| error.to_string())
    }

    #[test]
    fn tables_and_threads() {
        let check = |arguments: &[&str], table, expected| {
            let settings = settings(arguments, table).unwrap();
            assert_eq!((settings.shards, settings.threads), expected, "{arguments:?}");
        };
        check(&["--users", "15000"], 19_936, (1, 1));
        check(&["--users", "100000"], 19_936, (6, 6));
        check(&["--users", "1000000"], 19_936, (53, 51));
        check(&["--users", "1000", "--shards", "3", "--threads", "2"], 19_936, (3, 2));
        check(&["--users", "1000", "--shards", "3", "--threads", "4", "--target", "floor"], 19_936, (3, 6));
        check(&["--address", "127.0.0.1:1", "--address", "127.0.0.1:2"], 19_936, (1, 2));
        check(&["--users", "1000", "--target", "nchan"], 19_936, (2, 1));
        check(&["--users", "1000", "--target", "nchan", "--shards", "1"], 19_936, (1, 1));
        check(&["--users", "100000", "--target", "nchan"], 19_936, (6, 6));
    }

    #[test]
    fn nodes() {
        let nodes = ["--node", "http://127.0.0.1:8001/", "--node", "http://127.0.0.1:8002"];
        let settings =
            settings(&[&nodes[..], &["--server-pid", "7", "--server-pid", "8"]].concat(), 19_936).unwrap();
        assert_eq!(settings.node_urls, ["http://127.0.0.1:8001", "http://127.0.0.1:8002"]);
        let ports: Vec<u16> = settings.addresses.iter().map(SocketAddr::port).collect();
        assert_eq!((ports, settings.server_processes, settings.threads), (vec![8001, 8002], vec![7, 8], 1));
    }

    #[test]
    fn shards_that_are_compared() {
        let check = |arguments: &[&str], expected| {
            let arguments = Arguments::try_parse_from([&["loadtest", "compare"], arguments].concat());
            let Command::Compare(options) = arguments.unwrap().command else { panic!("another command") };
            let (one, two) = options.compared(19_936).unwrap();
            let numbers = |settings: &Settings| (settings.shards, settings.threads);
            assert_eq!((numbers(&one), two.as_ref().map(numbers)), expected);
        };
        check(&[], ((1, 1), Some((2, 2))));
        check(&["--shards", "1"], ((1, 1), None));
        check(&["--shards", "3"], ((3, 3), None));
        check(&["--users", "30000"], ((2, 2), None));
        check(&["--users", "100000"], ((6, 6), None));
    }

    #[test]
    fn what_is_refused() {
        let check = |arguments: &[&str], expected: &str| match settings(arguments, 1_000) {
            Ok(_) => panic!("{arguments:?}"),
            Err(error) => assert!(error.contains(expected), "{error}"),
        };
        check(&["--address", "10.1.2.3:80"], "--i-own-this-host");
        check(&["--address", "10.1.2.3:80", "--i-own-this-host", "--users", "1000000"], "ulimit");
        check(&["--users", "5000", "--shards", "1"], "need at least");
        check(&["--seconds", "0"], "above 0");
        check(&["--users", "1", "--shards", "2", "--target", "floor"], "too few users");
        check(&["--target", "nchan", "--buddies", "1"], "knows no buddies");
        check(&["--target", "nchan", "--room-size", "5"], "knows no rooms");
        check(&["--target", "nchan", "--no-seq"], "knows no polls without");
        check(&["--target", "floor", "--streams"], "only the message server");
        check(&["--target", "nchan", "--sockets"], "only the message server");
        check(&["--streams", "--no-seq"], "cannot be used with");
        check(&["--sockets", "--no-seq"], "cannot be used with");
        check(&["--sockets", "--streams"], "cannot be used with");
        check(&["--node", "127.0.0.1:1"], "is no URL of a node");
        check(&["--node", "https://127.0.0.1:1"], "is no URL of a node");
        check(&["--node", "http://10.1.2.3:80"], "--i-own-this-host");
        check(&["--node", "http://127.0.0.1:1", "--address", "127.0.0.1:2"], "cannot be used with");
        check(&["--node", "http://127.0.0.1:1", "--nodes", "2"], "cannot be used with");
        check(&["--node", "http://127.0.0.1:1", "--target", "floor"], "only message servers are nodes");
        check(&["--nodes", "0"], "is not in 1..=9");
        check(&["--server-pid", "1"], "required arguments");
        assert!(settings(&["--address", "10.1.2.3:80", "--i-own-this-host", "--users", "10"], 1_000).is_ok());
    }
}
