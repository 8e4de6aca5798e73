//! `nextim domain`: files of domains that are added, changed and removed while a server runs.
//!
//! Owns: the command on a folder of settings. Must not: look into the server.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::PathBuf;
use std::process::Command;

use nextim_testkit::conn::call;
use nextim_testkit::http::post;
use nextim_testkit::process::{built, nextim};
use nix::sys::signal::Signal;
use serde_json::Value;
use tempfile::TempDir;

use crate::harness::{Ended, Running, SECRET};

/// A folder with settings and a directory of domains, in which `a` is one.
struct Host {
    folder: TempDir,
}

impl Host {
    fn new(settings: &str) -> Host {
        let host = Host { folder: TempDir::new().unwrap() };
        let named = "domains_dir = \"sites\"\npid_file = \"pid\"\npublic_url = \"https://im.example\"\n";
        fs::write(host.settings(), format!("listen = [\"127.0.0.1:0\"]\n{named}{settings}")).unwrap();
        fs::create_dir(host.path("sites")).unwrap();
        host.put(
            "a.toml",
            &format!("# a comment\nname = \"a\"\napikeys = [\"{SECRET}\"] # of May\nmax_users = 7\n"),
        );
        host
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn settings(&self) -> PathBuf {
        self.path("nextim.toml")
    }

    fn put(&self, name: &str, text: &str) {
        fs::write(self.path("sites").join(name), text).unwrap();
    }

    /// The files of the directory with what is in them.
    fn files(&self) -> Vec<(String, String)> {
        let entries = fs::read_dir(self.path("sites")).unwrap().map(Result::unwrap);
        let mut files: Vec<_> = entries
            .map(|entry| {
                (entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()).unwrap())
            })
            .collect();
        files.sort();
        files
    }

    fn serve(&self) -> (Running, std::net::SocketAddr) {
        let running = Running::start(self.command(&["--shards", "1"]));
        let address = running.start_line().addresses[0];
        (running, address)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = nextim(arguments);
        command.env("NEXTIM_CONFIG", self.settings());
        command
    }

    fn run(&self, arguments: &[&str]) -> Ended {
        Running::start(self.command(&[&["domain"], arguments].concat())).end()
    }

    /// What the command says in JSON.
    #[track_caller]
    fn said(&self, arguments: &[&str]) -> Value {
        let ended = self.run(&[arguments, &["--json"]].concat());
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{arguments:?}");
        serde_json::from_str(&ended.stdout).unwrap()
    }

    /// Checks that a command is refused with these words, and that nothing has changed.
    #[track_caller]
    fn refused(&self, arguments: &[&str], expected: &str) {
        let before = self.files();
        let ended = self.run(arguments);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""), "{ended:?}");
        let shown = ended.stderr.replace(self.folder.path().to_str().unwrap(), "DIR");
        assert_eq!(shown, format!("nextim domain: {expected}\n"));
        assert_eq!(self.files(), before);
    }
}

/// The status of a call of a site.
fn calls(address: std::net::SocketAddr, domain: &str, apikey: &str) -> u16 {
    let params = [("domain", domain), ("apikey", apikey), ("names", "nobody")];
    call(address, &post("/onlines", &params)).status
}

#[test]
fn a_site_comes_changes_its_key_and_goes_while_the_server_runs() {
    let host = Host::new("");
    let (running, address) = host.serve();
    let added = host.said(&[
        "add",
        "社区",
        "--origin",
        "https://b.example",
        "--max-users",
        "9",
        "--max-sessions",
        "20",
    ]);
    let (first, file) = (added["apikey"].as_str().unwrap(), added["file"].as_str().unwrap());
    assert_eq!((&added["done"], &added["reload"]), (&"added".into(), &"done".into()));
    assert_eq!((&added["domain"], &added["public_url"]), (&"社区".into(), &"https://im.example".into()));
    assert!(file.ends_with("/sites/%e7%a4%be%e5%8c%ba.toml"), "{file}");
    assert_eq!(
        (calls(address, "社区", first), calls(address, "a", SECRET)),
        (200, 200),
        "as soon as it says so"
    );
    running.logged("reloaded 2 domains");

    let rotated = host.said(&["rotate", "社区"]);
    let second = rotated["apikey"].as_str().unwrap();
    assert_eq!((&rotated["keys"], &rotated["reload"]), (&2.into(), &"done".into()));
    assert_eq!((calls(address, "社区", first), calls(address, "社区", second)), (200, 200));
    assert!(
        fs::read_to_string(file).unwrap().contains(&format!("[\"{first}\", \"{second}\"]")),
        "the new one is last"
    );
    host.refused(
        &["rotate", "社区"],
        "DIR/sites/%e7%a4%be%e5%8c%ba.toml: has 2 apikeys already; `--drop-old` leaves only the newest",
    );
    let dropped = host.said(&["rotate", "社区", "--drop-old"]);
    assert_eq!((&dropped["keys"], &dropped["apikey"]), (&1.into(), &Value::Null));
    assert_eq!((calls(address, "社区", first), calls(address, "社区", second)), (401, 200));

    let listed = host.run(&["list"]);
    assert!(!listed.stdout.contains(second), "{listed:?}");
    let lines: Vec<&str> = listed.stdout.lines().collect();
    let limits = "keys 1  max_users 7  max_sessions -  max_calls_per_second -  undelivered no";
    assert!(lines.len() == 2 && lines[0].starts_with(&format!("a  {limits}")), "{listed:?}");
    let listed = host.said(&["list"]);
    assert_eq!((&listed[1]["domain"], &listed[1]["max_users"]), (&"社区".into(), &9.into()));
    assert_eq!((&listed[1]["max_sessions"], &listed[0]["max_sessions"]), (&20.into(), &Value::Null));

    assert_eq!(host.said(&["remove", "社区"])["reload"], "done");
    assert_eq!((calls(address, "社区", second), calls(address, "a", SECRET)), (401, 200));
    assert_eq!(host.files().len(), 1);
}

