//! The rules of the contract: bounds of every answer, and the messages each page must have seen.
//!
//! Owns: what the ledger allows and demands. Must not: use sockets.

use std::collections::BTreeSet;

use serde_json::Value;

use super::calls::room_name;
use super::ledger::{Kind, Looks, OPEN, Said, Span};
use super::opening::Buddy;
use super::pages::Life;
use super::plan::Plan;
use super::world::World;

/// How long after its last answer was read a session has no poll at the server for certain, in milliseconds of the
/// server. One shard writes the answer, and another one owns the session: until the mail that says what became of the
/// answer has come there, the session has a poll, and a page that opens is not given what waits in it. Longer, and the
/// scripts in which a page opens beside one that holds would show nothing. See [`LAGS_OF_FATE`].
const FATE_MS: u64 = 50;
/// How many times later than the model's own thread that mail may be.
const LAGS_OF_FATE: u64 = 4;

impl World {
    pub(crate) fn visible_possibly(&self, user: usize, span: Span) -> bool {
        self.users[user].online.possibly(span) && self.users[user].looks.within(span).any(Looks::visible)
    }

    pub(crate) fn visible_surely(&self, user: usize, span: Span) -> bool {
        self.users[user].online.surely(span) && self.users[user].looks.within(span).all(Looks::visible)
    }

    pub(crate) fn of_domain(&self, user: usize) -> impl Iterator<Item = usize> + use<> {
        let first = self.users[user].domain * self.plan.names;
        first..first + self.plan.names
    }

    /// Whether a user may have shown this at some time of a span.
    fn may_show(
        &self,
        user: usize,
        span: Span,
        nick: Option<&str>,
        show: Option<&str>,
        status: Option<&str>,
    ) -> bool {
        self.users[user].looks.within(span).any(|looks| {
            nick.is_none_or(|nick| looks.nick == nick)
                && show.is_none_or(|show| looks.show == show)
                && status.is_none_or(|status| looks.status == status)
        })
    }

    /// The answer of `/presences/online` is as it may be.
    #[allow(clippy::too_many_arguments, reason = "they are what was asked and answered")]
    pub(crate) fn check_opened(
        &self,
        page: usize,
        span: Span,
        late: bool,
        rooms: &[(usize, usize)],
        named: &[usize],
        answer: &Value,
        buddies: &[Buddy],
    ) {
        let user = self.pages[page].user;
        let others = || self.users[user].pages.iter().filter(|other| **other != page);
        let least = 1 + others().filter(|other| self.surely_open(**other, span)).count();
        let most = 1 + others().filter(|other| self.possibly_open(**other, span)).count();
        let count = usize::try_from(answer["clientnum"].as_u64().expect("a number")).expect("it is small");
        assert!(
            (least..=most).contains(&count),
            "page {page}: clientnum {count} is not within {least}..={most}"
        );

        let totals = totals_of(answer, self.pages[page].version);
        assert!(late || totals.len() == rooms.len(), "page {page}: rooms are missing in {answer}");
        for (name, total) in totals {
            let room = rooms.iter().map(|(room, _)| *room).find(|room| room_name(*room) == name);
            self.check_total(user, span, late, room.expect("it was asked for"), total);
        }

        let listed: BTreeSet<&str> = buddies.iter().map(|(name, ..)| &**name).collect();
        assert_eq!(listed.len(), buddies.len(), "page {page}: a buddy is listed twice");
        for (name, nick, show, status) in buddies {
            let other =
                named.iter().copied().find(|other| self.users[*other].name == *name).expect("it was named");
            let may = self.visible_possibly(other, span)
                && self.may_show(other, span, nick.as_deref(), Some(show), status.as_deref());
            assert!(may && show != "invisible", "page {page}: {name} is not like that: {answer}");
        }
        let missing = named.iter().find(|other| {
            let linked = self.visible_surely(**other, span) && !self.ledger.may_cut(user, **other, span);
            linked && !listed.contains(&*self.users[**other].name)
        });
        if let Some(missing) = missing.filter(|_| !late) {
            let told = self.plan.scarce() && answer["truncated"] == true;
            assert!(told, "page {page}: {} is online and not listed: {answer}", self.users[*missing].name);
        }
    }

