//! What surrounds every request: an id, a trace, headers that tell browsers to trust as little as
//! possible, and a net for panics.

use axum::{
    Router, extract,
    http::{HeaderName, HeaderValue, Request, header},
    middleware::{Next, from_fn},
    response::Response,
};
use tower::ServiceBuilder;
use tower_http::{
    catch_panic::CatchPanicLayer,
    request_id::{MakeRequestId, PropagateRequestIdLayer, RequestId, SetRequestIdLayer},
    set_header::SetResponseHeaderLayer,
    trace::TraceLayer,
};
use tracing::Span;
use uuid::Uuid;

use crate::{
    gzip,
    metrics::{HttpLayer, HttpMetrics},
    traces::Parent,
};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The content security policy of answers that are no pages.
pub const NO_PAGE: HeaderValue =
    HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

/// Adds a content security policy to the answers that have none.
pub fn policy(policy: HeaderValue) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(header::CONTENT_SECURITY_POLICY, policy)
}

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
        .layer(self::policy(policy))
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
/// a proxy in front may have made it.
pub fn around(routes: Router, metrics: &HttpMetrics) -> Router {
    routes.layer(
        ServiceBuilder::new()
            .layer(HttpLayer(metrics.clone()))
            .map_request(without_strange_id)
            .layer(SetRequestIdLayer::x_request_id(MakeId))
            // Whoever makes a 5xx logs its cause; a second line here would say nothing more.
            .layer(TraceLayer::new_for_http().make_span_with(span).on_failure(()))
            .layer(PropagateRequestIdLayer::x_request_id())
            .map_response(with_constant_headers)
            .layer(CatchPanicLayer::new()),
    )
}

/// A random id, made without a call of the system.
#[derive(Clone, Copy)]
struct MakeId;

impl MakeRequestId for MakeId {
    fn make_request_id<B>(&mut self, _: &Request<B>) -> Option<RequestId> {
        let mut text = Uuid::encode_buffer();
        let text = Uuid::new_v4().hyphenated().encode_lower(&mut text);
        HeaderValue::from_str(text).ok().map(RequestId::new)
    }
}

fn with_constant_headers<B>(mut answer: Response<B>) -> Response<B> {
    let headers = answer.headers_mut();
    // Room for these, the request's id, and what comes from elsewhere: the map grows once.
    headers.reserve(6);
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ] {
        headers.entry(name).or_insert(value);
    }
    answer
}

/// The request without an id that is none: it would stand in every log line.
fn without_strange_id<B>(mut request: Request<B>) -> Request<B> {
    let mut ids = request.headers().get_all(REQUEST_ID).iter();
    let is_one = ids.next().is_some_and(is_request_id) && ids.next().is_none();
    if !is_one {
        request.headers_mut().remove(REQUEST_ID);
    }
    request
}

/// 1 to 128 letters, digits, dots, underscores and hyphens.
fn is_request_id(id: &HeaderValue) -> bool {
    let of_an_id = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-".contains(byte);
    (1..=128).contains(&id.len()) && id.as_bytes().iter().all(of_an_id)
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
fn span<B>(request: &Request<B>) -> Span {
    let id = request
        .extensions()
        .get::<RequestId>()
        .and_then(|id| id.header_value().to_str().ok())
        .unwrap_or_default();
    let (method, path) = (request.method(), short_path(request));
    let trace_id = Parent::current().trace_id();
    tracing::info_span!("request", id, %method, path, trace_id)
}
