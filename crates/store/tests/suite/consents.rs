//! Consents: what is remembered, what an account page lists, and that taking back takes all.

use std::time::Duration;

use futures_util::future::join_all;
use scopegate_core::{clock::Timestamp, scope::Scope};
use scopegate_store::{
    StoreError, changes,
    clients::{self, NewClient},
    codes::{self, Redeemed, Redemption},
    consents::{self, AllowedApp},
    grants::{self, NewGrant, NewRefreshToken},
    refresh_tokens::{self, Rotation},
    scopes, users,
};

use crate::harness::{Database, NOW, after, app, grant, johndoe, on_every_database, scope};

async fn remember(db: &Database, client: &'static str, text: &str, now: Timestamp) {
    let allowed = scope(text);
    db.store
        .write(move |conn| {
            Box::pin(
                async move { consents::remember(conn, "johndoe", client, &allowed, now).await },
            )
        })
        .await
        .expect("a consent can be remembered");
}

async fn find(db: &Database, username: &str, client: &str) -> Option<Scope> {
    let mut conn = db.store.read().await.expect("the store can be read");
    consents::find(&mut conn, username, client).await.expect("consents can be found")
}

async fn withdraw(db: &Database, client: &'static str, now: Timestamp) -> bool {
    db.store
        .write(move |conn| {
            Box::pin(async move { consents::withdraw(conn, "johndoe", client, now).await })
        })
        .await
        .expect("a consent can be withdrawn")
}

async fn apps(db: &Database, now: Timestamp) -> Vec<AllowedApp> {
    let mut conn = db.store.read().await.expect("the store can be read");
    consents::apps_of(&mut conn, "johndoe", now).await.expect("apps can be listed")
}

#[tokio::test]
async fn a_consent_is_held_for_what_it_covers_until_it_is_withdrawn() {
    on_every_database(async |db| {
        db.with_johndoe().await;
        let hold = async |text: &str| {
            let wanted = scope(text);
            let job = db.store.write(move |conn| {
                Box::pin(async move { consents::hold(conn, "johndoe", "app", &wanted).await })
            });
            job.await.expect("a consent can be held")
        };
        assert!(!hold("me").await, "nothing was allowed yet");
        remember(db, "app", "me", NOW).await;
        assert!(hold("me").await && hold("").await);
        assert!(!hold("me items").await, "more than was allowed");
        assert!(withdraw(db, "app", NOW).await);
        assert!(!hold("me").await && !hold("").await, "it was withdrawn");
    })
    .await;
}

/// Adds the clients `web` and `zoo` besides `app`.
async fn with_clients(db: &Database) {
    db.with_johndoe().await;
    for (id, name) in [("web", "A web app"), ("zoo", "Zoo")] {
        let new = NewClient { client_id: id.to_owned(), name: name.to_owned(), ..app() };
        db.store
            .write(move |conn| Box::pin(async move { clients::add(conn, &new, NOW).await }))
            .await
            .expect("a client can be added");
    }
}

async fn open(db: &Database, new: NewGrant) {
    let opened =
        db.store.write(move |conn| Box::pin(async move { grants::open(conn, &new).await })).await;
    assert_eq!(opened, Ok(true));
}

/// A grant to that client with the refresh token `{id}-1`.
fn grant_to(client: &str, id: &str, text: &str, at: Timestamp) -> NewGrant {
    NewGrant {
        client_id: client.to_owned(),
        client_updated_at: None,
        scope: scope(text),
        created_at: at,
        access_until: at.plus(Duration::from_mins(30)),
        ..grant(id)
    }
}

#[tokio::test]
async fn consents_add_up_by_user_and_client() {
    on_every_database(async |db| {
        with_clients(db).await;
        assert_eq!(find(db, "johndoe", "app").await, None);
        for (row, text, expected) in [
            ("no scope at all", "", ""),
            ("one", "me", "me"),
            ("again", "me", "me"),
            ("another", "items", "items me"),
            ("fewer", "me", "items me"),
            ("one that is gone", "me gone", "items me"),
        ] {
            remember(db, "app", text, NOW).await;
            assert_eq!(find(db, "johndoe", "app").await, Some(scope(expected)), "{row}");
        }
        assert_eq!(find(db, "johndoe", "web").await, None, "another client");
        assert_eq!(find(db, "alice", "app").await, None, "another user");
        let of_nobody = db.store.write(|conn| {
            Box::pin(async move {
                consents::remember(conn, "nobody", "app", &Scope::empty(), NOW).await
            })
        });
        let of_nobody = of_nobody.await;
        assert!(matches!(of_nobody, Err(StoreError::Refused(_))), "{of_nobody:?}");
    })
    .await;
}

#[tokio::test]
async fn consents_given_at_once_are_all_kept() {
    on_every_database(async |db| {
        with_clients(db).await;
        join_all(["me", "items", "me items", ""].map(|text| remember(db, "app", text, NOW))).await;
        assert_eq!(find(db, "johndoe", "app").await, Some(scope("me items")));
    })
    .await;
}

#[tokio::test]
async fn a_consent_goes_with_its_user_client_and_scope() {
    on_every_database(async |db| {
        with_clients(db).await;
        for client in ["app", "web"] {
            remember(db, client, "me items", NOW).await;
        }
        db.store
            .write(|conn| {
                Box::pin(async move {
                    scopes::delete(conn, "items").await?;
                    scopes::add(conn, "items", "Something else.", NOW).await?;
                    clients::delete(conn, "web", NOW).await
                })
            })
            .await
            .unwrap();
        assert_eq!(find(db, "johndoe", "app").await, Some(scope("me")), "asked anew for items");
        assert_eq!(find(db, "johndoe", "web").await, None);
        db.store
            .write(|conn| Box::pin(async move { users::delete(conn, "johndoe", NOW).await }))
            .await
            .unwrap();
        assert_eq!(find(db, "johndoe", "app").await, None);
    })
    .await;
}

