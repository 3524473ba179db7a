//! `GET /health/live` and `GET /health/ready`, for load balancers and container engines.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;

/// How the server is.
#[derive(Serialize, ToSchema)]
pub struct Health {
    /// `ok`, or what is missing.
    #[schema(example = "ok")]
    status: &'static str,
}

/// Says that the process is up.
#[utoipa::path(
    get,
    path = "/health/live",
    tag = "Operations",
    responses((status = 200, description = "The process is up", body = Health)),
)]
pub async fn live() -> Response {
    health(StatusCode::OK, "ok")
}

/// Says whether the server can do its work: the database answers and is migrated, and there is a key
/// to sign with.
#[utoipa::path(
    get,
    path = "/health/ready",
    tag = "Operations",
    responses(
        (status = 200, description = "Ready", body = Health),
        (status = 503, description = "The database is away or not migrated, or no signing key is here", body = Health),
    ),
)]
pub async fn ready(State(app): State<Arc<App>>) -> Response {
    match app.store.check().await {
        Ok(()) if app.signing.minter(app.clock.now()).is_err() => {
            health(StatusCode::SERVICE_UNAVAILABLE, "no private key to sign with is here")
        }
        Ok(()) => health(StatusCode::OK, "ok"),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            health(StatusCode::SERVICE_UNAVAILABLE, "the database is unavailable or not migrated")
        }
    }
}

fn health(code: StatusCode, status: &'static str) -> Response {
    (code, [(header::CACHE_CONTROL, "no-store")], Json(Health { status })).into_response()
}
