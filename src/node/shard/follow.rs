//! Following: when a connection moves to the shard of the user it polls for.
//!
//! Owns: the decision. Must not: move a connection; `moving` does.
//!
//! The kernel chooses the shard that accepts a browser's connection, and the name of the user the one that owns the
//! session. If they differ, each poll, each delivery and the fate of each answer is mail between the two. A connection
//! that polls for one session again and again is a browser's, and moves to that session's shard. One on which polls of
//! several sessions alternate belongs to a proxy, and stays: only answers to one session in a row count. Each move
//! doubles the answers that the next one needs, so no connection goes back and forth.

use crate::base::limits::turn::{
    FOLLOW_ANSWERS_FEW, FOLLOW_ANSWERS_MANY, FOLLOW_DOUBLINGS_MAX, FOLLOW_MANY_SHARDS,
};
use crate::router::ids::SessionKey;

/// What a connection remembers of its polls, in four bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Follow {
    /// The session of the last poll that was answered, folded. If two that alternate are folded to the same number, the
    /// connection may move without need.
    session: u16,
    /// Answers in a row to polls of that session.
    answers: u8,
    /// Moves of the connection so far.
    moves: u8,
}

impl Follow {
    /// Of a connection that has not polled.
    pub(super) const NOBODY: Follow = Follow { session: 0, answers: 0, moves: 0 };

    /// Notes that a poll of this session was answered.
    pub(super) fn answered(&mut self, session: SessionKey) {
        let session = folded(session);
        self.answers = if self.session == session { self.answers.saturating_add(1) } else { 1 };
        self.session = session;
    }

    /// Whether a connection that polls for this session, which lives elsewhere, moves there. `shards`: of the server.
    pub(super) fn is_due(self, session: SessionKey, shards: u16) -> bool {
        // With many shards hardly any connection is at home by chance, and mail costs more.
        let first = if shards < FOLLOW_MANY_SHARDS { FOLLOW_ANSWERS_FEW } else { FOLLOW_ANSWERS_MANY };
        self.session == folded(session) && self.answers >= first << self.moves
    }

    /// Of the connection once it has moved.
    pub(super) fn moved(self) -> Follow {
        Follow { answers: 0, moves: (self.moves + 1).min(FOLLOW_DOUBLINGS_MAX), ..self }
    }
}

#[allow(clippy::cast_possible_truncation, reason = "it is folded on purpose")]
fn folded(SessionKey { place, slot }: SessionKey) -> u16 {
    let index = slot.index as u16 ^ (slot.index >> 16) as u16;
    index ^ place.number().rotate_left(12)
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;
    use crate::base::slots::Slot;
    use crate::router::ids::Place;

    fn session(place: u16, index: u32) -> SessionKey {
        SessionKey { place: Place::new(place), slot: Slot { index, generation: NonZeroU32::MIN } }
    }

    /// The poll with which a connection moves, if it polls for this session only.
    fn due(mut follow: Follow, shards: u16) -> Option<usize> {
        let bob = session(1, 0);
        (1..1_000).find(|_| {
            let is_due = follow.is_due(bob, shards);
            follow.answered(bob);
            is_due
        })
    }

    #[test]
    fn a_connection_moves_with_its_third_poll_or_its_second_if_shards_are_many() {
        assert_eq!(due(Follow::NOBODY, 2), Some(3));
        assert_eq!(due(Follow::NOBODY, 3), Some(3));
        assert_eq!(due(Follow::NOBODY, 4), Some(2));
        assert_eq!(due(Follow::NOBODY, 256), Some(2));
    }

    #[test]
    fn each_move_needs_twice_as_many_polls_as_the_one_before() {
        let mut follow = Follow::NOBODY;
        let mut polls = Vec::new();
        for _ in 0..9 {
            polls.push(due(follow, 2).unwrap() - 1);
            follow = follow.moved();
        }
        assert_eq!(polls, [2, 4, 8, 16, 32, 64, 128, 128, 128]);
    }

    #[test]
    fn a_connection_of_several_sessions_in_turn_never_moves() {
        for sessions in [[session(1, 0), session(1, 1)], [session(0, 5), session(1, 5)]] {
            let mut follow = Follow::NOBODY;
            for _ in 0..100 {
                for of in sessions {
                    assert!(!follow.is_due(of, 2));
                    follow.answered(of);
                }
            }
        }
    }
}
