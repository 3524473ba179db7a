//! The description of this server's API, made from the handlers themselves.

use scopegate_store::scopes::ScopeEntry;
use utoipa::{
    OpenApi,
    openapi::{
        Server,
        security::{AuthorizationCode, Flow, OAuth2, Password, Scopes, SecurityScheme},
    },
};

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

/// The document, for the server at this URL with these scopes.
///
/// No operation of this server takes an access token. The security scheme is there for people: the
/// page's Authorize button takes them through the flows that clients use.
pub fn document(issuer: &str, scopes: &[ScopeEntry]) -> utoipa::openapi::OpenApi {
    let mut document = Document::openapi();
    document.servers = Some(vec![Server::new(issuer)]);
    let described = || -> Scopes {
        scopes.iter().map(|scope| (scope.name.clone(), scope.description.clone())).collect()
    };
    let token_url = format!("{issuer}/token");
    let password = Flow::Password(Password::new(&token_url, described()));
    let code = Flow::AuthorizationCode(AuthorizationCode::new(
        format!("{issuer}/authorize"),
        token_url,
        described(),
    ));
    document
        .components
        .get_or_insert_default()
        .add_security_scheme("OAuth2", SecurityScheme::OAuth2(OAuth2::new([password, code])));
    document
}
