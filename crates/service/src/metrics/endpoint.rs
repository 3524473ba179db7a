//! The listener on which a program shows its metrics, and nothing else.

use std::{fmt, io, net::SocketAddr, sync::Arc};

use axum::{
    Router,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use tokio::net::TcpListener;

use super::Connections;
use crate::listen::{self, Limits, ListenError, Stop};

/// The media type of OpenMetrics.
const OPENMETRICS: HeaderValue =
    HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");

/// Scrapers at a time; what else a listener puts up with is as on the public one.
const SCRAPERS: u16 = 32;

/// Takes the address, where there is one.
///
/// # Panics
/// Outside of a Tokio runtime.
pub fn bind(address: Option<SocketAddr>) -> Result<Option<TcpListener>, ListenError> {
    address.map(listen::bind).transpose()
}

/// Answers `GET /metrics` with the page, and everything else with 404, until `stop`. Without a
/// listener it only waits for `stop`.
pub async fn serve(
    listener: Option<TcpListener>,
    page: impl Fn() -> Result<String, fmt::Error> + Send + Sync + 'static,
    mut stop: Stop,
) -> io::Result<()> {
    let Some(listener) = listener else {
        stop.asked().await;
        return Ok(());
    };
    tracing::info!("metrics on http://{}/metrics", listener.local_addr()?);
    let limits = Limits { connections: SCRAPERS, ..Limits::of_process() };
    listen::serve_within(limits, listener, routes(page), Connections::default(), stop).await
}

fn routes(page: impl Fn() -> Result<String, fmt::Error> + Send + Sync + 'static) -> Router {
    let page = Arc::new(page);
    Router::new()
        .route("/metrics", get(async move || show(page())))
        .method_not_allowed_fallback(async || StatusCode::NOT_FOUND)
}

fn show(page: Result<String, fmt::Error>) -> Response {
    let nosniff = HeaderValue::from_static("nosniff");
    match page {
        Ok(page) => {
            let headers = [
                (header::CONTENT_TYPE, OPENMETRICS),
                (header::X_CONTENT_TYPE_OPTIONS, nosniff),
                (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
            ];
            (headers, page).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "metrics cannot be written down");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
