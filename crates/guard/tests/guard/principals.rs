//! Who a handler sees.

use axum::{Router, routing::get as on_get};
use scopegate_guard::{Access, Claims, Client, Principal, Routes, User, testing::TestTokens};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::harness::{METADATA, bearer, get, protect, send, tokens};

async fn who(principal: Principal) -> String {
    let scope = principal.scope();
    match &principal {
        Principal::User(user) => format!("user {} `{scope}`", user.username()),
        Principal::Client(client) => format!("client {} `{scope}`", client.client_id()),
    }
}

async fn me(user: User) -> String {
    user.username().to_owned()
}

async fn service(client: Client) -> String {
    client.client_id().to_owned()
}

#[derive(Deserialize)]
struct Extra {
    tenant: String,
    level: Option<u8>,
}

async fn extra(Claims(it): Claims<Extra>) -> String {
    format!("{} {:?}", it.tenant, it.level)
}

fn app(tokens: &TestTokens) -> Router {
    let routes = Routes::new()
        .route("/who", Access::any_token(), on_get(who))
        .route("/me", Access::scopes(["me"]), on_get(me))
        .route("/service", Access::scopes(["me"]), on_get(service))
        .route("/extra", Access::any_token(), on_get(extra))
        .route("/open", Access::open(), on_get(me));
    protect(tokens, routes).route("/outside", on_get(who))
}

#[tokio::test]
async fn a_token_is_a_users_or_a_clients() {
    let (tokens, _) = tokens();
    let app = app(&tokens);
    for (name, token, expected) in [
        ("a user", tokens.user("johndoe").scopes("me"), "user johndoe `me`"),
        ("RFC 9068 5 a client", tokens.client("svc").scopes("me"), "client svc `me`"),
        ("no client_id", tokens.user("johndoe").without("client_id"), "user johndoe ``"),
    ] {
        assert_eq!(send(&app, bearer("/who", &token.mint())).await.text(), expected, "{name}");
    }
}

#[tokio::test]
async fn a_client_is_never_taken_for_a_user() {
    let (tokens, _) = tokens();
    let app = app(&tokens);
    let answer = send(&app, bearer("/me", &tokens.client("johndoe").scopes("me").mint())).await;
    assert_eq!(answer.status, 401, "RFC 9700 4.15");
    assert_eq!(answer.json()["detail"], "Could not validate credentials");
    assert_eq!(
        answer.header("www-authenticate"),
        format!(r#"Bearer error="invalid_token", scope="me", {METADATA}"#),
    );
    assert_eq!(answer.header("cache-control"), "no-store");
}

#[tokio::test]
async fn a_user_is_never_taken_for_a_client() {
    let (tokens, _) = tokens();
    let app = app(&tokens);
    let answer = send(&app, bearer("/service", &tokens.user("svc").scopes("me").mint())).await;
    assert_eq!(answer.status, 401, "RFC 9700 4.15");
    assert_eq!(
        answer.header("www-authenticate"),
        format!(r#"Bearer error="invalid_token", scope="me", {METADATA}"#),
    );
    let answer = send(&app, bearer("/service", &tokens.client("svc").scopes("me").mint())).await;
    assert_eq!(answer.text(), "svc");
}

#[tokio::test]
async fn a_handler_takes_claims_of_its_own_type() {
    let (tokens, _) = tokens();
    let app = app(&tokens);
    let huge = "x".repeat(9 * 1024);
    for (name, claims, expected) in [
        ("both", json!({"tenant": "t", "level": 3}), Some("t Some(3)")),
        ("one left out", json!({"tenant": "t"}), Some("t None")),
        ("a needed one left out", json!({"level": 3}), None),
        ("another type", json!({"tenant": 7}), None),
        ("null", json!({"tenant": null}), None),
        ("out of range", json!({"tenant": "t", "level": 256}), None),
        ("nested", json!({"tenant": {"tenant": "t"}}), None),
        ("not a string, but huge", json!({"tenant": [huge]}), None),
    ] {
        let Value::Object(claims) = claims else { unreachable!("each row is an object") };
        let token = claims
            .into_iter()
            .fold(tokens.user("johndoe"), |token, (name, value)| token.claim(&name, value));
        let answer = send(&app, bearer("/extra", &token.mint())).await;
        if let Some(text) = expected {
            assert_eq!(answer.text(), text, "{name}");
        } else {
            assert_eq!(answer.status, 401, "{name}");
            let challenge = format!(r#"Bearer error="invalid_token", {METADATA}"#);
            assert_eq!(answer.header("www-authenticate"), challenge, "{name}");
        }
    }
}

#[tokio::test]
async fn debug_shows_who_it_is_and_no_other_claim() {
    let (tokens, _) = tokens();
    let routes = Routes::new().route(
        "/debug",
        Access::any_token(),
        on_get(async |it: Principal| format!("{it:?} {} {}", it.issuer(), it.token().issuer)),
    );
    let token = tokens.user("johndoe").scopes("me").claim("diagnosis", "flu").mint();
    let answer = send(&protect(&tokens, routes), bearer("/debug", &token)).await;
    assert!(answer.text().contains("johndoe"), "{}", answer.text());
    assert!(answer.text().ends_with("http://localhost:8000 http://localhost:8000"));
    assert!(!answer.text().contains("flu") && !answer.text().contains("102, 108, 117"));
}

#[tokio::test]
async fn a_principal_on_a_route_without_a_guard_is_our_fault() {
    let (tokens, _) = tokens();
    let app = app(&tokens);
    let token = tokens.user("johndoe").mint();
    for path in ["/open", "/outside"] {
        for request in [get(path), bearer(path, &token)] {
            let answer = send(&app, request).await;
            assert_eq!(answer.status, 500, "{path}");
            assert_eq!(answer.header("content-type"), "application/problem+json", "{path}");
        }
    }
}
