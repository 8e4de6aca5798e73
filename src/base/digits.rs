//! Digits of numbers, decimal and hexadecimal.
//!
//! Owns: the digits, the text they are appended to, and the numbers they make. Must not: pad, sign or group them. Every
//! answer has some numbers, nearly all of them short, so they are written without a formatter.

/// The most digits that a number has: those of `u64::MAX`.
const DIGITS_MAX: usize = 20;

/// The decimal digits of a number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Digits {
    bytes: [u8; DIGITS_MAX],
    /// Where they begin.
    from: usize,
}

impl Digits {
    /// The digits of `number`.
    pub(crate) fn of(number: u64) -> Digits {
        let mut digits = Digits { bytes: [0; DIGITS_MAX], from: DIGITS_MAX };
        let mut rest = number;
        loop {
            digits.from -= 1;
            digits.bytes[digits.from] = digit(rest % 10);
            rest /= 10;
            if rest == 0 {
                return digits;
            }
        }
    }

    /// Them as text.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes[self.from..]
    }
}

/// Appends the decimal digits of `number`.
pub(crate) fn append(out: &mut Vec<u8>, number: u64) {
    if number < 10 {
        out.push(digit(number));
    } else {
        out.extend_from_slice(Digits::of(number).as_bytes());
    }
}

/// Appends the hexadecimal digits of `number`.
pub(crate) fn append_hexadecimal(out: &mut String, number: u64) {
    let digits = number.max(1).ilog2() / 4;
    for place in (0..=digits).rev() {
        let [value, ..] = (number >> (4 * place) & 0xF).to_le_bytes();
        out.push(char::from(if value < 10 { b'0' + value } else { b'a' + value - 10 }));
    }
}

/// The number that these digits make; `None` if there are none, if another byte is among them, or if it has more than 64
/// bits.
pub(crate) fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u64, |number, byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    })
}

/// The digit of a number below ten.
fn digit(number: u64) -> u8 {
    let [value, ..] = number.to_le_bytes();
    b'0' + value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(number: u64) {
        let (mut decimal, mut hexadecimal) = (Vec::new(), String::new());
        append(&mut decimal, number);
        append_hexadecimal(&mut hexadecimal, number);
        assert_eq!(
            (String::from_utf8(decimal).unwrap(), hexadecimal),
            (number.to_string(), format!("{number:x}"))
        );
        assert_eq!(Digits::of(number).as_bytes(), number.to_string().as_bytes());
    }

    #[test]
    fn digits_are_those_of_a_formatter() {
        for power in 0..64 {
            for number in [(1 << power) - 1, 1 << power, (1 << power) + 1] {
                check(number);
            }
        }
        for number in [9, 10, 99, 100, 10_000_000_000_000_000_000, u64::MAX] {
            check(number);
        }
    }

    #[test]
    fn digits_alone_make_a_number() {
        for (digits, number) in [
            ("0", Some(0)),
            ("007", Some(7)),
            ("18446744073709551615", Some(u64::MAX)),
            ("18446744073709551616", None),
            ("", None),
            ("+1", None),
            ("-1", None),
            ("1 ", None),
            ("\u{661}", None),
        ] {
            assert_eq!(super::number(digits.as_bytes()), number, "{digits}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_number_has_the_digits_of_a_formatter(number: u64, shift in 0..64_u32) {
            check(number >> shift);
            proptest::prop_assert_eq!(super::number(Digits::of(number).as_bytes()), Some(number));
        }
    }
}
