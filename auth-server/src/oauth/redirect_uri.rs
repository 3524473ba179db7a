//! Which redirect URIs a client may register, so that a code only ever travels to an address which
//! its owner controls.

use url::{Host, Url};

/// The longest redirect URI that may be registered, in bytes.
pub const MAX_BYTES: usize = 2000;

/// Parameters of an authorization response, which a registered URI must not carry itself: a client
/// would read the registered value instead of ours.
const RESPONSE_PARAMETERS: &[&str] =
    &["code", "state", "iss", "error", "error_description", "error_uri"];

/// Why a redirect URI cannot be registered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RedirectUriError {
    /// Not an absolute URI (RFC 6749 §3.1.2).
    #[error("it is not an absolute URI; write it like https://app.example/callback")]
    NotAbsolute,
    /// Longer than [`MAX_BYTES`].
    #[error("it is longer than {MAX_BYTES} bytes")]
    TooLong,
    /// A space, a control character, a backslash or a character outside ASCII.
    #[error("it holds a character that does not belong into a URI")]
    Character,
    /// Matching is by character (RFC 9700 §2.1), so an asterisk would only ever stand for itself.
    #[error("it holds a `*`; redirect URIs are compared character by character, so list each one")]
    Wildcard,
    /// A fragment, an empty one included (RFC 6749 §3.1.2).
    #[error("it has a fragment (`#…`), which RFC 6749 section 3.1.2 forbids")]
    Fragment,
    /// A user name or a password before the host.
    #[error("it names a user before the host (`user@`)")]
    UserInfo,
    /// Another scheme than https, http or a private-use one.
    #[error(
        "its scheme is not allowed; use https, http on this machine, or a private-use scheme with \
         a dot such as com.example.app"
    )]
    Scheme,
    /// Plain http to another machine (OAuth 2.1 §8.4).
    #[error("http is allowed only for localhost, 127.0.0.1 and [::1]; use https")]
    PlainHttp,
    /// A host that ends with a dot.
    #[error("its host ends with a dot")]
    DottedHost,
    /// A host with a character that belongs into no host name. URLs allow some, `;` and `,` among them,
    /// which mean something in the policy that names the host to browsers.
    #[error("its host holds a character that belongs into no host name")]
    Host,
    /// A private-use scheme without a path (RFC 8252 §7.1).
    #[error("a `/` follows the scheme, as in com.example.app:/callback (RFC 8252 section 7.1)")]
    NoPath,
    /// A query with a parameter that the server adds itself.
    #[error("its query holds `{0}`, a parameter that the server adds itself")]
    ResponseParameter(&'static str),
    /// Another spelling of the same URI; the normal form stands in it.
    #[error("it is not in its normal form; write it as {0}")]
    NotNormal(String),
}

/// Checks that a client may register the URI.
///
/// What passes is in its normal form, so comparing it character by character (RFC 9700 §2.1)
/// compares what a browser would open.
pub fn check(uri: &str) -> Result<(), RedirectUriError> {
    check_characters(uri)?;
    let url = Url::parse(uri).map_err(|_| RedirectUriError::NotAbsolute)?;
    check_scheme_and_host(&url)?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(RedirectUriError::UserInfo);
    }
    check_query(&url)?;
    if url.as_str() != uri {
        return Err(RedirectUriError::NotNormal(url.into()));
    }
    Ok(())
}

fn check_characters(uri: &str) -> Result<(), RedirectUriError> {
    if uri.len() > MAX_BYTES {
        return Err(RedirectUriError::TooLong);
    }
    if !uri.bytes().all(|b| b.is_ascii_graphic() && b != b'\\') {
        return Err(RedirectUriError::Character);
    }
    if uri.contains('*') {
        return Err(RedirectUriError::Wildcard);
    }
    // `Url` drops an empty fragment's meaning, but a client that appends to the text would not.
    if uri.contains('#') {
        return Err(RedirectUriError::Fragment);
    }
    Ok(())
}

fn check_scheme_and_host(url: &Url) -> Result<(), RedirectUriError> {
    if url.host_str().is_some_and(|host| host.ends_with('.')) {
        return Err(RedirectUriError::DottedHost);
    }
    if matches!(url.host(), Some(Host::Domain(name)) if !name.bytes().all(is_host_byte)) {
        return Err(RedirectUriError::Host);
    }
    match url.scheme() {
        "https" => Ok(()),
        "http" if is_loopback(url) => Ok(()),
        "http" => Err(RedirectUriError::PlainHttp),
        scheme if scheme.contains('.') => {
            if url.path().starts_with('/') {
                Ok(())
            } else {
                Err(RedirectUriError::NoPath)
            }
        }
        _ => Err(RedirectUriError::Scheme),
    }
}

const fn is_host_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_')
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn check_query(url: &Url) -> Result<(), RedirectUriError> {
    for (name, _) in url.query_pairs() {
        if let Some(ours) = RESPONSE_PARAMETERS.iter().find(|ours| name == **ours) {
            return Err(RedirectUriError::ResponseParameter(ours));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
