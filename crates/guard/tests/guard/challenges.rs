//! Each refusal: status, `detail`, challenge (RFC 6750 §3).

use std::time::Duration;

use axum::body::Body;
use http::{Request, header::AUTHORIZATION, request::Builder};
use scopegate_guard::{SharedKeys, testing::TestTokens};
use serde_json::json;
use tower::ServiceExt;

use crate::harness::{METADATA, bearer, get, send, service};

/// Status, `detail`, and the challenge's parameters before `resource_metadata`.
type Refusal = (u16, &'static str, &'static str);

const NO_TOKEN: Refusal = (401, "Not authenticated", r#"scope="items me", "#);
const NO_TOKEN_ANY: Refusal = (401, "Not authenticated", "");
const BAD_TOKEN: Refusal =
    (401, "Could not validate credentials", r#"error="invalid_token", scope="items me", "#);
const LACKS_SCOPE: Refusal =
    (403, "Not enough permissions", r#"error="insufficient_scope", scope="items me", "#);
const MALFORMED: Refusal = (400, "Invalid request", r#"error="invalid_request", "#);

/// What stands in the header, without a token that could be good.
fn headers() -> Vec<(&'static str, Builder, Refusal)> {
    let with = |value: &str| get("/items/").header(AUTHORIZATION, value);
    vec![
        ("BR01 no header", get("/items/"), NO_TOKEN),
        ("BR01 a route of any token", get("/status/"), NO_TOKEN_ANY),
        ("BR03 Basic", with("Basic eDp5"), NO_TOKEN),
        ("BR03 Token", with("Token x"), NO_TOKEN),
        ("BR03 Bearer alone", with("Bearer"), MALFORMED),
        ("BR03 two words", with("Bearer x y"), MALFORMED),
        ("BR03 a comma", with("Bearer x,"), MALFORMED),
        ("BR03 two spaces", with("Bearer  x"), BAD_TOKEN),
        ("JW26 not a JWS", with("Bearer abc"), BAD_TOKEN),
    ]
}

/// Signed tokens that are not for this route, or not sent as they must be.
fn signed(tokens: &TestTokens) -> Vec<(&'static str, Builder, Refusal)> {
    let token = |token: String| bearer("/items/", &token);
    let holds = |scope: &str| token(tokens.user("johndoe").scopes(scope).mint());
    let user = || tokens.user("johndoe").scopes("me items");
    let good = user().mint();
    let twice = format!("Bearer {good}");
    let other = SharedKeys::parse(b"another key for tests, of another server").unwrap();
    let foreign = tokens.clone().with_keys(other);
    let bound = user().claim("cnf", json!({"jkt": "x"}));
    vec![
        ("BR04 query", get(&format!("/items/?access_token={good}")), NO_TOKEN),
        ("BR07 twice", token(good.clone()).header(AUTHORIZATION, twice), MALFORMED),
        ("BR07 Basic beside", token(good).header(AUTHORIZATION, "Basic eDp5"), MALFORMED),
        ("BR08 no scope", holds(""), LACKS_SCOPE),
        ("BR08 one of two", holds("me"), LACKS_SCOPE),
        ("BR08 another case", holds("ME ITEMS"), LACKS_SCOPE),
        ("JW09 key", token(foreign.user("johndoe").scopes("me items").mint()), BAD_TOKEN),
        ("JW16 expired", token(user().claim("exp", 1_799_999_994).mint()), BAD_TOKEN),
        ("JW18 not yet", token(user().claim("nbf", 1_800_000_006).mint()), BAD_TOKEN),
        ("JW20 audience", token(user().claim("aud", json!(["x"])).mint()), BAD_TOKEN),
        ("JW33 bound to a key", token(bound.mint()), BAD_TOKEN),
        ("RFC 9068 4 issuer", token(user().claim("iss", "http://x").mint()), BAD_TOKEN),
        ("RFC 9068 4 no expiry", token(user().without("exp").mint()), BAD_TOKEN),
    ]
}

#[tokio::test]
async fn each_refusal_is_answered_as_the_table_says() {
    let (app, tokens, _) = service();
    for (name, request, (status, detail, own)) in headers().into_iter().chain(signed(&tokens)) {
        let answer = send(&app, request).await;
        assert_eq!(answer.status, status, "{name}");
        let title = answer.status.canonical_reason().unwrap();
        let body =
            json!({"type": "about:blank", "title": title, "status": status, "detail": detail});
        assert_eq!(answer.json(), body, "{name}");
        assert_eq!(answer.header("content-type"), "application/problem+json", "{name}");
        assert_eq!(answer.header("cache-control"), "no-store", "BR14 {name}");
        let challenge = format!("Bearer {own}{METADATA}");
        assert_eq!(answer.header("www-authenticate"), challenge, "BR09 {name}");
    }
}

#[tokio::test]
async fn the_scheme_is_read_in_any_case() {
    let (app, tokens, _) = service();
    let token = tokens.user("johndoe").mint();
    for (name, scheme) in [("RFC 6750 2.1", "Bearer "), ("BR02", "bearer "), ("BR02", "BEARER   ")]
    {
        let request = get("/status/").header(AUTHORIZATION, format!("{scheme}{token}"));
        assert_eq!(send(&app, request).await.status, 200, "{name} {scheme}");
    }
}

#[tokio::test]
async fn a_form_is_not_read() {
    let (app, tokens, _) = service();
    let body = format!("access_token={}", tokens.user("johndoe").mint());
    let request = Request::post("/status/")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(body))
        .unwrap();
    let response = app.oneshot(request).await.unwrap();
    assert_eq!(response.status(), 401, "BR04 RFC 9700 4.3.2");
}

#[tokio::test]
async fn a_token_expires_while_the_clock_moves_on() {
    let (app, tokens, clock) = service();
    let token = tokens.user("johndoe").expires_in(Duration::from_mins(1)).mint();
    for (name, by, expected) in
        [("JW16 fresh", 0, 200), ("JW16 leeway", 64, 200), ("JW16 past", 1, 401)]
    {
        clock.advance(Duration::from_secs(by));
        assert_eq!(send(&app, bearer("/status/", &token)).await.status, expected, "{name}");
    }
}
