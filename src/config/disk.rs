//! Reading a file of settings.
//!
//! Owns: the bound of its length, and the errors of reading. Must not: know what stands in it.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::problem::{ConfigError, Location, Problem};

/// The text of a file of at most this many bytes.
pub(super) fn read_text(path: &Path, bytes_max: u64) -> Result<String, ConfigError> {
    let wrong = |what: String| ConfigError(vec![format!("{}: {what}", path.display())]);
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(bytes_max + 1).read_to_end(&mut bytes));
    read.map_err(|error| wrong(format!("cannot be read: {error}")))?;
    if bytes.len() as u64 > bytes_max {
        return Err(wrong(format!("must not be longer than {bytes_max} bytes")));
    }
    String::from_utf8(bytes).map_err(|error| {
        let before = String::from_utf8_lossy(&error.as_bytes()[..error.utf8_error().valid_up_to()]);
        let line = before.matches('\n').count() + 1;
        let location = Location { line: Some(line), setting: "syntax".to_owned() };
        ConfigError::new(Some(path), &[Problem { location, wrong: "the file must be UTF-8".to_owned() }])
    })
}
