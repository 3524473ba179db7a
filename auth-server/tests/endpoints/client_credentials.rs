//! The client credentials grant (RFC 6749 §4.4): a confidential client asks for itself.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use scopegate_store::clients::{self, ClientChange};
use serde_json::Value;

use crate::api::{Answer, Api, in_form};

const ASK: &str = "grant_type=client_credentials";

fn claims(answer: &Answer) -> Value {
    let token = answer.tokens().access;
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

#[tokio::test]
async fn a_client_is_judged_by_its_secret_its_grants_and_its_scopes() {
    let api = Api::start().await;
    for (row, client, more, status, error) in [
        ("RFC 6749 §4.4.2", "machine", "", 200, ""),
        ("with a scope", "machine", "&scope=items", 200, ""),
        ("CC02 one scope too many", "machine", "&scope=items+admin", 400, "invalid_scope"),
        ("CC02 an unknown scope", "machine", "&scope=nonsense", 400, "invalid_scope"),
        ("RFC 6749 §3.3 no scope token", "machine", "&scope=i%22tems", 400, "invalid_scope"),
        ("CC05 without the grant", "web", "", 400, "unauthorized_client"),
        ("an unknown client", "nobody", "", 401, "invalid_client"),
        ("two ids", "machine", "&client_id=web", 400, "invalid_request"),
    ] {
        let answer = api.post_as(client, "/token", &format!("{ASK}{more}")).await;
        assert_eq!(answer.verdict(), (status, error.to_owned()), "{row}");
        assert_eq!(answer.header("cache-control"), "no-store", "{row}");
    }
    for (row, form, status, error) in [
        ("RFC 6749 §2.3.1 the secret in the form", in_form("machine"), 200, ""),
        ("a wrong secret", "client_id=machine&client_secret=x".into(), 401, "invalid_client"),
        ("its id alone", "client_id=machine".into(), 401, "invalid_client"),
        ("no client", String::new(), 401, "invalid_client"),
        ("a public client", "client_id=first-party".into(), 400, "unauthorized_client"),
    ] {
        let answer = api.post("/token", &format!("{ASK}&{form}")).await;
        assert_eq!(answer.verdict(), (status, error.to_owned()), "{row}");
    }
}

#[tokio::test]
async fn the_token_is_the_clients_own_and_there_is_no_refresh_token() {
    let api = Api::start().await;
    let answer = api.post_as("machine", "/token", &format!("{ASK}&scope=me+items")).await;
    let claims = claims(&answer);
    assert_eq!(
        (claims["sub"].as_str(), claims["client_id"].as_str()),
        (Some("machine"), Some("machine"))
    );
    assert_eq!(claims["scope"], "items me");
    assert_eq!(claims["grant_id"].as_str().map(str::len), Some(22));
    let body = answer.json();
    assert_eq!(body["scope"], "items me");
    assert!(body.get("refresh_token").is_none(), "RFC 6749 §4.4.3: {body}");
}

#[tokio::test]
async fn without_a_scope_the_token_has_none() {
    let api = Api::start().await;
    let answer = api.post_as("machine", "/token", ASK).await;
    assert!(answer.json().get("scope").is_none());
    assert!(claims(&answer).get("scope").is_none());
}

#[tokio::test]
async fn a_public_client_gets_none_whatever_it_is_registered_for() {
    let api = Api::start().await;
    let now = api.server.now();
    let grants = Some(vec!["client_credentials".to_owned()]);
    let change = ClientChange { grants, ..ClientChange::default() };
    api.write(move |conn| {
        Box::pin(async move { clients::set(conn, "first-party", &change, now).await })
    })
    .await;
    let answer = api.post("/token", &format!("{ASK}&client_id=first-party")).await;
    assert_eq!(answer.verdict(), (400, "unauthorized_client".to_owned()));
}
