//! Plain values as bytes: numbers, flags, texts, lists.
//!
//! Owns: [`Wire`], which each value implements, and [`Reader`]. Must not: panic on any input, or allocate for more values
//! than the input has bytes.

use std::borrow::Cow;

/// A value that travels.
pub(crate) trait Wire: Sized {
    /// Appends it.
    fn put(&self, out: &mut Vec<u8>);
    /// Reads it; `None` if the bytes are no such value.
    fn take(from: &mut Reader<'_>) -> Option<Self>;
    /// What it is where a body ends before it; `None`: it has no default.
    fn absent() -> Option<Self>;

    /// Reads it, or its default at the end of the body.
    fn read(from: &mut Reader<'_>) -> Option<Self> {
        if from.is_empty() { Self::absent() } else { Self::take(from) }
    }
}

/// Bytes that are being read.
#[derive(Debug)]
pub(crate) struct Reader<'b>(&'b [u8]);

impl<'b> Reader<'b> {
    pub(crate) fn new(bytes: &'b [u8]) -> Reader<'b> {
        Reader(bytes)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The next bytes.
    pub(crate) fn bytes(&mut self, count: usize) -> Option<&'b [u8]> {
        let (head, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(head)
    }

    fn byte(&mut self) -> Option<u8> {
        self.bytes(1).map(|byte| byte[0])
    }

    /// A length, of things that take at least a byte each.
    fn length(&mut self) -> Option<usize> {
        let length = usize::try_from(u64::take(self)?).ok()?;
        (length <= self.0.len()).then_some(length)
    }
}

impl Wire for u64 {
    fn put(&self, out: &mut Vec<u8>) {
        let mut rest = *self;
        while rest >= 0x80 {
            out.push((rest & 0x7F) as u8 | 0x80);
            rest >>= 7;
        }
        out.push((rest & 0x7F) as u8);
    }

    fn take(from: &mut Reader<'_>) -> Option<u64> {
        let mut value = 0_u64;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = from.byte()?;
            let bits = u64::from(byte & 0x7F);
            if shift == 63 && bits > 1 {
                return None;
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn absent() -> Option<u64> {
        Some(0)
    }
}

macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl Wire for $number {
            fn put(&self, out: &mut Vec<u8>) {
                u64::from(*self).put(out);
            }

            fn take(from: &mut Reader<'_>) -> Option<$number> {
                <$number>::try_from(u64::take(from)?).ok()
            }

            fn absent() -> Option<$number> {
                Some(0)
            }
        }
    )*};
}

numbers!(u8, u16, u32);

impl Wire for usize {
    fn put(&self, out: &mut Vec<u8>) {
        (*self as u64).put(out);
    }

    fn take(from: &mut Reader<'_>) -> Option<usize> {
        usize::try_from(u64::take(from)?).ok()
    }

    fn absent() -> Option<usize> {
        Some(0)
    }
}

impl Wire for bool {
    fn put(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }

    fn take(from: &mut Reader<'_>) -> Option<bool> {
        match from.byte()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    fn absent() -> Option<bool> {
        Some(false)
    }
}

/// Appends a text.
pub(super) fn put_text(text: &str, out: &mut Vec<u8>) {
    text.len().put(out);
    out.extend_from_slice(text.as_bytes());
}

/// Reads a text.
pub(super) fn take_text<'b>(from: &mut Reader<'b>) -> Option<&'b str> {
    let length = from.length()?;
    std::str::from_utf8(from.bytes(length)?).ok()
}

macro_rules! texts {
    ($($text:ty),*) => {$(
        impl Wire for $text {
            fn put(&self, out: &mut Vec<u8>) {
                put_text(self, out);
            }

            fn take(from: &mut Reader<'_>) -> Option<$text> {
                Some(String::from(take_text(from)?).into())
            }

            fn absent() -> Option<$text> {
                Some(String::new().into())
            }
        }
    )*};
}

