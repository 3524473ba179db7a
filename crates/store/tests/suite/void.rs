//! The end of everything that was issued, told to whoever follows the feed.

use std::time::Duration;

use scopegate_core::{
    algorithm::Algorithm,
    clock::{ManualClock, Timestamp},
};
use scopegate_store::{
    Store, StoreError, Successors, Voided,
    audit::{Entry, Outcome},
    changes::{self, ChangeKind},
    codes, grants, refresh_tokens, sessions,
    signing_keys::{self, NewSigningKey},
    void,
};

use crate::{
    harness::{NOW, after, on_every_database},
    sessions::session,
};

#[tokio::test]
async fn grants_sessions_codes_and_keys_end_at_once_and_the_feed_tells_it() {
    on_every_database(async |db| {
        db.with_johndoe().await;
        for n in 0..3 {
            db.with_grant(&format!("g{n}")).await;
        }
        db.with_code("code").await;
        add_key(&db.store, "old-1").await;
        db.store
            .write(|conn| {
                Box::pin(async move {
                    sessions::open(conn, &session("s")).await?;
                    grants::revoke(conn, "g2", after(1)).await
                })
            })
            .await
            .unwrap();
        let seq = changes::last_seq(&mut db.store.read().await.unwrap()).await.unwrap();
        let ended = end(&db.store, after(10), "first").await;
        assert_eq!(ended, Voided { grants: 2, sessions: 1, signing_keys: 1 });

        let mut conn = db.store.read().await.unwrap();
        for id in ["g0", "g1", "g2"] {
            assert!(grants::find(&mut conn, id).await.unwrap().unwrap().revoked, "{id}");
        }
        assert!(codes::find(&mut conn, "code").await.unwrap().is_none());
        let told = changes::since(&mut conn, seq, 99).await.unwrap();
        let mut told: Vec<_> = told.iter().map(|c| (c.kind, c.subject.as_str())).collect();
        told.sort_by_key(|(_, subject)| *subject);
        assert_eq!(told, [(ChangeKind::Grant, "g0"), (ChangeKind::Grant, "g1")]);
        let rows = signing_keys::list(&mut conn).await.unwrap();
        let living: Vec<_> = rows.iter().filter(|row| row.retired_at.is_none()).collect();
        assert_eq!(living.iter().map(|row| row.kid.as_str()).collect::<Vec<_>>(), ["first-key"]);
        let head = changes::head(&mut conn).await.unwrap();
        assert_eq!((head.seq, head.incarnation.as_deref()), (seq + 2, Some("first")));
        drop(conn);

        let again = end(&db.store, after(20), "second").await;
        assert_eq!(again, Voided { grants: 0, sessions: 0, signing_keys: 1 });
        db.with_grant("new").await;
        let mut conn = db.store.read().await.unwrap();
        assert!(!grants::find(&mut conn, "new").await.unwrap().unwrap().revoked);
        assert!(refresh_tokens::find(&mut conn, "new-1").await.unwrap().is_some());
    })
    .await;
}

#[tokio::test]
async fn a_clock_that_is_behind_leaves_nothing_alive() {
    on_every_database(async |db| {
        db.with_johndoe().await;
        for n in 0..3 {
            db.with_grant(&format!("g{n}")).await;
        }
        let hours_ago = NOW.minus(Duration::from_hours(3));
        let ended = end(&db.store, hours_ago, "behind").await;
        assert_eq!(ended, Voided { grants: 3, sessions: 0, signing_keys: 0 });
        let mut conn = db.store.read().await.unwrap();
        for id in ["g0", "g1", "g2"] {
            assert!(grants::find(&mut conn, id).await.unwrap().unwrap().revoked, "{id}");
        }
        assert_eq!(changes::since(&mut conn, 0, 99).await.unwrap().len(), 5, "all are told of");
    })
    .await;
}

async fn end(store: &Store, now: Timestamp, name: &str) -> Voided {
    let successors = Successors {
        incarnation: name.to_owned(),
        signing_key: Some(new_key(&format!("{name}-key"), now)),
    };
    void(store, &ManualClock::at(now), successors, entry(now, name)).await.expect("it can be done")
}

async fn add_key(store: &Store, kid: &'static str) {
    let add = store.write(move |conn| {
        Box::pin(async move { signing_keys::add_first(conn, &new_key(kid, NOW)).await })
    });
    let added: Result<bool, StoreError> = add.await;
    assert_eq!(added, Ok(true));
}

fn new_key(kid: &str, now: Timestamp) -> NewSigningKey {
    NewSigningKey {
        kid: kid.to_owned(),
        algorithm: Algorithm::EdDsa,
        public_key: "{}".to_owned(),
        created_at: now,
        signs_at: now,
    }
}

fn entry(at: Timestamp, unique: &str) -> Entry {
    Entry {
        id: Entry::id_at(at, unique),
        at,
        event: "store.void-tokens".to_owned(),
        outcome: Outcome::Done,
        reason: None,
        actor: None,
        subject: None,
        client_id: None,
        address: None,
        request_id: None,
        detail: None,
    }
}
