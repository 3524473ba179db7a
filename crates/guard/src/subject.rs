//! Whether the subject of a good token still stands: the one question that a token cannot answer.

use std::{pin::Pin, sync::Arc, time::Duration};

use async_trait::async_trait;
use http::Extensions;
use scopegate_core::claims::Verified;

/// How the subject of a token stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Standing {
    /// It may act.
    Active,
    /// It is disabled: 400 `Inactive user`.
    Inactive,
    /// There is no such subject: 401 `invalid_token`.
    Unknown,
    /// The token or its grant was revoked: 401 `invalid_token`.
    Revoked,
}

/// The check cannot say now: 503 with `Retry-After`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("subjects cannot be checked now")]
pub struct Unavailable {
    /// When to ask again; whole seconds on the wire, at least one.
    pub retry_after: Duration,
}

/// Looks at a token's subject after the token and its scopes have passed.
///
/// It runs for every guarded request, so it should answer from memory. What it puts into `found`
/// is in the request's extensions when the handler runs:
///
/// ```
/// use scopegate_guard::{Standing, SubjectCheck, Unavailable, Verified, async_trait};
///
/// #[derive(Clone)]
/// struct Plan(&'static str);
///
/// struct Plans;
///
/// #[async_trait]
/// impl SubjectCheck for Plans {
///     async fn check(
///         &self,
///         token: &Verified,
///         found: &mut http::Extensions,
///     ) -> Result<Standing, Unavailable> {
///         found.insert(Plan(if token.subject == "johndoe" { "gold" } else { "free" }));
///         Ok(Standing::Active)
///     }
/// }
/// ```
#[async_trait]
pub trait SubjectCheck: Send + Sync {
    /// How the subject of `token` stands.
    async fn check(
        &self,
        token: &Verified,
        found: &mut Extensions,
    ) -> Result<Standing, Unavailable>;
}

/// Trusts the token alone: whoever it was issued to stays active until it expires.
#[derive(Clone, Copy, Debug, Default)]
pub struct TokenOnly;

#[async_trait]
impl SubjectCheck for TokenOnly {
    async fn check(&self, _: &Verified, _: &mut Extensions) -> Result<Standing, Unavailable> {
        Ok(Standing::Active)
    }
}

/// Written out, for `async_trait` would put the future that is in a box already into another one.
impl<T: SubjectCheck + ?Sized> SubjectCheck for Arc<T> {
    fn check<'me, 'token, 'found, 'all>(
        &'me self,
        token: &'token Verified,
        found: &'found mut Extensions,
    ) -> Pin<Box<dyn Future<Output = Result<Standing, Unavailable>> + Send + 'all>>
    where
        'me: 'all,
        'token: 'all,
        'found: 'all,
        Self: 'all,
    {
        (**self).check(token, found)
    }
}
