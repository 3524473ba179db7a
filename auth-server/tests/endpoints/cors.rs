//! Which endpoints a page of another origin may use (RFC 9700 §2.6).

use axum::http::{Request, request::Builder};
use scopegate_store::clients::{self, ClientChange};

use crate::api::{Answer, Api, form_to};

const ORIGIN: &str = "access-control-allow-origin";

/// Gives the public client `first-party` a page at `https://spa.example`.
async fn with_spa() -> Api {
    let api = Api::start().await;
    let now = api.server.now();
    let redirect_uris = Some(vec!["https://spa.example/callback".to_owned()]);
    let change = ClientChange { redirect_uris, ..ClientChange::default() };
    api.write(move |conn| {
        Box::pin(async move { clients::set(conn, "first-party", &change, now).await })
    })
    .await;
    api
}

fn preflight(path: &str, origin: &str, method: &str) -> Builder {
    Request::options(path)
        .header("origin", origin)
        .header("access-control-request-method", method)
        .header("access-control-request-headers", "authorization,content-type")
}

/// Both questions of a browser: the preflight, and the request itself.
async fn both(api: &Api, path: &str, origin: &str) -> [Answer; 2] {
    [
        api.send(preflight(path, origin, "POST"), "").await,
        api.send(form_to(path).header("origin", origin), "token=x&client_id=first-party").await,
    ]
}

#[tokio::test]
async fn token_and_revocation_are_open_to_known_origins() {
    let api = with_spa().await;
    for path in ["/token", "/revoke"] {
        for (row, origin, known) in [
            ("CO02 of a public client", "https://spa.example", true),
            ("CO02 of the audience", "http://localhost:8001", true),
            ("CO02 its other spelling", "http://127.0.0.1:8001", true),
            ("CO03 null", "null", false),
            ("CO03 a longer name", "https://spa.example.evil", false),
            ("CO03 the http twin", "http://spa.example", false),
            ("CO03 a subdomain", "https://a.spa.example", false),
            ("CO03 another port", "https://spa.example:8443", false),
        ] {
            for answer in both(&api, path, origin).await {
                let expected = if known { origin } else { "" };
                assert_eq!(answer.header(ORIGIN), expected, "{row} {path}");
                assert_eq!(answer.header("access-control-allow-credentials"), "", "{row} {path}");
                assert!(answer.header("vary").contains("origin"), "{row} {path}: {answer:?}");
            }
        }
    }
}

#[tokio::test]
async fn co04_public_documents_are_open_to_every_origin() {
    let api = with_spa().await;
    for path in ["/.well-known/oauth-authorization-server", "/.well-known/jwks.json"] {
        for origin in ["https://spa.example", "https://anyone.example", "null"] {
            let asked = api.send(preflight(path, origin, "GET"), "").await;
            assert_eq!(asked.status, 200, "CO04 {path}");
            assert_eq!(asked.header("access-control-allow-headers"), "*", "CO04 {path}");
            let read = api.send(Request::get(path).header("origin", origin), "").await;
            for answer in [asked, read] {
                assert_eq!(answer.header(ORIGIN), "*", "CO04 {path}");
                assert_eq!(answer.header("access-control-allow-credentials"), "", "CO04 {path}");
            }
        }
    }
}

#[tokio::test]
async fn co01_everything_else_is_closed_to_every_origin() {
    let api = with_spa().await;
    for path in
        ["/introspect", "/authorize", "/login", "/logout", "/account", "/docs/", "/nonsense"]
    {
        for origin in ["https://spa.example", "http://localhost:8001"] {
            let read = api.send(Request::get(path).header("origin", origin), "").await;
            let [asked, sent] = both(&api, path, origin).await;
            for answer in [read, asked, sent] {
                let open =
                    answer.headers.keys().find(|name| name.as_str().starts_with("access-control-"));
                assert_eq!(open, None, "CO01 {path}");
            }
        }
    }
}
