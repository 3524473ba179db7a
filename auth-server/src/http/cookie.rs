//! The one cookie of this server: its name, how it is read, set and taken away.

use axum::http::{HeaderMap, HeaderValue, header};

use crate::secret::Secret;

/// The `__Host-` prefix makes browsers keep the cookie to this host, this path and https
/// (RFC 6265bis §4.1.3.2). Under http, which is for loopback, they would not take it.
const fn name(https: bool) -> &'static str {
    if https { "__Host-scopegate" } else { "scopegate" }
}

/// The cookie's value, where one came that this server may have set.
pub fn find(headers: &HeaderMap, https: bool) -> Option<Secret> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(found, value)| *found == name(https) && is_ours(value))
        .map(|(_, value)| Secret::new(value.to_owned()))
}

/// 256 bits in base64url.
fn is_ours(value: &str) -> bool {
    value.len() == 43 && value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// Sets the cookie until the browser is closed; the session behind it may end before.
pub fn set(value: &Secret, https: bool) -> HeaderValue {
    header_value(value.expose(), "", https)
}

/// Takes the cookie away.
pub fn clear(https: bool) -> HeaderValue {
    header_value("", "; Max-Age=0", https)
}

fn header_value(value: &str, age: &str, https: bool) -> HeaderValue {
    let (name, secure) = (name(https), if https { "; Secure" } else { "" });
    let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{age}");
    let mut header = HeaderValue::from_str(&text).expect("base64url is visible ASCII");
    header.set_sensitive(true);
    header
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
