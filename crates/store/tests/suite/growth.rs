//! How large tables are, and what waits to be cleaned away.

use scopegate_store::{cleanup, growth};

use crate::harness::{after, on_every_database};

#[tokio::test]
async fn rows_are_counted_up_to_the_limit() {
    on_every_database(async |db| {
        db.with_johndoe().await;
        for id in ["a", "b", "c"] {
            db.with_grant(id).await;
        }
        let mut conn = db.store.read().await.unwrap();
        for (limit, expected) in [(10, 3), (3, 3), (2, 2)] {
            let counted = growth::count(&mut conn, limit).await.unwrap();
            let names: Vec<_> = counted.iter().map(|(table, _)| *table).collect();
            assert_eq!(names, growth::tables().collect::<Vec<_>>());
            let rows = |name| counted.iter().find(|(table, _)| *table == name).map(|(_, n)| *n);
            assert_eq!(rows("grants"), Some(expected), "at most {limit}");
            assert_eq!(rows("refresh_tokens"), Some(expected), "at most {limit}");
            assert_eq!(rows("sessions"), Some(0));
        }
    })
    .await;
}

#[tokio::test]
async fn what_waits_to_be_cleaned_away_is_counted_as_it_is_deleted() {
    on_every_database(async |db| {
        db.with_johndoe().await.with_grant("a").await;
        db.with_grant("b").await;
        let counted = async |at| {
            let mut conn = db.store.read().await.unwrap();
            cleanup::count_expired(&mut conn, at, 100).await.unwrap()
        };
        let end = after(90 * 86400);
        assert_eq!(counted(after(1)).await, 0);
        let waiting = counted(end).await;
        assert!(waiting >= 2, "two tokens");
        let deleted = db
            .store
            .write(move |conn| {
                Box::pin(async move { cleanup::delete_expired(conn, end, 100).await })
            })
            .await;
        assert_eq!(deleted, Ok(waiting + 2), "and their two grants");
        assert_eq!(counted(end).await, 0);
    })
    .await;
}
