//! Users' texts, cut into pieces for a template; and times as text.
//!
//! Owns: paragraphs, links in running text, the wording of times. Must not: write HTML; a template escapes each piece.

use crate::dates::{self, now};

/// A part of a paragraph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// Text without links.
    Text(String),
    /// An address: one that begins with `http://` or `https://`, or one of a user of this site.
    Link(String),
    /// The end of a line within a paragraph.
    Break,
}

/// A text in paragraphs. Empty lines part them.
#[derive(Clone, Debug)]
pub(super) struct Prose(Vec<Vec<Piece>>);

impl Prose {
    pub(super) fn of(text: &str) -> Prose {
        let mut paragraphs = vec![Vec::new()];
        for line in text.lines().map(str::trim_end) {
            let last = paragraphs.len() - 1;
            match (line.is_empty(), paragraphs[last].is_empty()) {
                (true, true) => {}
                (true, false) => paragraphs.push(Vec::new()),
                (false, true) => pieces(line, &mut paragraphs[last]),
                (false, false) => {
                    paragraphs[last].push(Piece::Break);
                    pieces(line, &mut paragraphs[last]);
                }
            }
        }
        paragraphs.retain(|paragraph| !paragraph.is_empty());
        Prose(paragraphs)
    }

    pub(super) fn paragraphs(&self) -> &[Vec<Piece>] {
        &self.0
    }
}

/// Cuts a line into text and links. The next link of each kind is kept until it is passed, so that a line is read once.
fn pieces(line: &str, to: &mut Vec<Piece>) {
    let mut from = 0;
    let (mut web, mut user) = (web_link(line), user_link(line));
    while let Some((start, end)) = web.into_iter().chain(user).min_by_key(|(start, _)| *start) {
        if start > from {
            to.push(Piece::Text(line[from..start].to_owned()));
        }
        to.push(Piece::Link(line[start..end].to_owned()));
        from = end;
        let next = |found: Option<(usize, usize)>, find: fn(&str) -> Option<(usize, usize)>| match found {
            Some((start, _)) if start < from => {
                find(&line[from..]).map(|(start, end)| (from + start, from + end))
            }
            found => found,
        };
        (web, user) = (next(web, web_link), next(user, user_link));
    }
    if from < line.len() {
        to.push(Piece::Text(line[from..].to_owned()));
    }
}

/// The first address of a user: at the start of a word, and with nothing after the number.
fn user_link(text: &str) -> Option<(usize, usize)> {
    let starts = text.match_indices('/').map(|(start, _)| start);
    let mut words = starts.filter(|start| text[..*start].chars().next_back().is_none_or(is_outside));
    words.find_map(|start| {
        let tail = |(prefix, suffix)| Some((text[start..].strip_prefix(prefix)?, suffix));
        let (tail, suffix) = USER_LINKS.into_iter().find_map(tail)?;
        let rest = tail.trim_start_matches(|c: char| c.is_ascii_digit());
        let after = rest.strip_prefix(suffix).filter(|_| rest.len() < tail.len())?;
        let whole = !after.starts_with(|c: char| c.is_ascii_alphanumeric());
        whole.then_some((start, text.len() - after.len()))
    })
}

/// The first address with a scheme and a host, if no letter precedes it.
fn web_link(text: &str) -> Option<(usize, usize)> {
    let mut from = 0;
    while let Some(found) = text[from..].find("://") {
        let colon = from + found;
        let host = &text[colon + 3..];
        let scheme = ["https", "http"].into_iter().find(|scheme| ends_with_word(&text[..colon], scheme));
        if let (Some(scheme), true) = (scheme, host.starts_with(|c: char| c.is_alphanumeric() || c == '[')) {
            return Some((colon - scheme.len(), colon + 3 + url_len(host)));
        }
        from = colon + 3;
    }
    None
}

fn ends_with_word(text: &str, word: &str) -> bool {
    let Some(start) = text.len().checked_sub(word.len()) else { return false };
    let is_it = text.get(start..).is_some_and(|end| end.eq_ignore_ascii_case(word));
    is_it && !text[..start].ends_with(|before: char| before.is_ascii_alphanumeric())
}

/// Whether a character ends an address.
fn is_outside(c: char) -> bool {
    c.is_whitespace() || c.is_control() || "<>\"`，。；：！？、（）《》「」“”".contains(c)
}

/// How many bytes belong to an address: up to a space or a quote, without the punctuation of the sentence.
fn url_len(text: &str) -> usize {
    let url = &text[..text.find(is_outside).unwrap_or(text.len())];
    let mut spare = url.matches(')').count().saturating_sub(url.matches('(').count());
    let is_around = |last: char| {
        let lone = last == ')' && spare > 0;
        spare -= usize::from(lone);
        lone || ".,;:!?'*_]}".contains(last)
    };
    url.trim_end_matches(is_around).len()
}

/// A moment, in ms since 1970.
#[derive(Clone, Copy, Debug)]
pub(super) struct At(i64);

impl From<&i64> for At {
    fn from(ms: &i64) -> At {
        At(*ms)
    }
}

/// The parts before and after the number in the addresses of a user.
const USER_LINKS: [(&str, &str); 3] =
    [("/space.php?uid=", ""), ("/space-uid-", ".html"), ("/home.php?mod=space&uid=", "")];

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

