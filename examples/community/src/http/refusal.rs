//! Why a request was not carried out.
//!
//! Owns: the status and the text that the user reads. Must not: import the database; `store` makes refusals of its errors.

use axum::http::StatusCode;

/// A request that was not carried out, and the answer's status and text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub(crate) status: StatusCode,
    /// For the user: details of a fault belong into the log.
    pub(crate) text: String,
}

impl Refusal {
    /// Any other refusal.
    pub fn new(status: StatusCode, text: impl Into<String>) -> Refusal {
        Refusal { status, text: text.into() }
    }

    /// 400: a parameter is missing or wrong.
    pub fn bad(text: impl Into<String>) -> Refusal {
        Refusal::new(StatusCode::BAD_REQUEST, text)
    }

    /// 401: nobody is logged in.
    pub fn log_in_first() -> Refusal {
        Refusal::new(StatusCode::UNAUTHORIZED, "Please log in.")
    }

    /// 403: the user may not do this.
    pub fn forbidden(text: impl Into<String>) -> Refusal {
        Refusal::new(StatusCode::FORBIDDEN, text)
    }

    /// 404: it does not exist, or the user may not know that it does.
    pub fn not_found(text: impl Into<String>) -> Refusal {
        Refusal::new(StatusCode::NOT_FOUND, text)
    }

    /// 429: too much in too short a time.
    pub fn too_many(text: impl Into<String>) -> Refusal {
        Refusal::new(StatusCode::TOO_MANY_REQUESTS, text)
    }

    /// 503: it cannot be done now.
    pub fn unavailable(text: impl Into<String>) -> Refusal {
        Refusal::new(StatusCode::SERVICE_UNAVAILABLE, text)
    }
}
