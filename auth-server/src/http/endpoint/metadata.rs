//! `GET /.well-known/oauth-authorization-server` (RFC 8414): what this server offers, and where.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use scopegate_store::{StoreError, scopes};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{app::App, oauth::GrantType};

/// The metadata (RFC 8414 §2). A member without a value is absent: no array is empty.
#[derive(Serialize, ToSchema)]
pub struct Metadata {
    /// The issuer: `iss` of every token and of every authorization response.
    #[schema(example = "http://localhost:8000")]
    issuer: String,
    /// Where a browser begins the code flow.
    authorization_endpoint: String,
    /// Where tokens are issued.
    token_endpoint: String,
    /// Where tokens are revoked (RFC 7009).
    revocation_endpoint: String,
    /// Where a resource server asks about a token (RFC 7662).
    introspection_endpoint: String,
    /// The public keys; there may be none while tokens are signed with a shared key.
    jwks_uri: String,
    /// Every scope that there is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(example = json!(["items", "me"]))]
    scopes_supported: Vec<String>,
    /// `code` alone: the implicit flow is not offered (OAuth 2.1 §10.1).
    #[schema(example = json!(["code"]))]
    response_types_supported: [&'static str; 1],
    /// How an authorization response travels.
    #[schema(example = json!(["query"]))]
    response_modes_supported: [&'static str; 1],
    /// The grant types.
    #[schema(example = json!(["authorization_code", "client_credentials", "password", "refresh_token"]))]
    grant_types_supported: [&'static str; GrantType::ALL.len()],
    /// How a client proves itself at the token endpoint; `none` is for public ones.
    #[schema(example = json!(["client_secret_basic", "client_secret_post", "none"]))]
    token_endpoint_auth_methods_supported: [&'static str; 3],
    /// The same at the revocation endpoint.
    #[schema(example = json!(["client_secret_basic", "client_secret_post", "none"]))]
    revocation_endpoint_auth_methods_supported: [&'static str; 3],
    /// The same at the introspection endpoint, which public clients cannot use.
    #[schema(example = json!(["client_secret_basic", "client_secret_post"]))]
    introspection_endpoint_auth_methods_supported: [&'static str; 2],
    /// How a code is bound to its client (RFC 7636): always, and by `S256` alone.
    #[schema(example = json!(["S256"]))]
    code_challenge_methods_supported: [&'static str; 1],
    /// Whether authorization responses carry `iss` (RFC 9207).
    #[schema(example = true)]
    authorization_response_iss_parameter_supported: bool,
}

/// How long an answer may be kept: minutes, so that a change is seen soon.
pub const CACHEABLE: HeaderValue = HeaderValue::from_static("public, max-age=300");

/// Tells clients everything they need to know to use this server.
///
/// Any page may read it, without credentials.
#[utoipa::path(
    get,
    path = "/.well-known/oauth-authorization-server",
    tag = "OAuth",
    responses((status = 200, description = "The metadata of RFC 8414", body = Metadata)),
)]
pub async fn metadata(State(app): State<Arc<App>>) -> Response {
    // A client that looks for the endpoints can do without the list of scopes, which RFC 8414 only
    // recommends. So a database that is away costs that list, and the answer is not kept.
    let (scopes, caching) = match scope_names(&app).await {
        Ok(names) => (names, CACHEABLE),
        Err(error) => {
            tracing::warn!(%error, "metadata without the scopes");
            (Vec::new(), HeaderValue::from_static("no-store"))
        }
    };
    let metadata = Metadata::new(app.issuer(), scopes);
    ([(header::CACHE_CONTROL, caching)], Json(metadata)).into_response()
}

async fn scope_names(app: &App) -> Result<Vec<String>, StoreError> {
    let entries = scopes::list(&mut *app.store.read().await?).await?;
    Ok(entries.into_iter().map(|entry| entry.name).collect())
}

impl Metadata {
    fn new(issuer: &str, scopes_supported: Vec<String>) -> Self {
        let at = |path: &str| format!("{issuer}{path}");
        Self {
            issuer: issuer.to_owned(),
            authorization_endpoint: at("/authorize"),
            token_endpoint: at("/token"),
            revocation_endpoint: at("/revoke"),
            introspection_endpoint: at("/introspect"),
            jwks_uri: at("/.well-known/jwks.json"),
            scopes_supported,
            response_types_supported: ["code"],
            response_modes_supported: ["query"],
            grant_types_supported: GrantType::ALL.map(GrantType::as_str),
            token_endpoint_auth_methods_supported: WITH_PUBLIC_CLIENTS,
            revocation_endpoint_auth_methods_supported: WITH_PUBLIC_CLIENTS,
            introspection_endpoint_auth_methods_supported: BY_SECRET,
            code_challenge_methods_supported: ["S256"],
            authorization_response_iss_parameter_supported: true,
        }
    }
}

const WITH_PUBLIC_CLIENTS: [&str; 3] = ["client_secret_basic", "client_secret_post", "none"];
const BY_SECRET: [&str; 2] = ["client_secret_basic", "client_secret_post"];
