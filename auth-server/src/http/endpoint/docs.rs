//! `GET /openapi.json`, with the scopes that there are now, and `GET /docs`, the page that shows it.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::State,
    response::{IntoResponse, Response},
};
use scopegate_service::layers;
use scopegate_store::scopes;
use utoipa_swagger_ui::{Config, SwaggerUi, oauth};

use crate::{
    app::App,
    http::{error::Answer, openapi},
};

/// The description of this server.
pub async fn openapi(State(app): State<Arc<App>>) -> Result<Response, Answer> {
    let scopes = scopes::list(&mut *app.store.read().await?).await?;
    Ok(Json(openapi::document(app.issuer(), &scopes)).into_response())
}

/// The page. It talks to this server only, which browsers may know by another name than the issuer's.
pub fn pages(app: &App) -> Router {
    let login = oauth::Config::new()
        .client_id(app.docs_client())
        .use_pkce_with_authorization_code_grant(true);
    let redirect = format!("{}/docs/oauth2-redirect.html", app.issuer());
    let page = SwaggerUi::new("/docs")
        .config(Config::new(["/openapi.json"]).oauth2_redirect_url(redirect))
        .oauth(login);
    layers::docs(page.into(), &app.issuer_spellings())
}
