//! The thread that posts undelivered messages.
//!
//! Owns: the sites for which messages wait, and the requests under way. Must not: wait for a site, or log anything of a
//! message. Messages that it cannot post in time are lost and counted.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender};
use std::thread;
use std::time::Duration;

use super::client::{PostOutcome, PostRequest, SiteClient};
use super::order::PosterOrder;
use super::site::Site;
use crate::base::clock::{Clock, Origin, Tick};
use crate::base::domains::{DomainId, Domains};
use crate::base::limits::bridges::{UNDELIVERED_POST_MS, UNDELIVERED_POSTS, UNDELIVERED_SLEEP_MS};
use crate::base::stats::{Counters, Stats};
use crate::router::mail::Returned;

#[derive(Debug)]
pub(super) struct Poster {
    orders: Receiver<PosterOrder>,
    /// The sending end of `orders`, for the threads that wait for answers.
    answers: Sender<PosterOrder>,
    domains: Arc<Domains>,
    /// The sites for which messages wait.
    sites: BTreeMap<DomainId, Site>,
    patience_ms: u64,
    client: SiteClient,
    /// The number of requests under way.
    under_way: usize,
    /// The number of the last request.
    serial: u64,
    clock: Clock,
    /// The time to give up; set once no more messages will come.
    end: Option<Tick>,
    counters: Counters,
    stats: Stats,
}

impl Poster {
    pub(super) fn new(
        orders: Receiver<PosterOrder>,
        answers: Sender<PosterOrder>,
        domains: Arc<Domains>,
        patience_ms: u64,
        stats: Stats,
    ) -> Poster {
        Poster {
            orders,
            answers,
            domains,
            sites: BTreeMap::new(),
            patience_ms,
            client: SiteClient::default(),
            under_way: 0,
            serial: 0,
            clock: Clock::start(Origin::now()),
            end: None,
            counters: Counters::default(),
            stats,
        }
    }

    /// Posts until it has finished.
    pub(super) fn run(mut self) {
        loop {
            self.expire();
            self.post_due();
            self.sites.retain(|_, site| site.len() > 0);
            self.show_counters();
            if self.end.is_some_and(|end| self.sites.is_empty() || end <= self.now()) {
                return self.give_up();
            }
            if let Some(order) = self.wait() {
                self.carry_out(order);
            }
        }
    }

    fn now(&self) -> Tick {
        self.clock.now()
    }

    /// Waits for an order, or until a site is due.
    fn wait(&mut self) -> Option<PosterOrder> {
        let free = self.under_way < UNDELIVERED_POSTS;
        let moments = self
            .sites
            .values()
            .flat_map(|site| [site.due().filter(|_| free), site.expires(self.patience_ms)]);
        let next = moments.flatten().chain(self.end).min();
        let now = self.now();
        let ms = next.map_or(UNDELIVERED_SLEEP_MS, |next| next.since(now)).min(UNDELIVERED_SLEEP_MS);
        // The channel stays connected: `answers` is a sender of it.
        let order = self.orders.recv_timeout(Duration::from_millis(ms)).ok();
        self.clock.turn(now.after(ms));
        order
    }

    fn carry_out(&mut self, order: PosterOrder) {
        let now = self.now();
        match order {
            PosterOrder::Post { domain, messages } => self.take(domain, messages),
            PosterOrder::Domains(domains) => self.reload(domains),
            PosterOrder::Answered { domain, serial, outcome } => self.settle(domain, serial, &outcome),
            PosterOrder::Finish(within_ms) => {
                self.end = Some(now.after(within_ms));
                self.sites.values_mut().for_each(|site| site.hurry(now));
            }
        }
    }

    fn takes_back(&self, domain: DomainId) -> bool {
        self.domains.get(domain).is_some_and(|config| config.undelivered_url.is_some())
    }

    fn take(&mut self, domain: DomainId, messages: Vec<Returned>) {
        let now = self.now();
        if self.takes_back(domain) {
            self.sites.entry(domain).or_insert_with(|| Site::new(now)).push(messages, now);
        } else {
            self.lose(messages.len());
        }
    }

    /// Messages for sites that take none back any more are lost.
    fn reload(&mut self, domains: Arc<Domains>) {
        self.domains = domains;
        // The certificates of the system may be new, too.
        self.client = SiteClient::default();
        let gone: Vec<DomainId> =
            self.sites.keys().copied().filter(|domain| !self.takes_back(*domain)).collect();
        for domain in gone {
            let site = self.sites.remove(&domain);
            self.lose(site.map_or(0, |site| site.len()));
        }
    }

    fn lose(&mut self, messages: usize) {
        self.counters.undelivered_lost_total += messages as u64;
    }

    /// Drops messages that are too old.
    fn expire(&mut self) {
        let (now, patience_ms) = (self.now(), self.patience_ms);
        let mut lost = 0;
        for (domain, site) in &mut self.sites {
            let old = site.expire(now, patience_ms);
            if old > 0 && site.may_log(now) {
                log_problem(
                    &self.domains,
                    *domain,
                    &format!("its site has not taken {old} in time; they are lost"),
                );
            }
            lost += old;
        }
        self.lose(lost);
    }

