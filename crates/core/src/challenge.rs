//! The `WWW-Authenticate: Bearer` line of a resource server (RFC 6750 §3, RFC 9728 §5.1).

use std::fmt;

use crate::scope::Scope;

/// The `error` of a challenge (RFC 6750 §3.1). A challenge without one says that no token came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BearerError {
    /// The request is malformed: 400.
    InvalidRequest,
    /// The token is malformed, expired, revoked or not for this resource: 401.
    InvalidToken,
    /// The token is good, but lacks a scope: 403.
    InsufficientScope,
}

impl BearerError {
    /// The code as it stands on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidToken => "invalid_token",
            Self::InsufficientScope => "insufficient_scope",
        }
    }
}

/// One Bearer challenge; `Display` gives the header's value.
///
/// ```
/// use scopegate_core::challenge::{BearerError, Challenge};
///
/// let scope = "me".parse()?;
/// let challenge = Challenge {
///     error: Some(BearerError::InvalidToken),
///     scope: &scope,
///     resource_metadata: "http://localhost:8001/.well-known/oauth-protected-resource",
/// };
/// assert_eq!(
///     challenge.to_string(),
///     "Bearer error=\"invalid_token\", scope=\"me\", \
///      resource_metadata=\"http://localhost:8001/.well-known/oauth-protected-resource\"",
/// );
/// # Ok::<(), scopegate_core::scope::ScopeError>(())
/// ```
///
/// Nothing of it comes from a request: scopes and URL are the server's own, and neither can hold a
/// quote (scope tokens by their alphabet, the URL by its parser).
#[derive(Clone, Copy, Debug)]
pub struct Challenge<'a> {
    /// What went wrong; `None` where no token was sent.
    pub error: Option<BearerError>,
    /// Every scope of the route; left out where empty.
    pub scope: &'a Scope,
    /// The URL of the protected-resource metadata (RFC 9728 §5.1).
    pub resource_metadata: &'a str,
}

impl fmt::Display for Challenge<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bearer ")?;
        if let Some(error) = self.error {
            write!(f, "error=\"{}\", ", error.as_str())?;
        }
        if !self.scope.is_empty() {
            write!(f, "scope=\"{}\", ", self.scope)?;
        }
        write!(f, "resource_metadata=\"{}\"", self.resource_metadata)
    }
}
