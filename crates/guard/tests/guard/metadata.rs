//! The protected-resource metadata (RFC 9728).

use axum::routing::get as on_get;
use http::Method;
use scopegate_guard::{Access, METADATA_PATH, Routes};
use serde_json::json;

use crate::harness::{METADATA, RESOURCE, get, protect, send, tokens};

#[tokio::test]
async fn the_metadata_names_every_scope_of_the_routes() {
    let (tokens, _) = tokens();
    let inner = Routes::new().route("/items", Access::scopes(["items"]), on_get(async || ""));
    let routes = Routes::new()
        .route("/open", Access::open().also_for(Method::PUT, ["write"]), on_get(async || ""))
        .route("/notes", Access::any_of(["notes:write", "items"]), on_get(async || ""))
        .nest("/users", Access::scopes(["me"]), inner);
    let answer = send(&protect(&tokens, routes), get(METADATA_PATH)).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(
        answer.json(),
        json!({
            "resource": "http://localhost:8001",
            "authorization_servers": ["http://localhost:8000"],
            "scopes_supported": ["items", "me", "notes:write", "write"],
            "bearer_methods_supported": ["header"],
        }),
    );
}

#[tokio::test]
async fn a_member_without_values_is_left_out() {
    let (tokens, _) = tokens();
    let routes = Routes::new().route("/status", Access::any_token(), on_get(async || ""));
    let answer = send(&protect(&tokens, routes), get(METADATA_PATH)).await;
    assert_eq!(answer.json().get("scopes_supported"), None, "RFC 9728 3.2");
}

#[tokio::test]
async fn the_url_of_a_challenge_resolves() {
    let (tokens, _) = tokens();
    let routes = Routes::new().route("/status", Access::any_token(), on_get(async || ""));
    let app = protect(&tokens, routes);
    let challenge = send(&app, get("/status")).await.header("www-authenticate").to_owned();
    assert_eq!(challenge, format!("Bearer {METADATA}"), "BR10");
    let (_, url) = challenge.split_once("resource_metadata=\"").unwrap();
    let path = url.trim_end_matches('"').strip_prefix(RESOURCE).unwrap();
    assert_eq!(send(&app, get(path)).await.json()["resource"], RESOURCE, "BR10");
}
