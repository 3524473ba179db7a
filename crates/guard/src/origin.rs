//! The URLs that a guard is told: none of them may end a quoted string in a header.

use std::net::Ipv6Addr;

/// Whether this is `http` or `https`, a host and at most a port.
pub(crate) fn is_origin(url: &str) -> bool {
    after_scheme(url).is_some_and(is_authority)
}

/// Whether this is an issuer (RFC 8414 §2): an origin and perhaps a path, without query and
/// fragment.
pub(crate) fn is_issuer(url: &str) -> bool {
    let Some(rest) = after_scheme(url) else { return false };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let is_path = |b: u8| b.is_ascii_alphanumeric() || b"/-._~!$&'()*+,;=:@%".contains(&b);
    is_authority(authority) && path.bytes().all(is_path)
}

fn after_scheme(url: &str) -> Option<&str> {
    url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))
}

/// A host and at most a port.
fn is_authority(text: &str) -> bool {
    let is_port =
        |port: &str| port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok();
    if let Some((host, rest)) = text.strip_prefix('[').and_then(|text| text.split_once(']')) {
        let port_is_good = rest.is_empty() || rest.strip_prefix(':').is_some_and(is_port);
        return host.parse::<Ipv6Addr>().is_ok() && port_is_good;
    }
    let (host, port) = text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port)));
    let is_host = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_');
    !host.is_empty() && host.bytes().all(is_host) && port.is_none_or(is_port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_audience_is_an_origin_and_an_issuer_may_have_a_path() {
        for (url, origin, issuer) in [
            ("http://localhost:8000", true, true),
            ("https://api.example", true, true),
            ("http://[::1]:8001", true, true),
            ("https://xn--bcher-kva.example", true, true),
            ("https://api.example/", false, true),
            ("https://api.example/v1", false, true),
            ("https://api.example/realms/a%20b", false, true),
            ("https://api.example?x", false, false),
            ("https://api.example/v1?x", false, false),
            ("https://api.example#x", false, false),
            ("https://api.example/v1#x", false, false),
            ("https://api.example/a\"b", false, false),
            ("https://api.example/a\\b", false, false),
            ("https://api.example/a b", false, false),
            ("https://api.example/bücher", false, false),
            ("https://api.example/\r\n", false, false),
            ("https://user@api.example", false, false),
            ("https://api.example:", false, false),
            ("https://api.example:99999", false, false),
            ("https://api.example:+80", false, false),
            ("https://api.exa\"mple", false, false),
            ("https://api.exa\\mple", false, false),
            ("https://api example", false, false),
            ("https://bücher.example", false, false),
            ("https://", false, false),
            ("https:///v1", false, false),
            ("http://[::1", false, false),
            ("http://[::1]x", false, false),
            ("ftp://api.example", false, false),
            ("HTTPS://api.example", false, false),
            ("api.example", false, false),
            ("", false, false),
        ] {
            assert_eq!(is_origin(url), origin, "an audience: {url}");
            assert_eq!(is_issuer(url), issuer, "an issuer: {url}");
        }
    }
}
