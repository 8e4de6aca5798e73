//! A message server, sites and browsers for the tests.
//!
//! Owns: the message servers for all tests of the process; for each test a domain, and a site with a database of its own.
//! Must not: name an endpoint but `online`.

use nextim::{Config, DomainConfig, Handle, Server};
use nextim_community::community::Community;
use nextim_community::secret;
use nextim_community::site::Options;
use nextim_community::store::{accounts, messages};
use nextim_community::webim::host::Message;
use nextim_community::webim::server::{Address, Push};
use nextim_testkit::conn::call;
use nextim_testkit::http::{Response, form, get, request};
use nextim_testkit::patience::eventually;
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex, MutexGuard, OnceLock};
use std::time::{SystemTime, UNIX_EPOCH};
use tempfile::TempDir;

/// Domains, one for each test.
const DOMAINS: usize = 200;
/// The site's key in all domains.
pub(crate) const APIKEY: &str = "test key";

/// A time that is over in no test, in ms.
const NEVER_MS: u64 = 3_600_000;

/// The message servers. They start before any file is opened: files that are open then stay open in their threads.
struct Servers {
    /// Users who leave are gone at once.
    brisk: Handle,
    /// Users who leave are online for the rest of the test.
    lingering: Handle,
}

fn servers() -> &'static Servers {
    static SERVERS: OnceLock<Servers> = OnceLock::new();
    SERVERS.get_or_init(|| {
        let mut config = Config { listen: vec![anywhere()], shards: Some(2), ..Config::default() };
        config.domains = domains().values().cloned().collect();
        (config.timeouts.poll_hold_ms_min, config.timeouts.poll_hold_ms_max) = (50, 100);
        config.timeouts.linger_ms = 10;
        let brisk = Server::start(&config).unwrap();
        (config.timeouts.poll_hold_ms_min, config.timeouts.poll_hold_ms_max) = (900, 1_000);
        (config.timeouts.linger_ms, config.timeouts.session_idle_ms) = (NEVER_MS, NEVER_MS);
        Servers { brisk, lingering: Server::start(&config).unwrap() }
    })
}

/// The message server of most tests.
pub(crate) fn message_server() -> &'static Handle {
    &servers().brisk
}

/// How the domains are configured, by their names.
fn domains() -> MutexGuard<'static, BTreeMap<String, DomainConfig>> {
    static CONFIGURED: LazyLock<Mutex<BTreeMap<String, DomainConfig>>> = LazyLock::new(|| {
        let names = (0..DOMAINS).map(|number| format!("d{number}"));
        Mutex::new(names.map(|name| (name.clone(), DomainConfig::new(name, APIKEY))).collect())
    });
    CONFIGURED.lock().unwrap()
}

/// Changes the configuration of a domain.
pub(crate) fn configure(domain: &str, change: impl FnOnce(&mut DomainConfig)) {
    let mut domains = domains();
    change(domains.entry(domain.to_owned()).or_insert_with(|| DomainConfig::new(domain, APIKEY)));
    reload(&domains);
}

/// Removes a domain.
pub(crate) fn remove(domain: &str) {
    let mut domains = domains();
    domains.remove(domain);
    reload(&domains);
}

fn reload(domains: &BTreeMap<String, DomainConfig>) {
    let domains: Vec<_> = domains.values().cloned().collect();
    for server in [&servers().brisk, &servers().lingering] {
        server.reload(&domains);
    }
}

pub(crate) fn anywhere() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, 0).into()
}

/// A site with the seeded users.
pub(crate) struct TestSite {
    pub(crate) community: Community,
    pub(crate) domain: String,
    folder: TempDir,
}

impl TestSite {
    /// With a domain of its own at the message server.
    pub(crate) fn start() -> TestSite {
        TestSite::with(Options::default(), |address| address)
    }

    /// With a message server at which users who leave stay online.
    pub(crate) fn lingering() -> TestSite {
        let url = format!("http://{}", servers().lingering.addresses()[0]);
        TestSite::with(Options::default(), |address| Address { url, ..address })
    }

