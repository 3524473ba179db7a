//! Key pairs: one of them begins, one follows, and none goes while a token needs it.

use scopegate_core::{algorithm::Algorithm, clock::Timestamp};
use scopegate_store::{
    Connection, JobFuture,
    signing_keys::{self, Added, NewSigningKey, SigningKeyRow},
};

use crate::harness::{Database, NOW, after, on_every_database};

fn key(kid: &str, signs_at: Timestamp) -> NewSigningKey {
    NewSigningKey {
        kid: kid.to_owned(),
        algorithm: Algorithm::EdDsa,
        public_key: format!("{{\"kid\":\"{kid}\"}}"),
        created_at: NOW,
        signs_at,
    }
}

async fn write<T, F>(db: &Database, job: F) -> T
where
    T: Send + 'static,
    F: for<'c> FnOnce(&'c mut Connection) -> JobFuture<'c, T> + Clone + Send + 'static,
{
    db.store.write(job).await.expect("the key can be written")
}

async fn add_first(db: &Database, new: NewSigningKey) -> bool {
    write(db, move |conn| Box::pin(async move { signing_keys::add_first(conn, &new).await })).await
}

async fn add_next(db: &Database, new: NewSigningKey) -> Added {
    write(db, move |conn| Box::pin(async move { signing_keys::add_next(conn, &new).await })).await
}

async fn replace(db: &Database, kid: &'static str, new: NewSigningKey) -> Option<String> {
    write(db, move |conn| Box::pin(async move { signing_keys::replace(conn, kid, &new).await }))
        .await
}

async fn hold(db: &Database, kid: &'static str, until: Timestamp) -> bool {
    write(db, move |conn| Box::pin(async move { signing_keys::hold(conn, kid, until).await })).await
}

async fn rows(db: &Database) -> Vec<SigningKeyRow> {
    let mut conn = db.store.read().await.expect("the store can be read");
    signing_keys::list(&mut conn).await.expect("keys can be listed")
}

#[tokio::test]
async fn a_key_is_listed_as_it_was_added() {
    on_every_database(async |db| {
        assert_eq!(rows(db).await, []);
        assert!(add_first(db, key("a", after(9))).await);
        let expected = SigningKeyRow {
            kid: "a".to_owned(),
            algorithm: Algorithm::EdDsa,
            public_key: "{\"kid\":\"a\"}".to_owned(),
            created_at: NOW,
            signs_at: after(9),
            tokens_until: None,
            retired_at: None,
        };
        assert_eq!(rows(db).await, [expected]);
    })
    .await;
}

#[tokio::test]
async fn of_those_who_begin_at_once_one_makes_the_key() {
    on_every_database(async |db| {
        let (a, b, c) = tokio::join!(
            add_first(db, key("a", NOW)),
            add_first(db, key("b", NOW)),
            add_first(db, key("c", NOW)),
        );
        assert_eq!([a, b, c].into_iter().filter(|added| *added).count(), 1);
        assert_eq!(rows(db).await.len(), 1);
        let other = NewSigningKey { algorithm: Algorithm::Es256, ..key("other", NOW) };
        assert!(add_first(db, other).await, "each algorithm has its own");
    })
    .await;
}

#[tokio::test]
async fn one_key_waits_at_a_time() {
    on_every_database(async |db| {
        let waiting = |kid: &str| Added::Waiting(kid.to_owned());
        assert_eq!(add_next(db, key("a", NOW)).await, Added::Done);
        assert_eq!(add_next(db, key("b", NOW)).await, waiting("a"), "a has signed nothing yet");
        assert!(hold(db, "a", after(60)).await);
        let (b, c) =
            tokio::join!(add_next(db, key("b", after(9))), add_next(db, key("c", after(9))));
        assert!([&b, &c].contains(&&Added::Done) && b != c, "{b:?} {c:?}");
        let other = NewSigningKey { algorithm: Algorithm::Rs256, ..key("d", NOW) };
        assert_eq!(add_next(db, other).await, Added::Done, "of another algorithm");
    })
    .await;
}

#[tokio::test]
async fn a_key_that_goes_at_once_leaves_one_that_signs() {
    on_every_database(async |db| {
        add_first(db, key("a", NOW)).await;
        hold(db, "a", after(60)).await;
        assert_eq!(replace(db, "a", key("b", NOW)).await.as_deref(), Some("b"), "a new one");
        hold(db, "b", after(60)).await;
        add_next(db, key("c", after(600))).await;
        assert_eq!(replace(db, "b", key("d", NOW)).await.as_deref(), Some("c"), "the one waiting");
        assert_eq!(replace(db, "b", key("e", NOW)).await, None, "retired before");
        let rows = rows(db).await;
        let found: Vec<_> =
            rows.iter().map(|row| (row.kid.as_str(), row.signs_at, row.retired_at)).collect();
        assert_eq!(found, [("a", NOW, Some(NOW)), ("b", NOW, Some(NOW)), ("c", NOW, None)]);
    })
    .await;
}

#[tokio::test]
async fn a_key_begins_earlier_and_never_later() {
    on_every_database(async |db| {
        add_first(db, key("a", after(600))).await;
        for (now, expected) in [(after(60), after(60)), (after(90), after(60))] {
            write(db, move |conn| {
                Box::pin(async move { signing_keys::begin(conn, "a", now).await })
            })
            .await;
            assert_eq!(rows(db).await[0].signs_at, expected);
        }
    })
    .await;
}

#[tokio::test]
async fn a_key_is_kept_until_its_last_token_has_expired() {
    on_every_database(async |db| {
        let retire_unused = async |kid: &'static str, dead_at: Timestamp| {
            write(db, move |conn| {
                Box::pin(
                    async move { signing_keys::retire_unused(conn, kid, after(99), dead_at).await },
                )
            })
            .await
        };
        add_first(db, key("a", NOW)).await;
        assert!(hold(db, "a", after(60)).await);
        assert!(hold(db, "a", after(30)).await);
        assert_eq!(rows(db).await[0].tokens_until, Some(after(60)), "a shorter hold cuts nothing");
        assert!(!retire_unused("a", after(59)).await);
        assert!(retire_unused("a", after(60)).await);
        assert!(!retire_unused("a", after(60)).await, "retired before");
        assert!(!hold(db, "a", after(90)).await, "a retired key signs nothing");
        add_first(db, key("b", NOW)).await;
        assert!(retire_unused("b", NOW).await, "it has signed nothing");
    })
    .await;
}

#[tokio::test]
async fn a_retired_key_is_forgotten_later() {
    on_every_database(async |db| {
        add_first(db, key("a", NOW)).await;
        write(db, |conn| Box::pin(async move { signing_keys::retire(conn, "a", NOW).await })).await;
        add_first(db, key("b", NOW)).await;
        for (until, expected) in [(NOW.minus(std::time::Duration::from_secs(1)), 0), (NOW, 1)] {
            let forgotten = write(db, move |conn| {
                Box::pin(async move { signing_keys::forget(conn, until).await })
            });
            assert_eq!(forgotten.await, expected);
        }
        let kids: Vec<_> = rows(db).await.into_iter().map(|row| row.kid).collect();
        assert_eq!(kids, ["b"]);
    })
    .await;
}
