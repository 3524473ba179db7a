//! The feed of changes: who is told what, and that numbers come in the order of commits.

use std::time::Duration;

use futures_util::future::join_all;
use scopegate_core::verify::LEEWAY;
use scopegate_store::{
    Connection, JobFuture,
    changes::{self, ChangeKind, NewChange},
    clients, users,
};

use crate::harness::{NOW, after, on_every_database, scope};

type Event = for<'c> fn(&'c mut Connection) -> JobFuture<'c, bool>;

#[tokio::test]
async fn whatever_a_resource_server_could_see_is_told() {
    let events: [(&str, ChangeKind, Event); 8] = [
        ("profile", ChangeKind::User, |conn| {
            Box::pin(
                async move { users::set_profile(conn, "johndoe", Some(None), None, NOW).await },
            )
        }),
        ("scopes", ChangeKind::User, |conn| {
            Box::pin(async move { users::set_scopes(conn, "johndoe", &scope("me"), NOW).await })
        }),
        ("disable", ChangeKind::User, |conn| {
            Box::pin(async move { users::set_disabled(conn, "johndoe", true, NOW).await })
        }),
        ("enable", ChangeKind::User, |conn| {
            Box::pin(async move { users::set_disabled(conn, "johndoe", false, NOW).await })
        }),
        ("delete", ChangeKind::User, |conn| {
            Box::pin(async move { users::delete(conn, "johndoe", NOW).await })
        }),
        ("client", ChangeKind::Client, |conn| {
            Box::pin(async move {
                clients::set(conn, "app", &clients::ClientChange::default(), NOW).await
            })
        }),
        ("disable client", ChangeKind::Client, |conn| {
            Box::pin(async move { clients::set_disabled(conn, "app", true, NOW).await })
        }),
        ("delete client", ChangeKind::Client, |conn| {
            Box::pin(async move { clients::delete(conn, "app", NOW).await })
        }),
    ];
    on_every_database(async |db| {
        db.with_johndoe().await;
        for (row, kind, event) in events {
            let mut conn = db.store.read().await.unwrap();
            let before = changes::last_seq(&mut conn).await.unwrap();
            assert_eq!(db.store.write(event).await, Ok(true), "{row}");
            let told = changes::since(&mut conn, before, 9).await.unwrap();
            let subject = if kind == ChangeKind::User { "johndoe" } else { "app" };
            let told: Vec<_> =
                told.iter().map(|change| (change.kind, change.subject.as_str())).collect();
            assert_eq!(told, [(kind, subject)], "{row}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_job_that_fails_tells_nothing() {
    on_every_database(async |db| {
        db.with_johndoe().await;
        let mut conn = db.store.read().await.unwrap();
        let before = changes::last_seq(&mut conn).await.unwrap();
        let failed: Result<(), _> = db
            .store
            .write(|conn| {
                Box::pin(async move {
                    users::set_disabled(conn, "johndoe", true, NOW).await?;
                    Err(scopegate_store::StoreError::Refused("no".to_owned()))
                })
            })
            .await;
        assert!(failed.is_err());
        assert_eq!(changes::last_seq(&mut conn).await, Ok(before));
        assert_eq!(changes::since(&mut conn, before, 9).await, Ok(Vec::new()));
    })
    .await;
}

#[tokio::test]
async fn a_follower_never_meets_a_number_below_one_that_it_has_seen() {
    on_every_database(async |db| {
        let writers = join_all((0..100).map(|n| {
            db.store.write(move |conn| {
                Box::pin(async move {
                    let (a, b) = (format!("{n}a"), format!("{n}b"));
                    let change =
                        |subject| NewChange { kind: ChangeKind::Token, subject, until: None };
                    changes::record(conn, NOW, &[change(&a), change(&b)]).await
                })
            })
        }));
        let follower = async {
            let mut conn = db.store.read().await.unwrap();
            let mut seen = Vec::new();
            while seen.len() < 200 {
                let last = seen.last().copied().unwrap_or(0);
                let news = changes::since(&mut conn, last, 7).await.unwrap();
                seen.extend(news.iter().map(|change| change.seq));
                tokio::task::yield_now().await;
            }
            assert_eq!(seen, (1..=200).collect::<Vec<i64>>());
        };
        let (outcomes, ()) = tokio::join!(writers, follower);
        assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    })
    .await;
}

#[tokio::test]
async fn only_revocations_in_force_are_started_with() {
    on_every_database(async |db| {
        db.store
            .write(|conn| {
                Box::pin(async move {
                    let change = |kind, subject, until| NewChange { kind, subject, until };
                    changes::record(
                        conn,
                        NOW,
                        &[
                            change(ChangeKind::Token, "jti", Some(after(10))),
                            change(ChangeKind::Grant, "grant", Some(after(20))),
                            change(ChangeKind::Token, "dead", Some(after(5))),
                            change(ChangeKind::User, "johndoe", None),
                        ],
                    )
                    .await
                })
            })
            .await
            .unwrap();
        let mut conn = db.store.read().await.unwrap();
        let found = changes::revocations(&mut conn, after(5)).await.unwrap();
        let found: Vec<_> = found.iter().map(|r| (r.kind, r.subject.as_str(), r.until)).collect();
        assert_eq!(
            found,
            [(ChangeKind::Token, "jti", after(10)), (ChangeKind::Grant, "grant", after(20))]
        );
        let all = changes::since(&mut conn, 2, 9).await.unwrap();
        assert_eq!(all.iter().map(|change| change.seq).collect::<Vec<_>>(), [3, 4]);
    })
    .await;
}

#[tokio::test]
async fn a_token_is_revoked_once_and_until_no_verifier_takes_it() {
    on_every_database(async |db| {
        db.with_johndoe().await;
        let dead_at = after(60).plus(LEEWAY);
        let mut conn = db.store.read().await.unwrap();
        let before = changes::last_seq(&mut conn).await.unwrap();
        for (row, jti, at, revoked) in [
            ("RV02 first", "jti", NOW, true),
            ("RV03 again", "jti", after(1), false),
            ("other case", "JTI", after(1), true),
            ("in the leeway", "late", after(60), true),
            ("RV03 dead", "dead", dead_at, false),
        ] {
            let outcome = db.store.write(move |conn| {
                Box::pin(async move { changes::revoke_token(conn, jti, after(60), at).await })
            });
            assert_eq!(outcome.await, Ok(revoked), "{row}");
        }
        let told = changes::since(&mut conn, before, 9).await.unwrap();
        let told: Vec<_> = told.iter().map(|c| (c.kind, c.subject.as_str(), c.until)).collect();
        let expected = ["jti", "JTI", "late"].map(|jti| (ChangeKind::Token, jti, Some(dead_at)));
        assert_eq!(told, expected);
        for (row, jti, at, revoked) in [
            ("in force", "jti", after(1), true),
            ("its last moment", "jti", dead_at.minus(Duration::from_millis(1)), true),
            ("over", "jti", dead_at, false),
            ("never revoked", "dead", after(1), false),
            ("a user of that name", "johndoe", after(1), false),
        ] {
            assert_eq!(changes::is_token_revoked(&mut conn, jti, at).await, Ok(revoked), "{row}");
        }
    })
    .await;
}

#[tokio::test]
async fn fifty_revocations_of_one_token_at_once_are_told_once() {
    on_every_database(async |db| {
        let outcomes = join_all((0..50).map(|_| {
            db.store.write(|conn| {
                Box::pin(async move { changes::revoke_token(conn, "jti", after(60), NOW).await })
            })
        }))
        .await;
        assert_eq!(outcomes.iter().filter(|outcome| **outcome == Ok(true)).count(), 1);
        assert_eq!(outcomes.iter().filter(|outcome| **outcome == Ok(false)).count(), 49);
        let mut conn = db.store.read().await.unwrap();
        assert_eq!(changes::since(&mut conn, 0, 99).await.unwrap().len(), 1);
    })
    .await;
}
