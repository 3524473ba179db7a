//! Opening a grant repeats what was checked before; revoking one tells the resource servers.

use std::time::Duration;

use futures_util::future::join_all;
use scopegate_core::verify::LEEWAY;
use scopegate_store::{
    Connection, JobFuture, StoreError,
    changes::{self, ChangeKind},
    clients,
    grants::{self, Grant, NewGrant},
    refresh_tokens, users,
};

use crate::harness::{NOW, after, grant, on_every_database, scope};

type Event = for<'c> fn(&'c mut Connection) -> JobFuture<'c, bool>;

#[tokio::test]
async fn what_changed_since_the_check_keeps_a_grant_from_being_opened() {
    let events: [(&str, Event); 6] = [
        ("RF10 user disabled", |conn| {
            Box::pin(async move { users::set_disabled(conn, "johndoe", true, NOW).await })
        }),
        ("RF10 user deleted", |conn| {
            Box::pin(async move { users::delete(conn, "johndoe", NOW).await })
        }),
        ("PW14 password changed", |conn| {
            Box::pin(async move { users::set_password(conn, "johndoe", "new", NOW).await })
        }),
        ("RF11 client disabled", |conn| {
            Box::pin(async move { clients::set_disabled(conn, "app", true, NOW).await })
        }),
        ("RF11 client deleted", |conn| {
            Box::pin(async move { clients::delete(conn, "app", NOW).await })
        }),
        ("PW13 a rehash changes nothing", |conn| {
            Box::pin(async move { users::upgrade_hash(conn, "johndoe", "hash-1", "new").await })
        }),
    ];
    for (row, event) in events {
        on_every_database(async |db| {
            db.with_johndoe().await;
            db.store.write(event).await.unwrap();
            let opened = db
                .store
                .write(|conn| Box::pin(async move { grants::open(conn, &grant("g")).await }))
                .await;
            assert_eq!(opened, Ok(row.starts_with("PW13")), "{row}");
            let mut conn = db.store.read().await.unwrap();
            let token = refresh_tokens::find(&mut conn, "g-1").await.unwrap();
            assert_eq!(token.is_some(), row.starts_with("PW13"), "{row}");
        })
        .await;
    }
}

#[tokio::test]
async fn a_grant_carries_its_first_refresh_token_and_outlives_it() {
    on_every_database(async |db| {
        db.with_johndoe().await;
        let mut new = grant("g");
        new.expires_at = after(10);
        db.store
            .write(move |conn| Box::pin(async move { grants::open(conn, &new).await }))
            .await
            .unwrap();
        let mut conn = db.store.read().await.unwrap();
        let token = refresh_tokens::find(&mut conn, "g-1").await.unwrap().unwrap();
        assert_eq!((token.grant_id.as_str(), token.client_id.as_str()), ("g", "app"));
        assert_eq!(token.username.as_deref(), Some("johndoe"));
        assert_eq!(token.scope, scope("me"));
        assert_eq!((token.issued_at, token.used_at), (NOW, None));
        assert_eq!((token.expires_at, token.grant_expires_at), (after(10), after(10)));
        assert!(!token.grant_revoked);
        assert_eq!(refresh_tokens::find(&mut conn, "G-1").await, Ok(None), "RF12");
    })
    .await;
}

#[tokio::test]
async fn a_client_gets_a_grant_for_itself() {
    on_every_database(async |db| {
        db.with_johndoe().await;
        let new =
            NewGrant { username: None, credential_version: None, refresh: None, ..grant("own") };
        let (opened, again) = db
            .store
            .write(move |conn| {
                Box::pin(async move {
                    let opened = grants::open(conn, &new).await?;
                    Ok((opened, grants::revoke(conn, "own", NOW).await?))
                })
            })
            .await
            .unwrap();
        assert!(opened && again);
    })
    .await;
}

#[tokio::test]
async fn an_id_that_is_taken_is_a_conflict() {
    on_every_database(async |db| {
        db.with_johndoe().await.with_grant("g").await;
        let again = db
            .store
            .write(|conn| Box::pin(async move { grants::open(conn, &grant("g")).await }))
            .await;
        assert!(matches!(again, Err(StoreError::Conflict(_))), "{again:?}");
    })
    .await;
}

