//! Requests that nginx and the server could read in two ways.

use nextim_testkit::proxy::output;

use super::{APIKEY, World};

/// Requests that two readers could take for more than one, or for another. `BODY` stands for a request that nginx does
/// not let through, `LENGTH` for its length, `HEX` for the same in hexadecimal digits, `TARGET` for that of a poll.
const AMBIGUOUS: [&str; 34] = [
    // Two framings.
    "POST TARGET HTTP/1.1\r\nHost: a\r\nContent-Length: LENGTH\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nBODY",
    "POST TARGET HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\nBODY",
    "POST TARGET HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: LENGTH\r\n\r\nBODY",
    "POST TARGET HTTP/1.1\r\nHost: a\r\nContent-Length: LENGTH\r\nContent-Length: LENGTH\r\n\r\nBODY",
    "POST TARGET HTTP/1.1\r\nHost: a\r\nContent-Length: 0, LENGTH\r\n\r\nBODY",
    "POST TARGET HTTP/1.1\r\nHost: a\r\nContent-Length: +LENGTH\r\n\r\nBODY",
    "POST TARGET HTTP/1.1\r\nHost: a\r\nContent-Length : LENGTH\r\n\r\nBODY",
    "POST TARGET HTTP/1.1\r\nHost: a\r\nContent_Length: 0\r\nContent-Length: LENGTH\r\n\r\nBODY",
    // Codings that are nearly chunked.
    "POST TARGET HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\nBODY",
    "POST TARGET HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\nBODY",
    "POST TARGET HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\nContent-Length: LENGTH\r\n\r\nBODY",
    "POST TARGET HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\x0bchunked\r\nContent-Length: LENGTH\r\n\r\nBODY",
    "POST TARGET HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\nBODY",
    "POST TARGET HTTP/1.1\r\nHost: a\r\nX: a\r\n Transfer-Encoding: chunked\r\nContent-Length: LENGTH\r\n\r\nBODY",
    "POST TARGET HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nBODY",
    // Chunks.
    "POST TARGET HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nHEX\r\nBODY\r\n0\r\n\r\n",
    "POST TARGET HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nHEX;a=\"\r\nBODY\r\n0;b\r\n\r\n",
    "POST TARGET HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nHEX;\nBODY\n0\n\n",
    "POST TARGET HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0HEX\r\nBODY\r\n0\r\nX: y\r\n\r\n",
    "POST TARGET HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0xHEX\r\nBODY\r\n0\r\n\r\n",
    "POST TARGET HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\nBODY",
    "POST TARGET HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF0\r\nBODY",
    // Lines.
    "POST TARGET HTTP/1.1\nHost: a\nContent-Length: LENGTH\n\nBODY",
    "POST TARGET HTTP/1.1\r\nHost: a\r\nX: a\rContent-Length: 0\r\nContent-Length: LENGTH\r\n\r\nBODY",
    "POST TARGET HTTP/1.1\r\n Host: a\r\nContent-Length: LENGTH\r\n\r\nBODY",
    " POST TARGET HTTP/1.1\r\nHost: a\r\nContent-Length: LENGTH\r\n\r\nBODY",
    "\r\n\r\nPOST TARGET HTTP/1.1\r\nHost: a\r\nContent-Length: LENGTH\r\n\r\nBODY",
    "POST TARGET HTTP/1.1\r\nHost: a\r\nX: \0\r\nContent-Length: LENGTH\r\n\r\nBODY",
    // Bodies where none are usual, and what is meant for one hop.
    "GET TARGET HTTP/1.1\r\nHost: a\r\nContent-Length: LENGTH\r\n\r\nBODY",
    "OPTIONS TARGET HTTP/1.1\r\nHost: a\r\nContent-Length: LENGTH\r\n\r\nBODY",
    "POST TARGET HTTP/1.1\r\nHost: a\r\nConnection: Content-Length\r\nContent-Length: LENGTH\r\n\r\nBODY",
    "POST TARGET HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: LENGTH\r\n\r\nBODY",
    // Targets.
    "POST http://aTARGET HTTP/1.1\r\nHost: b\r\nContent-Length: LENGTH\r\n\r\nBODY",
    "POST TARGET&x=%0d%0aContent-Length:%200%0d%0a%0d%0a HTTP/1.1\r\nHost: a\r\nContent-Length: LENGTH\r\n\r\nBODY",
];

#[test]
fn what_nginx_lets_through_is_read_as_it_meant_it() {
    let world = World::start();
    let alice = world.online("alice");
    let mut parked = world.park(&alice);
    let hidden = format!(
        "POST /messages?domain=forum&apikey={APIKEY}&from=eve&to=alice&body=smuggled HTTP/1.1\r\nHost: a\r\n\
         Content-Length: 0\r\n\r\n"
    );
    // What comes next on the attacker's connection, and what another visitor asks, each with an answer of its own.
    let next = "GET /packets?domain=forum&ticket=x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    let visit = "/packets?domain=forum&callback=1";
    let mut passed = 0;
    for pattern in AMBIGUOUS {
        let attack = pattern
            .replace("BODY", &hidden)
            .replace("LENGTH", &hidden.len().to_string())
            .replace("HEX", &format!("{:x}", hidden.len()))
            .replace("TARGET", "/packets?domain=forum");
        let said = world.raw(format!("{attack}{next}").as_bytes());
        let said = said.trim_start_matches("HTTP/1.1 100 Continue\r\n\r\n");
        let what = format!("{pattern:?}: {said}");
        assert!(
            said.matches("HTTP/1.1 ").count() <= 2 && !said.contains("200 OK") && !said.contains("X-NextIM"),
            "{what}"
        );
        // The first is answered as the request it is, and if there is a second, as what comes next.
        let of_ours = ["missing parameter: ticket", "bad parameter: body", "204 No Content"];
        passed += usize::from(of_ours.iter().any(|text| said.contains(text)));
        let (first, second) = said
            .split_once("HTTP/1.1 ")
            .map_or(("", ""), |(_, rest)| rest.split_once("HTTP/1.1 ").unwrap_or((rest, "")));
        assert!(!first.contains("invalid ticket"), "{what}");
        assert!(
            second.is_empty() || second.ends_with("invalid ticket") || second.contains("nginx"),
            "{what}"
        );
        for _ in 0..3 {
            let answer = output(&mut world.browser(visit));
            assert!(
                answer.starts_with("HTTP/2 400") && answer.ends_with("bad parameter: callback"),
                "{what}: {answer}"
            );
        }
    }
    assert!(passed >= 8, "only {passed} came to the server");
    world.site("/messages", "from=system&to=alice&body=hello").ok();
    let received = std::io::read_to_string(parked.stdout()).unwrap();
    assert!(received.contains("\"body\":\"hello\"") && !received.contains("smuggled"), "{received}");
}
