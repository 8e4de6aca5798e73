//! Ranges of addresses, as an operator writes them: `10.0.0.0/8`, `2001:db8::/32`, or one address.
//!
//! Owns: reading a range, and whether an address is in it. Must not: read a file. An IPv4 address is the same in its
//! IPv6 form (`::ffff:10.0.0.1`), in which a socket may have it.

use std::fmt::{self, Display, Formatter};
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

/// The first bits of the IPv6 form of an IPv4 address, which are the same for all of them.
const MAPPED_BITS: u8 = 96;

/// All addresses that begin with the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressRange {
    first: u128,
    bits: u8,
}

/// The text is not a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoRange;

impl AddressRange {
    /// Whether an address is in this range.
    pub(crate) fn contains(self, address: IpAddr) -> bool {
        // A range that is wider than all of IPv4 is one of IPv6 alone.
        let same_family = self.bits >= MAPPED_BITS || address.to_canonical().is_ipv6();
        same_family && (wide(address) ^ self.first).leading_zeros() >= u32::from(self.bits)
    }

    /// Whether it is wider than any network of one owner: `10.0.0.0/8` and `fc00::/7` are the widest private ones.
    pub(crate) fn is_vast(&self) -> bool {
        let (bits, private) = match self.bits.checked_sub(MAPPED_BITS) {
            Some(bits) if Ipv6Addr::from_bits(self.first).to_ipv4_mapped().is_some() => (bits, 8),
            Some(_) | None => (self.bits, 7),
        };
        bits < private
    }
}

impl FromStr for AddressRange {
    type Err = NoRange;

    /// Bits beyond the length must be zero. Other bits are a mistake of the operator.
    fn from_str(text: &str) -> Result<AddressRange, NoRange> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| NoRange)?;
        let (most, fixed) = if address.is_ipv4() { (32, MAPPED_BITS) } else { (128, 0) };
        let bits = match length {
            None => most,
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                digits.parse().ok().filter(|bits| *bits <= most).ok_or(NoRange)?
            }
            Some(_) => return Err(NoRange),
        };
        let range = AddressRange { first: wide(address), bits: fixed + bits };
        let ends_there = u32::from(range.bits) + range.first.trailing_zeros() >= u128::BITS;
        ends_there.then_some(range).ok_or(NoRange)
    }
}

impl Display for AddressRange {
    /// A form that can be parsed again.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let first = Ipv6Addr::from_bits(self.first);
        match first.to_ipv4_mapped() {
            Some(first) if self.bits >= MAPPED_BITS => write!(f, "{first}/{}", self.bits - MAPPED_BITS),
            Some(_) | None => write!(f, "{first}/{}", self.bits),
        }
    }
}

/// Whether an address is in one of these ranges.
pub fn contain(ranges: &[AddressRange], address: IpAddr) -> bool {
    ranges.iter().any(|range| range.contains(address))
}

/// An address in its IPv6 form.
fn wide(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(range: &str, inside: &[&str], outside: &[&str]) {
        let range: AddressRange = range.parse().unwrap();
        assert_eq!(range.to_string().parse(), Ok(range), "{range}");
        for (addresses, expected) in [(inside, true), (outside, false)] {
            for address in addresses {
                assert_eq!(range.contains(address.parse().unwrap()), expected, "{address}");
            }
        }
    }

    #[test]
    fn addresses_are_in_ranges() {
        check(
            "10.0.0.0/8",
            &["10.0.0.0", "10.255.255.255", "::ffff:10.1.2.3"],
            &["11.0.0.0", "::a00:1", "::1"],
        );
        check("127.0.0.1", &["127.0.0.1", "::ffff:127.0.0.1"], &["127.0.0.2", "::1"]);
        check("192.0.2.128/25", &["192.0.2.128", "192.0.2.255"], &["192.0.2.127"]);
        check("0.0.0.0/0", &["0.0.0.0", "255.255.255.255"], &["::", "2001:db8::1"]);
        check("::/0", &["::1", "2001:db8::1"], &["127.0.0.1", "::ffff:127.0.0.1"]);
        check("::1", &["::1"], &["::2", "127.0.0.1"]);
        check("2001:db8::/33", &["2001:db8:7fff::1"], &["2001:db8:8000::1"]);
        check("::ffff:10.0.0.0/104", &["10.1.2.3"], &["11.0.0.0"]);
    }

    #[test]
    fn ranges_with_strangers_in_them() {
        let vast = |range: &str| range.parse::<AddressRange>().unwrap().is_vast();
        for range in
            ["0.0.0.0/0", "128.0.0.0/1", "10.0.0.0/7", "::/0", "2000::/3", "fc00::/6", "::ffff:0.0.0.0/96"]
        {
            assert!(vast(range), "{range}");
        }
        for range in ["10.0.0.0/8", "127.0.0.1", "fc00::/7", "::1", "2001:db8::/32", "::/128"] {
            assert!(!vast(range), "{range}");
        }
    }

    #[test]
    fn what_is_no_range() {
        for text in [
            "",
            "/",
            "/8",
            "10.0.0.0/",
            "10.0.0.0/33",
            "10.0.0.0/-1",
            "10.0.0.0/+8",
            "10.0.0.1/8",
            "10.0.0/8",
            "10.0.0.0/8/8",
            "::/129",
            "::1/64",
            "localhost",
            "10.0.0.0 /8",
            "[::1]",
            "10.0.0.0/999",
        ] {
            assert_eq!(text.parse::<AddressRange>(), Err(NoRange), "{text:?}");
        }
    }
}
