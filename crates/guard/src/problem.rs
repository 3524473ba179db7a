//! Errors as problem details (RFC 9457).

use axum::{
    body::Bytes,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header::CONTENT_TYPE};
use serde::Serialize;

/// A problem-details answer of the type `about:blank`, whose title is the status in words.
///
/// ```
/// use axum::response::IntoResponse;
/// use http::StatusCode;
/// use scopegate_guard::Problem;
///
/// let response = Problem::new(StatusCode::NOT_FOUND, "No such item").into_response();
/// assert_eq!(response.headers()["content-type"], "application/problem+json");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Problem {
    status: StatusCode,
    detail: &'static str,
}

#[derive(Serialize)]
struct Details {
    r#type: &'static str,
    title: &'static str,
    status: u16,
    detail: &'static str,
}

impl Problem {
    /// A problem with this status; `detail` is for the reader of the answer.
    pub const fn new(status: StatusCode, detail: &'static str) -> Self {
        Self { status, detail }
    }

    /// The answer, for a service with bodies of its own.
    #[expect(clippy::missing_panics_doc, reason = "strings and a number are JSON")]
    pub fn into_http<R: From<Bytes>>(self) -> http::Response<R> {
        let details = Details {
            r#type: "about:blank",
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            detail: self.detail,
        };
        let body = serde_json::to_vec(&details).expect("strings and a number are JSON");
        let mut response = http::Response::new(R::from(body.into()));
        *response.status_mut() = self.status;
        response
            .headers_mut()
            .insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        response
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        self.into_http()
    }
}
