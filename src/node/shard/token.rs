//! Tokens: what epoll hands back.
//!
//! Owns: the packing of (index, generation) into one word. Must not: look a slot up.

use std::num::NonZeroU32;

use mio::Token;

use crate::base::limits::settings::LISTENERS_MAX;
use crate::base::slots::Slot;

pub(crate) const WAKER: Token = Token(usize::MAX);
/// The token of the first listener; those of the others follow downwards.
const LISTENER_FIRST: usize = usize::MAX - 1;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EventSource {
    /// There may be mail.
    Waker,
    /// A listener has connections to accept.
    Listener(usize),
    Conn(Slot),
}

pub(super) fn of_conn(slot: Slot) -> Token {
    let word = u64::from(slot.generation.get()) << 32 | u64::from(slot.index);
    Token(usize::try_from(word).expect("a word has 64 bits"))
}

pub(super) fn of_listener(index: usize) -> Token {
    assert!(index < LISTENERS_MAX, "configuration allows no more");
    Token(LISTENER_FIRST - index)
}

/// The source of an event with this token. Connections never have the highest indices, which would need 2³² of them.
pub(super) fn source(token: Token) -> EventSource {
    if token == WAKER {
        return EventSource::Waker;
    }
    let listener = LISTENER_FIRST - token.0;
    if listener < LISTENERS_MAX {
        return EventSource::Listener(listener);
    }
    let word = token.0 as u64;
    let index = u32::try_from(word & u64::from(u32::MAX)).expect("masked");
    let generation =
        u32::try_from(word >> 32).ok().and_then(NonZeroU32::new).expect("tokens are made of slots");
    EventSource::Conn(Slot { index, generation })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_come_back_as_what_they_were() {
        assert_eq!(source(WAKER), EventSource::Waker);
        for index in 0..LISTENERS_MAX {
            assert_eq!(source(of_listener(index)), EventSource::Listener(index));
        }
        for (index, generation) in [(0, 1), (7, u32::MAX), (1_000_000, 3)] {
            let slot = Slot { index, generation: NonZeroU32::new(generation).unwrap() };
            assert_eq!(source(of_conn(slot)), EventSource::Conn(slot));
        }
    }
}
