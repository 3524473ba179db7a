//! Asking the issuer about a token (RFC 7662), as it is told before a guard is built.

mod endpoint;
mod introspector;

use std::{fmt, time::Duration};

pub(crate) use introspector::Introspector;

/// The issuer's introspection endpoint as what proves its tokens: for opaque ones, or where a
/// revoked token must be refused soon and no list of revocations is at hand.
///
/// Each token is asked about once, however many requests carry it, and the answer is kept for 10
/// seconds unless said, never beyond the token's expiry: for so long a revoked token may still be
/// let in. While the endpoint gives no answer that can be used, tokens it has not just vouched for
/// are answered 503 with `Retry-After`.
///
/// No redirect is followed and no proxy is used; certificates are checked against the system's
/// authorities. Over plain `http` whoever listens learns tokens and the client's secret: that is
/// for loopback and private networks.
///
/// A guard has one such issuer at most, since an opaque token does not say whose it is, and to ask
/// one issuer about another's token would give it away. Of a JWT, only the named issuer is asked.
///
/// ```no_run
/// use scopegate_guard::{Guard, GuardError, Introspection};
///
/// fn guard(secret: String) -> Result<Guard, GuardError> {
///     Guard::builder()
///         .issuer("http://localhost:8000")
///         .audience("http://localhost:8001")
///         .introspection(Introspection::new(
///             "http://localhost:8000/introspect",
///             "resource-api",
///             secret,
///         ))
///         .build()
/// }
/// ```
#[must_use]
#[derive(Clone)]
pub struct Introspection {
    url: String,
    client_id: String,
    client_secret: String,
    cache_for: Duration,
    capacity: usize,
    timeout: Duration,
}

/// Why an introspection endpoint cannot be asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IntrospectionSetupError {
    /// Not an absolute `http` or `https` URL, or one with a user name, a password or a fragment.
    #[error("`{0}` is not a URL such as https://auth.example/introspect")]
    NotAUrl(String),
    /// TLS cannot be used, for want of certificate authorities on the system for example.
    #[error("no client for https: {0}")]
    Tls(String),
}

impl Introspection {
    /// Asks at this URL as this client, by HTTP Basic (RFC 6749 §2.3.1).
    pub fn new(
        url: impl Into<String>,
        client_id: impl Into<String>,
        client_secret: impl Into<String>,
    ) -> Self {
        Self {
            url: url.into(),
            client_id: client_id.into(),
            client_secret: client_secret.into(),
            cache_for: Duration::from_secs(10),
            capacity: 10_000,
            timeout: Duration::from_secs(5),
        }
    }

    /// How long an answer about an active token is kept at most, from the moment of asking: within
    /// that time a revoked token is refused. That a token is not active is kept as long, but for a
    /// second at most. Zero keeps nothing: each request asks, and those with one token in turn.
    pub const fn cache_for(mut self, time: Duration) -> Self {
        self.cache_for = time;
        self
    }

    /// How many tokens are known at once, 10,000 unless said. Of each, the answer is kept and a
    /// hash of the token, never the token.
    pub const fn capacity(mut self, tokens: usize) -> Self {
        self.capacity = tokens;
        self
    }

    /// How long an answer may take; 5 seconds unless said.
    pub const fn timeout(mut self, time: Duration) -> Self {
        self.timeout = time;
        self
    }
}

impl fmt::Debug for Introspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Introspection")
            .field("url", &self.url)
            .field("client_id", &self.client_id)
            .field("cache_for", &self.cache_for)
            .finish_non_exhaustive()
    }
}
