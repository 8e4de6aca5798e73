//! Pictures of users and groups, as pages show them.
//!
//! Owns: their addresses. Must not: draw them; `avatar` does.

use crate::store::accounts::User;
use crate::store::forum::{Post, Thread};
use crate::store::groups::Group;

/// Something with a picture.
pub(super) trait Pictured {
    /// The path of the picture.
    fn avatar(&self) -> String;
}

impl Pictured for User {
    fn avatar(&self) -> String {
        of_user(&self.id)
    }
}

impl Pictured for Thread {
    fn avatar(&self) -> String {
        of_user(&self.author)
    }
}

impl Pictured for Post {
    fn avatar(&self) -> String {
        of_user(&self.author)
    }
}

impl Pictured for Group {
    fn avatar(&self) -> String {
        format!("/avatar/group/{}.svg", self.id)
    }
}

fn of_user(id: &str) -> String {
    format!("/avatar/{id}.svg")
}
