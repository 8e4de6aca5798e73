//! Calls of the sites: sending them, checking their answers, and recording both in the ledger.
//!
//! Owns: the parameters and the answers of each call. Must not: choose calls.

use super::ledger::{Kind, LinkEvent, Looks, OPEN, Span};
use super::pages::Life;
use super::plan::{DOMAINS, key, mark};
use super::world::{Purpose, World};
use nextim_testkit::http::{Response, post};

/// How many times later than this thread a thread of the server may be in one turn.
const LAGS: u64 = 2;

/// The kind of a call, with all that its answer needs.
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
    Signal {
        signal: usize,
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

impl Call {
    /// A call about a user, with the ticket of a page; `sent` is its moment.
    pub(crate) fn new(user: Option<usize>, sent: u64, page: Option<usize>, ask: Ask) -> Call {
        Call { user, ask, sent, sent_ms: 0, page }
    }
}

impl World {
    /// Sends a call of the site of its user, or of its message.
    pub(crate) fn call(&mut self, call: Call, path: &str, params: &[(&str, String)]) -> usize {
        let domain = match (call.user, &call.ask) {
            (Some(user), _) => self.users[user].domain,
            (None, Ask::Say { message }) => self.ledger.said[*message].domain,
            (None, ask) => panic!("a call of no domain: {ask:?}"),
        };
        self.call_in(domain, call, path, params)
    }

    fn call_in(&mut self, domain: usize, call: Call, path: &str, params: &[(&str, String)]) -> usize {
        let key = key(domain);
        let mut all = vec![("domain", DOMAINS[domain]), ("apikey", &*key)];
        let ticket = call.page.map(|page| self.pages[page].ticket.clone());
        all.extend(ticket.as_deref().map(|ticket| ("ticket", ticket)));
        all.extend(params.iter().map(|(name, value)| (*name, &**value)));
        let number = usize::try_from(call.sent).expect("moments are few");
        self.note(|| {
            let said: Vec<String> = params.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let Call { ask, page, .. } = &call;
            format!("call {number} in {domain}: {path} {} {ask:?} of page {page:?}", said.join("&"))
        });
        if let Some(user) = call.user {
            self.users[user].call = Some(number);
        }
        self.calls.insert(number, Call { sent_ms: self.ms(), ..call });
        self.send(&post(path, &all), Purpose::Call(number));
        number
    }

    /// A call was answered.
    pub(crate) fn answered(&mut self, number: usize, response: Response) {
        let done = self.tick();
        let call = self.calls.remove(&number).expect("it is under way");
        self.note(|| {
            let delivered = response.header("x-nextim-delivered").unwrap_or("-");
            format!("call {number}: {} delivered {delivered} {}", response.status, response.text())
        });
        if let Some(user) = call.user {
            self.users[user].call = None;
        }
        if matches!(call.ask, Ask::Question) {
            self.answers.insert(number, response);
            return;
        }
        if response.status == 404 && response.text() == "no client found" {
            let page = call.page.expect("nothing else is answered 404");
            return self.silent(page, "a call finds no client");
        }
        assert_eq!(response.status, 200, "call {number}: {response:?}");
        if let Some((page, silence_ms)) = self.may_have_expired() {
            return self.stall(format!("page {page} does not poll for {silence_ms} ms"));
        }
        let late = self.is_late(call.sent_ms);
        self.count(if late { "late answers" } else { "answers in time" });
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
            Ask::Say { message } => self.was_said(done, late, message, &response),
            Ask::Signal { signal } => self.was_signalled(done, late, signal, &response),
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

    /// Whether a call that was sent then and is answered now may have been answered for some owners only. It took about as
    /// long as a gather waits: the server may have begun to count before the call was sent, for it reads its clock once a
    /// turn, and its threads come as late as this one.
    fn is_late(&self, sent_ms: u64) -> bool {
        self.ms() - sent_ms + LAGS * self.lag_ms >= self.plan.gather_ms / 2
    }

    fn was_said(&mut self, done: u64, late: bool, message: usize, response: &Response) {
        is_ok(response);
        self.count("messages");
        let delivered = response.header("x-nextim-delivered").expect("X-NextIM-Delivered");
        let said = &mut self.ledger.said[message];
        (said.span.done, said.late) = (done, late);
        said.delivered = delivered.parse().expect("a number");
        let visible = response.header("x-nextim-visible").expect("X-NextIM-Visible");
        said.visible = visible.parse().expect("a number");
        self.check_delivered(message);
        let said = &mut self.ledger.said[message];
        if late && said.kind != Kind::Unicast {
            said.span.done = OPEN;
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
        let number = self.call_in(domain, Call::new(None, sent, page, Ask::Question), path, params);
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
        self.call(Call::new(Some(user), sent, Some(page), Ask::Close { page }), "/presences/offline", &[]);
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
        self.call(
            Call::new(Some(user), sent, None, Ask::LogOut { user }),
            "/presences/offline",
            &[("name", name)],
        );
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

    /// The sessions of a user have ended. If `done` is open, presences about it may still be on their way.
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
        self.call(
            Call::new(Some(user), sent, page, Ask::Show { looks, page, serial }),
            "/presences/show",
            &params,
        );
    }
}

/// Asserts that an answer is `ok`.
#[track_caller]
pub(crate) fn is_ok(response: &Response) {
    assert_eq!((response.status, response.text()), (200, "ok"));
}
