//! Redirect URIs: which one a request may use, and what is sent there.

use url::Url;

use crate::{
    audit::Reason,
    oauth::{ErrorCode, OAuthError},
};

/// An `error` of the authorization endpoint (RFC 6749 §4.1.2.1, OIDC Core §3.1.2.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuthorizeError {
    /// The `error`.
    pub code: &'static str,
    /// The `error_description`.
    pub description: &'static str,
}

/// The user said no, or was shut out.
pub const ACCESS_DENIED: AuthorizeError =
    AuthorizeError { code: "access_denied", description: "Access was refused" };

/// The answer to one request, as a URL of the client's.
pub struct Answer<'a> {
    redirect_uri: &'a str,
    state: Option<&'a str>,
    issuer: &'a str,
}

impl AuthorizeError {
    /// `invalid_request`
    pub const fn invalid_request(description: &'static str) -> Self {
        Self { code: "invalid_request", description }
    }

    /// What the audit log says of it.
    pub fn reason(&self) -> Reason {
        if *self == ACCESS_DENIED {
            return Reason::Denied;
        }
        Reason::parse(self.code).unwrap_or(Reason::InvalidRequest)
    }
}

impl From<OAuthError> for AuthorizeError {
    fn from(error: OAuthError) -> Self {
        // The token endpoint's `invalid_grant` has no counterpart in a redirect.
        let code = match error.code {
            ErrorCode::InvalidGrant | ErrorCode::InvalidClient => "access_denied",
            code => code.as_str(),
        };
        Self { code, description: error.description }
    }
}

impl<'a> Answer<'a> {
    /// The answer to a request with this redirect URI, which has been matched, and this state.
    pub const fn to(redirect_uri: &'a str, state: Option<&'a str>, issuer: &'a str) -> Self {
        Self { redirect_uri, state, issuer }
    }

    /// Success: `code`, `state`, `iss` (RFC 9207).
    pub fn code(&self, code: &str) -> String {
        self.with(&[("code", code)])
    }

    /// Failure: `error`, `error_description`, `state`, `iss`.
    pub fn error(&self, error: AuthorizeError) -> String {
        self.with(&[("error", error.code), ("error_description", error.description)])
    }

    fn with(&self, pairs: &[(&str, &str)]) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(pairs).extend_pairs(self.state.map(|state| ("state", state)));
        let query = query.append_pair("iss", self.issuer).finish();
        // The URI is used as it was registered, character by character; it has no fragment.
        let joint = if self.redirect_uri.contains('?') { '&' } else { '?' };
        format!("{}{joint}{query}", self.redirect_uri)
    }
}

/// Whether a request's redirect URI is the registered one: character by character, but that the
/// loopback literals match on any port (RFC 8252 §7.3).
pub fn matches(registered: &str, requested: &str) -> bool {
    registered == requested
        || matches!((without_port(registered), without_port(requested)), (Some(a), Some(b)) if a == b)
}

/// A loopback URI in two parts, what stands before the port and what stands behind it.
fn without_port(uri: &str) -> Option<(&str, &str)> {
    let host =
        ["http://127.0.0.1", "http://[::1]"].into_iter().find(|host| uri.starts_with(host))?;
    let rest = &uri[host.len()..];
    let rest = match rest.strip_prefix(':') {
        Some(rest) => {
            let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            let port = &rest[..end];
            let plain = !port.starts_with('0') && port.parse::<u16>().is_ok();
            if !plain {
                return None;
            }
            &rest[end..]
        }
        None => rest,
    };
    (rest.is_empty() || rest.starts_with(['/', '?'])).then_some((&uri[..host.len()], rest))
}

/// Whether only the client itself can receive what is sent there: not so on a loopback interface or
/// behind a private-use scheme, which any program on the device can take (RFC 8252 §8.6).
pub fn identifies_client(redirect_uri: &str) -> bool {
    redirect_uri.starts_with("https://")
}

