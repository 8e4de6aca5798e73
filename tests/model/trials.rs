//! Trials at rest: things whose outcome is exact because nothing else happens.
//!
//! Owns: these trials and their outcomes. Must not: leave a page or a message that the ledger does not know.
use nextim::Timeouts;

use super::acts::Sender;
use super::ledger::{Kind, Span};
use super::pages::{Life, SLACK_MS};
use super::plan::Plan;
use super::rest::PATIENCE_MS;
use super::world::World;

/// How long the server may drain.
const DRAIN_MS: u64 = Timeouts::DEFAULT.drain_ms;
/// Sessions a user may have.
const SESSIONS: usize = 32;

impl World {
    /// Runs some of the trials.
    pub(crate) fn try_all(&mut self) -> Option<()> {
        self.look_exactly()?;
        if self.random.chance(40) {
            self.fill_a_queue()?;
        }
        if self.random.chance(20) {
            self.open_too_many()?;
        }
        self.rest_again()
    }

    /// A user with a page, if there is one.
    fn somebody(&mut self) -> Option<usize> {
        let users: Vec<usize> = (0..self.users.len()).filter(|user| self.living(*user).count() > 0).collect();
        (!users.is_empty()).then(|| self.random.pick(&users))
    }

    /// A page does not poll again; its poll is answered.
    fn hold(&mut self, page: usize) -> Option<()> {
        self.pages[page].hold = true;
        let until = self.ms() + PATIENCE_MS;
        while self.pages[page].poll.is_some() && self.stalled.is_none() {
            assert!(self.ms() < until, "the poll of page {page} is not answered");
            self.pump(5);
        }
        self.stalled.is_none().then_some(())
    }

    /// A page that does not poll gets as many messages as fit, and one more.
    fn fill_a_queue(&mut self) -> Option<()> {
        let Some(user) = self.somebody() else { return Some(()) };
        let page = self.living(user).next().expect("the user has one");
        self.hold(page)?;
        let (domain, to) = (self.users[user].domain, self.users[user].name.clone());
        let sessions = self.living(user).count() as u64;
        for _ in 0..self.plan.queue_messages {
            self.say(&Sender::NEWS, domain, Kind::Unicast, &to);
            self.answered_all()?;
            assert_eq!(
                self.ledger.said.last().map(|said| said.delivered),
                Some(sessions),
                "to all of user {user}"
            );
        }
        let silence_ms = self.server_ms() - self.pages[page].contact_ms;
        if silence_ms + SLACK_MS > self.plan.session_idle_ms {
            self.stall(format!("page {page} was to be full within {silence_ms} ms"));
            return None;
        }
        let sent = self.tick();
        self.pages[page].end = Some(Span::from(sent));
        if sessions > 1 {
            self.say(&Sender::NEWS, domain, Kind::Unicast, &to);
            self.answered_all()?;
            assert_eq!(
                self.ledger.said.last().map(|said| said.delivered),
                Some(sessions - 1),
                "page {page} is full"
            );
        } else {
            // It is not in the ledger, so a page that sees it fails.
            let since = self.server_ms();
            self.users[user].leaving_ms = Some(since);
            let params = [
                ("from", "news".to_owned()),
                ("to", to),
                ("body", "x".to_owned()),
                ("id", "refused".to_owned()),
            ];
            let answer = self.ask(domain, "/messages", None, &params);
            assert_eq!(answer.status, 503, "the only page is full: {answer:?}");
        }
        let answer = self.ask(domain, "/onlines", Some(page), &[("names", "user0".to_owned())]);
        assert_eq!((answer.status, answer.text()), (404, "no client found"), "page {page} was full");
        let done = self.tick();
        self.pages[page].end = Some(Span { sent, done });
        self.pages[page].life = Life::Ended;
        if sessions == 1 {
            self.open(user, None, &[], &[], Some(6));
            self.answered_all()?;
        }
        self.rest_again()
    }

