//! The cookies of this server: their names, how they are read, set and taken away. One is the
//! browser's session; the other says who has signed in there before, and opens nothing.

use axum::http::{HeaderMap, HeaderValue, header};

use crate::{limits::KnownBrowser, secret::Secret};

/// Which cookie.
#[derive(Clone, Copy, Debug)]
enum Name {
    Session,
    Known,
}

/// As long as browsers keep a cookie: 400 days.
const LONG: &str = "; Max-Age=34560000";

/// The session's value, where one came that this server may have set.
pub fn find(headers: &HeaderMap, https: bool) -> Option<Secret> {
    values(headers, Name::Session, https)
        .find(|value| is_ours(value))
        .map(|value| Secret::new(value.to_owned()))
}

/// Who has signed in at this browser before.
pub fn known(headers: &HeaderMap, https: bool) -> KnownBrowser {
    values(headers, Name::Known, https).next().map(KnownBrowser::parse).unwrap_or_default()
}

fn values(headers: &HeaderMap, name: Name, https: bool) -> impl Iterator<Item = &str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(move |(found, _)| *found == name.of(https))
        .map(|(_, value)| value)
}

/// 256 bits in base64url.
fn is_ours(value: &str) -> bool {
    value.len() == 43 && value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// Sets the session's cookie until the browser is closed; the session behind it may end before.
pub fn set(value: &Secret, https: bool) -> HeaderValue {
    header_value(Name::Session, value.expose(), "", https)
}

/// Takes the session's cookie away.
pub fn clear(https: bool) -> HeaderValue {
    header_value(Name::Session, "", "; Max-Age=0", https)
}

/// Sets the cookie by which the browser is known, and which outlasts sessions.
pub fn set_known(value: &Secret, https: bool) -> HeaderValue {
    header_value(Name::Known, value.expose(), LONG, https)
}

fn header_value(name: Name, value: &str, age: &str, https: bool) -> HeaderValue {
    let (name, secure) = (name.of(https), if https { "; Secure" } else { "" });
    let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{age}");
    let mut header = HeaderValue::from_str(&text).expect("base64url and dots are visible ASCII");
    header.set_sensitive(true);
    header
}

impl Name {
    /// The `__Host-` prefix makes browsers keep the cookie to this host, this path and https
    /// (RFC 6265bis §4.1.3.2). Under http, which is for loopback, they would not take it.
    const fn of(self, https: bool) -> &'static str {
        match (self, https) {
            (Self::Session, true) => "__Host-scopegate",
            (Self::Session, false) => "scopegate",
            (Self::Known, true) => "__Host-scopegate-known",
            (Self::Known, false) => "scopegate-known",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALUE: &str = "0123456789abcdefghijklmnopqrstuvwxyzABC-_xy";

    #[test]
    fn ui06_the_cookie_belongs_to_this_host_alone() {
        let value = Secret::new(VALUE.to_owned());
        for (https, expected) in [
            (true, format!("__Host-scopegate={VALUE}; Path=/; HttpOnly; SameSite=Lax; Secure")),
            (false, format!("scopegate={VALUE}; Path=/; HttpOnly; SameSite=Lax")),
        ] {
            assert_eq!(set(&value, https).to_str().unwrap(), expected);
        }
        let cleared = "__Host-scopegate=; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=0";
        assert_eq!(clear(true).to_str().unwrap(), cleared);
        let known = format!(
            "__Host-scopegate-known={VALUE}; Path=/; HttpOnly; SameSite=Lax; Secure; \
             Max-Age=34560000"
        );
        assert_eq!(set_known(&value, true).to_str().unwrap(), known);
    }

    #[test]
    fn the_cookie_is_found_among_others() {
        for (name, headers, https, expected) in [
            ("alone", vec![format!("scopegate={VALUE}")], false, true),
            ("among others", vec![format!("a=b; scopegate={VALUE};c=d")], false, true),
            ("in a second header", vec!["a=b".into(), format!("scopegate={VALUE}")], false, true),
            (
                "behind a malformed one",
                vec![format!("scopegate=x; scopegate={VALUE}")],
                false,
                true,
            ),
            ("the plain one under https", vec![format!("scopegate={VALUE}")], true, false),
            ("short", vec!["scopegate=abc".into()], false, false),
            ("another alphabet", vec![format!("scopegate={}", "%".repeat(43))], false, false),
            ("none", vec![], false, false),
        ] {
            let mut map = HeaderMap::new();
            for value in headers {
                map.append(header::COOKIE, HeaderValue::from_str(&value).unwrap());
            }
            assert_eq!(find(&map, https).is_some(), expected, "{name}");
        }
    }
}
