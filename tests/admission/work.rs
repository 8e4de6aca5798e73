//! What the calls of one domain may use of a turn: its next calls come after those of others, and none is lost.

use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use nextim::limits::Limits;

use crate::support::{Client, Running, each, get, site_call, strict};

/// Names in a call.
const NAMES: usize = 2_000;

/// Eighty parallel calls that unlink two thousand names each kept a shard busy for seconds, and all other sites with it.
#[test]
fn one_site_kept_the_others_waiting() {
    each(&strict(Limits::DEFAULT), |server| {
        let names: Vec<String> = (0..NAMES).map(|number| format!("n{number}")).collect();
        let form = format!("name=alice&buddies={}", names.join(","));
        server.online("alice");
        let mut conns: Vec<Client> = (0..40).map(|_| server.from("127.9.9.9")).collect();
        // More than a turn takes, of each shard: some must be read later.
        while server.count("requests_postponed_total") == 0 {
            for conn in &mut conns {
                conn.send(&site_call("/buddies/remove", &form));
            }
            // A browser that polls meanwhile is answered, and so is every call.
            server.from("127.0.0.3").call(&get("/packets?domain=a&ticket=x", "")).is(404, "invalid ticket");
            for conn in &mut conns {
                conn.response().is(200, "ok");
            }
        }
        server.call("/onlines", "names=alice").is(200, "alice");
    });
}

/// Calls that came later were read first as long as they used up the share of each turn, and those that waited were never
/// answered.
#[test]
fn calls_that_waited_were_overtaken_for_ever() {
    let server = &Running::start(&strict(Limits::DEFAULT), 1);
    let names: Vec<String> = (0..NAMES).map(|number| format!("n{number}")).collect();
    let call = &site_call("/buddies/remove", &format!("name=alice&buddies={}", names.join(",")));
    server.online("alice");
    let enough = &AtomicBool::new(false);
    // Each has the next call there when one is answered, until it is enough.
    let keep_busy = |mut conn: Client| {
        conn.send(call);
        while !enough.load(Ordering::Relaxed) {
            conn.send(call);
            conn.response().is(200, "ok");
        }
        conn.response().is(200, "ok");
    };
    thread::scope(|scope| {
        for _ in 0..40 {
            let conn = server.from("127.9.9.9");
            scope.spawn(move || keep_busy(conn));
        }
        let answered = panic::catch_unwind(AssertUnwindSafe(|| {
            server.reaches("requests_postponed_total", 100);
            (0..5).for_each(|_| server.call("/onlines", "names=alice").is(200, "alice"));
        }));
        enough.store(true, Ordering::Relaxed);
        answered.unwrap_or_else(|failed| panic::resume_unwind(failed));
    });
}
