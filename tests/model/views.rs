//! Views: what pages show at rest of other users, of rooms, and of their own user.
//!
//! Owns: the rules of presence, typing states and links. Must not: look at the server.

use super::pages::{Life, View};
use super::rules::room_number;
use super::world::World;

impl World {
    /// Typing states and room presences of this round that are missing, or should not have come.
    pub(crate) fn wrong_light(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        for (number, typed) in self.ledger.typed.iter().enumerate().skip(self.ledger.round.1) {
            for page in &self.users[typed.to].pages {
                let this = &self.pages[*page];
                let must = this.life == Life::Living && self.surely_open(*page, typed.span);
                let seen = this.typed.contains(&number);
                if must && !seen || seen && !self.possibly_open(*page, typed.span) {
                    wrong.push(format!("page {page} and typing state {number}: {seen}"));
                }
            }
        }
        for (number, moved) in self.ledger.moved.iter().enumerate().skip(self.ledger.round.2) {
            let room = room_number(&moved.room);
            for user in self.of_domain(moved.user).filter(|user| *user != moved.user) {
                let rooms = &self.users[user].rooms[room];
                let sure = moved.effective
                    && !moved.late
                    && self.visible_surely(moved.user, moved.span)
                    && rooms.surely(moved.span)
                    && self.users[user].online.surely(moved.span);
                let may = moved.effective
                    && self.visible_possibly(moved.user, moved.span)
                    && rooms.possibly(moved.span);
                for page in &self.users[user].pages {
                    let this = &self.pages[*page];
                    let must = sure && this.life == Life::Living && self.surely_open(*page, moved.span);
                    let seen = this.moved.contains(&number);
                    if must && !seen || seen && !(may && self.possibly_open(*page, moved.span)) {
                        wrong.push(format!("page {page} and move {number}: {seen} {moved:?}"));
                    }
                }
            }
        }
        wrong
    }

    /// Users that a page shows wrongly.
    pub(crate) fn wrong_view(&self, page: usize) -> Vec<String> {
        let this = &self.pages[page];
        let (user, domain) = (this.user, self.users[this.user].domain);
        let mut wrong = Vec::new();
        for (name, (show, status)) in &this.view {
            let other = self.find_user(domain, name).expect("it is a user");
            let looks = self.users[other].looks.last();
            let true_show =
                looks.show == *show && status.as_ref().is_none_or(|status| *status == looks.status);
            if !(*self.users[other].online.last() && looks.visible() && true_show) {
                wrong.push(format!("page {page} shows {name} as {show} {status:?}: {looks:?}"));
            }
        }
        for other in self.of_domain(user).filter(|other| *other != user) {
            let key = (user.min(other), user.max(other));
            let Some(pair) = self.ledger.pairs.get(&key) else { continue };
            let name = &self.users[other].name;
            let shown = this.view.contains_key(name);
            if shown && !pair.possibly() {
                wrong.push(format!("page {page} shows {name}, who is not linked: {pair:?}"));
            }
            let new = pair.new_since().is_some_and(|named| this.opened.done < named);
            let visible = *self.users[other].online.last() && self.users[other].looks.last().visible();
            if visible && !shown && pair.surely() && (this.knows.contains(name) || new) {
                wrong.push(format!(
                    "page {page} of user {user} does not show {name}, who is linked: {pair:?}"
                ));
            }
        }
        let own = self.users[user].looks.last();
        if this.version == Some(6) && this.own_serial != own.serial {
            wrong.push(format!(
                "page {page} does not know what its own user shows: {} {own:?}",
                this.own_serial
            ));
        }
        wrong
    }

    /// Compares what all pages of two users show after the probe: linked or not, on all of them, and as the ledger knows.
    pub(crate) fn compare_link(&mut self, one: usize, other: usize, before: &[View]) {
        let mut heard = Vec::new();
        for (user, about) in [(one, other), (other, one)] {
            let looks = self.users[about].looks.last();
            for page in self.living(user) {
                let shown = self.pages[page].view.get(&self.users[about].name);
                let is_told = shown.is_some_and(|(_, status)| status.as_ref() == Some(&looks.status));
                heard.push((page, about, is_told));
            }
        }
        let linked = heard[0].2;
        assert!(
            heard.iter().all(|(.., is_told)| *is_told == linked),
            "{one} and {other} are linked on one page and not on another: {heard:?}"
        );
        let pair = self.ledger.pair(one, other).clone();
        assert!(linked || !pair.surely(), "{one} and {other} are not linked: {pair:?}");
        assert!(!linked || pair.possibly(), "{one} and {other} are linked: {pair:?}");
        for (page, about, _) in heard.into_iter().filter(|_| linked) {
            let name = &self.users[about].name;
            let this = &self.pages[page];
            let new = pair.new_since().is_some_and(|named| this.opened.done < named);
            let shown = before.get(page).is_some_and(|view| view.contains_key(name));
            let must = new || this.opening_named.contains(name);
            assert!(shown || !must, "page {page} was not told of {name}, who is linked: {pair:?}");
        }
        self.ledger.pair(one, other).is_known(linked);
    }
}
