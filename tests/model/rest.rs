//! Rest: no call is under way, every page polls, and the server must agree with the model.
//!
//! Owns: how rest is reached, and the questions that are asked at rest. Must not: wait for times; it waits until things
//! are as they must be, and fails if they never are.

use std::collections::BTreeSet;

use super::calls::room_name;
use super::pages::Life;
use super::world::World;

/// How long anything may take that must happen, in milliseconds.
pub(crate) const PATIENCE_MS: u64 = 60_000;

impl World {
    /// Comes to rest and compares. Nothing, if the run means nothing.
    pub(crate) fn rest(&mut self) -> Option<()> {
        self.acting = false;
        self.note(|| "rest".to_owned());
        self.eventually(|world| {
            let busy = world.users.iter().any(|user| user.call.is_some() || !user.script.is_empty());
            if busy || !world.calls.is_empty() {
                vec![format!("calls are under way: {:?}", world.calls)]
            } else {
                Vec::new()
            }
        })?;
        for page in &mut self.pages {
            page.hold = false;
        }
        self.rest_again()?;
        self.probe()?;
        self.settle();
        self.eventually(World::wrong_rest)?;
        self.try_all()?;
        for page in &mut self.pages {
            // Polls that were left unanswered have been noticed.
            let waiting = usize::from(page.poll.is_some());
            page.polling.drain(..page.polling.len().saturating_sub(waiting));
        }
        self.ledger.signals_round = self.ledger.signalled.len();
        self.ledger.round = (self.ledger.said.len(), self.ledger.typed.len(), self.ledger.moved.len());
        Some(())
    }

    /// Waits until every call is answered.
    pub(crate) fn answered_all(&mut self) -> Option<()> {
        let until = self.ms() + PATIENCE_MS;
        while !self.calls.is_empty() && self.stalled.is_none() {
            assert!(self.ms() < until, "calls are not answered: {:?}", self.calls);
            self.pump(5);
        }
        self.stalled.is_none().then_some(())
    }

    /// Comes to rest after a trial.
    pub(crate) fn rest_again(&mut self) -> Option<()> {
        self.eventually(World::wrong_sessions)?;
        self.settle();
        self.eventually(World::wrong_rest)
    }

    /// Waits until nothing is wrong.
    pub(crate) fn eventually(&mut self, wrong: impl Fn(&mut World) -> Vec<String>) -> Option<()> {
        let until = self.ms() + PATIENCE_MS;
        loop {
            let found = wrong(self);
            if self.stalled.is_some() {
                return None;
            }
            if found.is_empty() {
                return Some(());
            }
            assert!(self.ms() < until, "at rest: {}", found.join("\n"));
            let next = self.ms() + 20;
            while self.ms() < next {
                self.pump(5);
            }
        }
    }

    /// Compares the users that are online and the number of their sessions. The count of sessions is that of a message to
    /// each user; when a page has seen this message, it has seen all that was queued before.
    fn wrong_sessions(&mut self) -> Vec<String> {
        let mut wrong = Vec::new();
        for domain in 0..2 {
            let listed = self.names_online(domain);
            let users = self.users.iter().filter(|user| user.domain == domain);
            let visible = users.filter(|user| *user.online.last() && user.looks.last().visible());
            let expected: BTreeSet<String> = visible.map(|user| user.name.clone()).collect();
            if listed != expected {
                wrong.push(format!("{listed:?} are online, not {expected:?}"));
            }
        }
        for user in 0..self.users.len() {
            if !wrong.is_empty() || self.stalled.is_some() {
                break;
            }
            let living = self.living(user).count() as u64;
            let fence = self.number();
            self.users[user].fence = fence;
            let (domain, to) = (self.users[user].domain, self.users[user].name.clone());
            let id = format!("fence-{fence}");
            let params = [("from", "fence".to_owned()), ("to", to), ("body", id.clone()), ("id", id)];
            let answer = self.ask(domain, "/messages", None, &params);
            let delivered = answer.header("x-nextim-delivered").and_then(|count| count.parse().ok());
            if delivered != Some(living) {
                wrong.push(format!("user {user} has {delivered:?} sessions, not {living}"));
            }
        }
        if wrong.is_empty() {
            self.await_fences();
        }
        wrong
    }

    fn await_fences(&mut self) {
        let until = self.ms() + PATIENCE_MS;
        for user in 0..self.users.len() {
            let fence = self.users[user].fence;
            loop {
                let unseen = self.living(user).find(|page| !self.fences.contains(&(*page, fence)));
                let Some(page) = unseen else { break };
                if self.stalled.is_some() {
                    return;
                }
                assert!(self.ms() < until, "page {page} never sees fence {fence}");
                self.pump(5);
            }
        }
        self.fences.clear();
    }

