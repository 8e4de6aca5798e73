//! The suite itself: the reference passes it whole, and its errors are words.
//!
//! Owns: runs of the built program. Must not: repeat a case.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails, in its helpers too")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use nextim_testkit::documents::{blocks, root, text};
use nextim_testkit::process::built;

const DOCUMENT: &str = "plugins/conformance/README.md";

fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } =
        Command::new(env!("CARGO_BIN_EXE_webim-conform")).args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (status.code(), text(stdout), text(stderr))
}

fn reference() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("targets/community.toml")
}

/// A target file with this text.
fn target(text: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), text).unwrap();
    file
}

#[test]
fn the_reference_passes_whole() {
    for program in ["nextim", "nextim-community", "examples/world"] {
        built(program);
    }
    let (code, printed, errors) = run(&[reference().to_str().unwrap()]);
    let last = printed.lines().last().unwrap_or_default();
    let failed: Vec<&str> = printed.lines().filter(|line| !line.starts_with("passed ")).collect();
    assert_eq!((code, errors.as_str()), (Some(0), ""), "{}", failed.join("\n"));
    let passed: usize = last.strip_suffix(" passed, 0 failed").unwrap_or_default().parse().unwrap();
    let listed = run(&["--list"]).1.lines().count();
    assert_eq!(passed, listed, "the reference offers all: {}", failed.join("\n"));
}

#[test]
fn what_is_lacking_is_printed_and_counted() {
    let here = reference().parent().unwrap().display().to_string();
    let text = fs::read_to_string(reference()).unwrap();
    let file = target(&format!("lacks = [\"notifications\"]\n{text}"));
    let (code, printed, _) = run(&[file.path().to_str().unwrap(), "--only", "notifications are a list"]);
    let expected = "not offered  shapes: notifications are a list (lacks notifications)\n1 not offered\n\
                    0 passed, 0 failed\n";
    assert_eq!((code, printed.as_str()), (Some(0), expected), "{here}");
}

#[test]
fn a_failed_case_says_what_was_asked_what_came_and_what_holds() {
    let text = fs::read_to_string(reference()).unwrap();
    let file = target(&text.replace("url = \"/webim/{endpoint}\"", "url = \"/wrong/{endpoint}\""));
    let (code, printed, _) = run(&[file.path().to_str().unwrap(), "--only", "reads are answered by POST"]);
    assert_eq!(code, Some(1));
    let lines: Vec<&str> = printed.lines().collect();
    assert_eq!(lines[0], "failed       shapes: reads are answered by POST, too");
    assert_eq!(lines[1], "    asked     POST buddies ids=\"bob\" (as alice)");
    assert!(lines[2].starts_with("    came      404 "), "{printed}");
    assert_eq!(lines[3], "    contract  status 200: reads are answered by POST too");
    assert_eq!(lines[4], "0 passed, 1 failed");
}

#[test]
fn what_cannot_be_run_is_an_error_in_words() {
    let text = fs::read_to_string(reference()).unwrap();
    let broken = |from: &str, to: &str| target(&text.replace(from, to));
    for (file, said) in [
        (broken("[users.erin]", "[users.eve]"), "[users.erin] is missing"),
        (broken("prepare = \"", "prepare = \"exit 3; "), "exit status: 3"),
        (broken("reset = \"", "reset = \"echo no database >&2; exit 1; "), "no database"),
        (broken("exec env", "echo no such site; exit 4; exec env"), "no such site"),
        (broken("server = \"{programs}/nextim\"", "server = \"{programs}/no-nextim\""), "No such file"),
        (target("reset = "), "TOML parse error"),
    ] {
        let (code, printed, errors) = run(&[file.path().to_str().unwrap(), "--only", "chat goes both ways"]);
        assert_eq!((code, printed.as_str()), (Some(1), ""), "{said}");
        assert!(errors.starts_with("webim-conform: ") && errors.contains(said), "{said}: {errors}");
        assert!(!errors.contains("panicked"), "{errors}");
    }
    let (code, _, errors) = run(&["no-such-file.toml"]);
    assert!(code == Some(1) && errors.contains("no-such-file.toml"), "{errors}");
    assert_eq!(run(&[]).0, Some(2));
    let (code, _, errors) = run(&["--list", "--only", "no such case"]);
    assert!(code == Some(1) && errors.contains("no case has no such case in its name"), "{errors}");
}

/// The lists of mutations, and each.
fn mutations() -> Vec<(PathBuf, toml::Table)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("mutations");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let read = |file: PathBuf| {
        let list = fs::read_to_string(&file).unwrap().parse().unwrap();
        (file, list)
    };
    files.map(read).collect()
}

