//! A client is remembered from one request to the next, and judged by what it is now all the same.

use scopegate_core::{clock::Timestamp, scope::Scope};
use scopegate_store::{
    Connection, StoreError,
    clients::{self, ClientChange},
    scopes,
};

use crate::api::Api;

const ASK: &str = "grant_type=client_credentials&scope=items";

/// What an operator does to a client, at the very moment at which it was looked up.
#[derive(Clone, Copy, Debug)]
enum Change {
    Nothing,
    Name,
    Grants,
    Scopes,
    ScopeDeleted,
    Secret,
    SecretKeepsTheOld,
    Disabled,
    DisabledAndEnabled,
    Deleted,
}

impl Change {
    async fn make(self, conn: &mut Connection, id: &str, at: Timestamp) -> Result<(), StoreError> {
        let set = match self {
            Self::Nothing => return Ok(()),
            Self::Name => ClientChange { name: Some("New".to_owned()), ..ClientChange::default() },
            Self::Grants => ClientChange {
                grants: Some(vec!["password".to_owned()]),
                ..ClientChange::default()
            },
            Self::Scopes => ClientChange {
                scopes: Some(Scope::parse("me").unwrap()),
                ..ClientChange::default()
            },
            Self::ScopeDeleted => return scopes::delete(conn, "items").await.map(drop),
            Self::Secret => {
                return clients::rotate_secret(conn, id, "new", None, at).await.map(drop);
            }
            Self::SecretKeepsTheOld => {
                let until = Some(Timestamp::from_millis(at.millis() + 60_000));
                return clients::rotate_secret(conn, id, "new", until, at).await.map(drop);
            }
            Self::Disabled => return clients::set_disabled(conn, id, true, at).await.map(drop),
            Self::DisabledAndEnabled => {
                clients::set_disabled(conn, id, true, at).await?;
                return clients::set_disabled(conn, id, false, at).await.map(drop);
            }
            Self::Deleted => return clients::delete(conn, id, at).await.map(drop),
        };
        clients::set(conn, id, &set, at).await.map(drop)
    }
}

#[tokio::test]
async fn a_client_that_has_changed_is_judged_by_what_it_is_now() {
    for (change, own, refreshed) in [
        (Change::Nothing, (200, ""), (200, "")),
        (Change::Name, (200, ""), (200, "")),
        (Change::Grants, (400, "unauthorized_client"), (400, "unauthorized_client")),
        (Change::Scopes, (400, "invalid_scope"), (400, "invalid_grant")),
        (Change::ScopeDeleted, (400, "invalid_scope"), (400, "invalid_grant")),
        (Change::Secret, (401, "invalid_client"), (401, "invalid_client")),
        (Change::SecretKeepsTheOld, (200, ""), (200, "")),
        (Change::Disabled, (401, "invalid_client"), (401, "invalid_client")),
        (Change::DisabledAndEnabled, (200, ""), (400, "invalid_grant")),
        (Change::Deleted, (401, "invalid_client"), (401, "invalid_client")),
    ] {
        let api = Api::start().await;
        let first = api.login_at("web", "items").await.refresh;
        let refresh = |token: &str| format!("grant_type=refresh_token&refresh_token={token}");
        let second = api.post_as("web", "/token", &refresh(&first)).await.tokens().refresh;
        assert_eq!(api.post_as("machine", "/token", ASK).await.status, 200);
        let now = api.server.now();
        api.write(move |conn| {
            Box::pin(async move {
                change.make(conn, "machine", now).await?;
                change.make(conn, "web", now).await
            })
        })
        .await;
        // Twice: what was decided anew is remembered anew.
        for _ in 0..2 {
            let answer = api.post_as("machine", "/token", ASK).await;
            assert_eq!(answer.verdict(), (own.0, own.1.to_owned()), "{change:?}");
            let answer = api.post_as("web", "/token", &refresh(&second)).await;
            assert_eq!(answer.verdict(), (refreshed.0, refreshed.1.to_owned()), "{change:?}");
        }
    }
}

#[tokio::test]
async fn who_no_longer_is_a_client_is_told_so_whatever_token_it_brings() {
    for change in [Change::Secret, Change::Disabled, Change::Deleted] {
        let api = Api::start().await;
        let first = api.login_at("web", "items").await.refresh;
        assert!(api.refreshes("web", &first).await, "{change:?}: remembered from here on");
        let now = api.server.now();
        api.write(move |conn| Box::pin(async move { change.make(conn, "web", now).await })).await;
        for token in ["unknown", &first] {
            let form = format!("grant_type=refresh_token&refresh_token={token}");
            let answer = api.post_as("web", "/token", &form).await;
            assert_eq!(answer.verdict(), (401, "invalid_client".to_owned()), "{change:?} {token}");
        }
    }
}

#[tokio::test]
async fn a_refresh_that_a_client_is_allowed_again_is_answered_at_once() {
    let api = Api::start().await;
    let narrowed = async |text: &'static str| {
        let now = api.server.now();
        api.write(move |conn| {
            Box::pin(async move {
                let scopes = Some(Scope::parse(text).unwrap());
                let change = ClientChange { scopes, ..ClientChange::default() };
                clients::set(conn, "web", &change, now).await
            })
        })
        .await;
    };
    let items = api.login_at("web", "items").await.refresh;
    let me = api.login_at("web", "me").await.refresh;
    narrowed("me").await;
    assert!(api.refreshes("web", &me).await, "remembered without `items`");
    assert!(!api.refreshes("web", &items).await);
    narrowed("me items").await;
    assert!(api.refreshes("web", &items).await);
}

#[tokio::test]
async fn a_client_that_may_do_more_now_may_do_it_at_once() {
    let api = Api::start().await;
    let admin = "grant_type=client_credentials&scope=admin";
    assert_eq!(api.post_as("machine", "/token", ASK).await.status, 200);
    assert_eq!(api.post_as("machine", "/token", admin).await.status, 400);
    let now = api.server.now();
    api.write(move |conn| {
        Box::pin(async move {
            let scopes = Some(Scope::parse("admin").unwrap());
            let change = ClientChange { scopes, ..ClientChange::default() };
            clients::set(conn, "machine", &change, now).await
        })
    })
    .await;
    assert_eq!(api.post_as("machine", "/token", admin).await.status, 200);
}
