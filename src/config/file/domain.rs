//! A domain: a `[[domain]]` of the configuration file, or a file of its own.
//!
//! Owns: what its settings may be, and that no two tables have one name. Must not: open a file.

use std::collections::HashSet;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::names::DOMAIN;
use super::reader::{Reader, last_of};
use crate::base::domains::DomainConfig;
use crate::base::limits::settings::CALLS_PER_SECOND_MAX;
use crate::config::problem::Problem;
use crate::config::values;

/// What the file of a domain has.
pub(in crate::config) struct ReadDomain {
    pub(in crate::config) domain: DomainConfig,
    /// The line of its name.
    pub(in crate::config) line: Option<usize>,
    /// Where the list of its apikeys stands in the text.
    pub(in crate::config) apikeys: Range<usize>,
}

/// Reads the text of the file of one domain: the settings of a `[[domain]]`, without that line.
pub(in crate::config) fn read_domain(text: &str) -> Result<ReadDomain, Vec<Problem>> {
    let mut reader = Reader { text, is_of_domain: true, problems: Vec::new() };
    match DeTable::parse(text) {
        Ok(table) => {
            let span = |name: &str| table.get_ref().get(name).map_or(0..0, Spanned::span);
            let (name, apikeys) = (span("name"), span("apikeys"));
            let domain = reader.domain(table.get_ref(), &(0..0), "");
            let line = reader.location(&name, "name").line;
            reader.end(ReadDomain { domain, line, apikeys })
        }
        Err(error) => {
            reader.syntax(&error);
            Err(reader.problems)
        }
    }
}

impl Reader<'_> {
    pub(super) fn domains(&mut self, value: &Spanned<DeValue<'_>>) -> Option<Vec<DomainConfig>> {
        let tables = value.get_ref().as_array().filter(|tables| !tables.is_empty());
        let Some(tables) = tables else {
            self.wrong(&value.span(), "domain", "must be one or more tables, each under [[domain]]");
            return None;
        };
        let mut domains: Vec<DomainConfig> = Vec::new();
        let mut names: HashSet<String> = HashSet::new();
        for value in tables {
            let table = self.table(value, "domain")?;
            let domain = self.domain(table, &value.span(), "domain.");
            if !domain.name.is_empty() && !names.insert(domain.name.clone()) {
                self.wrong(&last_of(value, &["name"]), "domain.name", "is also the name of another domain");
            }
            domains.push(domain);
        }
        Some(domains)
    }

    /// Reads the settings of a domain. `span` is where a missing one would stand, and `prefix` stands before the names
    /// in problems.
    fn domain(&mut self, table: &DeTable<'_>, span: &Range<usize>, prefix: &str) -> DomainConfig {
        let mut domain = DomainConfig { apikeys: Vec::new(), ..DomainConfig::new("", "") };
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            let setting = format!("{prefix}{name}");
            match name {
                "name" => domain.name = self.text(value, &setting, values::domain_name).unwrap_or_default(),
                "apikeys" => {
                    domain.apikeys = self.texts(value, &setting, 1, values::apikey).unwrap_or_default();
                }
                "origins" => {
                    domain.origins = self.texts(value, &setting, 0, values::origin).unwrap_or_default();
                }
                "max_users" => {
                    let users = self.number(value, &setting, &(1..=u32::MAX));
                    domain.max_users = users.unwrap_or(domain.max_users);
                }
                "max_sessions" => {
                    let sessions = self.number(value, &setting, &(1..=u32::MAX));
                    domain.max_sessions = sessions.unwrap_or(domain.max_sessions);
                }
                "max_calls_per_second" => {
                    let calls = self.number(value, &setting, &(0..=CALLS_PER_SECOND_MAX));
                    domain.max_calls_per_second = calls.unwrap_or_default();
                }
                "undelivered_url" => {
                    domain.undelivered_url = self.text(value, &setting, values::undelivered_url);
                }
                _ => self.unknown(key, prefix, &DOMAIN),
            }
        }
        for required in ["name", "apikeys"].into_iter().filter(|name| !table.contains_key(*name)) {
            self.wrong(span, format!("{prefix}{required}"), "is missing");
        }
        domain
    }
}
