//! Forwarded requests: the client behind a proxy.
//!
//! Owns: the reading of `X-Forwarded-For`. Every proxy on the way appends the address of its client, so only the right end
//! of the list can be trusted: anybody may have typed the part left of the first address that is not a trusted proxy's.
//! Must not: hold the list of trusted proxies; the caller passes it in.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// The name of the header.
pub const FORWARDED_FOR: &str = "X-Forwarded-For";

/// The client of a request that came from a trusted proxy: the rightmost address that is not itself `trusted`, of all
/// the header's lines in their order. `None` if there is none, or if that entry is no address.
pub fn client<'b>(lines: impl Iterator<Item = &'b [u8]>, trusted: impl Fn(IpAddr) -> bool) -> Option<IpAddr> {
    let mut client = None;
    for entry in lines.flat_map(|line| line.split(|byte| *byte == b',')) {
        match address(entry.trim_ascii()) {
            Some(address) if trusted(address) => {}
            other => client = other,
        }
    }
    client
}

/// An address as proxies write it: alone, with a port, or in brackets.
fn address(entry: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(entry).ok()?;
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse::<Ipv6Addr>().ok().map(IpAddr::V6);
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    text.parse().ok().or_else(with_port).or_else(bracketed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::ranges::{AddressRange, contain};

    #[track_caller]
    fn check(lines: &[&str], expected: Option<&str>) {
        let trusted: Vec<AddressRange> = ["10.0.0.0/8", "::1"].map(|range| range.parse().unwrap()).into();
        let found = client(lines.iter().map(|line| line.as_bytes()), |address| contain(&trusted, address));
        assert_eq!(found, expected.map(|address| address.parse().unwrap()), "{lines:?}");
    }

    #[test]
    fn the_rightmost_address_that_is_no_trusted_proxy_is_the_client() {
        check(&["192.0.2.1"], Some("192.0.2.1"));
        check(&["203.0.113.9, 192.0.2.1"], Some("192.0.2.1"));
        check(&["192.0.2.1, 10.0.0.7,10.1.2.3"], Some("192.0.2.1"));
        check(&["203.0.113.9", "192.0.2.1", "10.0.0.7, ::1"], Some("192.0.2.1"));
        check(&["10.0.0.7, 192.0.2.1 ,\t10.0.0.7"], Some("192.0.2.1"));
        check(&["2001:db8::1, [::1]:443"], Some("2001:db8::1"));
        check(&["192.0.2.1:5678"], Some("192.0.2.1"));
        check(&["[2001:db8::1]"], Some("2001:db8::1"));
        check(&["[2001:db8::1]:80"], Some("2001:db8::1"));
        check(&["nonsense, 192.0.2.1"], Some("192.0.2.1"));
    }

    #[test]
    fn an_entry_that_is_no_address_names_no_client() {
        check(&[], None);
        check(&[""], None);
        check(&["10.0.0.7, ::1"], None);
        for bad in
            ["unknown", "192.0.2", "192.0.2.1.", "192.0.2.1:x", "[192.0.2.1]", "::1::", "_hidden", "\u{7f}"]
        {
            check(&[bad], None);
            check(&["192.0.2.1", &format!("{bad}, 10.0.0.7")], None);
        }
        check(&["192.0.2.1,"], None);
    }
}
