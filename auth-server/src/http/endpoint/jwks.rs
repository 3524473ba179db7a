//! `GET /.well-known/jwks.json` (RFC 7517 §5): the public keys that verify access tokens.

use axum::{
    Json,
    http::header,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::metadata::CACHEABLE;

/// A set of public keys.
#[derive(Serialize, ToSchema)]
pub struct KeySet {
    /// Public keys only. A key that signs with HS256 also verifies, so it never stands here.
    #[schema(value_type = Vec<Object>)]
    keys: [(); 0],
}

/// Publishes the public keys: none, because tokens are signed with HS256 and a shared key.
///
/// Any page may read it, without credentials.
#[utoipa::path(
    get,
    path = "/.well-known/jwks.json",
    tag = "OAuth",
    responses((status = 200, description = "The key set of RFC 7517", body = KeySet)),
)]
pub async fn jwks() -> Response {
    ([(header::CACHE_CONTROL, CACHEABLE)], Json(KeySet { keys: [] })).into_response()
}
