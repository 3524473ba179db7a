//! Authorization requests come back as they were asked, for a while, and are decided once.

use futures_util::future::join_all;
use scopegate_store::{
    StoreError,
    authorization_requests::{self, AuthorizationRequest},
    clients,
};

use crate::harness::{Database, NOW, after, on_every_database, scope};

pub(crate) fn request(id: &str) -> AuthorizationRequest {
    AuthorizationRequest {
        id: id.to_owned(),
        client_id: "app".to_owned(),
        redirect_uri: "https://app.example/a".to_owned(),
        scope: Some(scope("me items")),
        state: Some("xyz".to_owned()),
        code_challenge: "challenge".to_owned(),
        created_at: NOW,
        expires_at: after(600),
    }
}

async fn add(db: &Database, new: AuthorizationRequest) -> Result<(), StoreError> {
    db.store
        .write(move |conn| Box::pin(async move { authorization_requests::add(conn, &new).await }))
        .await
}

async fn delete(db: &Database, id: &'static str) -> bool {
    db.store
        .write(move |conn| Box::pin(async move { authorization_requests::delete(conn, id).await }))
        .await
        .expect("a request can be deleted")
}

#[tokio::test]
async fn a_request_comes_back_as_it_was_asked() {
    on_every_database(async |db| {
        db.with_johndoe().await;
        for (row, new) in [
            ("plain", request("1")),
            (
                "AZ06 no state, no scope",
                AuthorizationRequest { scope: None, state: None, ..request("2") },
            ),
            (
                "an empty scope is no absent one",
                AuthorizationRequest { scope: Some(scope("")), ..request("3") },
            ),
            (
                "AZ05 any text",
                AuthorizationRequest {
                    state: Some(format!("a b+c%26\"<é😀'; --{}", "x".repeat(4096))),
                    ..request("4")
                },
            ),
        ] {
            add(db, new.clone()).await.unwrap();
            let mut conn = db.store.read().await.unwrap();
            let found = authorization_requests::find(&mut conn, &new.id, after(1)).await;
            assert_eq!(found, Ok(Some(new)), "{row}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_request_waits_until_it_expires() {
    on_every_database(async |db| {
        db.with_johndoe().await;
        add(db, request("r")).await.unwrap();
        let mut conn = db.store.read().await.unwrap();
        for (row, id, at, waits) in [
            ("in time", "r", after(599), true),
            ("too late", "r", after(600), false),
            ("other case", "R", after(1), false),
            ("unknown", "", after(1), false),
        ] {
            let found = authorization_requests::find(&mut conn, id, at).await.unwrap();
            assert_eq!(found.is_some(), waits, "{row}");
        }
    })
    .await;
}

#[tokio::test]
async fn of_many_decisions_one_finds_the_request() {
    on_every_database(async |db| {
        db.with_johndoe().await;
        add(db, request("r")).await.unwrap();
        let decisions = join_all((0..20).map(|_| delete(db, "r"))).await;
        assert_eq!(decisions.into_iter().filter(|found| *found).count(), 1);
        let mut conn = db.store.read().await.unwrap();
        assert_eq!(authorization_requests::find(&mut conn, "r", NOW).await, Ok(None));
    })
    .await;
}

#[tokio::test]
async fn a_request_goes_with_its_client() {
    on_every_database(async |db| {
        db.with_johndoe().await;
        add(db, request("r")).await.unwrap();
        db.store
            .write(|conn| Box::pin(async move { clients::delete(conn, "app", NOW).await }))
            .await
            .unwrap();
        let mut conn = db.store.read().await.unwrap();
        assert_eq!(authorization_requests::find(&mut conn, "r", NOW).await, Ok(None));
        let of_nobody = add(db, request("late")).await;
        assert!(matches!(of_nobody, Err(StoreError::Refused(_))), "{of_nobody:?}");
    })
    .await;
}
