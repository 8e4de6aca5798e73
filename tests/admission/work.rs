//! What the calls of one domain may use of a turn: its next calls come after those of others, and none is lost.

use nextim::limits::Limits;

use crate::support::{Client, each, get, site_call, strict};

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
        for _ in 0..20 {
            for conn in &mut conns {
                conn.send(&site_call("/buddies/remove", &form));
            }
            // A browser that polls meanwhile is answered, and so is every call.
            server.from("127.0.0.3").call(&get("/packets?domain=a&ticket=x", "")).is(404, "invalid ticket");
            for conn in &mut conns {
                conn.response().is(200, "ok");
            }
        }
        assert!(server.count("requests_postponed_total") > 0);
        server.call("/onlines", "names=alice").is(200, "alice");
    });
}
