//! An nginx with Nchan: its configuration, its port and its folder.
//!
//! Owns: what it takes to start one. Must not: start it; `target.rs` does, for it ends it, too. The configuration is
//! made for the purpose and lets Nchan do well: a listening socket for each worker, connections that are kept, no log
//! of requests, and room for every message until long after it should have arrived.
//!
//! Polls wait until there is a message, however long that takes: with `nchan_subscriber_timeout`, Nchan 1.3.6 loses
//! messages of users who wait at two channels after a poll of theirs has timed out. So at an idle Nchan no poll is due.

use std::env;
use std::error::Error;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::sys::resource::{Resource, getrlimit};
use socket2::{Domain, Protocol, Socket, Type};
use tempfile::TempDir;

use super::wire::EVERYBODY;

/// Where Debian's package puts the module.
const MODULE: &str = "/usr/lib/nginx/modules/ngx_nchan_module.so";
/// Where nginx may be, beside what `PATH` says.
const FOLDERS: [&str; 2] = ["/usr/sbin", "/sbin"];
/// Connections of a worker that are not users' or callers': its listening socket, and those to other workers.
const CONNECTION_RESERVE: u64 = 512;
/// How much of a log is shown, in bytes.
const LOG_BYTES: usize = 2_000;

/// An nginx that can be started.
pub(crate) struct Nginx {
    /// What starts it.
    pub(crate) command: Command,
    /// Where it will listen.
    pub(crate) address: SocketAddr,
    /// Holds its files.
    pub(crate) folder: TempDir,
    /// Keeps the port from others until nginx listens there, which it may because both say that they share it.
    _port: Socket,
}

/// Where nginx is. If it or its module is missing, the error says what to install.
pub(crate) fn installed() -> Result<PathBuf, String> {
    let missing =
        |what: &str| Err(format!("there is no {what}; on Debian: apt-get install libnginx-mod-nchan"));
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&path).chain(FOLDERS.map(PathBuf::from));
    let Some(nginx) = folders.map(|folder| folder.join("nginx")).find(|file| file.is_file()) else {
        return missing("nginx");
    };
    if Path::new(MODULE).is_file() { Ok(nginx) } else { missing(MODULE) }
}

impl Nginx {
    /// Prepares one with so many workers, which can have so many connections together.
    pub(crate) fn prepare(workers: u64, connections: u64) -> Result<Nginx, Box<dyn Error>> {
        let mut command = Command::new(installed()?);
        let (_, descriptors) = getrlimit(Resource::RLIMIT_NOFILE)?;
        let port = Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP))?;
        port.set_reuse_port(true)?;
        port.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())?;
        let address = port.local_addr()?.as_socket().ok_or("a port without an address")?;
        let folder = tempfile::Builder::new().prefix("nextim-loadtest-nchan-").tempdir()?;
        let file = folder.path().join("nginx.conf");
        // The kernel may give one worker more than its share; and nginx closes those that seem idle, waiting polls
        // among them, when less than a sixteenth of a worker's connections is free.
        let each = (connections + connections / 4 + CONNECTION_RESERVE).min(descriptors);
        fs::write(&file, configuration(folder.path(), address, workers, each, descriptors))?;
        command.arg("-e").arg(log_file(folder.path())).arg("-p").arg(folder.path()).arg("-c").arg(file);
        Ok(Nginx { command, address, folder, _port: port })
    }
}

fn log_file(folder: &Path) -> PathBuf {
    folder.join("error.log")
}

/// The end of what nginx has logged.
pub(crate) fn log(folder: &Path) -> String {
    let log = fs::read(log_file(folder)).unwrap_or_default();
    String::from_utf8_lossy(&log[log.len().saturating_sub(LOG_BYTES)..]).trim().to_owned()
}

fn configuration(
    folder: &Path,
    address: SocketAddr,
    workers: u64,
    connections: u64,
    descriptors: u64,
) -> String {
    let folder = folder.display();
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|name| format!("    {name}_temp_path \"{folder}/{name}\";\n"))
        .concat();
    format!(
        "load_module {MODULE};
daemon off;
worker_processes {workers};
worker_rlimit_nofile {descriptors};
pid \"{folder}/pid\";
error_log \"{folder}/error.log\" warn;
events {{ worker_connections {connections}; }}
http {{
{temporary}    access_log off;
    keepalive_timeout 1h;
    keepalive_requests 1000000000;
    nchan_shared_memory_size 2G;
    server {{
        listen {address} reuseport backlog=65535;
        location = /pub {{
            nchan_publisher http;
            nchan_channel_id $arg_id;
            nchan_message_buffer_length 1000;
            nchan_message_timeout 20s;
        }}
        location = /sub {{
            nchan_subscriber longpoll;
            nchan_channel_id $arg_id {EVERYBODY};
        }}
    }}
}}
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn configurations() {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 81));
        let text = configuration(Path::new("/a b"), address, 3, 700, 1_000);
        for part in [
            "worker_processes 3;",
            "worker_connections 700;",
            "worker_rlimit_nofile 1000;",
            "listen 127.0.0.1:81 reuseport",
            "pid \"/a b/pid\";",
            "nchan_channel_id $arg_id all;",
        ] {
            assert!(text.contains(part), "{part} is not in {text}");
        }
    }

    #[test]
    fn logs_are_shown_from_their_ends() {
        let folder = TempDir::new().unwrap();
        assert_eq!(log(folder.path()), "");
        fs::write(log_file(folder.path()), "x".repeat(LOG_BYTES) + "\nend\n").unwrap();
        let shown = log(folder.path());
        assert!(shown.len() < LOG_BYTES && shown.ends_with("\nend"), "{shown}");
    }
}
