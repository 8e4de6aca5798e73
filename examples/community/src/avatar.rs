//! Pictures of users and groups: an initial on a colour.
//!
//! Owns: `/avatar/…`. Must not: write a name into the image as it is; it could become markup.

use std::sync::Arc;

use axum::Router;
use axum::http::header;

use crate::handler::get;
use crate::http::{Outcome, Refusal, Reply, Request};
use crate::site::Site;
use crate::store::{accounts, groups};

/// Backgrounds on which white letters are easy to read.
const COLOURS: [&str; 10] = [
    "#0d6068", "#9a4a2c", "#4b5a9c", "#7a3f6d", "#3d6b3a", "#8a5a00", "#2f5f8f", "#a03850", "#5b4a9a",
    "#546068",
];

pub(crate) fn routes() -> Router<Arc<Site>> {
    Router::new().route("/avatar/{file}", get(user, finish)).route("/avatar/group/{file}", get(group, finish))
}

/// A user's picture. If there is no such user, it has no letter.
fn user(site: &Site, request: &Request) -> Outcome {
    let id = request.part("file").strip_suffix(".svg").unwrap_or_default();
    let user = site.store.read(|db| accounts::find(db, id))?;
    Ok(picture(id, &user.map(|user| user.nick).unwrap_or_default()))
}

fn group(site: &Site, request: &Request) -> Outcome {
    let id = request.part("file").strip_suffix(".svg").unwrap_or_default();
    let group = id.parse().map_or(Ok(None), |id| site.store.read(|db| groups::find(db, id)))?;
    Ok(picture(&format!("group {id}"), &group.map(|group| group.name).unwrap_or_default()))
}

fn picture(key: &str, name: &str) -> Reply {
    let sum = key.bytes().fold(5_381_usize, |sum, byte| sum.wrapping_mul(33) ^ usize::from(byte));
    let colour = COLOURS[sum % COLOURS.len()];
    // As a number, whatever it is, it cannot be markup.
    let letters = name.chars().find(|c| c.is_alphanumeric()).into_iter().flat_map(char::to_uppercase);
    let letter = letters.fold(String::new(), |text, c| text + "&#" + &u32::from(c).to_string() + ";");
    let image = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 64 64\">\
         <rect width=\"64\" height=\"64\" fill=\"{colour}\"/>\
         <text x=\"32\" y=\"43\" fill=\"#fff\" text-anchor=\"middle\" font-family=\"Georgia, serif\" \
         font-size=\"32\">{letter}</text></svg>"
    );
    Reply::new("image/svg+xml", image)
        .with(header::CACHE_CONTROL, "private, max-age=300")
        .with(header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox")
}

fn finish(_: &Site, _: &Request, outcome: Outcome) -> Reply {
    outcome.unwrap_or_else(|Refusal { status, text }| {
        Reply::new("text/plain; charset=utf-8", text).status(status)
    })
}
