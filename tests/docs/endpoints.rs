//! The transcript of a plugin's endpoints: its calls by curl are made at the reference community, and answered as shown.
//!
//! Owns: the two servers of the transcript, and what differs from run to run. Must not: say what an endpoint must do; the
//! conformance suite does.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use nextim_testkit::documents::{SHOWN_ADDRESS, cut, text};
use nextim_testkit::process::{Process, built};
use nextim_testkit::server::Server;
use serde_json::Value;

use super::{code, file_of, spoken};

const TRANSCRIPT: &str = "plugins/endpoints.md";
/// The document that lists the endpoints.
const CONTRACT: &str = "examples/community/README.md";
/// The site's address in the transcript.
const SHOWN_SITE: &str = "127.0.0.1:8080";
/// What stands between the outputs of two blocks; no answer has it.
const END: char = '\u{1e}';
/// Sessions whose page does not poll outlast the calls, however slow the machine is.
const SETTINGS: &str = "listen = [\"127.0.0.1:0\"]\n[timeouts]\nsession_cut_ms = 600000\n[[domain]]\nname = \"localhost\"\napikeys = [\"public\"]\n";

/// What the transcript shows: commands, and the language and the text of their answer.
struct Shown {
    commands: String,
    answer: Option<(String, String)>,
}

/// The blocks of the transcript. The first has the commands that start the servers.
fn transcript() -> Vec<Shown> {
    let mut shown: Vec<Shown> = Vec::new();
    for (language, lines) in cut(TRANSCRIPT).1 {
        if language == "sh" {
            shown.push(Shown { commands: lines, answer: None });
        } else {
            let last = shown.last_mut().expect("a command");
            assert!(last.answer.replace((language, lines)).is_none(), "two answers to {}", last.commands);
        }
    }
    shown
}

/// A new community, which uses this message server, started with the flags of the transcript.
fn community(server: &Server, start: &str) -> (Process, String) {
    let prefix = "cargo run --release -p nextim-community -- ";
    let flags = start.lines().find_map(|line| line.strip_prefix(prefix)).expect("the community");
    let flags = flags.replace(SHOWN_ADDRESS, &server.address.to_string());
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(built("nextim-community"));
    command
        .args(flags.split(' '))
        .args(["--listen", "127.0.0.1:0"])
        .arg("--db")
        .arg(folder.path().join("it.sqlite"));
    command.env_clear().stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut process = Process::spawn_with(&mut command, Some(folder)).unwrap();
    let mut line = String::new();
    BufReader::new(process.stdout()).read_line(&mut line).unwrap();
    let address = line.split("http://").nth(1).and_then(|rest| rest.split('/').next()).expect("its address");
    (process, address.to_owned())
}

/// A value without what differs from run to run: times and tickets, which only have to be there.
fn stable(value: &Value) -> Value {
    const MILLISECOND_OF_2001: i64 = 1_000_000_000_000;
    match value {
        Value::Array(entries) => entries.iter().map(stable).collect(),
        Value::Object(members) => {
            let stable = |(name, value): (&String, &Value)| {
                let is_time = ["timestamp", "time", "server_time"].contains(&name.as_str());
                let is_text = ["ticket", "status_time"].contains(&name.as_str());
                let differs = is_time && value.as_i64() > Some(MILLISECOND_OF_2001)
                    || is_text && value.as_str().is_some_and(|text| !text.is_empty());
                (name.clone(), if differs { "…".into() } else { stable(value) })
            };
            Value::Object(members.iter().map(stable).collect())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

#[track_caller]
fn assert_alike(commands: &str, answered: &str, language: &str, shown: &str) {
    if language == "json" {
        let [answered, shown] = [answered, shown].map(|text| {
            serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}, to {commands}"))
        });
        assert_eq!(stable(&answered), stable(&shown), "the answer to {commands}");
    } else {
        let [answered, shown] =
            [answered, shown].map(|text| text.replace(|char: char| char.is_ascii_digit(), "0"));
        assert_eq!(answered, shown, "the answer to {commands}");
    }
}

#[test]
fn the_endpoints_answer_as_the_transcript_shows() {
    let shown = transcript();
    let (start, calls) = shown.split_first().expect("the servers");
    let settings = file_of(SETTINGS);
    let server = Server::start(&["--config", settings.path().to_str().unwrap()]);
    let (_process, site) = community(&server, &start.commands);
    let end = format!("printf '{END}'\n");
    let script: String = calls.iter().flat_map(|shown| [&*shown.commands, &end]).collect();
    let printed = spoken(&script.replace(SHOWN_SITE, &site), &server)
        .replace(&site, SHOWN_SITE)
        .replace(&server.address.to_string(), SHOWN_ADDRESS);
    let printed: Vec<&str> = printed.split(END).collect();
    assert_eq!(printed.len(), calls.len() + 1);
    for (Shown { commands, answer }, answered) in calls.iter().zip(printed) {
        match answer {
            Some((language, shown)) => assert_alike(commands, answered, language, shown),
            None => assert_eq!(answered, "", "what {commands} prints is not shown"),
        }
    }
}

#[test]
fn the_transcript_has_a_call_of_every_endpoint() {
    let contract = text(CONTRACT);
    let is_row = |line: &&str| line.starts_with("| GET `") || line.starts_with("| POST `");
    let rows = contract.lines().filter(is_row).filter_map(|line| line.split('|').nth(1));
    let others = contract
        .lines()
        .filter(|line| line.contains(" are other names of "))
        .flat_map(|line| code(line).take(3));
    let endpoints: Vec<&str> = rows.flat_map(code).chain(others).collect();
    assert!(endpoints.len() > 20, "{endpoints:?}");
    let shown = transcript();
    for endpoint in endpoints {
        let path = format!("/webim/{endpoint}");
        let is_called = |shown: &Shown| {
            let ends = |rest: &str| !rest.starts_with(|char: char| char == '_' || char.is_alphabetic());
            shown.answer.is_some() && shown.commands.split(&path).skip(1).any(ends)
        };
        assert!(shown.iter().any(is_called), "{endpoint}");
    }
}
