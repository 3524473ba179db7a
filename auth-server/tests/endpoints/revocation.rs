//! `POST /revoke` (RFC 7009).

use std::time::Duration;

use axum::http::{Request, header};
use scopegate_store::changes::{self, ChangeKind};

use crate::api::{Api, basic, form_to, in_form};

#[tokio::test]
async fn a_refresh_token_takes_its_whole_family_along() {
    let api = Api::start().await;
    let tokens = api.login_at("web", "me").await;
    let more = format!("grant_type=refresh_token&refresh_token={}", tokens.refresh);
    let later = api.post_as("web", "/token", &more).await.tokens();
    let answer = api.post_as("web", "/revoke", &format!("token={}", later.refresh)).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, ""), "RV01");
    assert_eq!(answer.header("cache-control"), "no-store", "RV01");
    for access in [&tokens.access, &later.access] {
        assert!(!api.is_active("web", access).await, "RV01");
    }
    assert!(!api.refreshes("web", &later.refresh).await, "RV01");
}

#[tokio::test]
async fn an_access_token_goes_alone() {
    let api = Api::start().await;
    let tokens = api.login_at("web", "me").await;
    let answer = api.post_as("web", "/revoke", &format!("token={}", tokens.access)).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, ""), "RV02");
    assert!(!api.is_active("web", &tokens.access).await, "RV02");
    assert!(api.is_active("web", &tokens.refresh).await, "RV02");
    assert!(api.refreshes("web", &tokens.refresh).await, "RV02");
}

#[tokio::test]
async fn a_clients_own_token_can_be_revoked_too() {
    let api = Api::start().await;
    let ask = "grant_type=client_credentials";
    let token = api.post_as("machine", "/token", ask).await.tokens().access;
    assert!(api.is_active("machine", &token).await);
    assert_eq!(api.post_as("machine", "/revoke", &format!("token={token}")).await.status, 200);
    assert!(!api.is_active("machine", &token).await);
}

#[tokio::test]
async fn a_public_client_revokes_by_its_id() {
    let api = Api::start().await;
    let token = api.server.login("me").await.refresh_token();
    let answer = api.post("/revoke", &format!("client_id=first-party&token={token}")).await;
    assert_eq!(answer.status, 200, "RFC 7009 §2.1");
    let refresh = format!("grant_type=refresh_token&client_id=first-party&refresh_token={token}");
    assert_eq!(api.post("/token", &refresh).await.verdict(), (400, "invalid_grant".to_owned()));
}

#[tokio::test]
async fn a_token_that_is_good_for_nothing_is_revoked_already() {
    let api = Api::start().await;
    let old = api.login_at("web", "me").await;
    api.server.advance(Duration::from_hours(24 * 31));
    let gone = api.login_at("web", "me").await;
    for token in [&gone.access, &gone.refresh] {
        assert_eq!(api.post_as("web", "/revoke", &format!("token={token}")).await.status, 200);
    }
    for (row, token) in [
        ("RV03 unknown", "0123456789012345678901234567890123456789012"),
        ("RV03 malformed", "%20%00%22"),
        ("RV03 three dots", "a.b.c.d"),
        ("RV03 no JWT", "a.b.c"),
        ("RV03 expired access token", &old.access),
        ("RV03 expired refresh token", &old.refresh),
        ("RV03 revoked access token", &gone.access),
        ("RV03 revoked refresh token", &gone.refresh),
        ("RV03 another's signature", &format!("{}A", &gone.access[..gone.access.len() - 1])),
    ] {
        let answer = api.post_as("web", "/revoke", &format!("token={token}")).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, ""), "{row}");
    }
    let huge = "x".repeat(1 << 20);
    let answer = api.post_as("web", "/revoke", &format!("token={huge}")).await;
    assert_eq!(answer.status, 413, "RV03 1 MiB");
}

#[tokio::test]
async fn a_token_revoked_twice_is_told_once() {
    let api = Api::start().await;
    let token = api.login_at("web", "me").await.access;
    for _ in 0..2 {
        assert_eq!(api.post_as("web", "/revoke", &format!("token={token}")).await.status, 200);
    }
    let mut conn = api.server.app.store.read().await.unwrap();
    let told = changes::since(&mut conn, 0, 1000).await.unwrap();
    let told: Vec<_> = told.iter().filter(|change| change.kind == ChangeKind::Token).collect();
    assert_eq!(told.len(), 1);
    let leeway = Duration::from_mins(30) + Duration::from_secs(5);
    assert_eq!(
        told[0].until,
        Some(api.server.now().plus(leeway)),
        "as long as a verifier takes it"
    );
}

