//! Polls: pages send them, cut them, replace them, and read their answers.
//!
//! Owns: when pages poll and how polls fail. Must not: know what a page should have seen, except for what is always wrong.

use nextim_testkit::http::{Response, get, post};
use serde_json::Value;

use super::{Fault, Life, Page, SLACK_MS};
use crate::ledger::Span;
use crate::plan::DOMAINS;
use crate::world::{Purpose, World};

/// Shortest time between two replacements of polls of one page; the server allows one a second.
const REPLACE_MS: u64 = 1_300;

impl World {
    /// Pages poll whose time has come, and polls meet their fates.
    pub(crate) fn run_pages(&mut self) {
        let now = self.ms();
        for page in 0..self.pages.len() {
            if self.pages[page].life != Life::Living {
                continue;
            }
            match (self.pages[page].poll, self.pages[page].fault) {
                (Some(token), Fault::Cut(at)) if at <= now => self.cut(page, token),
                (Some(token), Fault::Replace(at)) if at <= now => self.replace(page, token),
                (None, _) if self.going_down => {}
                (None, _) if !self.pages[page].hold && self.pages[page].next_ms <= now => {
                    self.send_poll(page);
                }
                (Some(_) | None, _) => {}
            }
        }
    }

    fn send_poll(&mut self, page: usize) {
        let sent = self.tick();
        let now = self.ms();
        let Page { user, uses_seq, jsonp, post: by_post, replaced_ms, .. } = self.pages[page];
        let this = &self.pages[page];
        let (ticket, seq) = (this.ticket.clone(), this.seq.to_string());
        let mut params = vec![("domain", DOMAINS[self.users[user].domain]), ("ticket", &*ticket)];
        params.extend(uses_seq.then_some(("seq", &*seq)));
        params.extend(jsonp.then_some(("callback", "window.heard")));
        let covers = this.seen.len();
        let faulty = self.acting && !self.plan.scarce();
        let drop = uses_seq && faulty && self.random.chance(5);
        let purpose =
            if drop { Purpose::Dropped { page } } else { Purpose::Poll { page, covers, superseded: false } };
        let later = now + self.random.within(0, 150);
        let fault = match self.random.below(100) {
            _ if !faulty || drop => Fault::None,
            0..5 if uses_seq => Fault::Cut(later),
            5..9 if replaced_ms + REPLACE_MS < now => Fault::Replace(later),
            _ => Fault::None,
        };
        let sent_ms = self.server_ms();
        let request = if by_post { post("/packets", &params) } else { get("/packets", &params) };
        let token = self.send(&request, purpose);
        let this = &mut self.pages[page];
        this.stop_polling(sent, sent_ms);
        this.polling.push((Span::from(sent), sent_ms));
        this.poll = Some(token);
        this.fault = fault;
        this.acked_maybe.push((sent, covers));
        self.note(|| {
            format!(
                "page {page} polls on {token}, seq {seq}{}",
                if drop { ", and drops the answer" } else { "" }
            )
        });
    }

    fn cut(&mut self, page: usize, token: usize) {
        self.tick();
        self.close(token);
        let pause = self.random.pick(&[0, 0, 20, 150]);
        let (now, contact) = (self.ms(), self.server_ms());
        let this = &mut self.pages[page];
        (this.poll, this.fault, this.next_ms, this.contact_ms) = (None, Fault::None, now + pause, contact);
        this.disturbed = true;
        self.count("polls cut or dropped");
        self.note(|| format!("page {page}: its poll is cut"));
    }

    /// A newer poll is sent while an older one waits. With `seq` the page does not look at the older one's answer any
    /// more.
    fn replace(&mut self, page: usize, token: usize) {
        if let Purpose::Poll { superseded, .. } = self.purpose(token) {
            *superseded = true;
        }
        let now = self.ms();
        let this = &mut self.pages[page];
        (this.poll, this.replaced_ms, this.disturbed) = (None, now, true);
        self.count("polls replaced");
        self.note(|| format!("page {page}: a newer poll"));
        self.send_poll(page);
    }

    /// The answer is there, and the page does not read it.
    pub(crate) fn drop_answer(&mut self, token: usize, page: usize) {
        self.note(|| format!("page {page}: the answer on {token} is dropped"));
        if self.pages[page].poll == Some(token) {
            self.cut(page, token);
            self.leave_after_loss(page);
        } else {
            self.close(token);
        }
    }

    /// A poll was answered.
    pub(crate) fn polled(
        &mut self,
        page: usize,
        token: usize,
        covers: usize,
        superseded: bool,
        response: &Response,
    ) {
        let now = self.tick();
        self.note(|| format!("page {page}: {} {}", response.status, response.text()));
        let current = self.pages[page].poll == Some(token);
        if current {
            let (read, next) = (self.server_ms(), self.ms() + self.think());
            let frozen = self.frozen;
            let this = &mut self.pages[page];
            (this.poll, this.fault, this.next_ms) = (None, Fault::None, next);
            if !frozen {
                this.stop_polling(now, read);
            }
        }
        check_headers(response);
        if response.status == 429 {
            assert!(superseded || self.pages[page].replaced_ms > 0, "page {page}: {response:?}");
            self.pages[page].next_ms = self.ms() + 300;
            return;
        }
        if response.status == 404 {
            return self.is_gone(page, response);
        }
        let answer = unwrapped(response, self.pages[page].jsonp);
        if current {
            self.pages[page].contact_ms = self.looked_ms;
        }
        if answer["status"] == "stopped" {
            return self.stopped(page, superseded, &answer);
        }
        assert_eq!(answer["status"], "ok", "{answer}");
        if superseded && self.pages[page].uses_seq {
            return;
        }
        self.take_in(page, now, covers, superseded, &answer);
        if let Some(retry) = answer["retry"].as_u64() {
            self.pages[page].next_ms = self.ms() + retry;
        }
    }

