//! Calls of the sites: how they are sent, what their answers must be, and what both say to the ledger.
//!
//! Owns: the parameters and the answers of each call. Must not: choose calls.

use serde_json::Value;

use super::ledger::{Kind, LinkEvent, Looks, Moved, OPEN, Said, Span, Typed};
use super::pages::Life;
use super::plan::{DOMAINS, key, mark};
use super::wire::{Response, request};
use super::world::{Purpose, World};

/// What was asked.
#[derive(Clone, Debug)]
pub(crate) enum Ask {
    Online {
        page: usize,
        looks: Option<usize>,
        online: Option<usize>,
        rooms: Vec<(usize, usize)>,
        named: Vec<usize>,
    },
    Close {
        page: usize,
    },
    LogOut {
        user: usize,
    },
    Show {
        looks: usize,
        page: Option<usize>,
        serial: u64,
    },
    Say {
        message: usize,
    },
    Type {
        typed: usize,
    },
    Move {
        moved: usize,
        entry: usize,
    },
    Remove,
    Onlines {
        span: Span,
        viewer: usize,
    },
    Members {
        span: Span,
        viewer: usize,
        room: usize,
    },
    /// The model itself looks at the answer.
    Question,
}

/// A call that is under way.
#[derive(Debug)]
pub(crate) struct Call {
    user: Option<usize>,
    ask: Ask,
    sent: u64,
    sent_ms: u64,
    /// The page whose ticket it carries.
    page: Option<usize>,
}

/// A room's name.
pub(crate) fn room_name(room: usize) -> String {
    format!("room{room}")
}

impl World {
    /// Sends a call of the site of `domain`. `sent` is its moment.
    pub(crate) fn call(
        &mut self,
        user: Option<usize>,
        sent: u64,
        page: Option<usize>,
        ask: Ask,
        path: &str,
        params: &[(&str, String)],
    ) -> usize {
        let domain = match (user, &ask) {
            (Some(user), _) => self.users[user].domain,
            (None, Ask::Say { message }) => self.ledger.said[*message].domain,
            (None, ask) => panic!("a call of no domain: {ask:?}"),
        };
        self.call_in(domain, user, sent, page, ask, path, params)
    }

    #[allow(clippy::too_many_arguments, reason = "they are what a call is made of")]
    fn call_in(
        &mut self,
        domain: usize,
        user: Option<usize>,
        sent: u64,
        page: Option<usize>,
        ask: Ask,
        path: &str,
        params: &[(&str, String)],
    ) -> usize {
        let key = key(domain);
        let mut all = vec![("domain", DOMAINS[domain]), ("apikey", &*key)];
        let ticket = page.map(|page| self.pages[page].ticket.clone());
        all.extend(ticket.as_deref().map(|ticket| ("ticket", ticket)));
        all.extend(params.iter().map(|(name, value)| (*name, &**value)));
        let number = usize::try_from(sent).expect("moments are few");
        self.note(|| {
            let said: Vec<String> = params.iter().map(|(name, value)| format!("{name}={value}")).collect();
            format!("call {number} in {domain}: {path} {} {ask:?} of page {page:?}", said.join("&"))
        });
        let call = Call { user, ask, sent, sent_ms: self.ms(), page };
        self.calls.insert(number, call);
        if let Some(user) = user {
            self.users[user].call = Some(number);
        }
        self.send(&request(true, path, &all), Purpose::Call(number));
        number
    }

