//! Programs that the tests need beside the server: proxies, and those that speak with them.
//!
//! Owns: where programs are found, how they are run and waited for, and a certificate. Must not: know a configuration of
//! the documents.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{ChildStdin, ChildStdout, Command, Stdio};

use super::patience::eventually;
use super::process::Process;
use super::socket::{CLOSE, ack_frame, frame, handshake};

/// How long nginx waits for more of a request, or for another: not long, so that what is unfinished ends.
const WAITS: &str = "client_header_timeout 1s; client_body_timeout 1s; keepalive_timeout 1s;";

/// Where programs are found, those of administrators included.
pub fn path() -> String {
    std::env::var("PATH").unwrap_or_default() + ":/usr/sbin:/sbin"
}

/// Fails if a program is missing, and names the package to install.
#[track_caller]
pub fn need(program: &str) {
    let found = Command::new(program).arg("-V").env("PATH", path()).stdin(Stdio::null()).output();
    assert!(found.is_ok(), "{program} is missing; on Debian: apt-get install {program}");
}

/// Runs to its end and returns what was printed.
#[track_caller]
pub fn output(command: &mut Command) -> String {
    let ran = command.env("PATH", path()).stdin(Stdio::null()).output().unwrap();
    assert!(ran.status.success(), "{command:?}: {}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).unwrap()
}

/// Starts a program of which only the output is read.
#[track_caller]
pub fn spawn(command: &mut Command) -> Process {
    Process::spawn(command.env("PATH", path()).stdin(Stdio::null()).stdout(Stdio::piped())).unwrap()
}

/// Reads what a program prints until it has printed this. Returns all of that; the program may print on.
#[track_caller]
pub fn read_until(mut printed: impl Read, end: &str) -> String {
    let (mut read, mut chunk) = (String::new(), [0; 4_096]);
    while !read.contains(end) {
        let count = printed.read(&mut chunk).unwrap();
        assert!(count > 0, "{end} is not in {read}");
        read.push_str(std::str::from_utf8(&chunk[..count]).expect("text"));
    }
    read
}

/// A connection by TLS, of which every byte is written and read as it is.
#[derive(Debug)]
pub struct Tls {
    _client: Process,
    stdin: ChildStdin,
    stdout: ChildStdout,
}

impl Tls {
    /// Connects to this port of this machine.
    #[track_caller]
    pub fn open(port: u16) -> Tls {
        let mut client = Command::new("openssl");
        client.args(["s_client", "-quiet", "-verify_quiet", "-servername", "im.example", "-connect"]);
        client.arg(format!("127.0.0.1:{port}")).stderr(Stdio::null());
        client.env("PATH", path()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut client = Process::spawn(&mut client).unwrap();
        let (stdin, stdout) = (client.stdin(), client.stdout());
        Tls { _client: client, stdin, stdout }
    }

    /// Writes bytes.
    #[track_caller]
    pub fn send(&mut self, bytes: &[u8]) {
        self.stdin.write_all(bytes).unwrap();
    }

    /// Reads until these bytes have come. Returns all of that.
    #[track_caller]
    pub fn read_until(&mut self, end: &[u8]) -> String {
        let (mut read, mut chunk) = (Vec::new(), [0; 4_096]);
        while !read.windows(end.len()).any(|window| window == end) {
            let count = self.stdout.read(&mut chunk).unwrap();
            assert!(count > 0, "{end:02x?} is not in {:?}", String::from_utf8_lossy(&read));
            read.extend_from_slice(&chunk[..count]);
        }
        String::from_utf8_lossy(&read).into_owned()
    }
}

/// A socket that is opened at this port has messages and acknowledges them. `push` sends alice a message with this body.
#[track_caller]
pub fn use_socket(port: u16, target: &str, origin: &str, push: impl Fn(&str)) {
    let mut socket = Tls::open(port);
    let headers = [("Host", "im.example"), ("Origin", origin)];
    socket.send(&handshake(target, &headers));
    let head = socket.read_until(b"\"seq\":0}");
    assert!(head.starts_with("HTTP/1.1 101 ") && head.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{head}");
    for (seq, body) in [(1, "one"), (2, "two")] {
        push(body);
        let text = socket.read_until(format!("\"seq\":{seq}}}").as_bytes());
        assert!(text.contains(&format!("\"body\":\"{body}\"")), "{text}");
    }
    socket.send(&ack_frame(1));
    socket.send(&frame(CLOSE, &1000_u16.to_be_bytes()));
    socket.read_until(b"\x88\x02\x03\xE8");
}

/// Starts a program that listens on a free port, which `command` gives it. Returns the port.
#[track_caller]
pub fn listening(what: &str, command: impl Fn(u16) -> Command) -> (Process, u16) {
    eventually(&format!("{what} listens"), || {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = command(port);
        let mut process = Process::spawn(command.env("PATH", path()).stdin(Stdio::null())).unwrap();
        // If it ends, another program has taken the port, and another one is tried.
        let listens = eventually(&format!("{what} listens or ends"), || match process.ended() {
            Some(_) => Some(false),
            None => TcpStream::connect(("127.0.0.1", port)).is_ok().then_some(true),
        });
        listens.then_some((process, port))
    })
}

/// Starts nginx on a free port, with what `block` says for it, as one process that needs no rights.
#[track_caller]
pub fn start_nginx(dir: &Path, block: impl Fn(u16) -> String) -> (Process, u16) {
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let temporary = temporary.map(|name| format!("{name}_temp_path {};", dir.join(name).display())).concat();
    listening("nginx", |port| {
        let block = block(port);
        let whole = format!(
            "daemon off; master_process off; pid {}; events {{}}\nhttp {{\naccess_log off;\n{WAITS}\n{temporary}\n{block}}}\n",
            dir.join("pid").display()
        );
        fs::write(dir.join("nginx.conf"), whole).unwrap();
        let mut nginx = Command::new("nginx");
        nginx.args(["-e", "stderr", "-p"]).arg(dir).arg("-c").arg(dir.join("nginx.conf"));
        nginx.stdout(Stdio::null());
        nginx
    })
}

/// Makes a certificate of `im.example` and its key, in two files.
#[track_caller]
pub fn make_certificate(dir: &Path) {
    let names = ["-subj", "/CN=im.example", "-addext", "subjectAltName=DNS:im.example"];
    make_certificate_of(dir, &[&names[..], &["-keyout", "key.pem", "-out", "cert.pem"]].concat());
}

/// Makes a certificate as these arguments of `openssl req` describe it.
#[track_caller]
pub fn make_certificate_of(dir: &Path, arguments: &[&str]) {
    let mut openssl = Command::new("openssl");
    openssl
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"])
        .args(["-days", "2"])
        .args(arguments)
        .current_dir(dir);
    output(&mut openssl);
}
