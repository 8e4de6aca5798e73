//! Lists of users and rooms, in which versions 3 and 6 agree, and the first clients of version 5.
//!
//! Owns: their entries, and the answer with a session that holds them. Must not: import a version.

use serde::Serialize;

use crate::api::parts::{self, list};
use crate::api::reply::Reply;
use crate::base::json;
use crate::router::call::Started;
use crate::router::profile::Profile;

#[derive(Serialize)]
struct ListedUser<'a> {
    name: &'a str,
    nick: &'a str,
    show: &'a str,
    status: &'a str,
}

#[derive(Serialize)]
struct ListedRoom<'a> {
    name: &'a str,
    total: u32,
}

pub(super) fn online(reply: Reply<'_>, session: &Started, base_url: &str) {
    let skipped = reply.skipped();
    reply.json(|out| {
        out.extend_from_slice(b"{\"ticket\":");
        json::write_text(out, &session.ticket.text());
        out.extend_from_slice(b",\"rooms\":");
        rooms(out, &session.rooms);
        out.extend_from_slice(b",\"buddies\":");
        users(out, &session.buddies);
        out.extend_from_slice(b",\"server\":");
        json::write(out, &format_args!("{base_url}/packets"));
        parts::end_of_session(out, session, skipped);
    });
}

pub(super) fn rooms(out: &mut Vec<u8>, rooms: &[(Box<str>, u32)]) {
    list(out, rooms, |out, (name, total)| json::write(out, &ListedRoom { name, total: *total }));
}

pub(super) fn users(out: &mut Vec<u8>, users: &[Profile]) {
    list(out, users, |out, user| {
        let entry =
            ListedUser { name: user.name(), nick: user.nick(), show: user.show(), status: user.status() };
        json::write(out, &entry);
    });
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::api::shape::Shape;
    use crate::api::testing::{BASE_URL, check_json, online, session, ticket, users};
    use crate::router::call::Version;

    fn list_shapes() -> [Shape; 2] {
        [Version::V3, Version::V6].map(|version| Shape { version, ..Shape::default() })
    }

    #[test]
    fn a_session_has_lists_of_buddies_and_rooms() {
        let mut expected = json!({"ticket": ticket(), "server": format!("{BASE_URL}/packets"), "clientnum": 2,
            "rooms": [{"name": "r1", "total": 3}, {"name": "r2", "total": 0}],
            "buddies": [{"name": "al", "nick": "A<l", "show": "away", "status": "out"},
                        {"name": "\"b", "nick": "", "show": "chat", "status": ""}]});
        for shape in &list_shapes() {
            check_json(&session(false, false), shape, &expected);
        }
        expected["partial"] = true.into();
        expected["truncated"] = true.into();
        for shape in &list_shapes() {
            check_json(&session(true, true), shape, &expected);
        }
    }

    #[test]
    fn online_users_are_a_list() {
        let expected = json!([{"name": "al", "nick": "A<l", "show": "away", "status": "out"},
                              {"name": "\"b", "nick": "", "show": "chat", "status": ""}]);
        for shape in &list_shapes() {
            check_json(&online(users()), shape, &expected);
            check_json(&online(vec![]), shape, &json!([]));
        }
    }
}
