//! Several issuers: each with its own keys, none able to speak for another.

use axum::{Router, routing::get as on_get};
use http::Extensions;
use scopegate_guard::{
    Access, Guard, GuardError, Keys, METADATA_PATH, Principal, Routes, SharedKeys, Standing,
    SubjectCheck, Unavailable, Verified, async_trait, testing::TestTokens,
};
use serde_json::json;

use crate::harness::{RESOURCE, bearer, get, send};

const STAFF: &str = "https://staff.example";
const CUSTOMERS: &str = "https://customers.example/realms/eu";

fn tokens(issuer: &str, key: &str) -> TestTokens {
    let keys = SharedKeys::parse(key.repeat(32).as_bytes()).unwrap();
    TestTokens::new(issuer, RESOURCE).with_keys(keys)
}

/// Tokens of both issuers, and a service that trusts both and says who somebody is.
fn world() -> (TestTokens, TestTokens, Router) {
    let (staff, customers) = (tokens(STAFF, "s"), tokens(CUSTOMERS, "c"));
    let guard = staff.guard().trust(CUSTOMERS, customers.keys()).build().unwrap();
    let who = async |it: Principal| format!("{} of {}", it.subject(), it.issuer());
    let routes = Routes::new().route("/who", Access::any_token(), on_get(who));
    (staff, customers, guard.protect(routes))
}

#[tokio::test]
async fn each_issuer_vouches_for_its_own_tokens_only() {
    let (staff, customers, app) = world();
    let of_customers = |tokens: &TestTokens| tokens.user("john").claim("iss", CUSTOMERS).mint();
    let third = tokens("https://third.example", "s");
    for (name, token, expected) in [
        ("the first", staff.user("john").mint(), Ok(STAFF)),
        ("the second", customers.user("john").mint(), Ok(CUSTOMERS)),
        ("the second's name by the first's key", of_customers(&staff), Err(401)),
        ("the first's name by the second's key", tokens(STAFF, "c").user("john").mint(), Err(401)),
        ("a third's name by the first's key", third.user("john").mint(), Err(401)),
        ("both names", staff.user("john").claim("iss", json!([STAFF, CUSTOMERS])).mint(), Err(401)),
        ("no name", staff.user("john").without("iss").mint(), Err(401)),
        ("another case", staff.user("john").claim("iss", STAFF.to_uppercase()).mint(), Err(401)),
        ("a slash more", staff.user("john").claim("iss", format!("{STAFF}/")).mint(), Err(401)),
        ("not a JWT", "2YotnFZFEjr1zCsicMWpAA".to_owned(), Err(401)),
        ("longer than any token", "x".repeat(64 * 1024), Err(401)),
    ] {
        let answer = send(&app, bearer("/who", &token)).await;
        match expected {
            Ok(issuer) => assert_eq!(answer.text(), format!("john of {issuer}"), "{name}"),
            Err(status) => assert_eq!(answer.status, status, "RFC 9068 4 {name}"),
        }
    }
}

#[tokio::test]
async fn the_metadata_names_every_issuer() {
    let (.., app) = world();
    let answer = send(&app, get(METADATA_PATH)).await;
    assert_eq!(answer.json()["authorization_servers"], json!([STAFF, CUSTOMERS]), "RFC 9728 2");
}

/// Knows nobody but the John of the staff.
struct StaffOnly;

#[async_trait]
impl SubjectCheck for StaffOnly {
    async fn check(&self, token: &Verified, _: &mut Extensions) -> Result<Standing, Unavailable> {
        let known = (&*token.issuer, token.subject.as_str()) == (STAFF, "john");
        Ok(if known { Standing::Active } else { Standing::Unknown })
    }
}

#[tokio::test]
async fn a_subject_check_tells_namesakes_apart() {
    let (staff, customers) = (tokens(STAFF, "s"), tokens(CUSTOMERS, "c"));
    let builder = staff.guard().trust(CUSTOMERS, customers.keys()).subjects(StaffOnly);
    let routes = Routes::new().route("/", Access::any_token(), on_get(async || ""));
    let app = builder.build().unwrap().protect(routes);
    for (tokens, expected) in [(staff, 200), (customers, 401)] {
        let token = tokens.user("john").mint();
        assert_eq!(send(&app, bearer("/", &token)).await.status, expected);
    }
}

#[tokio::test]
async fn an_issuer_without_keys_holds_up_its_own_tokens_only() {
    let (staff, customers) = (tokens(STAFF, "s"), tokens(CUSTOMERS, "c"));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("customers.key");
    let guard = staff.guard().trust(CUSTOMERS, Keys::file(&path)).build().unwrap();
    let routes = Routes::new().route("/", Access::any_token(), on_get(async || ""));
    let app = guard.protect(routes);
    for (name, request, expected) in [
        ("with keys", bearer("/", &staff.user("john").mint()), 200),
        ("without keys", bearer("/", &customers.user("john").mint()), 503),
        ("no token", get("/"), 401),
    ] {
        assert_eq!(send(&app, request).await.status, expected, "{name}");
    }
    assert!(!guard.is_ready());
    std::fs::write(&path, "c".repeat(32)).unwrap();
    guard.reload().await;
    guard.ready().await;
    assert!(guard.is_ready());
    assert_eq!(send(&app, bearer("/", &customers.user("john").mint())).await.status, 200);
}

#[test]
fn a_guard_says_why_it_cannot_be_built() {
    let keys = || tokens(STAFF, "s").keys();
    let start = || Guard::builder().audience(RESOURCE);
    let issuer = |text: &str| GuardError::Issuer(text.to_owned());
    for (name, builder, expected) in [
        (
            "no audience",
            Guard::builder().issuer(STAFF).keys(keys()),
            GuardError::Missing("audience"),
        ),
        ("no issuer", start(), GuardError::Missing("issuer")),
        ("keys of nobody", start().keys(keys()), GuardError::Missing("issuer")),
        ("no keys", start().issuer(STAFF), GuardError::Missing("keys")),
        (
            "keys of nobody beside others",
            start().keys(keys()).trust(STAFF, keys()),
            GuardError::Missing("issuer"),
        ),
        (
            "one issuer twice",
            start().issuer(STAFF).keys(keys()).trust(STAFF, keys()),
            GuardError::Repeated(STAFF.to_owned()),
        ),
        ("a query", start().trust("https://a.example?x", keys()), issuer("https://a.example?x")),
        ("no URL", start().trust("staff", keys()), issuer("staff")),
        (
            "an audience with a path",
            Guard::builder().audience("https://a.example/v1").trust(STAFF, keys()),
            GuardError::Audience("https://a.example/v1".to_owned()),
        ),
        (
            "a metadata URL that ends a quoted string",
            start().trust(STAFF, keys()).metadata_url("https://a.example/\""),
            GuardError::MetadataUrl("https://a.example/\"".to_owned()),
        ),
    ] {
        assert_eq!(builder.build().err(), Some(expected), "{name}");
    }
}

#[tokio::test]
async fn a_challenge_names_the_metadata_where_a_proxy_serves_it() {
    let url = "https://api.example/v1/.well-known/oauth-protected-resource";
    let guard = tokens(STAFF, "s").guard().metadata_url(url).build().unwrap();
    let routes = Routes::new().route("/", Access::any_token(), on_get(async || ""));
    let answer = send(&guard.protect(routes), get("/")).await;
    let expected = format!("Bearer resource_metadata=\"{url}\"");
    assert_eq!(answer.header("www-authenticate"), expected, "RFC 9728 5.1");
}
