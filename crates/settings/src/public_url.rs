//! The public URL of a program: an origin, kept byte for byte because tokens are compared so.

use std::{fmt, net::Ipv4Addr};

use url::{Host, Url};

/// An absolute http or https origin without anything behind the port.
///
/// ```
/// use scopegate_settings::public_url::PublicUrl;
///
/// let url = PublicUrl::parse("http://localhost:8001")?;
/// assert!(url.is_loopback());
/// assert_eq!(url.origin_spellings(), ["http://localhost:8001", "http://127.0.0.1:8001"]);
/// # Ok::<(), scopegate_settings::public_url::PublicUrlError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PublicUrl {
    text: String,
    url: Url,
}

/// Why a text is not a public URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PublicUrlError {
    /// It does not parse, or is not http or https.
    #[error("not a URL; write it like https://auth.example")]
    Form,
    /// It holds a user name or a password.
    #[error("a URL with a user name; write it like https://auth.example")]
    Userinfo,
    /// It ends in a slash.
    #[error("a URL with a trailing slash; leave it out")]
    TrailingSlash,
    /// It has a path.
    #[error("a URL with a path; only scheme, host and port may stand")]
    Path,
    /// It has a query.
    #[error("a URL with a query; only scheme, host and port may stand")]
    Query,
    /// It has a fragment.
    #[error("a URL with a fragment; only scheme, host and port may stand")]
    Fragment,
    /// Its host is not letters, digits, dots, hyphens and underscores, or an address.
    #[error("a URL with an unusable host; write it like https://auth.example")]
    Host,
    /// Browsers write the same origin otherwise, and bytes are compared.
    #[error("not spelled as browsers do; write {0}")]
    Spelling(String),
}

impl PublicUrl {
    /// Parses an origin. Nothing is normalised: another spelling is refused.
    pub fn parse(text: &str) -> Result<Self, PublicUrlError> {
        let url = Url::parse(text).map_err(|_| PublicUrlError::Form)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(PublicUrlError::Form);
        }
        check_parts(text, &url)?;
        if let Some(Host::Domain(domain)) = url.host()
            && !domain.bytes().all(is_domain_byte)
        {
            return Err(PublicUrlError::Host);
        }
        let origin = url.origin().ascii_serialization();
        if origin != text {
            return Err(PublicUrlError::Spelling(origin));
        }
        Ok(Self { text: origin, url })
    }

    /// The URL as it was given.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the scheme is https.
    pub fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// Whether the host is this machine: `localhost`, `127.0.0.0/8` or `[::1]`.
    pub fn is_loopback(&self) -> bool {
        match self.url.host() {
            Some(Host::Domain(domain)) => domain == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        }
    }

    /// The origins that mean this URL: itself, and for `localhost` `127.0.0.1`, for `127.0.0.1` or
    /// `[::1]` `localhost`. People type either, and a browser takes them for different origins.
    pub fn origin_spellings(&self) -> Vec<String> {
        let other = match self.url.host() {
            Some(Host::Domain("localhost")) => Some("127.0.0.1"),
            Some(Host::Ipv4(Ipv4Addr::LOCALHOST)) => Some("localhost"),
            Some(Host::Ipv6(address)) if address.is_loopback() => Some("localhost"),
            _ => None,
        };
        let port = self.url.port().map(|port| format!(":{port}")).unwrap_or_default();
        let other = other.map(|host| format!("{}://{host}{port}", self.url.scheme()));
        [self.text.clone()].into_iter().chain(other).collect()
    }
}

/// Names the part that has no place in an origin, so that the message can.
fn check_parts(text: &str, url: &Url) -> Result<(), PublicUrlError> {
    if !url.username().is_empty() || url.password().is_some() {
        Err(PublicUrlError::Userinfo)
    } else if url.fragment().is_some() {
        Err(PublicUrlError::Fragment)
    } else if url.query().is_some() {
        Err(PublicUrlError::Query)
    } else if url.path() != "/" {
        Err(PublicUrlError::Path)
    } else if text.ends_with('/') {
        Err(PublicUrlError::TrailingSlash)
    } else {
        Ok(())
    }
}

