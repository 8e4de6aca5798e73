//! The directory of domains: a small file for each site.
//!
//! Owns: which files of it count, reading them, and that no name comes twice. Must not: write one, or print.
//!
//! A file counts if its name ends in `.toml` and does not begin with a dot. All others are passed over: leftovers of
//! editors, files that are being written, notes. The name of a file means nothing else. The name of the domain stands
//! in the file, because it may have characters that no file name may have.

use std::collections::HashMap;
use std::fs::{self, DirEntry};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::disk::read_text;
use super::file;
use super::layer::Layer;
use super::problem::{ConfigError, Location, Problem};
use crate::base::domains::DomainConfig;
use crate::base::limits::settings::{DOMAIN_FILE_BYTES_MAX, DOMAIN_FILES_MAX, DOMAIN_PROBLEMS_MAX};

/// The end of the names of files that count.
pub(super) const SUFFIX: &str = ".toml";

/// A file of the directory.
#[derive(Clone)]
pub(super) struct DomainFile {
    pub(super) path: PathBuf,
    pub(super) domain: DomainConfig,
    /// The line of its name.
    pub(super) line: Option<usize>,
}

/// Reads the directory of the settings, if they name one, and adds its domains to them.
pub(super) fn add_to(layer: &mut Layer, file: Option<&Path>) -> Result<(), ConfigError> {
    match &layer.domains_dir {
        Some((directory, location)) => {
            let files = read(directory, location, file)?;
            add(layer, file, &files)
        }
        None => Ok(()),
    }
}

/// Reads all files of the directory, in the order of their names. `location` is where it is named, in `file`.
pub(super) fn read(
    directory: &Path,
    location: &Location,
    file: Option<&Path>,
) -> Result<Vec<DomainFile>, ConfigError> {
    let wrong = |wrong: String| ConfigError::new(file, &[Problem { location: location.clone(), wrong }]);
    let listed = fs::read_dir(directory).and_then(Iterator::collect::<Result<Vec<DirEntry>, _>>);
    let mut entries = listed.map_err(|error| wrong(format!("cannot be read: {error}")))?;
    entries.retain(|entry| counts(entry.file_name().as_encoded_bytes()));
    if entries.len() > DOMAIN_FILES_MAX {
        return Err(wrong(format!("must not have more than {DOMAIN_FILES_MAX} files")));
    }
    entries.sort_by_key(DirEntry::file_name);
    let (mut files, mut problems) = (Vec::with_capacity(entries.len()), Vec::new());
    for entry in &entries {
        match read_one(entry) {
            Ok(found) => files.extend(found),
            Err(ConfigError(found)) => problems.extend(found),
        }
        if problems.len() >= DOMAIN_PROBLEMS_MAX {
            break;
        }
    }
    if problems.is_empty() { Ok(files) } else { Err(ConfigError(problems)) }
}

fn counts(name: &[u8]) -> bool {
    name.ends_with(SUFFIX.as_bytes()) && !name.starts_with(b".")
}

/// Reads a file; `None` if it was removed meanwhile.
fn read_one(entry: &DirEntry) -> Result<Option<DomainFile>, ConfigError> {
    let path = entry.path();
    let wrong = |wrong: &str| Err(ConfigError(vec![format!("{}: {wrong}", path.display())]));
    let is_gone = || fs::symlink_metadata(&path).is_err_and(|error| error.kind() == ErrorKind::NotFound);
    // A pipe would not end, and a link may lead to one.
    let is_file = match entry.file_type() {
        Ok(kind) if kind.is_symlink() => fs::metadata(&path).is_ok_and(|found| found.is_file()),
        Ok(kind) => kind.is_file(),
        Err(_) => false,
    };
    if !is_file {
        return if is_gone() { Ok(None) } else { wrong("must be a file") };
    }
    let text = match read_text(&path, DOMAIN_FILE_BYTES_MAX) {
        Err(_) if is_gone() => return Ok(None),
        read => read?,
    };
    let read = file::read_domain(&text).map_err(|problems| ConfigError::new(Some(&path), &problems))?;
    Ok(Some(DomainFile { domain: read.domain, line: read.line, path }))
}

