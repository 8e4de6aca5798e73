//! Reading values of a parsed file, with the line of each problem.
//!
//! Owns: the problems, and the kinds of values. Must not: name a setting.

use std::ops::{Range, RangeInclusive};

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::names::place_of;
use crate::base::limits::table::Setting;
use crate::config::nearest::nearest;
use crate::config::problem::{Location, Problem};
use crate::config::values::{self, ValueResult};

/// Longest name of an unknown setting that an error repeats, in bytes.
const UNKNOWN_BYTES_MAX: usize = 32;

pub(super) struct Reader<'t> {
    pub(super) text: &'t str,
    /// Whether the text is the file of one domain.
    pub(super) is_of_domain: bool,
    pub(super) problems: Vec<Problem>,
}

impl Reader<'_> {
    /// What was read, or all problems in the order of their lines.
    pub(super) fn end<T>(mut self, read: T) -> Result<T, Vec<Problem>> {
        if self.problems.is_empty() {
            return Ok(read);
        }
        self.problems.sort_by_key(|problem| problem.location.line);
        Err(self.problems)
    }

    pub(super) fn location(&self, span: &Range<usize>, setting: impl Into<String>) -> Location {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        Location { line: Some(before.matches('\n').count() + 1), setting: setting.into() }
    }

    pub(super) fn wrong(
        &mut self,
        span: &Range<usize>,
        setting: impl Into<String>,
        wrong: impl Into<String>,
    ) {
        let location = self.location(span, setting);
        self.problems.push(Problem { location, wrong: wrong.into() });
    }

    /// Adds an error of the parser, with its message alone: its full text would show the line.
    pub(super) fn syntax(&mut self, error: &toml::de::Error) {
        let span = error.span().unwrap_or_default();
        let before = self.text.get(..span.start).unwrap_or(self.text);
        let column = before.chars().rev().take_while(|char| *char != '\n').count() + 1;
        self.wrong(&span, "syntax", format!("{} (column {column})", error.message().replace('\n', ", ")));
    }

    pub(super) fn numbers<T, N>(
        &mut self,
        value: &Spanned<DeValue<'_>>,
        prefix: &str,
        settings: &[Setting<T, N>],
        into: &mut T,
    ) where
        N: Copy + PartialOrd + std::fmt::Display + TryFrom<i128>,
    {
        let Some(table) = self.table(value, prefix.trim_end_matches('.')) else { return };
        for (key, value) in table {
            let Some(setting) = settings.iter().find(|setting| setting.name == key.get_ref()) else {
                let known: Vec<&str> = settings.iter().map(|setting| setting.name).collect();
                self.unknown(key, prefix, &known);
                continue;
            };
            let number = self.number(value, &format!("{prefix}{}", setting.name), &setting.range);
            if let Some(number) = number {
                *(setting.field)(into) = number;
            }
        }
    }

    pub(super) fn number<N>(
        &mut self,
        value: &Spanned<DeValue<'_>>,
        setting: &str,
        range: &RangeInclusive<N>,
    ) -> Option<N>
    where
        N: Copy + PartialOrd + std::fmt::Display + TryFrom<i128>,
    {
        let typed = value.get_ref().as_integer();
        let typed = typed.and_then(|typed| i128::from_str_radix(typed.as_str(), typed.radix()).ok());
        let number = typed.and_then(|typed| N::try_from(typed).ok()).filter(|number| range.contains(number));
        if number.is_none() {
            self.wrong(&value.span(), setting, values::whole_number(range.start(), range.end()));
        }
        number
    }

    pub(super) fn text<T>(
        &mut self,
        value: &Spanned<DeValue<'_>>,
        setting: &str,
        read: fn(&str) -> ValueResult<T>,
    ) -> Option<T> {
        let Some(text) = value.get_ref().as_str() else {
            self.wrong(&value.span(), setting, "must be a string in quotes");
            return None;
        };
        read(text).map_err(|wrong| self.wrong(&value.span(), setting, wrong)).ok()
    }

    /// A list of at least this many texts.
    pub(super) fn texts<T>(
        &mut self,
        value: &Spanned<DeValue<'_>>,
        setting: &str,
        least: usize,
        read: fn(&str) -> ValueResult<T>,
    ) -> Option<Vec<T>> {
        let Some(list) = value.get_ref().as_array() else {
            self.wrong(&value.span(), setting, "must be a list of strings in [ ]");
            return None;
        };
        if list.len() < least {
            self.wrong(&value.span(), setting, "must not be an empty list");
        }
        list.iter().map(|item| self.text(item, setting, read)).collect()
    }

    pub(super) fn table<'v, 'i>(
        &mut self,
        value: &'v Spanned<DeValue<'i>>,
        setting: &str,
    ) -> Option<&'v DeTable<'i>> {
        let table = value.get_ref().as_table();
        if table.is_none() {
            self.wrong(&value.span(), setting, "must be a table");
        }
        table
    }

    /// Adds an error for an unknown setting. It repeats the name only if that looks like the name of a setting.
    pub(super) fn unknown(&mut self, key: &Spanned<DeString<'_>>, prefix: &str, known: &[&str]) {
        let name = key.get_ref();
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte == b'_' || byte == b'-';
        let short = name.len() <= UNKNOWN_BYTES_MAX;
        let shown = short && name.bytes().all(plain);
        let setting = if shown { format!("{prefix}{name}") } else { "unknown setting".to_owned() };
        let near = if short { nearest(name, known) } else { None };
        let wrong = match (place_of(name, self.is_of_domain), near) {
            (Some(place), _) => place.to_owned(),
            (None, Some(near)) => format!("there is no such setting; did you mean {near}?"),
            (None, None) => format!("is not one of {}", known.join(", ")),
        };
        self.wrong(&key.span(), setting, wrong);
    }
}

/// The span of the last of these settings in a table, or of the table if it has none of them.
pub(super) fn last_of(value: &Spanned<DeValue<'_>>, names: &[&str]) -> Range<usize> {
    let settings = value.get_ref().as_table().into_iter().flatten();
    let found = settings.filter(|(key, _)| names.contains(&key.get_ref().as_ref()));
    found.map(|(key, _)| key.span()).max_by_key(|span| span.start).unwrap_or_else(|| value.span())
}