#[test]
fn every_mutation_can_be_made_and_names_a_case() {
    let cases = run(&["--list"]).1;
    let cases: Vec<&str> = cases.lines().map(|line| line.split(" (needs ").next().unwrap()).collect();
    let lists = mutations();
    assert_eq!(lists.len(), 2);
    for (file, list) in lists {
        let root = file.parent().unwrap().join(list["root"].as_str().unwrap());
        let mutations = list["mutation"].as_array().unwrap();
        assert!(mutations.len() >= 10, "{}", file.display());
        for mutation in mutations {
            let of = |member: &str| mutation[member].as_str().unwrap();
            let places = fs::read_to_string(root.join(of("file"))).unwrap().matches(of("before")).count();
            assert_eq!(places, 1, "{}: {mutation:?}", file.display());
            assert!(cases.contains(&of("case")), "{mutation:?}");
        }
    }
}

#[test]
fn a_mutation_is_caught_if_its_case_fails() {
    for program in ["nextim-community", "examples/world"] {
        built(program);
    }
    let list = |before: &str, after: &str, case: &str| {
        let root = reference().parent().unwrap().parent().unwrap().display().to_string();
        let text = format!(
            "root = '{root}'\ntarget = 'targets/community.toml'\ncopied = ['targets']\n\
             [[mutation]]\nfile = 'targets/community.toml'\nbefore = '{before}'\nafter = '{after}'\ncase = '{case}'\n"
        );
        let file = target(&text);
        run(&["--mutations", file.path().to_str().unwrap()])
    };
    let scripts = "origins: refusals are scripts that run";
    let (code, printed, errors) = list(" --jsonp-origin {jsonp_origin}", "", scripts);
    assert_eq!((code, errors.as_str()), (Some(0), ""), "{printed}");
    assert!(printed.starts_with(&format!("failed       {scripts}\n")), "{printed}");
    assert!(printed.ends_with("1 caught, 0 missed\n"), "{printed}");
    let (code, printed, errors) = list("# The rates", "# Its rates", scripts);
    assert_eq!((code, errors.as_str()), (Some(1), ""));
    assert!(printed.ends_with("0 caught, 1 missed\n"), "{printed}");
    for (before, case, said) in [
        ("no such text", scripts, "stands there 0 times, and not once"),
        ("# The rates", "no: such case", "there is no case \"no: such case\""),
    ] {
        let (code, printed, errors) = list(before, "", case);
        assert_eq!((code, printed.as_str()), (Some(1), ""), "{errors}");
        assert!(errors.contains(said), "{errors}");
    }
}

#[test]
fn the_documented_target_file_can_be_read() {
    let shown = blocks(DOCUMENT, "toml");
    assert_eq!(shown.len(), 2);
    let by_command = shown[0].split("[log_in]").next().unwrap().to_owned()
        + &shown[1]
        + shown[0].split("token = \"csrf\"\n").nth(1).unwrap();
    for text in [&shown[0], &by_command] {
        // It can be read, and its first command, which this machine need not have, is run.
        let file = target(&text.replace("composer dump-autoload", "echo read >&2; exit 9"));
        let (code, _, errors) =
            run(&[file.path().to_str().unwrap(), "--only", "there are no other endpoints"]);
        assert!(code == Some(1) && errors.contains("exit status: 9\nread"), "{errors}");
    }
}

#[test]
fn every_flag_need_and_event_is_documented() {
    let document = text(DOCUMENT);
    let help = run(&["--help"]).1;
    for flag in help.split_whitespace().filter(|word| word.starts_with("--")) {
        let flag = flag.trim_end_matches(['.', ',']);
        assert!(["--help", "--version"].contains(&flag) || document.contains(&format!("`{flag}")), "{flag}");
    }
    for line in run(&["--list"]).1.lines() {
        let needs = line.split_once(" (needs ").map_or("", |(_, needs)| needs.trim_end_matches(')'));
        for need in needs.split(", ").filter(|need| !need.is_empty()) {
            assert!(document.contains(&format!("| `{need}` |")), "{need}");
        }
    }
}

#[test]
fn the_documented_commands_have_flags_and_files_that_exist() {
    let mut tried = 0;
    for document in [DOCUMENT, "plugins/README.md"] {
        for line in blocks(document, "sh").iter().flat_map(|block| block.lines()) {
            let Some(arguments) = line.strip_prefix("cargo run -p webim-conform -- ") else { continue };
            let arguments = arguments.replace('"', "");
            let (file, rest) = arguments.split_once(' ').unwrap_or((&*arguments, ""));
            assert!(root().join(file).is_file(), "{line}");
            let (code, _, errors) =
                run(&[&["--list"][..], &rest.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>()]
                    .concat());
            assert_eq!((code, errors.as_str()), (Some(0), ""), "{line}");
            tried += 1;
        }
    }
    assert_eq!(tried, 2);
}
