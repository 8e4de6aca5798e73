//! Attacks: what hostile clients and sites do to a server while its well-behaved users are measured.
//!
//! Owns: the thread of the attackers. Must not: know what they do; [`strangers`] have no key,
//! and a hostile [`site`] has a right one.

mod attackers;
mod site;
mod strangers;

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::measure::thread_cpu;
use attackers::Attackers;
pub(crate) use attackers::Done;
use site::Site;
pub(crate) use site::{LINES, domains};
pub(crate) use strangers::HELD;
use strangers::Strangers;

/// How long the attackers may take to be in place.
const PATIENCE: Duration = Duration::from_secs(30);

/// An attack that goes on until it is ended.
pub(crate) struct Attack {
    enough: Arc<AtomicBool>,
    thread: JoinHandle<io::Result<Done>>,
}

impl Attack {
    /// Clients without a key begin. Returns when all of them are in place.
    pub(crate) fn by_strangers(address: SocketAddr) -> Result<Attack, Box<dyn Error>> {
        Attack::begin(move || Strangers::place(address))
    }

    /// A site with a right key begins. Returns when its users are online.
    pub(crate) fn by_a_site(address: SocketAddr) -> Result<Attack, Box<dyn Error>> {
        Attack::begin(move || Site::place(address))
    }

    fn begin<A: Attackers>(
        place: impl FnOnce() -> io::Result<A> + Send + 'static,
    ) -> Result<Attack, Box<dyn Error>> {
        let enough = Arc::new(AtomicBool::new(false));
        let (ready, placed) = channel();
        let stop = Arc::clone(&enough);
        let thread =
            thread::Builder::new().name("attack".to_owned()).spawn(move || go_on(place()?, &ready, &stop))?;
        let attack = Attack { enough, thread };
        match placed.recv_timeout(PATIENCE) {
            Ok(()) => Ok(attack),
            Err(_) => Err(attack.end().err().unwrap_or_else(|| "the attackers came too late".into())),
        }
    }

    /// Ends it.
    pub(crate) fn end(self) -> Result<Done, Box<dyn Error>> {
        self.enough.store(true, Ordering::Relaxed);
        let done = self.thread.join().map_err(|_| "the attackers have failed")?;
        done.map_err(|error| format!("the attackers were stopped: {error}").into())
    }
}

/// Takes one turn after another. Turns that were missed are not made up for.
fn go_on<A: Attackers>(mut attackers: A, ready: &Sender<()>, enough: &AtomicBool) -> io::Result<Done> {
    // The receiver is gone if the run was given up.
    ready.send(()).ok();
    let (began, cpu) = (Instant::now(), thread_cpu());
    while !enough.load(Ordering::Relaxed) {
        let turn = Instant::now();
        attackers.turn()?;
        thread::sleep(A::TURN.saturating_sub(turn.elapsed()));
    }
    let took = u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX);
    let cpu = thread_cpu() - cpu;
    Ok(Done { cpu, took, ..attackers.end()? })
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn an_attack_ends_with_its_counts() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        // Each connection is closed at once, without an answer.
        thread::spawn(move || listener.incoming().for_each(drop));
        let done = Attack::by_strangers(address).unwrap().end().unwrap();
        assert!(done.connections >= HELD as u64 && done.answers == 0, "{done:?}");
        let failed = Attack::by_a_site(address).err().map(|error| error.to_string());
        assert!(failed.is_some(), "a site needs its users");
    }

    #[test]
    fn an_attack_on_nobody_fails() {
        let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        for failed in [Attack::by_strangers(nobody).err(), Attack::by_a_site(nobody).err()] {
            assert!(failed.is_some_and(|error| error.to_string().contains("were stopped")));
        }
    }
}
