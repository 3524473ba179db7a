//! Work that the database puts off or gives up: waited for or run again, within bounds.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use scopegate_store::{
    StoreError,
    changes::{self, ChangeKind},
    scopes,
};
use tokio::sync::Barrier;

use crate::harness::{NOW, after, on_every_database, on_postgres};

#[tokio::test]
async fn of_two_jobs_that_wait_for_each_other_both_are_done() {
    on_postgres(async |db| {
        db.with_grant("one").await;
        let meeting = Arc::new(Barrier::new(2));
        let begun = Arc::new(AtomicU32::new(0));
        let job = |first: &'static str, second: &'static str| {
            let (meeting, begun) = (Arc::clone(&meeting), Arc::clone(&begun));
            db.store.write(move |conn| {
                Box::pin(async move {
                    let times = begun.fetch_add(1, Ordering::Relaxed);
                    scopes::set(conn, first, "held").await?;
                    if times < 2 {
                        meeting.wait().await;
                    }
                    scopes::set(conn, second, "held").await?;
                    changes::revoke_token(conn, first, after(60), NOW).await
                })
            })
        };
        let outcome = tokio::join!(job("me", "items"), job("items", "me"));
        assert_eq!(outcome, (Ok(true), Ok(true)), "DB09");
        assert!(begun.load(Ordering::Relaxed) > 2, "one of them was begun again");
        let mut conn = db.store.read().await.unwrap();
        let told = changes::since(&mut conn, 0, 9).await.unwrap();
        let tokens = told.iter().filter(|change| change.kind == ChangeKind::Token).count();
        assert_eq!(tokens, 2, "each is told once: {told:?}");
    })
    .await;
}

#[tokio::test]
async fn a_job_that_has_to_give_way_every_time_ends_as_an_outage() {
    for code in ["40001", "40P01"] {
        on_postgres(async |db| {
            let begun = Arc::new(AtomicU32::new(0));
            let count = Arc::clone(&begun);
            let outcome = db
                .store
                .write(move |conn| {
                    Box::pin(async move {
                        count.fetch_add(1, Ordering::Relaxed);
                        scopes::add(conn, "half", "", NOW).await?;
                        fail(conn, code).await
                    })
                })
                .await;
            assert!(matches!(&outcome, Err(StoreError::Yielded(_))), "DB09 {code}: {outcome:?}");
            assert!(outcome.is_err_and(|error| error.is_unavailable()), "DB09 {code}: 503");
            assert_eq!(begun.load(Ordering::Relaxed), 5, "DB09 {code}");
            let mut conn = db.store.read().await.unwrap();
            assert!(scopes::list(&mut conn).await.unwrap().iter().all(|s| s.name != "half"));
        })
        .await;
    }
}

#[tokio::test]
async fn what_may_have_been_committed_is_not_run_again() {
    for (row, code) in [
        ("the connection failed", "08006"),
        ("nobody knows whether it was done", "40003"),
        ("the server stops", "57P01"),
        ("a lock is held too long", "55P03"),
    ] {
        on_postgres(async |db| {
            let begun = Arc::new(AtomicU32::new(0));
            let count = Arc::clone(&begun);
            let outcome = db
                .store
                .write(move |conn| {
                    Box::pin(async move {
                        count.fetch_add(1, Ordering::Relaxed);
                        fail(conn, code).await
                    })
                })
                .await;
            assert!(outcome.is_err_and(|error| error.is_unavailable()), "{row}: 503");
            assert_eq!(begun.load(Ordering::Relaxed), 1, "{row}");
        })
        .await;
    }
}

#[tokio::test]
async fn a_connection_that_is_cut_under_a_job_is_an_outage_and_the_next_job_gets_another() {
    on_postgres(async |db| {
        let begun = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&begun);
        let outcome = db
            .store
            .write(move |conn| {
                Box::pin(async move {
                    count.fetch_add(1, Ordering::Relaxed);
                    scopes::add(conn, "lost", "", NOW).await?;
                    sqlx::query("SELECT CAST(pg_terminate_backend(pg_backend_pid()) AS TEXT)")
                        .execute(&mut *conn)
                        .await?;
                    scopes::add(conn, "later", "", NOW).await
                })
            })
            .await;
        assert!(outcome.is_err_and(|error| error.is_unavailable()), "DB08");
        assert_eq!(begun.load(Ordering::Relaxed), 1, "DB08");
        let again = db.store.write(|conn| Box::pin(scopes::add(conn, "next", "", NOW))).await;
        assert_eq!(again, Ok(()), "DB08");
        let mut conn = db.store.read().await.unwrap();
        let names: Vec<_> = scopes::list(&mut conn).await.unwrap();
        assert!(names.iter().all(|scope| scope.name != "lost" && scope.name != "later"), "DB08");
    })
    .await;
}

#[tokio::test]
async fn a_pool_without_a_free_connection_is_an_outage_that_ends_by_itself() {
    on_every_database(async |db| {
        let mut held = Vec::new();
        let refused = loop {
            match db.store.read().await {
                Ok(conn) => held.push(conn),
                Err(error) => break error,
            }
        };
        assert!(refused.is_unavailable(), "DB09: {refused}");
        drop(held);
        assert!(db.store.read().await.is_ok(), "DB09");
    })
    .await;
}

/// Fails the statement, and with it the transaction, with that SQLSTATE.
async fn fail(conn: &mut scopegate_store::Connection, code: &str) -> Result<(), StoreError> {
    let raise =
        format!("DO $$ BEGIN RAISE EXCEPTION 'part of the test' USING ERRCODE = '{code}'; END $$");
    sqlx::query(sqlx::AssertSqlSafe(raise)).execute(conn).await?;
    Ok(())
}
