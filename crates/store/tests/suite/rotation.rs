//! Rotation of refresh tokens: contract, section 5, and the rows RF of the attacks.

use std::time::Duration;

use futures_util::future::join_all;
use scopegate_core::{clock::Timestamp, verify::LEEWAY};
use scopegate_store::{
    Connection, JobFuture, Store,
    audit::Entry,
    changes, clients,
    refresh_tokens::{self, Rotated, Rotation, TokenUse},
    users,
};

use super::audit::entry;
use crate::harness::{Database, NOW, after, on_every_database, open_store};

/// The use of a token at that moment. Its successor follows from it: `g-1` → `g-1+`.
fn rotation(presented: &str, now: Timestamp) -> Rotation {
    Rotation {
        presented: presented.to_owned(),
        successor: format!("{presented}+"),
        client_id: "app".to_owned(),
        client_updated_at: None,
        now,
        grace: Duration::from_secs(30),
        access_until: now.plus(Duration::from_mins(30)),
        successor_expires_at: now.plus(Duration::from_hours(30 * 24)),
    }
}

async fn rotate(store: &Store, rotation: Rotation) -> Rotated {
    let mut conn = store.read().await.expect("the store can be read");
    let found = refresh_tokens::find(&mut conn, &rotation.presented).await;
    drop(conn);
    let grant_id = found.expect("tokens can be found").map_or_else(String::new, |t| t.grant_id);
    let entry = |unique| Entry { subject: None, ..entry(rotation.now, unique) };
    let (issued, reused) = (entry("00"), entry("01"));
    let used = store.write_alike(TokenUse { rotation, grant_id, issued, reused });
    used.await.expect("a rotation answers")
}

async fn use_at(db: &Database, presented: &str, seconds: u64) -> Rotated {
    rotate(&db.store, rotation(presented, after(seconds))).await
}

fn reused() -> Rotated {
    Rotated::Reused { grant_id: "g".to_owned() }
}

async fn is_revoked(db: &Database) -> bool {
    let mut conn = db.store.read().await.expect("the store can be read");
    let found = refresh_tokens::find(&mut conn, "g-1").await.expect("tokens can be found");
    found.expect("spent tokens stay").grant_revoked
}

#[tokio::test]
async fn rf01_a_token_is_spent_and_its_successor_works() {
    on_every_database(async |db| {
        db.with_johndoe().await.with_grant("g").await;
        assert_eq!(use_at(db, "g-1", 1).await, Rotated::Fresh);
        assert_eq!(use_at(db, "g-1+", 2).await, Rotated::Fresh);
        let mut conn = db.store.read().await.unwrap();
        let first = refresh_tokens::find(&mut conn, "g-1").await.unwrap().unwrap();
        assert_eq!(first.used_at, Some(after(1)));
        let third = refresh_tokens::find(&mut conn, "g-1++").await.unwrap().unwrap();
        assert_eq!((third.issued_at, third.used_at), (after(2), None));
        assert_eq!(third.expires_at, after(2 + 30 * 86400));
        assert_eq!(third.scope, first.scope);
    })
    .await;
}

#[tokio::test]
async fn rf02_rf03_any_other_use_of_a_spent_token_revokes_the_family() {
    for (row, uses) in [
        ("RF02 after the grace", &[("g-1", 0, Rotated::Fresh), ("g-1", 31, reused())][..]),
        (
            "RF03 successor used, all within a second",
            &[("g-1", 0, Rotated::Fresh), ("g-1+", 0, Rotated::Fresh), ("g-1", 0, reused())],
        ),
        (
            "RF03 the middle one",
            &[
                ("g-1", 0, Rotated::Fresh),
                ("g-1+", 0, Rotated::Fresh),
                ("g-1++", 0, Rotated::Fresh),
                ("g-1+", 1, reused()),
            ],
        ),
        (
            "a retry, then the successor, then the first again",
            &[
                ("g-1", 0, Rotated::Fresh),
                ("g-1", 30, Rotated::Repeated),
                ("g-1+", 30, Rotated::Fresh),
                ("g-1", 30, reused()),
            ],
        ),
        (
            "long after the token itself would have expired",
            &[("g-1", 0, Rotated::Fresh), ("g-1", 31 * 86400, reused())],
        ),
    ] {
        on_every_database(async |db| {
            db.with_johndoe().await.with_grant("g").await;
            for (presented, at, expected) in uses {
                assert_eq!(use_at(db, presented, *at).await, *expected, "{row}: {presented}");
            }
            assert!(is_revoked(db).await, "{row}");
            for token in ["g-1", "g-1+", "g-1++", "g-1+++"] {
                assert_eq!(use_at(db, token, 2).await, Rotated::Gone, "{row}: {token}");
            }
            let mut conn = db.store.read().await.unwrap();
            let in_force = changes::revocations(&mut conn, after(1)).await.unwrap();
            assert_eq!(in_force.len(), 1, "{row}: its access tokens are refused");
        })
        .await;
    }
}

#[tokio::test]
async fn rf04_fifty_uses_at_once_make_one_successor() {
    on_every_database(async |db| {
        db.with_johndoe().await;
        let other = open_store(&db.url).await;
        for round in 0..5 {
            let id = format!("g{round}");
            db.with_grant(&id).await;
            let first = format!("{id}-1");
            let outcomes = join_all((0..50).map(|n| {
                let store = if n % 2 == 0 { &db.store } else { &other };
                rotate(store, rotation(&first, after(1)))
            }))
            .await;
            let fresh = outcomes.iter().filter(|outcome| **outcome == Rotated::Fresh).count();
            let again = outcomes.iter().filter(|outcome| **outcome == Rotated::Repeated).count();
            assert_eq!((fresh, again), (1, 49), "RF04 CVE-2026-1035");
            assert_eq!(use_at(db, &format!("{id}-1+"), 2).await, Rotated::Fresh);
        }
        other.close().await;
    })
    .await;
}

