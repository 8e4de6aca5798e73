//! Presence: of many clients one word for the site, and of the site's words one for clients.
//!
//! Owns: these maps. Must not: send anything.

use xmpp_parsers::presence::{Presence, Show, Type};

use super::calls::Buddy;
use crate::xml::clean;

/// The presence of one client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Resource {
    pub(crate) show: &'static str,
    pub(crate) status: String,
    pub(crate) priority: i8,
    /// Grows with each presence of any client.
    pub(crate) order: u64,
    /// The number of the client's connection.
    pub(crate) connection: u64,
}

impl Resource {
    pub(crate) fn of(presence: &Presence, order: u64, connection: u64) -> Resource {
        let show = match presence.show {
            None => "available",
            Some(Show::Away | Show::Xa) => "away",
            Some(Show::Dnd) => "dnd",
            Some(Show::Chat) => "chat",
        };
        let status = presence.statuses.values().next().cloned().unwrap_or_default();
        Resource { show, status, priority: presence.priority.0, order, connection }
    }
}

/// The show and status of a member: those of the client with the highest priority that is not negative, the newest on a
/// tie.
pub(crate) fn best<'a>(resources: impl Iterator<Item = &'a Resource>) -> Option<(&'static str, &'a str)> {
    resources
        .filter(|resource| resource.priority >= 0)
        .max_by_key(|resource| (resource.priority, resource.order))
        .map(|resource| (resource.show, resource.status.as_str()))
}

/// Whether users with this show look offline.
pub(crate) fn is_offline(show: &str) -> bool {
    matches!(show, "" | "invisible" | "unavailable" | "offline")
}

/// The presence of a user without its addresses.
pub(crate) fn presence_of(buddy: &Buddy) -> Presence {
    if is_offline(&buddy.show) {
        return Presence::new(Type::Unavailable);
    }
    let mut presence = Presence::available();
    presence.show = match &*buddy.show {
        "away" => Some(Show::Away),
        "dnd" | "busy" => Some(Show::Dnd),
        "chat" => Some(Show::Chat),
        _ => None,
    };
    if !buddy.status.is_empty() {
        presence.set_status("", clean(&buddy.status));
    }
    presence
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_priority_speaks_and_the_newest_of_equals() {
        let resource = |show, priority, order| Resource {
            show,
            status: format!("{order}"),
            priority,
            order,
            connection: 0,
        };
        let of =
            |resources: &[Resource]| best(resources.iter()).map(|(show, status)| (show, status.to_owned()));
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[resource("dnd", -1, 1)]), None, "a negative one speaks for nobody");
        let away = || resource("away", 0, 2);
        assert_eq!(of(&[away(), resource("available", 5, 1)]), Some(("available", "1".to_owned())));
        assert_eq!(of(&[away(), resource("dnd", 0, 3)]), Some(("dnd", "3".to_owned())));
    }

    #[test]
    fn words_become_one_another() {
        for (show, expected) in [
            ("available", Some(None)),
            ("away", Some(Some(Show::Away))),
            ("dnd", Some(Some(Show::Dnd))),
            ("busy", Some(Some(Show::Dnd))),
            ("chat", Some(Some(Show::Chat))),
            ("dancing", Some(None)),
            ("invisible", None),
            ("unavailable", None),
        ] {
            let buddy = Buddy {
                name: String::new(),
                nick: String::new(),
                group: String::new(),
                show: show.to_owned(),
                status: "\u{1}x".to_owned(),
            };
            let presence = presence_of(&buddy);
            let seen = (presence.type_ == Type::None).then_some(presence.show);
            assert_eq!(seen, expected, "{show}");
        }
        for (show, word) in [(None, "available"), (Some(Show::Xa), "away"), (Some(Show::Chat), "chat")] {
            let mut presence = Presence::available();
            presence.show = show;
            assert_eq!(Resource::of(&presence, 0, 0).show, word);
        }
    }
}
