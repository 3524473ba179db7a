//! Who a handler sees.

use axum::{Router, routing::get as on_get};
use scopegate_guard::{Access, Principal, Routes, User, testing::TestTokens};

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

fn app(tokens: &TestTokens) -> Router {
    let routes = Routes::new()
        .route("/who", Access::any_token(), on_get(who))
        .route("/me", Access::scopes(["me"]), on_get(me))
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