#[tokio::test]
async fn withdrawing_takes_consent_codes_and_grants_of_that_client_alone() {
    on_every_database(async |db| {
        with_clients(db).await;
        let alice = users::NewUser { username: "alice".to_owned(), ..johndoe() };
        db.store
            .write(move |conn| Box::pin(async move { users::add(conn, &alice, NOW).await }))
            .await
            .unwrap();
        for client in ["app", "web"] {
            remember(db, client, "me", NOW).await;
        }
        db.with_code("c").await;
        for id in ["a", "b"] {
            db.with_grant(id).await;
        }
        open(db, grant_to("web", "other", "me", NOW)).await;
        open(db, NewGrant { username: Some("alice".to_owned()), ..grant("alices") }).await;
        let mut conn = db.store.read().await.unwrap();
        let before = changes::last_seq(&mut conn).await.unwrap();

        assert!(withdraw(db, "app", after(1)).await);
        assert_eq!(find(db, "johndoe", "app").await, None);
        assert_eq!(find(db, "johndoe", "web").await, Some(scope("me")));
        assert_eq!(codes::find(&mut conn, "c").await, Ok(None), "a code under way");
        for (id, revoked) in [("a", true), ("b", true), ("other", false), ("alices", false)] {
            let token = refresh_tokens::find(&mut conn, &format!("{id}-1")).await.unwrap();
            assert_eq!(token.map(|token| token.grant_revoked), Some(revoked), "{id}");
        }
        let told = changes::since(&mut conn, before, 9).await.unwrap();
        let mut told: Vec<_> = told.into_iter().map(|change| change.subject).collect();
        told.sort();
        assert_eq!(told, ["a", "b"], "resource servers are told of each");
        assert!(!withdraw(db, "app", after(2)).await, "nothing is left");
        assert!(!withdraw(db, "none", after(2)).await);
    })
    .await;
}

#[tokio::test]
async fn a_code_that_meets_a_withdrawal_leaves_no_living_grant() {
    on_every_database(async |db| {
        with_clients(db).await;
        for round in 0..20 {
            let hash = format!("c{round}");
            db.with_code(&hash).await;
            let redemption = Redemption {
                hash: hash.clone(),
                client_id: "app".to_owned(),
                now: after(1),
                access_until: after(1801),
                expires_at: after(86400),
                refresh: None,
            };
            let redeemed = db
                .store
                .write(move |conn| Box::pin(async move { codes::redeem(conn, &redemption).await }));
            let (redeemed, withdrawn) = tokio::join!(redeemed, withdraw(db, "app", after(1)));
            assert!(withdrawn, "{hash}");
            let mut conn = db.store.read().await.unwrap();
            let grant = grants::find(&mut conn, &format!("{hash}-grant")).await.unwrap();
            let opened = redeemed == Ok(Redeemed::Fresh);
            assert_eq!(grant.map(|grant| grant.revoked), opened.then_some(true), "{hash}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_account_lists_the_apps_that_were_let_in() {
    on_every_database(async |db| {
        with_clients(db).await;
        assert_eq!(apps(db, NOW).await, []);
        remember(db, "web", "items", after(1)).await;
        remember(db, "web", "", after(2)).await;
        let entry = |id: &str, name: &str, text: &str, allowed_at, last_used_at| AllowedApp {
            client_id: id.to_owned(),
            name: name.to_owned(),
            scopes: scope(text),
            allowed_at,
            last_used_at,
        };
        let unused = entry("web", "A web app", "items", after(1), None);
        assert_eq!(apps(db, after(9)).await, [unused], "by consent alone");

        open(db, grant_to("web", "w", "me", after(10))).await;
        open(db, grant_to("app", "x", "me", after(20))).await;
        open(db, grant_to("app", "y", "items", after(30))).await;
        open(db, grant_to("zoo", "z", "me", after(40))).await;
        let rotation = Rotation {
            presented: "x-1".to_owned(),
            successor: "x-2".to_owned(),
            client_id: "app".to_owned(),
            client_updated_at: None,
            now: after(50),
            grace: Duration::ZERO,
            access_until: after(1850),
            successor_expires_at: after(86400),
        };
        db.store
            .write(move |conn| {
                Box::pin(async move {
                    refresh_tokens::rotate(conn, &rotation).await?;
                    grants::revoke(conn, "z", after(60)).await
                })
            })
            .await
            .unwrap();
        let web = entry("web", "A web app", "items me", after(1), Some(after(10)));
        let both = entry("app", "The app", "items me", after(20), Some(after(50)));
        assert_eq!(apps(db, after(60)).await, [web.clone(), both], "by name, zoo is revoked");
        let later = entry("web", "A web app", "items", after(1), Some(after(10)));
        assert_eq!(apps(db, after(90 * 86400)).await, [later], "grants end, consents stay");
        assert!(withdraw(db, "app", after(70)).await, "a consent that was skipped, too");
        assert_eq!(apps(db, after(71)).await, [web]);
    })
    .await;
}

#[tokio::test]
async fn a_grant_without_refresh_tokens_counts_while_its_access_token_lives() {
    on_every_database(async |db| {
        with_clients(db).await;
        let once = NewGrant {
            refresh: None::<NewRefreshToken>,
            expires_at: after(1800),
            ..grant_to("app", "g", "", NOW)
        };
        open(db, once).await;
        assert_eq!(apps(db, after(1799)).await.len(), 1, "also one without scopes");
        assert_eq!(apps(db, after(1800)).await, []);
    })
    .await;
}
