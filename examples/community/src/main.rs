//! The command: arguments, a message server, a site.
//!
//! Owns: the output, the signals, and the exit code: 0 after a signal, 1 if something could not start, 2 for wrong arguments.
//! Must not: answer requests.

use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::ExitCode;

use clap::Parser;
use nextim::{Config, DomainConfig, Handle, Server};
use nextim_community::arguments::Arguments;
use nextim_community::community::Community;
use nextim_community::seed;
use nextim_community::site::Options;
use nextim_community::webim::Xmpp;
use nextim_community::webim::server::Address;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The domain of the message server in this process.
const DOMAIN: &str = "localhost";

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let mut logger = env_logger::Builder::new();
    logger.filter_level(log::LevelFilter::Info).parse_default_env().target(env_logger::Target::Stderr).init();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            writeln!(io::stderr(), "nextim-community: {problem}").ok();
            ExitCode::FAILURE
        }
    }
}

/// Starts both, and waits for a signal. The message server starts first: files that are open then stay open in its threads.
fn run(arguments: &Arguments) -> Result<(), String> {
    let (server, address) = message_server(arguments)?;
    let apikey = address.apikey.clone();
    let file = arguments.database(|name| std::env::var_os(name))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("signals: {error}"))?;
    let signals =
        runtime.block_on(async { Signals::listen() }).map_err(|error| format!("signals: {error}"))?;
    let options = Options {
        url: arguments.url.clone(),
        secure: arguments.secure,
        jsonp_origins: arguments.jsonp_origin.clone(),
        show_logins: !is_public(arguments.listen),
        trusted_proxies: arguments.trusted_proxy.clone(),
        xmpp: arguments.xmpp.clone().map(|domain| Xmpp { domain, admins_only: arguments.xmpp_admins_only }),
        xmpp_own_passwords: arguments.xmpp_own_passwords,
        old: arguments.old.clone(),
    };
    let community = Community::start(arguments.listen, &file, address, options)
        .map_err(|error| format!("{error}{}", advice(&error, "--listen 127.0.0.1:8081")))?;
    if let Some(server) = &server {
        // The address of the site is known only now.
        let url = format!("http://{}/webim/undelivered", reachable(community.address()));
        server.reload(&[DomainConfig { undelivered_url: Some(url), ..DomainConfig::new(DOMAIN, apikey) }]);
    }
    print(&greeting(&community, server.is_some(), &file.display().to_string()));
    if let Some(warning) = seeded_passwords(arguments, &community) {
        log::warn!("{warning}");
    }
    if let Some(problem) = community.site().webim.im.problem() {
        log::warn!("message server: {problem}; the site runs without chat until it is there");
    }
    runtime.block_on(signals.one());
    // The site stays until the message server has returned the undelivered messages.
    if let Some(server) = server {
        server.drain();
        server.wait().map_err(|error| format!("message server: {error}"))?;
    }
    drop(community);
    Ok(())
}

/// The address at which this machine reaches a listener: a listener on all addresses is also on loopback.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        IpAddr::V4(_) | IpAddr::V6(_) => {}
    }
    address
}

/// The message server: one in this process, unless the flags name another.
fn message_server(arguments: &Arguments) -> Result<(Option<Handle>, Address), String> {
    let public_url = arguments.im_public.clone();
    if let (Some(url), Some(domain), Some(apikey)) = (&arguments.im, &arguments.domain, &arguments.apikey) {
        let (url, domain, apikey) = (url.clone(), domain.clone(), apikey.clone());
        return Ok((None, Address { url, public_url, domain, apikey }));
    }
    let apikey = format!("{:016x}{:016x}", random()?, random()?);
    let config = Config {
        listen: vec![arguments.im_listen],
        public_url: public_url.clone(),
        domains: vec![DomainConfig::new(DOMAIN, apikey.clone())],
        ..Config::default()
    };
    let server = Server::start(&config).map_err(|error| {
        let cause = std::error::Error::source(&error).and_then(|cause| cause.downcast_ref::<io::Error>());
        let advice = cause.map(|cause| advice(cause, "--im-listen 127.0.0.1:8001")).unwrap_or_default();
        format!("message server: {error}{advice}")
    })?;
    let own = server.addresses().first().map(ToString::to_string).unwrap_or_default();
    let url = format!("http://{own}");
    Ok((Some(server), Address { url, public_url, domain: DOMAIN.to_owned(), apikey }))
}

fn random() -> Result<u64, String> {
    getrandom::u64().map_err(|error| format!("random numbers: {error}"))
}

/// Advice for an address on which the program cannot listen.
fn advice(error: &io::Error, flag: &str) -> String {
    if error.kind() == io::ErrorKind::AddrInUse {
        return format!("\nanother program listens there; end it, or choose another port, such as {flag}");
    }
    String::new()
}

fn greeting(community: &Community, own_server: bool, file: &str) -> String {
    let [first, second] = seed::LOGINS;
    let place = if own_server { "in this process" } else { "elsewhere" };
    format!(
        "community       http://{}/\nmessage server  {}/ ({place})\ndatabase        {file}\n\
         log in as       {first} or {second}, password {}, in two browsers or windows\nCtrl-C ends it",
        community.address(),
        community.site().webim.im.url(),
        seed::PASSWORD,
    )
}

/// A warning, if other machines can reach the site and seeded users still have the password from the sources.
fn seeded_passwords(arguments: &Arguments, community: &Community) -> Option<String> {
    if !is_public(arguments.listen) && !arguments.secure {
        return None;
    }
    let open = seed::open_accounts(&community.site().store).unwrap_or_default();
    let named = open.join(", ");
    (!open.is_empty()).then(|| {
        format!(
            "other machines can reach the site, and anybody can log in as {named} with the password \"{}\": change these passwords",
            seed::PASSWORD
        )
    })
}

fn is_public(address: SocketAddr) -> bool {
    !address.ip().to_canonical().is_loopback()
}

/// The signals that end the command. Their handlers are set before the greeting is printed.
struct Signals {
    interrupted: Signal,
    terminated: Signal,
}

impl Signals {
    fn listen() -> io::Result<Signals> {
        let (interrupted, terminated) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        Ok(Signals { interrupted, terminated })
    }

    async fn one(mut self) {
        tokio::select! {
            _ = self.interrupted.recv() => {}
            _ = self.terminated.recv() => {}
        }
    }
}

/// Prints lines. A closed stdout is no reason to end.
fn print(lines: &str) {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{lines}").and_then(|()| stdout.flush()).ok();
}
