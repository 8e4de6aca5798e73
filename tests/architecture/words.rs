//! The words that comments, documents and messages do without.
//!
//! Owns: the list, and what is read of a file: of Rust its comments and strings, of a document all of it. Must not:
//! hold a rule that needs judgement; a reader does.

/// Users, peers and programs have no sex, and a word that must be decoded is no help to a newcomer.
const UNWANTED: [&str; 22] = [
    "he",
    "him",
    "his",
    "she",
    "hers",
    "himself",
    "herself",
    "whoever",
    "whomever",
    "whosoever",
    "lest",
    "anew",
    "how-manieth",
    "so-many-th",
    "ever more seldom",
    "all is well",
    "of which none",
    "so many of",
    "told so",
    "gives word",
    "is believed",
    "are believed",
];

/// Each unwanted word of a text, with the number of its line.
pub(crate) fn unwanted(text: &str) -> Vec<(usize, &'static str)> {
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.to_lowercase();
        for word in UNWANTED {
            if stands_in(&line, word) {
                found.push((number + 1, word));
            }
        }
    }
    found
}

fn stands_in(line: &str, word: &str) -> bool {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '-';
    line.match_indices(word)
        .any(|(at, _)| !line[..at].ends_with(is_part) && !line[at + word.len()..].starts_with(is_part))
}

/// The comments and strings of a Rust file, each on the line where it stands; code is left blank.
pub(crate) fn prose(code: &str) -> String {
    let mut rest = code;
    let mut prose = String::with_capacity(code.len());
    while let Some(first) = rest.chars().next() {
        let (length, is_prose) = next(rest, first);
        let (part, after) = rest.split_at(length);
        if is_prose {
            prose.push_str(part);
        } else {
            prose.extend(part.chars().map(|letter| if letter == '\n' { '\n' } else { ' ' }));
        }
        rest = after;
    }
    prose
}

/// The length of what stands next, and whether it is a comment or a string.
fn next(rest: &str, first: char) -> (usize, bool) {
    if rest.starts_with("//") {
        return (rest.find('\n').unwrap_or(rest.len()), true);
    }
    if let Some(raw) = rest.strip_prefix('r') {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        if raw[hashes..].starts_with('"') {
            let end = format!("\"{}", "#".repeat(hashes));
            let inner = &raw[hashes + 1..];
            let length = inner.find(&end).map_or(rest.len(), |at| 1 + hashes + 1 + at + end.len());
            return (length, true);
        }
    }
    if first.is_alphabetic() || first == '_' {
        let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
        return (rest.find(|letter| !is_word(letter)).unwrap_or(rest.len()), false);
    }
    if first == '"' {
        return (quoted(rest, '"'), true);
    }
    if first == '\'' {
        // A lifetime has no second quote; a character has it after one letter or an escape.
        let is_character = rest[1..].starts_with('\\') || rest[1..].chars().nth(1) == Some('\'');
        return (if is_character { quoted(rest, '\'') } else { 1 }, false);
    }
    (first.len_utf8(), false)
}

/// The length of a quoted text with its quotes.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, letter) in text.char_indices().skip(1) {
        if escaped {
            escaped = false;
        } else if letter == '\\' {
            escaped = true;
        } else if letter == quote {
            return at + letter.len_utf8();
        }
    }
    text.len()
}

#[test]
fn unwanted_words_are_found_in_comments_and_strings_only() {
    let code =
        "fn he() { let a = 'x'; // he goes\n let b = r#\"whoever \"#; let c: &'static str = \"lest\\\"\"; }";
    let found: Vec<_> = unwanted(&prose(code)).into_iter().collect();
    assert_eq!(found, [(1, "he"), (2, "whoever"), (2, "lest")]);
}
