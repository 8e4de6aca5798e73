//! Layers of settings, and their checks.
//!
//! Owns: the tests of several layers together. Must not: start a server.

use std::collections::BTreeMap;

use std::ffi::OsString;

use super::*;
use crate::base::domains::DomainConfig;

const EXAMPLE: &str = include_str!("../../nextim.toml");

/// Sources of these flags and variables, and of a file with this text.
fn sources(flags: &[&str], variables: &[(&str, &str)], file: &Path) -> Result<Sources, ConfigError> {
    let words = std::iter::once("nextim").chain(flags.iter().copied()).chain(["--config"]);
    let words = words.map(OsString::from).chain([file.into()]);
    let arguments = Arguments::read(words).unwrap_or_else(|error| panic!("{error}"));
    let variables: BTreeMap<_, _> = variables.iter().copied().collect();
    Sources::new(arguments, |name| variables.get(name).map(OsString::from))
}

fn file(text: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    file
}

/// The configuration of all layers, or the problems, with `FILE` for the path of the file.
fn load(flags: &[&str], variables: &[(&str, &str)], text: &str) -> Result<Config, String> {
    let file = file(text);
    let config = sources(flags, variables, file.path()).and_then(|sources| sources.load());
    config.map_err(|error| error.to_string().replace(&file.path().display().to_string(), "FILE"))
}

#[test]
fn the_example_file_is_the_defaults() {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/nextim.toml"));
    assert_eq!(Config::from_file(path), Ok(Config::default()));
}

/// The names of a struct's fields, as its `Debug` shows them.
fn fields(shown: &str) -> Vec<&str> {
    let words = shown.split([' ', ',', '{']).filter_map(|word| word.strip_suffix(':'));
    words.filter(|word| !word.is_empty()).collect()
}

#[test]
fn the_example_file_has_every_setting() {
    // What has no default is a comment that starts without a space.
    let uncommented: Vec<&str> = EXAMPLE
        .lines()
        .map(|line| {
            line.strip_prefix('#').filter(|rest| rest.starts_with(char::is_alphabetic)).unwrap_or(line)
        })
        .collect();
    let text = uncommented.join("\n");
    assert_eq!(file::read(&text).err().map(|problems| problems.len()), None);
    let table: toml::Table = text.parse().unwrap();
    let names = |value: &toml::Value| {
        let mut names: Vec<String> = value.as_table().unwrap().keys().cloned().collect();
        names.sort();
        names
    };
    let sorted = |names: Vec<&str>| {
        let mut names: Vec<String> = names.into_iter().map(str::to_owned).collect();
        names.sort();
        names
    };
    assert_eq!(names(&table["domain"][0]), sorted(fields(&format!("{:?}", DomainConfig::new("", "")))));
    assert_eq!(names(&toml::Value::Table(table)), sorted(file::TOP.into()));
}

const FILE: &str = r#"
    listen = ["127.0.0.1:1", "127.0.0.1:2"]
    shards = 1
    public_url = "http://file"
    log = "error"
    log_format = "json"
    admin = "127.0.0.1:10"
    limits.rooms_per_call = 7
    [[domain]]
    name = "file"
    apikeys = ["f", "g"]
    [[domain]]
    name = "more"
    apikeys = ["h"]
"#;
const VARIABLES: [(&str, &str); 8] = [
    ("NEXTIM_LISTEN", "127.0.0.1:3, [::1]:3"),
    ("NEXTIM_SHARDS", "2"),
    ("NEXTIM_PUBLIC_URL", "http://variable"),
    ("NEXTIM_LOG", "debug"),
    ("NEXTIM_LOG_FORMAT", "text"),
    ("NEXTIM_ADMIN", "127.0.0.1:11"),
    ("NEXTIM_DOMAIN", "variable"),
    ("NEXTIM_APIKEY", "v"),
];
const FLAGS: [&str; 14] = [
    "--listen=127.0.0.1:4",
    "--shards=3",
    "--public-url=http://flag",
    "--log=trace",
    "--log-format=json",
    "--admin",
    "--domain",
    "flag",
    "--apikey",
    "-k",
    "--apikey=l",
    "--domain=flag2",
    "--listen",
    "127.0.0.1:5",
];

/// The settings that every layer has, in one line.
fn shown(config: &Config) -> String {
    let Config { listen, shards, public_url, domains, log, log_format, admin, .. } = config;
    let domains: Vec<String> =
        domains.iter().map(|domain| format!("{}={}", domain.name, domain.apikeys.join("+"))).collect();
    let public_url = public_url.as_deref().unwrap_or("-");
    let (shards, domains) = (shards.unwrap_or(0), domains.join(" "));
    let admin = admin.map_or("-".to_owned(), |admin| admin.to_string());
    format!("{listen:?} {shards} {public_url} {log} {log_format:?} {admin} {domains}")
}

