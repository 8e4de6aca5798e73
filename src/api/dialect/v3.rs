//! Version 3, which nearly every plugin in the field names.
//!
//! Owns: the answers that the front ends of these plugins read. Must not: import another dialect.

use super::encoder::Dialect;
use super::lists;
use crate::api::reply::Reply;
use crate::router::call::Started;
use crate::router::profile::Profile;

pub(super) struct V3;

impl Dialect for V3 {
    /// `{"ticket":T,"rooms":[{"name","total"},…],"buddies":[{"name","nick","show","status"},…],"server":URL,
    /// "clientnum":N}`
    fn online(&self, reply: Reply<'_>, session: &Started, base_url: &str) {
        lists::online(reply, session, base_url);
    }

    fn renews(&self) -> bool {
        false
    }

    /// `[{"name","nick","show","status"},…]`
    fn onlines(&self, reply: Reply<'_>, users: &[Profile]) {
        reply.json(|out| lists::users(out, users));
    }
}
