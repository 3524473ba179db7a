//! Bearer tokens at resource-api (RFC 6750, RFC 9728): every case of a guarded route, on every route.

use crate::harness::{
    AUDIENCE, Answer, AuthServer, Forge, ISSUER, Place, ResourceApi, Stack, free_port, kid, now,
    raw,
};

/// Every guarded route with its scopes as the challenge shows them.
const ROUTES: [(&str, &str); 6] = [
    ("/users/me/", "me"),
    ("/users/me", "me"),
    ("/users/me/items/", "items me"),
    ("/users/me/items", "items me"),
    ("/status/", ""),
    ("/status", ""),
];

#[tokio::test]
async fn every_route_answers_every_case_as_the_contract_says() {
    let stack = Stack::start().await;
    let good = stack.auth.login("me items").await.access;
    let forge = Forge::at(&stack.place);
    let disabled = forge.clone().claim("sub", "alice").token();
    let unknown = forge.clone().claim("sub", "nobody").token();
    let expired = forge.clone().claim("exp", now() - 60).token();
    let scopeless = forge.clone().claim("scope", ()).token();
    let bearer = |token: &str| vec![format!("Bearer {token}")];
    let invalid = (401, "Could not validate credentials", Some("error=\"invalid_token\", "));
    for (path, scopes) in ROUTES {
        let missing = if scopes.is_empty() {
            (200, "", None)
        } else {
            (403, "Not enough permissions", Some("error=\"insufficient_scope\", "))
        };
        for (row, headers, (status, detail, challenge)) in [
            ("BR01 no token", vec![], (401, "Not authenticated", Some(""))),
            (
                "BR03 another scheme",
                vec!["Basic a:b".to_owned()],
                (401, "Not authenticated", Some("")),
            ),
            ("BR03 Token", vec!["Token x".to_owned()], (401, "Not authenticated", Some(""))),
            ("a good token", bearer(&good), (200, "", None)),
            ("malformed", bearer("x"), invalid),
            ("expired", bearer(&expired), invalid),
            ("an unknown user", bearer(&unknown), invalid),
            ("BR08 a scope is missing", bearer(&scopeless), missing),
            ("a disabled user", bearer(&disabled), (400, "Inactive user", None)),
            (
                "BR07 two headers",
                vec![format!("Bearer {good}"); 2],
                (400, "Invalid request", Some("error=\"invalid_request\", ")),
            ),
            (
                "BR03 Bearer alone",
                vec!["Bearer".to_owned()],
                (400, "Invalid request", Some("error=\"invalid_request\", ")),
            ),
            (
                "BR03 two tokens",
                bearer(&format!("{good} x")),
                (400, "Invalid request", Some("error=\"invalid_request\", ")),
            ),
            (
                "BR03 a comma",
                bearer(&format!("{good},")),
                (400, "Invalid request", Some("error=\"invalid_request\", ")),
            ),
        ] {
            let row = format!("{path}: {row}");
            let answer = ask(&stack.resource, path, &headers).await;
            assert_eq!(answer.problem(), (status, detail.to_owned()), "{row}");
            let expected = challenge.map(|error| full_challenge(error, status, scopes));
            assert_eq!(answer.header("www-authenticate"), expected.unwrap_or_default(), "{row}");
            assert_eq!(answer.header("cache-control"), "no-store", "BR14 {row}");
            let media = if status == 200 { "application/json" } else { "application/problem+json" };
            assert_eq!(answer.header("content-type"), media, "RFC 9457 {row}");
        }
    }
}

