//! Sessions: what keeps one good, and everything that ends one.

use std::time::Duration;

use scopegate_core::clock::Timestamp;
use scopegate_store::{
    Connection, JobFuture, StoreError,
    sessions::{self, NewSession, Session},
    users,
};

use crate::harness::{Database, NOW, after, johndoe, on_every_database};

type Event = for<'c> fn(&'c mut Connection) -> JobFuture<'c, bool>;

const IDLE: Duration = Duration::from_hours(12);

/// The session whose cookie has that hash, open for a week.
pub(crate) fn session(hash: &str) -> NewSession {
    NewSession {
        hash: hash.to_owned(),
        id: format!("{hash}-id"),
        username: "johndoe".to_owned(),
        credential_version: 1,
        created_at: NOW,
        expires_at: after(7 * 86400),
        user_agent: Some("Browser/1.0".to_owned()),
    }
}

async fn open(db: &Database, new: NewSession) -> bool {
    db.store
        .write(move |conn| Box::pin(async move { sessions::open(conn, &new).await }))
        .await
        .expect("opening a session answers")
}

async fn find(db: &Database, hash: &str, now: Timestamp) -> Option<Session> {
    let mut conn = db.store.read().await.expect("the store can be read");
    sessions::find(&mut conn, hash, now, IDLE).await.expect("sessions can be found")
}

async fn touch(db: &Database, hash: &'static str, now: Timestamp) -> bool {
    db.store
        .write(move |conn| Box::pin(async move { sessions::touch(conn, hash, now).await }))
        .await
        .expect("a session can be touched")
}

/// The ids of johndoe's good sessions.
async fn ids(db: &Database, now: Timestamp) -> Vec<String> {
    let mut conn = db.store.read().await.expect("the store can be read");
    let found = sessions::of_user(&mut conn, "johndoe", now, IDLE).await;
    found.expect("sessions can be listed").into_iter().map(|session| session.id).collect()
}

#[tokio::test]
async fn a_session_is_found_as_it_was_opened() {
    on_every_database(async |db| {
        db.with_johndoe().await;
        assert!(open(db, session("a")).await);
        let expected = Session {
            id: "a-id".to_owned(),
            username: "johndoe".to_owned(),
            full_name: Some("John Doe".to_owned()),
            credential_version: 1,
            created_at: NOW,
            seen_at: NOW,
            expires_at: after(7 * 86400),
            user_agent: Some("Browser/1.0".to_owned()),
        };
        assert_eq!(find(db, "a", after(1)).await, Some(expected.clone()));
        for other in ["A", "a-id", "", "b"] {
            assert_eq!(find(db, other, after(1)).await, None, "UI05 {other:?}");
        }
        let nameless = NewSession { user_agent: None, ..session("b") };
        assert!(open(db, nameless).await);
        let found = find(db, "b", after(1)).await;
        assert_eq!(found, Some(Session { id: "b-id".to_owned(), user_agent: None, ..expected }));
    })
    .await;
}

#[tokio::test]
async fn ui10_a_session_ends_when_it_is_unused_or_old() {
    on_every_database(async |db| {
        db.with_johndoe().await;
        assert!(open(db, session("a")).await);
        let moment = Duration::from_millis(1);
        let idle_at = NOW.plus(IDLE);
        assert!(find(db, "a", idle_at.minus(moment)).await.is_some());
        assert!(find(db, "a", idle_at).await.is_none(), "unused too long");
        for half_day in 1..15 {
            let at = after(half_day * 43_000);
            assert!(find(db, "a", at).await.is_some(), "used now and then");
            assert!(touch(db, "a", at).await);
        }
        assert!(touch(db, "a", after(1)).await, "a late note of an early use");
        let last = find(db, "a", after(7 * 86400).minus(moment)).await;
        assert_eq!(last.map(|session| session.seen_at), Some(after(14 * 43_000)));
        assert!(find(db, "a", after(7 * 86400)).await.is_none(), "too old, however used");
        assert!(!touch(db, "none", NOW).await);
    })
    .await;
}

#[tokio::test]
async fn a_session_that_ended_or_is_another_users_can_not_be_held() {
    on_every_database(async |db| {
        db.with_johndoe().await;
        assert!(open(db, session("a")).await);
        let hold = async |username: &'static str, id: &'static str, now| {
            db.store
                .write(move |conn| {
                    Box::pin(async move { sessions::hold(conn, username, id, now).await })
                })
                .await
                .unwrap()
        };
        assert!(hold("johndoe", "a-id", after(1)).await);
        assert_eq!(find(db, "a", after(1)).await.unwrap().seen_at, NOW, "it is no use of it");
        for (username, id, now) in [
            ("alice", "a-id", after(1)),
            ("johndoe", "a", after(1)),
            ("johndoe", "a-id", after(7 * 86400)),
        ] {
            assert!(!hold(username, id, now).await, "{username} {id}");
        }
        db.store
            .write(|conn| Box::pin(async move { sessions::end(conn, "a").await }))
            .await
            .unwrap();
        assert!(!hold("johndoe", "a-id", after(1)).await, "it ended");
    })
    .await;
}