#[tokio::test]
async fn a_revocation_is_told_for_as_long_as_a_token_could_live() {
    on_every_database(async |db| {
        db.with_johndoe().await;
        let access_until = after(1800);
        let long_dead = access_until.plus(LEEWAY);
        for (id, at, told) in [
            ("early", after(1), true),
            ("late", access_until, true),
            ("in the leeway", long_dead.minus(Duration::from_millis(1)), true),
            ("too late", long_dead, false),
        ] {
            db.with_grant(id).await;
            let before = changes::last_seq(&mut db.store.read().await.unwrap()).await.unwrap();
            for first in [true, false] {
                let revoked = db
                    .store
                    .write(move |conn| Box::pin(async move { grants::revoke(conn, id, at).await }));
                assert_eq!(revoked.await, Ok(first), "{id}");
            }
            let mut conn = db.store.read().await.unwrap();
            let changes = changes::since(&mut conn, before, 9).await.unwrap();
            assert_eq!(changes.len(), usize::from(told), "{id}");
            for change in changes {
                assert_eq!((change.kind, change.subject.as_str()), (ChangeKind::Grant, id));
                assert_eq!((change.at, change.until), (at, Some(long_dead)));
            }
        }
    })
    .await;
}

#[tokio::test]
async fn revoking_all_grants_of_a_user_tells_each_of_the_living_once() {
    on_every_database(async |db| {
        db.with_johndoe().await;
        for n in 0..20 {
            db.with_grant(&format!("g{n:02}")).await;
        }
        let mut conn = db.store.read().await.unwrap();
        let before = changes::last_seq(&mut conn).await.unwrap();
        let revoked = db.store.write(|conn| {
            Box::pin(async move {
                grants::revoke(conn, "g07", after(1)).await?;
                grants::revoke_of_user(conn, "johndoe", after(2)).await
            })
        });
        assert_eq!(revoked.await, Ok(19));
        let changes = changes::since(&mut conn, before, 99).await.unwrap();
        let mut subjects: Vec<_> = changes.iter().map(|change| change.subject.clone()).collect();
        subjects.sort();
        assert_eq!(subjects, (0..20).map(|n| format!("g{n:02}")).collect::<Vec<_>>());
        let seqs: Vec<_> = changes.iter().map(|change| change.seq).collect();
        assert_eq!(seqs, (before + 1..=before + 20).collect::<Vec<_>>());
        assert_eq!(changes::last_seq(&mut conn).await, Ok(before + 20));
    })
    .await;
}

#[tokio::test]
async fn a_login_that_meets_a_shutting_out_leaves_no_living_grant() {
    on_every_database(async |db| {
        db.with_johndoe().await;
        for round in 0..40 {
            let ids: Vec<_> = (0..4).map(|n| format!("g{round}-{n}")).collect();
            let logins = join_all(ids.iter().map(|id| {
                let new = NewGrant { credential_version: None, ..grant(id) };
                db.store.write(move |conn| Box::pin(async move { grants::open(conn, &new).await }))
            }));
            let shut_out = db.store.write(|conn| {
                Box::pin(async move { users::set_disabled(conn, "johndoe", true, NOW).await })
            });
            let (opened, known) = tokio::join!(logins, shut_out);
            assert_eq!(known, Ok(true));
            for (id, opened) in ids.iter().zip(opened) {
                let mut conn = db.store.read().await.unwrap();
                let token = refresh_tokens::find(&mut conn, &format!("{id}-1")).await.unwrap();
                assert_eq!(opened, Ok(token.is_some()), "{id}");
                assert!(token.is_none_or(|token| token.grant_revoked), "RF10 {id}");
            }
            let let_in = db.store.write(|conn| {
                Box::pin(async move { users::set_disabled(conn, "johndoe", false, NOW).await })
            });
            assert_eq!(let_in.await, Ok(true));
        }
    })
    .await;
}

#[tokio::test]
async fn a_grant_is_found_with_what_became_of_it() {
    on_every_database(async |db| {
        db.with_johndoe().await.with_grant("g").await;
        let mut conn = db.store.read().await.unwrap();
        let living = Grant {
            username: Some("johndoe".to_owned()),
            client_id: "app".to_owned(),
            scope: scope("me"),
            revoked: false,
            access_until: after(1800),
            expires_at: after(90 * 86400),
        };
        assert_eq!(grants::find(&mut conn, "g").await, Ok(Some(living.clone())));
        assert_eq!(grants::find(&mut conn, "G").await, Ok(None));
        db.store
            .write(|conn| Box::pin(async move { grants::revoke(conn, "g", after(1)).await }))
            .await
            .unwrap();
        let revoked = Grant { revoked: true, ..living };
        assert_eq!(grants::find(&mut conn, "g").await, Ok(Some(revoked)));
    })
    .await;
}
