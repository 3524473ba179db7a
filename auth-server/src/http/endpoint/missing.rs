//! A path that is none: a page for whoever reads one, nothing for programs.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{HeaderMap, Method, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::{
    app::App,
    http::page::{self, ErrorView},
};

/// 404.
pub async fn missing(State(app): State<Arc<App>>, method: Method, headers: HeaderMap) -> Response {
    if matches!(method, Method::GET | Method::HEAD) && reads_pages(&headers) {
        page::error(&app, StatusCode::NOT_FOUND, MISSING)
    } else {
        StatusCode::NOT_FOUND.into_response()
    }
}

/// Whether HTML is among what is asked for by name; `*/*` is what programs send.
fn reads_pages(headers: &HeaderMap) -> bool {
    let asked = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    asked.flat_map(|value| value.split(',')).any(|range| {
        let media = range.split(';').next().unwrap_or_default();
        media.trim().eq_ignore_ascii_case("text/html")
    })
}

const MISSING: ErrorView = ErrorView {
    title: "There is no such page",
    text: "The address leads to nothing on this server.",
    advice: Some("Check the address, or go back to where you came from."),
};
