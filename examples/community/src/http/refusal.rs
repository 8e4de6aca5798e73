//! Why a request was not carried out.
//!
//! Owns: the status and the words the user reads. Must not: say what only the log should know.

use axum::http::StatusCode;
use rusqlite::ErrorCode;

/// A request that is not carried out, and what its sender is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: StatusCode,
    /// What the user reads.
    pub text: String,
}

impl Refusal {
    /// A refusal with this status and text.
    pub fn new(status: StatusCode, text: impl Into<String>) -> Refusal {
        Refusal { status, text: text.into() }
    }

    /// The request makes no sense.
    pub fn bad(text: impl Into<String>) -> Refusal {
        Refusal::new(StatusCode::BAD_REQUEST, text)
    }

    /// Nobody is logged in.
    pub fn log_in_first() -> Refusal {
        Refusal::new(StatusCode::UNAUTHORIZED, "Please log in.")
    }

    /// The user may not do this.
    pub fn forbidden(text: impl Into<String>) -> Refusal {
        Refusal::new(StatusCode::FORBIDDEN, text)
    }

    /// There is no such thing, or none the user may know of.
    pub fn not_found(text: impl Into<String>) -> Refusal {
        Refusal::new(StatusCode::NOT_FOUND, text)
    }

    /// Too much in too short a time.
    pub fn too_many(text: impl Into<String>) -> Refusal {
        Refusal::new(StatusCode::TOO_MANY_REQUESTS, text)
    }

    /// Not now.
    pub fn unavailable(text: impl Into<String>) -> Refusal {
        Refusal::new(StatusCode::SERVICE_UNAVAILABLE, text)
    }
}

impl From<rusqlite::Error> for Refusal {
    /// What the database could not do was not done: a change is made as a whole or not at all.
    fn from(error: rusqlite::Error) -> Refusal {
        log::error!("database: {error}");
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                Refusal::unavailable("The site is busy. Nothing was saved; please try again.")
            }
            Some(ErrorCode::DiskFull) => {
                Refusal::unavailable("The site has no space left. Nothing was saved.")
            }
            _ => Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "The site has failed. Nothing was saved."),
        }
    }
}