    /// With these options, and a message server that `change` may put elsewhere.
    pub(crate) fn with(options: Options, change: impl FnOnce(Address) -> Address) -> TestSite {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let server = message_server();
        let domain = format!("d{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let url = format!("http://{}", server.addresses()[0]);
        let address =
            change(Address { url, public_url: None, domain: domain.clone(), apikey: APIKEY.to_owned() });
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("community.sqlite");
        let community = Community::start(anywhere(), &file, address, options).unwrap();
        TestSite { community, domain, folder }
    }

    /// Its database.
    pub(crate) fn file(&self) -> PathBuf {
        self.folder.path().join("community.sqlite")
    }

    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.community.address())
    }

    /// A browser in which nobody is logged in.
    pub(crate) fn browser(&self) -> Browser<'_> {
        Browser { site: self, cookie: String::new() }
    }

    /// A browser in which this user is logged in.
    pub(crate) fn log_in(&self, user: &str) -> Browser<'_> {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let token = format!("token-{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let hash = secret::hash(&token);
        let store = &self.community.site().store;
        store.write(|db| accounts::begin_session(db, &hash, user)).unwrap();
        Browser { cookie: format!("community_session={token}"), ..self.browser() }
    }

    /// The undelivered messages to a user.
    pub(crate) fn waiting(&self, user: &str) -> Vec<Message> {
        self.community.site().store.read(|db| messages::waiting(db, user)).unwrap()
    }
}

/// A browser with its cookie.
pub(crate) struct Browser<'a> {
    site: &'a TestSite,
    pub(crate) cookie: String,
}

/// An answer to a browser.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
    response: Response,
}

impl Answer {
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("{self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.response.header(name).unwrap_or_default()
    }

    /// The status and the text for the user.
    #[track_caller]
    pub(crate) fn refusal(&self) -> (u16, String) {
        (self.status, self.json()["error"].as_str().unwrap_or_else(|| panic!("{self:?}")).to_owned())
    }
}

type Pairs<'a> = &'a [(&'a str, &'a str)];

impl<'a> Browser<'a> {
    /// The origin of the site's pages.
    pub(crate) fn origin(&self) -> String {
        self.site.origin()
    }

    /// Lets the log-in end after this time, in ms.
    pub(crate) fn log_in_ends_in(&self, left_ms: i64) {
        let token = self.cookie.split_once('=').expect("a log-in").1;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
        let end = i64::try_from(now).unwrap() + left_ms;
        let sql = "UPDATE sessions SET expires = ?2 WHERE token = ?1";
        let change = |db: &rusqlite::Connection| db.execute(sql, (secret::hash(token), end));
        assert_eq!(self.site.community.site().store.write(change).unwrap(), 1);
    }

    /// GET, as pages of the site do it.
    pub(crate) fn get(&self, endpoint: &str, params: Pairs<'_>) -> Answer {
        self.ask("GET", &format!("/webim/{endpoint}?{}", form(params)), &[], "")
    }

    /// POST, as pages of the site do it.
    pub(crate) fn post(&self, endpoint: &str, params: Pairs<'_>) -> Answer {
        let origin = self.site.origin();
        self.ask("POST", &format!("/webim/{endpoint}"), &[("origin", &origin)], &form(params))
    }

    /// A POST that must succeed. Returns the JSON.
    #[track_caller]
    pub(crate) fn done(&self, endpoint: &str, params: Pairs<'_>) -> Value {
        let answer = self.post(endpoint, params);
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    }

    /// A GET that must succeed. Returns the JSON.
    #[track_caller]
    pub(crate) fn read(&self, endpoint: &str, params: Pairs<'_>) -> Value {
        let answer = self.get(endpoint, params);
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    }

    /// Any request.
    pub(crate) fn ask(&self, method: &str, path: &str, headers: Pairs<'_>, body: &str) -> Answer {
        let address = self.site.community.address();
        let host = address.to_string();
        let mut all = vec![("Host", &*host)];
        if !self.cookie.is_empty() {
            all.push(("Cookie", &self.cookie));
        }
        if !body.is_empty() && !headers.iter().any(|(name, _)| *name == "content-type") {
            all.push(("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8"));
        }
        all.extend_from_slice(headers);
        read(call(address, &request(&format!("{method} {path} HTTP/1.1"), &all, body.as_bytes())))
    }

    /// Goes online with these parameters.
    #[track_caller]
    pub(crate) fn online(&self, params: Pairs<'_>) -> Page<'_, 'a> {
        let answer = self.done("online", params);
        assert_eq!(answer["success"], true, "{answer}");
        let ticket = answer["connection"]["ticket"].as_str().unwrap().to_owned();
        Page { browser: self, ticket, answer, seq: 0, packets: Vec::new() }
    }
}

