//! What requests can neither get round nor learn: paths, headers, caches.

use axum::routing::get as on_get;
use http::Method;
use scopegate_guard::{Access, Routes};

use crate::harness::{bearer, get, protect, send, service, tokens};

const BEYOND: &str = "must not be reached";

#[tokio::test]
async fn a_challenge_reflects_nothing_of_the_request() {
    let (app, tokens, _) = service();
    let token = tokens.user("johndoe").claim("iss", "r3fl3ct3d").mint();
    let request = bearer("/items/?r3fl3ct3d=1", &token)
        .header("host", "r3fl3ct3d")
        .header("x-forwarded-host", "r3fl3ct3d");
    let answer = send(&app, request).await;
    assert!(!format!("{:?}", answer.headers).contains("r3fl3ct3d"), "BR09 headers");
    assert!(!answer.text().contains("r3fl3ct3d"), "BR09 body");
}

#[tokio::test]
async fn odd_spellings_of_a_path_are_never_open() {
    let (tokens, _) = tokens();
    let routes = Routes::new()
        .route("/users/me", Access::scopes(["me"]), on_get(async || BEYOND))
        .route("/users/{name}/items", Access::scopes(["items"]), on_get(async || BEYOND))
        .route("/files/{*path}", Access::any_token(), on_get(async || BEYOND))
        .either_slash();
    let app = protect(&tokens, routes);
    for path in [
        "//users//me",
        "/users/./me",
        "/users/me/..;/x",
        "/users/%2e%2e/users/me",
        "/users/me//",
        "/Users/Me",
        "/users/me;a=b",
        "/users/me/",
        "/users/m%65",
        "/users/%2e%2e/items",
        "/files/../users/me",
        "/files/%2e%2e/x",
        "/users/me%00",
        "/users/me%2f",
        "/users/me?x#y",
    ] {
        let answer = send(&app, get(path)).await;
        assert!([401, 404].contains(&answer.status.as_u16()), "BR11 {path}: {}", answer.status);
        assert_ne!(answer.text(), BEYOND, "BR11 {path}");
    }
}

#[tokio::test]
async fn headers_of_proxies_and_method_overrides_are_ignored() {
    let (app, ..) = service();
    for (name, value) in [
        ("x-http-method-override", "OPTIONS"),
        ("x-original-url", "/.well-known/oauth-protected-resource"),
        ("x-rewrite-url", "/.well-known/oauth-protected-resource"),
        ("x-forwarded-user", "johndoe"),
        ("x-authenticated-userid", "johndoe"),
    ] {
        let answer = send(&app, get("/items/").header(name, value)).await;
        assert_eq!(answer.status, 401, "BR12 {name}");
    }
}

#[tokio::test]
async fn guarded_answers_are_not_stored() {
    let (app, tokens, _) = service();
    let token = tokens.user("johndoe").mint();
    for (name, path, method, expected) in [
        ("BR14 good", "/status/", Method::GET, "no-store"),
        ("BR14 HEAD", "/status/", Method::HEAD, "no-store"),
        ("BR14 wrong method", "/status/", Method::DELETE, "no-store"),
        ("BR14 the handler's own", "/private/", Method::GET, "private"),
    ] {
        let answer = send(&app, bearer(path, &token).method(method)).await;
        assert_eq!(answer.header("cache-control"), expected, "{name}");
    }
}

#[tokio::test]
async fn long_tokens_are_read_up_to_sixteen_kibibytes() {
    let (app, tokens, _) = service();
    let padded = |bytes: usize| tokens.user("johndoe").claim("x", "x".repeat(bytes)).mint();
    for (name, token, expected) in [
        ("JW27 8 KiB", padded(6 * 1024), 200),
        ("JW27 64 KiB", padded(48 * 1024), 401),
        ("JW27 1 MiB", padded(768 * 1024), 401),
        ("JW27 1 MiB of one letter", "x".repeat(1024 * 1024), 401),
    ] {
        assert_eq!(send(&app, bearer("/status/", &token)).await.status, expected, "{name}");
    }
}