    /// The total of a room, in an answer to one of its members.
    pub(crate) fn check_total(&self, user: usize, span: Span, late: bool, room: usize, total: u64) {
        let others = || self.of_domain(user).filter(|other| *other != user);
        let surely =
            |other: &usize| self.users[*other].rooms[room].surely(span) && self.visible_surely(*other, span);
        let possibly = |other: &usize| {
            self.users[*other].rooms[room].possibly(span) && self.visible_possibly(*other, span)
        };
        let least = if late { 1 } else { 1 + others().filter(surely).count() as u64 };
        let most = 1 + others().filter(possibly).count() as u64;
        assert!(
            (least..=most).contains(&total),
            "user {user}: room{room} has {total} members, not {least}..={most}"
        );
    }

    /// The answer of `/onlines` is as it may be.
    pub(crate) fn check_onlines(&self, viewer: usize, span: Span, late: bool, answer: &Value) {
        let list = answer.as_array().expect("a list");
        let text = |entry: &Value, name: &str| entry[name].as_str().expect("a text").to_owned();
        let listed: BTreeSet<String> = list.iter().map(|entry| text(entry, "name")).collect();
        assert_eq!(listed.len(), list.len(), "somebody is listed twice: {answer}");
        for entry in list {
            let name = text(entry, "name");
            let other = self.find_user(self.users[viewer].domain, &name).expect("the user was asked for");
            let (nick, show, status) = (text(entry, "nick"), text(entry, "show"), text(entry, "status"));
            let seen = self.visible_possibly(other, span) && show != "invisible"
                || other == viewer && self.users[other].online.possibly(span);
            assert!(
                seen && self.may_show(other, span, Some(&nick), Some(&show), Some(&status)),
                "{name} is not like that: {answer}"
            );
        }
        for other in self.of_domain(viewer) {
            let must =
                self.visible_surely(other, span) || other == viewer && self.users[other].online.surely(span);
            let name = &self.users[other].name;
            assert!(late || !must || listed.contains(name), "{name} is online and not listed: {answer}");
        }
    }

    /// The answer of `/room/members` is as it may be.
    pub(crate) fn check_members(&self, viewer: usize, span: Span, late: bool, room: usize, answer: &Value) {
        let list = answer[room_name(room)].as_array().expect("a list under the room's name");
        let text = |entry: &Value, name: &str| entry[name].as_str().expect("a text").to_owned();
        let listed: BTreeSet<String> = list.iter().map(|entry| text(entry, "id")).collect();
        assert_eq!(listed.len(), list.len(), "somebody is listed twice: {answer}");
        for entry in list {
            let name = text(entry, "id");
            let other = self.find_user(self.users[viewer].domain, &name).expect("a member is somebody");
            let seen = self.visible_possibly(other, span) || other == viewer;
            let may = self.users[other].rooms[room].possibly(span)
                && seen
                && self.users[other].online.possibly(span);
            assert!(
                may && self.may_show(other, span, Some(&text(entry, "nick")), None, None),
                "{name} is no such member: {answer}"
            );
        }
        for other in self.of_domain(viewer) {
            let seen =
                self.visible_surely(other, span) || other == viewer && self.users[other].online.surely(span);
            let must = seen && self.users[other].rooms[room].surely(span);
            let name = &self.users[other].name;
            assert!(late || !must || listed.contains(name), "{name} is a member and not listed: {answer}");
        }
    }

    /// Whether a user surely is among those a message is for, copies apart.
    fn is_for(&self, said: &Said, user: usize) -> bool {
        let there = || Some(user) != said.sender && self.users[user].online.surely(said.span);
        match said.kind {
            Kind::Unicast => said.receiver == Some(user),
            Kind::Multicast => there() && self.users[user].rooms[room_number(&said.to)].surely(said.span),
            Kind::Broadcast => there(),
        }
    }

