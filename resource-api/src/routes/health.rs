//! `GET /health/live` and `GET /health/ready`, for load balancers and container engines.

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use super::App;

/// Says that the process is up.
pub async fn live() -> Response {
    health(StatusCode::OK, "ok")
}

/// Says whether the server can do its work: database and keys are there.
pub async fn ready(State(app): State<App>) -> Response {
    if !app.directory.is_ready() {
        health(StatusCode::SERVICE_UNAVAILABLE, "waiting for the database")
    } else if !app.keys.is_ready() {
        health(StatusCode::SERVICE_UNAVAILABLE, "waiting for the shared key")
    } else {
        health(StatusCode::OK, "ok")
    }
}

fn health(code: StatusCode, status: &'static str) -> Response {
    let body = Json(serde_json::json!({ "status": status }));
    (code, [(header::CACHE_CONTROL, "no-store")], body).into_response()
}
