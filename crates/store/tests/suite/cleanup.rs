//! Cleaning: what goes, what has to stay, and in how large bites.

use std::time::Duration;

use scopegate_core::{clock::Timestamp, verify::LEEWAY};
use scopegate_store::{
    answered_requests,
    changes::{self, KEPT_FOR},
    cleanup,
    codes::{self, Redeemed, Redemption},
    grants,
    refresh_tokens::{self, Rotation},
    sessions::{self, NewSession},
};

use crate::harness::{Database, NOW, after, on_every_database};

async fn clean(db: &Database, now: Timestamp, batch: u32) -> u64 {
    db.store
        .write(move |conn| Box::pin(async move { cleanup::delete_expired(conn, now, batch).await }))
        .await
        .expect("cleaning answers")
}

async fn has_token(db: &Database, hash: &str) -> bool {
    let mut conn = db.store.read().await.expect("the store can be read");
    refresh_tokens::find(&mut conn, hash).await.expect("tokens can be found").is_some()
}

#[tokio::test]
async fn a_family_goes_when_it_has_ended_and_its_spent_tokens_with_it() {
    on_every_database(async |db| {
        db.with_johndoe().await.with_grant("g").await;
        let rotation = Rotation {
            presented: "g-1".to_owned(),
            successor: "g-2".to_owned(),
            client_id: "app".to_owned(),
            client_updated_at: None,
            now: after(1),
            grace: Duration::ZERO,
            access_until: after(1801),
            successor_expires_at: after(60 * 86400),
        };
        db.store
            .write(move |conn| {
                Box::pin(async move { refresh_tokens::rotate(conn, &rotation).await })
            })
            .await
            .unwrap();
        clean(db, after(89 * 86400), 100).await;
        assert!(has_token(db, "g-1").await, "spent, but a second use of it must show");
        assert!(has_token(db, "g-2").await);
        assert_eq!(clean(db, after(90 * 86400), 100).await, 3, "two tokens and their grant");
        assert!(!has_token(db, "g-1").await && !has_token(db, "g-2").await);
        assert_eq!(clean(db, after(90 * 86400), 100).await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_revoked_grant_stays_until_its_access_tokens_are_dead() {
    on_every_database(async |db| {
        db.with_johndoe().await.with_grant("g").await;
        db.store
            .write(|conn| Box::pin(async move { grants::revoke(conn, "g", after(1)).await }))
            .await
            .unwrap();
        assert_eq!(clean(db, after(2), 100).await, 1, "its refresh token is of no use");
        assert_eq!(clean(db, after(1800), 100).await, 0);
        assert_eq!(clean(db, after(1800).plus(LEEWAY), 100).await, 1);
    })
    .await;
}

#[tokio::test]
async fn changes_stay_for_a_day_and_revocations_until_they_have_no_meaning() {
    on_every_database(async |db| {
        db.with_johndoe().await.with_grant("g").await;
        db.store
            .write(|conn| Box::pin(async move { grants::revoke(conn, "g", NOW).await }))
            .await
            .unwrap();
        let mut conn = db.store.read().await.unwrap();
        let last = changes::last_seq(&mut conn).await.unwrap();
        let a_day_later = NOW.plus(KEPT_FOR);
        clean(db, a_day_later.minus(Duration::from_millis(1)), 100).await;
        assert_eq!(changes::since(&mut conn, 0, 99).await.unwrap().len(), 3);
        clean(db, a_day_later, 100).await;
        assert_eq!(changes::since(&mut conn, 0, 99).await, Ok(Vec::new()));
        assert_eq!(changes::last_seq(&mut conn).await, Ok(last), "numbers go on");
    })
    .await;
}

#[tokio::test]
async fn cleaning_takes_small_bites() {
    on_every_database(async |db| {
        db.with_johndoe().await;
        for n in 0..10 {
            db.with_grant(&format!("g{n}")).await;
        }
        let now = after(90 * 86400);
        let mut bites = Vec::new();
        while bites.last() != Some(&0) {
            bites.push(clean(db, now, 4).await);
        }
        assert!(bites.iter().all(|bite| *bite <= 12), "{bites:?}");
        assert_eq!(bites.iter().sum::<u64>(), 22, "10 tokens, 10 grants, 2 changes");
    })
    .await;
}

async fn has_code(db: &Database, hash: &str) -> bool {
    let mut conn = db.store.read().await.expect("the store can be read");
    codes::find(&mut conn, hash).await.expect("codes can be found").is_some()
}

async fn redeem(db: &Database, hash: &str, now: Timestamp) -> Redeemed {
    let redemption = Redemption {
        hash: hash.to_owned(),
        client_id: "app".to_owned(),
        now,
        access_until: after(1800),
        expires_at: after(1800),
        refresh: None,
    };
    db.store
        .write(move |conn| Box::pin(async move { codes::redeem(conn, &redemption).await }))
        .await
        .expect("a redemption answers")
}

#[tokio::test]
async fn a_used_code_stays_while_its_grant_lives_and_an_unused_one_until_it_expires() {
    on_every_database(async |db| {
        db.with_johndoe().await;
        for hash in ["used", "replayed", "unused"] {
            db.with_code(hash).await;
        }
        for hash in ["used", "replayed"] {
            assert_eq!(redeem(db, hash, after(1)).await, Redeemed::Fresh);
        }
        assert_eq!(clean(db, after(59), 100).await, 0);
        assert_eq!(clean(db, after(60), 100).await, 1);
        assert!(!has_code(db, "unused").await);
        assert!(matches!(redeem(db, "replayed", after(1799)).await, Redeemed::Replayed { .. }));
        assert_eq!(clean(db, after(1799), 100).await, 1);
        assert!(!has_code(db, "replayed").await, "there is nothing left to revoke");
        assert!(has_code(db, "used").await);
        assert_eq!(clean(db, after(1800), 100).await, 1);
        assert_eq!(clean(db, after(1800).plus(LEEWAY), 100).await, 2, "the grants, last");
        assert_eq!(clean(db, after(1800).plus(LEEWAY), 100).await, 0);
    })
    .await;
}

#[tokio::test]
async fn sessions_and_requests_go_when_they_expire() {
    on_every_database(async |db| {
        db.with_johndoe().await;
        let session = NewSession {
            hash: "s".to_owned(),
            id: "s-id".to_owned(),
            username: "johndoe".to_owned(),
            credential_version: 1,
            created_at: NOW,
            expires_at: after(20),
            user_agent: None,
        };
        db.store
            .write(|conn| {
                Box::pin(async move {
                    answered_requests::add(conn, "r", after(10)).await?;
                    sessions::open(conn, &session).await
                })
            })
            .await
            .unwrap();
        for (seconds, expected) in [(9, 0), (10, 1), (19, 0), (20, 1), (99, 0)] {
            assert_eq!(clean(db, after(seconds), 100).await, expected, "after {seconds} s");
        }
    })
    .await;
}
