//! Authorization codes: contract, section 5, and the rows CX of the attacks.

use futures_util::future::join_all;
use scopegate_core::{clock::Timestamp, verify::LEEWAY};
use scopegate_store::{
    Connection, JobFuture, Store, StoreError, changes, clients,
    codes::{self, NewCode, Redeemed, Redemption},
    grants::{self, NewRefreshToken},
    refresh_tokens, users,
};

use crate::harness::{Database, NOW, after, code, on_every_database, open_store, scope};

type Event = for<'c> fn(&'c mut Connection) -> JobFuture<'c, bool>;

/// What shuts out the user or the client of a code.
const SHUT_OUT: [(&str, Event); 6] = [
    ("CX12 user disabled", |conn| {
        Box::pin(async move { users::set_disabled(conn, "johndoe", true, NOW).await })
    }),
    ("CX12 user disabled and let in again", |conn| {
        Box::pin(async move {
            users::set_disabled(conn, "johndoe", true, NOW).await?;
            users::set_disabled(conn, "johndoe", false, NOW).await
        })
    }),
    ("CX12 user deleted", |conn| {
        Box::pin(async move { users::delete(conn, "johndoe", NOW).await })
    }),
    ("password changed", |conn| {
        Box::pin(async move { users::set_password(conn, "johndoe", "new", NOW).await })
    }),
    ("user revoked", |conn| {
        Box::pin(async move { Ok(users::revoke(conn, "johndoe", NOW).await? == 0) })
    }),
    ("client disabled", |conn| {
        Box::pin(async move { clients::set_disabled(conn, "app", true, NOW).await })
    }),
];

fn redemption(hash: &str, now: Timestamp) -> Redemption {
    Redemption {
        hash: hash.to_owned(),
        client_id: "app".to_owned(),
        now,
        access_until: after(1800),
        expires_at: after(90 * 86400),
        refresh: Some(NewRefreshToken { hash: format!("{hash}-1"), expires_at: after(30 * 86400) }),
    }
}

async fn redeem(store: &Store, redemption: Redemption) -> Redeemed {
    store
        .write(move |conn| Box::pin(async move { codes::redeem(conn, &redemption).await }))
        .await
        .expect("a redemption answers")
}

async fn use_at(db: &Database, hash: &str, seconds: u64) -> Redeemed {
    redeem(&db.store, redemption(hash, after(seconds))).await
}

async fn burn(db: &Database, hash: &'static str, client: &'static str, seconds: u64) -> bool {
    db.store
        .write(move |conn| {
            Box::pin(async move { codes::burn(conn, hash, client, after(seconds)).await })
        })
        .await
        .expect("burning answers")
}

/// Whether the grant of a code is revoked; `None` while there is none.
async fn grant_revoked(db: &Database, hash: &str) -> Option<bool> {
    let mut conn = db.store.read().await.expect("the store can be read");
    let grant = grants::find(&mut conn, &format!("{hash}-grant")).await;
    grant.expect("grants can be found").map(|grant| grant.revoked)
}

fn replayed(hash: &str) -> Redeemed {
    Redeemed::Replayed { grant_id: format!("{hash}-grant") }
}

#[tokio::test]
async fn a_code_is_found_as_it_was_stored() {
    on_every_database(async |db| {
        db.with_johndoe().await.with_code("c").await;
        let mut conn = db.store.read().await.unwrap();
        let found = codes::find(&mut conn, "c").await.unwrap().unwrap();
        assert_eq!((found.hash.as_str(), found.grant_id.as_str()), ("c", "c-grant"));
        assert_eq!((found.username.as_str(), found.credential_version), ("johndoe", 1));
        assert_eq!((found.client_id.as_str(), &found.scope), ("app", &scope("me")));
        assert_eq!(found.redirect_uri, "https://app.example/a");
        assert_eq!(found.code_challenge, "challenge");
        assert_eq!((found.created_at, found.expires_at, found.used_at), (NOW, after(60), None));
        assert_eq!(codes::find(&mut conn, "C").await, Ok(None), "CX09");
    })
    .await;
}

