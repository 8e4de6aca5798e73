//! What is wrong with a configuration, and where.
//!
//! Owns: the form of errors. Must not: hold a text that was typed, because it may be an apikey.

use std::fmt;
use std::path::Path;

/// All problems of a configuration, each as `FILE:LINE: setting: what is wrong`. A problem outside a file has neither
/// file nor line.
#[derive(Debug, PartialEq, Eq)]
pub struct ConfigError(pub(super) Vec<String>);

impl ConfigError {
    pub(super) fn new(file: Option<&Path>, problems: &[Problem]) -> ConfigError {
        let line = |problem: &Problem| match file {
            Some(file) => problem.in_file(file),
            None => problem.to_string(),
        };
        ConfigError(problems.iter().map(line).collect())
    }

    /// The problems, one line each.
    pub fn problems(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("; "))
    }
}

impl std::error::Error for ConfigError {}

/// Where a setting was typed: on a line of the file, or as the flag or variable of that name.
#[derive(Clone)]
pub(super) struct Location {
    pub(super) line: Option<usize>,
    pub(super) setting: String,
}

impl Location {
    /// A place outside the file.
    pub(super) fn elsewhere(setting: impl Into<String>) -> Location {
        Location { line: None, setting: setting.into() }
    }
}

/// What is wrong with a setting.
pub(super) struct Problem {
    pub(super) location: Location,
    pub(super) wrong: String,
}

impl Problem {
    pub(super) fn elsewhere(setting: impl Into<String>, wrong: impl Into<String>) -> Problem {
        Problem { location: Location::elsewhere(setting), wrong: wrong.into() }
    }

    /// The problem with the file in front, if it has a line there.
    pub(super) fn in_file(&self, file: &Path) -> String {
        match self.location.line {
            Some(_) => format!("{}:{self}", file.display()),
            None => self.to_string(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.location.line {
            write!(f, "{line}: ")?;
        }
        write!(f, "{}: {}", self.location.setting, self.wrong)
    }
}
