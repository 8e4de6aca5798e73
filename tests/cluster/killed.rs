//! A node that is killed.
//!
//! Owns: what the others lose, which is nothing, and what becomes of the users it had. Must not: end a broker.

use std::collections::BTreeSet;

use crate::support::{Page, Sent, Town, Traffic, settle, within};

const USERS: usize = 30;
const DEAD: usize = 2;

/// Users at all nodes, all buddies of each other.
fn crowd(town: &Town) -> Vec<Page> {
    let names: Vec<String> = (0..USERS).map(|number| format!("user{number:02}")).collect();
    let buddies = names.join(",");
    let site = town.site();
    names.iter().map(|name| site.online(name, &[("buddies", &buddies)])).collect()
}

/// Whether a page that saw a user come has seen at most one flicker of that user since.
fn is_calm(moves: &[String]) -> bool {
    let offline = moves.iter().filter(|kind| *kind == "offline").count();
    offline == 0 || (offline == 1 && moves.last().is_some_and(|kind| kind == "online"))
}

#[test]
fn the_others_lose_nothing_and_its_users_come_back_elsewhere() {
    let mut town = Town::with(3, |setup| setup.cut_ms(8_000));
    let site = town.site();
    let mut pages = crowd(&town);
    let lost: BTreeSet<String> =
        pages.iter().filter(|page| town.number_of(page) == DEAD).map(|page| page.name.clone()).collect();
    assert!((1..USERS).contains(&lost.len()), "users are at all nodes: {lost:?}");
    let node = &mut town.nodes[DEAD];
    let sent = Traffic::around(&site, &[0, 1], &mut pages, |traffic| {
        traffic.reaches(all(USERS).iter().map(String::as_str));
        node.kill();
        traffic.mark();
        traffic.reaches(all(USERS).iter().map(String::as_str));
    });
    let refused: Vec<&Sent> = sent
        .iter()
        .filter(|sent| !lost.contains(&sent.to) && !lost.contains(&sent.from) && sent.count != 1)
        .collect();
    assert!(refused.is_empty(), "messages of survivors to survivors all arrive: {refused:?}");
    // What the dead node had counted went with it.
    let sent: Vec<Sent> =
        sent.into_iter().filter(|sent| !lost.contains(&sent.to) || sent.phase > 0).collect();
    settle(&mut pages, &sent, None);
    town.whole();
    within("nobody is looked for any more", || {
        let nodes = town.nodes.iter().filter(|node| node.runs());
        nodes.map(|node| node.figure("lost")).all(|lost| lost == 0).then_some(())
    });
    fence(&town, &mut pages);
    for page in &pages {
        assert_eq!(page.starts, if lost.contains(&page.name) { page.starts.max(2) } else { 1 });
        for name in all(USERS).iter().filter(|name| **name != page.name) {
            let moves = page.heard.moves_of(name);
            if lost.contains(&page.name) || lost.contains(name) {
                assert!(is_calm(&moves) || page.starts > 1, "{} saw {name}: {moves:?}", page.name);
            } else {
                assert!(moves.len() <= 1, "{} saw {name}: {moves:?}", page.name);
            }
        }
    }
    town.nodes[DEAD].start();
    town.whole();
}

fn all(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("user{number:02}")).collect()
}

/// What comes before a message that is sent last is all there was.
fn fence(town: &Town, pages: &mut [Page]) {
    let site = town.site();
    for page in pages.iter_mut() {
        let name = page.name.clone();
        assert_eq!(site.at(1).push(&name, "fence"), 1, "{name}");
        page.until("the fence", |heard| heard.has("fence"));
    }
}

#[test]
fn users_who_do_not_come_back_are_shown_as_offline_once() {
    let mut town = Town::with(3, |setup| setup.cluster("offline_grace_ms = 2000"));
    let mut pages = crowd(&town);
    let lost: BTreeSet<String> =
        pages.iter().filter(|page| town.number_of(page) == DEAD).map(|page| page.name.clone()).collect();
    town.nodes[DEAD].kill();
    pages.retain(|page| !lost.contains(&page.name));
    for page in &mut pages {
        page.until("all who are lost are offline", |heard| {
            lost.iter().all(|name| heard.moves_of(name).ends_with(&["offline".to_owned()]))
        });
    }
    town.whole();
    fence(&town, &mut pages);
    let site = town.site();
    for page in &pages {
        for name in &lost {
            let moves = page.heard.moves_of(name);
            let offline = moves.iter().filter(|kind| *kind == "offline").count();
            assert_eq!(offline, 1, "{} saw {name}: {moves:?}", page.name);
        }
    }
    let lost: Vec<&str> = lost.iter().map(String::as_str).collect();
    for number in [0, 1] {
        assert!(site.at(number).onlines(&lost).is_empty());
        assert_eq!(site.at(number).push(lost[0], "to nobody"), 0);
    }
}
