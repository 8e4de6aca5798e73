//! Digits: numbers, names and ids as text of fixed width.
//!
//! Owns: how they are written. Must not: read an answer.

/// Digits of a user's or room's number in its name.
pub const NUMBER_DIGITS: usize = 8;
/// Digits of a message's id.
pub const ID_DIGITS: usize = 16;

/// Fills a field with a number and leading zeros.
pub fn digits(field: &mut [u8], mut number: u64) {
    for digit in field.iter_mut().rev() {
        *digit = b"0123456789"[usize::try_from(number % 10).expect("a digit")];
        number /= 10;
    }
}

/// Appends a name: a letter and digits.
pub fn number(out: &mut Vec<u8>, letter: u8, number: u32) {
    out.push(letter);
    let at = out.len();
    out.extend_from_slice(&[b'0'; NUMBER_DIGITS]);
    digits(&mut out[at..], number.into());
}

/// Appends a list of users.
pub fn names(out: &mut Vec<u8>, users: impl Iterator<Item = u32>) {
    for (index, user) in users.enumerate() {
        if index > 0 {
            out.extend_from_slice(b"%2C");
        }
        number(out, b'u', user);
    }
}

/// Appends a number without leading zeros.
pub fn decimal(out: &mut Vec<u8>, number: u64) {
    let mut field = [0; 20];
    digits(&mut field, number);
    let zeros = field.iter().take(field.len() - 1).take_while(|digit| **digit == b'0').count();
    out.extend_from_slice(&field[zeros..]);
}

/// Appends a message's id.
pub fn hexadecimal(out: &mut Vec<u8>, id: u64) {
    for shift in (0..ID_DIGITS).rev() {
        out.push(b"0123456789abcdef"[usize::try_from(id >> (4 * shift) & 15).expect("four bits")]);
    }
}