#[tokio::test]
async fn the_grace_ends_with_its_last_millisecond() {
    on_every_database(async |db| {
        db.with_johndoe().await.with_grant("g").await;
        assert_eq!(use_at(db, "g-1", 0).await, Rotated::Fresh);
        let last = after(30);
        assert_eq!(rotate(&db.store, rotation("g-1", last)).await, Rotated::Repeated);
        let late = last.plus(Duration::from_millis(1));
        assert_eq!(rotate(&db.store, rotation("g-1", late)).await, reused());
    })
    .await;
}

#[tokio::test]
async fn without_a_grace_only_the_same_moment_is_a_retry() {
    on_every_database(async |db| {
        db.with_johndoe().await.with_grant("g").await;
        let strict = |now| Rotation { grace: Duration::ZERO, ..rotation("g-1", now) };
        assert_eq!(rotate(&db.store, strict(NOW)).await, Rotated::Fresh);
        let next = NOW.plus(Duration::from_millis(1));
        assert_eq!(rotate(&db.store, strict(next)).await, reused());
    })
    .await;
}

#[tokio::test]
async fn a_retry_with_another_successor_is_no_retry() {
    on_every_database(async |db| {
        db.with_johndoe().await.with_grant("g").await;
        assert_eq!(use_at(db, "g-1", 0).await, Rotated::Fresh);
        let other = Rotation { successor: "other".to_owned(), ..rotation("g-1", NOW) };
        assert_eq!(rotate(&db.store, other).await, reused());
    })
    .await;
}

#[tokio::test]
async fn what_is_not_this_clients_living_token_changes_nothing() {
    on_every_database(async |db| {
        db.with_johndoe().await.with_grant("g").await;
        let at = after(1);
        for (row, rotation) in [
            ("RF12 unknown", rotation("nothing", at)),
            ("RF12 empty", rotation("", at)),
            ("RF12 other case", rotation("G-1", at)),
            (
                "contract 3, another client's",
                Rotation { client_id: "web".to_owned(), ..rotation("g-1", at) },
            ),
            ("expired unused", rotation("g-1", after(30 * 86400))),
            ("the family has ended", rotation("g-1", after(90 * 86400))),
        ] {
            assert_eq!(rotate(&db.store, rotation).await, Rotated::Gone, "{row}");
            assert!(!is_revoked(db).await, "{row}");
        }
        let revoked = db
            .store
            .write(|conn| Box::pin(async move { users::revoke(conn, "johndoe", after(2)).await }));
        assert_eq!(revoked.await, Ok(1));
        let mut conn = db.store.read().await.unwrap();
        let found = changes::revocations(&mut conn, after(2)).await.unwrap();
        let until = found[0].until;
        assert_eq!(until, after(1800).plus(LEEWAY), "no refused use prolonged anything");
    })
    .await;
}

#[tokio::test]
async fn another_clients_try_with_a_spent_token_leaves_the_family_alone() {
    on_every_database(async |db| {
        db.with_johndoe().await.with_grant("g").await;
        assert_eq!(use_at(db, "g-1", 0).await, Rotated::Fresh);
        let foreign = Rotation { client_id: "web".to_owned(), ..rotation("g-1", after(99)) };
        assert_eq!(rotate(&db.store, foreign).await, Rotated::Gone);
        assert!(!is_revoked(db).await);
        assert_eq!(use_at(db, "g-1+", 100).await, Rotated::Fresh);
    })
    .await;
}

#[tokio::test]
async fn nobody_refreshes_who_was_shut_out() {
    type Event = for<'c> fn(&'c mut Connection) -> JobFuture<'c, bool>;
    let events: [(&str, Event); 5] = [
        ("RF10 user disabled", |conn| {
            Box::pin(async move { users::set_disabled(conn, "johndoe", true, NOW).await })
        }),
        ("RF10 user deleted", |conn| {
            Box::pin(async move { users::delete(conn, "johndoe", NOW).await })
        }),
        ("RF11 password changed", |conn| {
            Box::pin(async move { users::set_password(conn, "johndoe", "new", NOW).await })
        }),
        ("RF11 client disabled", |conn| {
            Box::pin(async move { clients::set_disabled(conn, "app", true, NOW).await })
        }),
        ("RF11 client deleted", |conn| {
            Box::pin(async move { clients::delete(conn, "app", NOW).await })
        }),
    ];
    for (row, event) in events {
        on_every_database(async |db| {
            db.with_johndoe().await.with_grant("g").await;
            db.store.write(event).await.unwrap();
            assert_eq!(use_at(db, "g-1", 1).await, Rotated::Gone, "{row}");
        })
        .await;
    }
}

#[tokio::test]
async fn a_family_never_lives_longer_than_its_grant() {
    on_every_database(async |db| {
        db.with_johndoe().await.with_grant("g").await;
        let mut token = "g-1".to_owned();
        for day in [25, 50, 75, 89] {
            assert_eq!(use_at(db, &token, day * 86400).await, Rotated::Fresh, "day {day}");
            token.push('+');
        }
        let mut conn = db.store.read().await.unwrap();
        let last = refresh_tokens::find(&mut conn, &token).await.unwrap().unwrap();
        assert_eq!(last.expires_at, after(90 * 86400));
        drop(conn);
        assert_eq!(use_at(db, &token, 90 * 86400).await, Rotated::Gone);
    })
    .await;
}
