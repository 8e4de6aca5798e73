//! A node: the server as it is built, with a file of its own.
//!
//! Owns: its configuration, its start, its signals and its end. Must not: know the other nodes.

use std::fmt::Write as _;
use std::fs;
use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;

use nextim_testkit::http::{Response, get};
use nextim_testkit::process::{built, nextim};
use nextim_testkit::proxy::path;
use nextim_testkit::server::Server;
use nix::sys::signal::Signal;
use tempfile::NamedTempFile;

use super::broker::Broker;
use super::wire::{free_address, try_call};

/// How nodes are configured.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    brokers: Vec<String>,
    cluster: String,
    domains: Vec<(String, String)>,
    hold_ms: u64,
    cut_ms: u64,
    variables: Vec<(&'static str, String)>,
}

impl Setup {
    /// Nothing ends by itself while a test runs, but polls do after a second, so that pages see what has changed.
    pub(crate) fn new(brokers: &[&Broker]) -> Setup {
        Setup {
            brokers: brokers.iter().map(|broker| broker.url()).collect(),
            cluster: String::new(),
            domains: vec![("site".to_owned(), String::new())],
            hold_ms: 1_000,
            cut_ms: 3_600_000,
            variables: Vec::new(),
        }
    }

    /// With other brokers, by their URLs.
    pub(crate) fn brokers(self, urls: &[&str]) -> Setup {
        Setup { brokers: urls.iter().map(|url| (*url).to_owned()).collect(), ..self }
    }

    /// With one more setting of the cluster.
    pub(crate) fn cluster(mut self, line: &str) -> Setup {
        writeln!(self.cluster, "{line}").unwrap();
        self
    }

    /// With one more setting of the first domain.
    pub(crate) fn domain(mut self, line: &str) -> Setup {
        writeln!(self.domains[0].1, "{line}").unwrap();
        self
    }

    /// With these domains.
    pub(crate) fn domains(self, names: &[&str]) -> Setup {
        Setup { domains: names.iter().map(|name| ((*name).to_owned(), String::new())).collect(), ..self }
    }

    /// With polls that wait for this long.
    pub(crate) fn hold_ms(self, hold_ms: u64) -> Setup {
        Setup { hold_ms, ..self }
    }

    /// With sessions that end when no page has polled for this long.
    pub(crate) fn cut_ms(self, cut_ms: u64) -> Setup {
        Setup { cut_ms, ..self }
    }

    /// With a variable.
    pub(crate) fn variable(mut self, name: &'static str, value: &str) -> Setup {
        self.variables.push((name, value.to_owned()));
        self
    }

    fn text(&self, name: &str, address: SocketAddr) -> String {
        let Setup { brokers, cluster, domains, hold_ms, cut_ms, .. } = self;
        let ip = address.ip();
        let mut text = format!(
            "listen = [\"{address}\"]\npublic_url = \"http://{address}\"\nadmin = \"{ip}:0\"\nshards = 2\n\
             [timeouts]\nsession_cut_ms = {cut_ms}\nsession_idle_ms = 3600000\nlinger_ms = 3600000\n\
             poll_hold_ms_min = {hold_ms}\npoll_hold_ms_max = {hold_ms}\n\
             [cluster]\nname = \"town\"\nnode = \"{name}\"\nnats = {brokers:?}\n{cluster}"
        );
        for (domain, lines) in domains {
            writeln!(text, "[[domain]]\nname = {domain:?}\napikeys = [\"key\"]\n{lines}").unwrap();
        }
        text
    }
}

/// A node.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) name: String,
    pub(crate) address: SocketAddr,
    setup: Setup,
    file: NamedTempFile,
    /// The network namespace it is in, as a process that is in it.
    inside: Option<u32>,
    server: Option<Server>,
}

impl Node {
    /// One that does not run yet.
    pub(crate) fn new(name: &str, setup: &Setup) -> Node {
        Node::at(name, setup, free_address(), None)
    }

