//! The check before services that are not routes of ours.

use std::convert::Infallible;

use axum::{Router, body::Bytes, routing::get as on_get};
use http::{Method, Request, Response, header::AUTHORIZATION};
use http_body_util::{BodyExt, Full};
use scopegate_core::scope::Scope;
use scopegate_guard::{Access, Principal};
use serde_json::{Value, json};
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::harness::{METADATA, bearer, get, send, tokens};

type Answer = Response<Full<Bytes>>;

/// A service that knows nothing of axum: its bodies are text, and bytes.
async fn greet(request: Request<&'static str>) -> Result<Answer, Infallible> {
    let who = request.extensions().get::<Principal>();
    let who = who.map_or("nobody", Principal::subject).to_owned();
    Ok(Response::new(Full::from(format!("{} {who}", request.body()))))
}

fn request(token: Option<&str>) -> Request<&'static str> {
    let request = Request::get("/").body("hello").unwrap();
    let Some(token) = token else { return request };
    let (mut parts, body) = request.into_parts();
    parts.headers.insert(AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
    Request::from_parts(parts, body)
}

async fn text(answer: Answer) -> String {
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(body.to_vec()).unwrap()
}

#[tokio::test]
async fn a_service_behind_the_layer_sees_the_principal() {
    let (tokens, _) = tokens();
    let guard = tokens.guard().build().unwrap();
    let token = tokens.user("johndoe").scopes("me").mint();
    for (access, token, expected) in [
        (Access::scopes(["me"]), Some(&token), "hello johndoe"),
        (Access::any_of(["me", "x"]), Some(&token), "hello johndoe"),
        (Access::optional(), Some(&token), "hello johndoe"),
        (Access::optional(), None, "hello nobody"),
        (Access::open(), Some(&token), "hello nobody"),
        (Access::open().also_for(Method::POST, ["x"]), None, "hello nobody"),
    ] {
        let name = access.to_string();
        let service = guard.layer(access).layer(service_fn(greet));
        let answer = service.oneshot(request(token.map(String::as_str))).await.unwrap();
        assert_eq!(text(answer).await, expected, "{name}");
    }
}

#[tokio::test]
async fn the_layer_answers_what_routes_answer() {
    let (tokens, _) = tokens();
    let guard = tokens.guard().build().unwrap();
    let mut service = guard.layer(Access::scopes(["me"])).layer(service_fn(greet));
    let lacking = tokens.user("johndoe").mint();
    for (token, status, detail, challenge) in [
        (None, 401, "Not authenticated", format!(r#"Bearer scope="me", {METADATA}"#)),
        (
            Some("x"),
            401,
            "Could not validate credentials",
            format!(r#"Bearer error="invalid_token", scope="me", {METADATA}"#),
        ),
        (
            Some(lacking.as_str()),
            403,
            "Not enough permissions",
            format!(r#"Bearer error="insufficient_scope", scope="me", {METADATA}"#),
        ),
    ] {
        let answer = service.ready().await.unwrap().call(request(token)).await.unwrap();
        assert_eq!(answer.status(), status);
        assert_eq!(answer.headers()["www-authenticate"], challenge);
        assert_eq!(answer.headers()["cache-control"], "no-store");
        assert_eq!(answer.headers()["content-type"], "application/problem+json");
        let body: Value = serde_json::from_str(&text(answer).await).unwrap();
        assert_eq!(body["detail"], detail);
    }
}

#[tokio::test]
async fn a_whole_axum_router_goes_behind_one_layer() {
    let (tokens, _) = tokens();
    let guard = tokens.guard().build().unwrap();
    let scopes = Scope::parse("me").unwrap();
    let metadata = guard.metadata(&scopes);
    let app = Router::new()
        .route("/me", on_get(async |it: Principal| it.subject().to_owned()))
        .route_layer(guard.layer(Access::scopes(["me"])))
        .route("/metadata", on_get(async move || metadata));
    let token = tokens.user("johndoe").scopes("me").mint();
    assert_eq!(send(&app, get("/me")).await.status, 401);
    assert_eq!(send(&app, bearer("/me", &token)).await.text(), "johndoe");
    let document = send(&app, get("/metadata")).await;
    assert_eq!(document.json()["scopes_supported"], json!(["me"]), "RFC 9728 2");
}

#[tokio::test]
async fn a_layer_inside_another_forgets_a_token_that_was_taken_away() {
    let (tokens, _) = tokens();
    let guard = tokens.guard().build().unwrap();
    let inner = guard.layer(Access::optional()).layer(service_fn(greet));
    let strip = service_fn(move |mut request: Request<&'static str>| {
        request.headers_mut().remove(AUTHORIZATION);
        inner.clone().oneshot(request)
    });
    let outer = guard.layer(Access::any_token()).layer(strip);
    let token = tokens.user("johndoe").mint();
    assert_eq!(text(outer.oneshot(request(Some(&token))).await.unwrap()).await, "hello nobody");
}