/// What a content security policy calls the target: its origin, or its scheme.
pub fn origin_source(redirect_uri: &str) -> String {
    match Url::parse(redirect_uri) {
        Ok(url) if url.origin().is_tuple() => url.origin().ascii_serialization(),
        Ok(url) => format!("{}:", url.scheme()),
        Err(_) => "'none'".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_uri_matches_character_by_character() {
        let web = "https://app.example/cb";
        let native = "http://127.0.0.1/cb";
        for (name, registered, requested, expected) in [
            ("the same", web, "https://app.example/cb", true),
            ("RU02 longer", web, "https://app.example/cb/evil", false),
            ("RU02 slash", web, "https://app.example/cb/", false),
            ("RU02 case", web, "https://app.example/CB", false),
            ("RU02 shorter", web, "https://app.example/c", false),
            ("RU02 semicolon", web, "https://app.example/cb;", false),
            ("RU03 dots", web, "https://app.example/cb/../evil", false),
            ("RU03 encoded dots", web, "https://app.example/cb/..%2fevil", false),
            ("RU03 normalises to it", web, "https://app.example/x/../cb", false),
            ("RU04 suffix", web, "https://app.example.evil.com/cb", false),
            ("RU04 inside", web, "https://evil.com/https://app.example/cb", false),
            ("RU05 userinfo", web, "https://app.example@evil.com/cb", false),
            ("RU06 upper case", web, "HTTPS://APP.EXAMPLE/cb", false),
            ("RU06 port", web, "https://app.example:443/cb", false),
            ("RU06 http", web, "http://app.example/cb", false),
            ("RU09 fragment", web, "https://app.example/cb#f", false),
            ("RU09 empty fragment", web, "https://app.example/cb#", false),
            ("RU10 CR LF", web, "https://app.example/cb%0d%0aSet-Cookie:a=b", false),
            ("RU10 space", web, " https://app.example/cb", false),
            ("RU10 NUL", web, "https://app.example/cb\0", false),
            ("RU12 no scheme", web, "//evil.com", false),
            ("RU12 backslash", web, "/\\evil.com", false),
            ("RU12 path", web, "/cb", false),
            ("RU13 trailing dot", web, "https://app.example./cb", false),
            ("RU13 fullwidth dot", web, "https://app\u{ff0e}example/cb", false),
            ("RU14 no regex", "https://foo.example/cb", "https://fooXexample/cb", false),
            ("RU15 any port", native, "http://127.0.0.1:51004/cb", true),
            ("RU15 IPv6", "http://[::1]:1/cb", "http://[::1]:51004/cb", true),
            ("another path", native, "http://127.0.0.1:51004/other", false),
            ("another literal", native, "http://[::1]:51004/cb", false),
            ("localhost is a name", native, "http://localhost:51004/cb", false),
            ("longer host", native, "http://127.0.0.1.evil.com/cb", false),
            ("userinfo behind the literal", native, "http://127.0.0.1:1@evil.com/cb", false),
            ("odd port", native, "http://127.0.0.1:0080/cb", false),
            ("port too high", native, "http://127.0.0.1:65536/cb", false),
            ("https on loopback", native, "https://127.0.0.1:51004/cb", false),
            ("RU17 not loopback", "https://app.example/cb", "https://app.example:8443/cb", false),
            ("RU18 private use", "com.example.app:/cb", "com.example.app:/cb", true),
            ("RU20 with a code", web, "https://app.example/cb?code=attacker&state=x", false),
        ] {
            assert_eq!(matches(registered, requested), expected, "{name}");
        }
    }

    #[test]
    fn an_answer_keeps_the_uri_and_gives_the_state_back_whole() {
        let state = "a b+c%26\"<\u{e9}\u{1f600}";
        for (uri, start) in [
            ("https://app.example/cb", "https://app.example/cb?code=c&"),
            ("https://app.example/cb?x=1", "https://app.example/cb?x=1&code=c&"),
            ("com.example.app:/cb", "com.example.app:/cb?code=c&"),
        ] {
            let url = Answer::to(uri, Some(state), "http://localhost:8000").code("c");
            assert!(url.starts_with(start), "{url}");
            let query = url.split_once('?').unwrap().1;
            let found: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
            assert!(found.contains(&("state".into(), state.into())), "AZ05 {url}");
            assert!(found.contains(&("iss".into(), "http://localhost:8000".into())), "AZ07 {url}");
        }
    }

    #[test]
    fn a_policy_names_the_origin_or_the_scheme_of_the_target() {
        for (uri, expected) in [
            ("https://app.example:8443/cb?x=1", "https://app.example:8443"),
            ("http://127.0.0.1:51004/cb", "http://127.0.0.1:51004"),
            ("com.example.app:/cb", "com.example.app:"),
        ] {
            assert_eq!(origin_source(uri), expected);
        }
    }
}
