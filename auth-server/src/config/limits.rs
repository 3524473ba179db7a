//! How often somebody may guess, and whose word is taken for where they are.

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;
use scopegate_settings::{Setting, SettingsError, Values};

/// The table of the section.
pub const SETTINGS: &[Setting] = &[
    Setting::switch("guess-limits", "Make whoever guesses passwords and secrets wait").or("on"),
    Setting::new(
        "trusted-proxies",
        "ADDRESSES",
        "Proxies whose Forwarded or X-Forwarded-For header names the client: addresses or networks",
    )
    .list(),
];

/// Limits on guessing.
#[derive(Clone, Debug)]
pub struct LimitConfig {
    /// Whether guesses are counted.
    pub guesses: bool,
    /// Whose word is taken for the client's address.
    pub trusted_proxies: TrustedProxies,
}

/// The proxies in front of this server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

impl LimitConfig {
    /// Reads the section.
    pub fn read(values: &Values) -> Result<Self, SettingsError> {
        let proxies = values.list("trusted-proxies", network)?;
        Ok(Self {
            guesses: values.switch("guess-limits")?,
            trusted_proxies: TrustedProxies(proxies.unwrap_or_default()),
        })
    }
}

impl TrustedProxies {
    /// Whether this is one of them.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }
}

/// `10.0.0.1`, `10.0.0.0/8`, `fd00::/8`.
fn network(text: &str) -> Result<IpNet, &'static str> {
    let parsed = match text.parse() {
        Ok(address) => Some(IpNet::from(IpAddr::to_canonical(&address))),
        Err(_) => text.parse().ok().map(canonical),
    };
    let network = parsed.ok_or(if text.parse::<SocketAddr>().is_ok() {
        "an address with a port; leave the port out"
    } else {
        "not an address or network; write it like 10.0.0.1 or 10.0.0.0/8"
    })?;
    if network.prefix_len() == 0 {
        return Err("everybody; whoever is trusted can choose any address");
    }
    if network.trunc() != network {
        return Err("not a network; it has bits beyond its length");
    }
    Ok(network)
}

/// A network of IPv4 that is written as IPv6 (RFC 4291 §2.5.5.2) is one of IPv4, as addresses are.
fn canonical(network: IpNet) -> IpNet {
    match (network.addr().to_canonical(), network.prefix_len().checked_sub(96)) {
        (IpAddr::V4(address), Some(length)) if network.addr().is_ipv6() => {
            IpNet::new(address.into(), length).unwrap_or(network)
        }
        _ => network,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_an_address_or_a_network() {
        for (given, address, expected) in [
            ("10.0.0.1", "10.0.0.1", Some(true)),
            ("10.0.0.1", "10.0.0.2", Some(false)),
            ("10.0.0.1", "::ffff:10.0.0.1", Some(true)),
            ("::ffff:10.0.0.1", "10.0.0.1", Some(true)),
            ("10.0.0.0/8", "10.255.0.1", Some(true)),
            ("10.0.0.0/8", "11.0.0.1", Some(false)),
            ("::ffff:10.0.0.0/104", "10.255.0.1", Some(true)),
            ("::ffff:10.0.0.0/104", "::ffff:10.0.0.1", Some(true)),
            ("::ffff:10.0.0.0/104", "11.0.0.1", Some(false)),
            ("::ffff:10.0.0.1/104", "10.0.0.1", None),
            ("::ffff:0.0.0.0/96", "10.0.0.1", None),
            ("::1", "::1", Some(true)),
            ("fd00::/8", "fdff::1", Some(true)),
            ("fd00::/8", "10.0.0.1", Some(false)),
            ("10.0.0.1/8", "10.0.0.1", None),
            ("0.0.0.0/0", "10.0.0.1", None),
            ("::/0", "10.0.0.1", None),
            ("10.0.0.1:80", "10.0.0.1", None),
            ("10.0.0.0/33", "10.0.0.1", None),
            ("proxy", "10.0.0.1", None),
            ("", "10.0.0.1", None),
        ] {
            let proxies = network(given).ok().map(|network| TrustedProxies(vec![network]));
            let address = address.parse().unwrap();
            let found = proxies.map(|proxies| proxies.contains(address));
            assert_eq!(found, expected, "{given} and {address}");
        }
    }
}