#[test]
fn people_read_what_the_owner_of_the_site_pastes() {
    let host = Host::new("");
    let added = host.run(&["add", "b.example", "--undelivered-url", "https://b.example/back"]);
    assert_eq!((added.code, added.stderr.as_str()), (Some(0), ""));
    let key = fs::read_to_string(host.path("sites/b.example.toml")).unwrap();
    let key = key.split("[\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    for line in [
        "  server      (the address of this machine, as the site reaches it)",
        "  public_url  https://im.example",
        "  domain      b.example",
        &format!("  apikey      {key}"),
    ] {
        assert!(added.stdout.lines().any(|found| found == line), "{line} is not in {}", added.stdout);
    }
    assert!(added.stdout.contains("/pid; it takes effect at a start\n"), "{}", added.stdout);
    fs::remove_file(host.path("pid")).ok();
    let text = fs::read_to_string(host.settings()).unwrap();
    fs::write(host.settings(), text.replace("pid_file", "#").replace("127.0.0.1:0", "127.0.0.1:8123"))
        .unwrap();
    let added = host.run(&["add", "c.example"]);
    assert!(added.stdout.contains("pid_file is not set, so the server was not told"), "{}", added.stdout);
    assert!(added.stdout.contains("\n  server      http://127.0.0.1:8123\n"), "{}", added.stdout);
}

#[test]
fn what_stands_beside_the_keys_stays() {
    let host = Host::new("");
    let rotated = host.said(&["rotate", "a"]);
    let key = rotated["apikey"].as_str().unwrap();
    let text =
        |keys: &str| format!("# a comment\nname = \"a\"\napikeys = [{keys}] # of May\nmax_users = 7\n");
    assert_eq!(host.files()[0].1, text(&format!("\"{SECRET}\", \"{key}\"")));
    host.said(&["rotate", "a", "--drop-old"]);
    assert_eq!(host.files()[0].1, text(&format!("\"{key}\"")));
}

#[test]
fn what_cannot_be_is_said_and_changes_nothing() {
    let host = Host::new("[[domain]]\nname = \"table\"\napikeys = [\"t\"]\n");
    host.refused(&["add", "a"], "there is a domain of this name already, in DIR/sites/a.toml");
    host.refused(&["add", "table"], "there is a domain of this name already, in DIR/nextim.toml");
    host.refused(&["rotate", "table"], "the domain stands in DIR/nextim.toml; change it there");
    host.refused(&["remove", "b"], "no file in DIR/sites has a domain of this name");
    host.refused(&["rotate", "a", "--drop-old"], "DIR/sites/a.toml: has no old apikey");
    // The whole configuration is checked first: what a start refuses is not made worse.
    host.put("b.toml", "name = \"b\"\n");
    host.refused(&["add", "c"], "DIR/sites/b.toml:1: apikeys: is missing");
    host.put("b.toml", "name = \"table\"\napikeys = [\"k\"]");
    host.refused(&["add", "c"], "DIR/sites/b.toml:1: name: is also the name of a domain in DIR/nextim.toml");
    fs::remove_file(host.path("sites/b.toml")).unwrap();
    fs::write(host.settings(), "domains_dir = \"sites\"").unwrap();
    host.refused(
        &["remove", "a"],
        "DIR/sites/a.toml: is the last domain, and a server does not reload to none; stop the server instead",
    );
    fs::write(host.settings(), "").unwrap();
    host.refused(&["list"], "domains_dir: is not set, and this changes only files of that directory");
    let wrong = host.run(&["add", "a:b"]);
    assert!(wrong.code == Some(2) && wrong.stderr.contains("must not contain a colon"), "{wrong:?}");
}

