//! The description of the API, and the page that shows it and can log in.

use axum::Router;
use scopegate_service::layers;
use utoipa::{
    OpenApi,
    openapi::{
        Server,
        security::{AuthorizationCode, Flow, OAuth2, Password, Scopes, SecurityScheme},
    },
};
use utoipa_swagger_ui::{Config as PageConfig, SwaggerUi, oauth};

use crate::{
    config::Config,
    routes::{self, items, me, status},
};

/// The name of the security scheme, as in FastAPI's tutorial.
const SCHEME: &str = "OAuth2PasswordBearer";

/// The scopes of this API, each with what it lets a client do.
const SCOPES: [(&str, &str); 2] =
    [("me", "Read information about the current user."), ("items", "Read items.")];

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Scopegate resource-api",
        description = "Guarded by scopes: authorize with a user of auth-server, then try the routes.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    paths(me::me, items::items, status::status)
)]
struct Document;

/// The document, with the `security` of each route taken from the table of routes.
pub fn document(config: &Config) -> utoipa::openapi::OpenApi {
    let mut document = Document::openapi();
    document.servers = Some(vec![Server::new(config.audience.as_str())]);
    let issuer = config.issuer.as_str();
    let token_url = format!("{issuer}/token");
    let password = Flow::Password(Password::new(&token_url, Scopes::from_iter(SCOPES)));
    let code = Flow::AuthorizationCode(AuthorizationCode::new(
        format!("{issuer}/authorize"),
        token_url,
        Scopes::from_iter(SCOPES),
    ));
    document
        .components
        .get_or_insert_default()
        .add_security_scheme(SCHEME, SecurityScheme::OAuth2(OAuth2::new([password, code])));
    routes::guarded().secure(&mut document, SCHEME);
    document
}

/// `/docs` and `/openapi.json`. The page talks to auth-server, too.
pub fn pages(config: &Config) -> Router {
    let login = oauth::Config::new()
        .client_id(&config.docs_client)
        .use_pkce_with_authorization_code_grant(true);
    let redirect = format!("{}/docs/oauth2-redirect.html", config.audience.as_str());
    let page = SwaggerUi::new("/docs")
        .url("/openapi.json", document(config))
        .config(
            PageConfig::new(["/openapi.json"])
                .display_request_duration(true)
                .oauth2_redirect_url(redirect),
        )
        .oauth(login);
    layers::docs(page.into(), &config.issuer.origin_spellings())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_and_the_routes_agree() {
        assert_eq!(routes::guarded().compare(&Document::openapi()), []);
    }
}
