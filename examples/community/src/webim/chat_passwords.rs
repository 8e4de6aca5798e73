//! Chat passwords: what clients of XMPP log in with, one for each device.
//!
//! Owns: making and revoking them, and the check of a log-in. Must not: store a password; only its
//! hash is kept, and nobody can read it again.
//!
//! A chat password has 120 random bits, so one hash without salt is enough, and checking one costs next to nothing: a right
//! one is accepted even while failures of others have used up a limit.

use axum::http::StatusCode;
use serde_json::json;

use super::devices::Xmpp;
use super::host::{Host, Person};
use super::limits::{CHAT_PASSWORD_CHARS, CHAT_PASSWORD_NAME_CHARS_MAX, CHAT_PASSWORDS_MAX};
use super::params::text;
use super::plugin::Plugin;
use crate::http::{Outcome, Params, Refusal, Reply};
use crate::secret;

/// 32 characters that are not taken for one another.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
/// Whether users may use clients of XMPP here, and this one may.
pub fn admitted<'a>(plugin: &'a Plugin, user: &Person) -> Result<&'a Xmpp, Refusal> {
    let off = || Refusal::forbidden("This site lets nobody chat by XMPP.");
    let xmpp = plugin.setup.xmpp.as_ref().ok_or_else(off)?;
    if xmpp.admits(user.is_admin) {
        return Ok(xmpp);
    }
    Err(Refusal::forbidden("Only administrators may chat by XMPP here."))
}

/// Makes a password for a device, and returns it: nobody can read it later.
pub fn make(site: &impl Host, user: &Person, name: &str) -> Result<String, Refusal> {
    admitted(site.plugin(), user)?;
    let unfit = |text: String| Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, text);
    let name = name.trim();
    let chars = name.chars().count();
    if chars == 0 || chars > CHAT_PASSWORD_NAME_CHARS_MAX || name.chars().any(char::is_control) {
        return Err(unfit(format!("A device has a name of 1 to {CHAT_PASSWORD_NAME_CHARS_MAX} characters.")));
    }
    let password = random()?;
    site.write(|db| {
        if db.chat_passwords(&user.id)?.len() >= CHAT_PASSWORDS_MAX {
            return Err(unfit(format!(
                "You have {CHAT_PASSWORDS_MAX} chat passwords. Please revoke one first."
            )));
        }
        db.add_chat_password(&user.id, name, &secret::hash(&password))
    })?;
    Ok(password)
}

/// Each character is five random bits: the alphabet has 32.
fn random() -> Result<String, Refusal> {
    let bytes = secret::random_bytes::<CHAT_PASSWORD_CHARS>()?;
    Ok(bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect())
}

/// Revokes a password. All clients of the user are logged out, for the site does not know which of them used it; those with
/// another password log in again by themselves.
pub fn revoke(site: &impl Host, user: &Person, id: i64) -> Result<(), Refusal> {
    site.write(|db| {
        if !db.remove_chat_password(&user.id, id)? {
            return Err(Refusal::not_found("There is no such chat password any more."));
        }
        db.chat_log_out(&user.id)
    })?;
    site.plugin().log_out_everywhere(&user.id);
    Ok(())
}

/// `auth`: a client logs in.
pub(super) fn auth(site: &impl Host, user: Option<&Person>, params: &Params) -> Outcome {
    let (name, password) = (params.get("user"), params.get("password"));
    let (plugin, hash) = (site.plugin(), secret::hash(password));
    if let Some(user) = user
        && admitted(plugin, user).is_ok()
    {
        let is_right = site.read(|db| db.has_chat_password(&user.id, &hash))?;
        if is_right {
            return logged_in(site, user, &hash);
        }
    }
    let address = text(params, "address");
    if !plugin.chat_failures.count(address, name) {
        return Err(Refusal::too_many("Too many attempts to log in. Please wait some minutes."));
    }
    if let Some(user) = user
        && admitted(plugin, user).is_ok()
        && site.is_own_password(user, password)?
    {
        plugin.chat_failures.take_back(address, name);
        return logged_in(site, user, &hash);
    }
    Err(Refusal::new(StatusCode::UNAUTHORIZED, "The user name or the password is wrong."))
}

fn logged_in(site: &impl Host, user: &Person, hash: &str) -> Outcome {
    site.write(|db| db.chat_logged_in(&user.id, hash))?;
    Ok(Reply::json(&json!({"user": user.id})))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_24_characters_that_differ_each_time() {
        let (one, other) = (random().unwrap(), random().unwrap());
        assert!(one.len() == 24 && one.bytes().all(|byte| ALPHABET.contains(&byte)), "{one}");
        assert_ne!(one, other);
    }
}
