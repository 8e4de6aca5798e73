//! Names that readers could take for others.
//!
//! Owns: which names look alike, and which letters a name may hold, by the methods of Unicode's security mechanisms (UTS
//! 39). Must not: read or write the database, or answer a request.

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use unicode_script::{Script, UnicodeScript};
use unicode_security::general_security_profile::IdentifierType;
use unicode_security::{
    GeneralSecurityProfile, MixedScript, RestrictionLevel, RestrictionLevelDetection, skeleton,
};

/// Marks on one letter, at most (UTS 39, section 5.4).
const MARKS_MAX: usize = 4;

/// What is wrong with the letters of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Oddity {
    /// This word has letters of scripts that no language mixes within a word.
    MixedScripts(String),
    /// This symbol looks like a letter and is none.
    Symbol(char),
    /// One letter has too many marks, or one mark twice.
    Marks,
}

/// What is wrong with the letters of a name, if anything is. Each word may be of another script: `Иван Ivan` is fine.
pub(crate) fn oddity(name: &str) -> Option<Oddity> {
    if has_heaped_marks(name) {
        return Some(Oddity::Marks);
    }
    let plain: String = name.nfkc().collect();
    if let Some(symbol) = plain.chars().find(|c| c.is_alphanumeric() && is_symbol(*c)) {
        return Some(Oddity::Symbol(symbol));
    }
    let mut words = plain.split(|c: char| !c.is_alphanumeric() && !is_combining_mark(c));
    words.find(|word| is_mixed(word)).map(|word| Oddity::MixedScripts(word.to_owned()))
}

/// All that a name looks like: two names that share an element look alike. Case, spaces, punctuation, emoji and invisible
/// characters make no difference to readers, so they make none here. A name is compared as it is written, in small and in
/// capital letters, because other letters look alike in each: `l` and `I`, `0` and `O`.
pub(crate) fn looks(name: &str) -> BTreeSet<String> {
    let plain: String = name.nfkc().filter(|c| !is_loose_mark(*c)).collect();
    [plain.to_lowercase(), plain.to_uppercase(), plain].iter().map(|form| look(form)).collect()
}

/// Whether two names look alike.
pub(crate) fn are_alike(one: &str, other: &str) -> bool {
    !looks(one).is_disjoint(&looks(other))
}

/// A name without its accents.
pub(crate) fn without_marks(name: &str) -> String {
    name.nfkd().filter(|c| !is_combining_mark(*c)).collect()
}

/// The skeleton of one form of a name: its letters, digits and marks, or all of it if there are none.
fn look(form: &str) -> String {
    let all: String = skeleton(form).collect();
    let letters: String = all.chars().filter(|c| c.is_alphanumeric() || is_combining_mark(*c)).collect();
    if letters.is_empty() { all } else { letters }
}

/// Whether a mark of no script stands beside its letter after composition. No keyboard of a living language needs it for
/// another name, and many of these marks can hardly be seen.
fn is_loose_mark(c: char) -> bool {
    is_combining_mark(c) && c.script() == Script::Inherited
}

/// Whether the form of a letter is a picture, such as those of emoji.
fn is_symbol(c: char) -> bool {
    matches!(
        c.identifier_type(),
        None | Some(IdentifierType::Not_Character | IdentifierType::Not_XID | IdentifierType::Deprecated)
    )
}

/// Languages mix Latin with Chinese, Japanese, Korean, Arabic and others within a word, but not with Cyrillic or Greek.
fn is_mixed(word: &str) -> bool {
    !word.is_single_script() && !word.check_restriction_level(RestrictionLevel::ModeratelyRestrictive)
}

fn has_heaped_marks(name: &str) -> bool {
    let mut heap: Vec<char> = Vec::new();
    name.nfd().any(|c| {
        if !is_combining_mark(c) {
            heap.clear();
            return false;
        }
        let is_twice = heap.contains(&c);
        heap.push(c);
        is_twice || heap.len() > MARKS_MAX
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_readers_take_for_others_look_alike() {
        for (name, others) in [
            (
                "admin",
                &[
                    "аdmin",
                    "ＡＤＭＩＮ",
                    "αdmin",
                    "ad\u{200d}min",
                    "a\u{34f}dmin",
                    "a\u{332}dmin",
                    "adrnin",
                    "ADMlN",
                    "adm1n",
                    "𝒂𝒅𝒎𝒊𝒏",
                    "Ⓐdmin",
                    "A-d m.i_n!",
                    "admın",
                    "admi\u{307}n",
                    "Admin 🚲",
                ][..],
            ),
            (
                "Alice",
                &["Аlice", "al\u{456}ce", "alice\u{3164}", "A|ice", "ALlCE", "Ａlice", "a\u{2060}lice"],
            ),
            ("root", &["r00t", "RООT", "rооt"]),
            ("сосо", &["coco", "COCO"]),
            ("Zoë", &["Zoe\u{308}", "ZOË"]),
            ("小明", &["小明\u{fe00}", "小 明"]),
            ("!!!", &["ǃǃǃ"]),
        ] {
            for other in others {
                assert!(are_alike(name, other), "{name} {other:?}");
            }
        }
    }

    #[test]
    fn names_that_readers_tell_apart_do_not_look_alike() {
        for (one, other) in [
            ("Ali", "all"),
            ("Zoe", "Zoë"),
            ("小明", "小名"),
            ("はは", "ばば"),
            ("Иван", "Ivan"),
            ("anna", "hanna"),
            ("user1", "user2"),
            ("!!!", "???"),
            ("🚲", "🚗"),
        ] {
            assert!(!are_alike(one, other), "{one} {other}");
        }
    }

    #[test]
    fn names_of_the_worlds_languages_have_no_oddity() {
        for name in [
            "alice",
            "Zoë Öztürk",
            "Nguyễn Thị Ánh",
            "Ẹ̀bùn",
            "小明",
            "臺灣小王",
            "田中さくら",
            "ﾀﾅｶ タナカ",
            "Tom太郎",
            "김철수",
            "Иван Ivan",
            "Ольга",
            "Γιώργος",
            "محمد",
            "می\u{200c}خواهم",
            "משה",
            "สมชาย",
            "अनिल",
            "தமிழ்ச்செல்வி",
            "ᏣᎳᎩ",
            "O'Brien-2",
            "Bob 🚲👨\u{200d}👩\u{200d}👧",
            "[GM]Bob",
            "!!!",
        ] {
            assert_eq!(oddity(name), None, "{name}");
        }
    }

    #[test]
    fn mixed_words_symbols_and_heaps_of_marks_are_odd() {
        let mixed = |word: &str| Some(Oddity::MixedScripts(word.to_owned()));
        for (name, wanted) in [
            ("Bob аdam", mixed("аdam")),
            ("Αlice", mixed("Αlice")),
            ("Лёшa", mixed("Лёшa")),
            ("𝐁оb", mixed("Bоb")),
            ("🅰lice", Some(Oddity::Symbol('🅰'))),
            ("a\u{301}\u{301}", Some(Oddity::Marks)),
            ("a\u{300}\u{301}\u{302}\u{303}\u{304}", Some(Oddity::Marks)),
        ] {
            assert_eq!(oddity(name), wanted, "{name}");
        }
    }

    #[test]
    fn a_name_can_be_read_without_its_accents() {
        assert_eq!(without_marks("Ádmín ệ"), "Admin e");
    }
}
