//! Pages as answers: HTML with the headers that keep it from being framed, cached or scripted.

mod policy;
mod trouble;

use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

pub use self::trouble::{
    ErrorPage, ErrorView, Failure, csrf, error, fault, refusal, unreadable, with_retry,
};
pub use crate::pages::{AccountView, ConsentView, LoginView, ScopeView};
use crate::{
    app::App,
    http::{cookie, extract::Browser},
    pages::Page,
};

/// The login form. `redirect_origin` is where an authorization request leads in the end.
pub fn login(
    app: &App,
    browser: &Browser,
    status: StatusCode,
    view: &LoginView,
    redirect_origin: Option<&str>,
) -> Response {
    let mut answer = page(app, Some(browser), status, &Page::Login(view), redirect_origin);
    if redirect_origin.is_none() {
        answer.headers_mut().insert(OPENER_POLICY, SAME_ORIGIN);
    }
    answer
}

/// The question whether a client may use the account. `redirect_origin` is where the answer goes.
pub fn consent(
    app: &App,
    browser: &Browser,
    view: &ConsentView,
    redirect_origin: Option<&str>,
) -> Response {
    page(app, Some(browser), StatusCode::OK, &Page::Consent(view), redirect_origin)
}

/// The account page.
pub fn account(app: &App, browser: &Browser, status: StatusCode, view: &AccountView) -> Response {
    let mut answer = page(app, Some(browser), status, &Page::Account(view), None);
    answer.headers_mut().insert(OPENER_POLICY, SAME_ORIGIN);
    answer
}

/// Sends the browser on, with 303: a form's POST becomes a GET (RFC 9700 §4.12). No cache keeps where
/// to, nor the cookie that may go along.
pub fn go_to(url: &str) -> Response {
    let headers = [(header::LOCATION, url), (header::CACHE_CONTROL, "no-store")];
    (StatusCode::SEE_OTHER, headers).into_response()
}

/// Not on the pages of an authorization request: an app may have opened them in a window of its own
/// and waits for it to come back, which this header would cut off.
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const SAME_ORIGIN: HeaderValue = HeaderValue::from_static("same-origin");

const HEADERS: [(HeaderName, HeaderValue); 6] = [
    (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (HeaderName::from_static("cross-origin-resource-policy"), SAME_ORIGIN),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static(
            "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
        ),
    ),
];

/// Tells browsers to come by https only, for a year.
const ONLY_HTTPS: HeaderValue = HeaderValue::from_static("max-age=31536000");

fn page(
    app: &App,
    browser: Option<&Browser>,
    status: StatusCode,
    page: &Page<'_>,
    redirect_origin: Option<&str>,
) -> Response {
    let html = app.pages.render(page, browser.map(Browser::csrf).unwrap_or_default());
    let mut answer = (status, HEADERS, html).into_response();
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, policy::policy(redirect_origin));
    if app.is_https() {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, ONLY_HTTPS);
    }
    if let Some(browser) = browser.filter(|browser| !browser.had_cookie()) {
        headers.append(header::SET_COOKIE, cookie::set(browser.cookie(), app.is_https()));
    }
    answer
}
