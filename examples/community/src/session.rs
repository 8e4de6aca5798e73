//! Who is logged in.
//!
//! Owns: the session's cookie, its beginning and end, and the tickets that end with it. Must not: store or log a token or a
//! ticket as it is.

use std::fmt::Write;

use axum::http::{HeaderMap, StatusCode, header};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use crate::http::refusal::Refusal;
use crate::limits::SESSION_MS;
use crate::site::Site;
use crate::store::accounts::{self, User};
use crate::store::tickets::{self, Ticket};
use crate::store::{Connection, bans};
use crate::visit::Visit;
use crate::webim;

/// The cookie's name.
pub const COOKIE: &str = "community_session";
/// Bytes that one hash covers of a ticket.
const COVER_BYTES: usize = 32;

/// A log-in that has begun.
#[derive(Debug)]
pub struct LogIn {
    /// Who has logged in.
    pub user: User,
    /// What the browser keeps, and nobody else.
    pub token: String,
    /// The cookie to set.
    pub cookie: String,
}

/// Logs a user in. The error's status is 401 for a wrong name or password, which are not told apart, 429 after too many
/// attempts, and 503 if too many log in at the same time.
pub fn log_in(site: &Site, visit: &Visit, id: &str, password: &str) -> Result<LogIn, Refusal> {
    let id = id.trim().to_lowercase();
    let too_many = || Refusal::too_many("Too many attempts to log in. Please wait some minutes.");
    let attempt = site.attempts.log_in(visit.address, &id).filter(|_| id.len() <= 64).ok_or_else(too_many)?;
    let stored = site.store.read(|db| accounts::password(db, &id))?;
    // Somebody who does not exist takes as long as somebody who does.
    if !site.hashes.verify(password, stored.as_deref())? {
        attempt.counts();
        return Err(wrong());
    }
    drop(attempt);
    begin(site, visit, &id)
}

fn wrong() -> Refusal {
    Refusal::new(StatusCode::UNAUTHORIZED, "This name and password do not fit.")
}

/// Begins a session for a user who has proved to be that. A session the browser had before is ended, so that nobody can
/// have prepared it.
pub fn begin(site: &Site, visit: &Visit, id: &str) -> Result<LogIn, Refusal> {
    let token = secret()?;
    let (user, former) = site.store.write(|db| {
        let user = accounts::find(db, id)?.ok_or_else(wrong)?;
        if bans::banned(db, &user.id)? {
            return Err(Refusal::forbidden("This account is closed by the administrator."));
        }
        let former = end(db, visit)?;
        accounts::begin_session(db, &hash(&token), &user.id)?;
        Ok::<_, Refusal>((user, former))
    })?;
    webim::log_out(site, former);
    let cookie = cookie(site, &token, SESSION_MS / 1_000);
    Ok(LogIn { user, token, cookie })
}

/// Gives a user another password, if he knows the present one. All his sessions end, and all his pages are told to go
/// online anew, which only those can who have the cookie that is returned: so whoever had found the old password, or a
/// cookie, reads nothing any more.
pub fn change_password(
    site: &Site,
    visit: &Visit,
    user: &User,
    old: &str,
    new: &str,
) -> Result<String, Refusal> {
    let too_many = || Refusal::too_many("Too many attempts. Please wait some minutes.");
    let attempt = site.attempts.log_in(visit.address, &user.id).ok_or_else(too_many)?;
    let stored = site.store.read(|db| accounts::password(db, &user.id))?;
    if !site.hashes.verify(old, stored.as_deref())? {
        attempt.counts();
        return Err(Refusal::forbidden("This is not your present password."));
    }
    drop(attempt);
    let hash = site.hashes.hash(new)?;
    let token = secret()?;
    site.store.write(|db| {
        accounts::set_password(db, &user.id, &hash)?;
        accounts::end_sessions(db, &user.id)?;
        accounts::begin_session(db, &self::hash(&token), &user.id).map_err(Refusal::from)
    })?;
    webim::log_out_everywhere(site, user);
    Ok(cookie(site, &token, SESSION_MS / 1_000))
}

/// Ends the session: returns the cookie that removes the browser's. The pages that came online by this log-in go offline;
/// of a user who is logged in nowhere else all do, at once.
pub fn log_out(site: &Site, visit: &Visit) -> Result<String, Refusal> {
    let (tickets, is_last) = site.store.write(|db| {
        let tickets = end(db, visit)?;
        let user = visit.user.as_ref().filter(|_| visit.session.is_some());
        let is_last = user.map_or(Ok(false), |user| accounts::has_session(db, &user.id).map(|has| !has))?;
        Ok::<_, Refusal>((tickets, is_last))
    })?;
    match visit.user.as_ref().filter(|_| is_last) {
        Some(user) => webim::log_out_everywhere(site, user),
        None => webim::log_out(site, tickets),
    }
    Ok(cookie(site, "", 0))
}

/// Ends the session of the browser, and returns the tickets that its pages came by.
fn end(db: &Connection, visit: &Visit) -> Result<Vec<String>, Refusal> {
    let (Some(session), Some(token)) = (&visit.session, token(&visit.headers)) else { return Ok(Vec::new()) };
    accounts::end_session(db, session)?;
    let ended = tickets::take(db, session)?;
    Ok(unseal(&token, &ended))
}

/// A ticket as it is kept. Whoever reads the database could poll with the ticket itself, so it is covered by hashes of
/// the secret in the cookie of its log-in and of the ticket's own hash, which no other ticket has.
pub fn seal(token: &str, ticket: &str) -> Ticket {
    let hash = hash(ticket);
    let sealed = BASE64_STANDARD.encode(cover(token, &hash, ticket.as_bytes()));
    Ticket { hash, sealed }
}

/// The tickets that were sealed with this token.
pub fn unseal(token: &str, tickets: &[Ticket]) -> Vec<String> {
    tickets.iter().filter_map(|ticket| uncover(token, ticket)).collect()
}

fn uncover(token: &str, Ticket { hash, sealed }: &Ticket) -> Option<String> {
    let ticket = String::from_utf8(cover(token, hash, &BASE64_STANDARD.decode(sealed).ok()?)).ok();
    ticket.filter(|ticket| self::hash(ticket) == *hash)
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

/// The session's token in the cookies.
pub(crate) fn token(headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, value)| *name == COOKIE && !value.is_empty()).map(|(_, value)| value.to_owned())
}

/// What is stored instead of a secret that has so many bits that nobody can guess it.
pub fn hash(secret: &str) -> String {
    Sha256::digest(secret).iter().fold(String::with_capacity(64), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes everything");
        text
    })
}

/// 256 random bits as text.
pub(crate) fn secret() -> Result<String, Refusal> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| {
        log::error!("random numbers: {error}");
        Refusal::unavailable("The site has failed. Please try again.")
    })?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes))
}

fn cookie(site: &Site, value: &str, seconds: i64) -> String {
    let secure = if site.options.secure { "; Secure" } else { "" };
    format!("{COOKIE}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_cookie_of_its_log_in_opens_a_ticket() {
        for ticket in ["t", "0123456789abcdef0123456789abcdef", &"long".repeat(40)] {
            let sealed = seal("token", ticket);
            assert_eq!(uncover("token", &sealed).as_deref(), Some(ticket));
            assert_eq!(uncover("another", &sealed), None);
            assert!(!BASE64_STANDARD.decode(&sealed.sealed).unwrap().windows(2).any(|part| part == b"01"));
        }
        assert_eq!(uncover("token", &Ticket { hash: hash("t"), sealed: String::new() }), None);
    }
}
