//! Puts the number of the request on error pages, so that whoever reads one can be helped.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use tower_http::request_id::RequestId;

use crate::{app::App, http::page::ErrorPage};

/// The longest number that is shown; a request may bring one of its own.
const MAX_ID: usize = 64;

/// Renders an error page again, with the number.
pub async fn number_error_pages(
    State(app): State<Arc<App>>,
    request: Request,
    next: Next,
) -> Response {
    let id = request.extensions().get::<RequestId>().cloned();
    let mut answer = next.run(request).await;
    let page = answer.extensions_mut().remove::<ErrorPage>();
    let id = id.as_ref().and_then(|id| id.header_value().to_str().ok());
    if let (Some(page), Some(id)) = (page, id.filter(|id| id.len() <= MAX_ID)) {
        answer.headers_mut().remove(axum::http::header::CONTENT_LENGTH);
        *answer.body_mut() = page.numbered(&app, id);
    }
    answer
}
