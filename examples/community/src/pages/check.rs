//! The checks of all that users write.
//!
//! Owns: the rules for names, lines and texts, and the texts of refusals. Must not: read or write the database.

use axum::http::StatusCode;

use crate::http::Refusal;
use crate::limits::{NICK_CHARS_MAX, PASSWORD_CHARS_MIN, USER_ID_CHARS_MIN};
use crate::names::{self, Oddity};
use crate::passwords::PASSWORD_BYTES_MAX;
use crate::store::accounts::is_id;

/// Characters that turn the direction of the text around them; in a name they would garble the page.
const TURNING: [char; 12] = [
    '\u{200e}', '\u{200f}', '\u{061c}', '\u{202a}', '\u{202b}', '\u{202c}', '\u{202d}', '\u{202e}',
    '\u{2066}', '\u{2067}', '\u{2068}', '\u{2069}',
];

/// Words that programs write for a missing value, and one that every object of a script has.
const EMPTY_WORDS: [&str; 8] = ["undefined", "null", "none", "nil", "nan", "true", "false", "constructor"];

/// Names by which users could take another user for the site itself, or for all users.
const ROLES: [&str; 34] = [
    "admin",
    "administrator",
    "moderator",
    "mod",
    "owner",
    "root",
    "system",
    "site",
    "server",
    "webmaster",
    "support",
    "staff",
    "help",
    "info",
    "bot",
    "nobody",
    "anonymous",
    "guest",
    "everybody",
    "everyone",
    "all",
    "here",
    "forum",
    "channel",
    "webim",
    "nextim",
    "管理员",
    "管理員",
    "版主",
    "站长",
    "站長",
    "客服",
    "系统",
    "系統",
];

/// Whether a character is invisible by itself; some emoji contain such characters.
fn is_blank(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '\u{ad}' | '\u{34f}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}')
}

/// One line, such as a name: trimmed, not empty, without control characters.
pub(super) fn line(what: &str, text: &str, chars_max: usize) -> Result<String, Refusal> {
    let text = text.trim();
    if text.chars().all(is_blank) {
        return Err(unfit(format!("{what} is missing.")));
    }
    if text.contains(|c: char| c.is_control() || TURNING.contains(&c)) {
        return Err(unfit(format!("{what} holds characters that cannot be shown.")));
    }
    at_most(what, text, chars_max)
}

/// A name that is shown to others: a line whose words readers cannot take for words of other letters.
pub(super) fn name(what: &str, text: &str, chars_max: usize) -> Result<String, Refusal> {
    let name = line(what, text, chars_max)?;
    match names::oddity(&name) {
        None => Ok(name),
        Some(Oddity::MixedScripts(word)) => {
            Err(unfit(format!("{what} mixes alphabets in “{word}”. Please write each word in one alphabet.")))
        }
        Some(Oddity::Symbol(symbol)) => {
            Err(unfit(format!("{what} has the symbol {symbol} in place of a letter. Please use letters.")))
        }
        Some(Oddity::Marks) => Err(unfit(format!("{what} has too many accents on one letter."))),
    }
}

/// A text of some lines, which may be empty.
pub(super) fn text(what: &str, text: &str, chars_max: usize) -> Result<String, Refusal> {
    let text = text.replace("\r\n", "\n");
    let text = text.trim();
    if text.contains(|c: char| c.is_control() && c != '\n' && c != '\t') {
        return Err(unfit(format!("{what} holds characters that cannot be shown.")));
    }
    at_most(what, text, chars_max)
}

/// A text of some lines that is not empty.
pub(super) fn some_text(what: &str, text: &str, chars_max: usize) -> Result<String, Refusal> {
    let text = self::text(what, text, chars_max)?;
    if text.is_empty() { Err(unfit(format!("{what} is missing."))) } else { Ok(text) }
}

/// A new user's id.
pub(super) fn user_id(text: &str) -> Result<String, Refusal> {
    let id = text.trim();
    if is_reserved(id) {
        return Err(unfit(format!("The user name {id} is reserved. Please choose another.")));
    }
    if id.len() >= USER_ID_CHARS_MIN && is_id(id) {
        return Ok(id.to_owned());
    }
    Err(unfit("A user name has 2 to 32 characters: a–z, 0–9, _ and -. It begins with a letter."))
}

/// A display name. A role's name is for administrators only.
pub(super) fn nick(text: &str, is_admin: bool) -> Result<String, Refusal> {
    let nick = name("The shown name", text, NICK_CHARS_MAX)?;
    if !is_admin && is_reserved(&nick) {
        return Err(unfit(format!("The shown name {nick} is reserved. Please choose another.")));
    }
    Ok(nick)
}

