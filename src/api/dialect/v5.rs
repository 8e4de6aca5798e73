//! Version 5: the clients of 2013 to 2016, on the paths below `/v5/`.
//!
//! Owns: the answers that these clients read: JSON without exception, and an object wherever something has names. Must
//! not: import another version.

use super::encoder::Dialect;
use super::lists;
use crate::api::parts::{self, member};
use crate::api::reply::Reply;
use crate::base::json;
use crate::router::call::{JoinedRoom, MemberList, Started};
use crate::router::profile::Profile;

/// What most of these clients read.
pub(super) struct V5;
/// What the first ones read, which sent `version=5`: lists, too.
pub(super) struct V50;

impl Dialect for V5 {
    /// `{"success":true,"ticket":T,"server":URL,"jsonpd":URL,"websocket":URL,"presences":{name:show,…},"clientnum":N}`
    fn online(&self, reply: Reply<'_>, session: &Started, base_url: &str) {
        started(reply, session, base_url, |_| {});
    }

    fn renews(&self) -> bool {
        false
    }

    /// `{name:show,…}`
    fn onlines(&self, reply: Reply<'_>, users: &[Profile]) {
        shows(reply, users);
    }

    fn done(&self, reply: Reply<'_>) {
        done(reply);
    }

    /// `{name:show,…}`
    fn members(&self, reply: Reply<'_>, list: &MemberList) {
        shows(reply, &list.members);
    }

    fn joined(&self, reply: Reply<'_>, _: &JoinedRoom) {
        done(reply);
    }
}

impl Dialect for V50 {
    /// The same with `"buddies":[{"name","nick","show","status"},…],"groups":[{"name","total"},…]`, and `"rooms"` like
    /// `"groups"`.
    fn online(&self, reply: Reply<'_>, session: &Started, base_url: &str) {
        started(reply, session, base_url, |out| {
            out.extend_from_slice(b",\"buddies\":");
            lists::users(out, &session.buddies);
            for name in ["groups", "rooms"] {
                out.push(b',');
                member(out, name);
                lists::rooms(out, &session.rooms);
            }
        });
    }

    fn renews(&self) -> bool {
        false
    }

    /// `{name:show,…}`
    fn onlines(&self, reply: Reply<'_>, users: &[Profile]) {
        shows(reply, users);
    }

    fn done(&self, reply: Reply<'_>) {
        done(reply);
    }
}

/// `{"status":"ok"}`
fn done(reply: Reply<'_>) {
    reply.json(|out| out.extend_from_slice(b"{\"status\":\"ok\"}"));
}

fn shows(reply: Reply<'_>, users: &[Profile]) {
    reply.json(|out| parts::shows(out, users));
}

/// An answer with a session, in which `more` stands before what ends all of them.
fn started(reply: Reply<'_>, session: &Started, base_url: &str, more: impl FnOnce(&mut Vec<u8>)) {
    let skipped = reply.skipped();
    reply.json(|out| {
        out.extend_from_slice(b"{\"success\":true,\"ticket\":");
        json::write_text(out, &session.ticket.text());
        for name in ["server", "jsonpd"] {
            out.push(b',');
            member(out, name);
            json::write(out, &format_args!("{base_url}/v5/packets"));
        }
        if let Some(rest) = base_url.strip_prefix("http") {
            // `ws` for `http`, and `wss` for `https`.
            out.extend_from_slice(b",\"websocket\":");
            json::write(out, &format_args!("ws{rest}/v5/wsocket"));
        }
        out.extend_from_slice(b",\"presences\":");
        parts::shows(out, &session.buddies);
        more(out);
        parts::end_of_session(out, session, skipped);
    });
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::api::shape::Shape;
    use crate::api::testing::{BASE_URL, check_json, online, session, ticket, users};
    use crate::router::call::{Answer, JoinedRoom, MemberList, Receivers, Version};

    fn shapes() -> [Shape; 2] {
        [Version::V5, Version::V50].map(|version| Shape { version, ..Shape::default() })
    }

    #[test]
    fn a_session_has_its_buddies_by_name_and_its_poll_twice() {
        let poll = format!("{BASE_URL}/v5/packets");
        let [v5, v50] = shapes();
        let mut expected = json!({"success": true, "ticket": ticket(), "server": poll, "jsonpd": poll,
            "websocket": "ws://im.example/v5/wsocket",
            "presences": {"al": "away", "\"b": "chat"}, "clientnum": 2});
        check_json(&session(false, false), &v5, &expected);
        let rooms = json!([{"name": "r1", "total": 3}, {"name": "r2", "total": 0}]);
        expected["buddies"] = json!([{"name": "al", "nick": "A<l", "show": "away", "status": "out"},
                                     {"name": "\"b", "nick": "", "show": "chat", "status": ""}]);
        expected["groups"] = rooms.clone();
        expected["rooms"] = rooms;
        expected["partial"] = true.into();
        expected["truncated"] = true.into();
        check_json(&session(true, true), &v50, &expected);
    }

    #[test]
    fn every_success_is_an_object() {
        let status = json!({"status": "ok"});
        for shape in &shapes() {
            check_json(&Answer::Done, shape, &status);
            check_json(&Answer::Delivered(Receivers::default()), shape, &status);
            check_json(&online(users()), shape, &json!({"al": "away", "\"b": "chat"}));
            check_json(&online(vec![]), shape, &json!({}));
        }
    }

    #[test]
    fn rooms_are_read_in_two_ways() {
        let members = |members| Answer::Members(MemberList { room: "r\"".into(), members, partial: false });
        let joined = Answer::Joined(JoinedRoom { room: "r\"".into(), members: 2 });
        let [v5, v50] = shapes();
        check_json(&members(users()), &v5, &json!({"al": "away", "\"b": "chat"}));
        check_json(&members(vec![]), &v5, &json!({}));
        check_json(&joined, &v5, &json!({"status": "ok"}));
        let listed = json!({"r\"": [{"id": "al", "nick": "A<l"}, {"id": "\"b", "nick": ""}]});
        check_json(&members(users()), &v50, &listed);
        check_json(&joined, &v50, &json!({"r\"": 2}));
    }
}
