//! The polls that wait.
//!
//! Owns: the handle of each, from its beginning to its end. Must not: begin one.

use std::collections::HashMap;

use tokio::task::AbortHandle;

/// The poll of each member, with the number of the session that it is for.
#[derive(Debug, Default)]
pub(crate) struct Polls {
    waiting: HashMap<String, (u64, AbortHandle)>,
}

impl Polls {
    pub(crate) fn begun(&mut self, member: String, session: u64, poll: AbortHandle) {
        self.waiting.insert(member, (session, poll));
    }

    /// A poll has ended by itself. That of a newer session goes on.
    pub(crate) fn ended(&mut self, member: &str, session: u64) {
        if self.waiting.get(member).is_some_and(|(of, _)| *of == session) {
            self.waiting.remove(member);
        }
    }

    pub(crate) fn stop(&mut self, member: &str) {
        if let Some((_, poll)) = self.waiting.remove(member) {
            poll.abort();
        }
    }

    pub(crate) fn stop_all(&mut self) {
        for (_, (_, poll)) in self.waiting.drain() {
            poll.abort();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_poll_is_forgotten_with_its_end_and_stopped_with_its_session() {
        let mut polls = Polls::default();
        let begin = || tokio::spawn(std::future::pending::<()>());
        let (first, second, third) = (begin(), begin(), begin());
        polls.begun("alice".to_owned(), 1, first.abort_handle());
        polls.ended("alice", 1);
        assert!(polls.waiting.is_empty());
        polls.begun("alice".to_owned(), 2, second.abort_handle());
        polls.ended("alice", 1);
        assert_eq!(polls.waiting.len(), 1, "that of another session");
        polls.stop("alice");
        assert!(second.await.unwrap_err().is_cancelled());
        polls.begun("bob".to_owned(), 3, third.abort_handle());
        polls.stop_all();
        assert!(third.await.unwrap_err().is_cancelled() && polls.waiting.is_empty());
        assert!(!first.is_finished(), "what has ended is not touched");
        first.abort();
    }
}
