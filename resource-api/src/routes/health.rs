//! `GET /health/live` and `GET /health/ready`, for load balancers and container engines.

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use super::App;

/// Says that the process is up.
pub async fn live() -> Response {
    health(StatusCode::OK, "ok")
}

/// Says whether the server can do its work: database and keys are there.
pub async fn ready(State(app): State<App>) -> Response {
    if app.is_ready() {
        return health(StatusCode::OK, "ok");
    }
    let status = format!("waiting for {}", app.missing_in_public().join(" and "));
    health(StatusCode::SERVICE_UNAVAILABLE, &status)
}

fn health(code: StatusCode, status: &str) -> Response {
    let body = Json(serde_json::json!({ "status": status }));
    (code, [(header::CACHE_CONTROL, "no-store")], body).into_response()
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use axum::body::to_bytes;
    use scopegate_core::clock::SystemClock;
    use scopegate_guard::Keys;

    use super::*;
    use crate::directory::Directory;

    #[tokio::test]
    async fn readiness_says_in_words_what_is_waited_for_and_no_host_or_path() {
        let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/jwks.json", silent.local_addr().unwrap());
        let file = Keys::file("/nowhere/shared.key");
        let app = App {
            directory: Arc::new(Directory::new(Arc::new(SystemClock), Duration::from_secs(5))),
            keys: Keys::any([file, Keys::jwks(&url).build().unwrap()]),
        };
        let answer = ready(State(app)).await;
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        let body = to_bytes(answer.into_body(), 1024).await.unwrap();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["status"], "waiting for the database and the keys that verify tokens");
    }
}
