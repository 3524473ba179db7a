//! The span of a request, and the spans of the work inside it.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, Method, StatusCode},
    middleware::Next,
    response::Response,
};
use opentelemetry::{
    Context, KeyValue,
    context::FutureExt,
    propagation::{Extractor, TextMapPropagator},
    time,
    trace::{SpanKind, Status, TraceContextExt, Tracer},
};
use opentelemetry_sdk::{propagation::TraceContextPropagator, trace::SdkTracer};

use super::Outcome;
use crate::layers;

/// The longest `tracestate` that is passed on, in bytes (W3C Trace Context §3.3.1.5). What a stranger
/// sends beyond that is no vendor's.
const MAX_STATE: usize = 512;

/// The methods that HTTP and its conventions know; a span names no other one.
const METHODS: [&str; 9] =
    ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];

/// The trace of the request that the present task works for, if there is one.
#[derive(Clone, Debug)]
pub struct Parent(Context);

impl Parent {
    /// Finds it.
    pub fn current() -> Self {
        Self(Context::current())
    }

    /// Its id, 32 hexadecimal digits.
    pub fn trace_id(&self) -> Option<String> {
        let span = self.0.span();
        let context = span.span_context();
        context.is_valid().then(|| context.trace_id().to_string())
    }

    /// Keeps a piece of work that has just ended as a span.
    pub fn had(&self, work: &'static str, took: Duration, outcome: Outcome) {
        let Some(tracer) = self.0.get::<Arc<SdkTracer>>() else { return };
        if !self.0.span().is_recording() {
            return;
        }
        let now = time::now();
        let (ended, status) = match outcome {
            Outcome::Done => ("done", Status::Unset),
            Outcome::Refused => ("refused", Status::Unset),
            Outcome::Failed => ("failed", Status::error("")),
        };
        let span = tracer
            .span_builder(work)
            .with_kind(SpanKind::Internal)
            .with_start_time(now.checked_sub(took).unwrap_or(now))
            .with_attributes([KeyValue::new("scopegate.outcome", ended)]);
        let mut span = tracer.build_with_context(span, &self.0);
        opentelemetry::trace::Span::set_status(&mut span, status);
        opentelemetry::trace::Span::end_with_timestamp(&mut span, now);
    }
}

/// Answers a request within a span of its own, which goes on with the trace of the caller.
pub(super) async fn trace(
    State(tracer): State<Arc<SdkTracer>>,
    request: Request,
    next: Next,
) -> Response {
    let context = begin(tracer, &request);
    let answer = next.run(request).with_context(context.clone()).await;
    end(&context, answer.status());
    answer
}

fn begin(tracer: Arc<SdkTracer>, request: &Request) -> Context {
    let method = known(request.method());
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let name = match (method.unwrap_or("HTTP"), route) {
        (method, Some(route)) => format!("{method} {route}"),
        (method, None) => method.to_owned(),
    };
    let mut attributes = vec![
        KeyValue::new("http.request.method", method.unwrap_or("_OTHER")),
        KeyValue::new("url.path", layers::short_path(request).to_owned()),
        // What this program speaks. What the proxy in front of it spoke is the proxy's to tell.
        KeyValue::new("url.scheme", "http"),
    ];
    attributes.extend(route.map(|route| KeyValue::new("http.route", route.to_owned())));
    let span = tracer.span_builder(name).with_kind(SpanKind::Server).with_attributes(attributes);
    let caller = TraceContextPropagator::new()
        .extract_with_context(&Context::new(), &Headers(request.headers()));
    let span = tracer.build_with_context(span, &caller);
    caller.with_span(span).with_value(tracer)
}

fn end(context: &Context, status: StatusCode) {
    let span = context.span();
    span.set_attribute(KeyValue::new("http.response.status_code", i64::from(status.as_u16())));
    if status.is_server_error() {
        span.set_attribute(KeyValue::new("error.type", status.as_str().to_owned()));
        span.set_status(Status::error(""));
    }
    span.end();
}

fn known(method: &Method) -> Option<&'static str> {
    METHODS.into_iter().find(|known| *known == method.as_str())
}

/// The headers that the caller's trace comes in. One that comes twice is none.
struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        let mut values = self.0.get_all(name).iter();
        let value = values.next()?.to_str().ok()?;
        (values.next().is_none() && value.len() <= MAX_STATE).then_some(value)
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(axum::http::HeaderName::as_str).collect()
    }
}
