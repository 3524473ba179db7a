//! CORS of the token endpoint (RFC 9700 §2.6): known origins, echoed, without credentials.

use reqwest::Method;

use crate::harness::{Answer, AuthServer, Place, Stack};

const LOGIN: [(&str, &str); 4] =
    [("grant_type", "password"), ("username", "johndoe"), ("password", "secret"), ("scope", "me")];

#[tokio::test]
async fn known_origins_are_echoed_and_no_others() {
    let place = Place::new();
    let auth = AuthServer::start(&place).await;
    for (row, origin, known) in [
        ("CO02 the API's docs page", "http://localhost:8001", true),
        ("CO02 its other spelling", "http://127.0.0.1:8001", true),
        ("CO02 a public client's redirect URI", "https://spa.example", true),
        ("CO02 one on loopback", "http://127.0.0.1:4000", true),
        ("CO03 null", "null", false),
        ("CO03 a longer host", "https://spa.example.evil", false),
        ("CO03 its http twin", "http://spa.example", false),
        ("CO03 a subdomain", "https://x.spa.example", false),
        ("CO03 another port", "https://spa.example:8443", false),
        ("CO03 another case", "https://SPA.example", false),
        ("CO03 a path behind it", "https://spa.example/", false),
        ("CO03 our own issuer", "http://localhost:8000", false),
        ("CO03 another loopback port", "http://localhost:8002", false),
        ("CO03 empty", "", false),
    ] {
        for answer in [preflight(&auth, origin).await, post(&auth, origin).await] {
            let expected = if known { origin } else { "" };
            assert_eq!(answer.header("access-control-allow-origin"), expected, "{row}");
            assert!(answer.headers.get("access-control-allow-credentials").is_none(), "{row}");
            let vary = answer.headers.get_all("vary").iter();
            let vary: Vec<String> = vary
                .map(|value| value.to_str().expect("visible ASCII").to_ascii_lowercase())
                .collect();
            assert!(vary.join(",").contains("origin"), "{row}: {vary:?}");
        }
    }
}

#[tokio::test]
async fn a_preflight_allows_what_a_token_request_needs() {
    let place = Place::new();
    let auth = AuthServer::start(&place).await;
    let answer = preflight(&auth, "https://spa.example").await;
    assert_eq!(answer.status, 200, "CO02");
    assert_eq!(answer.header("access-control-allow-methods"), "POST", "CO02");
    let headers = answer.header("access-control-allow-headers").to_ascii_lowercase();
    for name in ["authorization", "content-type", "x-requested-with"] {
        assert!(headers.contains(name), "CO02: {headers}");
    }
    let refused = auth.post().header("origin", "https://spa.example").form(&LOGIN[..3]);
    let refused = Answer::to(refused.header("authorization", "Basic x")).await;
    assert_eq!(refused.status, 401);
    let origin = refused.header("access-control-allow-origin");
    assert_eq!(origin, "https://spa.example", "CO02: a page reads refusals too");
}

#[tokio::test]
async fn an_origin_is_known_for_as_long_as_its_client() {
    let place = Place::new();
    let auth = AuthServer::start(&place).await;
    let origin = "https://new.example";
    let allowed =
        async || !preflight(&auth, origin).await.header("access-control-allow-origin").is_empty();
    assert!(!allowed().await, "before");
    let add = [
        "client",
        "add",
        "new",
        "--public",
        "--grants",
        "authorization_code",
        "--scopes",
        "me",
        "--redirect-uri",
        "https://new.example/callback",
    ];
    place.run(&add).done();
    assert!(allowed().await, "while it is there");
    place.run(&["client", "delete", "new", "--yes"]).done();
    assert!(!allowed().await, "after");
}

#[tokio::test]
async fn nothing_else_is_open_to_other_origins() {
    let stack = Stack::start().await;
    for path in ["/health/live", "/docs/", "/openapi.json", "/nonsense"] {
        let request = stack.auth.http.get(format!("{}{path}", stack.auth.url));
        let answer = Answer::to(request.header("origin", "https://spa.example")).await;
        let open = answer.headers.keys().find(|name| name.as_str().starts_with("access-control-"));
        assert_eq!(open, None, "CO01 {path}");
    }
}

async fn preflight(auth: &AuthServer, origin: &str) -> Answer {
    let request = auth.http.request(Method::OPTIONS, format!("{}/token", auth.url));
    let request = request
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization,content-type");
    Answer::to(request).await
}

async fn post(auth: &AuthServer, origin: &str) -> Answer {
    Answer::to(auth.post().header("origin", origin).form(&LOGIN)).await
}
