//! Sets the scene of each request on which something can be refused, and keeps what was.

use std::sync::Arc;

use axum::{
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::Response,
};
use tower_http::request_id::RequestId;

use crate::{
    app::App,
    audit::{Event, Scene},
    http::extract::client_ip,
};

/// Notes what the request was refused, after its answer is made.
pub async fn audit(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>();
    let Some(event) = route.and_then(|route| event(route.as_str())) else {
        return next.run(request).await;
    };
    let id = request.extensions().get::<RequestId>();
    let id = id.and_then(|id| id.header_value().to_str().ok()).map(str::to_owned);
    let address = client_ip(request.extensions(), request.headers(), &app.trusted_proxies);
    let scene = Scene::new(id, address.map(|address| address.to_string()), event);
    let answer = scene.play(next.run(request)).await;
    if let Some(entry) = scene.epilogue(app.clock.now()) {
        app.audit.note(entry);
    }
    answer
}

/// What is tried at a route; `None` where nothing is.
fn event(route: &str) -> Option<Event> {
    Some(match route {
        "/token" => Event::Token,
        "/revoke" => Event::Revocation,
        "/introspect" => Event::Introspection,
        "/authorize" | "/authorize/{id}" => Event::Authorization,
        "/login" => Event::Login,
        "/logout" => Event::Logout,
        "/account" => Event::Account,
        "/account/apps/withdraw" => Event::ConsentWithdraw,
        "/account/sessions/end" => Event::SessionsEnd,
        "/account/password" => Event::PasswordChange,
        _ => return None,
    })
}
