//! `expires` of `/presences/online`: a session that ends at the time its site gave it. That takes a minute.

use crate::support::{Browser, Heard, Setup, each_site};

/// Polls until the session is stopped. Returns the reason, and all that was heard before.
#[track_caller]
fn until_stopped(page: &mut Browser) -> (String, Vec<Heard>) {
    let mut heard = Vec::new();
    loop {
        let poll = page.park();
        let answer = poll.answer();
        if answer["status"] == "stopped" {
            assert_eq!(answer.get("retry"), None, "{answer}");
            return (answer["reason"].as_str().unwrap().to_owned(), heard);
        }
        page.seq = answer["seq"].as_u64();
        heard.push(Heard::of(answer));
    }
}

#[test]
fn a_session_ends_at_its_time_with_renew_and_nobody_sees_it() {
    Setup::calm().each_at_once(|site| {
        let mut bob = site.online("bob", &[("buddies", "alice")]);
        let mut alice = site.online("alice", &[("buddies", "bob"), ("rooms", "r"), ("expires", "60")]);
        let lasting = [
            site.online("carol", &[]),
            site.start("carol", &[("expires", "60")]),
            site.start("carol", &[("version", "3"), ("expires", "60")]),
        ];
        assert_eq!(bob.everything().moves(), ["alice online available"]);
        site.push("x", "alice", "before");
        let (reason, heard) = until_stopped(&mut alice);
        assert_eq!(reason, "renew");
        let bodies: Vec<&str> = heard.iter().flat_map(Heard::bodies).collect();
        assert_eq!(bodies, ["before"], "it is answered and acknowledged as ever");
        alice.is_gone();
        assert_eq!(site.push("x", "alice", "between"), 0);
        assert_eq!(site.onlines("alice"), "alice");
        let mut alice = site.online("alice", &[("buddies", "bob"), ("rooms", "r"), ("expires", "86400")]);
        assert_eq!(alice.everything().bodies(), ["between"]);
        assert!(bob.everything().is_silent(), "the linger makes it unseen");
        assert_eq!(site.members("r"), "alice");
        assert_eq!(site.push("x", "carol", "after"), 3, "no other session has ended");
        for mut page in lasting {
            assert_eq!(page.message()["body"], "after");
        }
    });
}

#[test]
fn times_out_of_range_are_refused_in_version_6_and_ignored_elsewhere() {
    each_site(|site| {
        let online = |version: &str, expires: &str| {
            site.post("/presences/online", &[("name", "a"), ("version", version), ("expires", expires)])
        };
        for bad in ["59", "86401", "0", "-60", "+60", "60.5", "6e1", " 60", "x", "18446744073709551676"] {
            online("6", bad).is(400, "bad parameter: expires");
            for version in ["3", ""] {
                assert_eq!(online(version, bad).status, 200, "{version} {bad}");
            }
        }
        site.offline("a");
        assert_eq!(site.onlines("a"), "");
        for good in ["60", "86400", "0060", ""] {
            assert_eq!(online("6", good).status, 200, "{good}");
        }
    });
}
