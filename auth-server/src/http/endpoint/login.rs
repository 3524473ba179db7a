//! `/login`: from a name and a password to a session.

use std::sync::Arc;

use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
    response::{IntoResponse, IntoResponseParts, Response},
};
use scopegate_store::users::User;

use super::authorize::GONE;
use crate::{
    app::App,
    audit::{self, Reason},
    http::{
        extract::{Browser, ClientNet, CsrfError, PageForm},
        page::{self, LoginView},
    },
    identity::{LoginError, Username, policy, session},
    limits::{Net, TooMany},
    metrics::Via,
    oauth::{Parameters, authorize},
    pages,
    secret::Secret,
};

/// Shows the form, or goes on where somebody is signed in already.
pub async fn get(
    State(app): State<Arc<App>>,
    browser: Browser,
    RawQuery(query): RawQuery,
) -> Response {
    let query = Parameters::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    let request = sealed_request(&query);
    if browser.user().is_some() {
        return onward(request.as_deref());
    }
    show(&app, &browser, StatusCode::OK, LoginView { request, ..LoginView::default() }).await
}

/// Takes the form.
pub async fn post(
    State(app): State<Arc<App>>,
    browser: Browser,
    ClientNet(net): ClientNet,
    PageForm(form): PageForm,
) -> Response {
    let username = form.find("username").unwrap_or_default();
    let view = LoginView {
        request: sealed_request(&form),
        username: username.to_owned(),
        ..LoginView::default()
    };
    match browser.check_csrf(form.find("csrf")) {
        Ok(()) => {}
        Err(CsrfError::Stale) => return stale(&app, &browser, view).await,
        Err(error) => return page::csrf(&app, &browser, error),
    }
    let Some(password) = form.find("password").filter(|_| !username.is_empty()) else {
        return again(&app, &browser, view, MISSING).await;
    };
    let attempt = Attempt { username, password: Secret::new(password.to_owned()), net };
    let begun = app.metrics.requests.login(Via::Page);
    let signed_in = sign_in(&app, &browser, attempt).await;
    begun.ended(LoginError::outcome(&signed_in));
    match signed_in {
        Ok(Some(cookies)) => (cookies, onward(view.request.as_deref())).into_response(),
        Ok(None) => {
            audit::refused(Reason::UnknownUser, "");
            again(&app, &browser, view, WRONG).await
        }
        Err(LoginError::TooMany(too_many)) => wait(&app, &browser, view, too_many).await,
        Err(error) => page::refusal(&app, &error.into()),
    }
}

/// What somebody types, and where.
struct Attempt<'a> {
    username: &'a str,
    password: Secret,
    net: Net,
}

/// The cookies of a new session, where name and password belong together.
async fn sign_in(
    app: &App,
    browser: &Browser,
    Attempt { username, password, net }: Attempt<'_>,
) -> Result<Option<impl IntoResponseParts + use<>>, LoginError> {
    // A text that is no username belongs to nobody, and no password is that long; both are public
    // knowledge, so the work can be saved.
    let Ok(username) = Username::parse(username) else { return Ok(None) };
    if password.expose().len() > policy::MAX_BYTES {
        return Ok(None);
    }
    let found = app.passwords.check(&username, password, &browser.origin(net)).await?;
    let Some(User { username, credential_version, .. }) = found else {
        tracing::info!(from = %net, "login refused");
        return Ok(None);
    };
    let login = browser.login(app, &username, credential_version);
    let opened = session::open(&app.store, login).await?;
    tracing::info!(user = username, signed_in = opened.is_some(), "login");
    Ok(opened.map(|session| browser.signed_in(app, &session, &username, credential_version)))
}

/// A form of before the last login or logout. Whoever is signed in as the name that was typed has
/// what they wanted; anybody else types the password once more.
async fn stale(app: &App, browser: &Browser, view: LoginView) -> Response {
    if browser.user().is_some_and(|user| user.username == view.username) {
        return onward(view.request.as_deref());
    }
    let view = LoginView { alert: Some(STALE.to_owned()), ..view };
    show(app, browser, StatusCode::FORBIDDEN, view).await
}

async fn again(app: &App, browser: &Browser, view: LoginView, alert: &'static str) -> Response {
    let view = LoginView { alert: Some(alert.to_owned()), wrong: true, ..view };
    show(app, browser, StatusCode::BAD_REQUEST, view).await
}

async fn wait(app: &App, browser: &Browser, view: LoginView, too_many: TooMany) -> Response {
    let TooMany { retry_after } = too_many;
    audit::refused(Reason::Limited, "");
    let alert = Some(format!("{GUESSED} {}.", pages::wait(retry_after)));
    let view = LoginView { alert, ..view };
    let answer = show(app, browser, StatusCode::TOO_MANY_REQUESTS, view).await;
    page::with_retry(answer, Some(retry_after))
}

async fn show(app: &App, browser: &Browser, status: StatusCode, mut view: LoginView) -> Response {
    let Some(sealed) = &view.request else { return page::login(app, browser, status, &view, None) };
    match authorize::find(app, sealed).await {
        Ok(Some((client, request))) => {
            view.client_name = Some(client.name);
            let target = authorize::origin_source(&request.redirect_uri);
            page::login(app, browser, status, &view, Some(&target))
        }
        Ok(None) => page::error(app, StatusCode::BAD_REQUEST, GONE),
        Err(fault) => page::fault(app, &fault),
    }
}

/// A sealed authorization request; anything that cannot be one is as if it were not there, so that
/// the browser stays on this server (RFC 9700 §4.11).
pub(super) fn sealed_request(parameters: &Parameters) -> Option<String> {
    parameters.find("request").filter(|text| authorize::has_form(text)).map(str::to_owned)
}

fn onward(request: Option<&str>) -> Response {
    match request {
        Some(sealed) => page::go_to(&format!("/authorize/{sealed}")),
        None => page::go_to("/account"),
    }
}

const WRONG: &str = "Incorrect username or password";
const MISSING: &str = "Enter your username and your password";
const GUESSED: &str = "Too many attempts to sign in have failed. Please try again in";
const STALE: &str = "This page was out of date, so nothing was sent. Please sign in again.";
