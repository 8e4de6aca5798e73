//! One request to a page, and the user who is logged in.
//!
//! Owns: which user that is, by the session cookie. Must not: read the user from a parameter.

use crate::http::{Refusal, Request};
use crate::session;
use crate::site::Site;
use crate::store::accounts::User;

/// A request to a page.
#[derive(Clone, Debug)]
pub(crate) struct Visit<'a> {
    pub(crate) request: &'a Request,
    pub(crate) user: Option<User>,
}

impl<'a> Visit<'a> {
    pub(crate) fn of(site: &Site, request: &'a Request) -> Result<Visit<'a>, Refusal> {
        Ok(Visit { request, user: session::user(site, request)? })
    }

    /// A request that was refused before the session was looked up.
    pub(crate) fn anonymous(request: &'a Request) -> Visit<'a> {
        Visit { request, user: None }
    }

    /// A parameter as it was sent, or an empty text.
    pub(crate) fn param(&self, name: &str) -> &'a str {
        self.request.params.get(name)
    }

    /// The part of the path that the route calls `name`.
    pub(crate) fn part(&self, name: &str) -> &'a str {
        self.request.part(name)
    }

    /// The user who is logged in; a refusal if nobody is.
    pub(crate) fn user(&self) -> Result<&User, Refusal> {
        self.user.as_ref().ok_or_else(Refusal::log_in_first)
    }

    /// The administrator who is logged in; a refusal to all others.
    pub(crate) fn admin(&self) -> Result<&User, Refusal> {
        let user = self.user()?;
        if user.is_admin { Ok(user) } else { Err(Refusal::forbidden("Only an administrator may do this.")) }
    }
}
