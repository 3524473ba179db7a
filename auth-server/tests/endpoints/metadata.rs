//! The metadata (RFC 8414): exactly what is on, found out by trying it.

use axum::http::Request;
use serde_json::{Value, json};

use crate::api::{Api, basic, form_to, in_form};

const METADATA: &str = "/.well-known/oauth-authorization-server";

/// The path of an endpoint that the metadata names.
fn path(metadata: &Value, name: &str) -> String {
    let url = metadata[name].as_str().unwrap_or_else(|| panic!("{name}: {metadata}"));
    url.strip_prefix("http://localhost:8000").expect("below the issuer").to_owned()
}

fn words<'a>(metadata: &'a Value, name: &str) -> Vec<&'a str> {
    metadata[name].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect()
}

#[tokio::test]
async fn md02_the_metadata_says_what_is_on() {
    let api = Api::start().await;
    let answer = api.get(METADATA).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"));
    assert_eq!(answer.header("cache-control"), "public, max-age=300");
    let expected = json!({
        "issuer": "http://localhost:8000",
        "authorization_endpoint": "http://localhost:8000/authorize",
        "token_endpoint": "http://localhost:8000/token",
        "revocation_endpoint": "http://localhost:8000/revoke",
        "introspection_endpoint": "http://localhost:8000/introspect",
        "jwks_uri": "http://localhost:8000/.well-known/jwks.json",
        "scopes_supported": ["admin", "items", "me"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported":
            ["authorization_code", "client_credentials", "password", "refresh_token"],
        "token_endpoint_auth_methods_supported":
            ["client_secret_basic", "client_secret_post", "none"],
        "revocation_endpoint_auth_methods_supported":
            ["client_secret_basic", "client_secret_post", "none"],
        "introspection_endpoint_auth_methods_supported":
            ["client_secret_basic", "client_secret_post"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
    });
    assert_eq!(answer.json(), expected);
}

#[tokio::test]
async fn a_database_that_is_away_costs_the_list_of_scopes_only() {
    let api = Api::start().await;
    api.server.app.store.close().await;
    let answer = api.get(METADATA).await;
    assert_eq!((answer.status, answer.header("cache-control")), (200, "no-store"));
    let metadata = answer.json();
    assert_eq!(metadata["issuer"], "http://localhost:8000");
    assert!(metadata.get("scopes_supported").is_none(), "MD02 no array is empty");
}

#[tokio::test]
async fn md03_every_endpoint_that_is_named_is_there() {
    let api = Api::start().await;
    let metadata = api.get(METADATA).await.json();
    for (name, method, expected) in [
        ("authorization_endpoint", "GET", 400),
        ("token_endpoint", "POST", 400),
        ("revocation_endpoint", "POST", 400),
        ("introspection_endpoint", "POST", 400),
        ("jwks_uri", "GET", 200),
    ] {
        let path = path(&metadata, name);
        let request = if method == "GET" { Request::get(&path) } else { form_to(&path) };
        assert_eq!(api.send(request, "").await.status, expected, "MD03 {name}");
    }
    let named = metadata.as_object().unwrap().iter();
    let urls = named.filter(|(name, value)| *name != "issuer" && value.is_string()).count();
    assert_eq!(urls, 5, "MD03 an endpoint that is not tried: {metadata}");
}

#[tokio::test]
async fn md03_every_grant_type_that_is_named_is_on_and_no_other() {
    let api = Api::start().await;
    let metadata = api.get(METADATA).await.json();
    let named = words(&metadata, "grant_types_supported");
    for grant_type in [
        "authorization_code",
        "client_credentials",
        "implicit",
        "password",
        "refresh_token",
        "urn:ietf:params:oauth:grant-type:device_code",
        "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "urn:ietf:params:oauth:grant-type:saml2-bearer",
        "urn:ietf:params:oauth:grant-type:token-exchange",
        "urn:openid:params:grant-type:ciba",
        "Password",
    ] {
        let answer = api.post_as("web", "/token", &format!("grant_type={grant_type}")).await;
        let refused = answer.verdict() == (400, "unsupported_grant_type".to_owned());
        assert_eq!(!refused, named.contains(&grant_type), "MD03 {grant_type}: {answer:?}");
    }
}

#[tokio::test]
async fn md03_every_way_to_authenticate_that_is_named_works_and_no_other() {
    let api = Api::start().await;
    let metadata = api.get(METADATA).await.json();
    for (name, form) in [
        ("token_endpoint", "grant_type=refresh_token&refresh_token=x"),
        ("revocation_endpoint", "token=x"),
        ("introspection_endpoint", "token=x"),
    ] {
        let path = path(&metadata, name);
        let named = metadata[format!("{name}_auth_methods_supported")].to_string();
        for (method, authorization, more) in [
            ("client_secret_basic", Some(basic("web")), String::new()),
            ("client_secret_post", None, in_form("web")),
            ("none", None, "client_id=first-party".to_owned()),
            ("client_secret_jwt", None, assertion("web")),
            ("private_key_jwt", None, assertion("web")),
            ("tls_client_auth", None, "client_id=web".to_owned()),
        ] {
            let request = authorization
                .iter()
                .fold(form_to(&path), |request, value| request.header("authorization", value));
            let answer = api.send(request, &format!("{form}&{more}")).await;
            let accepted = answer.status != 401;
            let promised = named.contains(&format!("\"{method}\""));
            assert_eq!(accepted, promised, "MD03 {name} {method}: {answer:?}");
        }
    }
}

/// What a client sends that would rather sign than tell its secret (RFC 7523 §2.2).
fn assertion(client: &str) -> String {
    let kind = "urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer";
    format!("client_id={client}&client_assertion_type={kind}&client_assertion=a.b.c")
}

#[tokio::test]
async fn md05_a_shared_key_is_never_published() {
    let api = Api::start().await;
    let answer = api.get("/.well-known/jwks.json").await;
    assert_eq!((answer.status, answer.body.as_str()), (200, r#"{"keys":[]}"#));
    assert_eq!(answer.header("cache-control"), "public, max-age=300");
}
