//! Clients: adding, changing, secrets that overlap, and the origins of public ones.

use scopegate_store::{
    StoreError,
    clients::{self, Client, ClientChange, Consent, NewClient},
};

use crate::harness::{NOW, after, app, on_every_database, scope};

fn web() -> NewClient {
    NewClient {
        client_id: "web".to_owned(),
        secret_sha256: Some("digest-1".to_owned()),
        redirect_uris: vec!["https://web.example/cb".to_owned()],
        consent: Consent::Ask,
        resource_server: true,
        ..app()
    }
}

#[tokio::test]
async fn a_client_is_found_as_added() {
    on_every_database(async |db| {
        db.with_johndoe().await;
        db.store
            .write(|conn| Box::pin(async move { clients::add(conn, &web(), NOW).await }))
            .await
            .unwrap();
        let mut conn = db.store.read().await.unwrap();
        let app = clients::find(&mut conn, "app").await.unwrap().unwrap();
        assert!(app.is_public());
        assert_eq!((app.name.as_str(), app.consent), ("The app", Consent::Skip));
        assert_eq!(app.grants, ["password", "refresh_token"]);
        assert_eq!(app.scopes, scope("me items"));
        assert_eq!((app.resource_server, app.disabled), (false, false));
        let uris = clients::redirect_uris(&mut conn, "app").await.unwrap();
        let expected = ["https://app.example/b", "https://app.example/a", "com.example.app:/cb"];
        assert_eq!(uris, expected, "in the order of registration");
        let web = clients::find(&mut conn, "web").await.unwrap().unwrap();
        assert!(!web.is_public() && web.resource_server);
        assert!(!format!("{web:?}").contains("digest-1"));
        assert_eq!(clients::find(&mut conn, "johndoe").await, Ok(None));
        let listed = clients::list(&mut conn, Some("app"), 9).await.unwrap();
        assert_eq!(listed, [web]);
    })
    .await;
}

#[tokio::test]
async fn a_change_sets_what_it_names_and_nothing_else() {
    on_every_database(async |db| {
        db.with_johndoe().await;
        let mut conn = db.store.read().await.unwrap();
        let before = clients::find(&mut conn, "app").await.unwrap().unwrap();
        let (set_none, set_all) = db
            .store
            .write(|conn| {
                Box::pin(async move {
                    let none = ClientChange::default();
                    let first = clients::set(conn, "app", &none, NOW).await?;
                    let all = ClientChange {
                        name: Some("New".to_owned()),
                        secret_sha256: Some(Some("digest".to_owned())),
                        grants: Some(vec!["client_credentials".to_owned()]),
                        scopes: Some(scope("me")),
                        redirect_uris: Some(Vec::new()),
                        consent: Some(Consent::Ask),
                        resource_server: Some(true),
                    };
                    let other = clients::find(conn, "app").await?.unwrap();
                    assert!(other.updated_at > before.updated_at, "no two states have the same");
                    assert_eq!(Client { updated_at: before.updated_at, ..other }, before);
                    Ok((first, clients::set(conn, "app", &all, after(1)).await?))
                })
            })
            .await
            .unwrap();
        assert!(set_none && set_all);
        let app = clients::find(&mut conn, "app").await.unwrap().unwrap();
        assert_eq!(app.name, "New");
        assert_eq!(app.secret_sha256.as_deref(), Some("digest"));
        assert_eq!(app.grants, ["client_credentials"]);
        assert_eq!(app.scopes, scope("me"));
        assert_eq!((app.consent, app.resource_server), (Consent::Ask, true));
        assert!(clients::redirect_uris(&mut conn, "app").await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn an_old_secret_counts_for_as_long_as_it_is_kept() {
    on_every_database(async |db| {
        db.with_johndoe().await;
        db.store
            .write(|conn| Box::pin(async move { clients::add(conn, &web(), NOW).await }))
            .await
            .unwrap();
        for (new, keep, old, until) in [
            ("digest-2", Some(after(60)), Some("digest-1"), Some(after(60))),
            ("digest-3", None, None, None),
        ] {
            let rotated = db.store.write(move |conn| {
                Box::pin(async move { clients::rotate_secret(conn, "web", new, keep, NOW).await })
            });
            assert_eq!(rotated.await, Ok(true));
            let mut conn = db.store.read().await.unwrap();
            let web = clients::find(&mut conn, "web").await.unwrap().unwrap();
            assert_eq!(web.secret_sha256.as_deref(), Some(new));
            assert_eq!((web.old_secret_sha256.as_deref(), web.old_secret_until), (old, until));
        }
        let public = db.store.write(|conn| {
            Box::pin(async move { clients::rotate_secret(conn, "app", "x", None, NOW).await })
        });
        assert!(matches!(public.await, Err(StoreError::Refused(_))));
    })
    .await;
}

#[tokio::test]
async fn only_public_clients_that_are_not_disabled_lend_their_origin() {
    on_every_database(async |db| {
        db.with_johndoe().await;
        db.store
            .write(|conn| Box::pin(async move { clients::add(conn, &web(), NOW).await }))
            .await
            .unwrap();
        for (origin, disabled, expected) in [
            ("https://app.example", false, true),
            ("https://app.example:444", false, false),
            ("https://web.example", false, false),
            ("null", false, false),
            ("", false, false),
            ("https://app.example", true, false),
        ] {
            db.store
                .write(move |conn| {
                    Box::pin(async move { clients::set_disabled(conn, "app", disabled, NOW).await })
                })
                .await
                .unwrap();
            let mut conn = db.store.read().await.unwrap();
            let found = clients::origin_of_public_client(&mut conn, origin).await;
            assert_eq!(found, Ok(expected), "{origin}, disabled = {disabled}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_asked_of_no_client_answers_false() {
    on_every_database(async |db| {
        let known = db
            .store
            .write(|conn| {
                Box::pin(async move {
                    let change = ClientChange::default();
                    Ok([
                        clients::set(conn, "none", &change, NOW).await?,
                        clients::set_disabled(conn, "none", true, NOW).await?,
                        clients::rotate_secret(conn, "none", "x", None, NOW).await?,
                        clients::delete(conn, "none", NOW).await?,
                    ])
                })
            })
            .await;
        assert_eq!(known, Ok([false; 4]));
    })
    .await;
}
