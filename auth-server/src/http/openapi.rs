//! The description of this server's API, made from the handlers themselves.

use utoipa::{OpenApi, openapi::Server};

use super::endpoint::{health, introspect, jwks, metadata, revoke, token};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Scopegate auth-server",
        description = "Checks users and clients and issues scoped access tokens (RFC 6749, RFC 9068).",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    paths(
        token::token,
        revoke::revoke,
        introspect::introspect,
        metadata::metadata,
        jwks::jwks,
        health::live,
        health::ready,
    ),
    components(schemas(token::TokenRequestForm, revoke::PresentedTokenForm))
)]
struct Document;

/// The document, for the server at this URL.
pub fn document(issuer: &str) -> utoipa::openapi::OpenApi {
    let mut document = Document::openapi();
    document.servers = Some(vec![Server::new(issuer)]);
    document
}
