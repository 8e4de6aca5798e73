//! The conformance suite: it drives a plugin in any language over HTTP, with a message server that does what each case
//! wants.
//!
//! ```text
//!   cases/ ─► world ─┬─► visitor ─► wire ─► the site with its plugin
//!                    ├─► host: the site's process, commands and forms
//!                    └─► puppet: records the site's calls, answers, refuses, hangs  ─► or passes on to the real server
//! ```
//!
//! Reading order: [`target`] (what a plugin's author writes), [`world`] (what a case may do), [`cases`], [`answer`] and
//! [`failure`] (what is asked of an answer), [`puppet`], [`runner`].
//!
//! Owns: what is printed, and the exit code. Must not: run a case.

mod answer;
mod arguments;
mod cases;
mod failure;
mod host;
mod mutations;
mod puppet;
mod runner;
mod schema;
mod target;
mod visitor;
mod wire;
mod world;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

use arguments::Arguments;
use runner::Counts;
use target::Target;

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(problem) => {
            writeln!(std::io::stderr(), "webim-conform: {problem}").ok();
            ExitCode::FAILURE
        }
    }
}

/// Does what was asked for. Returns whether no case failed.
fn run(arguments: &Arguments) -> Result<bool, String> {
    let is_wanted = |name: &str| {
        arguments.only.is_empty() || arguments.only.iter().any(|part| name.contains(part.as_str()))
    };
    let cases: Vec<_> = cases::all().into_iter().filter(|case| is_wanted(case.name)).collect();
    if cases.is_empty() {
        return Err(format!("no case has {} in its name; --list shows all", arguments.only.join(" or ")));
    }
    if arguments.list {
        for case in cases {
            let needs = if case.needs.is_empty() {
                String::new()
            } else {
                format!(" (needs {})", case.needs.join(", "))
            };
            print(&format!("{}{needs}", case.name));
        }
        return Ok(true);
    }
    if let Some(list) = &arguments.mutations {
        return mutations::run(list, print);
    }
    let file = arguments.target.as_deref().ok_or("which target file?")?;
    let target = Target::read(file)?;
    let counts = runner::run(target, file, &cases, arguments.keep, print)?;
    let Counts { passed, failed, not_offered } = counts;
    if not_offered > 0 {
        print(&format!("{not_offered} not offered"));
    }
    print(&format!("{passed} passed, {failed} failed"));
    Ok(failed == 0)
}

/// Prints lines. A closed stdout is no reason to end.
fn print(lines: &str) {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{lines}").and_then(|()| stdout.flush()).ok();
}
