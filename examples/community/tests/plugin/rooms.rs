//! Rooms, which are open to their members only.

use nextim_community::store::groups;
use nextim_testkit::patience::eventually;

use crate::common::TestSite;

#[test]
fn membership_takes_effect_at_once() {
    let site = TestSite::start();
    let (alice, dave) = (site.log_in("alice"), site.log_in("dave"));
    let (at_alice, mut at_dave) = (alice.online(&[]), dave.online(&[]));
    let (inner, say) = (site.community.site(), |body| {
        at_alice.done("message", &[("type", "multicast"), ("to", "1"), ("body", body)]);
    });
    inner.store.write(|db| groups::join(db, 1, "dave")).unwrap();
    inner.webim.enter("dave", "Dave", "1");
    say("welcome");
    assert_eq!(at_dave.next("messages", |_| true)["body"], "welcome");
    inner.store.write(|db| groups::leave(db, 1, "dave")).unwrap();
    inner.webim.expel("dave", "Dave", "1");
    say("gone?");
    assert!(at_dave.messages().is_empty());
    inner.webim.enter("meiling", "美玲", "1");
    let count = eventually("counted", || alice.read("rooms", &[("ids", "1")])[0]["count"].as_i64());
    assert_eq!(count, 1, "a user who is offline does not come online by that");
}
