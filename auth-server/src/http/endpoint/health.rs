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
    status: String,
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

/// Says whether the server can do its work: the database takes a write, and there is a key to sign
/// with. What was found serves everybody for a second.
#[utoipa::path(
    get,
    path = "/health/ready",
    tag = "Operations",
    responses(
        (status = 200, description = "Ready", body = Health),
        (status = 503, description = "The database is away, busy, not migrated or takes no writes, or no signing key is here", body = Health),
    ),
)]
pub async fn ready(State(app): State<Arc<App>>) -> Response {
    match app.ready().await {
        Ok(()) => health(StatusCode::OK, "ok"),
        Err(missing) => health(StatusCode::SERVICE_UNAVAILABLE, &missing.to_string()),
    }
}

fn health(code: StatusCode, status: &str) -> Response {
    let status = status.to_owned();
    (code, [(header::CACHE_CONTROL, "no-store")], Json(Health { status })).into_response()
}
