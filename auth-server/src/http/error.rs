//! The one place where a refusal becomes HTTP, and where a fault is logged, once.

use axum::{
    Json,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use crate::{
    audit::{self, Reason},
    fault::Fault,
    limits::TooMany,
    oauth::{ErrorCode, OAuthError, Refusal},
};

/// An error answer of an OAuth endpoint (RFC 6749 §5.2).
#[derive(Debug)]
pub struct Answer {
    status: Option<StatusCode>,
    refusal: Refusal,
}

/// The body of an error answer.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ErrorBody {
    /// The error code of RFC 6749 §5.2.
    #[schema(example = "invalid_grant")]
    error: &'static str,
    /// What went wrong, for whoever writes the client.
    #[schema(example = "Incorrect username or password")]
    error_description: &'static str,
}

/// Headers of every answer of the token endpoint (RFC 6749 §5.1).
pub const NO_STORE: [(HeaderName, HeaderValue); 2] = [
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (header::PRAGMA, HeaderValue::from_static("no-cache")),
];

/// When to come back after the hash queue was full, in seconds.
pub const RETRY_WHEN_BUSY: u16 = 2;

/// When to come back while the database is away, in seconds.
const RETRY_WHEN_AWAY: u16 = 5;

impl Answer {
    /// The status of a form that cannot be read, for answers that are pages.
    pub fn form_status(&self) -> StatusCode {
        self.status.unwrap_or(StatusCode::BAD_REQUEST)
    }

    /// An error whose status is not the one that its code implies.
    pub const fn with_status(status: StatusCode, error: OAuthError) -> Self {
        Self { status: Some(status), refusal: Refusal::OAuth(error) }
    }
}

impl<E: Into<Refusal>> From<E> for Answer {
    fn from(refusal: E) -> Self {
        Self { status: None, refusal: refusal.into() }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        match self.refusal {
            Refusal::OAuth(error) => refused(self.status, error),
            Refusal::Busy(busy) => {
                audit::failed(Reason::Busy, &busy.to_string());
                later(
                    StatusCode::SERVICE_UNAVAILABLE,
                    RETRY_WHEN_BUSY,
                    "Too many logins are waiting",
                )
            }
            Refusal::TooMany(TooMany { retry_after }) => {
                audit::refused(Reason::Limited, "");
                tracing::info!(retry_after, "refused: too many attempts have failed");
                later(
                    StatusCode::TOO_MANY_REQUESTS,
                    retry_after,
                    "Too many attempts have failed; wait as long as Retry-After says",
                )
            }
            Refusal::Fault(fault) => match log(&fault) {
                (status, Some(seconds)) => {
                    later(status, seconds, "The server lacks something that it needs right now")
                }
                (status, None) => {
                    body(status, "server_error", "Something went wrong on the server")
                }
            },
        }
    }
}

/// Logs a failure of ours; the status that its answer has, and when to come back if that helps.
pub fn log(fault: &Fault) -> (StatusCode, Option<u16>) {
    if fault.is_passing() {
        audit::failed(Reason::StoreAway, &fault.to_string());
        tracing::error!(%fault, "something that is needed is away");
        (StatusCode::SERVICE_UNAVAILABLE, Some(RETRY_WHEN_AWAY))
    } else {
        audit::failed(Reason::Broken, &fault.to_string());
        tracing::error!(%fault, "a request failed");
        (StatusCode::INTERNAL_SERVER_ERROR, None)
    }
}

fn refused(status: Option<StatusCode>, error: OAuthError) -> Response {
    let code = error.code.as_str();
    audit::refused(Reason::parse(code).unwrap_or(Reason::InvalidRequest), error.description);
    tracing::info!(error = code, reason = error.description, "refused");
    let unauthorized = error.code == ErrorCode::InvalidClient;
    let implied = if unauthorized { StatusCode::UNAUTHORIZED } else { StatusCode::BAD_REQUEST };
    let answer = body(status.unwrap_or(implied), error.code.as_str(), error.description);
    if unauthorized {
        ([(header::WWW_AUTHENTICATE, BASIC)], answer).into_response()
    } else {
        answer
    }
}

const BASIC: HeaderValue = HeaderValue::from_static("Basic realm=\"scopegate\", charset=\"UTF-8\"");

fn later(status: StatusCode, seconds: u16, description: &'static str) -> Response {
    let answer = body(status, "temporarily_unavailable", description);
    ([(header::RETRY_AFTER, HeaderValue::from(seconds))], answer).into_response()
}

fn body(status: StatusCode, error: &'static str, error_description: &'static str) -> Response {
    (status, NO_STORE, Json(ErrorBody { error, error_description })).into_response()
}
