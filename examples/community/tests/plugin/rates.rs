//! The rates of users.

use nextim_community::webim::limits::ACTS_AT_ONCE;

use crate::common::TestSite;

#[test]
fn every_change_is_limited_by_user() {
    let site = TestSite::start();
    let (alice, bob) = (site.log_in("alice"), site.log_in("bob"));
    let (at_alice, at_bob) = (alice.online(&[]), bob.online(&[]));
    for (endpoint, params) in [
        ("presence", &[("show", "away")][..]),
        ("status", &[("to", "carol"), ("show", "typing")]),
        ("join", &[("id", "1")]),
        ("leave", &[("id", "1")]),
        ("block", &[("id", "carol")]),
        ("unblock", &[("id", "carol")]),
        ("setting", &[("data", "{}")]),
        ("clear_history", &[("type", "unicast"), ("id", "bob")]),
        ("online", &[]),
    ] {
        // Tokens are regained while a slow machine sends.
        let mut answers = (0..1_000).map(|_| at_alice.post(endpoint, params)).enumerate();
        let refused = answers.find(|(_, answer)| answer.status != 200);
        let (count, refused) = refused.unwrap_or_else(|| panic!("{endpoint} is never refused"));
        assert!(count >= ACTS_AT_ONCE as usize - 1, "{endpoint}: {count}");
        assert_eq!((refused.refusal().0, refused.header("retry-after")), (429, "5"), "{endpoint}");
        assert_eq!(
            at_bob.post(endpoint, params).status,
            200,
            "{endpoint}: other users are not limited by that"
        );
    }
}
