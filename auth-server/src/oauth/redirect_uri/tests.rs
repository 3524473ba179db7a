//! Rows of redirect URIs that may and may not be registered.

use super::{RedirectUriError as E, check};

#[test]
fn a_uri_that_its_owner_controls_is_registered() {
    for (row, uri) in [
        ("https", "https://app.example/cb"),
        ("https with a port, a query and an escape", "https://app.example:8443/a%20b?tenant=7"),
        ("https on an address", "https://192.0.2.7/cb"),
        ("a host in punycode", "https://xn--bcher-kva.example/cb"),
        ("RFC 8252 §7.3: loopback address", "http://127.0.0.1/cb"),
        ("RFC 8252 §7.3: loopback address, version 6", "http://[::1]/cb"),
        ("a development server", "http://localhost:3000/callback"),
        ("RFC 8252 §7.1: private-use scheme", "com.example.app:/oauth2redirect/example-provider"),
        ("private-use scheme with an authority", "com.example.app://callback/done"),
    ] {
        assert_eq!(check(uri), Ok(()), "{row}: {uri}");
    }
}

#[test]
fn a_uri_that_could_lead_elsewhere_is_refused() {
    for (row, uri, expected) in [
        ("RU03 backslash", r"https://app.example/cb\..\evil", E::Character),
        ("RU05 user", "https://app.example@evil.com/cb", E::UserInfo),
        ("RU05 empty user", "https://@evil.com/cb", normal("https://evil.com/cb")),
        ("RU05 user and password", "https://a:b@evil.com/cb", E::UserInfo),
        ("RU06 http", "http://app.example/cb", E::PlainHttp),
        ("RU09 fragment", "https://app.example/cb#f", E::Fragment),
        ("RU09 empty fragment", "https://app.example/cb#", E::Fragment),
        ("RU10 space before", " https://app.example/cb", E::Character),
        ("RU10 line break", "https://app.example/cb\r\nSet-Cookie: a=b", E::Character),
        ("RU10 tab inside", "https://app.example/c\tb", E::Character),
        ("RU10 NUL", "https://app.example/cb\0", E::Character),
        ("RU12 no scheme", "//evil.com", E::NotAbsolute),
        ("RU12 path", "/cb", E::NotAbsolute),
        ("RU12 empty", "", E::NotAbsolute),
        ("RU12 no host", "https://", E::NotAbsolute),
        ("RU13 full-width dot", "https://app\u{ff0e}example/cb", E::Character),
        ("RU13 host with a trailing dot", "https://app.example./cb", E::DottedHost),
        ("a host with a semicolon", "https://app;sandbox/cb", E::Host),
        ("a host with a comma", "https://app,example/cb", E::Host),
        ("a host with a quote", "https://app'example/cb", E::Host),
        ("RU20 code", "https://app.example/cb?code=x", E::ResponseParameter("code")),
        ("RU20 escaped", "https://app.example/cb?a=1&%73tate=x", E::ResponseParameter("state")),
        ("RU20 iss", "com.example.app:/cb?iss", E::ResponseParameter("iss")),
        ("RU20 error", "https://app.example/cb?error=", E::ResponseParameter("error")),
        ("DR02 wildcard host", "https://*.app.example/cb", E::Wildcard),
        ("DR02 wildcard path", "https://app.example/*", E::Wildcard),
        ("DR02 script", "javascript:alert(1)", E::Scheme),
        ("DR02 script in capitals", "JavaScript:/x", E::Scheme),
        ("DR02 data", "data:text/html,x", E::Scheme),
        ("IJ04 vbscript", "vbscript:x", E::Scheme),
        ("file", "file:///etc/passwd", E::Scheme),
        ("RFC 8252 §7.1: a scheme without a dot", "myapp:/cb", E::Scheme),
        ("RFC 8252 §7.1: no path", "com.example.app:cb", E::NoPath),
        ("out-of-band", "urn:ietf:wg:oauth:2.0:oob", E::Scheme),
        ("http on another name", "http://localhost.evil.com/cb", E::PlainHttp),
        ("http on any address", "http://0.0.0.0/cb", E::PlainHttp),
        ("http on a mapped loopback", "http://[::ffff:127.0.0.1]/cb", E::PlainHttp),
    ] {
        assert_eq!(check(uri), Err(expected), "{row}: {uri:?}");
    }
}

#[test]
fn another_spelling_is_refused_with_the_normal_form() {
    for (row, uri, expected) in [
        ("RU03 dots", "https://app.example/cb/../evil", "https://app.example/evil"),
        ("RU03 escaped dots", "https://app.example/a/%2e%2E/b", "https://app.example/b"),
        ("RU06 capitals", "HTTPS://APP.EXAMPLE/cb", "https://app.example/cb"),
        ("RU06 default port", "https://app.example:443/cb", "https://app.example/cb"),
        ("RU12 three slashes", "https:///app.example/cb", "https://app.example/cb"),
        ("RU13 escaped host", "https://app%2Eexample/cb", "https://app.example/cb"),
        ("RU13 octal address", "http://0177.0.0.1/cb", "http://127.0.0.1/cb"),
        ("RU13 address as a number", "http://2130706433/cb", "http://127.0.0.1/cb"),
        ("facts 15: leading zeros of a port", "http://127.0.0.1:0009/cb", "http://127.0.0.1:9/cb"),
        ("no path", "https://app.example", "https://app.example/"),
        ("long version 6 address", "http://[0:0::1]/cb", "http://[::1]/cb"),
        ("a quote in the path", "https://app.example/\"", "https://app.example/%22"),
    ] {
        assert_eq!(check(uri), Err(normal(expected)), "{row}: {uri:?}");
    }
}

#[test]
fn a_uri_beyond_the_limit_is_refused() {
    let uri = format!("https://app.example/{}", "a".repeat(super::MAX_BYTES));
    assert_eq!(check(&uri), Err(E::TooLong));
}

fn normal(uri: &str) -> E {
    E::NotNormal(uri.to_owned())
}
