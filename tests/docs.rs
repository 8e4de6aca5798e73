//! The documents are true: their conversations, examples, configurations, settings and metrics; in docs/prose.rs,
//! what they say between those; and, in docs/endpoints.rs, the transcript of a plugin's endpoints.
//!
//! Owns: trying README.md, the other documents of the root, and docs/. Must not: try configurations of proxies; that
//! takes the programs, and tests/nginx/ and tests/haproxy.rs have them.
//!
//! The examples of one document are tried in their order with one server. The comparison leaves out values that differ
//! from run to run: tickets, and ids and times that the server made.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails, in its helpers too")]

#[path = "docs/endpoints.rs"]
mod endpoints;
#[path = "docs/prose.rs"]
mod prose;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::net::SocketAddr;
use std::process::{Command, Stdio};

use nextim_testkit::conn::Conn;
use nextim_testkit::documents::{SHOWN_ADDRESS, blocks, cut, root, text};
use nextim_testkit::http::{Response, request};
use nextim_testkit::paths::{ROOM, without_files};
use nextim_testkit::process::nextim;
use nextim_testkit::proxy::{need, path};
use nextim_testkit::server::Server;

const README: &str = "README.md";
const PROTOCOL: &str = "docs/protocol.md";
/// The paths of version 5.
const VERSION_5: &str = "docs/version-5.md";
/// Its conversation is with a server that has the settings above it.
const GUIDE: &str = "docs/put-it-on-your-site.md";
/// How many blocks of each language the documents have, so that none is lost unseen.
const BLOCKS: [(&str, usize); 8] = [
    ("haproxy", 1),
    ("html", 3),
    ("http", 26),
    ("nginx", 2),
    ("sh", 25),
    ("text", 30),
    ("toml", 5),
    ("yaml", 3),
];
/// How many calls and answers the blocks of the language `http` show.
const CALLS_SHOWN: usize = 55;
/// What a line of output in a conversation begins with.
const OUTPUT: &str = "#> ";

/// The documents, by their paths from the root.
fn documents() -> Vec<String> {
    let mut found = Vec::new();
    for folder in ["", "docs/"] {
        for entry in fs::read_dir(root().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let is_document = path.extension().is_some_and(|extension| extension == "md");
            let name = path.file_name().unwrap().to_str().unwrap();
            found.extend(is_document.then(|| format!("{folder}{name}")));
        }
    }
    found.sort();
    assert!(found.len() > 10, "{found:?}");
    found
}

#[test]
fn no_block_is_lost() {
    let mut counts = BTreeMap::new();
    for (language, _) in documents().iter().flat_map(|document| cut(document).1) {
        *counts.entry(language).or_default() += 1;
    }
    let expected = BLOCKS.map(|(language, count)| (language.to_owned(), count));
    assert_eq!(counts, BTreeMap::from(expected));
}

#[test]
fn the_readme_is_short_and_its_two_commands_start_and_test() {
    assert!(text(README).len() <= 10 * 1_024);
    assert_eq!(blocks(README, "sh"), ["cargo run --release -p nextim-community\n", "tests/run\n"]);
}

/// The text without the values of these members of JSON objects.
fn without(members: &[&str], text: &str) -> String {
    let mut text = text.to_owned();
    for member in members {
        let member = format!("\"{member}\":");
        let mut from = 0;
        while let Some(at) = text[from..].find(&*member) {
            from += at + member.len();
            let bytes = text[from..].find([',', '}']).expect("the value ends");
            text.replace_range(from..from + bytes, "…");
        }
    }
    text
}

/// A file with this configuration, until it is dropped.
fn file_of(configuration: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), configuration).unwrap();
    file
}

#[test]
fn the_configurations_are_right_and_wise() {
    for document in documents() {
        for configuration in blocks(&document, "toml") {
            let file = file_of(&configuration);
            let ran = nextim(&["check-config"]).arg(file.path()).output().unwrap();
            let stderr = String::from_utf8_lossy(&ran.stderr);
            assert_eq!((ran.status.code(), &*stderr), (Some(0), ""), "{document}: {configuration}");
        }
    }
}

/// What the commands of a document print when they speak with this server, in an empty folder.
#[track_caller]
fn spoken(commands: &str, server: &Server) -> String {
    need("curl");
    let folder = tempfile::tempdir().unwrap();
    let ran = Command::new("sh")
        .arg("-c")
        .arg(commands.replace(SHOWN_ADDRESS, &server.address.to_string()))
        .current_dir(folder.path())
        .env_clear()
        .env("PATH", path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&ran.stderr), "");
    String::from_utf8(ran.stdout).unwrap()
}

/// Holds the conversation of a document with a server.
#[track_caller]
fn converse(document: &str, server: &Server) {
    let blocks = blocks(document, "sh");
    let block = blocks.iter().find(|block| block.contains(OUTPUT)).expect("a conversation");
    let printed = spoken(block, server);
    let comparable = |text: &str| without(&["ticket", "id", "timestamp"], text);
    let printed: Vec<_> = printed.lines().map(comparable).collect();
    let shown: Vec<_> = block.lines().filter_map(|line| line.strip_prefix(OUTPUT)).map(comparable).collect();
    assert_eq!(printed, shown);
}