/// Adds the domains of these files to those of the settings, which stand in `file`.
pub(super) fn add(layer: &mut Layer, file: Option<&Path>, files: &[DomainFile]) -> Result<(), ConfigError> {
    let mut domains = layer.domains.take().unwrap_or_default();
    let mut names: HashMap<&str, Option<&Path>> = HashMap::with_capacity(domains.len() + files.len());
    names.extend(domains.iter().map(|domain| (domain.name.as_str(), file)));
    let mut problems = Vec::new();
    for DomainFile { path, domain, line } in files {
        if let Some(other) = names.insert(&domain.name, Some(path)) {
            let place = other.map_or("the flags or variables".to_owned(), |path| path.display().to_string());
            let location = Location { line: *line, setting: "name".to_owned() };
            let wrong = format!("is also the name of a domain in {place}");
            problems.push(Problem { location, wrong }.in_file(path));
        }
    }
    if !problems.is_empty() {
        problems.truncate(DOMAIN_PROBLEMS_MAX);
        return Err(ConfigError(problems));
    }
    domains.extend(files.iter().map(|file| file.domain.clone()));
    layer.domains = Some(domains);
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use tempfile::TempDir;

    use super::*;
    use crate::config::Config;

    /// A folder with settings that name the directory `sites` beside them, and these files.
    fn folder(settings: &str, files: &[(&str, &str)]) -> TempDir {
        let folder = TempDir::new().unwrap();
        let settings = format!("domains_dir = \"sites\"\n{settings}");
        fs::create_dir(folder.path().join("sites")).unwrap();
        fs::write(folder.path().join("nextim.toml"), settings).unwrap();
        for (name, text) in files {
            fs::write(folder.path().join("sites").join(name), text).unwrap();
        }
        folder
    }

    /// The domains with their keys, or the problems with `DIR` for the folder.
    fn read(folder: &TempDir) -> String {
        let shown = folder.path().display().to_string();
        match Config::from_file(&folder.path().join("nextim.toml")) {
            Ok(config) => {
                let domain = |domain: &DomainConfig| format!("{}={}", domain.name, domain.apikeys.join("+"));
                config.domains.iter().map(domain).collect::<Vec<_>>().join(" ")
            }
            Err(error) => error.to_string().replace(&shown, "DIR"),
        }
    }

    const A: &str = "name = \"a\"\napikeys = [\"k\"]\n";
    const B: &str = "apikeys = [\"l\", \"m\"]\nname = \"b\"\n";
    const TABLE: &str = "[[domain]]\nname = \"table\"\napikeys = [\"t\"]\n";

    #[test]
    fn files_stand_beside_tables_and_leftovers_are_passed_over() {
        assert_eq!(read(&folder("", &[("2.toml", A), ("1.toml", B)])), "b=l+m a=k");
        assert_eq!(read(&folder(TABLE, &[("a.toml", A)])), "table=t a=k");
        assert_eq!(read(&folder("", &[])), "", "no site is served, and not the default one");
        let leftovers =
            ["a.toml~", ".a.toml", ".a.toml.swp", "a.toml.tmp", "#a.toml#", ".a.toml.new", "README"];
        let leftovers = leftovers.map(|name| (name, "wrong"));
        assert_eq!(read(&folder("", &[&leftovers[..], &[("a.toml", A)]].concat())), "a=k");
    }

    #[test]
    fn every_setting_of_a_table_may_stand_in_a_file() {
        let settings = "name = \"a\"\napikeys = [\"k\"]\norigins = [\"https://a.example\"]\nmax_users = 7\nmax_sessions = 9\n\
                        max_calls_per_second = 8\nundelivered_url = \"https://a.example/back\"\n";
        let of_file = Config::from_file(&folder("", &[("a.toml", settings)]).path().join("nextim.toml"));
        let of_table = format!("[[domain]]\n{settings}").parse::<Config>();
        assert_eq!(of_file.unwrap().domains, of_table.unwrap().domains);
    }

    #[test]
    fn a_name_that_comes_twice_is_an_error() {
        let twice = folder("", &[("1.toml", A), ("2.toml", &format!("\n{A}"))]);
        assert_eq!(
            read(&twice),
            "DIR/sites/2.toml:2: name: is also the name of a domain in DIR/sites/1.toml"
        );
        let both = folder(&TABLE.replace("table", "a"), &[("1.toml", A)]);
        assert_eq!(read(&both), "DIR/sites/1.toml:1: name: is also the name of a domain in DIR/nextim.toml");
    }

    #[test]
    fn problems_name_file_and_line_and_all_of_them_come() {
        let check = |text: &str, expected: &str| {
            let found = read(&folder("", &[("a.toml", text)]));
            assert_eq!(found, format!("DIR/sites/a.toml:{expected}"), "{text}");
        };
        check("name = \"a\"", "1: apikeys: is missing");
        check("apikeys = [\"Kx7\"]", "1: name: is missing");
        check(
            "name = \"a\"\napikeys = [Kx7]",
            "2: syntax: string values must be quoted, expected literal string (column 12)",
        );
        check(&format!("{A}max_user = 1"), "3: max_user: there is no such setting; did you mean max_users?");
        check(
            &format!("{A}listen = []"),
            "3: listen: belongs into the settings of the server, and not into the file of a domain",
        );
        check(
            &format!("{A}queue_bytes = 1"),
            "3: queue_bytes: belongs into the settings of the server, and not into the file of a domain",
        );
        check(
            &format!("{A}x = 1"),
            "3: x: is not one of name, apikeys, origins, max_users, max_sessions, max_calls_per_second, undelivered_url",
        );
        check("", "1: name: is missing; DIR/sites/a.toml:1: apikeys: is missing");
        check(
            "[[domain]]\nname = \"a\"",
            "1: domain: is not written in the file of a domain; its settings stand at the top; \
             DIR/sites/a.toml:1: name: is missing; DIR/sites/a.toml:1: apikeys: is missing",
        );
        let two =
            folder("", &[("1.toml", "name = 1\napikeys = [\"k\"]"), ("2.toml", A), ("3.toml", "\n\nx = ")]);
        let problems = read(&two);
        assert!(
            problems.starts_with(
                "DIR/sites/1.toml:1: name: must be a string in quotes; DIR/sites/3.toml:3: syntax"
            )
        );
        let many: Vec<String> = (0..DOMAIN_PROBLEMS_MAX + 5).map(|number| format!("{number}.toml")).collect();
        let many: Vec<(&str, &str)> = many.iter().map(|name| (name.as_str(), "apikeys = [\"k\"]")).collect();
        assert_eq!(read(&folder("", &many)).matches("is missing").count(), DOMAIN_PROBLEMS_MAX);
    }

    #[test]
    fn what_is_no_file_is_an_error_and_not_waited_for() {
        let with = |make: &dyn Fn(&Path)| {
            let folder = folder("", &[("a.toml", A)]);
            make(&folder.path().join("sites/b.toml"));
            read(&folder)
        };
        let no_file = "DIR/sites/b.toml: must be a file";
        assert_eq!(with(&|path| fs::create_dir(path).unwrap()), no_file);
        assert_eq!(with(&|path| symlink("/dev/zero", path).unwrap()), no_file);
        assert_eq!(with(&|path| symlink("nowhere", path).unwrap()), no_file);
        assert_eq!(with(&|path| nix::unistd::mkfifo(path, nix::sys::stat::Mode::S_IRUSR).unwrap()), no_file);
        let long = format!("DIR/sites/b.toml: must not be longer than {DOMAIN_FILE_BYTES_MAX} bytes");
        assert_eq!(with(&|path| fs::write(path, " ".repeat(65_537)).unwrap()), long);
        let utf8 = "DIR/sites/b.toml:1: syntax: the file must be UTF-8";
        assert_eq!(with(&|path| fs::write(path, b"\xff").unwrap()), utf8);
        let linked = with(&|path| {
            let other = path.with_file_name("other");
            fs::write(&other, B).unwrap();
            symlink(other, path).unwrap();
        });
        assert_eq!(linked, "a=k b=l+m");
        let none = folder("", &[]);
        fs::remove_dir(none.path().join("sites")).unwrap();
        assert_eq!(
            read(&none),
            "DIR/nextim.toml:1: domains_dir: cannot be read: No such file or directory (os error 2)"
        );
    }

    #[test]
    fn a_text_alone_reads_no_directory() {
        let error = "\ndomains_dir = \"/\"".parse::<Config>().unwrap_err().to_string();
        assert_eq!(error, "2: domains_dir: can only be set in a file, by a flag or a variable");
        let error = "domains_dir = \"\"\npid_file = 1".parse::<Config>().unwrap_err().to_string();
        assert_eq!(
            error,
            "1: domains_dir: must be a path, without control characters; 2: pid_file: must be a string in quotes"
        );
    }
}
