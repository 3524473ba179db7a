//! CORS for the token endpoint (RFC 9700 §2.6): known origins, echoed, without credentials.

use std::{sync::Arc, time::Duration};

use axum::http::{HeaderValue, Method, header, request::Parts};
use scopegate_store::clients;
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::app::App;

/// Allows the configured origins and those of public clients' redirect URIs.
pub fn cors(app: &Arc<App>) -> CorsLayer {
    let app = Arc::clone(app);
    CorsLayer::new()
        .allow_methods([Method::POST])
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE])
        .expose_headers([header::RETRY_AFTER])
        .max_age(Duration::from_mins(10))
        .allow_origin(AllowOrigin::async_predicate(move |origin: HeaderValue, _: &Parts| {
            let app = Arc::clone(&app);
            async move { is_known(&app, &origin).await }
        }))
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
