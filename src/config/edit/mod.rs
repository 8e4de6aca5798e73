//! `nextim domain`: adds, changes, removes and lists the domains that have a file of their own.
//!
//! Owns: the order of a change: lock, read everything, check what would be, write, reload. Must not: print, or show a
//! key that it has not made.

mod report;
mod store;
mod text;

use std::path::{Path, PathBuf};

use self::report::{Done, Report};
use self::store::Store;
use super::checked::Config;
use super::directory::{self, DomainFile};
use super::disk::read_text;
use super::file;
use super::key::new_apikey;
use super::layer::Layer;
use super::problem::ConfigError;
use super::sources::Sources;
use super::task::{DomainAction, DomainTask};
use crate::base::domains::DomainConfig;
use crate::base::limits::settings::DOMAIN_FILE_BYTES_MAX;

/// The settings and the files of domains, as they were read.
struct Found<'s> {
    sources: &'s Sources,
    layer: Layer,
    directory: PathBuf,
    files: Vec<DomainFile>,
}

/// Does what is asked for. After an error everything is as it was.
pub fn carry_out(sources: &Sources, task: DomainTask) -> Result<Done, ConfigError> {
    let layer = sources.layer()?;
    let Some((directory, location)) = layer.domains_dir.clone() else {
        return Err(said("domains_dir: is not set, and this changes only files of that directory"));
    };
    // A list may be read at any time: a file is there whole or not at all.
    let is_list = task.action == DomainAction::List;
    let store = (!is_list).then(|| Store::lock(&directory)).transpose();
    let store = store.map_err(|error| said(format!("{}: cannot be locked: {error}", directory.display())))?;
    let files = directory::read(&directory, &location, sources.file())?;
    let found = Found { sources, layer, directory, files };
    let config = found.check(&found.files)?;
    let report = match (task.action, &store) {
        (DomainAction::Add(domain), Some(store)) => found.add(store, domain),
        (DomainAction::Rotate(name), Some(store)) => found.rotate(store, &name),
        (DomainAction::DropOld(name), Some(store)) => found.drop_old(store, &name),
        (DomainAction::Remove(name), Some(store)) => found.remove(store, &name),
        (DomainAction::List, _) | (_, None) => {
            return Ok(report::list(&found.layer, &found.files, task.json));
        }
    }?;
    drop(store);
    Ok(report.after_reload(&config, task.json))
}

fn said(problem: impl Into<String>) -> ConfigError {
    ConfigError(vec![problem.into()])
}