#[tokio::test]
async fn a_spent_refresh_token_still_ends_its_family() {
    let api = Api::start().await;
    let spent = api.login_at("web", "me").await.refresh;
    let form = format!("grant_type=refresh_token&refresh_token={spent}");
    let live = api.post_as("web", "/token", &form).await.tokens();
    assert_eq!(api.post_as("web", "/revoke", &format!("token={spent}")).await.status, 200);
    assert!(!api.is_active("web", &live.access).await);
    assert!(!api.refreshes("web", &live.refresh).await);
}

#[tokio::test]
async fn rv04_nothing_is_acknowledged_while_the_store_is_away() {
    let api = Api::start().await;
    let tokens = api.login_at("web", "me").await;
    api.server.app.store.close().await;
    for token in [tokens.access, tokens.refresh] {
        let answer = api.post_as("web", "/revoke", &format!("token={token}")).await;
        assert_eq!(answer.verdict(), (503, "temporarily_unavailable".to_owned()));
        assert!(answer.header("retry-after").parse::<u32>().unwrap() > 0);
    }
}

#[tokio::test]
async fn rv05_a_client_that_does_not_prove_who_it_is_revokes_nothing() {
    let api = Api::start().await;
    let tokens = api.login_at("web", "me").await;
    for (row, form) in [
        ("no client", ""),
        ("its id alone", "client_id=web"),
        ("a wrong secret", "client_id=web&client_secret=wrong"),
        ("an unknown client", "client_id=nobody"),
        ("a public client with a secret", "client_id=first-party&client_secret=x"),
    ] {
        let answer = api.post("/revoke", &format!("token={}&{form}", tokens.refresh)).await;
        assert_eq!(answer.verdict(), (401, "invalid_client".to_owned()), "RV05 {row}");
        assert!(answer.header("www-authenticate").starts_with("Basic realm=\""), "RV05 {row}");
    }
    assert!(api.is_active("web", &tokens.access).await, "RV05");
    let form = format!("token={}&{}", tokens.refresh, in_form("web"));
    assert_eq!(api.post("/revoke", &form).await.status, 200, "client_secret_post");
    assert!(!api.is_active("web", &tokens.access).await);
}

#[tokio::test]
async fn rv06_another_clients_token_stays_as_it_is() {
    let api = Api::start().await;
    let tokens = api.login_at("web", "me").await;
    for (client, form) in [("rival", ""), ("api", ""), ("", "&client_id=other")] {
        for token in [&tokens.access, &tokens.refresh] {
            let form = format!("token={token}{form}");
            let answer = match client {
                "" => api.post("/revoke", &form).await,
                client => api.post_as(client, "/revoke", &form).await,
            };
            assert_eq!((answer.status, answer.body.as_str()), (200, ""), "RV06 {client}");
        }
    }
    assert!(api.is_active("web", &tokens.access).await, "RV06");
    assert!(api.refreshes("web", &tokens.refresh).await, "RV06");
}

#[tokio::test]
async fn rv07_a_wrong_hint_changes_nothing() {
    let api = Api::start().await;
    for hint in ["access_token", "refresh_token", "foo", ""] {
        let tokens = api.login_at("web", "me").await;
        let form = |token: &str| format!("token={token}&token_type_hint={hint}");
        assert_eq!(api.post_as("web", "/revoke", &form(&tokens.access)).await.status, 200);
        assert!(!api.is_active("web", &tokens.access).await, "RV07 {hint}");
        assert_eq!(api.post_as("web", "/revoke", &form(&tokens.refresh)).await.status, 200);
        assert!(!api.refreshes("web", &tokens.refresh).await, "RV07 {hint}");
    }
}

#[tokio::test]
async fn rv08_a_request_carries_one_token_in_its_body() {
    let api = Api::start().await;
    let as_web =
        |request: axum::http::request::Builder| request.header(header::AUTHORIZATION, basic("web"));
    for (row, request, body, expected) in [
        ("no token", form_to("/revoke"), "", (400, "invalid_request")),
        ("an empty token", form_to("/revoke"), "token=", (400, "invalid_request")),
        ("token twice", form_to("/revoke"), "token=a&token=a", (400, "invalid_request")),
        ("in the query", form_to("/revoke?token=a"), "", (400, "invalid_request")),
        ("no form", Request::post("/revoke"), "token=a", (400, "invalid_request")),
        ("GET", Request::get("/revoke?token=a"), "", (405, "")),
    ] {
        let answer = api.send(as_web(request), body).await;
        assert_eq!(answer.verdict(), (expected.0, expected.1.to_owned()), "RV08 {row}");
    }
}