    /// A call was answered.
    pub(crate) fn answered(&mut self, number: usize, response: Response) {
        let done = self.tick();
        let call = self.calls.remove(&number).expect("it is under way");
        self.note(|| {
            let delivered = response.header("x-nextim-delivered").unwrap_or("-");
            format!("call {number}: {} delivered {delivered} {}", response.status, response.body)
        });
        if let Some(user) = call.user {
            self.users[user].call = None;
        }
        if matches!(call.ask, Ask::Question) {
            self.answers.insert(number, response);
            return;
        }
        if response.status == 404 && response.body == "no client found" {
            let page = call.page.expect("nothing else is answered 404");
            return self.silent(page, "a call finds no client");
        }
        assert_eq!(response.status, 200, "call {number}: {response:?}");
        // A call that took as long as a gather waits may have been answered for some owners only.
        let late = self.ms() - call.sent_ms >= self.plan.gather_ms;
        match call.ask {
            Ask::Online { page, looks, online, rooms, named } => {
                self.opened(done, late, page, (looks, online), &rooms, &named, &response);
            }
            Ask::Close { page } => {
                is_ok(&response);
                let this = &mut self.pages[page];
                this.life = Life::Ended;
                this.end = Some(Span { sent: call.sent, done });
            }
            Ask::LogOut { user } => {
                is_ok(&response);
                self.logged_out(user, call.sent, if late { OPEN } else { done }, done);
            }
            Ask::Show { looks, page, serial } => {
                is_ok(&response);
                let user = call.user.expect("users show things");
                self.users[user].looks.done(looks, if late { OPEN } else { done });
                if let Some(page) = page {
                    self.pages[page].own_serial = self.pages[page].own_serial.max(serial);
                }
            }
            Ask::Say { message } => {
                is_ok(&response);
                let delivered = response.header("x-nextim-delivered").expect("X-NextIM-Delivered");
                let said = &mut self.ledger.said[message];
                (said.span.done, said.late) = (done, late);
                said.delivered = delivered.parse().expect("a number");
                self.check_delivered(message);
                let said = &mut self.ledger.said[message];
                if late && said.kind != Kind::Unicast {
                    said.span.done = OPEN;
                }
            }
            Ask::Type { typed } => {
                is_ok(&response);
                self.ledger.typed[typed].span.done = done;
            }
            Ask::Move { moved, entry } => self.has_moved(done, late, moved, entry, &response),
            Ask::Remove => {
                is_ok(&response);
                self.cut_links(call.sent, if late { OPEN } else { done });
            }
            Ask::Onlines { mut span, viewer } => {
                span.done = done;
                self.check_onlines(viewer, span, late, &response.json());
            }
            Ask::Members { mut span, viewer, room } => {
                span.done = done;
                self.check_members(viewer, span, late, room, &response.json());
            }
            Ask::Question => unreachable!("it was looked at above"),
        }
    }

    /// Asks something and waits for the answer.
    pub(crate) fn ask(
        &mut self,
        domain: usize,
        path: &str,
        page: Option<usize>,
        params: &[(&str, String)],
    ) -> Response {
        let sent = self.tick();
        let number = self.call_in(domain, None, sent, page, Ask::Question, path, params);
        let until = self.ms() + 20_000;
        loop {
            if let Some(response) = self.answers.remove(&number) {
                return response;
            }
            assert!(self.ms() < until, "{path} is not answered");
            self.pump(20);
        }
    }

    /// New looks for a user, which only this user has.
    pub(crate) fn new_looks(&mut self, user: usize, show: &str) -> Looks {
        let serial = self.number();
        let mark = mark(self.users[user].domain);
        let nick = format!("{mark}{serial} nick");
        Looks { nick, show: show.to_owned(), status: format!("{mark}{serial} <is> 你好"), serial }
    }

    /// `/presences/offline` with a ticket.
    pub(crate) fn close_page(&mut self, page: usize) {
        let sent = self.tick();
        let user = self.pages[page].user;
        self.pages[page].life = Life::Closing;
        self.pages[page].end = Some(Span::from(sent));
        self.call(Some(user), sent, Some(page), Ask::Close { page }, "/presences/offline", &[]);
    }

    /// `/presences/offline` with a name.
    pub(crate) fn log_out(&mut self, user: usize) {
        let sent = self.tick();
        for page in self.users[user].pages.clone() {
            let this = &mut self.pages[page];
            match this.life {
                Life::Living | Life::Vanished => {
                    this.life = if this.life == Life::Living { Life::Closing } else { this.life };
                    this.end.get_or_insert(Span::from(sent));
                }
                Life::Opening | Life::Closing | Life::Ended => {}
            }
        }
        self.goes_offline(user, sent);
        let name = self.users[user].name.clone();
        self.call(Some(user), sent, None, Ask::LogOut { user }, "/presences/offline", &[("name", name)]);
    }

    /// A user will be offline soon after `sent`, with all that belongs to that.
    pub(crate) fn goes_offline(&mut self, user: usize, sent: u64) {
        let this = &mut self.users[user];
        this.online.change(sent, false);
        for room in &mut this.rooms {
            room.change(sent, false);
        }
        for (_, pair) in
            self.ledger.pairs.iter_mut().filter(|((one, other), _)| *one == user || *other == user)
        {
            pair.events.push(LinkEvent::Cut { span: Span::from(sent) });
        }
    }