#[test]
fn the_first_conversation_goes_as_printed() {
    converse(PROTOCOL, &Server::start(&[]));
}

#[test]
fn the_conversation_with_a_site_of_your_own_goes_as_printed() {
    let configurations = blocks(GUIDE, "toml");
    let file = file_of(configurations.first().expect("settings"));
    converse(GUIDE, &Server::start(&["--config", file.path().to_str().unwrap()]));
}

#[test]
fn no_other_document_has_a_conversation() {
    let talks = |document: &String| blocks(document, "sh").iter().any(|block| block.contains(OUTPUT));
    assert_eq!(documents().into_iter().filter(talks).collect::<Vec<_>>(), [PROTOCOL, GUIDE]);
}

/// A call and its answer, as a document shows them.
struct Example<'r> {
    method: &'r str,
    path: &'r str,
    params: &'r str,
    status: &'r str,
    headers: Vec<&'r str>,
    body: &'r str,
}

impl Example<'_> {
    fn read(text: &str) -> Example<'_> {
        let mut lines = text.lines();
        let mut request = lines.next().expect("a request").splitn(3, ' ');
        let [method, path] = std::array::from_fn(|_| request.next().expect("a method and a path"));
        let params = request.next().unwrap_or_default();
        let status = lines.next().expect("a status");
        let mut headers: Vec<_> = lines.collect();
        let mut example = Example { method, path, params, status, headers: Vec::new(), body: "" };
        if example.has_body() {
            example.body = headers.pop().expect("a body");
        }
        Example { headers, ..example }
    }

    /// The answer to it, with these parameters.
    fn call(&self, address: SocketAddr, params: &str) -> Response {
        let (query, body) = if self.method == "POST" { ("", params) } else { (params, "") };
        let Example { method, path, .. } = self;
        let form = [("Content-Type", "application/x-www-form-urlencoded"), ("Connection", "close")];
        let mut conn = Conn::open(address);
        conn.send(&request(&format!("{method} {path}?{query} HTTP/1.1"), &form, body.as_bytes()));
        if self.has_body() { conn.response() } else { conn.bodiless_response() }
    }

    fn has_body(&self) -> bool {
        !["HEAD", "OPTIONS"].contains(&self.method)
    }
}

/// The value of a member that is a string.
fn text_member<'t>(json: &'t str, member: &str) -> Option<&'t str> {
    let (_, rest) = json.split_once(&*format!("\"{member}\":\""))?;
    rest.split('"').next()
}

/// The words of a document for values of a run: the address of the server, and tickets.
struct Words<'r> {
    address: String,
    tickets: HashMap<&'r str, String>,
}

impl<'r> Words<'r> {
    fn replaced(&self, text: &str) -> String {
        let text = text.replace(SHOWN_ADDRESS, &self.address);
        self.tickets.iter().fold(text, |text, (word, ticket)| text.replace(word, ticket))
    }

    /// If a ticket was to be answered, the word for it now means the one that was.
    fn learn(&mut self, shown: &'r str, answered: &str) {
        if let Some(word) = text_member(shown, "ticket") {
            self.tickets.insert(word, text_member(answered, "ticket").expect("a ticket").to_owned());
        }
    }
}

/// Tries the calls that a document shows; how many there were.
fn try_calls(document: &str) -> usize {
    let blocks = blocks(document, "http");
    if blocks.is_empty() {
        return 0;
    }
    let server = Server::start(&[]);
    let mut words = Words { address: server.address.to_string(), tickets: HashMap::new() };
    let examples = blocks.iter().flat_map(|block| block.trim_end().split("\n\n")).map(Example::read);
    let mut tried = 0;
    for example in examples {
        let shown = format!("{document}: {} {} {}", example.method, example.path, example.params);
        let answer = example.call(server.address, &words.replaced(example.params));
        words.learn(example.body, answer.text());
        assert_eq!(answer.text(), words.replaced(example.body), "{shown}");
        let lines: Vec<_> = answer.head.split("\r\n").collect();
        assert_eq!(lines.first(), Some(&&*format!("HTTP/1.1 {}", example.status)), "{shown}");
        for header in example.headers {
            assert!(lines.contains(&header), "{shown}: {header} is not in {lines:?}");
        }
        tried += 1;
    }
    tried
}

#[test]
fn the_calls_are_answered_as_shown() {
    let tried: usize = documents().iter().map(|document| try_calls(document)).sum();
    assert_eq!(tried, CALLS_SHOWN);
}

#[test]
fn every_call_has_an_example() {
    let blocks = [PROTOCOL, VERSION_5].map(|document| blocks(document, "http").concat()).concat();
    for path in without_files().chain(["/webim.js"]) {
        let path = path.replace(ROOM, "room1");
        assert!([" ", "\n"].iter().any(|end| blocks.contains(&format!(" {path}{end}"))), "{path}");
    }
}