#[tokio::test]
async fn cx01_a_code_opens_the_grant_that_it_stands_for() {
    on_every_database(async |db| {
        db.with_johndoe().await.with_code("c").await;
        assert_eq!(use_at(db, "c", 59).await, Redeemed::Fresh);
        let mut conn = db.store.read().await.unwrap();
        let grant = grants::find(&mut conn, "c-grant").await.unwrap().unwrap();
        assert_eq!((grant.username.as_deref(), grant.client_id.as_str()), (Some("johndoe"), "app"));
        assert_eq!((grant.scope, grant.revoked), (scope("me"), false));
        assert_eq!((grant.access_until, grant.expires_at), (after(1800), after(90 * 86400)));
        let token = refresh_tokens::find(&mut conn, "c-1").await.unwrap().unwrap();
        assert_eq!((token.grant_id.as_str(), token.issued_at), ("c-grant", after(59)));
        let code = codes::find(&mut conn, "c").await.unwrap().unwrap();
        assert_eq!(code.used_at, Some(after(59)));
    })
    .await;
}

#[tokio::test]
async fn without_a_refresh_token_the_grant_ends_with_its_access_token() {
    on_every_database(async |db| {
        db.with_johndoe().await.with_code("c").await;
        let once = Redemption { refresh: None, ..redemption("c", after(1)) };
        assert_eq!(redeem(&db.store, once).await, Redeemed::Fresh);
        let mut conn = db.store.read().await.unwrap();
        let grant = grants::find(&mut conn, "c-grant").await.unwrap().unwrap();
        assert_eq!(grant.expires_at, after(1800));
    })
    .await;
}

#[tokio::test]
async fn cx02_a_second_use_revokes_what_the_first_one_got() {
    for (row, seconds) in [("at once", 1), ("after 30 s", 30), ("after its life", 86400)] {
        on_every_database(async |db| {
            db.with_johndoe().await.with_code("c").await;
            assert_eq!(use_at(db, "c", 1).await, Redeemed::Fresh);
            assert_eq!(use_at(db, "c", seconds).await, replayed("c"), "{row}");
            assert_eq!(grant_revoked(db, "c").await, Some(true), "{row}");
            let mut conn = db.store.read().await.unwrap();
            let token = refresh_tokens::find(&mut conn, "c-1").await.unwrap().unwrap();
            assert!(token.grant_revoked, "{row}: the refresh token");
            let told = changes::revocations(&mut conn, after(1)).await.unwrap();
            let expected = (seconds < 1800).then(|| after(1800).plus(LEEWAY));
            assert_eq!(told.first().map(|revocation| revocation.until), expected, "{row}");
            assert_eq!(use_at(db, "c", seconds).await, replayed("c"), "{row}: a third use");
        })
        .await;
    }
}

#[tokio::test]
async fn fifty_uses_at_once_open_one_grant_which_ends_revoked() {
    on_every_database(async |db| {
        db.with_johndoe().await;
        let other = open_store(&db.url).await;
        for round in 0..5 {
            let hash = format!("c{round}");
            db.with_code(&hash).await;
            let outcomes = join_all((0..50).map(|n| {
                let store = if n % 2 == 0 { &db.store } else { &other };
                let refresh =
                    NewRefreshToken { hash: format!("{hash}-{n}"), expires_at: after(30 * 86400) };
                redeem(store, Redemption { refresh: Some(refresh), ..redemption(&hash, after(1)) })
            }))
            .await;
            let fresh = outcomes.iter().filter(|outcome| **outcome == Redeemed::Fresh).count();
            let again = outcomes.iter().filter(|outcome| **outcome == replayed(&hash)).count();
            assert_eq!((fresh, again), (1, 49), "contract 5");
            assert_eq!(grant_revoked(db, &hash).await, Some(true));
        }
        other.close().await;
    })
    .await;
}

