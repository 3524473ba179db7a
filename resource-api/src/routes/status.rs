//! `GET /status/`: open to any valid token, a user's or a client's.

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

/// How the API is.
#[derive(Serialize, ToSchema)]
pub struct StatusBody {
    /// Always `ok`.
    #[schema(example = "ok")]
    status: &'static str,
}

/// Says that the API is up, to whoever holds a valid token.
#[utoipa::path(
    get,
    path = "/status/",
    tag = "Status",
    responses((status = 200, description = "The API is up", body = StatusBody)),
)]
pub async fn status() -> Json<StatusBody> {
    Json(StatusBody { status: "ok" })
}