    fn names_online(&mut self, domain: usize) -> BTreeSet<String> {
        let names: Vec<String> = (0..self.plan.names).map(|number| format!("user{number}")).collect();
        let answer = self.ask(domain, "/onlines", None, &[("names", names.join(","))]);
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.text().split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect()
    }

    /// All that was under way has been done.
    fn settle(&mut self) {
        let now = self.tick();
        for user in &mut self.users {
            user.online.settle(now);
            user.looks.settle(now);
            for room in &mut user.rooms {
                room.settle(now);
            }
        }
        for page in 0..self.pages.len() {
            let clean = self.pages[page].clean.unwrap_or_else(|| self.began_clean(page));
            self.pages[page].clean = Some(clean);
        }
        for page in &mut self.pages {
            if page.life == Life::Vanished {
                page.life = Life::Ended;
            }
            page.disturbed = false;
            if let Some(end) = &mut page.end {
                end.done = end.done.min(now);
            }
        }
        for said in &mut self.ledger.said[self.ledger.round.0..] {
            said.span.done = said.span.done.min(now);
        }
        self.ledger.settle_signals(now);
        for ((one, other), pair) in &mut self.ledger.pairs {
            pair.settle(now);
            if [*one, *other].iter().any(|user| !*self.users[*user].online.last()) {
                pair.is_known(false);
            }
        }
    }

    /// Everything that is wrong at rest.
    fn wrong_rest(&mut self) -> Vec<String> {
        let now = self.tick();
        let mut wrong = self.wrong_messages(now);
        wrong.extend(self.wrong_signals());
        wrong.extend(self.wrong_light());
        for user in 0..self.users.len() {
            for page in self.users[user].pages.clone() {
                if self.pages[page].life == Life::Living {
                    wrong.extend(self.wrong_view(page));
                    wrong.extend(self.wrong_groups(page, now));
                }
                wrong.extend(self.wrong_order(page));
            }
        }
        if wrong.is_empty() {
            wrong.extend(self.wrong_lists());
        }
        wrong
    }

    /// Compares the lists of users and members that the site gets.
    fn wrong_lists(&mut self) -> Vec<String> {
        let mut wrong = Vec::new();
        let names: Vec<String> = (0..self.plan.names).map(|number| format!("user{number}")).collect();
        for domain in 0..2 {
            let params = [("names", names.join(",")), ("version", "6".to_owned())];
            let answer = self.ask(domain, "/onlines", None, &params).json();
            let users = self.users.iter().filter(|user| user.domain == domain);
            let visible: Vec<_> =
                users.filter(|user| *user.online.last() && user.looks.last().visible()).collect();
            let expected = visible.iter().map(|user| {
                let looks = user.looks.last();
                serde_json::json!({"name": user.name, "nick": looks.nick, "show": looks.show, "status": looks.status})
            });
            let expected = serde_json::Value::from(expected.collect::<Vec<_>>());
            if answer != expected {
                wrong.push(format!("{answer} are online in {domain}, not {expected}"));
            }
            let rooms = (0..self.plan.rooms).map(|room| {
                let inside = visible.iter().filter(|user| *user.rooms[room].last());
                (
                    room_name(room),
                    inside.map(|user| (user.name.clone(), user.looks.last().nick.clone())).collect(),
                )
            });
            let rooms: Vec<(String, BTreeSet<(String, String)>)> = rooms.collect();
            for (room, expected) in rooms {
                let answer = self.ask(domain, "/room/members", None, &[("room", room.clone())]).json();
                let text =
                    |entry: &serde_json::Value, name: &str| entry[name].as_str().expect("a text").to_owned();
                let list = answer[&room].as_array().expect("a list");
                let found: BTreeSet<_> =
                    list.iter().map(|entry| (text(entry, "id"), text(entry, "nick"))).collect();
                if found != expected || found.len() != list.len() {
                    wrong.push(format!("{answer} are in {room} of {domain}, not {expected:?}"));
                }
            }
        }
        wrong
    }

    /// Every visible user changes the status, one after the other: the pages that get the presence are those of linked
    /// users.
    fn probe(&mut self) -> Option<()> {
        let users: Vec<usize> = (0..self.users.len()).collect();
        let visible: Vec<usize> = users
            .into_iter()
            .filter(|user| self.living(*user).count() > 0 && self.users[*user].looks.last().visible())
            .collect();
        let before: Vec<_> = self.pages.iter().map(|page| page.view.clone()).collect();
        for user in &visible {
            let show = self.users[*user].looks.last().show.clone();
            self.show(*user, None, &show);
            self.answered_all()?;
        }
        self.eventually(World::wrong_sessions)?;
        for at in 0..visible.len() {
            for other in at + 1..visible.len() {
                let (one, other) = (visible[at], visible[other]);
                if self.users[one].domain == self.users[other].domain {
                    self.compare_link(one, other, &before);
                }
            }
        }
        Some(())
    }
}
