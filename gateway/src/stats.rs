//! The figures of the gateway.
//!
//! Owns: the counters, and their form for Prometheus. Must not: hold a name or an address as a label.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Mutex, PoisonError};

/// Counters and gauges by name and labels.
#[derive(Debug, Default)]
pub struct Stats {
    series: Mutex<BTreeMap<(&'static str, String), u64>>,
}

/// The names, whether each only grows, and what each counts.
const NAMES: [(&str, bool, &str); 9] = [
    ("nextim_xmpp_acks_total", true, "Pings that the XMPP server answered."),
    ("nextim_xmpp_connected", false, "Whether each component is connected."),
    ("nextim_xmpp_dropped_total", true, "Stanzas that were dropped, by reason."),
    ("nextim_xmpp_members", false, "Members with a client that is available."),
    ("nextim_xmpp_missed_total", true, "Messages that came back and were returned to the site."),
    ("nextim_xmpp_resources", false, "Clients that are available."),
    ("nextim_xmpp_site_call_microseconds_total", true, "The time of all calls of the site."),
    ("nextim_xmpp_site_calls_total", true, "Calls of the site, by action and status."),
    ("nextim_xmpp_stanzas_total", true, "Stanzas, by kind and direction."),
];

impl Stats {
    /// Adds to a counter. Labels are written as Prometheus reads them, such as `kind="iq"`.
    pub fn add(&self, name: &'static str, labels: &str, count: u64) {
        let mut series = self.series.lock().unwrap_or_else(PoisonError::into_inner);
        *series.entry((name, labels.to_owned())).or_default() += count;
    }

    /// Sets a gauge.
    pub fn set(&self, name: &'static str, labels: &str, value: u64) {
        let mut series = self.series.lock().unwrap_or_else(PoisonError::into_inner);
        series.insert((name, labels.to_owned()), value);
    }

    /// The value of a series.
    pub fn get(&self, name: &'static str, labels: &str) -> u64 {
        let series = self.series.lock().unwrap_or_else(PoisonError::into_inner);
        series.get(&(name, labels.to_owned())).copied().unwrap_or_default()
    }

    /// All of them as Prometheus reads them.
    pub fn text(&self) -> String {
        let series = self.series.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = String::new();
        for (name, grows, help) in NAMES {
            let kind = if grows { "counter" } else { "gauge" };
            write!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n").expect("a string takes everything");
            for ((_, labels), value) in series.iter().filter(|((of, _), _)| *of == name) {
                let labels = if labels.is_empty() { String::new() } else { format!("{{{labels}}}") };
                writeln!(text, "{name}{labels} {value}").expect("a string takes everything");
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_names_all_series_and_no_other() {
        let document = include_str!("../../docs/xmpp.md");
        let words = document.split(|char: char| !char.is_ascii_alphanumeric() && char != '_');
        let mut named: Vec<_> = words.filter(|word| word.starts_with("nextim_xmpp_")).collect();
        named.sort_unstable();
        named.dedup();
        assert_eq!(named, NAMES.map(|(name, ..)| name));
    }
}
