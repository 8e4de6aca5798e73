//! Who is logged in.
//!
//! Owns: passwords, the session's cookie, and the rate at which passwords may be tried. Must not: store or log a password
//! or a token as it is.

use std::fmt::Write;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use axum::http::{HeaderMap, StatusCode, header};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::limits::SESSION_MS;
use crate::refusal::Refusal;
use crate::site::Site;
use crate::store::accounts::{self, User};
use crate::store::bans;
use crate::visit::Visit;

/// The cookie's name.
pub const COOKIE: &str = "community_session";
/// Bytes of a password; what is longer costs time to hash.
pub const PASSWORD_BYTES_MAX: usize = 256;

/// Logs a user in: returns him and the cookie to set. A session the browser had before is ended, so that nobody can have
/// prepared it. The error's status is 401 for a wrong name or password, which are not told apart, and 429 after too
/// many attempts.
pub fn log_in(site: &Site, visit: &Visit, id: &str, password: &str) -> Result<(User, String), Refusal> {
    let id = id.trim().to_lowercase();
    if id.len() > 64 || !site.log_ins.take(&format!("{} {id}", visit.address)) {
        return Err(Refusal::too_many("Too many attempts to log in. Please wait some minutes."));
    }
    let wrong = || Refusal::new(StatusCode::UNAUTHORIZED, "This name and password do not fit.");
    let stored = site.store.read(|db| accounts::password(db, &id))?;
    // Somebody who does not exist takes as long as somebody who does.
    let right = site.hashes.verify(password, stored.as_deref());
    if !right {
        return Err(wrong());
    }
    let token = secret()?;
    let user = site.store.write(|db| {
        let user = accounts::find(db, &id)?.ok_or_else(wrong)?;
        if bans::banned(db, &user.id)? {
            return Err(Refusal::forbidden("This account is closed by the administrator."));
        }
        visit.session.as_ref().map_or(Ok(()), |old| accounts::end_session(db, old))?;
        accounts::begin_session(db, &hash(&token), &user.id)?;
        Ok::<User, Refusal>(user)
    })?;
    Ok((user, cookie(site, &token, SESSION_MS / 1_000)))
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
    if !site.log_ins.take(&format!("{} {}", visit.address, user.id)) {
        return Err(Refusal::too_many("Too many attempts. Please wait some minutes."));
    }
    let stored = site.store.read(|db| accounts::password(db, &user.id))?;
    if !site.hashes.verify(old, stored.as_deref()) {
        return Err(Refusal::forbidden("This is not your present password."));
    }
    let hash =
        hash_password(new).map_err(|_| Refusal::unavailable("The site has failed. Please try again."))?;
    let token = secret()?;
    site.store.write(|db| {
        accounts::set_password(db, &user.id, &hash)?;
        accounts::end_sessions(db, &user.id)?;
        accounts::begin_session(db, &self::hash(&token), &user.id).map_err(Refusal::from)
    })?;
    crate::webim::log_out(site, user);
    Ok(cookie(site, &token, SESSION_MS / 1_000))
}

/// Ends the session: returns the cookie that removes the browser's. Tells the message server, which ends all pages.
pub fn log_out(site: &Site, visit: &Visit) -> Result<String, Refusal> {
    if let Some(session) = &visit.session {
        site.store.write(|db| accounts::end_session(db, session))?;
    }
    if let Some(user) = &visit.user {
        crate::webim::log_out(site, user);
    }
    Ok(cookie(site, "", 0))
}

/// The session's token in the cookies, hashed.
pub(crate) fn token(headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, value)| *name == COOKIE && !value.is_empty()).map(|(_, value)| hash(value))
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

/// Hashes passwords, one after another: each hash takes 19 MiB for its time.
#[derive(Debug)]
pub struct Hashes {
    /// The hash of a password nobody has.
    nobody: String,
    turn: std::sync::Mutex<()>,
}

impl Hashes {
    /// Makes the hash that stands for those who do not exist.
    pub fn new() -> std::io::Result<Hashes> {
        Ok(Hashes { nobody: hash_password("nobody's")?, turn: std::sync::Mutex::default() })
    }

    fn verify(&self, password: &str, stored: Option<&str>) -> bool {
        if password.len() > PASSWORD_BYTES_MAX {
            return false;
        }
        let _turn = self.turn.lock();
        let hash = PasswordHash::new(stored.unwrap_or(&self.nobody));
        let fits =
            hash.is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok());
        fits && stored.is_some()
    }
}

/// What is stored of a password.
pub fn hash_password(password: &str) -> std::io::Result<String> {
    let hash = Argon2::default().hash_password(password.as_bytes());
    hash.map(|hash| hash.to_string()).map_err(|error| std::io::Error::other(error.to_string()))
}