    /// Nothing is left of a user but what others have not been told yet, if that is late.
    fn logged_out(&mut self, user: usize, sent: u64, done: u64, answered: u64) {
        for page in self.users[user].pages.clone() {
            let this = &mut self.pages[page];
            if matches!(this.life, Life::Closing | Life::Vanished) {
                this.life = Life::Ended;
                let end = this.end.as_mut().expect("it was set");
                end.done = end.done.min(answered);
            }
        }
        self.users[user].online.settle(answered);
        for room in &mut self.users[user].rooms {
            room.settle(done);
        }
        self.cut_links(sent, done);
    }

    /// The links that were cut at `sent` are.
    fn cut_links(&mut self, sent: u64, done: u64) {
        for event in self.ledger.pairs.values_mut().flat_map(|pair| &mut pair.events) {
            match event {
                LinkEvent::Cut { span } if span.sent == sent => span.done = done,
                LinkEvent::Cut { .. } | LinkEvent::Named { .. } => {}
            }
        }
    }

    /// `/presences/show`.
    pub(crate) fn show(&mut self, user: usize, page: Option<usize>, show: &str) {
        let looks = self.new_looks(user, show);
        let sent = self.tick();
        let mut params = vec![
            ("nick", looks.nick.clone()),
            ("show", looks.show.clone()),
            ("status", looks.status.clone()),
        ];
        if page.is_none() {
            params.push(("name", self.users[user].name.clone()));
        }
        let serial = looks.serial;
        let looks = self.users[user].looks.change(sent, looks);
        self.call(Some(user), sent, page, Ask::Show { looks, page, serial }, "/presences/show", &params);
    }

    /// `/messages`, by a ticket or, without a page, by a name.
    pub(crate) fn say(
        &mut self,
        user: Option<usize>,
        domain: usize,
        from: &str,
        page: Option<usize>,
        kind: Kind,
        to: &str,
    ) {
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
            returned: 0,
            returned_at: OPEN,
        });
        self.call(user, sent, page, Ask::Say { message }, "/messages", &params);
    }

    /// `/statuses`.
    pub(crate) fn types(&mut self, user: usize, page: usize, to: usize) {
        let sent = self.tick();
        let typed = self.ledger.typed.len();
        let domain = self.users[user].domain;
        self.ledger.typed.push(Typed { from: user, to, span: Span::from(sent) });
        let show = format!("{}{typed}", mark(domain));
        let params = [("to", self.users[to].name.clone()), ("nick", format!("{show} nick")), ("show", show)];
        self.call(Some(user), sent, Some(page), Ask::Type { typed }, "/statuses", &params);
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
        self.call(Some(user), sent, page, Ask::Move { moved, entry }, path, &params);
    }

    fn has_moved(&mut self, done: u64, late: bool, moved: usize, entry: usize, response: &Response) {
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
        self.call(Some(user), sent, None, Ask::Remove, "/buddies/remove", &params);
    }

    /// `/onlines`, for all names.
    pub(crate) fn asks_onlines(&mut self, user: usize, page: usize) {
        let sent = self.tick();
        let names: Vec<String> = (0..self.plan.names).map(|number| format!("user{number}")).collect();
        let params = [("names", names.join(",")), ("version", "6".to_owned())];
        let ask = Ask::Onlines { span: Span::from(sent), viewer: user };
        self.call(Some(user), sent, Some(page), ask, "/onlines", &params);
    }

    /// `/room/members`.
    pub(crate) fn asks_members(&mut self, user: usize, page: usize, room: usize) {
        let sent = self.tick();
        let ask = Ask::Members { span: Span::from(sent), viewer: user, room };
        self.call(Some(user), sent, Some(page), ask, "/room/members", &[("room", room_name(room))]);
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
            let said = &mut self.ledger.said[number];
            said.returned += 1;
            said.returned_at = said.returned_at.min(now);
            assert_eq!(said.returned, 1, "message {number} came back twice");
        }
    }
}

#[track_caller]
fn is_ok(response: &Response) {
    assert_eq!((response.status, &*response.body), (200, "ok"));
}
