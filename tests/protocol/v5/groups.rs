//! Who of a room comes and goes, as pages of 5.8 are shown it.
//!
//! Owns: `grponline`, `grpoffline`, `join` and `leave`. Must not: test chats; `pages` does.

use super::page::Page;
use crate::support::{Setup, Site, each_site};

/// The presence of a member of the room.
fn group(kind: &str, from: &str, show: &str) -> String {
    format!(r#"{{"type":"{kind}","to":"r1","from":"{from}","nick":"{from}","show":"{show}","status":"r1"}}"#)
}

/// The members of the room, as a page reads them.
#[track_caller]
fn members(site: &Site) -> Vec<String> {
    let json = site.get("/v5/rooms/r1/members", &[("room", "r1")]).json();
    json.as_object().expect("an object").keys().cloned().collect()
}

#[test]
fn a_page_is_shown_who_of_its_rooms_comes_and_goes() {
    each_site(|site| {
        let mut al = Page::open(site, "al", &[("rooms", "r1")]);
        let mut bo = Page::open(site, "bo", &[("rooms", "r1"), ("show", "away")]);
        al.until(&group("grponline", "bo", "away"));
        assert_eq!(members(site), ["al", "bo"]);
        assert!(!bo.everything().contains("grp"), "nobody is shown itself");

        bo.does("/v5/presences/show", &[("show", "invisible")]);
        let heard = al.everything();
        assert!(heard.contains(&group("grpoffline", "bo", "unavailable")), "{heard}");
        assert_eq!(members(site), ["al"]);
        bo.does("/v5/presences/show", &[("show", "available")]);
        al.until(&group("grponline", "bo", "available"));
        bo.does("/v5/presences/show", &[("show", "dnd")]);
        assert!(!al.everything().contains("grp"), "others see no coming in a change of show");

        bo.does("/v5/rooms/r1/leave", &[("nick", "bo")]);
        al.until(&group("leave", "bo", "dnd"));
        assert_eq!(members(site), ["al"]);
        bo.does("/v5/rooms/r1/join", &[("nick", "bo")]);
        al.until(&group("join", "bo", "dnd"));
        assert!(!bo.everything().contains("\"join\""), "its cause is not shown it");

        site.offline("bo");
        let heard = al.everything();
        assert!(heard.contains(&group("grpoffline", "bo", "unavailable")), "{heard}");
        assert_eq!(members(site), ["al"]);
    });
}

#[test]
fn a_page_that_is_closed_goes_when_the_linger_is_over() {
    Setup::calm().timeout("linger_ms", 1_000).each_at_once(|site| {
        let mut al = Page::open(site, "al", &[("rooms", "r1")]);
        let bo = Page::open(site, "bo", &[("rooms", "r1")]);
        al.until("grponline");
        // The page changes: nobody is shown that.
        bo.does("/v5/presences/offline", &[]);
        let bo = Page::open(site, "bo", &[("rooms", "r1")]);
        assert!(!al.everything().contains("grp"));
        bo.does("/v5/presences/offline", &[]);
        al.until(&group("grpoffline", "bo", "unavailable"));
    });
}

#[test]
fn whoever_comes_invisible_is_shown_to_nobody() {
    each_site(|site| {
        let mut al = Page::open(site, "al", &[("rooms", "r1")]);
        let bo = Page::open(site, "bo", &[("rooms", "r1"), ("show", "invisible")]);
        bo.does("/v5/rooms/r1/leave", &[]);
        bo.does("/v5/rooms/r1/join", &[]);
        site.offline("bo");
        let heard = al.everything();
        assert!(!heard.contains("\"bo\""), "{heard}");
        // Those who are invisible themselves are shown nothing of rooms, either.
        al.does("/v5/presences/show", &[("show", "invisible")]);
        Page::open(site, "cy", &[("rooms", "r1")]);
        assert!(!al.everything().contains("grp"));
    });
}

#[test]
fn only_pages_of_version_5_are_shown_it_whatever_the_member_uses() {
    each_site(|site| {
        let mut six = site.online("six", &[("rooms", "r1")]);
        let mut al = Page::open(site, "al", &[("rooms", "r1")]);
        site.start("old", &[("rooms", "r1")]);
        al.until(&group("grponline", "old", "available"));
        site.offline("old");
        al.until(&group("grpoffline", "old", "unavailable"));
        assert!(six.everything().is_silent());
        // A user whose first page is of another version begins to watch with the first one of version 5.
        let mut late = Page::open(site, "six", &[]);
        Page::open(site, "bo", &[("rooms", "r1")]);
        late.until(&group("grponline", "bo", "available"));
        assert!(six.everything().is_silent());
    });
}

#[test]
fn of_a_member_and_a_room_the_newest_waits() {
    each_site(|site| {
        let mut al = Page::open(&site.by_polls(), "al", &[("rooms", "r1,r2")]);
        let bo = Page::open(site, "bo", &[("rooms", "r1,r2")]);
        for show in ["invisible", "chat", "invisible", "away"] {
            bo.does("/v5/presences/show", &[("show", show)]);
        }
        let heard = al.everything();
        assert!(heard.contains(&group("grponline", "bo", "away")), "{heard}");
        assert!(heard.contains(&group("grponline", "bo", "away").replace("r1", "r2")), "{heard}");
        assert_eq!(heard.matches("grp").count(), 2, "{heard}");
    });
}

#[test]
fn rooms_of_more_than_200_members_are_too_large() {
    each_site(|site| {
        let mut al = Page::open(site, "al", &[("rooms", "r1")]);
        for number in 1..200 {
            site.start(&format!("u{number}"), &[("rooms", "r1")]);
        }
        al.until(&group("grponline", "u199", "available")); // 200 are few enough
        al.everything();
        Page::open(site, "one too many", &[("rooms", "r1")]);
        assert!(!al.everything().contains("grp"));
        site.offline("one too many");
        al.until(&group("grpoffline", "one too many", "unavailable"));
    });
}
