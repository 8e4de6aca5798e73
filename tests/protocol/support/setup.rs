//! How a server is configured, and which servers a test runs on.
//!
//! Owns: the configuration text, the shard counts, the servers that tests share. A test gets a domain that nobody
//! else uses, so that names may be short and tests of one server never meet.

use std::collections::{BTreeMap, HashMap};
use std::env;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use super::poll::Transport;
use super::server::Server;
use super::site::Site;

/// Domains of one server; each test takes one or two.
pub(crate) const DOMAINS: usize = 1_200;
/// The variable that restricts the tests to one number of shards.
const SHARDS_VARIABLE: &str = "NEXTIM_TEST_SHARDS";

/// What a server is configured with.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    timeouts: BTreeMap<&'static str, u64>,
    limits: BTreeMap<&'static str, u64>,
    top_lines: Vec<&'static str>,
    domain_lines: Vec<String>,
    lines_of: BTreeMap<String, String>,
    /// The sites it serves, with their keys.
    pub(crate) sites: Vec<(String, Vec<String>)>,
}

impl Setup {
    /// Nothing ends by itself while a test runs.
    pub(crate) fn calm() -> Setup {
        let sites = (0..DOMAINS).map(|i| (format!("site{i}.example"), vec![format!("key-of-site-{i}")]));
        Setup {
            timeouts: ["session_cut_ms", "session_idle_ms", "linger_ms"].map(|name| (name, 3_600_000)).into(),
            limits: BTreeMap::new(),
            top_lines: Vec::new(),
            domain_lines: Vec::new(),
            lines_of: BTreeMap::new(),
            sites: sites.collect(),
        }
    }

    /// With another time limit.
    pub(crate) fn timeout(mut self, name: &'static str, ms: u64) -> Setup {
        self.timeouts.insert(name, ms);
        self
    }

    /// With another limit.
    pub(crate) fn limit(mut self, name: &'static str, value: u64) -> Setup {
        self.limits.insert(name, value);
        self
    }

    /// With one more setting for every domain.
    pub(crate) fn domains(mut self, line: impl Into<String>) -> Setup {
        self.domain_lines.push(line.into());
        self
    }

    /// With one more setting for this domain.
    pub(crate) fn domain(mut self, name: &str, line: String) -> Setup {
        self.lines_of.insert(name.to_owned(), line);
        self
    }

    /// With one more setting for the server.
    pub(crate) fn top(mut self, line: &'static str) -> Setup {
        self.top_lines.push(line);
        self
    }

    /// With these sites only.
    pub(crate) fn sites(mut self, sites: &[(&str, &[&str])]) -> Setup {
        let owned = |keys: &[&str]| keys.iter().map(|&key| key.to_owned()).collect();
        self.sites = sites.iter().map(|&(domain, keys)| (domain.to_owned(), owned(keys))).collect();
        self
    }

    /// The configuration file.
    pub(crate) fn text(&self) -> String {
        let mut text = "listen = [\"127.0.0.1:0\"]\npublic_url = \"https://im.example\"\n".to_owned();
        for line in &self.top_lines {
            writeln!(text, "{line}").unwrap();
        }
        for (title, table) in [("timeouts", &self.timeouts), ("limits", &self.limits)] {
            writeln!(text, "[{title}]").unwrap();
            for (name, value) in table {
                writeln!(text, "{name} = {value}").unwrap();
            }
        }
        for (domain, keys) in &self.sites {
            writeln!(text, "[[domain]]\nname = {domain:?}\napikeys = {keys:?}").unwrap();
            for line in self.domain_lines.iter().chain(self.lines_of.get(domain)) {
                writeln!(text, "{line}").unwrap();
            }
        }
        text
    }

    /// Runs `test` with a fresh domain of a server that other tests share, once in every world.
    pub(crate) fn each(&self, test: impl Fn(&Site)) {
        for World { shards, transport } in worlds() {
            let server = shared(self, shards);
            let _note = FailureNote(&server, transport);
            test(&Site::fresh(&server).by(transport));
        }
    }

    /// The same for a test that waits long: on all these servers at once.
    pub(crate) fn each_at_once(&self, test: impl Fn(&Site) + Sync) {
        thread::scope(|scope| {
            for World { shards, transport } in worlds() {
                let (server, test) = (shared(self, shards), &test);
                scope.spawn(move || {
                    let _note = FailureNote(&server, transport);
                    test(&Site::fresh(&server).by(transport));
                });
            }
        });
    }

    /// Runs `test` with a server of its own, once for every number of shards.
    pub(crate) fn own(&self, test: impl Fn(&Arc<Server>)) {
        for shards in shard_counts() {
            let server = Arc::new(Server::start(self, shards));
            let _note = FailureNote(&server, Transport::Poll);
            test(&server);
        }
    }
}

/// Runs `test` with a fresh domain of the calm server, once in every world.
pub(crate) fn each_site(test: impl Fn(&Site)) {
    Setup::calm().each(test);
}

fn shard_counts() -> Vec<u16> {
    match env::var(SHARDS_VARIABLE) {
        Ok(count) => vec![count.parse().expect("NEXTIM_TEST_SHARDS is a number")],
        Err(_) => vec![1, 2, 7],
    }
}

/// A number of shards, and how pages wait.
#[derive(Clone, Copy, Debug)]
struct World {
    shards: u16,
    transport: Transport,
}

/// Polls with one shard and with many, and all other ways with two: the second shard is what makes fates and cuts travel.
fn worlds() -> Vec<World> {
    let counts = shard_counts();
    let two = if counts.contains(&2) { 2 } else { counts[0] };
    let others = [Transport::Script, Transport::Stream, Transport::Socket];
    let others = others.map(|transport| World { shards: two, transport });
    let polls = counts.into_iter().filter(|shards| *shards != two);
    let polls = polls.map(|shards| World { shards, transport: Transport::Poll });
    polls.chain(others).collect()
}

/// The server of this setup that tests share; it lives as long as the test process.
fn shared(setup: &Setup, shards: u16) -> Arc<Server> {
    type Shared = HashMap<(u16, String), Arc<Server>>;
    static SERVERS: Mutex<Option<Shared>> = Mutex::new(None);
    let mut servers = SERVERS.lock().unwrap_or_else(PoisonError::into_inner);
    let servers = servers.get_or_insert_default();
    let server = servers.entry((shards, setup.text())).or_insert_with(|| Server::start(setup, shards).into());
    Arc::clone(server)
}

/// Says in which world a test failed.
struct FailureNote<'a>(&'a Server, Transport);

impl Drop for FailureNote<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let FailureNote(server, transport) = self;
            eprintln!(
                "failed with {} shards, {transport:?}; the server said:\n{}",
                server.shards,
                server.log()
            );
        }
    }
}
