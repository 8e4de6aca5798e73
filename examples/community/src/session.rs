//! Sessions of users who are logged in.
//!
//! Owns: the session's cookie, its beginning and end, and the end of the tickets of a log-in. Must not: give `store` or
//! `log` a token as it is; only its hash is kept.

use axum::http::{HeaderMap, StatusCode, header};

use crate::http::{Refusal, Request};
use crate::limits::SESSION_MS;
use crate::secret;
use crate::site::Site;
use crate::store::accounts::{self, User};
use crate::store::{Connection, bans, chat_passwords, tickets};
use crate::webim::tickets::unseal;

/// The cookie's name.
const COOKIE: &str = "community_session";

/// A log-in that has begun.
#[derive(Debug)]
pub(crate) struct LogIn {
    pub(crate) user: User,
    /// The secret that the browser keeps in its cookie.
    pub(crate) token: String,
    /// The header that sets the cookie.
    pub(crate) cookie: String,
}

/// The user of the session that the cookie names.
pub(crate) fn user(site: &Site, request: &Request) -> Result<Option<User>, Refusal> {
    let Some(token) = token(&request.headers) else { return Ok(None) };
    Ok(site.store.read(|db| accounts::session_user(db, &secret::hash(&token)))?)
}

/// Logs a user in. The refusal's status is 401 for a wrong name and for a wrong password, 429 after too many attempts, and
/// 503 if too many users log in at the same time.
pub(crate) fn log_in(site: &Site, request: &Request, id: &str, password: &str) -> Result<LogIn, Refusal> {
    let id = id.trim().to_lowercase();
    let too_many = || Refusal::too_many("Too many attempts to log in. Please wait some minutes.");
    let attempt =
        site.attempts.log_in(request.address, &id).filter(|_| id.len() <= 64).ok_or_else(too_many)?;
    let stored = site.store.read(|db| accounts::password(db, &id))?;
    // It takes as long whether there is such a user or not.
    if !site.hashes.verify(password, stored.as_deref())? {
        attempt.counts();
        return Err(wrong());
    }
    drop(attempt);
    begin(site, request, &id)
}

fn wrong() -> Refusal {
    Refusal::new(StatusCode::UNAUTHORIZED, "The user name or the password is wrong.")
}

/// Begins a session for a user whose password was checked. The session that the browser had before ends, so that nobody can
/// have prepared it.
pub(crate) fn begin(site: &Site, request: &Request, id: &str) -> Result<LogIn, Refusal> {
    let token = secret::random()?;
    let (user, former) = site.store.write(|db| {
        let user = accounts::find(db, id)?.ok_or_else(wrong)?;
        if bans::banned(db, &user.id)? {
            return Err(Refusal::forbidden("This account is closed by the administrator."));
        }
        let former = end(db, request)?;
        accounts::begin_session(db, &secret::hash(&token), &user.id)?;
        Ok::<_, Refusal>((user, former))
    })?;
    site.webim.log_out(former);
    let cookie = cookie(site, &token, SESSION_MS / 1_000);
    Ok(LogIn { user, token, cookie })
}

/// Changes a user's password, if the present one is right. All sessions of the user end, all chat passwords are revoked, and
/// all pages and clients go offline. Only the browser with the new cookie, which is returned, can go online again: a stranger who had found the old password, or a
/// cookie, is locked out.
pub(crate) fn change_password(
    site: &Site,
    request: &Request,
    user: &User,
    old: &str,
    new: &str,
) -> Result<String, Refusal> {
    let too_many = || Refusal::too_many("Too many attempts. Please wait some minutes.");
    let attempt = site.attempts.log_in(request.address, &user.id).ok_or_else(too_many)?;
    let stored = site.store.read(|db| accounts::password(db, &user.id))?;
    if !site.hashes.verify(old, stored.as_deref())? {
        attempt.counts();
        return Err(Refusal::forbidden("This is not your present password."));
    }
    drop(attempt);
    let hash = site.hashes.hash(new)?;
    let token = secret::random()?;
    site.store.write(|db| {
        accounts::set_password(db, &user.id, &hash)?;
        accounts::end_sessions(db, &user.id)?;
        chat_passwords::remove_all(db, &user.id)?;
        chat_passwords::log_out(db, &user.id)?;
        accounts::begin_session(db, &secret::hash(&token), &user.id).map_err(Refusal::from)
    })?;
    site.webim.log_out_everywhere(&user.id);
    Ok(cookie(site, &token, SESSION_MS / 1_000))
}

/// Ends the session, and returns the cookie that removes the browser's. The pages of this log-in go offline; if the user is
/// logged in nowhere else, all pages of the user do, by one call.
pub(crate) fn log_out(site: &Site, request: &Request, user: Option<&User>) -> Result<String, Refusal> {
    let (tickets, is_last) = site.store.write(|db| {
        let tickets = end(db, request)?;
        let is_last = user.map_or(Ok(false), |user| accounts::has_session(db, &user.id).map(|has| !has))?;
        Ok::<_, Refusal>((tickets, is_last))
    })?;
    match user.filter(|_| is_last) {
        Some(user) => site.webim.log_out_everywhere(&user.id),
        None => site.webim.log_out(tickets),
    }
    Ok(cookie(site, "", 0))
}

/// Ends the session of the browser, and returns the tickets of its pages.
fn end(db: &Connection, request: &Request) -> Result<Vec<String>, Refusal> {
    let Some(token) = token(&request.headers) else { return Ok(Vec::new()) };
    let session = secret::hash(&token);
    accounts::end_session(db, &session)?;
    let ended = tickets::take(db, &session)?;
    Ok(unseal(&token, &ended))
}

/// The token in the session's cookie.
pub(crate) fn token(headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, value)| *name == COOKIE && !value.is_empty()).map(|(_, value)| value.to_owned())
}

fn cookie(site: &Site, value: &str, seconds: i64) -> String {
    let secure = if site.options.secure { "; Secure" } else { "" };
    format!("{COOKIE}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")
}