    /// The same at this address, in the network namespace of this process if there is one.
    pub(crate) fn at(name: &str, setup: &Setup, address: SocketAddr, inside: Option<u32>) -> Node {
        let file = NamedTempFile::new().unwrap();
        fs::write(file.path(), setup.text(name, address)).unwrap();
        Node { name: name.to_owned(), address, setup: setup.clone(), file, inside, server: None }
    }

    /// Starts it, and waits until it listens.
    #[track_caller]
    pub(crate) fn start(&mut self) {
        let mut command = match self.inside {
            Some(process) => {
                let mut command = Command::new("nsenter");
                command.arg(format!("--net=/proc/{process}/ns/net")).arg("--").arg(built("nextim"));
                command.env_clear().env("PATH", path());
                command
            }
            None => nextim(&[]),
        };
        self.server = Some(Server::run(self.configured(&mut command)));
    }

    /// Tries to start it where it is refused. Returns how it ended, and what it logged.
    #[track_caller]
    pub(crate) fn refused(&self) -> String {
        Server::try_run(self.configured(&mut nextim(&[]))).expect_err("it must not start")
    }

    fn configured<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        command.arg("--config").arg(self.file.path());
        command.envs(self.setup.variables.iter().map(|(name, value)| (name, value)))
    }

    /// Whether it runs.
    pub(crate) fn runs(&self) -> bool {
        self.server.is_some()
    }

    #[track_caller]
    fn server(&self) -> &Server {
        self.server.as_ref().expect("it runs")
    }

    /// What it logged.
    #[track_caller]
    pub(crate) fn log(&self) -> String {
        self.server().log()
    }

    /// Ends it at once.
    pub(crate) fn kill(&mut self) {
        self.server = None;
    }

    /// Asks it to go, and waits until it has gone.
    #[track_caller]
    pub(crate) fn leave(&mut self) {
        self.server().signal(Signal::SIGTERM);
        assert!(self.server().wait().success(), "{}", self.log());
        self.server = None;
    }

    /// Stops it.
    #[track_caller]
    pub(crate) fn stand_still(&self) {
        self.server().signal(Signal::SIGSTOP);
    }

    /// Lets it go on.
    #[track_caller]
    pub(crate) fn go_on(&self) {
        self.server().signal(Signal::SIGCONT);
    }

    /// Has it read another configuration.
    #[track_caller]
    pub(crate) fn reload(&mut self, setup: &Setup) {
        let read_before = self.log().matches("reload").count();
        fs::write(self.file.path(), setup.text(&self.name, self.address)).unwrap();
        self.setup = setup.clone();
        self.server().signal(Signal::SIGHUP);
        super::within("the configuration is read", || {
            (self.log().matches("reload").count() > read_before).then_some(())
        });
    }

    /// A figure of the cluster, as it shows it; 0 before it shows any.
    #[track_caller]
    pub(crate) fn figure(&self, name: &str) -> u64 {
        self.gauge(&format!("nextim_cluster_{name}"))
    }

    /// A number that it shows, of all its shards; 0 before it shows any.
    #[track_caller]
    pub(crate) fn gauge(&self, name: &str) -> u64 {
        let shown = self.server().watch("/metrics");
        let values = shown.text().lines().filter_map(|line| {
            let labels = line.strip_prefix(name)?.strip_suffix(char::is_numeric)?;
            let is_named = labels.starts_with([' ', '{']);
            is_named.then(|| line.rsplit(' ').next()?.parse::<u64>().ok())?
        });
        values.sum()
    }

    /// Waits until it takes no calls, for this reason.
    #[track_caller]
    pub(crate) fn refuses_calls(&self, why: &str) {
        super::within(&format!("{} refuses calls", self.name), || {
            let health = self.health();
            (health.status == 503).then(|| health.refuses(503, &format!("cluster: isolated: {why}"), 1))
        });
    }

    /// What it answers to those who ask whether it serves.
    #[track_caller]
    pub(crate) fn health(&self) -> Response {
        try_call(self.address, &get("/health", &[]), Duration::from_secs(20)).expect("an answer")
    }
}