#[tokio::test]
async fn what_is_not_this_clients_living_code_changes_nothing() {
    on_every_database(async |db| {
        db.with_johndoe().await.with_code("c").await;
        for (row, redemption) in [
            ("CX09 unknown", redemption("nothing", after(1))),
            ("CX09 empty", redemption("", after(1))),
            ("CX09 other case", redemption("C", after(1))),
            ("CX08 too old", redemption("c", after(60))),
            (
                "contract 3, another client's",
                Redemption { client_id: "web".to_owned(), ..redemption("c", after(1)) },
            ),
        ] {
            assert_eq!(redeem(&db.store, redemption).await, Redeemed::Gone, "{row}");
            assert_eq!(grant_revoked(db, "c").await, None, "{row}");
        }
        assert_eq!(use_at(db, "c", 1).await, Redeemed::Fresh, "it is whole");
        let foreign = Redemption { client_id: "web".to_owned(), ..redemption("c", after(2)) };
        assert_eq!(redeem(&db.store, foreign).await, Redeemed::Gone);
        assert_eq!(grant_revoked(db, "c").await, Some(false), "no other client revokes it");
    })
    .await;
}

#[tokio::test]
async fn pk07_a_burnt_code_is_gone_and_revokes_nothing() {
    on_every_database(async |db| {
        db.with_johndoe().await;
        for hash in ["c", "used", "old"] {
            db.with_code(hash).await;
        }
        assert_eq!(use_at(db, "used", 1).await, Redeemed::Fresh);
        for (row, hash, client, seconds, expected) in [
            ("another client's", "c", "web", 1, false),
            ("unknown", "none", "app", 1, false),
            ("used", "used", "app", 1, false),
            ("expired", "old", "app", 60, false),
            ("right client", "c", "app", 1, true),
            ("again", "c", "app", 1, false),
        ] {
            assert_eq!(burn(db, hash, client, seconds).await, expected, "{row}");
        }
        assert_eq!(use_at(db, "c", 2).await, Redeemed::Gone);
        assert_eq!(grant_revoked(db, "c").await, None);
        assert_eq!(grant_revoked(db, "used").await, Some(false));
    })
    .await;
}

#[tokio::test]
async fn nobody_gets_a_code_who_was_shut_out() {
    for (row, event) in SHUT_OUT {
        on_every_database(async |db| {
            db.with_johndoe().await;
            assert_eq!(db.store.write(event).await, Ok(true), "{row}");
            let added = db
                .store
                .write(|conn| Box::pin(async move { codes::add(conn, &code("c")).await }))
                .await;
            assert_eq!(added, Ok(false), "{row}");
            let mut conn = db.store.read().await.unwrap();
            assert_eq!(codes::find(&mut conn, "c").await, Ok(None), "{row}");
        })
        .await;
    }
}

#[tokio::test]
async fn nobody_redeems_a_code_who_was_shut_out_and_it_stays_spent() {
    for (row, event) in SHUT_OUT {
        on_every_database(async |db| {
            db.with_johndoe().await.with_code("c").await;
            assert_eq!(db.store.write(event).await, Ok(true), "{row}");
            for _ in ["first", "second"] {
                assert_eq!(use_at(db, "c", 1).await, Redeemed::Gone, "{row}");
            }
            assert_eq!(grant_revoked(db, "c").await, None, "{row}");
            db.store
                .write(|conn| {
                    Box::pin(async move {
                        users::set_disabled(conn, "johndoe", false, NOW).await?;
                        clients::set_disabled(conn, "app", false, NOW).await
                    })
                })
                .await
                .unwrap();
            assert_eq!(use_at(db, "c", 1).await, Redeemed::Gone, "{row}: let in again");
        })
        .await;
    }
}

#[tokio::test]
async fn a_code_or_grant_that_is_taken_is_a_conflict() {
    on_every_database(async |db| {
        db.with_johndoe().await.with_code("c").await;
        for new in [code("c"), NewCode { grant_id: "c-grant".to_owned(), ..code("other") }] {
            let again = db
                .store
                .write(move |conn| Box::pin(async move { codes::add(conn, &new).await }))
                .await;
            assert!(matches!(again, Err(StoreError::Conflict(_))), "{again:?}");
        }
    })
    .await;
}
