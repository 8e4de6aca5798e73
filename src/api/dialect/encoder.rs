//! The encoder of a dialect.
//!
//! Owns: [`Dialect`], the list of calls whose answers differ between versions, with those in which all versions but 5
//! agree. Must not: import a dialect.

use serde::Serialize;

use crate::api::parts::{self, member};
use crate::api::reply::Reply;
use crate::base::{digits, json};
use crate::router::call::{JoinedRoom, MemberList, Started};
use crate::router::profile::Profile;

/// Writes the answers that differ between versions.
pub(in crate::api) trait Dialect {
    /// Answers `/presences/online`. The paths for browsers are below `base_url`.
    fn online(&self, reply: Reply<'_>, session: &Started, base_url: &str);

    /// Whether pages come back whose session ends with `renew`.
    fn renews(&self) -> bool;

    /// Answers `/onlines`, if the call asks for no other format: the users that are online.
    fn onlines(&self, reply: Reply<'_>, users: &[Profile]);

    /// Answers a call that has no data to give: `ok`
    fn done(&self, reply: Reply<'_>) {
        reply.ok();
    }

    /// Answers `/room/members`: `{room:[{"id","nick"},…]}`
    fn members(&self, reply: Reply<'_>, list: &MemberList) {
        reply.json(|out| {
            out.push(b'{');
            member(out, &list.room);
            parts::list(out, &list.members, |out, user| {
                json::write(out, &ListedMember { id: user.name(), nick: user.nick() });
            });
            out.push(b'}');
        });
    }

    /// Answers `/room/join`: `{room:members}`
    fn joined(&self, reply: Reply<'_>, joined: &JoinedRoom) {
        reply.json(|out| {
            out.push(b'{');
            member(out, &joined.room);
            digits::append(out, joined.members.into());
            out.push(b'}');
        });
    }
}

#[derive(Serialize)]
struct ListedMember<'a> {
    id: &'a str,
    nick: &'a str,
}
