//! `GET /assets/…`: the stylesheet and the logo of the pages.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::app::App;

/// A file whose path names its content, so that browsers need never ask for it again.
pub async fn get(
    State(app): State<Arc<App>>,
    Path((hash, name)): Path<(String, String)>,
) -> Response {
    let Some(asset) = app.pages.asset(&hash, &name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let headers = [
        (header::CONTENT_TYPE, asset.content_type),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    (headers, asset.content.to_vec()).into_response()
}