#[tokio::test]
async fn what_shuts_a_user_out_ends_their_sessions_for_good() {
    let events: [(&str, Event, bool); 6] = [
        (
            "password changed",
            |conn| Box::pin(async move { users::set_password(conn, "johndoe", "new", NOW).await }),
            true,
        ),
        (
            "disabled and let in again",
            |conn| {
                Box::pin(async move {
                    users::set_disabled(conn, "johndoe", true, NOW).await?;
                    users::set_disabled(conn, "johndoe", false, NOW).await
                })
            },
            true,
        ),
        (
            "revoked",
            |conn| Box::pin(async move { Ok(users::revoke(conn, "johndoe", NOW).await? == 0) }),
            true,
        ),
        (
            "deleted",
            |conn| Box::pin(async move { users::delete(conn, "johndoe", NOW).await }),
            true,
        ),
        (
            "PW13 a rehash ends nothing",
            |conn| {
                Box::pin(async move { users::upgrade_hash(conn, "johndoe", "hash-1", "new").await })
            },
            false,
        ),
        (
            "letting in ends nothing",
            |conn| Box::pin(async move { users::set_disabled(conn, "johndoe", false, NOW).await }),
            false,
        ),
    ];
    for (row, event, ends) in events {
        on_every_database(async |db| {
            db.with_johndoe().await;
            assert!(open(db, session("a")).await);
            assert_eq!(db.store.write(event).await, Ok(true), "{row}");
            assert_eq!(find(db, "a", after(1)).await.is_none(), ends, "{row}");
            assert_eq!(ids(db, after(1)).await.is_empty(), ends, "{row}");
            assert_eq!(touch(db, "a", after(1)).await, !ends, "{row}: the row");
            assert_eq!(open(db, session("late")).await, !ends, "{row}: a login under way");
        })
        .await;
    }
}

#[tokio::test]
async fn a_user_ends_one_session_or_all_others() {
    on_every_database(async |db| {
        db.with_johndoe().await;
        let alice = users::NewUser { username: "alice".to_owned(), ..johndoe() };
        db.store
            .write(move |conn| Box::pin(async move { users::add(conn, &alice, NOW).await }))
            .await
            .unwrap();
        for hash in ["a", "b", "c", "d"] {
            assert!(open(db, session(hash)).await);
        }
        let of_alice = NewSession { username: "alice".to_owned(), ..session("x") };
        assert!(open(db, of_alice).await);
        touch(db, "c", after(9)).await;
        assert_eq!(ids(db, after(9)).await, ["c-id", "a-id", "b-id", "d-id"], "last used first");
        let ended = db.store.write(|conn| {
            Box::pin(async move {
                Ok([
                    sessions::end(conn, "d").await?,
                    sessions::end(conn, "d").await?,
                    sessions::end_one(conn, "johndoe", "b-id").await?,
                    sessions::end_one(conn, "johndoe", "b").await?,
                    sessions::end_one(conn, "johndoe", "x-id").await?,
                ])
            })
        });
        assert_eq!(ended.await, Ok([true, false, true, false, false]), "UI07");
        assert_eq!(ids(db, after(9)).await, ["c-id", "a-id"]);
        assert!(open(db, session("e")).await);
        let others = db.store.write(|conn| {
            Box::pin(async move { sessions::end_others(conn, "johndoe", "a").await })
        });
        assert_eq!(others.await, Ok(2));
        assert_eq!(ids(db, after(9)).await, ["a-id"]);
        assert!(find(db, "x", after(9)).await.is_some(), "alice's stays");
    })
    .await;
}

#[tokio::test]
async fn a_cookie_or_id_that_is_taken_is_a_conflict() {
    on_every_database(async |db| {
        db.with_johndoe().await;
        assert!(open(db, session("a")).await);
        for new in [
            NewSession { id: "b-id".to_owned(), ..session("a") },
            NewSession { id: "a-id".to_owned(), ..session("b") },
        ] {
            let again = db
                .store
                .write(move |conn| Box::pin(async move { sessions::open(conn, &new).await }))
                .await;
            assert!(matches!(again, Err(StoreError::Conflict(_))), "UI04 {again:?}");
        }
    })
    .await;
}
