//! An authorization request is answered once.

use futures_util::future::join_all;
use scopegate_store::answered_requests;

use crate::harness::{Database, after, on_every_database};

async fn answer(db: &Database, id: &'static str) -> bool {
    db.store
        .write(move |conn| {
            Box::pin(async move { answered_requests::add(conn, id, after(600)).await })
        })
        .await
        .expect("an answer can be noted")
}

#[tokio::test]
async fn a_request_that_was_answered_is_known_by_its_id() {
    on_every_database(async |db| {
        assert!(answer(db, "one").await);
        let mut conn = db.store.read().await.unwrap();
        for (id, answered) in [("one", true), ("another", false), ("", false), ("ONE", false)] {
            assert_eq!(answered_requests::is_answered(&mut conn, id).await, Ok(answered), "{id}");
        }
    })
    .await;
}

#[tokio::test]
async fn of_many_answers_one_counts() {
    on_every_database(async |db| {
        let answers = join_all((0..20).map(|_| answer(db, "r"))).await;
        assert_eq!(answers.into_iter().filter(|first| *first).count(), 1);
        assert!(!answer(db, "r").await, "later neither");
    })
    .await;
}
