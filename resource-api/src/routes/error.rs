//! Errors of this server's own, as problem details (RFC 9457). The guard has its own.

use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use scopegate_guard::Problem;
use scopegate_store::StoreError;

/// The database is away: 503 with `Retry-After`.
pub struct Away(StoreError);

impl From<StoreError> for Away {
    fn from(error: StoreError) -> Self {
        Self(error)
    }
}

impl IntoResponse for Away {
    fn into_response(self) -> Response {
        tracing::error!(error = %self.0, "cannot read the database");
        let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "Temporarily unavailable");
        ([(header::RETRY_AFTER, "5")], problem).into_response()
    }
}

/// There is no such path.
pub async fn not_found() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "Not found")
}
