//! Who of a room comes and goes, as pages of version 5 are shown it.
//!
//! Owns: the presences `grponline` and `grpoffline`. Must not: judge `join` and `leave`; `sights` does.

use std::collections::BTreeSet;

use serde_json::Value;

use super::ledger::{Looks, OPEN, Span};
use super::rules::room_number;
use super::world::World;

/// The version of the sessions that are shown it.
pub(crate) const V5: Option<u8> = Some(5);

/// Whether a presence is one of these.
pub(crate) fn is_of_group(presence: &Value) -> bool {
    presence["type"] == "grponline" || presence["type"] == "grpoffline"
}

fn text<'p>(presence: &'p Value, name: &str) -> &'p str {
    presence[name].as_str().unwrap_or_else(|| panic!("no text {name} in {presence}"))
}

impl World {
    /// A page of version 5 is shown whom a presence is for: the room, or else its user.
    pub(crate) fn assert_addressed(&self, page: usize, presence: &Value) {
        let this = &self.pages[page];
        if this.version != V5 {
            return assert_eq!(presence.get("to"), None, "page {page}: {presence}");
        }
        let of_room = is_of_group(presence) || presence["type"] == "join" || presence["type"] == "leave";
        let to = if of_room { text(presence, "status") } else { &*self.users[this.user].name };
        assert_eq!(text(presence, "to"), to, "page {page}: {presence}");
    }

    /// A page reads those of an answer.
    pub(crate) fn see_groups(&mut self, page: usize, presences: &[Value]) {
        let mut seen = BTreeSet::new();
        for presence in presences.iter().filter(|presence| is_of_group(presence)) {
            let (room, about) = self.see_group(page, presence);
            let all_new = self.pages[page].uses_seq && !self.pages[page].disturbed;
            assert!(seen.insert((room, about)) || !all_new, "page {page}: two of one in {presences:?}");
            self.pages[page].groups.insert((room, about), presence["type"] == "grponline");
        }
        // In one answer they have no order to joins and leaves; and after one of those nothing follows from them.
        let domain = self.users[self.pages[page].user].domain;
        for moved in presences.iter().filter(|presence| ["join", "leave"].contains(&text(presence, "type"))) {
            let about = self.find_user(domain, text(moved, "from")).expect("it was seen");
            self.pages[page].groups.remove(&(room_number(text(moved, "status")), about));
        }
    }

    /// A page reads one; the room and the member.
    fn see_group(&mut self, page: usize, presence: &Value) -> (usize, usize) {
        let this = &self.pages[page];
        let (user, domain) = (this.user, self.users[this.user].domain);
        let (nick, show) = (text(presence, "nick"), text(presence, "show"));
        World::is_of(domain, nick);
        let about = self.find_user(domain, text(presence, "from")).expect("a presence of somebody");
        let room = room_number(text(presence, "status"));
        let comes = presence["type"] == "grponline";
        assert!(this.version == V5 && about != user, "page {page}: {presence}");
        let shown = |looks: &Looks| looks.nick == nick && (!comes || looks.show == show && looks.visible());
        assert!(self.users[about].looks.all().any(shown), "page {page}: {presence} was never so");
        assert!(comes || show == "unavailable", "page {page}: {presence}");
        let ever = Span { sent: 0, done: OPEN };
        let were = [user, about].iter().all(|member| self.users[*member].rooms[room].possibly(ever));
        assert!(were, "page {page}: {presence} of a room that one of them was never in");
        self.count("members that came or went");
        (room, about)
    }

    /// Members that a page was shown to have come, or to have gone, and are not so.
    pub(crate) fn wrong_groups(&self, page: usize, now: u64) -> Vec<String> {
        let this = &self.pages[page];
        // What is not shown while its user is hidden or elsewhere is missed; so is what a full queue has no room for.
        let lived = Span { sent: this.opened.done.saturating_add(1), done: now };
        let watches = |room: usize| {
            self.visible_surely(this.user, lived) && self.users[this.user].rooms[room].surely(lived)
        };
        let mut wrong = Vec::new();
        for ((room, about), came) in &this.groups {
            let other = &self.users[*about];
            let seen = *other.online.last() && other.looks.last().visible() && *other.rooms[*room].last();
            let settled = other.rooms[*room].is_settled() && other.looks.is_settled();
            if seen != *came && settled && watches(*room) && !self.plan.scarce() {
                wrong.push(format!("page {page} was shown {} in room {room}: {came}", other.name));
            }
        }
        wrong
    }
}