#[tokio::test]
async fn the_token_is_judged_first_then_the_scopes_then_the_user() {
    let stack = Stack::start().await;
    let forge = Forge::at(&stack.place);
    for (row, forge, expected) in [
        (
            "bad token of a disabled user",
            forge.clone().claim("sub", "alice").claim("aud", "x"),
            401,
        ),
        (
            "disabled and without the scope",
            forge.clone().claim("sub", "alice").claim("scope", "items"),
            403,
        ),
        (
            "unknown and without the scope",
            forge.clone().claim("sub", "nobody").claim("scope", "items"),
            403,
        ),
        ("disabled", forge.clone().claim("sub", "alice"), 400),
        ("unknown", forge.clone().claim("sub", "nobody"), 401),
        ("a client that is not there", forge.clone().claim("client_id", "nobody"), 401),
        ("a disabled client", forge.clone().claim("client_id", "closed"), 401),
    ] {
        let answer = stack.resource.ask("/users/me/", &forge.token()).await;
        assert_eq!(answer.status, expected, "{row}: {answer:?}");
    }
}

#[tokio::test]
async fn a_clients_own_token_is_never_a_users() {
    let stack = Stack::start().await;
    let own = Forge::at(&stack.place).claim("sub", "web").claim("client_id", "web").token();
    assert_eq!(stack.resource.ask("/status/", &own).await.status, 200, "RFC 9068 §5");
    for path in ["/users/me/", "/users/me/items/"] {
        let answer = stack.resource.ask(path, &own).await;
        let expected = (401, "Could not validate credentials".to_owned());
        assert_eq!(answer.problem(), expected, "RFC 9700 §4.15: {path}");
    }
}

#[tokio::test]
async fn the_scheme_is_read_without_case_and_the_token_from_the_header_alone() {
    let stack = Stack::start().await;
    let token = stack.auth.login("me").await.access;
    for (row, header, expected) in [
        ("BR02 bearer", format!("bearer {token}"), 200),
        ("BR02 BEARER", format!("BEARER {token}"), 200),
        ("RFC 6750 §2.1 1*SP", format!("Bearer   {token}"), 200),
        ("BR03 a tab", format!("Bearer\t{token}"), 400),
    ] {
        let answer = ask(&stack.resource, "/users/me/", &[header]).await;
        assert_eq!(answer.status, expected, "{row}");
    }
    let query = stack.resource.get(&format!("/users/me/?access_token={token}")).await;
    assert_eq!(query.problem(), (401, "Not authenticated".to_owned()), "BR04 query");
    let form = stack.resource.http.get(format!("{}/users/me/", stack.resource.url));
    let form = Answer::to(form.form(&[("access_token", &token)])).await;
    assert_eq!(form.problem(), (401, "Not authenticated".to_owned()), "BR04 form");
}

#[tokio::test]
async fn a_challenge_leads_to_the_metadata() {
    let place = Place::new();
    let auth = AuthServer::start(&place).await;
    let port = free_port();
    let audience = format!("http://127.0.0.1:{port}");
    let resource = ResourceApi::with(&place, |settings| {
        settings.set("listen", format!("127.0.0.1:{port}")).set("audience", &audience);
    })
    .await;
    let challenge = resource.get("/users/me/items/").await.header("www-authenticate").to_owned();
    let (_, url) = challenge.split_once("resource_metadata=\"").expect("BR10 RFC 9728 §5.1");
    let metadata = Answer::to(resource.http.get(url.trim_end_matches('"'))).await;
    assert_eq!(metadata.status, 200, "BR10");
    assert_eq!(metadata.header("content-type"), "application/json");
    let json = metadata.json();
    assert_eq!(json["resource"], audience);
    assert_eq!(json["authorization_servers"], serde_json::json!([ISSUER]));
    assert_eq!(json["scopes_supported"], serde_json::json!(["items", "me"]));
    drop(auth);
}