texts!(Box<str>, Cow<'static, str>, std::sync::Arc<str>);

impl<T: Wire> Wire for Option<T> {
    fn put(&self, out: &mut Vec<u8>) {
        self.is_some().put(out);
        if let Some(value) = self {
            value.put(out);
        }
    }

    fn take(from: &mut Reader<'_>) -> Option<Option<T>> {
        Some(if bool::take(from)? { Some(T::take(from)?) } else { None })
    }

    fn absent() -> Option<Option<T>> {
        Some(None)
    }
}

impl<T: Wire> Wire for Vec<T> {
    fn put(&self, out: &mut Vec<u8>) {
        self.len().put(out);
        for value in self {
            value.put(out);
        }
    }

    fn take(from: &mut Reader<'_>) -> Option<Vec<T>> {
        let count = from.length()?;
        // Grown as it is read: a length alone takes no memory.
        let mut values = Vec::new();
        for _ in 0..count {
            values.push(T::take(from)?);
        }
        Some(values)
    }

    fn absent() -> Option<Vec<T>> {
        Some(Vec::new())
    }
}

macro_rules! tuples {
    ($(($($value:ident $at:tt),+))*) => {$(
        impl<$($value: Wire),+> Wire for ($($value,)+) {
            fn put(&self, out: &mut Vec<u8>) {
                $(self.$at.put(out);)+
            }

            fn take(from: &mut Reader<'_>) -> Option<Self> {
                Some(($($value::take(from)?,)+))
            }

            fn absent() -> Option<Self> {
                Some(($($value::absent()?,)+))
            }
        }
    )*};
}

tuples! { (A 0, B 1) (A 0, B 1, C 2) }

impl Wire for [u8; 16] {
    fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self);
    }

    fn take(from: &mut Reader<'_>) -> Option<[u8; 16]> {
        from.bytes(16)?.try_into().ok()
    }

    fn absent() -> Option<[u8; 16]> {
        None
    }
}

/// Implements [`Wire`] for structs, whose fields travel in the order given here.
macro_rules! wire_structs {
    ($($name:ty { $($field:ident),* $(,)? })*) => {$(
        impl crate::cluster::wire::text::Wire for $name {
            fn put(&self, out: &mut Vec<u8>) {
                $(crate::cluster::wire::text::Wire::put(&self.$field, out);)*
            }

            fn take(from: &mut crate::cluster::wire::text::Reader<'_>) -> Option<Self> {
                Some(Self { $($field: crate::cluster::wire::text::Wire::read(from)?),* })
            }

            fn absent() -> Option<Self> {
                None
            }
        }

        #[cfg(test)]
        impl crate::cluster::wire::made::Made for $name {
            fn made(random: &mut nextim_testkit::random::Random) -> Self {
                Self { $($field: crate::cluster::wire::made::Made::made(random)),* }
            }
        }
    )*};
}
pub(super) use wire_structs;

/// Implements [`Wire`] for enums without values, by a number for each variant.
macro_rules! wire_words {
    ($($name:ty { $($variant:ident = $number:literal),* $(,)? })*) => {$(
        impl crate::cluster::wire::text::Wire for $name {
            fn put(&self, out: &mut Vec<u8>) {
                out.push(match self { $(Self::$variant => $number),* });
            }

            fn take(from: &mut crate::cluster::wire::text::Reader<'_>) -> Option<Self> {
                match <u8 as crate::cluster::wire::text::Wire>::take(from)? {
                    $($number => Some(Self::$variant),)*
                    _ => None,
                }
            }

            fn absent() -> Option<Self> {
                None
            }
        }

        #[cfg(test)]
        impl crate::cluster::wire::made::Made for $name {
            fn made(random: &mut nextim_testkit::random::Random) -> Self {
                random.pick(&[$(Self::$variant),*])
            }
        }
    )*};
}
pub(super) use wire_words;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bytes(value: &impl Wire) -> Vec<u8> {
        let mut out = Vec::new();
        value.put(&mut out);
        out
    }

    #[test]
    fn lengths_do_not_take_memory() {
        let mut claim = bytes(&u64::from(u32::MAX));
        claim.extend_from_slice(b"few");
        assert_eq!(Vec::<Box<str>>::take(&mut Reader::new(&claim)), None);
        assert_eq!(Box::<str>::take(&mut Reader::new(&claim)), None);
        assert_eq!(u64::take(&mut Reader::new(&[0xFF; 10])), None, "more than 64 bits");
        assert_eq!(bool::take(&mut Reader::new(&[2])), None);
        assert_eq!(Box::<str>::take(&mut Reader::new(&[1, 0xFF])), None, "no UTF-8");
    }

    proptest! {
        #[test]
        fn plain_values_survive(number: u64, text in ".{0,40}", list: Vec<(u32, bool)>, some: Option<u16>) {
            let whole = (number, Box::<str>::from(text.as_str()), list.clone());
            let read = <(u64, Box<str>, Vec<(u32, bool)>)>::take(&mut Reader::new(&bytes(&whole)));
            prop_assert_eq!(read, Some(whole));
            prop_assert_eq!(<Option<u16> as Wire>::take(&mut Reader::new(&bytes(&some))), Some(some));
        }

        #[test]
        fn any_bytes_are_a_value_or_none(bytes: Vec<u8>) {
            Vec::<(Box<str>, Option<u64>)>::take(&mut Reader::new(&bytes));
        }
    }
}