/// Whether nobody may have this name: it looks like one of these words, with accents or without.
fn is_reserved(name: &str) -> bool {
    let name = names::without_marks(name);
    EMPTY_WORDS.iter().chain(&ROLES).any(|word| names::are_alike(&name, word))
}

/// A new password.
pub(super) fn password(text: &str) -> Result<&str, Refusal> {
    if text.chars().count() < PASSWORD_CHARS_MIN {
        return Err(unfit(format!("A password has at least {PASSWORD_CHARS_MIN} characters.")));
    }
    if text.len() > PASSWORD_BYTES_MAX {
        return Err(unfit(format!("A password has at most {PASSWORD_BYTES_MAX} bytes.")));
    }
    Ok(text)
}

/// The path of this site to which a form leads; the front page, if the text is no such path.
pub(super) fn path(text: &str) -> &str {
    let strange = text.contains(|c: char| c.is_control() || c == '\\');
    if text.starts_with('/') && !text.starts_with("//") && !strange { text } else { "/" }
}

/// The refusal of a user name that another user has.
pub(super) fn taken(id: &str) -> Refusal {
    Refusal::new(StatusCode::CONFLICT, format!("The user name {id} is taken. Please choose another."))
}

/// The refusal of a name that looks like that of another user or group.
pub(super) fn alike(name: &str) -> Refusal {
    let text = format!("The name {name} is taken, or looks like another name here. Please choose another.");
    Refusal::new(StatusCode::CONFLICT, text)
}

fn at_most(what: &str, text: &str, chars_max: usize) -> Result<String, Refusal> {
    let chars = text.chars().count();
    if chars > chars_max {
        return Err(unfit(format!("{what} is too long: {chars} characters, and {chars_max} are allowed.")));
    }
    Ok(text.to_owned())
}

fn unfit(text: impl Into<String>) -> Refusal {
    Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_trimmed_short_and_visible() {
        assert_eq!(line("A name", "  Ann \u{5b}b\u{5d} 安 ", 9).unwrap(), "Ann [b] 安");
        for bad in ["", " \t ", "\u{200b}", "\u{3164} \u{ad}", "a\nb", "a\u{0}b", "a\u{202e}b", "1234567890"]
        {
            assert!(line("A name", bad, 9).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn texts_keep_their_lines() {
        assert_eq!(text("A text", "\r\na\r\n\r\n\tb \n", 9).unwrap(), "a\n\n\tb");
        assert_eq!(text("A text", " ", 9).unwrap(), "");
        assert!(some_text("A text", " \n", 9).is_err() && text("A text", "a\u{7}", 9).is_err());
        assert_eq!(
            text("It", "安安安", 2).unwrap_err().text,
            "It is too long: 3 characters, and 2 are allowed."
        );
    }

    #[test]
    fn only_paths_of_this_site_are_followed() {
        for (given, wanted) in [
            ("/forum/1?page=2", "/forum/1?page=2"),
            ("//evil.example", "/"),
            ("/\\evil.example", "/"),
            ("/\t/evil.example", "/"),
            ("https://evil.example", "/"),
            ("", "/"),
        ] {
            assert_eq!(path(given), wanted);
        }
    }

    #[test]
    fn names_of_roles_are_reserved_in_any_spelling() {
        for reserved in [
            "Admin",
            " ADMIN ",
            "[Moderator]",
            "S y s t e m",
            "_root_",
            "Null",
            "管理员",
            "ＡＤＭＩＮ",
            "Ádmin",
            "ad\u{200d}min",
            "a\u{332}dmin",
            "ADMlN",
            "r00t",
            "Rnoderator",
        ] {
            assert!(nick(reserved, false).is_err(), "{reserved}");
            assert!(nick(reserved, true).is_ok(), "{reserved}");
        }
        assert!(nick("аdmin", true).unwrap_err().text.contains("mixes alphabets"), "for all");
        for free in ["Adminah", "Bob the Moderator", "Nullius", "Ali", "管理", "!!!"] {
            assert_eq!(nick(free, false).unwrap(), free);
        }
        assert!(user_id("ad-min").is_err() && user_id("ad-mint").is_ok());
    }

    #[test]
    fn ids_and_passwords_have_their_rules() {
        for good in ["ab", "a_-9", "a2345678901234567890123456789012"] {
            assert!(user_id(good).is_ok(), "{good}");
        }
        for bad in ["a", "Ab", "1a", "a b", "a,b", "ä1", "", "a23456789012345678901234567890123"] {
            assert!(user_id(bad).is_err(), "{bad}");
        }
        assert!(password("1234567").is_err() && password(&"x".repeat(257)).is_err());
        assert!(password("12345678").is_ok());
    }
}
