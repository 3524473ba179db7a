//! `POST /introspect` (RFC 7662).

use std::time::Duration;

use axum::http::{Request, header};
use scopegate_core::{claims::Claims, scope::Scope};
use scopegate_store::{clients, grants, users};
use serde_json::{Value, json};

use crate::api::{Api, basic, form_to, in_form};

fn inactive() -> Value {
    json!({ "active": false })
}

#[tokio::test]
async fn in02_a_resource_server_is_told_everything_about_an_access_token() {
    let api = Api::start().await;
    let token = api.login_at("web", "me items").await.access;
    let now = api.server.now().seconds();
    let mut found = api.introspect("api", &token).await;
    let jti = found.as_object_mut().unwrap().remove("jti").unwrap();
    assert_eq!(jti.as_str().map(str::len), Some(22));
    let expected = json!({
        "active": true,
        "scope": "items me",
        "client_id": "web",
        "username": "johndoe",
        "sub": "johndoe",
        "exp": now + 1800,
        "iat": now,
        "iss": "http://localhost:8000",
        "aud": "http://localhost:8001",
        "token_type": "bearer",
    });
    assert_eq!(found, expected);
}

#[tokio::test]
async fn an_answer_is_never_kept() {
    let api = Api::start().await;
    let token = api.login_at("web", "me").await.access;
    for token in [token.as_str(), "unknown"] {
        let answer = api.post_as("api", "/introspect", &format!("token={token}")).await;
        assert_eq!(answer.header("cache-control"), "no-store", "RFC 7662 §4");
        assert_eq!(answer.header("content-type"), "application/json");
    }
}

#[tokio::test]
async fn in01_only_a_confidential_client_may_ask() {
    let api = Api::start().await;
    let token = api.server.login("me").await.body["access_token"].as_str().unwrap().to_owned();
    for (row, form) in [
        ("no client", ""),
        ("a wrong secret", "client_id=api&client_secret=wrong"),
        ("its id alone", "client_id=api"),
        ("a public client", "client_id=first-party"),
        ("an unknown client", "client_id=nobody&client_secret=wrong"),
    ] {
        let answer = api.post("/introspect", &format!("token={token}&{form}")).await;
        assert_eq!(answer.verdict(), (401, "invalid_client".to_owned()), "IN01 {row}");
        assert!(answer.header("www-authenticate").starts_with("Basic realm=\""), "IN01 {row}");
    }
    let answer = api.post("/introspect", &format!("token={token}&{}", in_form("api"))).await;
    assert_eq!(answer.json()["active"], true, "client_secret_post");
}

#[tokio::test]
async fn in08_each_client_is_told_what_concerns_it() {
    let api = Api::start().await;
    let tokens = api.login_at("web", "me").await;
    for (row, client, token, active) in [
        ("its own access token", "web", &tokens.access, true),
        ("another's access token", "rival", &tokens.access, false),
        ("a resource server", "api", &tokens.access, true),
        ("its own refresh token", "web", &tokens.refresh, true),
        ("another's refresh token", "rival", &tokens.refresh, false),
        ("a resource server and a refresh token", "api", &tokens.refresh, false),
        ("once more, for an answer that was kept", "rival", &tokens.access, false),
    ] {
        let found = api.introspect(client, token).await;
        assert_eq!(found["active"], active, "IN08 {row}");
        assert!(active || found == inactive(), "RFC 7662 §2.2 {row}: {found}");
    }
}

#[tokio::test]
async fn a_refresh_token_looks_like_nothing_to_open_a_resource_with() {
    let api = Api::start().await;
    let token = api.login_at("web", "me").await.refresh;
    let now = api.server.now().seconds();
    let expected = json!({
        "active": true,
        "scope": "me",
        "client_id": "web",
        "username": "johndoe",
        "sub": "johndoe",
        "exp": now + 30 * 86400,
        "iat": now,
        "iss": "http://localhost:8000",
    });
    assert_eq!(api.introspect("web", &token).await, expected);
    assert!(api.refreshes("web", &token).await);
    assert_eq!(api.introspect("web", &token).await, inactive(), "it is spent");
}

#[tokio::test]
async fn a_clients_own_token_has_no_username() {
    let api = Api::start().await;
    let ask = "grant_type=client_credentials";
    let token = api.post_as("machine", "/token", ask).await.tokens().access;
    let found = api.introspect("api", &token).await;
    assert_eq!((&found["active"], &found["sub"]), (&json!(true), &json!("machine")));
    for absent in ["username", "scope"] {
        assert!(found.get(absent).is_none(), "{absent}: {found}");
    }
}

