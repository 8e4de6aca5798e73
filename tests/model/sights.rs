//! Reading packets: messages, typing states and presences.
//!
//! Owns: mistakes that show in a packet by itself: a wrong text, a wrong receiver, a repetition. Must not: look for
//! packets that are missing; `rules` and `views` do at rest.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::groups::{V5, is_of_group};
use super::ledger::{Kind, Looks, OPEN, Span, meta_of};
use super::world::World;

impl World {
    /// A page reads one.
    pub(crate) fn see_message(&mut self, page: usize, message: &Value) {
        let text =
            |name: &str| message[name].as_str().unwrap_or_else(|| panic!("no text {name} in {message}"));
        let user = self.pages[page].user;
        let domain = self.users[user].domain;
        let id = text("id");
        if let Some(fence) = id.strip_prefix("fence-") {
            self.fences.insert((page, fence.parse().expect("a number")));
            return;
        }
        World::is_of(domain, id);
        let number: usize = id[1..].parse().unwrap_or_else(|_| panic!("a message of nobody: {message}"));
        let said =
            self.ledger.said.get(number).unwrap_or_else(|| panic!("a message of nobody: {message}")).clone();
        let name = &self.users[user].name;
        let is_copy = said.sender == Some(user);
        let (unicast, multicast) =
            if self.pages[page].version == V5 { ("chat", "grpchat") } else { ("unicast", "multicast") };
        // Front ends of the dialects without it break on a third type.
        let (kind, to) = match said.kind {
            Kind::Unicast => (unicast, &said.to),
            Kind::Multicast => (multicast, &said.to),
            Kind::Broadcast if self.pages[page].version == Some(6) => ("broadcast", &said.to),
            Kind::Broadcast => (unicast, name),
        };
        let mut expected = json!({"type": kind, "to": to, "from": said.from, "nick": said.nick, "id": id,
            "timestamp": number, "body": said.body, "style": format!("style {number}")});
        if let Some(meta) = meta_of(number).filter(|_| self.pages[page].version == Some(6)) {
            expected["meta"] = meta;
        }
        assert_eq!(message, &expected, "page {page}: message {number} is not what was said");
        let own = said.page == Some(page) && !(said.kind == Kind::Unicast && said.receiver == Some(user));
        assert!(!own, "page {page} sees message {number}, which was said on it");
        let may = match said.kind {
            Kind::Unicast => said.receiver == Some(user) || is_copy,
            Kind::Multicast => {
                let room =
                    said.to.strip_prefix("room").and_then(|room| room.parse::<usize>().ok()).expect("a room");
                is_copy || self.users[user].rooms[room].possibly(said.span)
            }
            Kind::Broadcast => true,
        };
        assert!(may, "page {page} of {name} sees message {number}, which is for others");
        assert!(!self.pages[page].has_seen(number), "page {page} sees message {number} twice");
        let own = said.receiver == Some(user);
        assert!(
            !own || said.returned_at > self.pages[page].opened.sent,
            "page {page} sees message {number}, which came back"
        );
        self.assert_not_acked(page, number);
        if self.ledger.said[number].span.before(self.pages[page].opened) {
            self.count("messages seen on later pages");
        }
        let this = &mut self.pages[page];
        this.seen.push(number);
        this.seen_set.insert(number);
    }

    /// A page that was opened after a message gets it only if no other page of the user had acknowledged it before.
    fn assert_not_acked(&self, page: usize, number: usize) {
        let (user, opened) = (self.pages[page].user, self.pages[page].opened);
        let said = &self.ledger.said[number];
        if !said.span.before(opened) {
            return;
        }
        let own = said.kind == Kind::Unicast && said.receiver == Some(user);
        let others = self.users[user].pages.iter().filter(|other| **other != page);
        let mut others = others.filter(|other| own || said.page != Some(**other));
        let left = others.any(|other| {
            let given = self.possibly_open(*other, said.span) || self.pages[*other].has_seen(number);
            given && !self.pages[*other].had_acked(number, opened.sent)
        });
        let nobody_was_there =
            !self.users[user].pages.iter().any(|other| self.surely_open(*other, said.span));
        assert!(left || nobody_was_there, "page {page} sees message {number}, which was acknowledged before");
    }

