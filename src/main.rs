//! The command: arguments, configuration, signals, and a server.
//!
//! Owns: the output, the signals, and the exit code: 0 after a drain, 1 if the server could not start or failed, 2 for
//! wrong arguments, 128 plus the signal's number if a second signal cut the drain short. Must not: import `node::shard`
//! or `router`. A closed stdout or stderr is not an error.

use nextim::internals::{
    Arguments, DomainTask, PidFile, Pulse, SAMPLE_MS, Service, Sources, Task, carry_out_domain_task, logging,
    new_apikey, top, unknown_variables,
};
use nextim::{Config, ConfigError, Handle, Server};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGWINCH};
use signal_hook::iterator::Signals;
use std::error::Error;
use std::fmt::Display;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

fn main() -> ExitCode {
    // Before anything else: a SIGHUP that comes early must not end the process. It becomes a reload once the server
    // serves.
    let signals = match Signals::new([SIGHUP]) {
        Ok(signals) => signals,
        Err(error) => return fail("nextim: ", [format!("signals: {error}")]),
    };
    let arguments = match Arguments::read(std::env::args_os()) {
        Ok(arguments) => arguments,
        Err(usage) => {
            usage.print().ok();
            return ExitCode::from(if usage.use_stderr() { 2 } else { 0 });
        }
    };
    match arguments.task(|name| std::env::var_os(name)) {
        Ok(Task::Serve) => serve(arguments, signals),
        Ok(Task::MakeKey) => make_key(),
        Ok(Task::CheckConfig(file)) => check_config(&file),
        Ok(Task::Domain(task)) => change_domains(arguments, task),
        Ok(Task::Top { admin, once }) => show_top(admin, once),
        Err(error) => fail("nextim: ", error.problems()),
    }
}

fn serve(arguments: Arguments, signals: Signals) -> ExitCode {
    let sources = Sources::new(arguments, |name| std::env::var_os(name));
    let loaded: Result<_, ConfigError> = sources.and_then(|sources| Ok((sources.load()?, sources)));
    match loaded {
        Ok((config, sources)) => {
            let ended = run(config, &sources, signals);
            log::logger().flush();
            match ended {
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => fail("nextim: ", [error]),
            }
        }
        Err(error) => fail("nextim: ", error.problems()),
    }
}

/// Starts a server and returns when it has ended. Signals are caught before the shards start: a shard copies the table
/// of descriptors, and the number of a pipe made later could be a socket there. Until then SIGTERM and SIGINT end the
/// process, because there is nothing to drain.
fn run(config: Config, sources: &Sources, mut signals: Signals) -> Result<(), Box<dyn Error>> {
    logging::start(config.log, config.log_format)?;
    for warning in
        unknown_variables(std::env::vars_os().map(|(name, _)| name)).iter().chain(&config.warnings())
    {
        log::warn!("{warning}");
    }
    let service = Service::new(|name| std::env::var_os(name), std::process::id())
        .map_err(|error| format!("NOTIFY_SOCKET: {error}"))?;
    signals.add_signal(SIGTERM)?;
    signals.add_signal(SIGINT)?;
    let pid_file = config.pid_file.as_deref().map(|path| {
        let wrong = |error| format!("pid_file: {}: {error}", path.display());
        PidFile::take(path, std::process::id()).map_err(wrong)
    });
    let mut pid_file = pid_file.transpose()?;
    let server = Server::start(&config)?;
    let line = start_line(&server, config.domains.len());
    print(&line);
    service.ready(&line);
    let signals_handle = signals.handle();
    let (ending, ended) = channel();
    thread::scope(|scope| {
        let pid_file = &mut pid_file;
        scope.spawn(|| handle_signals(&mut signals, &server, config, sources, (&service, pid_file)));
        if let Some(period) = service.watchdog() {
            let (service, pulse) = (&service, Pulse::new(server.stats()));
            scope.spawn(move || notify_alive(service, period, pulse, ended));
        }
        let result = server.wait();
        signals_handle.close();
        drop(ending);
        Ok(result?)
    })
}

/// Carries out signals until the server has ended.
fn handle_signals(
    signals: &mut Signals,
    server: &Handle,
    mut config: Config,
    sources: &Sources,
    (service, pid_file): (&Service, &mut Option<PidFile>),
) {
    let mut draining = false;
    for signal in signals.forever() {
        match (signal, draining) {
            (SIGHUP, false) => {
                service.reloading();
                if let Some(file) = pid_file {
                    file.reload_begins();
                }
                let taken = reload(server, &mut config, sources);
                if let Some(file) = pid_file {
                    file.reload_ends(taken);
                }
                service.ready(&start_line(server, config.domains.len()));
            }
            (SIGHUP, true) => {}
            (_, false) => {
                log::info!("draining; a second signal exits at once");
                server.drain();
                service.stopping();
                draining = true;
            }
            (_, true) => {
                log::logger().flush();
                std::process::exit(128 + signal)
            }
        }
    }
}

