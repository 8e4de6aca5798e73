//! The dialect of the white papers, for calls that name no version.
//!
//! Owns: the answers that front ends of the papers' time read. Must not: import another dialect.

use super::encoder::Dialect;
use crate::api::parts::{self, member, object, separated};
use crate::api::reply::Reply;
use crate::base::{digits, json};
use crate::router::call::Started;
use crate::router::profile::Profile;

pub(super) struct Papers;

impl Dialect for Papers {
    /// `{"ticket":T,"buddies":{name:show,…},"roominfo":{room:members,…},"clientnum":N}`
    fn online(&self, reply: Reply<'_>, session: &Started, _: &str) {
        let skipped = reply.skipped();
        reply.json(|out| {
            out.extend_from_slice(b"{\"ticket\":");
            json::write_text(out, &session.ticket.text());
            out.extend_from_slice(b",\"buddies\":");
            parts::shows(out, &session.buddies);
            out.extend_from_slice(b",\"roominfo\":");
            object(out, &session.rooms, |out, (room, members)| {
                member(out, room);
                digits::append(out, (*members).into());
            });
            parts::end_of_session(out, session, skipped);
        });
    }

    fn renews(&self) -> bool {
        false
    }

    /// `name,name,…`
    fn onlines(&self, reply: Reply<'_>, users: &[Profile]) {
        reply.text(|out| {
            separated(out, users, |out, user| out.extend_from_slice(user.name().as_bytes()));
        });
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::api::shape::Shape;
    use crate::api::testing::{check_json, check_text, online, session, ticket, users};

    #[test]
    fn a_session_has_its_buddies_and_rooms_by_name() {
        let expected = json!({"ticket": ticket(), "buddies": {"al": "away", "\"b": "chat"},
            "roominfo": {"r1": 3, "r2": 0}, "clientnum": 2});
        check_json(&session(false, false), &Shape::default(), &expected);
    }

    #[test]
    fn online_users_are_names_with_commas_between() {
        check_text(&online(users()), &Shape::default(), "al,\"b");
        check_text(&online(vec![]), &Shape::default(), "");
    }
}
