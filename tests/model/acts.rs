//! Calls that reach other users: messages, typing states, rooms and links; and the messages that come back.
//!
//! Owns: the parameters of these calls, and their records in the ledger. Must not: choose calls.

use nextim_testkit::http::Response;
use serde_json::Value;

use super::calls::{Ask, Call, is_ok, room_name};
use super::ledger::{Kind, LinkEvent, Moved, OPEN, Said, Span, Typed, meta_of};
use super::plan::mark;
use super::world::World;

/// The sender of a message.
pub(crate) struct Sender<'n> {
    /// The user whose turn it is; `None`: the site.
    pub(crate) user: Option<usize>,
    pub(crate) name: &'n str,
    /// The page whose ticket the call carries.
    pub(crate) page: Option<usize>,
}

impl Sender<'_> {
    /// The site itself.
    pub(crate) const NEWS: Sender<'static> = Sender { user: None, name: "news", page: None };
}

impl World {
    /// `/messages`, by a ticket or, without a page, by a name.
    pub(crate) fn say(&mut self, sender: &Sender<'_>, domain: usize, kind: Kind, to: &str) {
        let Sender { user, name: from, page } = *sender;
        let sent = self.tick();
        let message = self.ledger.said.len();
        let mark = mark(domain);
        let sender = self.find_user(domain, from);
        let nick = format!("{mark}{message} says");
        let body = self.random.pick(&["hello", "<b>\"\u{2028}你好\" \\</script>", "a=b&c=d%20+", "x"]);
        let body = format!("{mark}{message} {body}");
        let word = match kind {
            Kind::Unicast => self.random.pick(&["unicast", "chat", ""]),
            Kind::Multicast => self.random.pick(&["multicast", "grpchat"]),
            Kind::Broadcast => "broadcast",
        };
        let mut params = vec![
            ("to", to.to_owned()),
            ("nick", nick.clone()),
            ("body", body.clone()),
            ("style", format!("style {message}")),
            ("timestamp", message.to_string()),
            ("id", format!("{mark}{message}")),
        ];
        params.extend(meta_of(message).map(|meta| ("meta", meta.to_string())));
        params.extend((!word.is_empty()).then(|| ("type", word.to_owned())));
        params.extend(page.is_none().then(|| ("from", from.to_owned())));
        let receiver = (kind == Kind::Unicast).then(|| self.find_user(domain, to)).flatten();
        let to = if kind == Kind::Broadcast { "" } else { to };
        self.ledger.said.push(Said {
            domain,
            kind,
            from: from.to_owned(),
            sender,
            page,
            nick,
            receiver,
            to: to.to_owned(),
            body,
            span: Span::from(sent),
            late: true,
            delivered: 0,
            visible: 0,
            returned: 0,
            returned_at: OPEN,
        });
        self.call(Call::new(user, sent, page, Ask::Say { message }), "/messages", &params);
    }

    /// `/statuses`.
    pub(crate) fn types(&mut self, user: usize, page: usize, to: usize) {
        let sent = self.tick();
        let typed = self.ledger.typed.len();
        let domain = self.users[user].domain;
        self.ledger.typed.push(Typed { from: user, to, span: Span::from(sent) });
        let show = format!("{}{typed}", mark(domain));
        let params = [("to", self.users[to].name.clone()), ("nick", format!("{show} nick")), ("show", show)];
        self.call(Call::new(Some(user), sent, Some(page), Ask::Type { typed }), "/statuses", &params);
    }