/// Notifies the service manager that the server is alive, while every shard turns and until the server has ended.
#[allow(clippy::needless_pass_by_value, reason = "a channel has one receiving thread")]
fn notify_alive(service: &Service, period: Duration, mut pulse: Pulse, ended: Receiver<()>) {
    let interval = Duration::from_millis(SAMPLE_MS);
    if period < 2 * interval {
        log::warn!(
            "a watchdog of {period:?} is too short: the service manager is notified every {interval:?}"
        );
    }
    let mut still = Vec::new();
    while ended.recv_timeout(interval) == Err(RecvTimeoutError::Timeout) {
        let before = std::mem::replace(&mut still, pulse.take());
        if still.is_empty() {
            service.alive();
        } else if still != before {
            log::error!("standing still: shards {still:?}");
        }
    }
}

/// Shows a server, once or until a key or a signal ends it.
fn show_top(admin: SocketAddr, once: bool) -> ExitCode {
    let shown = if once { top::once(admin, &mut io::stdout().lock()) } else { watch_top(admin) };
    match shown {
        Ok(()) => ExitCode::SUCCESS,
        // The reader of stdout has closed it.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => fail("nextim top: ", [format!("{admin}: {error}")]),
    }
}

fn watch_top(admin: SocketAddr) -> io::Result<()> {
    let (sender, events) = channel();
    let mut signals = Signals::new([SIGTERM, SIGINT, SIGHUP, SIGWINCH])?;
    let event_sender = sender.clone();
    thread::spawn(move || {
        let event = |signal| if signal == SIGWINCH { top::Event::Resized } else { top::Event::End };
        signals.forever().map(event).take_while(|event| event_sender.send(*event).is_ok()).for_each(drop);
    });
    top::watch(admin, sender, &events)
}

/// Takes the domains of the configuration file as it is now. One line of the log has the result. Returns whether they
/// are taken.
fn reload(server: &Handle, config: &mut Config, sources: &Sources) -> bool {
    if !sources.has_files() {
        log::warn!("there is nothing to reload without a configuration file");
        return false;
    }
    match sources.reload(config) {
        Err(error) => {
            log::error!("not reloaded, the settings stay as they were: {error}");
            false
        }
        Ok(reload) => {
            server.reload(&reload.config.domains);
            let before = config.warnings();
            *config = reload.config;
            for warning in config.warnings().iter().filter(|warning| !before.contains(warning)) {
                log::warn!("{warning}");
            }
            let domains = count(config.domains.len(), "domain");
            let taken = if reload.domains_taken {
                format!("reloaded {domains}")
            } else {
                "domains come from flags or the environment and stay".to_owned()
            };
            let restart =
                if reload.restart_needed { "; other settings changed and need a restart" } else { "" };
            log::info!(domains = config.domains.len(), restart_needed = reload.restart_needed; "{taken}{restart}");
            reload.domains_taken
        }
    }
}

fn check_config(file: &Path) -> ExitCode {
    match Config::from_file(file) {
        Ok(config) => {
            let shards =
                config.shards.map_or("shards chosen at start".to_owned(), |n| count(n.into(), "shard"));
            let (listen, domains) = (list(&config.listen), count(config.domains.len(), "domain"));
            print_errors(&format!("{}: warning: ", file.display()), config.warnings());
            print(&format!("{}: ok\nlistens on {listen}; {shards}; {domains}", file.display()));
            ExitCode::SUCCESS
        }
        Err(error) => fail("", error.problems()),
    }
}

/// Changes or lists the domains that have a file of their own.
fn change_domains(arguments: Arguments, task: DomainTask) -> ExitCode {
    let sources = Sources::new(arguments, |name| std::env::var_os(name));
    let done = match sources.and_then(|sources| carry_out_domain_task(&sources, task)) {
        Ok(done) => done,
        Err(error) => return fail("nextim domain: ", error.problems()),
    };
    match (print_all(&done.text), done.problem) {
        (Err(error), _) => fail("nextim domain: stdout: ", [error]),
        (Ok(()), Some(problem)) => fail("nextim domain: ", [problem]),
        (Ok(()), None) => ExitCode::SUCCESS,
    }
}

/// Prints a new apikey.
fn make_key() -> ExitCode {
    match new_apikey().and_then(|key| print_all(&format!("{key}\n"))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail("nextim genkey: ", [error]),
    }
}

/// Prints what a caller waits for: it must not go on without it.
fn print_all(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

fn start_line(server: &Handle, domains: usize) -> String {
    let admin = server.admin().map_or(String::new(), |address| format!("; watch at http://{address}/"));
    format!(
        "nextim {} listening on {}; {}; {}; up to {}{admin}",
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

/// Prints a line on stdout. A closed stdout is no reason to end.
fn print(line: &str) {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{line}").and_then(|()| stdout.flush()).ok();
}

/// Prints a line on stderr for each problem.
fn fail(prefix: &str, problems: impl IntoIterator<Item = impl Display>) -> ExitCode {
    print_errors(prefix, problems);
    ExitCode::FAILURE
}

fn print_errors(prefix: &str, lines: impl IntoIterator<Item = impl Display>) {
    let mut stderr = io::stderr().lock();
    for line in lines {
        writeln!(stderr, "{prefix}{line}").ok();
    }
}
