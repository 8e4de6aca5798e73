//! The end of a log-in, and the pages that go offline with it.

use nextim_community::limits::TICKETS_MAX;
use nextim_community::secret;
use nextim_community::store::tickets;
use nextim_community::webim::server::By;

use crate::common::{Browser, Page, TestSite};

pub(crate) fn post(browser: &Browser<'_>, path: &str, body: &str) -> u16 {
    browser.ask("POST", path, &[("origin", &browser.origin())], body).status
}

/// Whether a page's session goes on.
pub(crate) fn is_there(page: &mut Page<'_, '_>) -> bool {
    let (status, said) = page.poll();
    assert!(status == 404 || said["status"] == "ok" || said["reason"] == "offline", "{status} {said}");
    status == 200 && said["status"] == "ok"
}

#[test]
fn a_log_out_ends_a_log_in_by_the_bars_own_form() {
    let site = TestSite::start();
    let (mut form, phone) = (site.browser(), site.log_in("bob"));
    let mut at_phone = phone.online(&[]);
    let answer = form.post("online", &[("username", "bob"), ("password", "nextim")]);
    answer.header("set-cookie").split(';').next().unwrap().clone_into(&mut form.cookie);
    let ticket = answer.json()["connection"]["ticket"].as_str().unwrap().to_owned();
    assert_eq!(form.post("presence", &[("ticket", &ticket), ("show", "away")]).status, 200);
    assert_eq!(post(&form, "/logout", ""), 303);
    let poll = site.community.site().webim.im.offline(By::Ticket(&ticket));
    assert!(poll.is_err(), "its session has ended: {poll:?}");
    assert!(is_there(&mut at_phone));
}

#[test]
fn a_log_in_as_another_user_ends_the_pages_of_the_former() {
    let site = TestSite::start();
    let (browser, elsewhere) = (site.log_in("alice"), site.log_in("alice"));
    let (mut page, mut other) = (browser.online(&[]), elsewhere.online(&[]));
    assert_eq!(post(&browser, "/login", "id=bob&password=nextim"), 303);
    assert!(!is_there(&mut page) && is_there(&mut other));
}

#[test]
fn the_ticket_of_a_page_that_went_offline_is_removed() {
    let site = TestSite::start();
    let alice = site.log_in("alice");
    for endpoint in ["refresh", "offline"] {
        let page = alice.online(&[]);
        let hash = secret::hash(&page.ticket);
        let owner = || site.community.site().store.read(|db| tickets::owner(db, &hash)).unwrap();
        assert_eq!(owner().as_deref(), Some("alice"));
        assert_eq!(page.done(endpoint, &[]), "ok");
        assert_eq!(owner(), None, "{endpoint}");
        page.done("message", &[("to", "bob"), ("body", "was on its way")]);
    }
    assert_eq!(site.waiting("bob").len(), 2);
}

#[test]
fn many_pages_of_a_log_in_end_its_own_oldest_page_only() {
    let site = TestSite::start();
    let (here, phone) = (site.log_in("alice"), site.log_in("alice"));
    let mut idle = phone.online(&[]);
    let mut oldest = here.online(&[]);
    for number in 1..=TICKETS_MAX {
        // At its limit, the message server ends the session that has not polled for longest.
        if number % 8 == 0 {
            assert!(is_there(&mut idle) && is_there(&mut oldest), "{number}");
        }
        here.online(&[]);
        site.community.site().webim.acts.give_back("online alice");
    }
    assert!(!is_there(&mut oldest), "its ticket is removed, so its session ends");
    assert!(is_there(&mut idle));
    idle.done("presence", &[("show", "away")]);
}
