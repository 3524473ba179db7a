//! Every route of auth-server on one screen, and the layers around them.

use std::sync::Arc;

use axum::{
    Router,
    middleware::from_fn_with_state,
    routing::{get, post},
};
use scopegate_service::layers;

use super::{
    endpoint::{
        account, assets, authorize, docs, health, introspect, jwks, login, logout, metadata,
        missing, revoke, token,
    },
    layer,
};
use crate::app::App;

/// The whole server as one service.
pub fn router(app: Arc<App>) -> Router {
    let docs = docs::pages(&app);
    let metrics = app.metrics.http.clone();
    let routes = Router::new()
        .route("/token", post(token::token).layer(layer::known_origins(&app)))
        .route("/revoke", post(revoke::revoke).layer(layer::known_origins(&app)))
        .route("/introspect", post(introspect::introspect))
        .route(
            "/.well-known/oauth-authorization-server",
            get(metadata::metadata).layer(layer::any_origin()),
        )
        .route("/.well-known/jwks.json", get(jwks::jwks).layer(layer::any_origin()))
        .route("/authorize", get(authorize::get).post(authorize::post).head(authorize::no_head))
        .route(
            "/authorize/{id}",
            get(authorize::resume).post(authorize::decide).head(authorize::no_head),
        )
        .route("/login", get(login::get).post(login::post))
        .route("/logout", post(logout::post))
        .route("/account", get(account::get))
        .route("/account/apps/withdraw", post(account::withdraw))
        .route("/account/sessions/end", post(account::end_sessions))
        .route("/account/password", post(account::change_password))
        .route("/assets/{hash}/{name}", get(assets::get))
        .route("/openapi.json", get(docs::openapi))
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .fallback(missing::missing)
        .layer(from_fn_with_state(Arc::clone(&app), layer::audit))
        .layer(from_fn_with_state(Arc::clone(&app), layer::number_error_pages))
        .with_state(app);
    layers::around(routes.merge(docs), &metrics)
}
