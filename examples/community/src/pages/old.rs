//! The page on which an unchanged front end of 2011 runs.
//!
//! Owns: the choice of its files, its configuration, serving its folder, and the looser content security policy that it
//! needs, for this page alone. Must not: read a file outside of that folder.

use std::fs;
use std::path::{Component, Path, PathBuf};

use askama::Template;
use axum::http::header;
use serde_json::json;

use super::frame::{Page, answer};
use super::picture::Pictured;
use super::statics;
use crate::http::{Refusal, Reply};
use crate::limits::{OLD_FILE_BYTES_MAX, OLD_MEMBERS};
use crate::site::Site;
use crate::store::accounts::{self, User};
use crate::store::settings;
use crate::visit::Visit;

/// The path below which the folder is served.
const FILES: &str = "/old/webim";
/// Files that the page loads after the front end itself, if they are there: its texts and its colours.
const WORDS: [&str; 2] = ["i18n/webim-en.js", "i18n/webim-zh-CN.js"];
const COLOURS: &str = "themes/base/jquery.ui.theme.css";
/// Types of files that are served, by the ends of their names.
const KINDS: [(&str, &str); 10] = [
    ("js", "text/javascript; charset=utf-8"),
    ("css", "text/css; charset=utf-8"),
    ("gif", "image/gif"),
    ("png", "image/png"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("ico", "image/x-icon"),
    ("mp3", "audio/mpeg"),
    ("swf", "application/x-shockwave-flash"),
    ("html", "text/plain; charset=utf-8"),
];

#[derive(Template)]
#[template(path = "old.html")]
struct Old {
    page: Page,
    ready: bool,
    styles: Vec<String>,
    scripts: Vec<String>,
    glue: String,
    config: String,
    users: Vec<User>,
}

/// The page: with a front end, if there is one and the visitor is logged in; otherwise with what is missing.
pub(super) fn show(site: &Site, visit: &Visit<'_>) -> Result<Reply, Refusal> {
    let page = Page::new(site, visit, "/old")?;
    let (styles, scripts) = site.options.old.as_deref().map(files).unwrap_or_default();
    let users = site.store.read(|db| accounts::all(db, OLD_MEMBERS, 0))?;
    let config = page.me.as_ref().map_or(Ok(String::new()), |me| config(site, me))?;
    let template =
        Old { page, ready: !scripts.is_empty(), styles, scripts, glue: statics::GLUE.url(), config, users };
    let reply = answer(&template.page, &template)?;
    Ok(reply.with(header::CONTENT_SECURITY_POLICY, policy(site)))
}

/// Such a front end has styles in its markup. Its scripts are files.
fn policy(site: &Site) -> String {
    let im = site.webim.im.origin();
    format!(
        "default-src 'none'; script-src 'self' {im}; style-src 'self' {im} 'unsafe-inline'; connect-src 'self' {im}; \
         img-src 'self' data:; media-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
}

fn config(site: &Site, me: &User) -> Result<String, Refusal> {
    let icon = statics::FAVICON.url();
    let entry = |title: &str, link: &str| json!({ "title": title, "icon": icon, "link": link });
    let menu = [entry("Forum", "/forum"), entry("Groups", "/groups"), entry("Members", "/members")];
    let setting = site.store.read(|db| settings::get(db, &me.id))?;
    let setting = setting.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_else(|| json!({}));
    let user = json!({
        "id": me.id, "uid": me.uid.to_string(), "nick": me.nick, "pic_url": me.avatar(),
        "url": format!("/u/{}", me.id), "show": "available", "status": me.status,
    });
    Ok(json!({ "site": "/webim", "files": FILES, "user": user, "setting": setting, "menu": menu })
        .to_string())
}

/// The stylesheets and the scripts of a front end, in the order in which a page loads them; none without a front end.
fn files(folder: &Path) -> (Vec<String>, Vec<String>) {
    let names = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = names.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    let Some(script) = best(&names, ".js") else { return Default::default() };
    let there = |path: &&str| folder.join(path).is_file();
    let mut scripts = vec![script];
    scripts.extend(WORDS.iter().copied().find(there).map(str::to_owned));
    let mut styles: Vec<String> = best(&names, ".css").into_iter().collect();
    styles.extend(Some(COLOURS).filter(there).map(str::to_owned));
    (styles, scripts)
}

/// The front end among these files: `webim.all.min.js` before `webim.all.js` before any other `webim*.js`, and minified files
/// before others.
fn best(names: &[String], end: &str) -> Option<String> {
    let fits = |name: &&String| name.starts_with("webim") && name.ends_with(end);
    let rank = |name: &&String| (!name.contains(".all"), !name.contains(".min"));
    names.iter().filter(fits).min_by_key(rank).cloned()
}

/// A file of the folder.
pub(super) fn file(site: &Site, visit: &Visit<'_>) -> Result<Reply, Refusal> {
    let none = || Refusal::not_found("There is no such file.");
    let folder = site.options.old.as_deref().ok_or_else(none)?;
    let path = inside(folder, visit.part("path")).ok_or_else(none)?;
    let end = path.extension().and_then(|end| end.to_str()).unwrap_or_default().to_ascii_lowercase();
    let (_, kind) = KINDS.iter().find(|(known, _)| *known == end).ok_or_else(none)?;
    let bytes = fs::metadata(&path).map_err(|_| none())?.len();
    if bytes > OLD_FILE_BYTES_MAX {
        return Err(none());
    }
    let bytes = fs::read(&path).map_err(|_| none())?;
    Ok(Reply::new(kind, bytes).with(header::CACHE_CONTROL, "no-cache"))
}

/// The file at a path below a folder; none if it is outside, by dots or by links, or no plain file.
fn inside(folder: &Path, path: &str) -> Option<PathBuf> {
    let plain = Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
    if !plain || path.contains(['\\', '\0']) {
        return None;
    }
    let (folder, file) = (folder.canonicalize().ok()?, folder.join(path).canonicalize().ok()?);
    (file.starts_with(&folder) && file.is_file()).then_some(file)
}