#[test]
fn flags_over_environment_over_file_over_defaults() {
    let check = |flags: &[&str], variables: &[(&str, &str)], text: &str, expected: &str| {
        let config = load(flags, variables, text);
        assert_eq!(config.as_ref().map(shown).as_deref(), Ok(expected));
    };
    check(&[], &[], "", "[127.0.0.1:8000] 0 - INFO Text - localhost=public");
    check(&[], &[], FILE, "[127.0.0.1:1, 127.0.0.1:2] 1 http://file ERROR Json 127.0.0.1:10 file=f+g more=h");
    let variables = "[127.0.0.1:3, [::1]:3] 2 http://variable DEBUG Text 127.0.0.1:11 variable=v";
    check(&[], &VARIABLES, FILE, variables);
    check(&[], &VARIABLES, "", variables);
    let flags = "[127.0.0.1:4, 127.0.0.1:5] 3 http://flag TRACE Json 127.0.0.1:8001 flag=-k flag2=l";
    check(&FLAGS, &VARIABLES, FILE, flags);
    check(&FLAGS, &[], "", flags);
    check(
        &["--shards=3"],
        &[],
        FILE,
        "[127.0.0.1:1, 127.0.0.1:2] 3 http://file ERROR Json 127.0.0.1:10 file=f+g more=h",
    );
    check(
        &[],
        &[("NEXTIM_SHARDS", "")],
        FILE,
        "[127.0.0.1:1, 127.0.0.1:2] 1 http://file ERROR Json 127.0.0.1:10 file=f+g more=h",
    );
    assert_eq!(load(&FLAGS, &VARIABLES, FILE).unwrap().limits.rooms_per_call, 7);
}

#[test]
fn problems_name_setting_and_line() {
    let wrong = |flags: &[&str], variables: &[(&str, &str)], text: &str, expected: &str| {
        assert_eq!(load(flags, variables, text).map(|config| shown(&config)), Err(expected.to_owned()));
    };
    let exposed = "0.0.0.0:80 can be reached from other machines while a domain has the default apikey; \
                   give it one of its own";
    wrong(&["--listen=0.0.0.0:80"], &[], "", &format!("--listen: {exposed}"));
    wrong(&[], &[("NEXTIM_LISTEN", "127.0.0.1:80,0.0.0.0:80")], "", &format!("NEXTIM_LISTEN: {exposed}"));
    wrong(&[], &[], "\nlisten = [\"0.0.0.0:80\"]", &format!("FILE:2: listen: {exposed}"));
    wrong(
        &["--shards=1"],
        &[],
        "shards = 0\nlog = 1",
        "FILE:1: shards: must be a whole number from 1 to 256; FILE:2: log: must be a string in quotes",
    );
    wrong(&[], &[("NEXTIM_DOMAIN", "a")], "", "NEXTIM_DOMAIN: must be set together with NEXTIM_APIKEY");
    wrong(&[], &[("NEXTIM_APIKEY", "a")], "", "NEXTIM_APIKEY: must be set together with NEXTIM_DOMAIN");
    wrong(
        &[],
        &[("NEXTIM_SHARDS", "x"), ("NEXTIM_DOMAIN", "a:b"), ("NEXTIM_APIKEY", "a\tb")],
        "",
        "NEXTIM_SHARDS: must be a whole number from 1 to 256; \
         NEXTIM_DOMAIN: must not contain a colon, where Basic authentication splits; \
         NEXTIM_APIKEY: must not contain control characters",
    );
}

#[test]
fn a_reload_takes_the_domains_and_nothing_else() {
    let file = file("[[domain]]\nname = \"a\"\napikeys = [\"old\"]");
    let own = sources(&[], &[], file.path()).unwrap();
    let running = own.load().unwrap();
    let write = |text: &str| std::fs::write(file.path(), text).unwrap();

    write("shards = 2\n[[domain]]\nname = \"a\"\napikeys = [\"new\"]");
    let reload = own.reload(&running).unwrap();
    assert!(reload.domains_taken && reload.restart_needed);
    assert_eq!(shown(&reload.config), "[127.0.0.1:8000] 0 - INFO Text - a=new");

    write("listen = [\"127.0.0.1:8000\"]\n[[domain]]\nname = \"a\"\napikeys = [\"new\"]");
    assert!(!own.reload(&running).unwrap().restart_needed);

    let flags = sources(&["--domain=f", "--apikey=k"], &[], file.path()).unwrap();
    let reload = flags.reload(&flags.load().unwrap()).unwrap();
    assert!(!reload.domains_taken && !reload.restart_needed);
    assert_eq!(shown(&reload.config), "[127.0.0.1:8000] 0 - INFO Text - f=k");

    write("# caught half-written");
    assert_eq!(own.reload(&running).unwrap_err().to_string(), "domain: there is none any more");
    write("[[domain]]\nname = \"a\"\napikeys = [\"public\"]");
    let elsewhere = Config { listen: vec!["0.0.0.0:80".parse().unwrap()], ..running };
    assert!(own.reload(&elsewhere).is_err(), "the old address is still listened on");
}

