//! What surrounds every request: an id, a trace, headers that tell browsers to trust as little as
//! possible, and a net for panics.

mod id;
mod surround;

use axum::{
    Router, extract,
    http::{HeaderName, HeaderValue, Request, header},
    middleware::{Next, from_fn},
    response::Response,
};
use tower::ServiceBuilder;
use tower_http::set_header::SetResponseHeaderLayer;
use tracing::Span;

use self::surround::Surround;
use crate::{
    gzip,
    metrics::{HttpLayer, HttpMetrics},
    traces::Parent,
};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The content security policy of answers that are no pages.
const NO_PAGE: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

/// Wraps the page of Swagger UI: its own scripts and inline styles, and requests to itself and to the
/// origins of `talks_to`.
///
/// # Panics
/// Where an origin is not visible ASCII.
pub fn docs(page: Router, talks_to: &[String]) -> Router {
    let policy = format!(
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
         connect-src 'self' {}; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
        talks_to.join(" ")
    );
    let policy = HeaderValue::try_from(policy).expect("an origin is visible ASCII");
    page.layer(from_fn(gzip::only_where_taken))
        .layer(from_fn(keep_no_code))
        .layer(SetResponseHeaderLayer::if_not_present(header::CONTENT_SECURITY_POLICY, policy))
}

/// A code stands in the URL of the page to which a login from the docs leads back.
async fn keep_no_code(request: extract::Request, next: Next) -> Response {
    let has_code = request.uri().path().ends_with("/oauth2-redirect.html");
    let mut answer = next.run(request).await;
    if has_code {
        let no_store = HeaderValue::from_static("no-store");
        answer.headers_mut().insert(header::CACHE_CONTROL, no_store);
    }
    answer
}

/// Wraps a program's routes, and counts what is asked of them.
///
/// Each answer carries `x-request-id`. An id that a request brings is kept where it looks like one:
/// a proxy in front may have made it. An answer without a content security policy gets the one of what
/// is no page.
pub fn around(routes: Router, metrics: &HttpMetrics) -> Router {
    routes.layer(ServiceBuilder::new().layer(HttpLayer(metrics.clone())).layer(Surround))
}

/// How much of a path goes into a log line or a trace, in bytes. A longer one carries a whole request.
const MAX_PATH: usize = 64;

/// The path of a request, as much of it as may be kept.
pub(crate) fn short_path<B>(request: &Request<B>) -> &str {
    let path = request.uri().path();
    path.get(..MAX_PATH).unwrap_or(path)
}

/// The span of a request: its id, method and path, never its query, headers or body; and the id of its
/// trace, if it has one.
fn span<B>(request: &Request<B>, id: &HeaderValue) -> Span {
    let id = id.to_str().unwrap_or_default();
    let (method, path) = (request.method(), short_path(request));
    let trace_id = Parent::current().trace_id();
    tracing::info_span!("request", id, %method, path, trace_id)
}