    /// One page more than a user may have: the one idle longest is stopped.
    fn open_too_many(&mut self) -> Option<()> {
        let Some(user) = self.somebody() else { return Some(()) };
        let begin = self.server_ms();
        let mut extra = Vec::new();
        while self.living(user).count() < SESSIONS {
            let page = self.open(user, None, &[], &[], Some(6));
            self.pages[page].hold = true;
            self.answered_all()?;
            extra.push(page);
        }
        let sent = self.tick();
        self.pages[extra[0]].end = Some(Span::from(sent));
        extra.push(self.open(user, None, &[], &[], Some(3)));
        self.answered_all()?;
        if self.server_ms() - begin + SLACK_MS > self.plan.session_cut_ms {
            self.stall("pages were to be opened faster".to_owned());
            return None;
        }
        let domain = self.users[user].domain;
        let names = [("names", "user0".to_owned())];
        let gone = self.ask(domain, "/onlines", Some(extra[0]), &names);
        assert_eq!(
            (gone.status, gone.text()),
            (404, "no client found"),
            "page {} was idle longest",
            extra[0]
        );
        let done = self.tick();
        self.pages[extra[0]].end = Some(Span { sent, done });
        self.pages[extra[0]].life = Life::Ended;
        for page in extra.drain(1..) {
            self.close_page(page);
            self.answered_all()?;
        }
        self.rest_again()
    }

    /// SIGTERM: waiting polls are answered, and messages that were not acknowledged come back to the site.
    pub(crate) fn go_down(&mut self) -> Option<()> {
        let first = self.ledger.said.len();
        for user in 0..self.plan.names {
            let Some(page) = self.living(user).next() else { continue };
            if self.living(user).count() == 1 && self.random.chance(50) {
                self.hold(page)?;
                let (domain, to) = (self.users[user].domain, self.users[user].name.clone());
                self.say(&Sender::NEWS, domain, Kind::Unicast, &to);
                self.answered_all()?;
            }
        }
        self.going_down = true;
        self.terminated_ms = self.server_ms();
        self.server.terminate();
        let until = self.ms() + PATIENCE_MS;
        let status = loop {
            assert!(self.ms() < until, "the server does not end");
            self.pump(10);
            if let Some(status) = self.server.ended() {
                break status;
            }
        };
        self.pump(10);
        if self.stalled.is_some() {
            return None;
        }
        assert!(status.success(), "the server ended with {status}");
        for (message, said) in self.ledger.said.iter().enumerate().skip(first) {
            assert!(
                Plan::takes_back(said.domain) && said.returned == 1,
                "message {message} came back {} times",
                said.returned
            );
        }
        Some(())
    }

    /// A poll is not answered when the server ends. All polls were sent before SIGTERM, so it has read them: only one that
    /// was not done in the time for draining may do that.
    pub(crate) fn dropped_at_the_end(&mut self, page: usize) {
        let ran_ms = self.server_ms() - self.terminated_ms;
        assert!(ran_ms >= DRAIN_MS, "the poll of page {page} is dropped {ran_ms} ms after SIGTERM");
        self.stall(format!("the server drains for {ran_ms} ms"));
    }

    /// One more page for some users, now that nothing else happens: its answer must be exact.
    fn look_exactly(&mut self) -> Option<()> {
        for domain in 0..2 {
            let user = domain * self.plan.names + self.random.below(self.plan.names);
            if self.living(user).count() == 0 {
                continue;
            }
            let rooms: Vec<usize> =
                (0..self.plan.rooms).filter(|room| *self.users[user].rooms[*room].last()).collect();
            let names: Vec<String> = (0..self.plan.names).map(|number| format!("user{number}")).collect();
            let version = self.random.pick(&[None, Some(3), Some(5), Some(6)]);
            let page = self.open(user, None, &rooms, &names, version);
            self.answered_all()?;
            self.close_page(page);
            self.answered_all()?;
            self.check_refusals(domain, page);
        }
        Some(())
    }

    /// A ticket is good for nothing once its session has ended, nor in the other domain.
    fn check_refusals(&mut self, domain: usize, page: usize) {
        let answer = self.ask(domain, "/onlines", Some(page), &[("names", "user0".to_owned())]);
        assert_eq!((answer.status, answer.text()), (404, "no client found"));
        let user = self.pages[page].user;
        let Some(living) = self.living(user).next() else { return };
        let answer = self.ask(
            1 - domain,
            "/messages",
            Some(living),
            &[("to", "user0".to_owned()), ("body", "stray".to_owned())],
        );
        assert_eq!((answer.status, answer.text()), (404, "no client found"), "a ticket of the other domain");
    }
}