#[test]
fn a_full_disk_and_a_directory_that_may_not_be_written_leave_everything_as_it_was() {
    let host = Host::new("");
    let before = host.files();
    for arguments in ["add b", "rotate a"] {
        // Files may not grow, as on a full disk; without the signal, the error comes.
        let mut full = Command::new("/bin/sh");
        full.args(["-c", &format!("trap '' XFSZ; ulimit -f 0; exec \"$0\" domain {arguments}")]);
        full.arg(built("nextim")).env_clear().env("NEXTIM_CONFIG", host.settings());
        let ended = Running::start(full).end();
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""), "{ended:?}");
        assert!(ended.stderr.contains(": nothing was changed: File too large"), "{ended:?}");
        assert_eq!(host.files(), before);
    }
    // Nobody may make a file there, not even root.
    let text = fs::read_to_string(host.settings()).unwrap();
    fs::write(host.settings(), text.replace("\"sites\"", "\"/proc/self/task\"")).unwrap();
    let ended = host.run(&["add", "b"]);
    assert!(ended.code == Some(1) && ended.stderr.contains(": nothing was changed: "), "{ended:?}");
}

#[test]
fn the_server_may_read_the_files_by_its_group_and_others_may_not() {
    let host = Host::new("");
    // Only root may give a file away; others see their own group.
    chown(host.path("sites"), None, Some(12_345)).ok();
    let group = fs::metadata(host.path("sites")).unwrap().gid();
    host.said(&["add", "b"]);
    host.said(&["rotate", "a"]);
    for name in ["sites/a.toml", "sites/b.toml"] {
        let found = fs::metadata(host.path(name)).unwrap();
        assert_eq!((found.permissions().mode() & 0o777, found.gid()), (0o640, group), "{name}");
    }
}

#[test]
fn changes_at_one_time_lose_nothing() {
    let host = Host::new("");
    let (_running, address) = host.serve();
    let names: Vec<String> = (0..12).map(|number| format!("site{number}")).collect();
    let adding: Vec<Running> =
        names.iter().map(|name| Running::start(host.command(&["domain", "add", name, "--json"]))).collect();
    for (name, running) in names.iter().zip(adding) {
        let ended = running.end();
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{name}");
        let said: Value = serde_json::from_str(&ended.stdout).unwrap();
        assert_eq!(said["reload"], "done");
        assert_eq!(calls(address, name, said["apikey"].as_str().unwrap()), 200, "{name}");
    }
    assert_eq!(host.said(&["list"]).as_array().unwrap().len(), 13);
}

#[test]
fn a_server_that_refuses_or_is_gone_is_not_said_to_have_reloaded() {
    let host = Host::new("");
    let (running, _) = host.serve();
    let second = Running::start(host.command(&["--shards", "1"])).end();
    assert_eq!((second.code, second.stdout.as_str()), (Some(1), ""));
    assert!(second.stderr.ends_with("/pid: a server that runs has this file\n"), "{second:?}");
    running.signal(Signal::SIGKILL);
    running.end();
    assert!(host.path("pid").exists(), "a process that is killed leaves its file behind");
    assert_eq!(host.said(&["add", "b"])["reload"], "no_server");
    let (running, address) = host.serve();
    assert_eq!(calls(address, "a", SECRET), 200);
    running.signal(Signal::SIGTERM);
    assert_eq!(running.end().code, Some(0));
    assert!(!host.path("pid").exists());

    // What the settings allow on loopback, a server that was started for other machines refuses.
    let running = Running::start(host.command(&["--shards", "1", "--listen", "0.0.0.0:0"]));
    running.start_line();
    host.put("c.toml", "name = \"c\"\napikeys = [\"public\"]\n");
    let ended = host.run(&["add", "d"]);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.stdout.starts_with("added \"d\", in "), "{ended:?}");
    assert!(
        ended.stderr.ends_with("the server has not taken the new settings; its log says why\n"),
        "{ended:?}"
    );
    running.logged("not reloaded, the settings stay as they were: ");
}

#[test]
fn a_file_that_breaks_leaves_the_old_domains_and_a_start_names_it() {
    let host = Host::new("");
    let (running, address) = host.serve();
    host.put("b.toml", "name = \"b\"\napikeys = [1]\n");
    running.signal(Signal::SIGHUP);
    running.logged("/sites/b.toml:2: apikeys: must be a string in quotes");
    assert_eq!(calls(address, "a", SECRET), 200);
    host.put("b.toml", "name = \"b\"\napikeys = [\"k\"]\n");
    running.signal(Signal::SIGHUP);
    running.logged("reloaded 2 domains");
    drop(running);
    host.put("b.toml", "name = \"b\"\napikeys = [1]\n");
    let ended = Running::start(host.command(&[])).end();
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""));
    assert!(ended.stderr.ends_with("/sites/b.toml:2: apikeys: must be a string in quotes\n"), "{ended:?}");
}
