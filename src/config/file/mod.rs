//! The configuration file: TOML to settings, with the line of each problem.
//!
//! Owns: the names in the file and their nesting. Must not: open a file, or print a value. This walks the parsed
//! document by hand, because the messages of a deserializer quote typed text, which may be an apikey. So all problems
//! of a file are found at once.

use std::ops::{Range, RangeInclusive};

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::layer::Layer;
use super::nearest::nearest;
use super::problem::{Location, Problem};
use super::values::{self, ValueResult};
use crate::base::domains::DomainConfig;
use crate::base::limits::settings::{CALLS_PER_SECOND_MAX, FORM_GROWTH, JSON_GROWTH, SHARDS_MAX};
use crate::base::limits::table::Setting;
use crate::base::limits::{Limits, Timeouts};

/// The names at the top of the file.
pub(super) const TOP: [&str; 12] = [
    "listen",
    "shards",
    "public_url",
    "log",
    "log_format",
    "admin",
    "admin_hosts",
    "exempt",
    "trusted_proxies",
    "timeouts",
    "limits",
    "domain",
];
/// The names in a `[[domain]]`.
const DOMAIN: [&str; 6] =
    ["name", "apikeys", "origins", "max_users", "max_calls_per_second", "undelivered_url"];

/// Longest name of an unknown setting that an error repeats, in bytes.
const UNKNOWN_BYTES_MAX: usize = 32;

/// Reads the text of a file: all its settings, or all its problems in the order of their lines.
pub(super) fn read(text: &str) -> Result<Layer, Vec<Problem>> {
    let mut reader = Reader { text, problems: Vec::new() };
    let mut settings = Layer::default();
    match DeTable::parse(text) {
        Ok(table) => reader.top(table.get_ref(), &mut settings),
        Err(error) => reader.syntax(&error),
    }
    if reader.problems.is_empty() {
        return Ok(settings);
    }
    reader.problems.sort_by_key(|problem| problem.location.line);
    Err(reader.problems)
}