#[test]
fn a_directory_of_domains_is_a_flag_a_variable_or_a_setting() {
    let folders = ["file", "variable", "flag"].map(|name| {
        let folder = tempfile::tempdir().unwrap();
        let text = format!("name = \"{name}\"\napikeys = [\"k\"]");
        std::fs::write(folder.path().join("a.toml"), text).unwrap();
        folder
    });
    let [of_file, of_variable, of_flag] = folders.each_ref().map(|folder| folder.path().to_str().unwrap());
    let text = format!("domains_dir = \"{of_file}\"\n[[domain]]\nname = \"table\"\napikeys = [\"k\"]");
    let check = |flags: &[&str], variables: &[(&str, &str)], expected: &str| {
        let config = load(flags, variables, &text).unwrap();
        let names: Vec<&str> = config.domains.iter().map(|domain| domain.name.as_str()).collect();
        assert_eq!(names.join(" "), expected, "{flags:?} {variables:?}");
    };
    let (flag, variable) = (["--domains-dir", of_flag], [("NEXTIM_DOMAINS_DIR", of_variable)]);
    check(&[], &[], "table file");
    check(&[], &variable, "table variable");
    check(&flag, &variable, "table flag");
    // Domains of flags replace all others, as lists do.
    check(&["--domain=a", "--apikey=k"], &variable, "a");
    check(&[&flag[..], &["--domain=a", "--apikey=k"]].concat(), &variable, "a flag");
    let pid = |flags: &[&str], variables: &[(&str, &str)], text: &str| {
        load(flags, variables, text).unwrap().pid_file.map(|path| path.display().to_string())
    };
    assert_eq!(pid(&[], &[], "pid_file = \"/p\"").as_deref(), Some("/p"));
    assert_eq!(pid(&[], &[("NEXTIM_PID_FILE", "/q")], "pid_file = \"/p\"").as_deref(), Some("/q"));
    assert_eq!(pid(&["--pid-file=/r"], &[("NEXTIM_PID_FILE", "/q")], "").as_deref(), Some("/r"));
}

#[test]
fn a_reload_reads_the_directory_again_and_never_ends_all() {
    let folder = tempfile::tempdir().unwrap();
    let (settings, site) = (folder.path().join("nextim.toml"), folder.path().join("sites/a.toml"));
    std::fs::create_dir(folder.path().join("sites")).unwrap();
    let write = |path: &Path, text: &str| std::fs::write(path, text).unwrap();
    write(&settings, "domains_dir = \"sites\"");
    let own = sources(&[], &[], &settings).unwrap();
    let empty = own.load().unwrap();
    assert_eq!(shown(&empty), "[127.0.0.1:8000] 0 - INFO Text - ");
    assert!(own.reload(&empty).unwrap().domains_taken, "there was none before");

    write(&site, "name = \"a\"\napikeys = [\"k\"]");
    let running = own.reload(&empty).unwrap().config;
    assert_eq!(shown(&running), "[127.0.0.1:8000] 0 - INFO Text - a=k");
    write(&site, "name = \"a\"\napikeys = [\"new\"]");
    let reload = own.reload(&running).unwrap();
    assert!(reload.domains_taken && !reload.restart_needed);
    assert_eq!(shown(&reload.config), "[127.0.0.1:8000] 0 - INFO Text - a=new");

    write(&site, "name = \"a\"");
    let error = own.reload(&running).unwrap_err().to_string();
    assert_eq!(error, format!("{}:1: apikeys: is missing", site.display()));
    std::fs::remove_file(&site).unwrap();
    let none = "domain: there is none any more";
    assert_eq!(own.reload(&running).unwrap_err().to_string(), none);
    write(&settings, "");
    assert_eq!(own.reload(&empty).unwrap_err().to_string(), none, "the default domain is for trials");
}
