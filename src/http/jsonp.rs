//! JSONP: the names of functions that a page may have called.
//!
//! Owns: the check of these names, which is strict because the name stands at the beginning of a script. Must not: import
//! the API.

use crate::base::limits::wire::CALLBACK_BYTES_MAX;

/// Whether `text` may be the name of the function: `[A-Za-z_$][A-Za-z0-9_$.]*`, at most [`CALLBACK_BYTES_MAX`] bytes.
pub fn is_callback(text: &str) -> bool {
    let begins = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_' || byte == b'$';
    let Some((&first, rest)) = text.as_bytes().split_first() else { return false };
    text.len() <= CALLBACK_BYTES_MAX
        && begins(first)
        && rest.iter().all(|&byte| begins(byte) || byte.is_ascii_digit() || byte == b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names_are_called() {
        let longest = "a".repeat(CALLBACK_BYTES_MAX);
        for good in ["a", "_", "$", "jQuery1_2.cb$", "a.b.c", "Z9", "a..", &longest] {
            assert!(is_callback(good), "{good}");
        }
        let too_long = "a".repeat(CALLBACK_BYTES_MAX + 1);
        for bad in [
            "",
            ".a",
            "9a",
            "a b",
            "a(",
            "a;b",
            "alert(1)//",
            "a[0]",
            "é",
            "aé",
            "a\n",
            "a-b",
            "<",
            &too_long,
        ] {
            assert!(!is_callback(bad), "{bad}");
        }
    }
}