    /// A page reads one.
    pub(crate) fn see_status(&mut self, page: usize, status: &Value) {
        let user = self.pages[page].user;
        let show = status["show"].as_str().expect("a text");
        World::is_of(self.users[user].domain, show);
        let number: usize =
            show[1..].parse().unwrap_or_else(|_| panic!("a typing state of nobody: {status}"));
        let typed = &self.ledger.typed[number];
        let from = &self.users[typed.from].name;
        let expected =
            json!({"from": from, "nick": format!("{show} nick"), "to": self.users[user].name, "show": show});
        assert_eq!((typed.to, status), (user, &expected), "page {page}");
        let span = typed.span;
        let this = &mut self.pages[page];
        assert!(this.typed.insert(number), "page {page} sees typing state {number} twice");
        assert!(
            span.done >= this.newest_light[0],
            "page {page} sees typing state {number} after a newer one"
        );
        this.newest_light[0] = this.newest_light[0].max(span.sent);
    }

    /// Among packets that were never answered before, there is at most one presence of each name.
    pub(crate) fn assert_newest(&self, page: usize, presences: &[Value]) {
        let is_of_user = |presence: &&Value| {
            presence["type"] != "join" && presence["type"] != "leave" && !is_of_group(presence)
        };
        let of_users = presences.iter().filter(is_of_user);
        let names: Vec<&str> = of_users.filter_map(|presence| presence["from"].as_str()).collect();
        let different: BTreeSet<&str> = names.iter().copied().collect();
        // An answer after one that was lost has that, too.
        let all_new = self.pages[page].uses_seq && !self.pages[page].disturbed;
        assert!(
            !all_new || different.len() == names.len(),
            "page {page} gets two presences of one name: {presences:?}"
        );
    }

    /// A page reads one.
    pub(crate) fn see_presence(&mut self, page: usize, presence: &Value) {
        self.assert_addressed(page, presence);
        if is_of_group(presence) {
            return;
        }
        let text =
            |name: &str| presence[name].as_str().unwrap_or_else(|| panic!("no text {name} in {presence}"));
        let (from, nick, kind, show, status) =
            (text("from"), text("nick"), text("type"), text("show"), text("status"));
        let user = self.pages[page].user;
        let domain = self.users[user].domain;
        World::is_of(domain, nick);
        let about =
            self.find_user(domain, from).unwrap_or_else(|| panic!("a presence of nobody: {presence}"));
        if kind == "join" || kind == "leave" {
            return self.see_move(page, about, presence);
        }
        World::is_of(domain, status);
        if kind == "offline" {
            assert_eq!((show, status), ("unavailable", ""), "{presence}");
        } else {
            let shown = |looks: &&Looks| (&*looks.nick, &*looks.show, &*looks.status) == (nick, show, status);
            let Some(looks) = self.users[about].looks.all().filter(shown).max_by_key(|looks| looks.serial)
            else {
                panic!("page {page}: {from} never showed that: {presence}");
            };
            assert!(
                looks.visible() || about == user,
                "page {page} gets a presence of an invisible user: {presence}"
            );
            if about == user {
                assert_eq!((self.pages[page].version, kind), (Some(6), "show"), "page {page}: {presence}");
                let serial = looks.serial;
                let this = &mut self.pages[page];
                this.own_serial = this.own_serial.max(serial);
                return;
            }
        }
        let possible = self.ledger.pair(user, about).ever();
        assert!(
            possible && about != user,
            "page {page} gets a presence of {from}, who was never linked: {presence}"
        );
        let this = &mut self.pages[page];
        this.knows.insert(from.to_owned());
        if kind == "offline" {
            this.view.remove(from);
        } else {
            assert!(kind == "online" || kind == "show", "{presence}");
            this.view.insert(from.to_owned(), (show.to_owned(), Some(status.to_owned())));
        }
    }

    fn see_move(&mut self, page: usize, about: usize, presence: &Value) {
        let nick = presence["nick"].as_str().expect("a text");
        let number: usize = nick[1..].parse().unwrap_or_else(|_| panic!("nobody moved: {presence}"));
        let moved = &self.ledger.moved[number];
        let kind = if moved.join { "join" } else { "leave" };
        let right = moved.user == about && presence["type"] == kind && presence["status"] == *moved.room;
        let user = self.pages[page].user;
        assert!(right && about != user && moved.effective, "page {page}: {presence} of {moved:?}");
        let this = &mut self.pages[page];
        assert!(this.moved.insert(number), "page {page} sees twice {moved:?}");
        let after_newer = !moved.late && moved.span.done < this.newest_light[1];
        assert!(!after_newer, "page {page} sees {moved:?} after newer ones");
        this.newest_light[1] = this.newest_light[1].max(moved.span.sent);
        let show = presence["show"].as_str().expect("a text");
        let mut looks =
            self.users[about].looks.within(Span { sent: self.ledger.moved[number].span.sent, done: OPEN });
        assert!(show != "invisible" && looks.any(|looks| looks.show == show), "page {page}: {presence}");
    }
}
