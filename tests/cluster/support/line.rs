//! A network of a test's own, with a line that can be cut.
//!
//! Owns: two network namespaces and the lines between them. Must not: touch the network of the machine.
//!
//! A test with lines runs again as a process of its own in a new namespace, so that all it makes ends with it. There it
//! makes a second namespace, the far one. Brokers and nodes speak by one line, and the test watches by another one.

use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::{env, fs, io, thread};

use nextim_testkit::process::Process;
use nextim_testkit::proxy::{output, path};

use super::wire::{free_address, within};

/// Set where a test runs in a namespace of its own.
const INSIDE: &str = "TEST_IS_IN_ITS_OWN_NETWORK";
const HOW: &str = "this test needs a network namespace of its own: root's rights, or user namespaces \
                   (sysctl kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0)";

/// The far namespace, and the lines to it.
#[derive(Debug)]
pub(crate) struct Line {
    holder: Process,
}

/// Runs a test in a network of its own. Returns whether this process is in it; if not, the test has passed there.
#[track_caller]
pub(crate) fn is_in_its_own_network(test: &str) -> bool {
    if env::var_os(INSIDE).is_some() {
        return true;
    }
    let mut command = unshare();
    command.arg("--").arg(env::current_exe().unwrap()).args([test, "--exact", "--nocapture"]);
    command.env("PATH", path()).env(INSIDE, "1").stdin(Stdio::null()).stdout(Stdio::piped());
    let mut process = Process::spawn(&mut command).unwrap();
    let printed = io::read_to_string(process.stdout()).unwrap();
    let has_passed = process.wait().success() && printed.contains("1 passed");
    assert!(has_passed, "{HOW}, and it must pass there: {printed}");
    false
}

/// The start of a command in a new namespace.
fn unshare() -> Command {
    let mut command = Command::new("unshare");
    if output(Command::new("id").arg("-u")).trim() != "0" {
        command.args(["--user", "--map-root-user"]);
    }
    command.arg("--net");
    command
}

fn ip(arguments: &str) {
    output(Command::new("ip").args(arguments.split(' ')));
}

/// Passes on what comes until it ends, and the end.
fn pass_on(mut from: TcpStream, mut to: TcpStream) {
    io::copy(&mut from, &mut to).ok();
    to.shutdown(Shutdown::Write).ok();
}

impl Line {
    /// Lays the lines.
    #[track_caller]
    pub(crate) fn lay() -> Line {
        let mut holder = unshare();
        holder.args(["--", "sleep", "3600"]).env("PATH", path()).stdin(Stdio::null());
        let line = Line { holder: Process::spawn(&mut holder).unwrap() };
        let far = line.far();
        let network = |process: &str| fs::read_link(format!("/proc/{process}/ns/net")).ok();
        within("there is another namespace", || {
            (network(&far.to_string())? != network("self")?).then_some(())
        });
        ip("link set lo up");
        line.ip_there("link set lo up");
        for (name, network) in [("cut", "10.77.0"), ("watch", "10.78.0")] {
            ip(&format!("link add {name} type veth peer name {name} netns {far}"));
            ip(&format!("address add {network}.1/24 dev {name}"));
            line.ip_there(&format!("address add {network}.2/24 dev {name}"));
            ip(&format!("link set {name} up"));
            line.ip_there(&format!("link set {name} up"));
        }
        line
    }

    fn ip_there(&self, arguments: &str) {
        let net = format!("--net=/proc/{}/ns/net", self.far());
        output(Command::new("nsenter").arg(net).args(["--", "ip"]).args(arguments.split(' ')));
    }

    /// The far namespace, as a process that is in it.
    pub(crate) fn far(&self) -> u32 {
        self.holder.id()
    }

    /// An address of a broker here.
    pub(crate) fn near_address() -> SocketAddr {
        SocketAddr::from(([10, 77, 0, 1], free_address().port()))
    }

    /// An address of a broker there.
    pub(crate) fn far_address() -> SocketAddr {
        SocketAddr::from(([10, 77, 0, 2], free_address().port()))
    }

    /// An address there that is reached although the line is cut.
    pub(crate) fn watched_address() -> SocketAddr {
        SocketAddr::from(([10, 78, 0, 2], free_address().port()))
    }

    /// Passes on what is sent to a place here, which no node far away could reach. Returns the URL to be used there.
    pub(crate) fn far_url(url: &str) -> String {
        let host = url.split('/').nth(2).expect("a host").to_owned();
        let listener = TcpListener::bind("10.78.0.1:0").unwrap();
        let own = listener.local_addr().unwrap().to_string();
        let reached = url.replace(&host, &own);
        thread::spawn(move || {
            for from in listener.incoming().map_while(Result::ok) {
                // A node may be cut off in the middle; then it posts again.
                let Ok(to) = TcpStream::connect(&host) else { continue };
                let (back, forth) = (to.try_clone().unwrap(), from.try_clone().unwrap());
                thread::spawn(move || pass_on(from, to));
                thread::spawn(move || pass_on(back, forth));
            }
        });
        reached
    }

    /// Cuts the line.
    pub(crate) fn cut(&self) {
        self.ip_there("link set cut down");
    }

    /// Mends it.
    pub(crate) fn mend(&self) {
        self.ip_there("link set cut up");
    }
}
