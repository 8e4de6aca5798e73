//! README.md is true: its conversation, its examples, its links, and its list of settings.
//!
//! The examples are tried in their order with one server. What differs from run to run (tickets, and ids and times
//! that the server made) is left out of the comparison.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails, in its helpers too")]

mod common;

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use common::{README_ADDRESS, SITE_CALLS, Server, blocks, need, path, readme};

/// What a line of output in the conversation begins with.
const OUTPUT: &str = "#> ";
/// Longer than any poll is held.
const PATIENCE: Duration = Duration::from_secs(40);

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

#[test]
fn the_configurations_are_right_and_wise() {
    let configurations = blocks("toml");
    assert!(!configurations.is_empty());
    for text in configurations {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), &text).unwrap();
        let mut check = Command::new(env!("CARGO_BIN_EXE_nextim"));
        let ran = check.arg("check-config").arg(file.path()).env_clear().output().unwrap();
        let stderr = String::from_utf8_lossy(&ran.stderr);
        assert_eq!((ran.status.code(), &*stderr), (Some(0), ""), "{text}");
    }
}

#[test]
fn the_conversation_goes_as_printed() {
    need("curl");
    let blocks = blocks("sh");
    let block = blocks.iter().find(|block| block.contains(OUTPUT)).expect("a conversation");
    let server = Server::start(&[]);
    let ran = Command::new("sh")
        .arg("-c")
        .arg(block.replace(README_ADDRESS, &server.address.to_string()))
        .env_clear()
        .env("PATH", path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&ran.stderr), "");
    let comparable = |text: &str| without(&["ticket", "id", "timestamp"], text);
    let printed = String::from_utf8(ran.stdout).unwrap();
    let printed: Vec<_> = printed.lines().map(comparable).collect();
    let shown: Vec<_> = block.lines().filter_map(|line| line.strip_prefix(OUTPUT)).map(comparable).collect();
    assert!(shown.len() > 5, "{shown:?}");
    assert_eq!(printed, shown);
}

/// A call and its answer, as README.md shows them.
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
        let has_body = !["HEAD", "OPTIONS"].contains(&method);
        let body = if has_body { headers.pop().expect("a body") } else { "" };
        Example { method, path, params, status, headers, body }
    }

    /// The whole answer to it, with these parameters.
    fn call(&self, address: SocketAddr, params: &str) -> String {
        let (query, body) = if self.method == "POST" { ("", params) } else { (params, "") };
        let Example { method, path, .. } = self;
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        write!(
            stream,
            "{method} {path}?{query} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

/// The value of a member that is a string.
fn text_member<'t>(json: &'t str, member: &str) -> Option<&'t str> {
    let (_, rest) = json.split_once(&*format!("\"{member}\":\""))?;
    rest.split('"').next()
}

/// What README.md writes in place of what a run has: its address, and words for tickets.
struct Words<'r> {
    address: String,
    tickets: HashMap<&'r str, String>,
}

impl<'r> Words<'r> {
    fn replaced(&self, text: &str) -> String {
        let text = text.replace(README_ADDRESS, &self.address);
        self.tickets.iter().fold(text, |text, (word, ticket)| text.replace(word, ticket))
    }

    /// If a ticket was to be answered, the word for it now means the one that was.
    fn learn(&mut self, shown: &'r str, answered: &str) {
        if let Some(word) = text_member(shown, "ticket") {
            self.tickets.insert(word, text_member(answered, "ticket").expect("a ticket").to_owned());
        }
    }
}

#[test]
fn the_examples_are_answered_as_shown() {
    let server = Server::start(&[]);
    let mut words = Words { address: server.address.to_string(), tickets: HashMap::new() };
    let blocks = blocks("http");
    let examples = blocks.iter().flat_map(|block| block.split("\n\n")).map(Example::read);
    let mut tried = 0;
    for example in examples {
        let shown = format!("{} {} {}", example.method, example.path, example.params);
        let answer = example.call(server.address, &words.replaced(example.params));
        let (head, body) = answer.split_once("\r\n\r\n").expect("an answer");
        words.learn(example.body, body);
        assert_eq!(body, words.replaced(example.body), "{shown}");
        let lines: Vec<_> = head.split("\r\n").collect();
        assert_eq!(lines.first(), Some(&&*format!("HTTP/1.1 {}", example.status)), "{shown}");
        for header in example.headers {
            assert!(lines.contains(&header), "{shown}: {header} is not in {lines:?}");
        }
        tried += 1;
    }
    assert!(tried > 15, "only {tried} examples");
}

#[test]
fn every_call_has_an_example() {
    let blocks = blocks("http").concat();
    let others = ["/packets", "/webim.js", "/health", "/"];
    for path in SITE_CALLS.into_iter().chain(others) {
        assert!([" ", "\n"].iter().any(|end| blocks.contains(&format!(" {path}{end}"))), "{path}");
    }
}

#[test]
fn every_flag_and_variable_is_listed() {
    let help = Command::new(env!("CARGO_BIN_EXE_nextim")).arg("--help").env_clear().output().unwrap();
    let (help, readme) = (String::from_utf8(help.stdout).unwrap(), readme());
    let words = help.split(|char: char| !char.is_ascii_alphanumeric() && !"-_".contains(char));
    let settings = words.filter(|word| word.starts_with("--") || word.starts_with("NEXTIM_"));
    let settings: Vec<_> = settings.filter(|word| !["--help", "--version"].contains(word)).collect();
    assert!(settings.len() > 10, "{settings:?}");
    for setting in settings {
        assert!(
            readme.contains(&format!("`{setting}")) || readme.contains(&format!(" {setting} ")),
            "{setting}"
        );
    }
}

#[test]
fn every_link_leads_somewhere() {
    let readme = readme();
    let headings = readme.lines().filter_map(|line| line.strip_prefix('#'));
    let anchors: Vec<String> = headings
        .map(|heading| heading.trim_start_matches('#').trim().to_lowercase().replace(' ', "-"))
        .collect();
    let mut links = 0;
    for link in readme.split("](").skip(1) {
        let target = link.split(')').next().unwrap();
        let found = match target.strip_prefix('#') {
            Some(anchor) => anchors.iter().any(|known| known == anchor),
            None => Path::new(env!("CARGO_MANIFEST_DIR")).join(target).exists(),
        };
        assert!(found, "{target}");
        links += 1;
    }
    assert!(links > 10, "only {links} links");
}
