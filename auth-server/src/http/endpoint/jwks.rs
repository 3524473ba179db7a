//! `GET /.well-known/jwks.json` (RFC 7517 §5): the public keys that verify access tokens.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use utoipa::ToSchema;

use crate::app::App;

/// A set of public keys (RFC 7517 §5).
#[derive(ToSchema)]
#[expect(dead_code, reason = "tells the form of a document that the keys write themselves")]
pub struct KeySet {
    /// Public keys only. A key that signs with HS256 also verifies, so it never stands here.
    keys: Vec<PublicKey>,
}

/// A public key (RFC 7517 §4); which members it has follows from `kty`.
#[derive(ToSchema)]
#[expect(dead_code, reason = "tells the form of a document that the keys write themselves")]
pub struct PublicKey {
    /// `OKP`, `EC` or `RSA`.
    #[schema(example = "OKP")]
    kty: String,
    /// Of `OKP` and `EC`: `Ed25519` or `P-256`.
    #[schema(example = "Ed25519")]
    crv: Option<String>,
    /// Of `OKP` and `EC`, in base64url.
    x: Option<String>,
    /// Of `EC`, in base64url.
    y: Option<String>,
    /// Of `RSA`: the modulus, in base64url.
    n: Option<String>,
    /// Of `RSA`: the exponent, in base64url.
    e: Option<String>,
    /// The one algorithm that it verifies.
    #[schema(example = "EdDSA")]
    alg: String,
    /// Always `sig`.
    #[schema(rename = "use", example = "sig")]
    usage: String,
    /// The key's id: its thumbprint (RFC 7638). The tokens that it verifies carry it.
    kid: String,
}

/// Publishes the public keys: those that sign, those that will, and those whose tokens still live.
/// There may be none while tokens are signed with HS256 and a shared key.
///
/// Any page may read it, without credentials.
#[utoipa::path(
    get,
    path = "/.well-known/jwks.json",
    tag = "OAuth",
    responses(
        (status = 200, description = "The key set of RFC 7517", body = KeySet),
        (status = 304, description = "The set is the one that `If-None-Match` names"),
    ),
)]
pub async fn jwks(State(app): State<Arc<App>>, request: HeaderMap) -> Response {
    let published = app.signing.published();
    let caching = [
        (header::CACHE_CONTROL, format!("public, max-age={}", app.signing.max_age().as_secs())),
        (header::ETAG, published.etag.clone()),
    ];
    if request.get_all(header::IF_NONE_MATCH).iter().any(|value| names(value, &published.etag)) {
        return (StatusCode::NOT_MODIFIED, caching).into_response();
    }
    let json = [(header::CONTENT_TYPE, "application/json")];
    (caching, json, published.document.clone()).into_response()
}

/// Whether a value of `If-None-Match` names this content (RFC 9110 §13.1.2). Ours hold no comma.
fn names(value: &HeaderValue, etag: &str) -> bool {
    let Ok(value) = value.to_str() else { return false };
    value.split(',').map(str::trim).any(|tag| {
        // Weakly compared, and a proxy that compresses makes ours weak.
        tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag
    })
}
