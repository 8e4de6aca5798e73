//! The configuration file: TOML to settings, with the line of each problem.
//!
//! Owns: the settings at the top and in `[timeouts]` and `[limits]`; `domain` has those of a domain. Must not: open a
//! file, or print a value. This walks the parsed document by hand, because the messages of a deserializer quote typed
//! text, which may be an apikey. So all problems of a file are found at once.

mod cluster;
mod domain;
mod names;
mod reader;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

pub(super) use self::domain::read_domain;
pub(super) use self::names::TOP;
use self::reader::{Reader, last_of};
use super::layer::Layer;
use super::problem::Problem;
use super::values;
use crate::base::limits::settings::{FORM_GROWTH, JSON_GROWTH, SHARDS_MAX};
use crate::base::limits::{Limits, Timeouts};

/// Reads the text of a file: all its settings, or all its problems in the order of their lines.
pub(super) fn read(text: &str) -> Result<Layer, Vec<Problem>> {
    let mut reader = Reader { text, is_of_domain: false, problems: Vec::new() };
    let mut settings = Layer::default();
    match DeTable::parse(text) {
        Ok(table) => reader.top(table.get_ref(), &mut settings),
        Err(error) => reader.syntax(&error),
    }
    reader.end(settings)
}

impl Reader<'_> {
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
                "domains_dir" => {
                    let location = self.location(&key.span(), "domains_dir");
                    let folder = self.text(value, "domains_dir", values::path);
                    settings.domains_dir = folder.map(|folder| (folder, location));
                }
                "pid_file" => settings.pid_file = self.text(value, "pid_file", values::path),
                "timeouts" => self.timeouts(value, &mut settings.timeouts),
                "limits" => self.limits(value, &mut settings.limits),
                "cluster" => settings.cluster = self.cluster(value),
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
}

#[cfg(test)]
mod tests;
