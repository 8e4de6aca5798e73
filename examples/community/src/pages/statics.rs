//! The static files of the site, which are part of the program.
//!
//! Owns: their bytes, their versions, and how long browsers may keep them. Must not: read the disk.

use std::sync::LazyLock;

use axum::http::{StatusCode, header};
use sha2::{Digest, Sha256};

use crate::http::{Refusal, Reply};
use crate::site::Site;
use crate::visit::Visit;

/// The stylesheet of all pages. Later rules override earlier ones, so the order matters.
const CSS: &str = concat!(
    include_str!("../../static/css/base.css"),
    include_str!("../../static/css/header.css"),
    include_str!("../../static/css/blocks.css"),
    include_str!("../../static/css/lists.css"),
    include_str!("../../static/css/forms.css"),
    include_str!("../../static/css/pages.css"),
    include_str!("../../static/css/narrow.css"),
);

pub(super) static STYLESHEET: LazyLock<Static> =
    LazyLock::new(|| Static::new("site.css", "text/css; charset=utf-8", CSS.as_bytes()));
/// The icon of the site.
pub(super) static FAVICON: LazyLock<Static> =
    LazyLock::new(|| Static::new("favicon.svg", "image/svg+xml", include_bytes!("../../static/favicon.svg")));
/// The glue between a front end of 2011 and this site.
pub(super) static GLUE: LazyLock<Static> = LazyLock::new(|| {
    Static::new("old.js", "text/javascript; charset=utf-8", include_bytes!("../../static/old.js"))
});

/// Browsers may keep a version for ever: the next one has another URL.
const KEEP: &str = "public, max-age=31536000, immutable";
/// At a URL without a version, browsers ask whether it is still the same.
const ASK: &str = "no-cache";
/// Characters of the hash that name a version.
const VERSION_CHARS: usize = 12;

/// A file, and its version.
#[derive(Debug)]
pub(super) struct Static {
    name: &'static str,
    kind: &'static str,
    bytes: &'static [u8],
    version: String,
}

impl Static {
    fn new(name: &'static str, kind: &'static str, bytes: &'static [u8]) -> Static {
        let hex = |byte: u8| {
            [byte >> 4, byte & 15].map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)]))
        };
        let version = Sha256::digest(bytes).into_iter().flat_map(hex).take(VERSION_CHARS).collect();
        Static { name, kind, bytes, version }
    }

    /// The URL of this version.
    pub(super) fn url(&self) -> String {
        format!("/static/{}?v={}", self.name, self.version)
    }

    fn answer(&self, visit: &Visit<'_>) -> Reply {
        let tag = format!("\"{}\"", self.version);
        let asked = visit.request.query.strip_prefix("v=");
        let cache = if asked == Some(self.version.as_str()) { KEEP } else { ASK };
        let known = visit.request.header(&header::IF_NONE_MATCH).unwrap_or_default();
        let same = known == "*" || known.split(',').any(|one| one.trim().trim_start_matches("W/") == tag);
        let reply = if same {
            Reply::new(self.kind, "").status(StatusCode::NOT_MODIFIED)
        } else {
            Reply::new(self.kind, self.bytes)
        };
        reply.with(header::CACHE_CONTROL, cache).with(header::ETAG, tag)
    }
}

/// A file. The icon is also at the path where browsers look for one.
pub(super) fn serve(_: &Site, visit: &Visit<'_>) -> Result<Reply, Refusal> {
    let name = if visit.request.path == "/favicon.ico" { FAVICON.name } else { visit.part("name") };
    let file = [&*STYLESHEET, &*FAVICON, &*GLUE].into_iter().find(|file| file.name == name);
    file.map(|file| file.answer(visit)).ok_or_else(|| Refusal::not_found("There is no such file."))
}
