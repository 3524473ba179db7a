//! Group commit: what belongs together, what does not, and what survives.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::{FutureExt, future::join_all};
use scopegate_store::{Connection, JobFuture, StoreError, meta, scopes};

use crate::harness::{self, NOW, on_every_database, open_store};

/// A job that adds the scope of that name.
fn add(
    name: impl Into<String>,
) -> impl for<'c> FnOnce(&'c mut Connection) -> JobFuture<'c, ()> + Clone + Send + 'static {
    let name = name.into();
    move |conn| Box::pin(async move { scopes::add(conn, &name, "", NOW).await })
}

async fn names(db: &harness::Database) -> Vec<String> {
    let mut conn = db.store.read().await.expect("the store can be read");
    let entries = scopes::list(&mut conn).await.expect("scopes can be listed");
    entries.into_iter().map(|entry| entry.name).collect()
}

#[tokio::test]
async fn a_job_that_fails_is_undone_alone() {
    on_every_database(async |db| {
        let outcomes = join_all((0..100).map(|n| {
            db.store.write(move |conn| {
                Box::pin(async move {
                    scopes::add(conn, &format!("s{n:02}"), "", NOW).await?;
                    if n % 10 == 3 { Err(StoreError::Refused("three".to_owned())) } else { Ok(n) }
                })
            })
        }))
        .await;
        for (n, outcome) in outcomes.into_iter().enumerate() {
            if n % 10 == 3 {
                assert_eq!(outcome, Err(StoreError::Refused("three".to_owned())));
            } else {
                assert_eq!(outcome, Ok(n));
            }
        }
        let expected: Vec<_> =
            (0..100).filter(|n| n % 10 != 3).map(|n| format!("s{n:02}")).collect();
        assert_eq!(names(db).await, expected);
    })
    .await;
}

#[tokio::test]
async fn a_failing_statement_undoes_its_job_alone() {
    on_every_database(async |db| {
        let (a, broken, b) = tokio::join!(
            db.store.write(add("a")),
            db.store.write(|conn| {
                Box::pin(async move {
                    scopes::add(conn, "broken", "", NOW).await?;
                    sqlx::query("SELECT nonsense FROM scopes").execute(conn).await?;
                    Ok(())
                })
            }),
            db.store.write(add("b")),
        );
        assert_eq!((a, b), (Ok(()), Ok(())));
        assert!(matches!(broken, Err(StoreError::Corrupt(_))), "{broken:?}");
        assert_eq!(names(db).await, ["a", "b"]);
    })
    .await;
}

#[tokio::test]
async fn a_job_runs_although_its_caller_has_gone() {
    on_every_database(async |db| {
        let store = db.store.clone();
        // Polled once, so that it is queued, and dropped.
        let mut queued = Box::pin(async move { store.write(add("kept")).await });
        assert_eq!(queued.as_mut().now_or_never(), None);
        drop(queued);
        let kept = async {
            while names(db).await != ["kept"] {
                tokio::task::yield_now().await;
            }
        };
        assert_eq!(tokio::time::timeout(Duration::from_secs(9), kept).await, Ok(()));
    })
    .await;
}

