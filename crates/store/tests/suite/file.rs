//! The database file removed or replaced under a running program: nothing is read from or written to
//! another file, and the same file is taken up again.

use std::path::{Path, PathBuf};

use futures_util::future::join_all;
use scopegate_store::{Store, StoreError, scopes, sqlite_url, users};

use crate::harness::{self, Database, NOW, open_store};

/// Moves the database aside, alone: its log stays beside the path.
fn put_aside(db: &Database) -> (PathBuf, PathBuf) {
    let file = db.file().expect("this is SQLite");
    let aside = file.with_extension("aside");
    std::fs::rename(&file, &aside).expect("the file is there");
    (file, aside)
}

async fn add_scope(store: &Store, name: &'static str) -> Result<(), StoreError> {
    store.write(move |conn| Box::pin(async move { scopes::add(conn, name, "", NOW).await })).await
}

/// Reads on more connections at once than a new store has opened.
async fn read_at_once(store: &Store) -> Vec<Result<bool, StoreError>> {
    join_all((0..4).map(|_| async {
        let mut conn = store.read().await?;
        tokio::task::yield_now().await;
        Ok(users::find(&mut conn, "johndoe").await?.is_some())
    }))
    .await
}

async fn assert_refuses_everything(store: &Store, row: &str) {
    let mut outcomes: Vec<_> = read_at_once(store).await.into_iter().map(|o| o.map(drop)).collect();
    outcomes.push(store.check().await);
    outcomes.push(store.migrate().await.map(drop));
    outcomes.push(add_scope(store, "lost").await);
    outcomes.push(add_scope(store, "lost").await);
    for outcome in outcomes {
        assert!(matches!(outcome, Err(StoreError::Unavailable(_))), "DB03 {row}: {outcome:?}");
    }
}

async fn assert_works(store: &Store, scope: &'static str) {
    for found in read_at_once(store).await {
        assert_eq!(found, Ok(true), "{scope}");
    }
    assert_eq!(store.check().await, Ok(()), "{scope}");
    assert_eq!(add_scope(store, scope).await, Ok(()));
}

async fn names(store: &Store) -> Vec<String> {
    let mut conn = store.read().await.expect("the store can be read");
    let entries = scopes::list(&mut conn).await.expect("scopes can be listed");
    entries.into_iter().map(|entry| entry.name).collect()
}

#[tokio::test]
async fn a_database_that_was_removed_is_out_of_use_until_it_is_back() {
    let db = harness::sqlite().await;
    db.with_johndoe().await;
    for scope in ["first", "second"] {
        let (file, aside) = put_aside(&db);
        assert_refuses_everything(&db.store, "removed").await;
        assert!(!file.exists(), "DB03 it is not made anew");
        std::fs::rename(&aside, &file).unwrap();
        assert_works(&db.store, scope).await;
    }
    assert_eq!(names(&db.store).await, ["first", "items", "me", "second"]);
    db.store.close().await;
}

#[tokio::test]
async fn a_database_in_the_place_of_another_is_neither_read_nor_written() {
    let db = harness::sqlite().await;
    db.with_johndoe().await;
    let other = harness::sqlite().await;
    other.store.close().await;
    let replacement = other.file().unwrap();
    let (file, aside) = put_aside(&db);
    std::fs::rename(&replacement, &file).unwrap();
    let before = content(&file);
    assert_refuses_everything(&db.store, "replaced").await;
    assert!(content(&file) == before, "DB03 the other file is left alone");

    std::fs::rename(&file, &replacement).unwrap();
    std::fs::rename(&aside, &file).unwrap();
    assert_works(&db.store, "again").await;
    assert_eq!(names(&db.store).await, ["again", "items", "me"]);
    db.store.close().await;
}

#[tokio::test]
async fn a_store_that_is_closed_leaves_no_log_to_the_file_in_the_place_of_its_own() {
    let db = harness::sqlite().await;
    db.with_johndoe().await;
    let other = harness::sqlite().await;
    add_scope(&other.store, "other").await.unwrap();
    other.store.close().await;
    let (file, aside) = put_aside(&db);
    std::fs::rename(other.file().unwrap(), &file).unwrap();
    db.store.close().await;

    let restarted = open_store(&db.url).await;
    assert_eq!(names(&restarted).await, ["other"]);
    restarted.close().await;
    let original = open_store(&sqlite_url(&aside)).await;
    assert_works(&original, "again").await;
    assert_eq!(names(&original).await, ["again", "items", "me"], "it has kept everything");
    original.close().await;
}

#[tokio::test]
async fn what_was_committed_while_the_file_went_away_is_not_acknowledged() {
    let db = harness::sqlite().await;
    db.with_johndoe().await;
    let (file, aside) = (db.file().unwrap(), db.file().unwrap().with_extension("aside"));
    let (from, to) = (file.clone(), aside.clone());
    let written = db.store.write(move |conn| {
        Box::pin(async move {
            scopes::add(conn, "lost", "", NOW).await?;
            std::fs::rename(from, to).expect("the file is there");
            Ok(())
        })
    });
    assert!(matches!(written.await, Err(StoreError::Unavailable(_))), "DB03");
    std::fs::rename(&aside, &file).unwrap();
    db.store.close().await;
}

#[tokio::test]
async fn a_reader_reads_from_the_file_that_it_opened_and_from_no_other() {
    let db = harness::sqlite().await;
    db.with_johndoe().await;
    let reader = db.reader().await;
    let (file, aside) = put_aside(&db);
    for row in ["removed", "replaced"] {
        let outcomes = (reader.read().await.map(drop), reader.data_version().await.map(drop));
        for outcome in [outcomes.0, outcomes.1] {
            assert!(matches!(outcome, Err(StoreError::Unavailable(_))), "{row}: {outcome:?}");
        }
        std::fs::copy(&aside, &file).unwrap();
    }
    std::fs::rename(&aside, &file).unwrap();
    let mut conn = reader.read().await.unwrap();
    assert!(users::find(&mut conn, "johndoe").await.unwrap().is_some());
    assert!(reader.data_version().await.is_ok());
    drop(conn);
    reader.close().await;
    db.store.close().await;
}

fn content(path: &Path) -> Vec<u8> {
    std::fs::read(path).expect("the file is there")
}
