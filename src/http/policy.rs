//! Policies: the rules of paths for a request that is arriving.
//!
//! Owns: [`Policy`], by which the parser asks for the rules of a path. Must not: name a path; the owner of the paths
//! makes the policy.

use crate::base::limits::Limits;

/// The rules of a path for a request that is arriving.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PathRules {
    /// The longest body.
    pub(crate) body_bytes_max: usize,
    /// Scripts of other origins may read why the request was refused.
    pub(crate) cross_origin: bool,
}

/// The rules of all paths.
#[derive(Clone, Copy, Debug)]
pub struct Policy<'l> {
    limits: &'l Limits,
    rules: fn(&str, &Limits) -> PathRules,
}

impl<'l> Policy<'l> {
    /// The policy in which `rules` looks the rules of a path up, known or not.
    pub(crate) const fn new(limits: &'l Limits, rules: fn(&str, &Limits) -> PathRules) -> Policy<'l> {
        Policy { limits, rules }
    }

    /// The rules of a path, known or not.
    pub(super) fn rules(&self, path: &str) -> PathRules {
        (self.rules)(path, self.limits)
    }
}

#[cfg(test)]
pub(super) mod testing {
    use super::*;

    /// Rules for tests: `/open` may be read across origins, `/lists` has long bodies.
    pub(in super::super) fn policy(limits: &Limits) -> Policy<'_> {
        Policy::new(limits, |path, limits| PathRules {
            body_bytes_max: if path == "/lists" { limits.list_body_bytes } else { limits.body_bytes },
            cross_origin: path == "/open",
        })
    }
}