    /// Starts as many requests as may be under way, first for the sites that have waited longest.
    fn post_due(&mut self) {
        while self.under_way < UNDELIVERED_POSTS {
            let now = self.now();
            let due = self.sites.iter().filter_map(|(domain, site)| Some((site.due()?, *domain)));
            let Some((_, domain)) = due.filter(|(due, _)| *due <= now).min() else { return };
            self.post(domain);
        }
    }

    fn post(&mut self, domain: DomainId) {
        self.serial += 1;
        self.under_way += 1;
        let Some(site) = self.sites.get_mut(&domain) else { return };
        let body = site.take_batch(self.serial);
        let answer =
            OutcomeSender { answers: self.answers.clone(), domain, serial: self.serial, outcome: None };
        let request = self.domains.get(domain).and_then(|config| PostRequest::new(config, body));
        let Some(request) = request else {
            return answer.send(PostOutcome::Failed("it has no URL or no key".to_owned()));
        };
        if let Err(reason) = self.client.prepare(&request) {
            return answer.send(PostOutcome::Failed(reason));
        }
        let left_ms = self.end.map_or(UNDELIVERED_POST_MS, |end| end.since(self.now()));
        let patience = Duration::from_millis(left_ms.clamp(1, UNDELIVERED_POST_MS));
        let client = self.client.clone();
        let thread = thread::Builder::new().name("undelivered-post".to_owned());
        let started = thread.spawn(move || answer.send(client.send(request, patience)));
        if let Err(error) = started {
            // The closure was dropped, and `answer` with it, which sends a failure.
            log::warn!("undelivered messages: cannot start a thread to post them: {error}");
        }
    }

    fn settle(&mut self, domain: DomainId, serial: u64, outcome: &PostOutcome) {
        self.under_way -= 1;
        let now = self.now();
        let Some(site) = self.sites.get_mut(&domain) else { return };
        let was_failing = site.is_failing();
        let Some(settled) = site.settle(serial, outcome, now, jitter()) else { return };
        self.counters.undelivered_posted_total += settled.posted as u64;
        self.counters.undelivered_lost_total += settled.refused as u64;
        let left = site.len();
        let problem = match outcome {
            PostOutcome::Taken if was_failing => {
                return log::info!(
                    "undelivered messages of {}: its site takes them again",
                    name(&self.domains, domain)
                );
            }
            PostOutcome::Taken => return,
            PostOutcome::TooLarge if settled.refused == 0 => return,
            PostOutcome::TooLarge => "one is too large for its site and is lost".to_owned(),
            PostOutcome::Refused(status) => {
                format!("its site refuses {} with status {status}; they are lost", settled.refused)
            }
            PostOutcome::Failed(reason) => format!("its site does not take them: {reason}; {left} wait"),
        };
        self.counters.undelivered_failures_total += 1;
        if site.may_log(now) {
            log_problem(&self.domains, domain, &problem);
        }
    }

    /// Messages that could not be posted before the end are lost.
    fn give_up(mut self) {
        let left = self.sites.values().map(Site::len).sum();
        if left > 0 {
            log::warn!("undelivered messages: {left} could not be posted before the end and are lost");
        }
        self.lose(left);
        self.sites.clear();
        self.show_counters();
    }

    fn show_counters(&mut self) {
        self.counters.undelivered_waiting = self.sites.values().map(|site| site.len() as u64).sum();
        self.stats.poster().publish(&self.counters, &Counters::default());
    }
}

/// Sends the outcome of a request when it is dropped, so a thread that failed sends one, too.
#[derive(Debug)]
struct OutcomeSender {
    answers: Sender<PosterOrder>,
    domain: DomainId,
    serial: u64,
    outcome: Option<PostOutcome>,
}

impl OutcomeSender {
    fn send(mut self, outcome: PostOutcome) {
        self.outcome = Some(outcome);
    }
}

impl Drop for OutcomeSender {
    fn drop(&mut self) {
        let nothing = || PostOutcome::Failed("the request was not sent".to_owned());
        let outcome = self.outcome.take().unwrap_or_else(nothing);
        let OutcomeSender { domain, serial, .. } = *self;
        // The poster may have ended.
        self.answers.send(PosterOrder::Answered { domain, serial, outcome }).ok();
    }
}

/// Logs a problem of a site. The name of a domain is not private: the operator chose it.
fn log_problem(domains: &Domains, domain: DomainId, problem: &str) {
    log::warn!("undelivered messages of {}: {problem}", name(domains, domain));
}

fn name(domains: &Domains, domain: DomainId) -> &str {
    domains.get(domain).map_or("a removed domain", |config| &config.name)
}

/// A number that spreads retries. If there is no randomness, 0 will do.
fn jitter() -> u64 {
    getrandom::u64().unwrap_or(0)
}
