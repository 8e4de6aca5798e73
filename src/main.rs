//! The command: arguments, configuration, signals, and a server.
//!
//! Owns: what is printed, which signals are heard, and the exit code: 0 after a drain, 1 if the server could not
//! start or failed, 2 for wrong arguments, 128 and the signal's number if a second signal cut the drain short.
//! Must not: know how a server works. It writes to its streams without minding whether anyone still reads them.

use std::error::Error;
use std::fmt::Display;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::thread;

use log::LevelFilter;
use nextim::config::{Arguments, Config, Sources};
use nextim::server::{Handle, Server};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

fn main() -> ExitCode {
    let arguments = match Arguments::read(std::env::args_os()) {
        Ok(arguments) => arguments,
        Err(usage) => {
            usage.print().ok();
            return ExitCode::from(if usage.use_stderr() { 2 } else { 0 });
        }
    };
    if let Some(file) = arguments.file_to_check() {
        return check_config(file);
    }
    let sources = Sources::new(arguments, |name| std::env::var_os(name));
    match sources.and_then(|sources| Ok((sources.load()?, sources))) {
        Ok((config, sources)) => match serve(config, &sources) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => fail("nextim: ", [error]),
        },
        Err(error) => fail("nextim: ", error.problems()),
    }
}

/// Starts a server and stays until it has ended. Signals are heard before the shards start: these copy the table
/// of descriptors, and a pipe made later would be a number that means a socket to them.
fn serve(config: Config, sources: &Sources) -> Result<(), Box<dyn Error>> {
    start_log(config.log);
    let mut signals = Signals::new([SIGTERM, SIGINT, SIGHUP])?;
    let server = Server::start(&config)?;
    say(&start_line(&server, config.domains.len()));
    let hearing = signals.handle();
    thread::scope(|scope| {
        scope.spawn(|| hear(&mut signals, &server, config, sources));
        let ended = server.wait();
        hearing.close();
        Ok(ended?)
    })
}

/// Logs to stderr. What talks to sites would log whole requests: of that only its troubles are wanted.
fn start_log(level: LevelFilter) {
    let mut log = env_logger::Builder::new();
    log.filter_level(level).target(env_logger::Target::Stderr);
    for client in ["ureq", "ureq_proto", "rustls"] {
        log.filter_module(client, level.min(LevelFilter::Warn));
    }
    log.init();
}

/// Carries out signals until the server has ended.
fn hear(signals: &mut Signals, server: &Handle, mut config: Config, sources: &Sources) {
    let mut draining = false;
    for signal in signals.forever() {
        match (signal, draining) {
            (SIGHUP, false) => reload(server, &mut config, sources),
            (SIGHUP, true) => {}
            (_, false) => {
                log::info!("draining; a second signal exits at once");
                server.drain();
                draining = true;
            }
            (_, true) => std::process::exit(128 + signal),
        }
    }
}

/// Takes the domains of the file as it is now, or says why not; either way in one line of the log.
fn reload(server: &Handle, config: &mut Config, sources: &Sources) {
    if sources.file().is_none() {
        return log::warn!("there is nothing to reload without a configuration file");
    }
    match sources.reload(config) {
        Err(error) => log::error!("not reloaded, the settings stay as they were: {error}"),
        Ok(reload) => {
            server.reload(&reload.config.domains);
            *config = reload.config;
            let domains = count(config.domains.len(), "domain");
            let taken = if reload.domains_taken {
                format!("reloaded {domains}")
            } else {
                "domains stay as flags or environment gave them".to_owned()
            };
            let restart =
                if reload.restart_needed { "; other settings changed and need a restart" } else { "" };
            log::info!("{taken}{restart}");
        }
    }
}

fn check_config(file: &Path) -> ExitCode {
    match Config::from_file(file) {
        Ok(config) => {
            let shards =
                config.shards.map_or("shards chosen at start".to_owned(), |n| count(n.into(), "shard"));
            let (listen, domains) = (list(&config.listen), count(config.domains.len(), "domain"));
            say(&format!("{}: ok\nlistens on {listen}; {shards}; {domains}", file.display()));
            ExitCode::SUCCESS
        }
        Err(error) => fail("", error.problems()),
    }
}

fn start_line(server: &Handle, domains: usize) -> String {
    format!(
        "nextim {} listening on {}; {}; {}; up to {}",
        env!("CARGO_PKG_VERSION"),
        list(server.addresses()),
        count(server.shards(), "shard"),
        count(domains, "domain"),
        count(server.capacity(), "connection"),
    )
}

fn list(items: &[impl ToString]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// A line on stdout. A closed stdout is no reason to end.
fn say(line: &str) {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{line}").and_then(|()| stdout.flush()).ok();
}

/// A line on stderr for each problem.
fn fail(prefix: &str, problems: impl IntoIterator<Item = impl Display>) -> ExitCode {
    let mut stderr = std::io::stderr().lock();
    for problem in problems {
        writeln!(stderr, "{prefix}{problem}").ok();
    }
    ExitCode::FAILURE
}
