//! The documents of this project and the fenced blocks in them.
//!
//! Owns: reading a document and cutting its blocks out. Must not: start a program, or know what a block is for.

use std::fs;
use std::path::{Path, PathBuf};

/// The address in the documents' examples, which is that of a server without settings.
pub const SHOWN_ADDRESS: &str = "127.0.0.1:8000";

/// A fenced block: its language, and its lines.
pub type Block = (String, String);

/// The root of the project.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// A document, by its path from the root of the project.
#[track_caller]
pub fn text(document: &str) -> String {
    fs::read_to_string(root().join(document)).unwrap_or_else(|error| panic!("{document}: {error}"))
}

/// A document's text outside of its blocks, and the blocks.
#[track_caller]
pub fn cut(document: &str) -> (String, Vec<Block>) {
    let (mut prose, mut blocks) = (String::new(), Vec::new());
    let mut open: Option<Block> = None;
    for line in text(document).lines() {
        open = match (open, line.strip_prefix("```")) {
            (Some(block), Some(_)) => {
                blocks.push(block);
                None
            }
            (Some((language, lines)), None) => Some((language, lines + line + "\n")),
            (None, Some(language)) => Some((language.to_owned(), String::new())),
            (None, None) => {
                prose += line;
                prose.push('\n');
                None
            }
        };
    }
    assert!(open.is_none(), "{document} leaves a block open");
    (prose, blocks)
}

/// The blocks of this language in a document.
#[track_caller]
pub fn blocks(document: &str, language: &str) -> Vec<String> {
    let of_language = |(found, lines): Block| (found == language).then_some(lines);
    cut(document).1.into_iter().filter_map(of_language).collect()
}
