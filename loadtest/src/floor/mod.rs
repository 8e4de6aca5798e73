//! The stand-in server: the least a server of this protocol can do.
//!
//! Owns: its threads and addresses. Must not: become a server. It makes the system calls a real one must make (one
//! read for a request, one write for an answer or a delivery, its share of epoll) and answers with as many bytes, but
//! parses nothing: what it needs stands at fixed places in what our generator sends. What a real server costs is
//! told as a multiple of this. It knows neither sites nor keys nor sessions and keeps no promise but to deliver.
//!
//! Each thread has its own descriptor table, its own address, and its own users: nothing goes from one thread to
//! another. The generator keeps those who write to each other to one address.

mod answers;
mod caller;
mod lane;

use std::error::Error;
use std::io::Write;
use std::net::SocketAddr;
use std::sync::mpsc::channel;
use std::thread;

use nix::sched::{CloneFlags, unshare};

use caller::CallLane;
use lane::Lane;

/// Serves with so many threads until the process is ended. Says where on stdout. `calls`: each connection has one call.
pub(crate) fn serve(threads: u32, calls: bool) -> Result<(), Box<dyn Error>> {
    crate::generator::connections_per_table()?;
    let (report, reports) = channel();
    let mut running = Vec::new();
    for _ in 0..threads {
        let report = report.clone();
        running.push(thread::spawn(move || {
            unshare(CloneFlags::CLONE_FILES)?;
            // If nobody hears of the address, the process ends.
            if calls {
                let (lane, address) = CallLane::open()?;
                report.send(address).ok();
                lane.run()
            } else {
                let (lane, address) = Lane::open()?;
                report.send(address).ok();
                lane.run()
            }
        }));
    }
    drop(report);
    let addresses: Vec<SocketAddr> = reports.iter().take(running.len()).collect();
    if addresses.len() < running.len() {
        return Err("a thread could not start".into());
    }
    let list = addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let mut stdout = std::io::stdout();
    writeln!(stdout, "floor listening on {list}; {threads} shards").and_then(|()| stdout.flush())?;
    for thread in running {
        thread.join().map_err(|_| "a thread panicked")??;
    }
    Ok(())
}
