//! Notices to systemd, or another service manager that started the process (`sd_notify(3)`).
//!
//! Owns: their text, and the socket they are sent to. Must not: fail: without `NOTIFY_SOCKET` nothing is sent, and a
//! notice that cannot be sent is logged. Each notice has a socket of its own, opened by a thread that shares no
//! descriptors with a shard.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

use crate::base::clock::monotonic_us;
use crate::base::limits::ops::NOTIFY_MS;

/// The service manager, if the process has one that listens.
#[derive(Debug, Default)]
pub struct Service {
    socket: Option<SocketAddr>,
    /// The longest time between two [`Service::alive`] that it allows.
    watchdog: Option<Duration>,
}

impl Service {
    /// Reads the environment of the process with this number.
    pub fn new(variable: impl Fn(&str) -> Option<OsString>, process: u32) -> io::Result<Service> {
        let socket = variable("NOTIFY_SOCKET").filter(|socket| !socket.is_empty());
        let socket = socket.map(|socket| address_of(&socket)).transpose()?;
        let number = |name: &str| variable(name)?.to_str()?.parse::<u64>().ok();
        // The variables may be meant for the parent of this process.
        let ours = number("WATCHDOG_PID").is_none_or(|wanted| wanted == u64::from(process));
        let watchdog = number("WATCHDOG_USEC").filter(|us| *us > 0 && ours && socket.is_some());
        Ok(Service { socket, watchdog: watchdog.map(Duration::from_micros) })
    }

    /// The longest time between two [`Service::alive`], if the service manager watches the process.
    pub fn watchdog(&self) -> Option<Duration> {
        self.watchdog
    }

    /// Reports to systemd that the server serves.
    pub fn ready(&self, status: &str) {
        self.send(&format!("READY=1\nSTATUS={status}"));
    }

    /// Reports that the configuration is being read again; [`Service::ready`] ends that.
    pub fn reloading(&self) {
        self.send(&format!("RELOADING=1\nMONOTONIC_USEC={}", monotonic_us()));
    }

    /// Reports that the server goes down.
    pub fn stopping(&self) {
        self.send("STOPPING=1\nSTATUS=Draining");
    }

    /// Reports that every shard turns.
    pub fn alive(&self) {
        self.send("WATCHDOG=1");
    }

    fn send(&self, notice: &str) {
        let Some(address) = &self.socket else { return };
        let sent = UnixDatagram::unbound().and_then(|socket| {
            socket.set_write_timeout(Some(Duration::from_millis(NOTIFY_MS)))?;
            socket.send_to_addr(notice.as_bytes(), address)
        });
        if let Err(error) = sent {
            log::warn!("cannot notify the service manager: {error}");
        }
    }
}

/// A path, or an abstract name after `@`.
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
    fn the_watchdog_is_for_this_process_unless_another_is_named() {
        let socket = ("NOTIFY_SOCKET", "@x");
        let watchdog = |variables: &[(&str, &str)]| service(variables).unwrap().watchdog();
        let second = Some(Duration::from_secs(1));
        assert_eq!(watchdog(&[socket, ("WATCHDOG_USEC", "1000000")]), second);
        assert_eq!(watchdog(&[socket, ("WATCHDOG_USEC", "1000000"), ("WATCHDOG_PID", "7")]), second);
        assert_eq!(watchdog(&[socket, ("WATCHDOG_USEC", "1000000"), ("WATCHDOG_PID", "8")]), None);
        assert_eq!(watchdog(&[("WATCHDOG_USEC", "1000000")]), None, "there is no socket");
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
    fn notices_arrive() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("notify");
        let manager = UnixDatagram::bind(&path).unwrap();
        let service = service(&[("NOTIFY_SOCKET", path.to_str().unwrap())]).unwrap();
        let receive = || {
            let mut words = [0; 256];
            let count = manager.recv(&mut words).unwrap();
            String::from_utf8(words[..count].to_vec()).unwrap()
        };
        service.ready("well");
        assert_eq!(receive(), "READY=1\nSTATUS=well");
        let before = monotonic_us();
        service.reloading();
        let notice = receive();
        let us = notice.strip_prefix("RELOADING=1\nMONOTONIC_USEC=").unwrap().parse::<u64>().unwrap();
        assert!(before <= us && us <= monotonic_us());
    }
}
