//! The client's address: the peer's, or what a trusted proxy says of whom it spoke with.

use std::{
    convert::Infallible,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::{Arc, Once},
};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{Extensions, HeaderMap, HeaderName, HeaderValue, header, request::Parts},
};

use crate::{app::App, config::TrustedProxies, limits::Net};

/// Where a request comes from, as far as that counts.
#[derive(Clone, Copy, Debug)]
pub struct ClientNet(pub Net);

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Where a request is that came over no connection: all such are in one place.
const NOWHERE: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

impl FromRequestParts<Arc<App>> for ClientNet {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Infallible> {
        let address = client_ip(&parts.extensions, &parts.headers, &app.trusted_proxies);
        Ok(Self(Net::of(address.unwrap_or(NOWHERE))))
    }
}

/// The address of whoever sends a request; `None` where it came over no connection.
pub fn client_ip(
    extensions: &Extensions,
    headers: &HeaderMap,
    trusted: &TrustedProxies,
) -> Option<IpAddr> {
    let ConnectInfo(peer) = extensions.get::<ConnectInfo<SocketAddr>>()?;
    Some(client(peer.ip().to_canonical(), headers, trusted))
}

/// Whom a trusted peer's headers name. Where both are there and differ, one was passed on from
/// outside, and nobody can tell which: then it is the peer.
fn client(peer: IpAddr, headers: &HeaderMap, trusted: &TrustedProxies) -> IpAddr {
    static TOLD: Once = Once::new();
    if !trusted.contains(peer) {
        return peer;
    }
    let named = |name, read| named(peer, &entries(headers, name), read, trusted);
    match (named(&header::FORWARDED, forwarded_for), named(&X_FORWARDED_FOR, address)) {
        (Some(standard), Some(other)) if standard != other => {
            TOLD.call_once(|| {
                tracing::warn!(
                    %peer,
                    "a proxy sends Forwarded and X-Forwarded-For that name different clients; it \
                     counts as the client itself until it removes one of them (said once)"
                );
            });
            peer
        }
        (Some(address), _) | (None, Some(address)) => address,
        (None, None) => peer,
    }
}

/// The right-most address that no trusted proxy has, going from the peer towards the client; where
/// all are proxies', the left-most. An entry that is no address ends the way: then it is the peer.
/// `None` where there is no entry.
fn named(
    peer: IpAddr,
    entries: &[&str],
    read: fn(&str) -> Option<IpAddr>,
    trusted: &TrustedProxies,
) -> Option<IpAddr> {
    let mut nearest = None;
    for entry in entries.iter().rev() {
        let Some(address) = read(entry) else { return Some(peer) };
        nearest = Some(address);
        if !trusted.contains(address) {
            break;
        }
    }
    nearest
}

/// The entries of a header, the nearest proxy's last. Commas part them even within quotes: what is
/// quoted there is no address, and an open quote in a client's own entry must not swallow the next.
fn entries<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Vec<&'a str> {
    let lines = headers.get_all(name).iter().map(|line| HeaderValue::to_str(line).unwrap_or("?"));
    lines
        .flat_map(|line| line.split(','))
        .map(str::trim)
        .filter(|entry| !entry.is_empty())
        .collect()
}

/// The one `for` of an element of `Forwarded` (RFC 7239 §4).
fn forwarded_for(element: &str) -> Option<IpAddr> {
    let mut nodes = element.split(';').filter_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        name.eq_ignore_ascii_case("for").then_some(value)
    });
    let node = nodes.next().filter(|_| nodes.next().is_none())?;
    let quoted = node.strip_prefix('"').map(|rest| rest.strip_suffix('"'));
    address(quoted.unwrap_or(Some(node))?)
}

