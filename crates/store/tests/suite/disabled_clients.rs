//! Shutting a client out ends what it has; letting it in again revives nothing.

use std::time::Duration;

use scopegate_store::{
    Connection, changes,
    clients::{self, NewClient},
    codes::{self, NewCode, Redeemed, Redemption},
    grants::{self, NewGrant},
    refresh_tokens::{self, Rotated, Rotation},
};

use crate::harness::{Database, NOW, after, app, code, grant, on_every_database};

async fn set_disabled(db: &Database, disabled: bool, seconds: u64) -> bool {
    let now = after(seconds);
    let set = db.store.write(move |conn| {
        Box::pin(async move { clients::set_disabled(conn, "app", disabled, now).await })
    });
    set.await.expect("the client can be written")
}

async fn is_revoked(conn: &mut Connection, id: &str) -> bool {
    let found = grants::find(conn, id).await.expect("grants can be found");
    found.expect("the grant is there").revoked
}

/// What the client `app` would get for the refresh token `g-1` and the code `c`.
async fn what_is_left(db: &Database, seconds: u64) -> (Rotated, Redeemed) {
    let now = after(seconds);
    let rotation = Rotation {
        presented: "g-1".to_owned(),
        successor: "g-2".to_owned(),
        client_id: "app".to_owned(),
        client_updated_at: None,
        now,
        grace: Duration::from_secs(30),
        access_until: after(1800),
        successor_expires_at: after(86400),
    };
    let redemption = Redemption {
        hash: "c".to_owned(),
        client_id: "app".to_owned(),
        now,
        access_until: after(1800),
        expires_at: after(86400),
        refresh: None,
    };
    let outcome = db.store.write(move |conn| {
        Box::pin(async move {
            let rotated = refresh_tokens::rotate(conn, &rotation).await?;
            Ok((rotated, codes::redeem(conn, &redemption).await?))
        })
    });
    outcome.await.expect("tokens and codes can be used")
}

#[tokio::test]
async fn shutting_a_client_out_revokes_what_it_has_and_letting_it_in_revives_nothing() {
    on_every_database(async |db| {
        db.with_johndoe().await.with_grant("g").await;
        db.with_code("c").await;
        let own =
            NewGrant { username: None, credential_version: None, refresh: None, ..grant("own") };
        let ended = NewGrant { access_until: NOW, ..grant("ended") };
        let others = NewGrant { client_id: "web".to_owned(), ..grant("other") };
        let others_code = NewCode { client_id: "web".to_owned(), ..code("other") };
        db.store
            .write(move |conn| {
                Box::pin(async move {
                    let web = NewClient { client_id: "web".to_owned(), ..app() };
                    clients::add(conn, &web, NOW).await?;
                    assert!(codes::add(conn, &others_code).await?);
                    for new in [own, ended, others] {
                        assert!(grants::open(conn, &new).await?);
                    }
                    Ok(())
                })
            })
            .await
            .unwrap();
        for disabled in [true, false] {
            assert!(set_disabled(db, disabled, 30).await);
            assert_eq!(what_is_left(db, 31).await, (Rotated::Gone, Redeemed::Gone), "RF11 CX12");
            let mut conn = db.store.read().await.unwrap();
            for (id, revoked) in [("g", true), ("own", true), ("ended", true), ("other", false)] {
                assert_eq!(is_revoked(&mut conn, id).await, revoked, "{id}");
            }
            let told = changes::revocations(&mut conn, after(30)).await.unwrap();
            let mut told: Vec<_> = told.iter().map(|found| found.subject.as_str()).collect();
            told.sort_unstable();
            assert_eq!(told, ["g", "own"], "those whose access tokens still live, once");
            assert!(codes::find(&mut conn, "other").await.unwrap().is_some());
        }
    })
    .await;
}

#[tokio::test]
async fn many_grants_of_a_client_are_numbered_without_a_gap() {
    on_every_database(async |db| {
        db.with_johndoe().await;
        db.store
            .write(|conn| {
                Box::pin(async move {
                    for n in 0..300 {
                        assert!(grants::open(conn, &grant(&format!("g{n:03}"))).await?);
                    }
                    grants::revoke(conn, "g007", after(1)).await
                })
            })
            .await
            .unwrap();
        let mut conn = db.store.read().await.unwrap();
        let before = changes::last_seq(&mut conn).await.unwrap();
        assert!(set_disabled(db, true, 1).await);
        let told = changes::since(&mut conn, before, 999).await.unwrap();
        let seqs: Vec<_> = told.iter().map(|change| change.seq).collect();
        assert_eq!(seqs, (before + 1..=before + 300).collect::<Vec<_>>());
        let mut subjects: Vec<_> = told.iter().map(|change| change.subject.as_str()).collect();
        assert_eq!(subjects.pop(), Some("app"), "the client itself comes last");
        subjects.sort_unstable();
        subjects.dedup();
        assert_eq!(subjects.len(), 299);
        assert!(!subjects.contains(&"g007"), "it was told of before, in the same moment");
    })
    .await;
}

#[tokio::test]
async fn letting_a_client_in_that_was_never_out_takes_nothing_away() {
    on_every_database(async |db| {
        db.with_johndoe().await.with_grant("g").await;
        db.with_code("c").await;
        assert!(set_disabled(db, false, 1).await);
        assert_eq!(what_is_left(db, 2).await, (Rotated::Fresh, Redeemed::Fresh));
    })
    .await;
}

#[tokio::test]
async fn what_slipped_past_the_shutting_out_does_not_outlive_the_letting_in() {
    on_every_database(async |db| {
        db.with_johndoe().await;
        assert!(set_disabled(db, true, 1).await);
        db.store
            .write(|conn| {
                Box::pin(async move {
                    // As a login leaves it whose commit came just after, or a release that did not
                    // revoke.
                    sqlx::query("UPDATE clients SET disabled = 0").execute(&mut *conn).await?;
                    assert!(grants::open(conn, &grant("g")).await?);
                    assert!(codes::add(conn, &code("c")).await?);
                    sqlx::query("UPDATE clients SET disabled = 1").execute(conn).await?;
                    Ok(())
                })
            })
            .await
            .unwrap();
        assert!(set_disabled(db, false, 2).await);
        assert_eq!(what_is_left(db, 3).await, (Rotated::Gone, Redeemed::Gone), "RF11");
    })
    .await;
}
