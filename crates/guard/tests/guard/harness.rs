//! One issuer, one resource, one clock; requests straight into the router.

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    routing::get as on_get,
};
use http::{
    HeaderMap, Request, StatusCode,
    header::{AUTHORIZATION, CACHE_CONTROL},
    request::Builder,
};
use scopegate_guard::{
    Access, Routes,
    testing::{ManualClock, TestTokens, Timestamp},
};
use serde_json::Value;
use tower::ServiceExt;

pub(crate) const ISSUER: &str = "http://localhost:8000";
pub(crate) const RESOURCE: &str = "http://localhost:8001";
pub(crate) const METADATA: &str =
    r#"resource_metadata="http://localhost:8001/.well-known/oauth-protected-resource""#;

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

pub(crate) fn tokens() -> (TestTokens, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::at(Timestamp::from_seconds(1_800_000_000)));
    (TestTokens::new(ISSUER, RESOURCE).with_clock(Arc::clone(&clock) as _), clock)
}

/// A guarded service: `/status/` for any token, `/items/` for `me` and `items`, and `/private/`,
/// which says itself how it may be cached.
pub(crate) fn service() -> (Router, TestTokens, Arc<ManualClock>) {
    let (tokens, clock) = tokens();
    let private = async || ([(CACHE_CONTROL, "private")], "");
    let routes = Routes::new()
        .route("/status/", Access::any_token(), on_get(async || "ok").post(async || "ok"))
        .route("/items/", Access::scopes(["me", "items"]), on_get(async || "items"))
        .route("/private/", Access::any_token(), on_get(private));
    (protect(&tokens, routes), tokens, clock)
}

pub(crate) fn protect(tokens: &TestTokens, routes: Routes) -> Router {
    tokens.guard().build().unwrap().protect(routes)
}

pub(crate) fn get(path: &str) -> Builder {
    Request::get(path)
}

pub(crate) fn bearer(path: &str, token: &str) -> Builder {
    get(path).header(AUTHORIZATION, format!("Bearer {token}"))
}

pub(crate) async fn send(app: &Router, request: Builder) -> Answer {
    let response = app.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    Answer {
        status: parts.status,
        headers: parts.headers,
        body: to_bytes(body, usize::MAX).await.unwrap(),
    }
}

impl Answer {
    /// A header as text; empty where it is absent. It must not come twice.
    pub(crate) fn header(&self, name: &str) -> &str {
        let mut values = self.headers.get_all(name).iter();
        let value = values.next().map_or("", |value| value.to_str().unwrap());
        assert!(values.next().is_none(), "{name} comes twice");
        value
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}
