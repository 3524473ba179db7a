//! `POST /logout`: ends the session here, so that its cookie is worth nothing any more.

use std::sync::Arc;

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};

use super::login;
use crate::{
    app::App,
    http::{
        cookie,
        extract::{Browser, PageForm},
        page,
    },
    identity::session,
};

/// Ends the session. An authorization request that waits goes on with the next login.
pub async fn post(
    State(app): State<Arc<App>>,
    browser: Browser,
    PageForm(form): PageForm,
) -> Response {
    if let Err(error) = browser.check_csrf(form.find("csrf")) {
        return page::csrf(&app, &browser, error);
    }
    let username = browser.user().map(|user| user.username.as_str());
    let now = app.clock.now();
    if let Err(fault) = session::end(&app.store, browser.cookie(), username, now).await {
        return page::fault(&app, &fault);
    }
    let to = match login::sealed_request(&form) {
        Some(id) => format!("/login?request={id}"),
        None => "/login".to_owned(),
    };
    let clear = [(header::SET_COOKIE, cookie::clear(app.is_https()))];
    (clear, page::go_to(&to)).into_response()
}
