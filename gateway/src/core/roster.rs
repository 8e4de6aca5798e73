//! The contact list of a member at the XMPP server: the site's list is the truth.
//!
//! Owns: what differs between the two. Must not: touch contacts of other domains.

use std::collections::BTreeMap;

use xmpp_parsers::iq::Iq;
use xmpp_parsers::jid::{BareJid, Jid};
use xmpp_parsers::minidom::Element;
use xmpp_parsers::roster::{Ask, Group, Item, Roster, Subscription};

use super::calls::Buddy;
use crate::names::Domains;
use crate::xml::clean;

/// The question for a member's list.
pub(crate) fn question(domains: &Domains, me: &BareJid, id: String) -> Iq {
    let empty = Roster { ver: None, items: Vec::new() };
    Iq::from_get(id, empty).with_from(domains.users_host()).with_to(Jid::from(me.clone()))
}

/// The list in the answer.
pub(crate) fn items(answer: Option<Element>) -> Vec<Item> {
    let roster = answer.and_then(|element| Roster::try_from(element).ok());
    roster.map(|roster| roster.items).unwrap_or_default()
}

/// What to set so that a list is as the site says.
pub(crate) fn changes<'a>(
    domains: &Domains,
    list: &[Item],
    buddies: impl Iterator<Item = &'a Buddy>,
) -> Vec<Item> {
    let mut found: BTreeMap<&str, &Item> = list
        .iter()
        .filter(|item| item.jid.domain() == &*domains.users)
        .map(|item| (item.jid.as_str(), item))
        .collect();
    let mut changes = Vec::new();
    for buddy in buddies {
        let Some(item) = wanted(domains, buddy) else { continue };
        match found.remove(item.jid.as_str()) {
            Some(there) if is_same(there, &item) => {}
            Some(_) | None => changes.push(item),
        }
    }
    changes.extend(
        found.into_values().map(|item| Item { subscription: Subscription::Remove, ..bare(item.jid.clone()) }),
    );
    changes
}

/// How a buddy is to stand in a list.
pub(crate) fn wanted(domains: &Domains, buddy: &Buddy) -> Option<Item> {
    let jid = domains.user(&buddy.name)?;
    let name = Some(clean(&buddy.nick)).filter(|nick| !nick.is_empty());
    let groups = Some(clean(&buddy.group)).filter(|group| !group.is_empty());
    Some(Item {
        name,
        subscription: Subscription::Both,
        groups: groups.map(Group).into_iter().collect(),
        ..bare(jid)
    })
}

fn bare(jid: BareJid) -> Item {
    Item {
        jid,
        name: None,
        subscription: Subscription::None,
        ask: Ask::None,
        groups: Vec::new(),
        approved: None,
    }
}

fn is_same(one: &Item, other: &Item) -> bool {
    one.name == other.name && one.subscription == other.subscription && one.groups == other.groups
}

/// The setting of one contact; a server takes one at a time.
pub(crate) fn set(domains: &Domains, me: &BareJid, id: String, item: Item) -> Iq {
    let roster = Roster { ver: None, items: vec![item] };
    Iq::from_set(id, roster).with_from(domains.users_host()).with_to(Jid::from(me.clone()))
}

#[cfg(test)]
mod tests {
    use xmpp_parsers::jid::DomainPart;

    use super::*;

    #[test]
    fn only_what_differs_is_set_and_other_domains_are_left_alone() {
        let part = |name: &str| DomainPart::new(name).unwrap().into_owned();
        let domains = Domains {
            login: part("login.example"),
            users: part("im.example"),
            rooms: part("rooms.im.example"),
        };
        let buddy = |name: &str, nick: &str| Buddy {
            name: name.to_owned(),
            nick: nick.to_owned(),
            group: "friend".to_owned(),
            show: String::new(),
            status: String::new(),
        };
        let buddies =
            [buddy("same", "Same"), buddy("renamed", "New\u{1}"), buddy("new", "N"), buddy("", "bad")];
        let item = |name: &str, nick: &str| wanted(&domains, &buddy(name, nick)).unwrap();
        let mut foreign = item("x", "X");
        foreign.jid = BareJid::new("friend@elsewhere.example").unwrap();
        let mut pending = item("new", "N");
        pending.subscription = Subscription::None;
        let list = [item("same", "Same"), item("renamed", "Old"), item("gone", "Gone"), foreign, pending];
        let set: Vec<_> = changes(&domains, &list, buddies.iter())
            .into_iter()
            .map(|item| (item.jid.to_string(), item.name, item.subscription))
            .collect();
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            set,
            [
                ("renamed@im.example".to_owned(), some("New"), Subscription::Both),
                ("new@im.example".to_owned(), some("N"), Subscription::Both),
                ("gone@im.example".to_owned(), None, Subscription::Remove),
            ]
        );
    }
}
