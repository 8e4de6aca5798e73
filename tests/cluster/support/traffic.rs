//! Traffic: pages that wait and sites that send, while a test does something to nodes and brokers.
//!
//! Owns: the threads, and a ledger of what was sent and how it was counted. Must not: know what is done to whom.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use nextim_testkit::inbox::Inbox;

use super::page::Page;
use super::site::Site;
use super::wire::within;

/// How long a sender rests between two messages.
const REST: Duration = Duration::from_millis(5);

/// A message that was sent.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) body: String,
    /// To how many sessions it went. With 0 the site keeps it.
    pub(crate) count: u64,
    /// How often [`Traffic::mark`] was called before it was sent.
    pub(crate) phase: usize,
}

/// What goes on.
#[derive(Debug, Default)]
pub(crate) struct Traffic {
    is_over: AtomicBool,
    phase: AtomicUsize,
    ledger: Mutex<Vec<Sent>>,
}

impl Traffic {
    /// Runs `act` while all pages poll, and while sites send messages to all of them by each of these nodes. Returns the
    /// ledger.
    pub(crate) fn around(
        site: &Site,
        by: &[usize],
        pages: &mut [Page],
        act: impl FnOnce(&Traffic),
    ) -> Vec<Sent> {
        let traffic = Traffic::default();
        let names: Vec<String> = pages.iter().map(|page| page.name.clone()).collect();
        thread::scope(|scope| {
            let _over = Over(&traffic);
            for page in pages {
                scope.spawn(|| page.follow_while(|| !traffic.is_over.load(Ordering::Relaxed)));
            }
            for node in by {
                let (traffic, names, site) = (&traffic, &names, site.at(*node));
                scope.spawn(move || traffic.send(&site, *node, names));
            }
            act(&traffic);
        });
        traffic.ledger.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn send(&self, site: &Site, node: usize, names: &[String]) {
        for number in 0.. {
            if self.is_over.load(Ordering::Relaxed) {
                return;
            }
            // All senders in turn, whose nodes count what they send; each to another user than the time before.
            let to = names[number % names.len()].clone();
            let from = names[(number + 1 + number / names.len()) % names.len()].clone();
            let phase = self.phase.load(Ordering::Relaxed);
            let body = format!("{number} by node {node} to {to}");
            let count = site.try_send(&from, &to, &body);
            self.lock().push(Sent { from, to, body, count, phase });
            thread::sleep(REST);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Sent>> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is sent from now on is of the next phase.
    pub(crate) fn mark(&self) {
        self.phase.fetch_add(1, Ordering::Relaxed);
    }

    /// Waits until every one of these users was sent a message, in this phase, that was counted.
    #[track_caller]
    pub(crate) fn reaches<'n>(&self, names: impl IntoIterator<Item = &'n str>) {
        let phase = self.phase.load(Ordering::Relaxed);
        let mut missing: BTreeSet<&str> = names.into_iter().collect();
        within("messages to all of them are counted", || {
            for sent in self.lock().iter().filter(|sent| sent.phase == phase && sent.count > 0) {
                missing.remove(&*sent.to);
            }
            missing.is_empty().then_some(())
        });
    }
}

/// Ends the traffic, however a test ends.
struct Over<'t>(&'t Traffic);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.is_over.store(true, Ordering::Relaxed);
    }
}

/// Of what was sent, all that counted must be read by its page, or be back at the site if it takes messages back. Pages
/// may have a message twice only if they have gone online again.
#[track_caller]
pub(crate) fn settle(pages: &mut [Page], sent: &[Sent], inbox: Option<&Inbox>) {
    for page in pages {
        let counted: BTreeSet<&str> = sent
            .iter()
            .filter(|sent| sent.to == page.name && sent.count > 0)
            .map(|sent| &*sent.body)
            .collect();
        let back = || -> BTreeSet<String> {
            let posts = inbox.map(Inbox::posts).unwrap_or_default();
            let messages = posts.iter().flat_map(|post| &post.messages);
            messages.map(|message| message["body"].as_str().expect("a body").to_owned()).collect()
        };
        page.until(&format!("{} messages that were counted", counted.len()), |heard| {
            let read: BTreeSet<&str> = heard.bodies().into_iter().collect();
            let mut missing = counted.difference(&read).peekable();
            missing.peek().is_none() || {
                let back = back();
                missing.all(|body| back.contains(*body))
            }
        });
        if page.starts == 1 {
            let bodies = page.heard.bodies();
            let once: BTreeSet<&str> = bodies.iter().copied().collect();
            assert_eq!(bodies.len(), once.len(), "{} has read a message twice", page.name);
        }
    }
}
