//! What auth-server publishes about itself (RFC 8414, RFC 7517), open to every origin.

use crate::harness::{Answer, AuthServer, Place};

#[tokio::test]
async fn the_metadata_names_the_issuer_byte_for_byte() {
    let place = Place::new();
    let auth = AuthServer::with(&place, |settings| {
        settings.set("issuer", "https://auth.example:8443");
    })
    .await;
    let json = auth.get("/.well-known/oauth-authorization-server").await.json();
    assert_eq!(json["issuer"], "https://auth.example:8443", "RFC 8414 §3.3");
    assert_eq!(json["token_endpoint"], "https://auth.example:8443/token");
    assert_eq!(json["response_types_supported"], serde_json::json!(["code"]), "MD02");
    for (name, value) in json.as_object().expect("an object") {
        assert_ne!(value, &serde_json::json!([]), "MD02: {name} is empty");
        assert!(!value.is_null(), "MD02: {name} is null");
    }
}

#[tokio::test]
async fn no_shared_key_is_ever_published() {
    let place = Place::new();
    let auth = AuthServer::start(&place).await;
    let keys = auth.get("/.well-known/jwks.json").await;
    assert_eq!(keys.json(), serde_json::json!({"keys": []}), "MD05");
}

#[tokio::test]
async fn metadata_and_keys_are_open_to_every_origin() {
    let place = Place::new();
    let auth = AuthServer::start(&place).await;
    for path in ["/.well-known/oauth-authorization-server", "/.well-known/jwks.json"] {
        for origin in ["https://anywhere.example", "null"] {
            let request = auth.http.get(format!("{}{path}", auth.url)).header("origin", origin);
            let answer = Answer::to(request).await;
            assert_eq!(answer.status, 200, "CO04 {path}");
            assert_eq!(answer.header("access-control-allow-origin"), "*", "CO04 {path}");
            let credentials = answer.headers.get("access-control-allow-credentials");
            assert_eq!(credentials, None, "CO04 {path}");
        }
    }
}
