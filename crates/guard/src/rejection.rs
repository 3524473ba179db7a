//! Refusals as answers: the one place that turns a reason into status, body and challenge.

use std::{sync::Arc, time::Duration};

use axum::{
    body::Bytes,
    response::{IntoResponse, Response},
};
use http::{
    HeaderValue, StatusCode,
    header::{CACHE_CONTROL, RETRY_AFTER, WWW_AUTHENTICATE},
};
use scopegate_core::verify::TokenError;

use crate::{problem::Problem, rule::Rule};

pub(crate) const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// How long a client waits before it asks again while the keys are not there.
const KEYS_RETRY: Duration = Duration::from_secs(1);

/// Why a request was refused. A client learns the status, the `detail` and the challenge; the
/// rest is for logs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// 401: no token was sent, or one of another scheme.
    #[error("no bearer token")]
    NoToken,
    /// 400: two `Authorization` headers, or a malformed Bearer one.
    #[error("malformed authorization header")]
    InvalidRequest,
    /// 401: the token did not pass.
    #[error("{0}")]
    Token(#[from] TokenError),
    /// 401: the issuer was asked, and says that the token is not active.
    #[error("the issuer says that the token is not active")]
    NotActive,
    /// 401: nobody has the token's subject.
    #[error("unknown subject")]
    UnknownSubject,
    /// 401: the token or its grant was revoked.
    #[error("revoked")]
    Revoked,
    /// 401: the token is a client's, and the handler serves users.
    #[error("a client's token where a user's is needed")]
    NotAUser,
    /// 401: the token is a user's, and the handler serves clients.
    #[error("a user's token where a client's is needed")]
    NotAClient,
    /// 401: the token lacks claims that the handler needs.
    #[error("claims that the handler needs are missing")]
    MissingClaims,
    /// 403: the token lacks a scope of the route.
    #[error("a scope is missing")]
    MissingScope,
    /// 400: the subject is disabled.
    #[error("the subject is inactive")]
    Inactive,
    /// 503: there are no keys yet.
    #[error("no verification keys yet")]
    NoKeys,
    /// 503: token or subject cannot be looked up now.
    #[error("token or subject cannot be checked now")]
    Unavailable {
        /// When to ask again.
        retry_after: Duration,
    },
    /// 500: the handler asked for a principal on a route that no guard protects.
    #[error("a principal was asked for on a route without a guard")]
    Unguarded,
}

/// A refused request, ready to be answered.
///
/// The status is the one that its [`Reason`] names; the body is problem details (RFC 9457), the
/// challenge that of RFC 6750 §3.
#[derive(Clone, Debug)]
pub struct Rejection {
    reason: Reason,
    rule: Option<Arc<Rule>>,
}

/// What a challenge says is wrong (RFC 6750 §3.1).
#[derive(Clone, Copy)]
enum Says {
    NoToken,
    InvalidRequest,
    InvalidToken,
    InsufficientScope,
}

impl Says {
    fn in_words_of(self, rule: &Rule) -> HeaderValue {
        let challenge = match self {
            Self::NoToken => &rule.no_token,
            Self::InvalidRequest => &rule.invalid_request,
            Self::InvalidToken => &rule.invalid_token,
            Self::InsufficientScope => &rule.insufficient_scope,
        };
        challenge.clone()
    }
}

impl Rejection {
    pub(crate) const fn new(reason: Reason, rule: Arc<Rule>) -> Self {
        Self { reason, rule: Some(rule) }
    }

    pub(crate) const fn unguarded() -> Self {
        Self { reason: Reason::Unguarded, rule: None }
    }

    /// Why.
    pub const fn reason(&self) -> &Reason {
        &self.reason
    }

    /// The answer's status.
    pub const fn status(&self) -> StatusCode {
        self.wire().0
    }

    /// Status, `detail`, and what the challenge says, where there is one.
    const fn wire(&self) -> (StatusCode, &'static str, Option<Says>) {
        match self.reason {
            Reason::NoToken => (StatusCode::UNAUTHORIZED, "Not authenticated", Some(Says::NoToken)),
            Reason::InvalidRequest => {
                (StatusCode::BAD_REQUEST, "Invalid request", Some(Says::InvalidRequest))
            }
            Reason::Token(_)
            | Reason::NotActive
            | Reason::UnknownSubject
            | Reason::Revoked
            | Reason::NotAUser
            | Reason::NotAClient
            | Reason::MissingClaims => (
                StatusCode::UNAUTHORIZED,
                "Could not validate credentials",
                Some(Says::InvalidToken),
            ),
            Reason::MissingScope => {
                (StatusCode::FORBIDDEN, "Not enough permissions", Some(Says::InsufficientScope))
            }
            Reason::Inactive => (StatusCode::BAD_REQUEST, "Inactive user", None),
            Reason::NoKeys | Reason::Unavailable { .. } => {
                (StatusCode::SERVICE_UNAVAILABLE, "Temporarily unavailable", None)
            }
            Reason::Unguarded => (StatusCode::INTERNAL_SERVER_ERROR, "Internal server error", None),
        }
    }

    fn retry_after(&self) -> Option<HeaderValue> {
        let wait = match self.reason {
            Reason::NoKeys => KEYS_RETRY,
            Reason::Unavailable { retry_after } => retry_after,
            _ => return None,
        };
        let up = u64::from(wait.subsec_nanos() > 0);
        Some(HeaderValue::from(wait.as_secs().saturating_add(up).max(1)))
    }
}

impl Rejection {
    /// The answer, for a service with bodies of its own.
    pub fn into_http<R: From<Bytes>>(self) -> http::Response<R> {
        let (status, detail, says) = self.wire();
        if self.reason == Reason::Unguarded {
            tracing::error!(reason = %self.reason, "programming error");
        } else {
            tracing::debug!(status = status.as_u16(), reason = %self.reason, "request refused");
        }
        let mut response = Problem::new(status, detail).into_http();
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, NO_STORE);
        if let (Some(says), Some(rule)) = (says, &self.rule) {
            headers.insert(WWW_AUTHENTICATE, says.in_words_of(rule));
        }
        if let Some(wait) = self.retry_after() {
            headers.insert(RETRY_AFTER, wait);
        }
        response
    }
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        self.into_http()
    }
}
