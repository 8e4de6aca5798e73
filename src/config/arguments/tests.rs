//! Command lines, and what is said of wrong ones.
//!
//! Owns: nothing but assertions. Must not: start a server.

use super::*;

/// The first line of the error for a command line.
fn wrong(flags: &[&str]) -> String {
    let words = std::iter::once("nextim").chain(flags.iter().copied());
    let error = Arguments::read(words.map(OsString::from)).err();
    let text = error.map(|error| error.render().to_string()).unwrap_or_default();
    assert!(!text.contains("secret"), "{text}");
    text.lines().next().unwrap_or_default().to_owned()
}

#[test]
fn errors_name_the_flag_and_never_the_value() {
    let check = |flags: &[&str], expected: &str| assert_eq!(wrong(flags), expected, "{flags:?}");
    check(&[], "");
    check(&["--domain", "a", "--apikey", "--secret"], "");
    check(&["check-config", "secret"], "");
    check(
        &["--domain=a"],
        "error: every --domain needs one --apikey, but there are 1 --domain and 0 --apikey",
    );
    check(
        &["--domain=a", "--apikey=secret", "--domain=a", "--apikey=secret"],
        "error: the same --domain is there twice",
    );
    check(
        &["--listen", "secret"],
        "error: invalid value '…' for '--listen <ADDR:PORT>': must be ADDR:PORT with a numeric address, \
         such as 127.0.0.1:8000 or [::1]:8000",
    );
    check(
        &["--shards=257"],
        "error: invalid value '…' for '--shards <N>': must be a whole number from 1 to 256",
    );
    check(
        &["--apikey=secret\t"],
        "error: invalid value '…' for '--apikey <KEY>': must not contain control characters",
    );
    check(&["--apikey"], "error: a value is required for '--apikey <KEY>' but none was supplied");
    check(&["--apikye=secret"], "error: unexpected argument '--apikye' found");
    check(&["-ksecret"], "error: unexpected argument '-k' found");
    check(&["--apikey", "a", "secret"], "error: the subcommand '…' cannot be used with '--apikey <KEY>'");
    check(&["secret"], "error: unrecognized subcommand '…'");
    check(&["check-config", "a", "secret"], "error: unexpected argument '…' found");
    check(&["check-config"], "error: the following required arguments were not provided:");
    check(&["--shards=1", "--shards=2"], "error: the argument '--shards <N>' cannot be used multiple times");
}

#[test]
fn a_mistyped_word_is_answered_with_the_one_that_was_meant() {
    let tip = |flags: &[&str]| {
        let words = std::iter::once("nextim").chain(flags.iter().copied());
        let error = Arguments::read(words.map(OsString::from)).err().unwrap().render().to_string();
        let tip = error.lines().find_map(|line| line.trim().strip_prefix("tip: "));
        tip.unwrap_or_default().to_owned()
    };
    let check = |flags: &[&str], expected: &str| assert_eq!(tip(flags), expected, "{flags:?}");
    check(&["tpo"], "a similar subcommand exists: 'top'");
    check(&["to"], "a similar subcommand exists: 'top'");
    check(&["genkye"], "a similar subcommand exists: 'genkey'");
    check(&["--lgo=info"], "a similar argument exists: '--log'");
    check(&["--lisetn=x"], "a similar argument exists: '--listen'");
    check(&["top", "--onec"], "a similar argument exists: '--once'");
    check(&["top", "--lgo=info"], "");
    check(&["serve"], "");
    check(&["--port=1"], "");
    check(&["-x"], "");
}

#[test]
fn the_admin_address_has_a_default() {
    let admin = |flags: &[&str]| {
        let words = std::iter::once("nextim").chain(flags.iter().copied());
        let arguments = Arguments::read(words.map(OsString::from)).unwrap_or_else(|error| panic!("{error}"));
        arguments.into_settings().0.admin.map(|(admin, _)| admin)
    };
    assert_eq!(ADMIN_TEXT.parse(), Ok(ADMIN_DEFAULT));
    assert_eq!(admin(&[]), None);
    assert_eq!(admin(&["--admin"]), Some(ADMIN_DEFAULT));
    assert_eq!(admin(&["--admin", "--shards=1"]), Some(ADMIN_DEFAULT));
    assert_eq!(admin(&["--admin", "[::1]:9"]), "[::1]:9".parse().ok());
}

#[test]
fn a_mistyped_variable_is_noticed() {
    let unknown = |names: &[&str]| unknown_variables(names.iter().map(OsString::from)).join("\n");
    assert_eq!(unknown(&["PATH", "NEXTIMX", "nextim_listen", "NEXTIM_LISTEN", "NEXTIM_LOG_FORMAT"]), "");
    assert_eq!(
        unknown(&["NEXTIM_SERVICE_HOST", "NEXTIM_LISTN"]),
        format!(
            "NEXTIM_LISTN: there is no such variable; did you mean NEXTIM_LISTEN?\n\
             NEXTIM_SERVICE_HOST: there is no such variable; it is not one of {}",
            VARIABLES.join(", ")
        )
    );
    assert!(VARIABLES.iter().all(|name| AFTER.contains(name)), "the help names them all");
    let read = std::cell::RefCell::new(Vec::new());
    let seen = |name: &str| {
        read.borrow_mut().push(name.to_owned());
        None
    };
    assert!(environment(seen).is_ok());
    assert!(VARIABLES.iter().all(|name| read.borrow().iter().any(|read| read == name)), "{read:?}");
    assert!(read.borrow().iter().all(|name| VARIABLES.contains(&name.as_str())), "{read:?}");
}

#[test]
fn the_command_line_is_consistent() {
    Arguments::command().debug_assert();
}