#[tokio::test]
async fn a_job_that_panics_is_undone_and_the_next_one_runs() {
    on_every_database(async |db| {
        let (before, panicked, after) = tokio::join!(
            db.store.write(add("before")),
            db.store.write(|conn| {
                Box::pin(async move {
                    scopes::add(conn, "lost", "", NOW).await?;
                    assert!(scopes::list(conn).await?.is_empty(), "part of the test");
                    Ok(())
                })
            }),
            db.store.write(add("after")),
        );
        assert_eq!((before, panicked, after), (Ok(()), Err(StoreError::Panicked), Ok(())));
        let outright = db.store.write(|_| -> JobFuture<'_, ()> { panic!("part of the test") });
        assert_eq!(outright.await, Err(StoreError::Panicked));
        assert_eq!(db.store.write(add("last")).await, Ok(()));
        assert_eq!(names(db).await, ["after", "before", "last"]);
    })
    .await;
}

#[tokio::test]
async fn closing_finishes_what_is_queued_and_refuses_what_comes_later() {
    let db = harness::sqlite().await;
    let mut jobs: Vec<_> =
        (0..100).map(|n| Box::pin(db.store.write(add(format!("s{n:03}"))))).collect();
    for job in &mut jobs {
        assert_eq!(job.as_mut().now_or_never(), None);
    }
    db.store.close().await;
    for outcome in join_all(jobs).await {
        assert_eq!(outcome, Ok(()));
    }
    assert!(db.store.write(add("late")).await.is_err_and(|error| error.is_unavailable()));
    assert!(db.store.read().await.is_err());
    let wal = db.file().unwrap().with_extension("db-wal");
    assert!(!wal.exists() || wal.metadata().unwrap().len() == 0, "the log is in the database");
    let again = open_store(&db.url).await;
    let mut conn = again.read().await.unwrap();
    assert_eq!(scopes::list(&mut conn).await.unwrap().len(), 100);
    drop(conn);
    again.close().await;
}

#[tokio::test]
async fn two_programs_write_to_one_database() {
    on_every_database(async |db| {
        let other = open_store(&db.url).await;
        let outcomes = join_all((0..200).map(|n| {
            let store = if n % 2 == 0 { &db.store } else { &other };
            store.write(add(format!("s{n:03}")))
        }))
        .await;
        assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
        assert_eq!(names(db).await.len(), 200);
        other.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_connection_to_read_with_cannot_write_on_sqlite() {
    let db = harness::sqlite().await;
    let mut conn = db.store.read().await.unwrap();
    let refused = meta::put_if_absent(&mut conn, "a", "b").await;
    assert!(refused.is_err_and(|error| error.is_unavailable()));
    drop(conn);
    db.store.close().await;
}

#[tokio::test]
async fn a_locked_database_is_an_outage_that_ends_by_itself() {
    let db = harness::sqlite().await;
    let (locked, free) = (Arc::new(tokio::sync::Notify::new()), Arc::new(AtomicBool::new(false)));
    let other = open_store(&db.url).await;
    let holder = {
        let (locked, free) = (locked.clone(), free.clone());
        other.write(move |conn| {
            Box::pin(async move {
                scopes::add(conn, "held", "", NOW).await?;
                locked.notify_one();
                while !free.load(Ordering::Relaxed) {
                    tokio::task::yield_now().await;
                }
                Ok(())
            })
        })
    };
    let shut_out = async {
        locked.notified().await;
        let outcomes = join_all((0..100).map(|n| db.store.write(add(format!("s{n}"))))).await;
        for outcome in outcomes {
            assert!(outcome.is_err_and(|error| error.is_unavailable()), "DB01");
        }
        free.store(true, Ordering::Relaxed);
    };
    let (held, ()) = tokio::join!(holder, shut_out);
    assert_eq!(held, Ok(()));
    assert_eq!(db.store.write(add("again")).await, Ok(()), "DB01");
    assert_eq!(names(&db).await, ["again", "held"]);
    other.close().await;
    db.store.close().await;
}

#[tokio::test]
async fn a_full_disk_keeps_exactly_what_was_acknowledged() {
    let db = harness::sqlite().await;
    let mut outcomes = Vec::new();
    for round in 0..3 {
        let jobs = (0..20).map(|n| {
            db.store.write(move |conn| {
                Box::pin(async move {
                    // No page more than there are, so that the later jobs find the disk full.
                    sqlx::query("PRAGMA max_page_count = 1").execute(&mut *conn).await?;
                    let name = format!("{round}-{n:02}");
                    scopes::add(conn, &name, &"long ".repeat(200), NOW).await?;
                    Ok(name)
                })
            })
        });
        outcomes.extend(join_all(jobs).await);
    }
    assert!(outcomes.iter().any(Result::is_err), "the disk was full");
    let mut acknowledged: Vec<_> = outcomes.into_iter().flatten().collect();
    acknowledged.sort();
    assert_eq!(names(&db).await, acknowledged);
    db.store.close().await;
}

#[tokio::test]
async fn a_database_that_was_removed_takes_no_writes_and_is_not_made_anew() {
    let db = harness::sqlite().await;
    let file = db.file().unwrap();
    std::fs::rename(&file, file.with_extension("away")).unwrap();
    for _ in 0..2 {
        let refused = db.store.write(add("lost")).await;
        assert!(refused.is_err_and(|error| error.is_unavailable()), "DB03");
        assert!(!file.exists(), "DB03");
    }
    db.store.close().await;
}
