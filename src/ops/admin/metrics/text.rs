//! The form of metrics: the exposition format 0.0.4 of Prometheus.
//!
//! Owns: [`MetricsText`], and what is escaped. Must not: know the name of a metric.

use std::fmt::{Display, Write as _};

use crate::base::stats::Distribution;

/// The text, as far as it is written.
#[derive(Debug, Default)]
pub(super) struct MetricsText(String);

impl MetricsText {
    /// The whole text.
    pub(super) fn done(self) -> String {
        self.0
    }

    /// Writes the head of a metric.
    pub(super) fn about(&mut self, name: &str, kind: &str, help: &str) {
        writeln!(self.0, "# HELP {name} {}\n# TYPE {name} {kind}", help.trim()).expect("to a string");
    }

    /// Writes a value of the metric that was begun last.
    pub(super) fn value(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        self.0.push_str(name);
        for (index, (label, value)) in labels.iter().enumerate() {
            let before = if index == 0 { '{' } else { ',' };
            write!(self.0, "{before}{label}=\"{}\"", escaped(value)).expect("to a string");
        }
        let end = if labels.is_empty() { "" } else { "}" };
        writeln!(self.0, "{end} {value}").expect("to a string");
    }

    /// Writes a metric with one value.
    pub(super) fn single(&mut self, name: &str, kind: &str, help: &str, value: impl Display) {
        self.about(name, kind, help);
        self.value(name, &[], value);
    }

    /// Writes a histogram with buckets in seconds.
    pub(super) fn histogram(&mut self, name: &str, labels: &[(&str, &str)], durations: &Distribution) {
        let bucket = format!("{name}_bucket");
        for (end_us, count) in durations.cumulative() {
            let end = seconds(end_us).to_string();
            self.value(&bucket, &[labels, &[("le", &end)]].concat(), count);
        }
        self.value(&bucket, &[labels, &[("le", "+Inf")]].concat(), durations.count());
        self.value(&format!("{name}_sum"), labels, seconds(durations.sum_us));
        self.value(&format!("{name}_count"), labels, durations.count());
    }
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// Microseconds as seconds.
#[allow(clippy::cast_precision_loss, reason = "microseconds of a process are far below 2^53")]
pub(super) fn seconds(us: u64) -> f64 {
    us as f64 / 1_000_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_escaped() {
        let mut text = MetricsText(String::new());
        text.value("a", &[("b", "\\ \" \n"), ("c", "")], 1);
        text.value("a", &[], 0.5);
        assert_eq!(text.0, "a{b=\"\\\\ \\\" \\n\",c=\"\"} 1\na 0.5\n");
    }

    #[test]
    fn the_ends_of_buckets_are_plain_decimals() {
        let mut text = MetricsText(String::new());
        text.histogram("a", &[("call", "b")], &Distribution::default());
        assert!(text.0.starts_with("a_bucket{call=\"b\",le=\"0.000008\"} 0\n"), "{}", text.0);
        assert!(text.0.contains("le=\"16.777216\"} 0\na_bucket{call=\"b\",le=\"+Inf\"} 0\n"), "{}", text.0);
    }
}
