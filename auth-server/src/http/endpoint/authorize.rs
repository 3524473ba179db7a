//! `/authorize` (RFC 6749 §3.1): a request comes in once, then the browser carries it sealed.

use std::sync::Arc;

use axum::{
    extract::{Path, RawQuery, State, rejection::PathRejection},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use scopegate_core::scope::Scope;

use crate::{
    app::App,
    http::{
        extract::{AuthorizeForm, Browser, PageForm},
        page::{self, ConsentView, ErrorView, ScopeView},
    },
    oauth::{
        Parameters,
        authorize::{self, Begun, Decision, PageFault, Question, Step},
    },
};

/// Takes a request from the query.
pub async fn get(State(app): State<Arc<App>>, RawQuery(query): RawQuery) -> Response {
    match Parameters::parse_marking(query.unwrap_or_default().as_bytes()) {
        Ok(parameters) => begin(&app, &parameters).await,
        Err(_) => page::unreadable(&app, StatusCode::BAD_REQUEST),
    }
}

/// Takes a request from a form, which another site may have sent: it is sealed and answered by a
/// redirect to a GET, which carries the cookie again that a cross-site POST does not.
pub async fn post(
    State(app): State<Arc<App>>,
    AuthorizeForm(parameters): AuthorizeForm,
) -> Response {
    begin(&app, &parameters).await
}

async fn begin(app: &App, parameters: &Parameters) -> Response {
    match authorize::begin(app, parameters).await {
        Ok(Begun::Sealed(text)) => page::go_to(&format!("/authorize/{text}")),
        Ok(Begun::Redirect(url)) => page::go_to(&url),
        Ok(Begun::Page(fault)) => page::error(app, StatusCode::BAD_REQUEST, view(fault)),
        Err(fault) => page::fault(app, &fault),
    }
}

/// A look must not decide: axum would answer HEAD by what GET does, which can issue a code.
pub async fn no_head() -> Response {
    (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, POST")]).into_response()
}

/// Goes on with a sealed request: sign in, decide, or done.
pub async fn resume(
    State(app): State<Arc<App>>,
    browser: Browser,
    id: Result<Path<String>, PathRejection>,
) -> Response {
    let Ok(Path(id)) = id else { return page::error(&app, StatusCode::BAD_REQUEST, GONE) };
    match authorize::resume(&app, &id, browser.user()).await {
        Ok(step) => answer(&app, &browser, &id, step),
        Err(fault) => page::fault(&app, &fault),
    }
}

/// Takes the user's decision from the consent form.
pub async fn decide(
    State(app): State<Arc<App>>,
    browser: Browser,
    id: Result<Path<String>, PathRejection>,
    PageForm(form): PageForm,
) -> Response {
    let Ok(Path(id)) = id else { return page::error(&app, StatusCode::BAD_REQUEST, GONE) };
    if let Err(error) = browser.check_csrf(form.find("csrf")) {
        return page::csrf(&app, &browser, error);
    }
    let Some(user) = browser.user() else {
        return answer(&app, &browser, &id, Step::Login);
    };
    let decision = match form.find("decision") {
        Some("allow") => Decision::Allow,
        Some("deny") => Decision::Deny,
        _ => return page::unreadable(&app, StatusCode::BAD_REQUEST),
    };
    let shown = form.find("scope").map(Scope::parse).transpose();
    let Ok(shown) = shown else { return page::unreadable(&app, StatusCode::BAD_REQUEST) };
    match authorize::decide(&app, &id, user, decision, shown.as_ref()).await {
        Ok(step) => answer(&app, &browser, &id, step),
        Err(fault) => page::fault(&app, &fault),
    }
}

fn answer(app: &App, browser: &Browser, id: &str, step: Step) -> Response {
    match step {
        Step::Login => page::go_to(&format!("/login?request={id}")),
        Step::Redirect(url) => page::go_to(&url),
        Step::Gone => page::error(app, StatusCode::BAD_REQUEST, GONE),
        Step::Unclear => page::unreadable(app, StatusCode::BAD_REQUEST),
        Step::Ask(question) => ask(app, browser, id, *question),
    }
}

fn ask(app: &App, browser: &Browser, id: &str, question: Question) -> Response {
    let target = authorize::origin_source(&question.redirect_uri);
    let view = ConsentView {
        client_name: question.client.name,
        client_id: question.client.client_id,
        username: browser.user().map(|user| user.username.clone()).unwrap_or_default(),
        scopes: question
            .scopes
            .into_iter()
            .map(|(name, description)| ScopeView { name, description })
            .collect(),
        goes_to: target.clone(),
        request: id.to_owned(),
    };
    page::consent(app, browser, &view, Some(&target))
}

pub(super) const GONE: ErrorView = ErrorView {
    title: "This request is over",
    text: "It was answered before, perhaps in another tab, or it waited too long.",
    advice: Some("Go back to the app and start again."),
};

fn view(fault: PageFault) -> ErrorView {
    let text = match fault {
        PageFault::Client => "The app that sent you here is not known to this server.",
        PageFault::RedirectUri => {
            "The app asked to send you to an address that is not registered for it."
        }
    };
    ErrorView {
        title: "This app cannot sign you in",
        text,
        advice: Some("Tell the people who run the app; there is nothing you did wrong."),
    }
}
