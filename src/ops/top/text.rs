//! Pieces of lines: colours and numbers.
//!
//! Owns: the forms of numbers. Must not: know what is shown.

pub(super) const PLAIN: &str = "\x1b[0m";
pub(super) const BOLD: &str = "\x1b[1m";
pub(super) const FAINT: &str = "\x1b[2m";
pub(super) const GOOD: &str = "\x1b[32m";
pub(super) const BAD: &str = "\x1b[1;31m";

/// Pieces of a line, each with its colour.
pub(super) type FrameLine = Vec<(&'static str, String)>;

/// A number with a comma between groups of three digits.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A rate; small ones have a decimal.
pub(super) fn rate(number: f64) -> String {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "rates are not negative")]
    if number < 10.0 { format!("{number:.1}") } else { grouped(number.round() as u64) }
}

pub(super) fn latency(us: Option<f64>) -> String {
    match us {
        None => "-".to_owned(),
        Some(us) if us < 1_000.0 => format!("{us:.0} µs"),
        Some(us) if us < 10_000.0 => format!("{:.1} ms", us / 1_000.0),
        Some(us) => format!("{:.0} ms", us / 1_000.0),
    }
}

pub(super) fn bytes(bytes: u64) -> String {
    let mib = bytes / (1 << 20);
    if mib < 10_000 { format!("{} MiB", grouped(mib)) } else { format!("{} GiB", grouped(mib / 1_024)) }
}

pub(super) fn duration(seconds: u64) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    if days > 0 { format!("{days} d {hours} h") } else { format!("{hours}:{minutes:02}:{:02}", seconds % 60) }
}
