//! Dialects: the answers of each version.
//!
//! Owns: the names of versions, and the encoder of each; no other file of the API matches on a version. Must not: write
//! an answer. [`Dialect`] lists the calls whose answers differ; `papers`, `v3`, `v5` and `v6` each write them
//! for one version, in lists where some of them agree (`lists`). `../answer.rs` writes the answers that are the same in all
//! versions.

mod encoder;
mod lists;
mod papers;
mod v3;
mod v5;
mod v6;

pub(super) use encoder::Dialect;

use super::endpoint::{self, PathDialect};
use crate::router::call::Version;

/// The version of this name; a call that names none gets the answers of the papers.
pub(super) fn version(name: Option<&str>) -> Option<Version> {
    match name {
        None => Some(Version::Papers),
        Some("3") => Some(Version::V3),
        Some("6") => Some(Version::V6),
        Some(_) => None,
    }
}

/// The same for a call of a path of version 5.
pub(super) fn v5_version(name: Option<&str>) -> Option<Version> {
    match name {
        None | Some("v5") => Some(Version::V5),
        Some("5") => Some(Version::V50),
        Some(_) => None,
    }
}

/// The version that calls of this path have, until they name another one.
pub(super) fn of_path(path: &str) -> Version {
    match endpoint::dialect(path) {
        PathDialect::Named => Version::Papers,
        PathDialect::V5 => Version::V5,
        PathDialect::V50 => Version::V50,
    }
}

/// The encoder of a version's answers.
pub(super) fn of(version: Version) -> &'static dyn Dialect {
    match version {
        Version::Papers => &papers::Papers,
        Version::V3 => &v3::V3,
        Version::V5 => &v5::V5,
        Version::V50 => &v5::V50,
        Version::V6 => &v6::V6,
    }
}
