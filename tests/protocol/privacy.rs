//! What nobody may read later: §4 Privacy. The server logs all it can while this runs.

use nix::sys::signal::Signal;

use crate::support::{Setup, Site, get};

#[test]
fn nothing_that_is_private_is_ever_written() {
    let setup = Setup::calm().limit("queue_messages", 3).sites(&[("a.example", &["private-apikey"])]);
    setup.own(|server| {
        let site = Site::named(server, "a.example", "private-apikey");
        let mut bob = site.online("private-bob", &[("rooms", "private-room"), ("nick", "private-nick")]);
        let params = [("buddies", "private-bob,private-carol"), ("status", "private-status")];
        let alice = site.online("private-alice", &params);
        alice.say("private-bob", "private-body");
        alice.say_in("private-room", "private-body");
        alice.types("private-bob", "private-typing");
        alice.join("private-room");
        bob.everything();
        let poll = bob.park_surely();
        for _ in 0..5 {
            let params = [("from", "private-sender"), ("to", "private-bob"), ("body", "private-body")];
            site.post("/messages", &params);
        }
        drop(poll);
        for _ in 0..5 {
            // The last ones are too many for her.
            site.post(
                "/messages",
                &[("from", "private-sender"), ("to", "private-alice"), ("body", "private")],
            );
        }
        let wrong = [("domain", "a.example"), ("apikey", "private-wrong"), ("name", "private-eve")];
        assert_eq!(site.send(&get("/onlines", &wrong)).status, 401);
        alice.poll_with(&[("callback", "private(")]).is(400, "bad parameter: callback");
        site.connect().send(b"private garbage\r\n\r\n");
        site.offline("private-alice");
        server.signal(Signal::SIGTERM);
        server.wait();
        let written = server.written();
        assert!(!written.contains("private"), "{written}");
        for ticket in [&alice.ticket, &bob.ticket] {
            assert!(!written.contains(&**ticket), "{written}");
        }
    });
}