#[tokio::test]
async fn a_token_is_active_until_it_expires_and_no_longer() {
    let api = Api::start().await;
    let tokens = api.login_at("web", "me").await;
    api.server.advance(Duration::from_secs(1799));
    assert!(api.is_active("api", &tokens.access).await);
    api.server.advance(Duration::from_secs(1));
    assert_eq!(api.introspect("api", &tokens.access).await, inactive());
    assert!(api.is_active("web", &tokens.refresh).await);
    api.server.advance(Duration::from_hours(24 * 30));
    assert_eq!(api.introspect("web", &tokens.refresh).await, inactive());
}

#[tokio::test]
async fn whoever_is_shut_out_has_no_active_token() {
    for row in [
        "user disabled",
        "user enabled again",
        "password changed",
        "user deleted",
        "client disabled",
        "client deleted",
        "grants revoked",
    ] {
        let api = Api::start().await;
        let tokens = api.login_at("rival", "me").await;
        let now = api.server.now();
        api.write(move |conn| {
            Box::pin(async move {
                match row {
                    "user disabled" => users::set_disabled(conn, "johndoe", true, now).await,
                    "user enabled again" => {
                        users::set_disabled(conn, "johndoe", true, now).await?;
                        users::set_disabled(conn, "johndoe", false, now).await
                    }
                    "password changed" => users::set_password(conn, "johndoe", "x", now).await,
                    "user deleted" => users::delete(conn, "johndoe", now).await,
                    "client disabled" => clients::set_disabled(conn, "rival", true, now).await,
                    "client deleted" => clients::delete(conn, "rival", now).await,
                    _ => Ok(grants::revoke_of_user(conn, "johndoe", now).await? == 1),
                }
            })
        })
        .await;
        assert_eq!(api.introspect("api", &tokens.access).await, inactive(), "{row}");
        if !row.starts_with("client") {
            assert_eq!(api.introspect("rival", &tokens.refresh).await, inactive(), "{row}");
        }
    }
}

#[tokio::test]
async fn a_token_that_another_holder_of_the_shared_key_made_up_is_not_active() {
    let api = Api::start().await;
    let app = &api.server.app;
    let minter = app.signing.minter(api.server.now()).unwrap();
    let now = api.server.now().seconds();
    let scope = Scope::parse("me").unwrap();
    let real = api.introspect("api", &api.login_at("web", "me").await.access).await;
    let claims = Claims {
        iss: app.issuer(),
        sub: "johndoe",
        aud: app.audience(),
        exp: now + 60,
        iat: now,
        jti: real["jti"].as_str().unwrap(),
        client_id: "web",
        scope: &scope,
        grant_id: "made-up",
    };
    let token = minter.mint(&claims).unwrap();
    assert_eq!(api.introspect("api", &token).await, inactive());
}

#[tokio::test]
async fn in06_a_request_carries_one_token_in_its_body() {
    let api = Api::start().await;
    for (row, request, body, expected) in [
        ("no token", form_to("/introspect"), "", (400, "invalid_request")),
        ("an empty token", form_to("/introspect"), "token=", (400, "invalid_request")),
        ("token twice", form_to("/introspect"), "token=a&token=a", (400, "invalid_request")),
        ("in the query", form_to("/introspect?token=a"), "", (400, "invalid_request")),
        ("GET", Request::get("/introspect?token=a"), "", (405, "")),
    ] {
        let request = request.header(header::AUTHORIZATION, basic("api"));
        let answer = api.send(request, body).await;
        assert_eq!(answer.verdict(), (expected.0, expected.1.to_owned()), "IN06 {row}");
    }
    for (row, token) in
        [("unknown", "x"), ("malformed", "%00"), ("no JWT", "a.b.c"), ("alg none", "e30.e30.")]
    {
        assert_eq!(api.introspect("api", token).await, inactive(), "{row}");
    }
}

#[tokio::test]
async fn in07_nothing_is_active_while_the_store_is_away() {
    let api = Api::start().await;
    let token = api.login_at("web", "me").await.access;
    api.server.app.store.close().await;
    let answer = api.post_as("api", "/introspect", &format!("token={token}")).await;
    assert_eq!(answer.verdict(), (503, "temporarily_unavailable".to_owned()));
    assert!(answer.header("retry-after").parse::<u32>().unwrap() > 0);
    assert_eq!(answer.header("cache-control"), "no-store");
}
