//! Nodes that are all there: one community, whichever node is called.
//!
//! Owns: users, rooms, messages and presences between nodes. Must not: end anything.

use std::collections::BTreeSet;

use crate::support::{Page, Town, within};

const BUDDIES: usize = 500;
const NODES: usize = 3;

#[test]
fn five_hundred_buddies_at_all_nodes_see_a_user_come_and_go() {
    let town = Town::start(NODES);
    let site = town.site();
    let names: Vec<String> = (0..BUDDIES).map(|number| format!("buddy{number}")).collect();
    let all: Vec<&str> = names.iter().map(String::as_str).collect();
    let come = |(number, name): (usize, &&str)| {
        site.at(number).online(name, &[("buddies", "star"), ("rooms", "hall")])
    };
    let mut pages: Vec<Page> = all.iter().enumerate().map(come).collect();
    let homes: BTreeSet<usize> = pages.iter().map(|page| town.number_of(page)).collect();
    assert_eq!(homes.len(), NODES, "names are spread over all nodes");

    let mut sorted = names.clone();
    sorted.sort_unstable();
    let mut star = site.online("star", &[("buddies", &all.join(","))]);
    assert_eq!(star.buddies(), sorted, "the answer lists all who are there");
    for page in &mut pages {
        page.until("the star comes", |heard| heard.moves_of("star") == ["online"]);
    }
    for number in 0..NODES {
        assert_eq!(site.at(number).onlines(&all), sorted);
        assert_eq!(site.at(number).members("hall"), sorted);
    }
    site.at(1).offline("buddy7");
    star.until("a buddy goes", |heard| heard.moves_of("buddy7") == ["offline"]);
    site.at(2).offline("star");
    for page in pages.iter_mut().filter(|page| page.name != "buddy7") {
        page.until("the star goes", |heard| heard.moves_of("star") == ["online", "offline"]);
    }
}

/// A user at each node, called like the node.
fn one_at_each(town: &Town, params: &[(&str, &str)]) -> Vec<Page> {
    let site = town.site();
    let mut found: Vec<Option<Page>> = town.nodes.iter().map(|_| None).collect();
    for number in 0.. {
        let page = site.at(number).online(&format!("user{number}"), params);
        let home = town.number_of(&page);
        match &mut found[home] {
            Some(_) => site.offline(&page.name),
            free => *free = Some(page),
        }
        if found.iter().all(Option::is_some) {
            break;
        }
    }
    found.into_iter().flatten().collect()
}

#[test]
fn a_room_has_members_at_all_nodes_and_all_read_what_is_counted() {
    let town = Town::start(NODES);
    let site = town.site();
    let names: Vec<String> = (0..30).map(|number| format!("user{number:02}")).collect();
    let mut pages: Vec<Page> = names
        .iter()
        .enumerate()
        .map(|(number, name)| site.at(number).online(name, &[("rooms", "lobby")]))
        .collect();
    for number in 0..NODES {
        let site = site.at(number);
        assert_eq!(site.members("lobby"), names);
        let body = format!("to the room by node {number}");
        assert_eq!(site.push_to_room("lobby", &body), 30);
        let to_all = format!("to everybody by node {number}");
        let params = [("from", "site"), ("type", "broadcast"), ("body", &*to_all)];
        assert_eq!(site.post("/messages", &params).delivered(), 30);
        for page in &mut pages {
            page.until(&body, |heard| heard.has(&body) && heard.has(&to_all));
        }
    }
    for page in &pages {
        assert_eq!(page.heard.messages.len(), 2 * NODES, "each once: {:?}", page.heard);
    }
    site.at(1).post("/room/leave", &[("name", "user00"), ("room", "lobby")]).ok();
    site.at(2).post("/room/join", &[("name", "user00"), ("room", "lobby")]).json();
    for page in &mut pages[1..] {
        page.until("a member leaves and comes back", |heard| {
            heard.moves_of("user00").ends_with(&["leave".to_owned(), "join".to_owned()])
        });
    }
}

#[test]
fn typing_states_and_signals_go_from_node_to_node() {
    let town = Town::start(NODES);
    let site = town.site();
    let mut pages = one_at_each(&town, &[("rooms", "lobby")]);
    for from in 0..NODES {
        for to in (0..NODES).filter(|to| *to != from) {
            let (ticket, name) = (pages[from].ticket.clone(), pages[to].name.clone());
            let sender = pages[from].name.clone();
            let site = site.at(from + to);
            site.post("/statuses", &[("ticket", &ticket), ("to", &name), ("show", "typing")]).ok();
            let signal =
                [("ticket", &*ticket), ("to", &name), ("name", "react"), ("data", "{\"key\":\"m\"}")];
            assert_eq!(site.post("/signals", &signal).delivered(), 1);
            pages[to].until("a typing state and a signal", |heard| {
                heard.statuses.iter().any(|status| status["from"] == *sender && status["to"] == *name)
                    && heard.signals.iter().any(|signal| signal["from"] == *sender && signal["to"] == *name)
            });
        }
        let ticket = pages[from].ticket.clone();
        let in_room = [("ticket", &*ticket), ("type", "multicast"), ("to", "lobby"), ("show", "typing")];
        site.at(from).post("/statuses", &in_room).ok();
        let sender = pages[from].name.clone();
        for page in pages.iter_mut().filter(|page| page.name != sender) {
            page.until("typing in the room", |heard| {
                heard.statuses.iter().any(|status| status["from"] == *sender && status["to"] == "lobby")
            });
        }
    }
}

#[test]
fn every_node_gives_the_same_answers() {
    let town = Town::start(NODES);
    let site = town.site();
    let mut pages = one_at_each(&town, &[]);
    let names: Vec<String> = pages.iter().map(|page| page.name.clone()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    for (number, name) in names.iter().enumerate() {
        let site = site.at(number + 1);
        let others: Vec<&str> = names.iter().filter(|other| *other != name).copied().collect();
        let page = site.online(name, &[("buddies", &others.join(","))]);
        assert_eq!(page.answer["clientnum"], 2, "{}", page.answer);
        assert_eq!(page.buddies().len(), 2);
    }
    for number in 0..NODES {
        let site = site.at(number);
        for name in &names {
            assert_eq!(site.push(name, "to both pages"), 2);
            site.post("/presences/show", &[("name", name), ("show", "away")]).ok();
            site.post("/room/join", &[("name", name), ("room", &format!("room{number}"))]).json();
        }
        assert_eq!(site.onlines(&names).len(), NODES);
        let shown = site.get("/onlines", &[("names", &names.join(",")), ("format", "json")]).json();
        assert!(names.iter().all(|name| shown[*name] == "away"), "{shown}");
        assert_eq!(site.members(&format!("room{number}")).len(), NODES);
        let nobody = site.post("/presences/show", &[("name", "nobody"), ("show", "away")]);
        nobody.is(404, "no client found");
        assert_eq!(site.push("nobody", "hello"), 0);
    }
    // Two users who are linked no more, by a node that has neither.
    site.at(2).post("/buddies/remove", &[("name", names[0]), ("buddies", names[1])]).ok();
    pages[0].until("the buddy is gone", |heard| heard.moves_of(names[1]).ends_with(&["offline".to_owned()]));
    pages[1].until("the buddy is gone", |heard| heard.moves_of(names[0]).ends_with(&["offline".to_owned()]));
    for (number, name) in names.iter().enumerate() {
        site.at(number + 2).offline(name);
        within("the user is offline at all nodes", || {
            (0..NODES).all(|number| site.at(number).onlines(&[name]).is_empty()).then_some(())
        });
    }
}