impl At {
    pub(super) fn iso(self) -> String {
        dates::date_and_time(self.0).replace(' ', "T") + "Z"
    }

    pub(super) fn full(self) -> String {
        format!("{}, {} UTC", self.day(), dates::clock(self.0))
    }

    pub(super) fn day(self) -> String {
        let (year, month, day) = self.date();
        format!("{day} {} {year}", month_name(month))
    }

    /// Near times are relative to now.
    pub(super) fn short(self) -> String {
        self.short_at(now())
    }

    fn short_at(self, now: i64) -> String {
        let ago = now - self.0;
        let (year, month, day) = self.date();
        let month = &month_name(month)[..3];
        if ago < MINUTE {
            "just now".to_owned()
        } else if ago < HOUR {
            format!("{} min ago", ago / MINUTE)
        } else if ago < DAY {
            format!("{} h ago", ago / HOUR)
        } else if year == At(now).date().0 {
            format!("{day} {month}")
        } else {
            format!("{day} {month} {year}")
        }
    }

    fn date(self) -> (i64, i64, i64) {
        dates::civil(self.0.div_euclid(DAY))
    }
}

fn month_name(month: i64) -> &'static str {
    usize::try_from(month - 1).ok().and_then(|index| MONTHS.get(index)).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(text: &str) -> Vec<String> {
        let link = |piece: &Piece| match piece {
            Piece::Link(url) => Some(url.clone()),
            Piece::Text(_) | Piece::Break => None,
        };
        Prose::of(text).paragraphs().iter().flatten().filter_map(link).collect()
    }

    #[test]
    fn only_http_and_https_become_links() {
        let cases: [(&str, &[&str]); 14] = [
            ("see http://a.example/x?y=1&z=2#t.", &["http://a.example/x?y=1&z=2#t"]),
            ("HTTPS://A.example, and http://b", &["HTTPS://A.example", "http://b"]),
            ("(https://a.example/b_(c))", &["https://a.example/b_(c)"]),
            ("javascript:alert(1) data:text/html,x vbscript://x", &[]),
            ("javascript://http://a.example/%0aalert(1)", &["http://a.example/%0aalert(1)"]),
            ("xhttp://a.example", &[]),
            ("http:// http://. https://\"", &[]),
            ("<a href=\"http://a.example/\">x</a>", &["http://a.example/"]),
            ("看http://a.example/甲，好", &["http://a.example/甲"]),
            ("http://[::1]:80/ 'http://a.example'", &["http://[::1]:80/", "http://a.example"]),
            (
                "mine is /space.php?uid=1, yours /space-uid-2.html.",
                &["/space.php?uid=1", "/space-uid-2.html"],
            ),
            ("/home.php?mod=space&uid=3 x/space.php?uid=1 /space.php?uid=", &["/home.php?mod=space&uid=3"]),
            ("/space-uid-安.html /space-uid-2安安 //evil.example /space.php?uid=1安", &["/space.php?uid=1"]),
            ("ftp://a.example file:///etc/passwd", &[]),
        ];
        for (text, wanted) in cases {
            assert_eq!(links(text), wanted, "{text}");
        }
    }

    /// Each of these would take minutes if the rest of the line were read again at each bracket or link.
    #[test]
    fn a_long_line_is_read_once() {
        let many = |text: &str| text.repeat(300_000);
        assert_eq!(links(&format!("http://a({}", many(")"))), ["http://a()"]);
        assert_eq!(links(&many("/space-uid-1.html ")).len(), 300_000);
        assert_eq!(links(&format!("{}/space-uid-1.html", many("http://a//// "))).len(), 300_001);
    }

    #[test]
    fn empty_lines_part_paragraphs_and_all_text_is_kept() {
        let text = Prose::of("\r\none\r\ntwo http://a.example!\n\n\n  three\n");
        let text_of = |text: &str| Piece::Text(text.to_owned());
        let link = Piece::Link("http://a.example".to_owned());
        assert_eq!(
            text.paragraphs(),
            [
                vec![text_of("one"), Piece::Break, text_of("two "), link, text_of("!")],
                vec![text_of("  three")]
            ]
        );
        assert!(Prose::of(" \n\n").paragraphs().is_empty());
    }

    #[test]
    fn times_near_to_now_are_relative() {
        let now = 1_321_862_400_000; // 21 November 2011, 08:00 UTC
        assert_eq!(At(now).iso(), "2011-11-21T08:00:00Z");
        assert_eq!(At(now).full(), "21 November 2011, 08:00 UTC");
        assert_eq!(At(951_782_399_999).iso(), "2000-02-28T23:59:59Z");
        assert_eq!(At(951_782_400_000).iso(), "2000-02-29T00:00:00Z");
        assert_eq!(At(-1).iso(), "1969-12-31T23:59:59Z");
        let cases = [
            (now + 5, "just now"),
            (now - 59_999, "just now"),
            (now - MINUTE, "1 min ago"),
            (now - 23 * HOUR, "23 h ago"),
            (now - 2 * DAY, "19 Nov"),
            (now - 400 * DAY, "17 Oct 2010"),
        ];
        for (at, wanted) in cases {
            assert_eq!(At(at).short_at(now), wanted);
        }
    }
}
