//! The command: settings, signals, a gateway.
//!
//! Owns: the output and the exit code: 0 after a signal, 1 if something could not start, 2 for wrong arguments. Must not:
//! hold logic of the gateway.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand};
use nextim_xmpp::config::Config;
use nextim_xmpp::ops;
use nextim_xmpp::run::{Wish, run};
use nextim_xmpp::stats::Stats;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

/// A gateway between an XMPP server and a `NextIM` message server
#[derive(Debug, Parser)]
#[command(name = "nextim-xmpp", version)]
struct Arguments {
    /// The settings
    #[arg(long, value_name = "FILE", default_value = "/etc/nextim/nextim-xmpp.toml")]
    config: PathBuf,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Say what is wrong with settings, and end
    CheckConfig {
        /// The settings
        file: PathBuf,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let mut logger = env_logger::Builder::new();
    // The library of streams logs whole stanzas at the level of traces; they are never to be logged.
    logger.filter_level(log::LevelFilter::Info).parse_default_env();
    logger.filter_module("tokio_xmpp", log::LevelFilter::Off).target(env_logger::Target::Stderr).init();
    let done = match &arguments.command {
        Some(Command::CheckConfig { file }) => read(file).map(|_| {
            writeln!(io::stdout(), "{}: ok", file.display()).ok();
        }),
        None => start(&arguments.config),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            writeln!(io::stderr(), "nextim-xmpp: {problem}").ok();
            ExitCode::FAILURE
        }
    }
}

fn read(file: &Path) -> Result<Config, String> {
    Config::read(file, |name| std::env::var(name).ok())
}

fn start(file: &Path) -> Result<(), String> {
    let config = read(file)?;
    let boot = getrandom::u64().map_err(|error| format!("random numbers: {error}"))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    runtime.block_on(async {
        let stats = Arc::new(Stats::default());
        if let Some(address) = config.admin_listen {
            let listener = TcpListener::bind(address).await;
            let listener = listener.map_err(|error| format!("admin_listen {address}: {error}"))?;
            tokio::spawn(ops::serve(listener, Arc::clone(&stats)));
        }
        let (wish, wishes) = mpsc::channel(4);
        listen(file.to_owned(), wish).map_err(|error| format!("signals: {error}"))?;
        log::info!("nextim-xmpp {} for {}", env!("CARGO_PKG_VERSION"), config.domains.users);
        run(&config, format!("{boot:016x}"), stats, wishes).await
    })
}

/// Hears SIGHUP, SIGTERM and SIGINT. A second signal to end ends at once.
fn listen(file: PathBuf, wishes: mpsc::Sender<Wish>) -> io::Result<()> {
    let mut hang_up = signal(SignalKind::hangup())?;
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::spawn(async move {
        let mut is_ending = false;
        loop {
            let wish = tokio::select! {
                _ = hang_up.recv() => match read(&file) {
                    Ok(config) => Wish::Reload(Box::new(config)),
                    Err(problem) => {
                        log::error!("reload: {problem}; nothing is changed");
                        continue;
                    }
                },
                _ = terminate.recv() => Wish::End,
                _ = interrupt.recv() => Wish::End,
            };
            if matches!(wish, Wish::End) {
                if is_ending {
                    std::process::exit(1);
                }
                is_ending = true;
            }
            if wishes.send(wish).await.is_err() && is_ending {
                std::process::exit(1);
            }
        }
    });
    Ok(())
}