    /// `/room/join` and `/room/leave`.
    pub(crate) fn move_in(&mut self, user: usize, page: Option<usize>, room: usize, join: bool) {
        let sent = self.tick();
        let moved = self.ledger.moved.len();
        let effective = *self.users[user].rooms[room].last() != join;
        let name = room_name(room);
        let nick = format!("{}{moved}", mark(self.users[user].domain));
        self.ledger.moved.push(Moved {
            user,
            room: name.clone(),
            join,
            effective,
            span: Span::from(sent),
            late: true,
        });
        let entry = self.users[user].rooms[room].change(sent, join);
        let mut params = vec![("room", name), ("nick", nick)];
        params.extend(page.is_none().then(|| ("name", self.users[user].name.clone())));
        let path = if join { "/room/join" } else { "/room/leave" };
        self.call(Call::new(Some(user), sent, page, Ask::Move { moved, entry }), path, &params);
    }

    pub(crate) fn has_moved(
        &mut self,
        done: u64,
        late: bool,
        moved: usize,
        entry: usize,
        response: &Response,
    ) {
        let record = &mut self.ledger.moved[moved];
        (record.span.done, record.late) = (done, late);
        let Moved { user, room, join, span, .. } = record.clone();
        let number: usize = room.strip_prefix("room").and_then(|number| number.parse().ok()).expect("a room");
        self.users[user].rooms[number].done(entry, done);
        if join {
            let total = response.json()[&room].as_u64().unwrap_or_else(|| panic!("no total: {response:?}"));
            self.check_total(user, span, late, number, total);
        } else {
            is_ok(response);
        }
    }

    /// `/buddies/remove`.
    pub(crate) fn remove(&mut self, user: usize, others: &[usize]) {
        let sent = self.tick();
        for other in others {
            self.ledger.pair(user, *other).events.push(LinkEvent::Cut { span: Span::from(sent) });
        }
        let names: Vec<String> = others.iter().map(|other| self.users[*other].name.clone()).collect();
        let params = [("name", self.users[user].name.clone()), ("buddies", names.join(","))];
        self.call(Call::new(Some(user), sent, None, Ask::Remove), "/buddies/remove", &params);
    }

    /// `/onlines`, for all names.
    pub(crate) fn asks_onlines(&mut self, user: usize, page: usize) {
        let sent = self.tick();
        let names: Vec<String> = (0..self.plan.names).map(|number| format!("user{number}")).collect();
        let params = [("names", names.join(",")), ("version", "6".to_owned())];
        let ask = Ask::Onlines { span: Span::from(sent), viewer: user };
        self.call(Call::new(Some(user), sent, Some(page), ask), "/onlines", &params);
    }

    /// `/room/members`.
    pub(crate) fn asks_members(&mut self, user: usize, page: usize, room: usize) {
        let sent = self.tick();
        let ask = Ask::Members { span: Span::from(sent), viewer: user, room };
        self.call(
            Call::new(Some(user), sent, Some(page), ask),
            "/room/members",
            &[("room", room_name(room))],
        );
    }

    /// Messages came back to the site.
    pub(crate) fn came_back(&mut self, body: &str) {
        let now = self.tick();
        self.note(|| format!("came back: {body}"));
        let messages: Vec<Value> = serde_json::from_str(body).expect("a JSON list");
        for message in messages {
            let id = message["id"].as_str().expect("an id");
            if id.starts_with("fence-") {
                continue;
            }
            World::is_of(0, id);
            let number: usize = id[1..].parse().expect("a message of this world");
            let said = &self.ledger.said[number];
            assert_eq!(
                (said.kind, &*said.body),
                (Kind::Unicast, message["body"].as_str().unwrap_or_default()),
                "{message}"
            );
            let receiver = said.receiver.expect("a user");
            let acked =
                self.users[receiver].pages.iter().any(|page| self.pages[*page].had_acked(number, OPEN));
            assert!(!acked, "message {number} came back and was acknowledged");
            assert_eq!(message.get("meta"), meta_of(number).as_ref(), "{message}");
            self.count("messages that came back");
            let said = &mut self.ledger.said[number];
            said.returned += 1;
            said.returned_at = said.returned_at.min(now);
            assert_eq!(said.returned, 1, "message {number} came back twice");
        }
    }
}
