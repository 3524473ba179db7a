//! The pages on which nothing goes on: what happened, what to check, and the number in the log.

use std::sync::Arc;

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{OPENER_POLICY, SAME_ORIGIN, page};
use crate::{
    app::App,
    audit::{self, Reason},
    fault::Fault,
    http::{
        error,
        extract::{Browser, CsrfError},
    },
    limits::TooMany,
    oauth::Refusal,
    pages::{self, Page},
};

/// What an error page says.
#[derive(Clone, Copy, Debug)]
pub struct ErrorView {
    /// In a few words.
    pub title: &'static str,
    /// In a sentence or two.
    pub text: &'static str,
    /// What the reader can do about it.
    pub advice: Option<&'static str>,
}

/// Goes with the answer until the layer around the routes knows the request's number.
#[derive(Clone)]
pub struct ErrorPage(pages::ErrorView);

/// A failure on the way to a handler, as a page.
pub struct Failure {
    app: Arc<App>,
    refusal: Refusal,
}

impl Failure {
    /// Takes the failure in.
    pub fn new(app: &Arc<App>, refusal: impl Into<Refusal>) -> Self {
        Self { app: Arc::clone(app), refusal: refusal.into() }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        refusal(&self.app, &self.refusal)
    }
}

impl ErrorPage {
    /// The page with the number under which the log tells of the request.
    pub fn numbered(mut self, app: &App, request_id: &str) -> Body {
        self.0.request_id = Some(request_id.to_owned());
        Body::from(app.pages.render(&Page::Error(&self.0), ""))
    }
}

/// A page that says what went wrong.
pub fn error(app: &App, status: StatusCode, view: ErrorView) -> Response {
    audit::refused(Reason::InvalidRequest, view.title);
    let advice = view.advice.map(str::to_owned).into_iter().collect();
    show(app, status, view.title, view.text, advice)
}

/// A failure of ours, which is logged here.
pub fn fault(app: &App, fault: &Fault) -> Response {
    let (status, retry_after) = error::log(fault);
    let view = if retry_after.is_some() { AWAY } else { BROKEN };
    with_retry(error(app, status, view), retry_after)
}

/// A refusal that has no page of its own.
pub fn refusal(app: &App, refusal: &Refusal) -> Response {
    match refusal {
        Refusal::Fault(failure) => fault(app, failure),
        Refusal::Busy(busy) => {
            audit::failed(Reason::Busy, &busy.to_string());
            let answer = error(app, StatusCode::SERVICE_UNAVAILABLE, BUSY);
            with_retry(answer, Some(error::RETRY_WHEN_BUSY))
        }
        Refusal::TooMany(TooMany { retry_after }) => {
            let answer = error(app, StatusCode::TOO_MANY_REQUESTS, GUESSED);
            with_retry(answer, Some(*retry_after))
        }
        Refusal::OAuth(_) => unreadable(app, StatusCode::BAD_REQUEST),
    }
}

/// A form that no page of this server sends.
pub fn unreadable(app: &App, status: StatusCode) -> Response {
    error(app, status, UNREADABLE)
}

/// A form that is not taken, since nothing proves that it comes from a page of this server.
pub fn csrf(app: &App, browser: &Browser, reason: CsrfError) -> Response {
    tracing::info!(%reason, signed_in = browser.user().is_some(), "a form was refused");
    let kept = match reason {
        CsrfError::Stale => Reason::StaleForm,
        CsrfError::NoCookie => Reason::NoCookie,
    };
    audit::refused(kept, &reason.to_string());
    match reason {
        CsrfError::Stale => error(app, StatusCode::FORBIDDEN, STALE),
        CsrfError::NoCookie => {
            let (title, text) = (NO_COOKIE.title, NO_COOKIE.text);
            show(app, StatusCode::FORBIDDEN, title, text, cookie_advice(app))
        }
    }
}

fn cookie_advice(app: &App) -> Vec<String> {
    let issuer = app.issuer();
    let mut advice = vec![
        "Allow cookies for this site in your browser’s settings.".to_owned(),
        format!(
            "Make sure that the address in your browser begins with {issuer}. Under another name \
             the cookie is not sent."
        ),
    ];
    if app.is_https() {
        advice.push("Use https, not http.".to_owned());
    }
    advice.push(
        "Start on this site or in the app. A form on another site does not bring the cookie along \
         (SameSite)."
            .to_owned(),
    );
    advice.push(
        "If you run this server: a proxy in front of it must pass on the headers Cookie and \
         Set-Cookie unchanged."
            .to_owned(),
    );
    advice
}

fn show(app: &App, status: StatusCode, title: &str, text: &str, advice: Vec<String>) -> Response {
    let view = pages::ErrorView {
        title: title.to_owned(),
        text: text.to_owned(),
        advice,
        request_id: None,
    };
    let mut answer = page(app, None, status, &Page::Error(&view), None);
    answer.headers_mut().insert(OPENER_POLICY, SAME_ORIGIN);
    answer.extensions_mut().insert(ErrorPage(view));
    answer
}

/// Says after how many seconds to come back, where that helps.
pub fn with_retry(mut answer: Response, seconds: Option<u16>) -> Response {
    if let Some(seconds) = seconds {
        answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    answer
}

const STALE: ErrorView = ErrorView {
    title: "This page is out of date",
    text: "Nothing was changed. You signed in or out after it was opened, perhaps in another tab.",
    advice: Some("Go back, reload the page and try again."),
};

const NO_COOKIE: ErrorView = ErrorView {
    title: "Your browser sent no cookie",
    text: "This server cannot tell that the form came from you, so nothing was changed.",
    advice: None,
};

const BUSY: ErrorView = ErrorView {
    title: "Please try again in a moment",
    text: "Too many people are signing in right now. Nothing was changed.",
    advice: Some("Wait a few seconds, go back and send the form again."),
};

const GUESSED: ErrorView = ErrorView {
    title: "Please try again later",
    text: "Too many attempts have failed. Nothing was changed.",
    advice: Some("Wait a quarter of an hour, go back and send the form again."),
};

const AWAY: ErrorView = ErrorView {
    title: "Please try again in a moment",
    text: "This server lacks something that it needs right now.",
    advice: None,
};

const BROKEN: ErrorView = ErrorView {
    title: "Something went wrong",
    text: "This server failed to answer. It is not your fault.",
    advice: Some("Try again later."),
};

const UNREADABLE: ErrorView = ErrorView {
    title: "This form cannot be read",
    text: "What your browser sent is not what this page sends. Nothing was changed.",
    advice: Some("Go back, reload the page and try again."),
};
