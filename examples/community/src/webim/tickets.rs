//! Tickets, as they are stored.
//!
//! Owns: sealing a ticket with the secret of its log-in: with an open ticket, any reader of the database could poll in the
//! user's name. Must not: call `log` with a ticket or a token.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};

use crate::secret;

/// Bytes of a ticket that one hash covers.
const COVER_BYTES: usize = 32;

/// A ticket that only the cookie of its log-in opens.
#[derive(Clone, Debug)]
pub struct SealedTicket {
    /// Its hash, by which it is found.
    pub hash: String,
    /// The ticket, covered by hashes of the cookie's secret and of the ticket's own hash, which no other ticket has.
    pub sealed: String,
}

/// Seals a ticket with the token of its log-in.
pub(crate) fn seal(token: &str, ticket: &str) -> SealedTicket {
    let hash = secret::hash(ticket);
    let sealed = BASE64_STANDARD.encode(cover(token, &hash, ticket.as_bytes()));
    SealedTicket { hash, sealed }
}

/// The tickets among these that were sealed with this token.
pub(crate) fn unseal(token: &str, tickets: &[SealedTicket]) -> Vec<String> {
    tickets.iter().filter_map(|ticket| open(token, ticket)).collect()
}

fn open(token: &str, SealedTicket { hash, sealed }: &SealedTicket) -> Option<String> {
    let ticket = String::from_utf8(cover(token, hash, &BASE64_STANDARD.decode(sealed).ok()?)).ok();
    ticket.filter(|ticket| secret::hash(ticket) == *hash)
}

/// Covers bytes, or uncovers them.
fn cover(token: &str, hash: &str, bytes: &[u8]) -> Vec<u8> {
    let blocks = bytes.chunks(COVER_BYTES).enumerate();
    let covered = blocks.flat_map(|(number, block)| {
        let cover = Sha256::digest(format!("{token} {hash} {number}"));
        block.iter().zip(cover).map(|(byte, cover)| byte ^ cover).collect::<Vec<u8>>()
    });
    covered.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_cookie_of_its_log_in_opens_a_ticket() {
        for ticket in ["t", "0123456789abcdef0123456789abcdef", &"long".repeat(40)] {
            let sealed = seal("token", ticket);
            assert_eq!(open("token", &sealed).as_deref(), Some(ticket));
            assert_eq!(open("another", &sealed), None);
            assert!(!BASE64_STANDARD.decode(&sealed.sealed).unwrap().windows(2).any(|part| part == b"01"));
        }
        assert_eq!(open("token", &SealedTicket { hash: secret::hash("t"), sealed: String::new() }), None);
    }
}