/// The URL parser lets quotes, stars and their like pass; headers and challenges must not see them.
const fn is_domain_byte(b: u8) -> bool {
    matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'_')
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_url_is_an_origin_byte_for_byte() {
        for text in [
            "http://localhost:8000",
            "https://auth.example",
            "https://auth.example:8443",
            "http://auth_server:8000",
            "https://xn--bcher-kva.example",
            "http://127.0.0.1:8000",
            "http://[::1]:8000",
        ] {
            assert_eq!(PublicUrl::parse(text).map(|url| url.to_string()), Ok(text.to_owned()));
        }
    }

    #[test]
    fn what_is_not_an_origin_is_refused_for_its_reason() {
        use PublicUrlError::{Form, Fragment, Host, Path, Query, TrailingSlash, Userinfo};
        let spelling = |text: &str| PublicUrlError::Spelling(text.to_owned());
        for (text, expected) in [
            ("", Form),
            ("auth.example", Form),
            ("localhost:8000", Form),
            ("//auth.example", Form),
            ("ftp://auth.example", Form),
            ("http://", Form),
            ("http://:8000", Form),
            ("https://auth.example:99999", Form),
            ("https://auth example", Form),
            ("null", Form),
            ("https://auth.example/", TrailingSlash),
            ("https://auth.example/oauth", Path),
            ("https://auth.example/oauth/", Path),
            ("https://auth.example//", Path),
            ("https://auth.example?x", Query),
            ("https://auth.example/?", Query),
            ("https://auth.example#", Fragment),
            ("https://user@auth.example", Userinfo),
            ("https://user:pw@auth.example", Userinfo),
            ("https://*.example", Host),
            ("https://a\"b.example", Host),
            ("https://a,b.example", Host),
            ("https://Auth.example", spelling("https://auth.example")),
            ("HTTPS://auth.example", spelling("https://auth.example")),
            ("https://auth.example:443", spelling("https://auth.example")),
            ("https://auth.example:", spelling("https://auth.example")),
            ("https://@auth.example", spelling("https://auth.example")),
            ("https://auth.example/..", spelling("https://auth.example")),
            ("https:\\\\auth.example", spelling("https://auth.example")),
            ("https:auth.example", spelling("https://auth.example")),
            (" https://auth.example", spelling("https://auth.example")),
            ("https://auth.\nexample", spelling("https://auth.example")),
            ("https://bücher.example", spelling("https://xn--bcher-kva.example")),
            ("http://127.1:8000", spelling("http://127.0.0.1:8000")),
            ("http://0x7f.1", spelling("http://127.0.0.1")),
            ("http://[0:0::1]", spelling("http://[::1]")),
        ] {
            assert_eq!(PublicUrl::parse(text), Err(expected), "{text:?}");
        }
    }

    #[test]
    fn a_loopback_host_is_one_of_three_and_both_its_spellings_are_known() {
        let localhost = "http://localhost:8001";
        let address = "http://127.0.0.1:8001";
        for (text, loopback, spellings) in [
            (localhost, true, vec![localhost, address]),
            (address, true, vec![address, localhost]),
            ("http://[::1]:8001", true, vec!["http://[::1]:8001", localhost]),
            ("http://localhost", true, vec!["http://localhost", "http://127.0.0.1"]),
            ("http://127.8.9.10:1", true, vec!["http://127.8.9.10:1"]),
            ("https://api.example", false, vec!["https://api.example"]),
            ("http://localhost.example", false, vec!["http://localhost.example"]),
            ("http://api.localhost", false, vec!["http://api.localhost"]),
            ("http://0.0.0.0:8001", false, vec!["http://0.0.0.0:8001"]),
            ("http://128.0.0.1", false, vec!["http://128.0.0.1"]),
            ("http://[::ffff:7f00:1]", false, vec!["http://[::ffff:7f00:1]"]),
        ] {
            let url = PublicUrl::parse(text).unwrap();
            assert_eq!(url.is_loopback(), loopback, "{text}");
            assert_eq!(url.origin_spellings(), spellings, "{text}");
        }
    }
}