    /// A page reads the packets of an answer.
    fn take_in(&mut self, page: usize, now: u64, covers: usize, superseded: bool, answer: &Value) {
        let this = &mut self.pages[page];
        if !superseded {
            this.acked.push((now, covers));
        }
        let seq = answer["seq"].as_u64().expect("a seq");
        let lists = ["messages", "presences", "statuses"];
        let [messages, presences, statuses] = lists.map(|list| answer[list].as_array().expect("three lists"));
        let signals = answer.get("signals").map(|list| list.as_array().expect("a list"));
        let signals = signals.map_or(&[][..], |list| &list[..]);
        let packets = (messages.len() + presences.len() + statuses.len() + signals.len()) as u64;
        assert!(
            !this.uses_seq || packets <= seq - this.seq,
            "page {page}: more packets than numbers in {answer}"
        );
        this.seq = seq;
        self.assert_newest(page, presences);
        for presence in presences {
            self.see_presence(page, presence);
        }
        self.see_groups(page, presences);
        for message in messages {
            self.see_message(page, message);
        }
        for status in statuses {
            self.see_status(page, status);
        }
        for signal in signals {
            self.see_signal(page, signal);
        }
        if superseded {
            let this = &mut self.pages[page];
            this.acked_maybe.push((now, this.seen.len()));
        }
    }

    /// How long a page waits before its next poll.
    fn think(&mut self) -> u64 {
        match self.random.below(100) {
            _ if !self.acting || self.plan.scarce() => 0,
            0..15 => self.random.within(1, 30),
            15..22 => self.random.within(50, 200),
            _ => 0,
        }
    }

    fn is_gone(&mut self, page: usize, response: &Response) {
        assert_eq!(response.text(), "no client found", "page {page}");
        match self.pages[page].life {
            Life::Living => self.silent(page, "a poll finds no client"),
            Life::Opening | Life::Closing | Life::Vanished | Life::Ended => {}
        }
    }

    /// A page whose session may have expired because the model did not poll in time, and how long that has been.
    pub(crate) fn may_have_expired(&self) -> Option<(usize, u64)> {
        let now = self.server_ms();
        let silent = self
            .pages
            .iter()
            .enumerate()
            .filter(|(_, page)| page.life == Life::Living && page.poll.is_none());
        let mut silent = silent.map(|(number, page)| (number, page, now - page.contact_ms));
        let found = silent.find(|(_, page, silence_ms)| {
            // A session that was never answered, or not last, is given less time.
            let is_answered = !page.disturbed && !page.polling.is_empty();
            let least = if is_answered { self.plan.session_idle_ms } else { self.plan.session_cut_ms };
            *silence_ms >= least
        });
        found.map(|(number, _, silence_ms)| (number, silence_ms))
    }

    /// A session has ended that should live: because the model was silent for too long, or the server is wrong.
    #[track_caller]
    pub(crate) fn silent(&mut self, page: usize, what: &str) {
        let silence_ms = self.server_ms() - self.pages[page].contact_ms;
        let least = self.plan.session_cut_ms.min(self.plan.session_idle_ms);
        assert!(silence_ms + SLACK_MS >= least, "page {page}: {what} after {silence_ms} ms");
        self.stall(format!("page {page}: {what} after {silence_ms} ms"));
    }

    fn stopped(&mut self, page: usize, superseded: bool, answer: &Value) {
        match answer["reason"].as_str().expect("a reason") {
            "replaced" => {
                assert!(superseded || self.pages[page].disturbed, "page {page} is replaced by nobody");
            }
            "offline" => match self.pages[page].life {
                Life::Living => self.silent(page, "stopped"),
                Life::Opening | Life::Closing | Life::Vanished | Life::Ended => {}
            },
            "shutdown" if self.going_down => {
                assert!(answer["retry"].as_u64().is_some(), "page {page}: {answer}");
            }
            reason => panic!("page {page} is stopped: {reason}"),
        }
    }
}

fn check_headers(response: &Response) {
    let header = |name: &str| response.header(name).unwrap_or_default();
    assert_eq!(header("x-content-type-options"), "nosniff", "{response:?}");
    assert_eq!(header("cache-control"), "no-store", "{response:?}");
    assert_eq!(header("access-control-allow-origin"), "*", "{response:?}");
}

/// The object in an answer, with or without a callback.
fn unwrapped(response: &Response, jsonp: bool) -> Value {
    if !jsonp {
        return response.json();
    }
    let kind = response.header("content-type").unwrap_or_default();
    assert_eq!((response.status, kind), (200, "application/javascript; charset=utf-8"), "{response:?}");
    let inner = response.text().strip_prefix("/**/window.heard(").and_then(|body| body.strip_suffix(");"));
    let inner = inner.unwrap_or_else(|| panic!("no call: {response:?}"));
    serde_json::from_str(inner).unwrap_or_else(|error| panic!("{error}: {inner}"))
}
