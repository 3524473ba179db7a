//! The content security policy of a page: no script at all, forms to here and to the app that asks.

use axum::http::HeaderValue;

const FIXED: &str = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; \
     frame-ancestors 'none'; form-action 'self'";

/// The policy of a page whose forms stay here or lead to `redirect_origin` in the end: Chromium
/// holds `form-action` against redirects too.
pub(super) fn policy(redirect_origin: Option<&str>) -> HeaderValue {
    let text = match redirect_origin.and_then(source) {
        Some(source) => format!("{FIXED} {source}"),
        None => FIXED.to_owned(),
    };
    HeaderValue::from_str(&text).expect("the parts of a policy are visible ASCII")
}

/// The origin or scheme as a policy may name it. Hosts may hold characters that end a directive, so
/// nothing but letters, digits, dots and hyphens gets in.
fn source(origin: &str) -> Option<&str> {
    let plain = |text: &str| {
        text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'+' | b':'))
    };
    let (scheme, rest) = origin.split_once(':')?;
    if !plain(scheme) {
        return None;
    }
    match rest.strip_prefix("//") {
        None => rest.is_empty().then_some(origin),
        // A policy has no way to write an IPv6 address; on loopback any port goes anyway.
        Some(host) if host.starts_with("[::1]") && scheme == "http" => Some("http:"),
        Some(host) => plain(host).then_some(origin),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_lead_here_and_to_the_app_that_asks() {
        for (origin, expected) in [
            (None, ""),
            (Some("https://app.example"), " https://app.example"),
            (Some("http://127.0.0.1:51004"), " http://127.0.0.1:51004"),
            (Some("http://[::1]:51004"), " http:"),
            (Some("com.example.app:"), " com.example.app:"),
            (Some("https://a;script-src.example"), ""),
            (Some("https://a,b.example"), ""),
            (Some("https://*"), ""),
            (Some("x y:"), ""),
            (Some("'unsafe-inline'"), ""),
            (Some(""), ""),
        ] {
            let policy = policy(origin);
            let policy = policy.to_str().unwrap();
            assert_eq!(policy.strip_prefix(FIXED), Some(expected), "{origin:?}");
        }
    }
}
