//! Secrets that nobody can guess, and their hashes.
//!
//! Owns: random tokens, and the hash that is stored in the place of a secret. Must not: hash passwords; these can be
//! guessed, and `passwords` takes its time over them.

use std::fmt::Write;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::http::Refusal;

/// The hash of a secret of 256 random bits: a fast hash without salt is enough for one.
pub fn hash(secret: &str) -> String {
    Sha256::digest(secret).iter().fold(String::with_capacity(64), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes everything");
        text
    })
}

/// 256 random bits as text.
pub(crate) fn random() -> Result<String, Refusal> {
    Ok(BASE64_URL_SAFE_NO_PAD.encode(random_bytes::<32>()?))
}

pub(crate) fn random_bytes<const N: usize>() -> Result<[u8; N], Refusal> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| {
        log::error!("random numbers: {error}");
        Refusal::unavailable("The site has failed. Please try again.")
    })?;
    Ok(bytes)
}
