//! What a user shows.
//!
//! Owns: [`Profile`], one shared immutable block of name, nick, show and status. Must not: have a method that
//! changes it: a new presence is a new block, and holders of the old one can compare.

use std::sync::Arc;

/// The `show` of a user who is online but wants to look offline.
pub(crate) const INVISIBLE: &str = "invisible";
/// The `show` of a user who is not online.
pub(crate) const UNAVAILABLE: &str = "unavailable";
/// The `show` of a user whose site gave no other.
pub(crate) const AVAILABLE: &str = "available";

/// Name, nick, show and status of a user, in one allocation that shards share. What most users show is left out.
#[derive(Clone)]
pub struct Profile {
    text: Arc<str>,
    name_bytes: u16,
    nick_bytes: u16,
    show_bytes: u16,
}

impl Profile {
    /// A profile of these four; each must be shorter than 64 KiB, as `limits::chat` demands.
    pub fn new(name: &str, nick: &str, show: &str, status: &str) -> Profile {
        let show = if show == AVAILABLE { "" } else { show };
        let mut text = String::with_capacity(name.len() + nick.len() + show.len() + status.len());
        text.push_str(name);
        text.push_str(nick);
        text.push_str(show);
        text.push_str(status);
        let bytes = |part: &str| u16::try_from(part.len()).expect("parts are checked against limits::chat");
        Profile {
            text: text.into(),
            name_bytes: bytes(name),
            nick_bytes: bytes(nick),
            show_bytes: bytes(show),
        }
    }

    /// The name: what others address the user by.
    pub(crate) fn name(&self) -> &str {
        &self.text[..self.nick_at()]
    }

    /// The nick: what others see.
    pub(crate) fn nick(&self) -> &str {
        &self.text[self.nick_at()..self.show_at()]
    }

    /// The presence word.
    pub(crate) fn show(&self) -> &str {
        match &self.text[self.show_at()..self.status_at()] {
            "" => AVAILABLE,
            show => show,
        }
    }

    /// The status line.
    pub(crate) fn status(&self) -> &str {
        &self.text[self.status_at()..]
    }

    /// Whether others see the user.
    pub(crate) fn visible(&self) -> bool {
        self.show() != INVISIBLE
    }

    /// Whether others see no difference; a changed nick alone is not announced.
    pub(crate) fn shows_like(&self, other: &Profile) -> bool {
        (self.show(), self.status()) == (other.show(), other.status())
    }

    fn nick_at(&self) -> usize {
        usize::from(self.name_bytes)
    }

    fn show_at(&self) -> usize {
        self.nick_at() + usize::from(self.nick_bytes)
    }

    fn status_at(&self) -> usize {
        self.show_at() + usize::from(self.show_bytes)
    }
}

/// Shows nothing of what the user entered: profiles may end up in a panic message.
impl std::fmt::Debug for Profile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Profile").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_come_apart_again() {
        let profile = Profile::new("bob", "Боб", "away", "你好");
        assert_eq!(profile.name(), "bob");
        assert_eq!(profile.nick(), "Боб");
        assert_eq!(profile.show(), "away");
        assert_eq!(profile.status(), "你好");
        assert!(profile.visible());
        let quiet = Profile::new("bob", "Bob", AVAILABLE, "here");
        assert_eq!((quiet.nick(), quiet.show(), quiet.status()), ("Bob", AVAILABLE, "here"));
        assert!(quiet.visible() && quiet.shows_like(&Profile::new("bob", "", AVAILABLE, "here")));
        assert!(!Profile::new("bob", "", INVISIBLE, "").visible());
        assert!(!format!("{profile:?}").contains("bob"));
    }
}
