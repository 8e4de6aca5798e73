//! Negotiation: the encodings that a client accepts, and the copies that it has.
//!
//! Owns: the reading of `Accept-Encoding` and `If-None-Match` (RFC 9110 sections 12.5.3 and 13.1.2). An entry that is
//! malformed counts as absent; then the client gets the whole file as it is. Must not: return an error.

/// The weight of an encoding, in thousandths.
type Weight = u16;

/// Whether gzip is the best encoding by these lines of `Accept-Encoding`: it is allowed, and its weight is not below
/// that of no encoding. Without a line the client may be too simple for gzip.
pub(super) fn wants_gzip<'l>(lines: impl Iterator<Item = &'l [u8]>) -> bool {
    let (mut gzip, mut identity, mut any) = (None::<Weight>, None::<Weight>, None::<Weight>);
    for entry in lines.flat_map(|line| line.split(|byte| *byte == b',')) {
        let (coding, weight) = weighted(entry);
        let known = if coding.eq_ignore_ascii_case(b"gzip") || coding.eq_ignore_ascii_case(b"x-gzip") {
            &mut gzip
        } else if coding.eq_ignore_ascii_case(b"identity") {
            &mut identity
        } else if coding == b"*" {
            &mut any
        } else {
            continue;
        };
        // Of two weights for one encoding the lesser counts.
        *known = Some(known.map_or(weight, |before| before.min(weight)));
    }
    let gzip = gzip.or(any).unwrap_or(0);
    gzip > 0 && gzip >= identity.or(any).unwrap_or(0)
}

/// One entry: a coding, perhaps with `;q=` and its weight. A malformed weight is zero.
fn weighted(entry: &[u8]) -> (&[u8], Weight) {
    let mut parts = entry.split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
    let coding = parts.next().unwrap_or_default();
    let weight = match (parts.next(), parts.next()) {
        (None, _) => Some(1_000),
        (Some(parameter), None) => weight(parameter),
        (Some(_), Some(_)) => None,
    };
    (coding, weight.unwrap_or(0))
}

/// `q=` and a number from 0 to 1 with at most three decimals.
fn weight(parameter: &[u8]) -> Option<Weight> {
    let (name, number) = parameter.split_at_checked(b"q=".len())?;
    let (whole, decimals) = match number {
        [whole] => (*whole, [].as_slice()),
        [whole, b'.', decimals @ ..] => (*whole, decimals),
        _ => return None,
    };
    if !name.eq_ignore_ascii_case(b"q=") || decimals.len() > 3 {
        return None;
    }
    let padded = decimals.iter().copied().chain(std::iter::repeat(b'0')).take(3);
    let weight = std::iter::once(whole).chain(padded).try_fold(0, |weight: Weight, digit| {
        digit.is_ascii_digit().then(|| weight * 10 + Weight::from(digit - b'0'))
    })?;
    (weight <= 1_000).then_some(weight)
}

/// Whether a client with these lines of `If-None-Match` has the file of the tag `etag`. Tags are compared weakly,
/// because a proxy that compresses a file makes its tag weak.
pub(super) fn has<'l>(mut lines: impl Iterator<Item = &'l [u8]>, etag: &str) -> bool {
    lines.any(|line| line == b"*" || tags(line).any(|tag| tag == etag.as_bytes()))
}

/// The tags of a list, in their quotes, up to the first entry that is not a tag. A tag may hold a comma.
fn tags(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = list;
    std::iter::from_fn(move || {
        let between = rest.iter().take_while(|byte| matches!(byte, b',' | b' ' | b'\t')).count();
        let tag = &rest[between..];
        let tag = tag.strip_prefix(b"W/").unwrap_or(tag);
        let bytes = tag.strip_prefix(b"\"")?.iter().position(|byte| *byte == b'"')? + 2;
        let (tag, behind) = tag.split_at(bytes);
        rest = behind;
        Some(tag)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_gzip(lines: &[&str], expected: bool) {
        assert_eq!(wants_gzip(lines.iter().map(|line| line.as_bytes())), expected, "{lines:?}");
    }

    #[test]
    fn gzip_is_sent_if_it_is_accepted() {
        for wanted in [
            "gzip",
            "GZIP",
            "x-gzip",
            "gzip, deflate, br, zstd",
            "deflate,gzip;q=1.0,*;q=0.5",
            "br;q=1, gzip;q=0.8, *;q=0.1",
            "*",
            "*;q=0.001",
            "gzip;q=0.001",
            "gzip ; Q=0.5",
            "gzip\t;\tq=1.",
            "gzip;q=1.000",
            "identity;q=0.5, gzip;q=0.5",
            "identity;q=0, gzip;q=0.1",
            "identity, *",
            "gzip, *;q=0",
            ",, gzip ,",
        ] {
            check_gzip(&[wanted], true);
        }
        check_gzip(&["br", "gzip"], true);
        check_gzip(&["gzip;q=0.5", "identity;q=0.4"], true);
    }

    #[test]
    fn the_plain_file_is_sent_otherwise() {
        for unwanted in [
            "",
            " ",
            "identity",
            "br, deflate",
            "gzip;q=0",
            "gzip;q=0.",
            "gzip;q=0.000",
            "*, gzip;q=0",
            "gzip;q=0, *;q=1",
            "*;q=0",
            "identity;q=0",
            "gzip;q=0.5, identity;q=0.6",
            "gzip;q=0.5, *",
            "gzip, gzip;q=0",
            "gzip;q=0, x-gzip",
            "gzipped",
            "not gzip",
            "gzip;q=",
            "gzip;q",
            "gzip;",
            "gzip;q=2",
            "gzip;q=1.001",
            "gzip;q=0.1234",
            "gzip;q=-1",
            "gzip;q=.5",
            "gzip;q=0.x",
            "gzip;q= 1",
            "gzip;q=1;q=1",
            "gzip;level=9",
            "gzip q=1",
            "\u{e9}",
        ] {
            check_gzip(&[unwanted], false);
        }
        check_gzip(&[], false);
        check_gzip(&["gzip", "gzip;q=0"], false);
    }

    #[test]
    fn tags_are_looked_for_in_lists() {
        let check = |lines: &[&str], expected: bool| {
            assert_eq!(has(lines.iter().map(|line| line.as_bytes()), "\"a1\""), expected, "{lines:?}");
        };
        for known in [
            "\"a1\"",
            "W/\"a1\"",
            "*",
            "\"b\", \"a1\"",
            "\"b\",\"a1\"",
            "W/\"b\" ,\t W/\"a1\", \"c\"",
            ", ,\"a1\"",
            "\"a1\", nonsense",
            "\"\", \"x,y\", \"a1\"",
        ] {
            check(&[known], true);
        }
        check(&["\"b\"", "\"a1\""], true);
        check(&["\"b\"", "*"], true);
        for unknown in [
            "",
            "\"\"",
            "a1",
            "\"A1\"",
            "\"a1",
            "a1\"",
            "w/\"a1\"",
            "W/ \"a1\"",
            "W/W/\"a1\"",
            "\"a\", \"a11\", \" a1\"",
            "\"x,\"a1\",y\"",
            "nonsense, \"a1\"",
            "*, \"b\"",
            "\"*\"",
        ] {
            check(&[unknown], false);
        }
        check(&[], false);
    }
}
