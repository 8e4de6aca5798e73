//! What the calls of one domain may use of a turn: its next calls come after those of others, and none is lost.

use nextim::Limits;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::support::{Conn, Running, each, get, site_call, strict};

/// Names in a call.
const NAMES: usize = 2_000;

/// Eighty parallel calls that unlink two thousand names each kept a shard busy for seconds, and all other sites with it.
#[test]
fn one_site_kept_the_others_waiting() {
    each(&strict(Limits::DEFAULT), |server| {
        let names: Vec<String> = (0..NAMES).map(|number| format!("n{number}")).collect();
        let form = format!("name=alice&buddies={}", names.join(","));
        server.online("alice");
        let mut conns: Vec<Conn> = (0..40).map(|_| server.from("127.9.9.9")).collect();
        // More than a turn takes, of each shard: some must be read later.
        for _ in 0..20 {
            for conn in &mut conns {
                conn.send(&site_call("/buddies/remove", &form));
            }
            // A browser that polls meanwhile is answered, and so is every call.
            server.from("127.0.0.3").call(&get("/packets?domain=a&ticket=x", &[])).is(404, "invalid ticket");
            for conn in &mut conns {
                conn.response().is(200, "ok");
            }
        }
        assert!(server.count("requests_postponed_total") > 0);
        server.call("/onlines", "names=alice").is(200, "alice");
    });
}

/// What is put off may be gone before its turn, or have more behind it; whatever is left is answered, in order.
#[test]
fn calls_that_are_put_off_may_end_before_their_turn() {
    each(&strict(Limits::DEFAULT), |server| {
        let names: Vec<String> = (0..NAMES).map(|number| format!("n{number}")).collect();
        let form = format!("name=alice&buddies={}", names.join(","));
        let call = site_call("/buddies/remove", &form);
        server.online("alice");
        let pipelined = [&call[..], &site_call("/onlines", "names=alice,bob")].concat();
        for _ in 0..5 {
            let mut conns: Vec<Conn> = (0..40).map(|_| server.from("127.9.9.9")).collect();
            for (number, conn) in conns.iter_mut().enumerate() {
                conn.send(&pipelined);
                match number % 4 {
                    0 => conn.stop_sending(),
                    // Something drips behind it.
                    1 => conn.send(b"\r\n"),
                    _ => {}
                }
            }
            // A quarter of them vanishes.
            let mut stayed = Vec::new();
            for (number, conn) in conns.into_iter().enumerate() {
                if number % 4 == 2 { drop(conn) } else { stayed.push(conn) }
            }
            for conn in &mut stayed {
                conn.response().is(200, "ok");
                conn.response().is(200, "alice");
            }
        }
        assert!(server.count("requests_postponed_total") > 0);
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
    let keep_busy = |mut conn: Conn| {
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
