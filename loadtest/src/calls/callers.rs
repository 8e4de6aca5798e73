//! Callers: threads that connect, call, read to the end and connect again, as PHP processes do.
//!
//! Owns: the request and its connections. Must not: measure the server.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use nextim_testkit::http::{form, request};

use crate::generator::tally::Tally;
use crate::settings::Settings;

/// How long a caller waits for its answer, in seconds.
const PATIENCE: Duration = Duration::from_secs(10);

/// The calls of one measurement.
pub(super) struct CallPlan<'a> {
    settings: &'a Settings,
    addresses: &'a [SocketAddr],
    /// Calls at a time.
    at_once: u32,
}

impl<'a> CallPlan<'a> {
    pub(super) fn new(settings: &'a Settings, addresses: &'a [SocketAddr], at_once: u32) -> CallPlan<'a> {
        CallPlan { settings, addresses, at_once }
    }

    /// A message to a user of this number, who is offline. Its answer closes the connection.
    fn message(&self, number: u32) -> Vec<u8> {
        let Settings { domain, apikey, .. } = self.settings;
        let to = format!("u{number:08}");
        let fields =
            [("domain", domain), ("apikey", apikey), ("to", &to)].map(|(name, value)| (name, &**value));
        let body =
            form(&[&fields[..], &[("from", "site"), ("body", "shall we meet at the usual place?")]].concat());
        let headers = [("Content-Type", "application/x-www-form-urlencoded"), ("Connection", "close")];
        request("POST /messages HTTP/1.1", &headers, body.as_bytes())
    }
}

/// Calls until the time is over.
pub(super) fn call(plan: &CallPlan<'_>) -> Tally {
    let until = Instant::now() + Duration::from_secs_f64(plan.settings.seconds);
    let mut sum = Tally::default();
    thread::scope(|scope| {
        let callers: Vec<_> =
            (0..plan.at_once).map(|first| scope.spawn(move || run(plan, first, until))).collect();
        for caller in callers {
            sum.add(&caller.join().expect("a caller does not panic"));
        }
    });
    sum
}

fn run(plan: &CallPlan<'_>, first: u32, until: Instant) -> Tally {
    let mut tally = Tally::default();
    let mut answer = Vec::new();
    for number in (first..).step_by(plan.at_once as usize) {
        let message = plan.message(number % plan.settings.users);
        let began = Instant::now();
        if began >= until {
            break;
        }
        let address = plan.addresses[number as usize % plan.addresses.len()];
        match exchange(address, &message, &mut answer) {
            Ok(()) if answer.starts_with(b"HTTP/1.1 200 ") => {
                tally.calls += 1;
                tally.answer.saturating_record(u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX));
            }
            Ok(()) => tally.error("a call was refused"),
            Err(_) => tally.error("a call failed"),
        }
    }
    tally
}

/// Sends a request on a connection of its own, and reads to the end.
fn exchange(address: SocketAddr, request: &[u8], answer: &mut Vec<u8>) -> io::Result<()> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(request)?;
    answer.clear();
    stream.read_to_end(answer)?;
    Ok(())
}