struct Reader<'t> {
    text: &'t str,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn location(&self, span: &Range<usize>, setting: impl Into<String>) -> Location {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        Location { line: Some(before.matches('\n').count() + 1), setting: setting.into() }
    }

    fn wrong(&mut self, span: &Range<usize>, setting: impl Into<String>, wrong: impl Into<String>) {
        let location = self.location(span, setting);
        self.problems.push(Problem { location, wrong: wrong.into() });
    }

    /// Adds an error of the parser, with its message alone: its full text would show the line.
    fn syntax(&mut self, error: &toml::de::Error) {
        let span = error.span().unwrap_or_default();
        let before = self.text.get(..span.start).unwrap_or(self.text);
        let column = before.chars().rev().take_while(|char| *char != '\n').count() + 1;
        self.wrong(&span, "syntax", format!("{} (column {column})", error.message().replace('\n', ", ")));
    }

    fn top(&mut self, table: &DeTable<'_>, settings: &mut Layer) {
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "listen" => {
                    let location = self.location(&key.span(), "listen");
                    settings.listen =
                        self.texts(value, "listen", 1, values::address).map(|list| (list, location));
                }
                "shards" => {
                    let shards = self.number(value, "shards", &(1..=SHARDS_MAX));
                    settings.shards = shards.and_then(|shards| u16::try_from(shards).ok());
                }
                "public_url" => settings.public_url = self.text(value, "public_url", values::public_url),
                "log" => settings.log = self.text(value, "log", values::level),
                "exempt" => settings.exempt = self.texts(value, "exempt", 0, values::range),
                "trusted_proxies" => {
                    settings.trusted_proxies = self.texts(value, "trusted_proxies", 0, values::range);
                }
                "log_format" => settings.log_format = self.text(value, "log_format", values::log_format),
                "admin" => {
                    let location = self.location(&key.span(), "admin");
                    let admin = self.text(value, "admin", values::address);
                    settings.admin = admin.map(|admin| (admin, location));
                }
                "admin_hosts" => {
                    let hosts = self.texts(value, "admin_hosts", 0, values::host);
                    settings.admin_hosts = hosts.unwrap_or_default();
                }
                "timeouts" => self.timeouts(value, &mut settings.timeouts),
                "limits" => self.limits(value, &mut settings.limits),
                "domain" => settings.domains = self.domains(value),
                _ => self.unknown(key, "", &TOP),
            }
        }
    }

    fn timeouts(&mut self, value: &Spanned<DeValue<'_>>, into: &mut Timeouts) {
        self.numbers(value, "timeouts.", Timeouts::SETTINGS, into);
        if into.poll_hold_ms_min > into.poll_hold_ms_max {
            let span = last_of(value, &["poll_hold_ms_min", "poll_hold_ms_max"]);
            self.wrong(&span, "timeouts.poll_hold_ms_min", "must not be more than poll_hold_ms_max");
        }
    }

    /// Reads the limits, and checks that the longest message fits into a body as a form and into a queue as JSON.
    fn limits(&mut self, value: &Spanned<DeValue<'_>>, into: &mut Limits) {
        self.numbers(value, "limits.", Limits::SETTINGS, into);
        let holders =
            [("body_bytes", into.body_bytes, FORM_GROWTH), ("queue_bytes", into.queue_bytes, JSON_GROWTH)];
        for (holder, bytes, growth) in holders {
            if into.message_bytes * growth > bytes {
                let span = last_of(value, &["message_bytes", holder]);
                self.wrong(&span, "limits.message_bytes", format!("must fit {growth} times into {holder}"));
            }
        }
    }

    fn domains(&mut self, value: &Spanned<DeValue<'_>>) -> Option<Vec<DomainConfig>> {
        let tables = value.get_ref().as_array().filter(|tables| !tables.is_empty());
        let Some(tables) = tables else {
            self.wrong(&value.span(), "domain", "must be one or more tables, each under [[domain]]");
            return None;
        };
        let mut domains: Vec<DomainConfig> = Vec::new();
        for table in tables {
            let domain = self.domain(table)?;
            if !domain.name.is_empty() && domains.iter().any(|other| other.name == domain.name) {
                self.wrong(&last_of(table, &["name"]), "domain.name", "is also the name of another domain");
            }
            domains.push(domain);
        }
        Some(domains)
    }

    fn domain(&mut self, value: &Spanned<DeValue<'_>>) -> Option<DomainConfig> {
        let table = self.table(value, "domain")?;
        let (mut name, mut apikeys, mut origins) = (None, None, None);
        let (mut max_users, mut max_calls_per_second) = (None, None);
        let mut undelivered_url = None;
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "name" => name = self.text(value, "domain.name", values::domain_name),
                "apikeys" => apikeys = self.texts(value, "domain.apikeys", 1, values::apikey),
                "origins" => origins = self.texts(value, "domain.origins", 0, values::origin),
                "max_users" => max_users = self.number(value, "domain.max_users", &(1..=u32::MAX)),
                "max_calls_per_second" => {
                    let range = 0..=CALLS_PER_SECOND_MAX;
                    max_calls_per_second = self.number(value, "domain.max_calls_per_second", &range);
                }
                "undelivered_url" => {
                    undelivered_url = self.text(value, "domain.undelivered_url", values::undelivered_url);
                }
                _ => self.unknown(key, "domain.", &DOMAIN),
            }
        }
        for required in ["name", "apikeys"].into_iter().filter(|name| !table.contains_key(*name)) {
            self.wrong(&value.span(), format!("domain.{required}"), "is missing");
        }
        Some(DomainConfig {
            name: name.unwrap_or_default(),
            apikeys: apikeys.unwrap_or_default(),
            origins: origins.unwrap_or_default(),
            max_users: max_users.unwrap_or(u32::MAX),
            max_calls_per_second: max_calls_per_second.unwrap_or(0),
            undelivered_url,
        })
    }

    fn numbers<T, N>(
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

    fn number<N>(
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

    fn text<T>(
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
    fn texts<T>(
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

    fn table<'v, 'i>(&mut self, value: &'v Spanned<DeValue<'i>>, setting: &str) -> Option<&'v DeTable<'i>> {
        let table = value.get_ref().as_table();
        if table.is_none() {
            self.wrong(&value.span(), setting, "must be a table");
        }
        table
    }

    /// Adds an error for an unknown setting. It repeats the name only if that looks like the name of a setting.
    fn unknown(&mut self, key: &Spanned<DeString<'_>>, prefix: &str, known: &[&str]) {
        let name = key.get_ref();
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte == b'_' || byte == b'-';
        let short = name.len() <= UNKNOWN_BYTES_MAX;
        let shown = short && name.bytes().all(plain);
        let setting = if shown { format!("{prefix}{name}") } else { "unknown setting".to_owned() };
        let near = if short { nearest(name, known) } else { None };
        let wrong = match (place_of(name), near) {
            (Some(place), _) => format!("belongs {place}"),
            (None, Some(near)) => format!("there is no such setting; did you mean {near}?"),
            (None, None) => format!("is not one of {}", known.join(", ")),
        };
        self.wrong(&key.span(), setting, wrong);
    }
}

/// Where a known setting belongs.
fn place_of(name: &str) -> Option<&'static str> {
    if TOP.contains(&name) {
        Some("at the top of the file, above the first line in [ ]")
    } else if Limits::SETTINGS.iter().any(|limit| limit.name == name) {
        Some("under [limits]")
    } else if Timeouts::SETTINGS.iter().any(|timeout| timeout.name == name) {
        Some("under [timeouts]")
    } else if DOMAIN.contains(&name) {
        Some("under [[domain]]")
    } else {
        None
    }
}

/// The span of the last of these settings in a table, or of the table if it has none of them.
fn last_of(value: &Spanned<DeValue<'_>>, names: &[&str]) -> Range<usize> {
    let settings = value.get_ref().as_table().into_iter().flatten();
    let found = settings.filter(|(key, _)| names.contains(&key.get_ref().as_ref()));
    found.map(|(key, _)| key.span()).max_by_key(|span| span.start).unwrap_or_else(|| value.span())
}

#[cfg(test)]
mod tests;
