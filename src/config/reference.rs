//! The numbers of the configuration file, as people read them.
//!
//! Owns: how a table of settings is shown in the help. Must not: name a setting. What is shown comes from the tables
//! of [`limits`](crate::base::limits).

use std::fmt::{Display, Write};

use crate::base::limits::table::Setting;
use crate::base::limits::{Limits, Timeouts};

/// All settings that are numbers, each with its default, its range and its summary.
pub(super) fn help() -> String {
    let mut text = String::from(
        "Numbers in the configuration file, with their defaults (nextim.toml says more about them):",
    );
    table(&mut text, "timeouts", Timeouts::SETTINGS);
    table(&mut text, "limits", Limits::SETTINGS);
    text
}

fn table<T, N: Display>(text: &mut String, name: &str, settings: &[Setting<T, N>]) {
    write!(text, "\n  [{name}]").expect("a string takes all");
    for setting in settings {
        let summary = setting.doc.first().map_or("", |line| line.trim().trim_end_matches('.'));
        let (name, default, range) = (setting.name, grouped(&setting.default), range(setting));
        write!(text, "\n  {name} = {default} ({range})\n          {summary}").expect("a string takes all");
    }
}

/// What a setting may be, with its unit.
fn range<T, N: Display>(setting: &Setting<T, N>) -> String {
    let (min, max) = (grouped(setting.range.start()), grouped(setting.range.end()));
    format!("{min} to {max} {}", setting.unit)
}

/// A number as TOML allows it, with its digits in groups of three.
fn grouped(number: impl Display) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('_');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::limits::settings::SHARDS_MAX;

    const EXAMPLE: &str = include_str!("../../nextim.toml");

    #[test]
    fn digits_are_in_groups() {
        let all = [0, 999, 1_000, 32_768, 1_099_511_627_776_u64].map(grouped).join(" ");
        assert_eq!(all, "0 999 1_000 32_768 1_099_511_627_776");
    }

    /// A table as the example file must have it: every line of the documentation, and the default with the range.
    fn in_file<T, N: Display>(name: &str, settings: &[Setting<T, N>]) -> String {
        let mut text = format!("[{name}]\n");
        for setting in settings {
            for line in setting.doc {
                writeln!(text, "#{line}").unwrap();
            }
            writeln!(text, "{} = {}  # {}", setting.name, grouped(&setting.default), range(setting)).unwrap();
        }
        text
    }

    #[test]
    fn the_example_file_documents_every_number() {
        for table in [in_file("timeouts", Timeouts::SETTINGS), in_file("limits", Limits::SETTINGS)] {
            assert!(EXAMPLE.contains(&format!("\n{table}\n")), "nextim.toml must have:\n{table}");
        }
        assert!(EXAMPLE.contains(&format!(" 1 to {SHARDS_MAX}")));
    }

    #[test]
    fn the_help_has_a_row_for_every_number() {
        let help = help();
        assert!(help.contains(
            "\n  message_bytes = 32_768 (1 to 1_048_576 bytes)\n          Longest body of a message\n"
        ));
        assert!(
            help.contains(
                "\n  linger_ms = 8_000 (10 to 3_600_000 milliseconds)\n          A user stays online"
            )
        );
        assert_eq!(help.lines().count(), 3 + 2 * (Limits::SETTINGS.len() + Timeouts::SETTINGS.len()));
    }
}
