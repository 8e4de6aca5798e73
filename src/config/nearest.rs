//! The known name that is nearest to a mistyped one.
//!
//! Owns: the distance between names. Must not: name a setting.

/// The known name that is nearest to `typed`, if any is near enough.
pub(super) fn nearest<'k>(typed: &str, known: &[&'k str]) -> Option<&'k str> {
    let typed = typed.to_ascii_lowercase();
    let distances = known.iter().map(|name| (distance(&typed, &name.to_ascii_lowercase()), *name));
    let near = distances
        .min_by_key(|(distance, _)| *distance)
        .filter(|(distance, _)| *distance <= 1 + typed.len() / 5);
    let mut parts = known.iter().filter(|name| typed.len() > 3 && name.to_ascii_lowercase().contains(&typed));
    match (near, parts.next(), parts.next()) {
        (Some((_, name)), _, _) | (None, Some(&name), None) => Some(name),
        (None, Some(_), Some(_)) | (None, None, _) => None,
    }
}

/// The number of letters to put in, leave out, change, or swap with a neighbour.
fn distance(one: &str, other: &str) -> usize {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for (row, letter) in one.iter().enumerate() {
        let mut line = vec![row + 1];
        for (column, wanted) in other.iter().enumerate() {
            let changed = last[column] + usize::from(letter != wanted);
            let mut best = changed.min(last[column + 1] + 1).min(line[column] + 1);
            if row > 0 && column > 0 && *letter == other[column - 1] && one[row - 1] == *wanted {
                best = best.min(before[column - 1] + 1);
            }
            line.push(best);
        }
        before = std::mem::replace(&mut last, line);
    }
    last[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        for (one, other, expected) in [
            ("", "", 0),
            ("", "abc", 3),
            ("listen", "listen", 0),
            ("lisen", "listen", 1),
            ("lsiten", "listen", 1),
            ("limits", "limit", 1),
            ("port", "log", 3),
        ] {
            assert_eq!((distance(one, other), distance(other, one)), (expected, expected), "{one} {other}");
        }
    }

    #[test]
    fn near_names() {
        let known = ["listen", "limits", "log", "memory_bytes", "queue_bytes", "trusted_proxies"];
        let check =
            |typed: &str, expected: Option<&str>| assert_eq!(nearest(typed, &known), expected, "{typed}");
        check("lisen", Some("listen"));
        check("Listen", Some("listen"));
        check("limit", Some("limits"));
        check("memory", Some("memory_bytes"));
        check("trusted-proxies", Some("trusted_proxies"));
        check("trusted_proxy", Some("trusted_proxies"));
        check("bytes", None);
        check("port", None);
        check("x", None);
        check("", None);
    }
}
