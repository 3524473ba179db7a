//! The document says what the routes do.

use axum::routing::get as on_get;
use http::Method;
use scopegate_guard::{Access, Routes, openapi::Mismatch};
use serde_json::{Value, json};
use utoipa::OpenApi;

/// The present user.
#[utoipa::path(get, path = "/users/me/", responses((status = 200), (status = 401, description = "our own words")))]
async fn me() {}

#[utoipa::path(get, path = "/users/me/items/", responses((status = 200)))]
async fn items() {}

#[utoipa::path(post, path = "/users/me/items/", responses((status = 201)))]
async fn add_item() {}

#[utoipa::path(get, path = "/status", responses((status = 200)))]
async fn status() {}

#[utoipa::path(get, path = "/health/live", responses((status = 200)))]
async fn live() {}

#[utoipa::path(get, path = "/files/{path}", responses((status = 200)))]
async fn file() {}

#[utoipa::path(get, path = "/notes", responses((status = 200)))]
async fn notes() {}

#[utoipa::path(get, path = "/news", responses((status = 200)))]
async fn news() {}

#[derive(OpenApi)]
#[openapi(paths(me, items, add_item, status, live, file, notes, news))]
struct Document;

fn routes() -> Routes {
    let items_access = Access::scopes(["items"]).also_for(Method::POST, ["write"]);
    let user = Routes::new().route("/", Access::any_token(), on_get(me)).route(
        "/items/",
        items_access,
        on_get(items).post(add_item),
    );
    Routes::new()
        .route("/status/", Access::any_token(), on_get(status))
        .route("/notes", Access::scopes(["me"]).and(Access::any_of(["r", "w"])), on_get(notes))
        .route("/news", Access::optional(), on_get(news))
        .route("/health/live", Access::open(), on_get(live))
        .route("/files/{*path}", Access::any_token(), on_get(file))
        .nest("/users/me", Access::scopes(["me"]), user)
        .either_slash()
}

fn secured() -> Value {
    let mut document = Document::openapi();
    routes().secure(&mut document, "oauth2");
    // A second time changes nothing.
    routes().secure(&mut document, "oauth2");
    serde_json::to_value(document).unwrap()
}

#[test]
fn security_is_what_the_routes_require() {
    let document = secured();
    for (path, method, security, description) in [
        ("/users/me/", "get", json!([{"oauth2": ["me"]}]), Some("Requires the scope `me`.")),
        (
            "/users/me/items/",
            "get",
            json!([{"oauth2": ["items", "me"]}]),
            Some("Requires the scopes `items` and `me`."),
        ),
        (
            "/users/me/items/",
            "post",
            json!([{"oauth2": ["items", "me", "write"]}]),
            Some("Requires the scopes `items`, `me` and `write`."),
        ),
        ("/status", "get", json!([{"oauth2": []}]), Some("Requires any valid token.")),
        ("/files/{path}", "get", json!([{"oauth2": []}]), Some("Requires any valid token.")),
        (
            "/notes",
            "get",
            json!([{"oauth2": ["me", "r"]}, {"oauth2": ["me", "w"]}]),
            Some("Requires the scope `me`, and one of `r`, `w`."),
        ),
        ("/news", "get", json!([{"oauth2": []}, {}]), Some("A token is optional.")),
        ("/health/live", "get", json!([]), None),
    ] {
        let operation = &document["paths"][path][method];
        assert_eq!(operation["security"], security, "{method} {path}");
        assert_eq!(operation["description"].as_str(), description, "{method} {path}");
    }
}

#[test]
fn refusals_are_described_unless_they_are_already() {
    let document = secured();
    let responses = |path: &str| document["paths"][path]["get"]["responses"].clone();
    assert_eq!(responses("/users/me/")["401"]["description"], "our own words");
    assert!(responses("/users/me/")["403"]["content"]["application/problem+json"].is_object());
    assert!(responses("/status")["401"].is_object());
    assert!(responses("/status")["403"].is_null());
    assert!(responses("/news")["401"].is_object());
    assert!(responses("/news")["403"].is_null());
    assert!(responses("/health/live")["401"].is_null());
}

#[test]
fn document_and_routes_are_compared_both_ways() {
    let document = Document::openapi();
    assert_eq!(routes().compare(&document), []);
    let more = routes().route("/hidden", Access::any_token(), on_get(status)).route(
        "/docs",
        Access::open(),
        on_get(status),
    );
    assert_eq!(more.compare(&document), [Mismatch::Undocumented("/hidden".to_owned())]);
    let fewer: Routes = Routes::new().merge(routes()).route("/x", Access::open(), on_get(live));
    let mut longer = document;
    let item = longer.paths.paths["/status"].clone();
    longer.paths.paths.insert("/gone".to_owned(), item);
    assert_eq!(fewer.compare(&longer), [Mismatch::Unserved("/gone".to_owned())]);
}
