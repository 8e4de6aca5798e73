//! Pictures of users and groups: a letter on a colour.
//!
//! Owns: their URLs and their drawing. Must not: ask the database. A picture is all in its URL, so browsers may keep it
//! for ever, and a user with a new name has a new picture.

use std::fmt::Write;

use axum::http::header;

use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::site::Site;
use crate::store::accounts::User;
use crate::store::forum::{Post, Thread};
use crate::store::groups::Group;
use crate::visit::Visit;

/// Backgrounds on which white letters are easy to read.
const COLOURS: [&str; 10] = [
    "#0d6068", "#9a4a2c", "#4b5a9c", "#7a3f6d", "#3d6b3a", "#8a5a00", "#2f5f8f", "#a03850", "#5b4a9a",
    "#546068",
];

/// What has a picture.
pub trait Pictured {
    /// What tells it from all others.
    fn key(&self) -> String;
    /// What it is called.
    fn name(&self) -> &str;
    /// The URL of its picture.
    fn avatar(&self) -> String {
        url(&self.key(), self.name())
    }
}

impl Pictured for User {
    fn key(&self) -> String {
        self.id.clone()
    }

    fn name(&self) -> &str {
        &self.nick
    }
}

impl Pictured for Thread {
    fn key(&self) -> String {
        self.author.clone()
    }

    fn name(&self) -> &str {
        &self.nick
    }
}

impl Pictured for Post {
    fn key(&self) -> String {
        self.author.clone()
    }

    fn name(&self) -> &str {
        &self.nick
    }
}

impl Pictured for Group {
    fn key(&self) -> String {
        format!("group {}", self.id)
    }

    fn name(&self) -> &str {
        &self.name
    }
}

/// The URL of the picture of a user with this id, or of anything else.
pub fn url(key: &str, name: &str) -> String {
    let letter: String = name.chars().find(|c| c.is_alphanumeric()).unwrap_or('?').to_uppercase().collect();
    let sum = key.bytes().fold(5_381_usize, |sum, byte| sum.wrapping_mul(33) ^ usize::from(byte));
    let mut url = format!("/picture/{}/", sum % COLOURS.len());
    for byte in letter.bytes() {
        write!(url, "%{byte:02X}").expect("a string takes everything");
    }
    url
}

/// Draws a picture.
pub fn draw(_: &Site, visit: &Visit) -> Result<Reply, Refusal> {
    let none = || Refusal::not_found("There is no such picture.");
    let colour =
        visit.part("colour").parse::<usize>().ok().and_then(|index| COLOURS.get(index)).ok_or_else(none)?;
    let letter = visit.part("letter");
    if letter.chars().count() > 3 || !letter.chars().all(|c| c.is_alphanumeric() || c == '?') {
        return Err(none());
    }
    let svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 64 64\"><rect width=\"64\" height=\"64\" fill=\"{colour}\"/>\
         <text x=\"32\" y=\"43\" fill=\"#fff\" text-anchor=\"middle\" font-family=\"Georgia, serif\" font-size=\"32\">\
         {letter}</text></svg>"
    );
    Ok(Reply::new("image/svg+xml", svg).with(header::CACHE_CONTROL, "public, max-age=31536000, immutable"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_shows_the_first_letter() {
        assert!(url("alice", "(alice)").ends_with("/%41"));
        assert!(url("x", "安").ends_with("/%E5%AE%89"));
        assert!(url("x", "🦀 <").ends_with("/%3F"));
        assert_eq!(url("alice", "Al"), url("alice", "Ann"));
    }
}
