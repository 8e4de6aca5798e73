//! The directory of domains, as it is changed.
//!
//! Owns: the lock of the directory, and files that are there whole or not at all. Must not: know what stands in them.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use crate::config::directory::SUFFIX;

/// The mode of the files. Their group is that of the directory, so that the server can read them, and nobody else.
const MODE: u32 = 0o640;

/// A directory that nobody else changes by this command.
pub(super) struct Store {
    directory: File,
    path: PathBuf,
}

impl Store {
    /// Waits until others have ended their changes. The lock is given up with the value.
    pub(super) fn lock(path: &Path) -> io::Result<Store> {
        let directory = File::open(path)?;
        directory.lock()?;
        Ok(Store { directory, path: path.to_owned() })
    }

    /// A path for a new file whose name begins like this.
    pub(super) fn free_path(&self, stem: &str) -> PathBuf {
        let is_free = |path: &PathBuf| fs::symlink_metadata(path).is_err();
        let first = self.path.join(format!("{stem}{SUFFIX}"));
        let more = (2..).map(|number: u64| self.path.join(format!("{stem}~{number}{SUFFIX}")));
        std::iter::once(first).chain(more).find(is_free).expect("numbers do not end")
    }

    /// Writes a file, in place of the old one if there is one. If this fails, everything is as it was.
    pub(super) fn write(&self, path: &Path, text: &str) -> io::Result<()> {
        // A link is not replaced, but the file to which it leads.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        // It does not count as a file of a domain, and only one is written at a time.
        let new = path.with_file_name(format!(".{name}.new"));
        let written = self.write_new(&new, text).and_then(|()| fs::rename(&new, &path));
        if written.is_err() {
            fs::remove_file(&new).ok(); // it may not be there
        }
        written?;
        self.directory.sync_all()
    }

    fn write_new(&self, path: &Path, text: &str) -> io::Result<()> {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            // A command that was killed left it behind.
            Ok(()) | Err(_) => {}
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(MODE).open(path)?;
        let group = self.directory.metadata()?.gid();
        if file.metadata()?.gid() != group {
            fchown(&file, None, Some(group))?;
        }
        file.set_permissions(Permissions::from_mode(MODE))?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    }

    /// Removes a file.
    pub(super) fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)?;
        self.directory.sync_all()
    }
}
