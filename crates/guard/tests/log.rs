//! What a refusal leaves in the log. A process of its own: elsewhere, threads without a subscriber
//! would decide what is recorded.

use std::sync::{Arc, Mutex};

use axum::{body::Body, routing::get};
use http::{Request, header::AUTHORIZATION};
use scopegate_guard::{Access, Routes, testing::TestTokens};
use tower::ServiceExt;

#[tokio::test]
async fn a_refusal_is_logged_in_one_line_without_the_token() {
    let tokens = TestTokens::new("http://localhost:8000", "http://localhost:8001");
    let routes = Routes::new().route("/status", Access::any_token(), get(async || "ok"));
    let app = tokens.guard().build().unwrap().protect(routes);
    let token = tokens.user("johndoe").claim("exp", 1).mint();
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(log.clone())
        .finish();
    let _recording = tracing::subscriber::set_default(subscriber);

    let request = Request::get("/status").header(AUTHORIZATION, format!("Bearer {token}"));
    let response = app.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();

    assert_eq!(response.status(), 401);
    let lines = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert_eq!(lines.matches("request refused").count(), 1, "{lines}");
    assert!(lines.contains("DEBUG") && lines.contains("expired"), "{lines}");
    assert!(token.split('.').all(|part| !lines.contains(part)), "{lines}");
}

/// Collects what is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("nobody panics while logging").write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> tracing_subscriber::fmt::MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}
