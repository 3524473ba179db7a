//! CORS (RFC 9700 §2.6), never with credentials: known origins, echoed, where clients send requests;
//! any origin where there is nothing but public documents.

use std::{sync::Arc, time::Duration};

use axum::http::{HeaderName, HeaderValue, Method, header, request::Parts};
use scopegate_store::clients;
use tower_http::cors::{AllowOrigin, Any, CorsLayer};

use crate::app::App;

/// Swagger UI sends it with every token request.
const X_REQUESTED_WITH: HeaderName = HeaderName::from_static("x-requested-with");

/// How long a browser may keep the answer to a preflight.
const MAX_AGE: Duration = Duration::from_mins(10);

/// Allows the configured origins and those of public clients' redirect URIs.
pub fn known_origins(app: &Arc<App>) -> CorsLayer {
    let app = Arc::clone(app);
    CorsLayer::new()
        .allow_methods([Method::POST])
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE, X_REQUESTED_WITH])
        .expose_headers([header::RETRY_AFTER])
        .max_age(MAX_AGE)
        .allow_origin(AllowOrigin::async_predicate(move |origin: HeaderValue, _: &Parts| {
            let app = Arc::clone(&app);
            async move { is_known(&app, &origin).await }
        }))
}

/// Allows every origin to read. Some clients send headers of their own with it; none is looked at.
pub fn any_origin() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::HEAD])
        .allow_headers(Any)
        .max_age(MAX_AGE)
}

async fn is_known(app: &App, origin: &HeaderValue) -> bool {
    let Ok(origin) = origin.to_str() else { return false };
    if app.cors_origins.iter().any(|known| known == origin) {
        return true;
    }
    let found = async {
        let mut conn = app.store.read().await?;
        clients::origin_of_public_client(&mut conn, origin).await
    };
    found.await.unwrap_or_else(|error| {
        tracing::warn!(%error, "cannot look an origin up; it is not allowed");
        false
    })
}