    /// X-NextIM-Delivered is as it may be.
    pub(crate) fn check_delivered(&self, message: usize) {
        let said = &self.ledger.said[message];
        let first = said.domain * self.plan.names;
        let (mut least, mut most) = (0, 0);
        let (mut least_visible, mut most_visible) = (0, 0);
        for user in first..first + self.plan.names {
            let may = match said.kind {
                Kind::Unicast => said.receiver == Some(user),
                Kind::Multicast => {
                    Some(user) != said.sender
                        && self.users[user].rooms[room_number(&said.to)].possibly(said.span)
                }
                Kind::Broadcast => Some(user) != said.sender,
            };
            if !may {
                continue;
            }
            let pages = &self.users[user].pages;
            let possible = pages.iter().filter(|page| self.possibly_open(**page, said.span)).count();
            let sure = pages.iter().filter(|page| self.surely_open(**page, said.span)).count();
            // A lingering user counts as one if the message comes back otherwise.
            let comes_back = said.kind == Kind::Unicast && Plan::takes_back(said.domain);
            let online = &self.users[user].online;
            let most_of_it = possible.max(usize::from(comes_back && online.possibly(said.span)));
            most += most_of_it;
            most_visible += if self.visible_possibly(user, said.span) { most_of_it } else { 0 };
            if self.is_for(said, user) && !said.late {
                let least_of_it =
                    sure.max(usize::from(comes_back && possible == 0 && online.surely(said.span)));
                least += least_of_it;
                least_visible += if self.visible_surely(user, said.span) { least_of_it } else { 0 };
            }
        }
        let count = usize::try_from(said.delivered).expect("it is small");
        assert!(
            (least..=most).contains(&count),
            "message {message} went to {count} sessions, not {least}..={most}: {said:?}"
        );
        let count = usize::try_from(said.visible).expect("it is small");
        assert!(
            (least_visible..=most_visible).contains(&count),
            "message {message} went to {count} visible sessions, not {least_visible}..={most_visible}: {said:?}"
        );
    }

    /// Messages of this round that are missing, or came back wrongly.
    pub(crate) fn wrong_messages(&self, now: u64) -> Vec<String> {
        let mut wrong = Vec::new();
        for message in self.ledger.round.0..self.ledger.said.len() {
            let said = &self.ledger.said[message];
            let first = said.domain * self.plan.names;
            for user in first..first + self.plan.names {
                let copy = said.sender == Some(user);
                if copy || self.is_for(said, user) {
                    self.missed(message, user, now, &mut wrong);
                }
            }
        }
        wrong
    }

    /// The same for one message and one user.
    fn missed(&self, message: usize, user: usize, now: u64, wrong: &mut Vec<String>) {
        let said = &self.ledger.said[message];
        let own = said.kind == Kind::Unicast && said.receiver == Some(user);
        let others = || self.users[user].pages.iter().copied().filter(|page| own || said.page != Some(*page));
        for page in others().filter(|page| self.pages[*page].life == Life::Living) {
            let this = &self.pages[page];
            if this.has_seen(message) {
                continue;
            }
            if self.surely_open(page, said.span) {
                wrong.push(format!("page {page} of user {user} has not seen message {message}"));
            } else if self.was_left(message, page) {
                wrong
                    .push(format!("page {page} of user {user} was not given message {message} at its start"));
            }
        }
        // The page that sent it has it.
        let is_had = !own && said.page.is_some() && said.sender == Some(user)
            || others().any(|page| {
                let page = &self.pages[page];
                page.has_seen(message) && (page.life == Life::Living || page.may_have_acked(message, OPEN))
            });
        let since = Span { sent: said.span.sent, done: now };
        let stays = self.users[user].online.surely(since);
        let given = self.is_for(said, user) || others().any(|page| self.surely_open(page, said.span));
        if stays && given && !is_had {
            wrong.push(format!("message {message} is lost for user {user}"));
        }
        let returns = own && Plan::takes_back(said.domain);
        if returns && said.delivered > 0 && !is_had && said.returned == 0 {
            wrong.push(format!("message {message} for user {user} is gone"));
        }
        if returns && stays && said.returned > 0 {
            wrong.push(format!("message {message} came back, and user {user} is online"));
        }
    }