#[test]
fn every_flag_and_variable_is_listed() {
    let help = nextim(&["--help"]).output().unwrap();
    let (help, listed) = (String::from_utf8(help.stdout).unwrap(), text("docs/operating.md"));
    let words = help.split(|char: char| !char.is_ascii_alphanumeric() && !"-_".contains(char));
    let settings = words.filter(|word| word.starts_with("--") || word.starts_with("NEXTIM_"));
    let settings: Vec<_> = settings.filter(|word| !["--help", "--version"].contains(word)).collect();
    assert!(settings.len() > 10, "{settings:?}");
    for setting in settings {
        assert!(
            listed.contains(&format!("`{setting}")) || listed.contains(&format!(" {setting} ")),
            "{setting}"
        );
    }
}

/// The words that are flags, variables and commands.
fn named(text: &str) -> BTreeSet<&str> {
    let words = text.split(|char: char| !char.is_ascii_alphanumeric() && !"-_".contains(char));
    words.filter(|word| word.starts_with("--") && word.len() > 2 || word.starts_with("NEXTIM_")).collect()
}

#[test]
fn the_manual_page_has_the_flags_variables_and_commands_of_the_help() {
    let help = |arguments: &[&str]| {
        let ran = nextim(arguments).output().unwrap();
        String::from_utf8(ran.stdout).unwrap()
    };
    let all = help(&["--help"]);
    let acts = ["add", "rotate", "remove", "list"].map(|act| help(&["domain", act, "--help"]));
    let every = [&[all.clone(), help(&["top", "--help"])][..], &acts].concat().concat();
    let page = text("packaging/nextim.1").replace("\\-", "-");
    // A word in another letter than what follows it ends at the change of letters.
    let page = page.replace("\\fR", " ").replace("\\fI", " ");
    let expected: BTreeSet<&str> = named(&every);
    assert!(expected.len() > 15, "{expected:?}");
    assert_eq!(named(&page), expected);
    let commands = all.split("Commands:\n").nth(1).unwrap().lines().map_while(|line| line.strip_prefix("  "));
    for command in commands.filter_map(|line| line.split(' ').next()) {
        assert!(
            [format!("\n.B {command}\n"), format!("\n.BI {command} ")].iter().any(|line| page.contains(line)),
            "{command}"
        );
    }
}

#[test]
fn every_setting_in_the_table_of_limits_exists() {
    let (prose, _) = cut("docs/limits.md");
    let cells = prose.lines().filter_map(|line| line.split('|').nth(3));
    let settings: Vec<&str> = cells.flat_map(code).collect();
    assert!(settings.len() > 10, "{settings:?}");
    for setting in settings {
        // A setting without a default is commented out.
        let lines = [format!("\n{setting} = "), format!("\n#{setting} = ")];
        assert!(lines.iter().any(|line| text("nextim.toml").contains(line)), "{setting} is no setting");
    }
}

#[test]
fn every_limit_that_can_be_set_is_in_the_table_of_limits() {
    let settings = text("nextim.toml");
    let (_, limits) = settings.split_once("\n[limits]\n").expect("limits");
    let limits = limits.split("\n[[").next().unwrap();
    let mut names: Vec<&str> =
        limits.lines().filter_map(|line| line.split_once(" = ")).map(|(name, _)| name).collect();
    assert!(names.len() > 10, "{names:?}");
    // Numbers that stand elsewhere in the file, because they are not of all domains or not of a shard.
    names.extend(["shards", "max_users", "max_sessions", "max_calls_per_second"]);
    let (prose, _) = cut("docs/limits.md");
    for name in names {
        let row = |line: &str| line.split('|').nth(3).is_some_and(|cell| cell.contains(&format!("`{name}`")));
        assert!(prose.lines().any(row), "{name} has no row");
    }
}

/// The pieces of code in a line.
fn code(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

#[test]
fn every_metric_that_is_named_is_served() {
    // A process of its own: a shard in this one would hold the pipes of programs that other tests are starting.
    let server = Server::start(&["--admin", "127.0.0.1:0"]);
    let metrics =
        ["/metrics", "/metrics?domain=localhost"].map(|path| server.watch(path).text().to_owned()).concat();
    // Those of the first are of another program, whose own test holds them, and only a node of a cluster has the others.
    let elsewhere = ["docs/xmpp.md", "docs/cluster.md"];
    let documents = documents();
    let texts: String = documents
        .iter()
        .filter(|name| !elsewhere.contains(&name.as_str()))
        .map(|document| text(document))
        .collect();
    let words = texts.split(|char: char| !char.is_ascii_alphanumeric() && char != '_');
    // A digit follows where the name of a package does.
    let is_named = |word: &&str| {
        word.strip_prefix("nextim_")
            .is_some_and(|rest| !rest.starts_with(|letter: char| letter.is_ascii_digit()))
    };
    let named: Vec<_> = words.filter(is_named).collect();
    assert!(named.len() > 5, "{named:?}");
    for metric in named {
        let family = metric.trim_end_matches("_bucket");
        assert!(metrics.contains(&format!("# TYPE {family} ")), "{metric}");
    }
}
