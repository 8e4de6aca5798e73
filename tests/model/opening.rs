//! Pages that open: `/presences/online` and its answer.
//!
//! Owns: the parameters of the call, and its records in the ledger: presence, rooms and links. Must not: choose calls.

use std::collections::BTreeSet;

use nextim_testkit::http::Response;
use serde_json::Value;

use super::calls::{Ask, Call, room_name};
use super::groups::V5;
use super::ledger::{LinkEvent, Looks, OPEN, Span};
use super::pages::{Life, Page, SLACK_MS};
use super::world::World;

impl World {
    /// `/presences/online`; with new looks, or those the user has.
    pub(crate) fn open(
        &mut self,
        user: usize,
        show: Option<&str>,
        rooms: &[usize],
        buddies: &[String],
        version: Option<u8>,
    ) -> usize {
        let looks = show.map(|show| self.new_looks(user, show));
        let sent = self.tick();
        let style = self.random.next();
        let page = self.pages.len();
        let mut opening = Page::new(user, version, style, sent);
        opening.contact_ms = self.server_ms();
        opening.opened_ms = opening.contact_ms;
        let domain = self.users[user].domain;
        let named: BTreeSet<usize> = buddies
            .iter()
            .filter_map(|name| self.find_user(domain, name))
            .filter(|other| *other != user)
            .collect();
        opening.knows = named.iter().map(|other| self.users[*other].name.clone()).collect();
        opening.opening_named.clone_from(&opening.knows);
        self.pages.push(opening);
        let comes = !*self.users[user].online.last();
        let serial = self.number();
        let this = &mut self.users[user];
        this.pages.push(page);
        let mut params = vec![("name", this.name.clone())];
        if let Some(looks) = &looks {
            params.extend([
                ("nick", looks.nick.clone()),
                ("show", looks.show.clone()),
                ("status", looks.status.clone()),
            ]);
        }
        let looks = match looks {
            Some(looks) => Some(this.looks.change(sent, looks)),
            // A first session without nick, show and status has the defaults.
            None if comes => {
                let looks = Looks {
                    nick: this.name.clone(),
                    show: "available".into(),
                    status: String::new(),
                    serial,
                };
                Some(this.looks.change(sent, looks))
            }
            None => None,
        };
        let online = comes.then(|| this.online.change(sent, true));
        let entered = rooms.iter().map(|room| (*room, this.rooms[*room].change(sent, true))).collect();
        let list = |names: &[String]| names.join(",");
        let room_names: Vec<String> = rooms.iter().map(|room| room_name(*room)).collect();
        params.extend([("buddies", list(buddies)), ("rooms", list(&room_names))]);
        params.extend(version.map(|version| ("version", version.to_string())));
        for other in &named {
            self.ledger
                .pair(user, *other)
                .events
                .push(LinkEvent::Named { span: Span::from(sent), sure: false });
        }
        let named: Vec<usize> = named.into_iter().collect();
        let ask = Ask::Online { page, looks, online, rooms: entered, named };
        let path = if version == V5 { "/v5/presences/online" } else { "/presences/online" };
        self.call(Call::new(Some(user), sent, None, ask), path, &params);
        page
    }

    /// A page has its ticket.
    #[allow(clippy::too_many_arguments, reason = "they are what was asked")]
    pub(crate) fn opened(
        &mut self,
        done: u64,
        late: bool,
        page: usize,
        (looks, online): (Option<usize>, Option<usize>),
        rooms: &[(usize, usize)],
        named: &[usize],
        response: &Response,
    ) {
        let answer = response.json();
        let user = self.pages[page].user;
        let partial = answer.get("partial").is_some();
        self.count("pages");
        if partial {
            self.count("partial answers");
        }
        if partial && !late {
            // The server's threads may have had no processor while this one had. If it happens in every run, the server
            // does not wait.
            return self.stall(format!("page {page}: partial, and in time"));
        }
        let span = Span { sent: self.pages[page].opened.sent, done };
        let this = &mut self.users[user];
        if let Some(entry) = looks {
            this.looks.done(entry, if late { OPEN } else { done });
        }
        if let Some(entry) = online {
            this.online.done(entry, done);
        }
        for (room, entry) in rooms {
            this.rooms[*room].done(*entry, if late { OPEN } else { done });
        }
        if let Some(since) = this.leaving_ms.take() {
            let gone_ms = self.server_ms() - since;
            if gone_ms + SLACK_MS >= self.plan.linger_ms {
                self.stall(format!("user {user} came back after {gone_ms} ms"));
            }
        }
        let own_serial = self.users[user].looks.last().serial;
        let this = &mut self.pages[page];
        this.opened.done = done;
        this.life = Life::Living;
        answer["ticket"].as_str().expect("a ticket").clone_into(&mut this.ticket);
        this.own_serial = own_serial;
        let buddies = buddies_of(&answer, this.version);
        this.view = buddies
            .iter()
            .map(|(name, _, show, status)| (name.clone(), (show.clone(), status.clone())))
            .collect();
        let wait = self.random.pick(&[0, 0, 0, 10, 80]);
        self.pages[page].next_ms = self.ms() + wait;
        self.check_opened(page, span, late, rooms, named, &answer, &buddies);
        let end = if late { OPEN } else { done };
        for other in named {
            let listed = buddies.iter().any(|(name, ..)| *name == self.users[*other].name);
            let there = !late && !self.plan.scarce() && self.users[*other].online.surely(span);
            let events = &mut self.ledger.pair(user, *other).events;
            let event = events
                .iter_mut()
                .rev()
                .find(|event| matches!(event, LinkEvent::Named { span: have, .. } if have.sent == span.sent));
            *event.expect("it was noted") =
                LinkEvent::Named { span: Span { sent: span.sent, done: end }, sure: there || listed };
        }
    }
}

/// A buddy in the answer of `/presences/online`: name, nick, show and status, as far as the dialect has them.
pub(crate) type Buddy = (String, Option<String>, String, Option<String>);

fn buddies_of(answer: &Value, version: Option<u8>) -> Vec<Buddy> {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    if version.is_none() {
        let buddies = answer["buddies"].as_object().expect("an object");
        return buddies.iter().map(|(name, show)| (name.clone(), None, text(show), None)).collect();
    }
    let buddies = answer["buddies"].as_array().expect("a list");
    let one = |buddy: &Value| {
        let [name, nick, show, status] =
            ["name", "nick", "show", "status"].map(|member| text(&buddy[member]));
        (name, Some(nick), show, Some(status))
    };
    buddies.iter().map(one).collect()
}