    /// Whether a message surely waited in a session without a poll when a page was opened.
    fn was_left(&self, message: usize, page: usize) -> bool {
        let said = &self.ledger.said[message];
        let user = self.pages[page].user;
        let Span { sent, done } = self.pages[page].opened;
        let through = Span { sent: said.span.sent, done };
        let holds = |other: &usize| {
            *other != page && self.surely_open(*other, through) && !self.may_poll(*other, page)
        };
        // One of the user's pages has it already, and the contract does not say that others miss it.
        let own = said.kind == Kind::Unicast && said.receiver == Some(user);
        let is_copy = said.page.is_some() && said.sender == Some(user) && !own;
        let pages = || self.users[user].pages.iter();
        let is_acked = pages().any(|other| self.pages[*other].may_have_acked(message, done));
        said.span.done < sent && !is_copy && !is_acked && pages().any(holds)
    }

    /// See [`FATE_MS`].
    pub(crate) fn fate_ms(&self) -> u64 {
        FATE_MS + LAGS_OF_FATE * self.lag_ms
    }

    /// Whether the server may have had a poll of `page` while `opened` was opened.
    fn may_poll(&self, page: usize, opened: usize) -> bool {
        let opened = &self.pages[opened];
        let fate_ms = self.fate_ms();
        self.pages[page].polling.iter().any(|(span, done_ms)| {
            span.sent <= opened.opened.done
                && (span.done >= opened.opened.sent || done_ms + fate_ms >= opened.opened_ms)
        })
    }

    /// Whether nothing that a page was not given at its start could reach it later, out of order.
    pub(crate) fn began_clean(&self, page: usize) -> bool {
        let others = self.users[self.pages[page].user].pages.iter();
        let mut others =
            others.filter(|other| **other != page && self.possibly_open(**other, self.pages[page].opened));
        !others.any(|other| self.may_poll(*other, page))
    }

    /// Messages that a page saw in a wrong order. One call surely was before another if it was answered before the
    /// other was sent.
    pub(crate) fn wrong_order(&self, page: usize) -> Vec<String> {
        let this = &self.pages[page];
        let clean = this.clean == Some(true);
        let mut wrong = Vec::new();
        // The message that was sent last, of those seen so far.
        let mut newest: Option<usize> = None;
        for message in &this.seen {
            let span = self.ledger.said[*message].span;
            let direct = this.opened.before(span);
            if !direct && !clean {
                continue;
            }
            if let Some(newest) = newest
                && span.before(self.ledger.said[newest].span)
            {
                wrong.push(format!("page {page} saw message {message} after message {newest}"));
            }
            if newest.is_none_or(|newest| self.ledger.said[newest].span.sent < span.sent) {
                newest = Some(*message);
            }
        }
        wrong
    }
}

/// The rooms in the answer of `/presences/online`, and their totals.
fn totals_of(answer: &Value, version: Option<u8>) -> Vec<(String, u64)> {
    let number = |value: &Value| value.as_u64().expect("a number");
    if version.is_none() {
        let totals = answer["roominfo"].as_object().expect("an object").iter();
        return totals.map(|(room, total)| (room.clone(), number(total))).collect();
    }
    let totals = answer["rooms"].as_array().expect("a list").iter();
    totals.map(|room| (room["name"].as_str().expect("a name").to_owned(), number(&room["total"]))).collect()
}

/// The number of a room.
pub(crate) fn room_number(name: &str) -> usize {
    name.strip_prefix("room").and_then(|number| number.parse().ok()).expect("a room")
}