impl Found<'_> {
    /// The configuration with these files, checked as a start checks it.
    fn check(&self, files: &[DomainFile]) -> Result<Config, ConfigError> {
        let (mut layer, file) = (self.layer.clone(), self.sources.file());
        directory::add(&mut layer, file, files)?;
        layer.check(file)
    }

    fn add(&self, store: &Store, mut domain: DomainConfig) -> Result<Report, ConfigError> {
        if let Some(place) = self.place_of(&domain.name) {
            return Err(said(format!("there is a domain of this name already, in {}", place.display())));
        }
        domain.apikeys = vec![new_key()?];
        let path = store.free_path(&text::file_stem(&domain.name));
        let added = DomainFile { path: path.clone(), domain: domain.clone(), line: None };
        self.check(&[&self.files[..], &[added]].concat())?;
        put(store, &path, &text::of_domain(&domain), &domain)?;
        Ok(Report::new("added", domain, path).with_key())
    }

    /// The new key comes last: the server authenticates itself to the site with the first one, and the site knows only
    /// the old one until its owner has pasted the new one.
    fn rotate(&self, store: &Store, name: &str) -> Result<Report, ConfigError> {
        let file = self.file_of(name)?;
        if file.domain.apikeys.len() > 1 {
            let keys = file.domain.apikeys.len();
            let wrong = format!("has {keys} apikeys already; `--drop-old` leaves only the newest");
            return Err(said(format!("{}: {wrong}", file.path.display())));
        }
        let apikeys = [file.domain.apikeys.clone(), vec![new_key()?]].concat();
        Ok(self.change_keys(store, file, apikeys, "rotated")?.with_key())
    }

    fn drop_old(&self, store: &Store, name: &str) -> Result<Report, ConfigError> {
        let file = self.file_of(name)?;
        match file.domain.apikeys.as_slice() {
            [_, .., newest] => self.change_keys(store, file, vec![newest.clone()], "dropped"),
            _ => Err(said(format!("{}: has no old apikey", file.path.display()))),
        }
    }

    /// Writes a file with other keys. Everything else in it stays, also the comments.
    fn change_keys(
        &self,
        store: &Store,
        file: &DomainFile,
        apikeys: Vec<String>,
        what: &'static str,
    ) -> Result<Report, ConfigError> {
        let before = read_text(&file.path, DOMAIN_FILE_BYTES_MAX)?;
        let read = file::read_domain(&before).map_err(|wrong| ConfigError::new(Some(&file.path), &wrong))?;
        let domain = DomainConfig { apikeys, ..read.domain };
        let changed = |known: &DomainFile| {
            let is_it = known.path == file.path;
            if is_it { DomainFile { domain: domain.clone(), ..known.clone() } } else { known.clone() }
        };
        self.check(&self.files.iter().map(changed).collect::<Vec<_>>())?;
        let (start, end) = (read.apikeys.start, read.apikeys.end);
        let text = [&before[..start], &text::list(&domain.apikeys), &before[end..]].concat();
        put(store, &file.path, &text, &domain)?;
        Ok(Report::new(what, domain, file.path.clone()))
    }

    fn remove(&self, store: &Store, name: &str) -> Result<Report, ConfigError> {
        let file = self.file_of(name)?;
        let others: Vec<DomainFile> =
            self.files.iter().filter(|other| other.path != file.path).cloned().collect();
        if self.check(&others)?.domains.is_empty() {
            let wrong = "is the last domain, and a server does not reload to none; stop the server instead";
            return Err(said(format!("{}: {wrong}", file.path.display())));
        }
        store.remove(&file.path).map_err(|error| not_written(&file.path, &error))?;
        Ok(Report::new("removed", file.domain.clone(), file.path.clone()))
    }

    /// Where the domain of this name stands.
    fn place_of(&self, name: &str) -> Option<PathBuf> {
        let file = self.files.iter().find(|file| file.domain.name == name);
        let is_table = || self.layer.domains.iter().flatten().any(|domain| domain.name == name);
        let settings = || self.sources.file().map_or_else(|| "flags or variables".into(), Path::to_owned);
        file.map(|file| file.path.clone()).or_else(|| is_table().then(settings))
    }

    /// The file of the domain of this name.
    fn file_of(&self, name: &str) -> Result<&DomainFile, ConfigError> {
        self.files.iter().find(|file| file.domain.name == name).ok_or_else(|| match self.place_of(name) {
            Some(place) => said(format!("the domain stands in {}; change it there", place.display())),
            None => said(format!("no file in {} has a domain of this name", self.directory.display())),
        })
    }
}

fn new_key() -> Result<String, ConfigError> {
    new_apikey().map_err(|error| said(format!("no random key can be made: {error}")))
}

/// Writes a text, once it is sure that it is read as this domain.
fn put(store: &Store, path: &Path, text: &str, domain: &DomainConfig) -> Result<(), ConfigError> {
    let read = file::read_domain(text).map_err(|wrong| ConfigError::new(Some(path), &wrong))?;
    if read.domain != *domain || text.len() as u64 > DOMAIN_FILE_BYTES_MAX {
        return Err(said(format!("{}: cannot be changed by this command; edit it", path.display())));
    }
    store.write(path, text).map_err(|error| not_written(path, &error))
}

fn not_written(path: &Path, error: &std::io::Error) -> ConfigError {
    said(format!("{}: nothing was changed: {error}", path.display()))
}
