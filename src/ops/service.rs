//! Word to systemd, or whoever else started the process and wants to know how it is (`sd_notify(3)`).
//!
//! Owns: what is said, and the socket it is said to. Must not: matter to a server that was started otherwise. Without
//! `NOTIFY_SOCKET` nothing is said, and what cannot be said is logged and forgotten. Every word has a socket of its own,
//! opened by a thread that no shard shares descriptors with.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

use crate::base::clock::monotonic_us;
use crate::base::limits::ops::NOTIFY_MS;

/// Whoever started the process, if he listens.
#[derive(Debug, Default)]
pub struct Service {
    listener: Option<SocketAddr>,
    /// How often he wants to hear that all is well.
    watchdog: Option<Duration>,
}

impl Service {
    /// What the environment says of him.
    pub fn new(variable: impl Fn(&str) -> Option<OsString>, process: u32) -> io::Result<Service> {
        let socket = variable("NOTIFY_SOCKET").filter(|socket| !socket.is_empty());
        let listener = socket.map(|socket| address_of(&socket)).transpose()?;
        let number = |name: &str| variable(name)?.to_str()?.parse::<u64>().ok();
        // It may be meant for a process that started us.
        let ours = number("WATCHDOG_PID").is_none_or(|wanted| wanted == u64::from(process));
        let watchdog = number("WATCHDOG_USEC").filter(|us| *us > 0 && ours && listener.is_some());
        Ok(Service { listener, watchdog: watchdog.map(Duration::from_micros) })
    }

    /// How often he wants to hear that all is well, if he does.
    pub fn watchdog(&self) -> Option<Duration> {
        self.watchdog
    }

    /// The server serves.
    pub fn ready(&self, status: &str) {
        self.say(&format!("READY=1\nSTATUS={status}"));
    }

    /// The configuration is being read again; [`Service::ready`] ends that.
    pub fn reloading(&self) {
        self.say(&format!("RELOADING=1\nMONOTONIC_USEC={}", monotonic_us()));
    }

    /// The server takes nothing new.
    pub fn stopping(&self) {
        self.say("STOPPING=1\nSTATUS=Finishing what has begun");
    }

    /// All is well.
    pub fn alive(&self) {
        self.say("WATCHDOG=1");
    }

    fn say(&self, words: &str) {
        let Some(listener) = &self.listener else { return };
        let said = UnixDatagram::unbound().and_then(|socket| {
            socket.set_write_timeout(Some(Duration::from_millis(NOTIFY_MS)))?;
            socket.send_to_addr(words.as_bytes(), listener)
        });
        if let Err(error) = said {
            log::warn!("the service manager was not told: {error}");
        }
    }
}

/// A path, or a name without a file, which `@` stands before.
fn address_of(socket: &OsStr) -> io::Result<SocketAddr> {
    match socket.as_bytes() {
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name),
        [b'/', ..] => SocketAddr::from_pathname(socket),
        _ => Err(io::Error::other("neither a path nor a name after @")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(variables: &[(&str, &str)]) -> io::Result<Service> {
        let find = |name: &str| variables.iter().find(|(known, _)| *known == name);
        Service::new(|name| find(name).map(|(_, value)| OsString::from(value)), 7)
    }

    #[test]
    fn the_watchdog_is_for_us_if_nobody_else_is_named() {
        let socket = ("NOTIFY_SOCKET", "@x");
        let watchdog = |variables: &[(&str, &str)]| service(variables).unwrap().watchdog();
        let second = Some(Duration::from_secs(1));
        assert_eq!(watchdog(&[socket, ("WATCHDOG_USEC", "1000000")]), second);
        assert_eq!(watchdog(&[socket, ("WATCHDOG_USEC", "1000000"), ("WATCHDOG_PID", "7")]), second);
        assert_eq!(watchdog(&[socket, ("WATCHDOG_USEC", "1000000"), ("WATCHDOG_PID", "8")]), None);
        assert_eq!(watchdog(&[("WATCHDOG_USEC", "1000000")]), None, "nobody listens");
        assert_eq!(watchdog(&[socket, ("WATCHDOG_USEC", "soon")]), None);
        assert_eq!(watchdog(&[socket]), None);
    }

    #[test]
    fn sockets_are_paths_or_abstract() {
        let check = |socket: &str, good: bool| {
            assert_eq!(service(&[("NOTIFY_SOCKET", socket)]).is_ok(), good, "{socket}");
        };
        check("/run/systemd/notify", true);
        check("@abstract", true);
        check("", true);
        check("relative", false);
        check("vsock:2:1234", false);
    }

    #[test]
    fn words_arrive() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("notify");
        let manager = UnixDatagram::bind(&path).unwrap();
        let service = service(&[("NOTIFY_SOCKET", path.to_str().unwrap())]).unwrap();
        let hear = || {
            let mut words = [0; 256];
            let count = manager.recv(&mut words).unwrap();
            String::from_utf8(words[..count].to_vec()).unwrap()
        };
        service.ready("well");
        assert_eq!(hear(), "READY=1\nSTATUS=well");
        let before = monotonic_us();
        service.reloading();
        let said = hear();
        let us = said.strip_prefix("RELOADING=1\nMONOTONIC_USEC=").unwrap().parse::<u64>().unwrap();
        assert!(before <= us && us <= monotonic_us());
    }
}
