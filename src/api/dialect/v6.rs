//! Version 6, the dialect of this server.
//!
//! Owns: the answers that the browser module of this server reads. Must not: import another dialect.

use super::encoder::Dialect;
use super::lists;
use crate::api::reply::Reply;
use crate::router::call::Started;
use crate::router::profile::Profile;

pub(super) struct V6;

impl Dialect for V6 {
    /// `{"ticket":T,"rooms":[{"name","total"},…],"buddies":[{"name","nick","show","status"},…],"server":URL,
    /// "clientnum":N}`
    fn online(&self, reply: Reply<'_>, session: &Started, base_url: &str) {
        lists::online(reply, session, base_url);
    }

    fn renews(&self) -> bool {
        true
    }

    /// `[{"name","nick","show","status"},…]`
    fn onlines(&self, reply: Reply<'_>, users: &[Profile]) {
        reply.json(|out| lists::users(out, users));
    }
}
