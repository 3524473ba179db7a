//! An address as far as it is one household's or one server's: what counts as one place.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

/// An IPv4 address, or the /64 of an IPv6 one, within which its holder picks addresses freely.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Net(IpAddr);

impl Net {
    /// Where an address belongs. IPv4 in the clothes of IPv6 (RFC 4291 §2.5.5.2) is IPv4, and so is
    /// IPv4 behind a NAT64 (RFC 6052 §2.1), or all of it would be one place.
    pub fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V6(address) => match address.segments() {
                [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
                    Self(Ipv4Addr::from_bits((u32::from(high) << 16) | u32::from(low)).into())
                }
                [a, b, c, d, ..] => Self(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()),
            },
            v4 @ IpAddr::V4(_) => Self(v4),
        }
    }

    /// The /48 around an IPv6 one: the most that one site is usually given (RFC 6177 §2).
    pub(super) fn site(self) -> Option<String> {
        let IpAddr::V6(address) = self.0 else { return None };
        let [a, b, c, ..] = address.segments();
        Some(format!("{}/48", Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0)))
    }
}

impl fmt::Display for Net {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            IpAddr::V4(address) => address.fmt(f),
            IpAddr::V6(address) => write!(f, "{address}/64"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ipv4_counts_whole_and_ipv6_by_its_64() {
        for (address, expected) in [
            ("203.0.113.7", "203.0.113.7"),
            ("::ffff:203.0.113.7", "203.0.113.7"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("2001:db8:1:2::", "2001:db8:1:2::/64"),
            ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
            ("::1", "::/64"),
            ("64:ff9b::203.0.113.7", "203.0.113.7"),
            ("64:ff9b:0:0:0:1:cb00:7107", "64:ff9b::/64"),
            ("64:ff9b:1::203.0.113.7", "64:ff9b:1::/64"),
        ] {
            assert_eq!(Net::of(address.parse().unwrap()).to_string(), expected, "{address}");
        }
    }

    #[test]
    fn an_ipv6_net_lies_in_a_48_and_ipv4_in_none() {
        for (address, expected) in [
            ("203.0.113.7", None),
            ("64:ff9b::203.0.113.7", None),
            ("2001:db8:1:2:3:4:5:6", Some("2001:db8:1::/48")),
            ("2001:db8:1::1", Some("2001:db8:1::/48")),
            ("2001:db8:2:2::1", Some("2001:db8:2::/48")),
        ] {
            assert_eq!(Net::of(address.parse().unwrap()).site().as_deref(), expected, "{address}");
        }
    }
}