/// An address with or without a port; IPv6 in brackets or not (RFC 7239 §6).
fn address(text: &str) -> Option<IpAddr> {
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse::<Ipv6Addr>().ok();
    text.parse()
        .ok()
        .or_else(|| text.parse().map(|address: SocketAddr| address.ip()).ok())
        .or_else(|| bracketed().map(IpAddr::V6))
        .map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use scopegate_settings::{environment::Environment, flags::Flags, resolve::resolve};

    use super::*;
    use crate::config::{LimitConfig, PROGRAM};

    const PROXY: &str = "10.0.0.1";

    fn trusted() -> TrustedProxies {
        let variable = ("SCOPEGATE_TRUSTED_PROXIES".into(), "10.0.0.0/8, fd00::/8, ::1".into());
        let environment = Environment::new([variable]);
        let values = resolve(&PROGRAM, &Flags::default(), &environment, None).unwrap();
        LimitConfig::read(&values).unwrap().trusted_proxies
    }

    /// Row, peer, lines of `Forwarded`, lines of `X-Forwarded-For`, the client.
    type Row = (
        &'static str,
        &'static str,
        &'static [&'static str],
        &'static [&'static str],
        &'static str,
    );

    const ROWS: [Row; 39] = [
        ("no proxy", "192.0.2.1", &[], &[], "192.0.2.1"),
        ("HH04 nobody's word", "192.0.2.1", &["for=1.1.1.1"], &["1.1.1.1"], "192.0.2.1"),
        ("a proxy that says nothing", PROXY, &[], &[], PROXY),
        ("one entry", PROXY, &[], &["192.0.2.7"], "192.0.2.7"),
        ("HH04 the client's own entry", PROXY, &[], &["1.1.1.1, 192.0.2.7"], "192.0.2.7"),
        ("two proxies", PROXY, &[], &["1.1.1.1, 192.0.2.7, 10.0.0.2"], "192.0.2.7"),
        ("two lines", PROXY, &[], &["1.1.1.1", "192.0.2.7"], "192.0.2.7"),
        ("proxies alone", PROXY, &[], &["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ("a port", PROXY, &[], &["192.0.2.7:5123"], "192.0.2.7"),
        ("IPv6", PROXY, &[], &["2001:db8::7"], "2001:db8::7"),
        ("IPv6 and a port", PROXY, &[], &["[2001:db8::7]:443"], "2001:db8::7"),
        ("IPv6 in brackets", PROXY, &[], &["[2001:db8::7]"], "2001:db8::7"),
        ("IPv4 as IPv6", PROXY, &[], &["::ffff:192.0.2.7"], "192.0.2.7"),
        ("a proxy that speaks IPv6", "::ffff:10.0.0.1", &[], &["192.0.2.7"], "192.0.2.7"),
        ("loopback, trusted", "::1", &[], &["192.0.2.7"], "192.0.2.7"),
        ("garbage", PROXY, &[], &["1.1.1.1, garbage"], PROXY),
        ("garbage behind a proxy", PROXY, &[], &["garbage, 10.0.0.2"], PROXY),
        ("garbage of the client's", PROXY, &[], &["\"garbage, 192.0.2.7"], "192.0.2.7"),
        ("empty entries", PROXY, &[], &["1.1.1.1,, 192.0.2.7,"], "192.0.2.7"),
        ("an empty line", PROXY, &[], &[""], PROXY),
        ("a zone", PROXY, &[], &["fe80::1%eth0"], PROXY),
        ("RFC 7239 §4", PROXY, &["for=192.0.2.7;proto=https;by=10.0.0.1"], &[], "192.0.2.7"),
        ("RFC 7239 §4 case", PROXY, &["Proto=https; FOR=192.0.2.7"], &[], "192.0.2.7"),
        ("RFC 7239 §6 IPv6", PROXY, &["for=\"[2001:db8::7]:4711\""], &[], "2001:db8::7"),
        ("RFC 7239 §6 quoted", PROXY, &["for=\"192.0.2.7:47\""], &[], "192.0.2.7"),
        ("RFC 7239 §6.2 unknown", PROXY, &["for=192.0.2.7, for=unknown"], &[], PROXY),
        ("RFC 7239 §6.3 obfuscated", PROXY, &["for=_hidden"], &[], PROXY),
        ("RFC 7239 §7.4", PROXY, &["for=1.1.1.1, for=192.0.2.7, for=10.9.9.9"], &[], "192.0.2.7"),
        ("an open quote", PROXY, &["for=\"1.1.1.1, for=192.0.2.7"], &[], "192.0.2.7"),
        ("half a quote", PROXY, &["for=\"192.0.2.7"], &[], PROXY),
        ("for twice", PROXY, &["for=192.0.2.7;for=1.1.1.1"], &[], PROXY),
        ("no for", PROXY, &["proto=https"], &[], PROXY),
        ("HH04 two that differ", PROXY, &["for=1.1.1.1"], &["192.0.2.7"], PROXY),
        ("HH04 one that is garbage", PROXY, &["for=unknown"], &["192.0.2.7"], PROXY),
        ("HH04 the other is garbage", PROXY, &["for=192.0.2.7"], &["garbage"], PROXY),
        ("two that agree", PROXY, &["for=192.0.2.7"], &["192.0.2.7"], "192.0.2.7"),
        ("two by other ways", PROXY, &["for=192.0.2.7"], &["192.0.2.7, 10.0.0.2"], "192.0.2.7"),
        ("two, nobody's word", "192.0.2.1", &["for=1.1.1.1"], &["192.0.2.7"], "192.0.2.1"),
        ("an empty standard one", PROXY, &[""], &["192.0.2.7"], "192.0.2.7"),
    ];

    #[test]
    fn the_client_is_whom_the_last_trusted_proxy_spoke_with() {
        let trusted = trusted();
        for (row, peer, forwarded, x_forwarded_for, expected) in ROWS {
            let mut headers = HeaderMap::new();
            for line in forwarded {
                headers.append(header::FORWARDED, HeaderValue::from_static(line));
            }
            for line in x_forwarded_for {
                headers.append(X_FORWARDED_FOR, HeaderValue::from_static(line));
            }
            let found = client(peer.parse().unwrap(), &headers, &trusted);
            assert_eq!(found.to_canonical(), expected.parse::<IpAddr>().unwrap(), "{row}");
        }
    }

    #[test]
    fn a_line_that_is_no_text_is_garbage() {
        let mut headers = HeaderMap::new();
        headers.append(X_FORWARDED_FOR, HeaderValue::from_bytes(b"192.0.2.7\xff").unwrap());
        let peer: IpAddr = PROXY.parse().unwrap();
        assert_eq!(client(peer, &headers, &trusted()), peer);
    }
}