/// A page that is online.
pub(crate) struct Page<'b, 'a> {
    pub(crate) browser: &'b Browser<'a>,
    pub(crate) ticket: String,
    /// The answer of `online`.
    pub(crate) answer: Value,
    seq: u64,
    /// Packets that were polled and not looked at yet.
    packets: Vec<(String, Value)>,
}

impl Page<'_, '_> {
    /// POST with the page's ticket.
    pub(crate) fn post(&self, endpoint: &str, params: Pairs<'_>) -> Answer {
        let mut params = params.to_vec();
        params.push(("ticket", &self.ticket));
        self.browser.post(endpoint, &params)
    }

    /// A POST with the page's ticket that must succeed.
    #[track_caller]
    pub(crate) fn done(&self, endpoint: &str, params: Pairs<'_>) -> Value {
        let answer = self.post(endpoint, params);
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    }

    /// The answer to one poll: its HTTP status and JSON.
    pub(crate) fn poll(&mut self) -> (u16, Value) {
        let connection = &self.answer["connection"];
        let (server, domain) =
            (connection["server"].as_str().unwrap(), connection["domain"].as_str().unwrap());
        let server = server.strip_prefix("http://").and_then(|rest| rest.strip_suffix("/packets"));
        let address = server.and_then(|address| address.parse().ok()).expect("the poll's URL");
        let params = [("ticket", &*self.ticket), ("domain", domain), ("seq", &self.seq.to_string())];
        let answer = read(call(address, &get("/packets", &params)));
        let Ok(said) = serde_json::from_str::<Value>(&answer.body) else {
            return (answer.status, Value::Null);
        };
        self.seq = said["seq"].as_u64().unwrap_or(self.seq);
        for list in ["messages", "presences", "statuses"] {
            let packets = said[list].as_array().cloned().unwrap_or_default();
            self.packets.extend(packets.into_iter().map(|packet| (list.to_owned(), packet)));
        }
        (answer.status, said)
    }

    /// Polls until a packet of this list fits. Each packet is looked at once.
    #[track_caller]
    pub(crate) fn next(&mut self, list: &str, fits: impl Fn(&Value) -> bool) -> Value {
        eventually(list, || {
            let found = self.packets.iter().position(|(of, packet)| of == list && fits(packet));
            if let Some(found) = found {
                return Some(self.packets.remove(found).1);
            }
            let (status, said) = self.poll();
            assert_eq!(status, 200, "{said}");
            None
        })
    }

    /// Checks that all other packets of this list that came are expected.
    #[track_caller]
    pub(crate) fn got_only(&self, list: &str, expected: impl Fn(&Value) -> bool) {
        let came: Vec<_> =
            self.packets.iter().filter(|(of, packet)| of == list && !expected(packet)).collect();
        assert!(came.is_empty(), "{came:?}");
    }

    /// All messages up to one that is sent to the page's user for this purpose.
    pub(crate) fn messages(&mut self) -> Vec<Value> {
        let name = self.answer["user"]["id"].as_str().unwrap().to_owned();
        let site = self.browser.site;
        let push = Push {
            ticket: None,
            from: "the-test",
            nick: "",
            to: &name,
            kind: "unicast",
            body: "that is all",
            style: "",
            timestamp: 0,
            id: "last",
            meta: None,
        };
        site.community.site().webim.im.message(&push).unwrap();
        self.next("messages", |message| message["id"] == "last");
        self.take_messages()
    }

    /// The messages that were polled and not looked at yet.
    pub(crate) fn take_messages(&mut self) -> Vec<Value> {
        let (found, rest) =
            std::mem::take(&mut self.packets).into_iter().partition(|(of, _)| of == "messages");
        self.packets = rest;
        let found: Vec<(String, Value)> = found;
        found.into_iter().map(|(_, message)| message).collect()
    }
}

fn read(response: Response) -> Answer {
    Answer { status: response.status, body: response.text().to_owned(), response }
}

/// The value of a key in each entry of a list.
#[track_caller]
pub(crate) fn each(list: &Value, key: &str) -> Vec<String> {
    let text = |item: &Value| item[key].as_str().unwrap_or_else(|| panic!("{key} in {item}")).to_owned();
    list.as_array().unwrap().iter().map(text).collect()
}

/// The entry of a list with this id.
#[track_caller]
pub(crate) fn with_id<'a>(list: &'a Value, id: &str) -> &'a Value {
    let found = list.as_array().unwrap().iter().find(|item| item["id"] == id);
    found.unwrap_or_else(|| panic!("{id} in {list}"))
}