#[tokio::test]
async fn no_spelling_of_a_path_and_no_header_opens_a_route() {
    let stack = Stack::start().await;
    for path in [
        "//users//me/",
        "/users//me/",
        "/users/./me/",
        "/x/../users/me/",
        "/users/me/..;/x",
        "/users/me;a=b",
        "/%75sers/me/",
        "/users%2fme/",
        "/users/%2e%2e/users/me/",
        "/USERS/ME/",
        "/users/me//",
        "/users/me/items/../",
        "/users/me/%00",
        "/users/me/?x=/health/live",
        "/health/../users/me/",
        "http://x/users/me/",
        "/docs/../users/me/",
    ] {
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        let answer = raw(&stack.resource.url, request.as_bytes()).await;
        let closed = [400, 401, 404].contains(&answer.status);
        assert!(closed, "BR11 {path}: {answer:?}");
    }
    for header in [
        "X-HTTP-Method-Override: OPTIONS",
        "X-Original-URL: /health/live",
        "X-Rewrite-URL: /health/live",
        "X-Forwarded-User: johndoe",
        "X-Authenticated-Userid: johndoe",
        "X-Forwarded-For: 127.0.0.1",
    ] {
        let request =
            format!("GET /users/me/ HTTP/1.1\r\nHost: x\r\n{header}\r\nConnection: close\r\n\r\n");
        let answer = raw(&stack.resource.url, request.as_bytes()).await;
        assert_eq!(answer.status, 401, "BR12 {header}");
    }
}

#[tokio::test]
async fn other_methods_and_paths_are_problems_too() {
    let stack = Stack::start().await;
    let token = stack.auth.login("me").await.access;
    let unknown = stack.resource.ask("/nonsense", &token).await;
    assert_eq!(unknown.status, 404, "HH05");
    assert_eq!(unknown.header("content-type"), "application/problem+json", "RFC 9457");
    let url = format!("{}/users/me/", stack.resource.url);
    let answer = Answer::to(stack.resource.http.post(url).bearer_auth(&token)).await;
    assert_eq!(answer.status, 405, "RFC 9110 §15.5.6");
    assert!(answer.header("allow").contains("GET"), "RFC 9110 §15.5.6: {answer:?}");
}

#[tokio::test]
async fn an_issued_token_says_what_the_profile_asks() {
    let stack = Stack::start().await;
    let token = stack.auth.login("me items").await.access;
    let segments: Vec<&str> = token.split('.').collect();
    let json = |segment: &str| -> serde_json::Value {
        use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(segment).expect("base64url")).expect("JSON")
    };
    let (header, claims) = (json(segments[0]), json(segments[1]));
    let key = stack.place.shared_key();
    assert_eq!(header["typ"], "at+jwt", "RFC 9068 §2.1");
    assert_eq!(header["alg"], "HS256");
    assert_eq!(header["kid"], kid(&key));
    assert_eq!(claims["iss"], ISSUER, "RFC 9068 §2.2");
    assert_eq!(claims["aud"], AUDIENCE, "RFC 9068 §2.2");
    assert_eq!(claims["sub"], "johndoe", "RFC 9068 §2.2");
    assert_eq!(claims["client_id"], "first-party", "RFC 9068 §2.2");
    assert_eq!(claims["scope"], "items me", "RFC 9068 §2.2.3");
    let number = |name: &str| claims[name].as_i64().unwrap_or_else(|| panic!("{name}: {claims}"));
    assert_eq!(number("exp") - number("iat"), 1800);
    for name in ["jti", "grant_id"] {
        assert_eq!(claims[name].as_str().map(str::len), Some(22), "{name}: 128 bits");
    }
}

async fn ask(resource: &ResourceApi, path: &str, headers: &[String]) -> Answer {
    let mut request = resource.request(path);
    for header in headers {
        request = request.header("authorization", header);
    }
    Answer::to(request).await
}

/// The challenge of RFC 6750 §3: nothing from the request stands in it (BR09).
fn full_challenge(error: &str, status: u16, scopes: &str) -> String {
    let scope = if scopes.is_empty() || status == 400 {
        String::new()
    } else {
        format!("scope=\"{scopes}\", ")
    };
    let metadata = format!("{AUDIENCE}/.well-known/oauth-protected-resource");
    format!("Bearer {error}{scope}resource_metadata=\"{metadata}\"")
}
