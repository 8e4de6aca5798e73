//! Long lists, a page at a time.
//!
//! Owns: numbers and addresses of pages. Must not: import `store`.

use crate::http::Refusal;
use crate::visit::Visit;

/// A page among others.
#[derive(Clone, Debug)]
pub(super) struct Pages {
    /// Its number, from 1.
    pub(super) number: i64,
    /// Entries of a page.
    pub(super) size: i64,
    total: i64,
    path: String,
}

impl Pages {
    /// The page that a visitor asks for, of a list of `total` entries. A page that does not exist is refused.
    pub(super) fn of(visit: &Visit<'_>, total: i64, size: i64) -> Result<Pages, Refusal> {
        let number = match visit.param("page") {
            "" => 1,
            text => text.parse().unwrap_or(0),
        };
        let pages = Pages { number, size, total, path: visit.request.path.clone() };
        if (1..=pages.count()).contains(&number) {
            return Ok(pages);
        }
        Err(Refusal::not_found("There is no such page."))
    }

    #[must_use]
    pub(super) fn last(self) -> Pages {
        Pages { number: self.count(), ..self }
    }

    /// How many pages there are.
    pub(super) fn count(&self) -> i64 {
        count(self.total, self.size)
    }

    /// How many entries come before the page.
    pub(super) fn offset(&self) -> i64 {
        (self.number - 1) * self.size
    }

    /// The address of the page before.
    pub(super) fn before(&self) -> Option<String> {
        (self.number > 1).then(|| address(&self.path, self.number - 1))
    }

    /// The address of the page after.
    pub(super) fn after(&self) -> Option<String> {
        (self.number < self.count()).then(|| address(&self.path, self.number + 1))
    }
}

/// How many pages a list has; an empty list has one page.
pub(super) fn count(total: i64, size: i64) -> i64 {
    (total.max(1) + size - 1) / size
}

/// The address of a page of a list.
pub(super) fn address(path: &str, number: i64) -> String {
    if number == 1 { path.to_owned() } else { format!("{path}?page={number}") }
}
