//! The read-only side: sees what is committed, and cannot write.

use std::os::unix::fs::PermissionsExt;

use scopegate_store::{Reader, StoreError, meta, restore_wal, sqlite_url, users};
use sqlx::{AnyConnection, Connection};

use crate::harness::{self, on_every_database};

#[tokio::test]
async fn a_file_without_a_log_of_writes_is_told_of_in_one_line_and_gets_one() {
    let db = harness::sqlite().await;
    db.store.close().await;
    let mut conn = AnyConnection::connect(&db.url).await.unwrap();
    sqlx::query("PRAGMA journal_mode = DELETE").execute(&mut conn).await.unwrap();
    conn.close().await.unwrap();
    let refused = Reader::open(&db.url).await.map(drop).unwrap_err().to_string();
    assert!(refused.ends_with("has no write-ahead log: start auth-server once"), "{refused}");
    for _ in 0..2 {
        restore_wal(&db.url).await.unwrap();
        assert!(Reader::open(&db.url).await.is_ok());
    }
    let elsewhere = db.file().unwrap().with_file_name("none.db");
    restore_wal(&sqlite_url(&elsewhere)).await.unwrap();
    assert!(!elsewhere.exists(), "nothing is made");
}

#[tokio::test]
async fn a_reader_sees_what_was_committed() {
    on_every_database(async |db| {
        let reader = db.reader().await;
        db.with_johndoe().await;
        let mut conn = reader.read().await.unwrap();
        assert!(users::find(&mut conn, "johndoe").await.unwrap().is_some());
        drop(conn);
        reader.close().await;
        assert!(reader.read().await.is_err());
        assert!(reader.data_version().await.is_err() || db.file().is_none());
    })
    .await;
}

#[tokio::test]
async fn a_reader_cannot_write() {
    on_every_database(async |db| {
        let reader = db.reader().await;
        let mut conn = reader.read().await.unwrap();
        let refused = meta::put_if_absent(&mut conn, "a", "b").await;
        assert!(refused.is_err_and(|error| error.is_unavailable()));
        drop(conn);
        reader.close().await;
    })
    .await;
}

#[tokio::test]
async fn the_data_version_moves_with_every_commit_and_only_then() {
    on_every_database(async |db| {
        let reader = db.reader().await;
        let first = reader.data_version().await.unwrap();
        assert_eq!(first.is_some(), db.file().is_some(), "SQLite only");
        assert_eq!(reader.data_version().await, Ok(first));
        db.with_johndoe().await;
        let second = reader.data_version().await.unwrap();
        assert_eq!(second == first, db.file().is_none());
        assert_eq!(reader.data_version().await, Ok(second));
        reader.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_reader_opens_what_its_writer_has_left() {
    let db = harness::sqlite().await;
    db.with_johndoe().await;
    db.store.close().await;
    let reader = db.reader().await;
    let mut conn = reader.read().await.unwrap();
    assert!(users::find(&mut conn, "johndoe").await.unwrap().is_some());
    drop(conn);
    reader.close().await;
}

#[tokio::test]
async fn a_reader_of_a_file_that_was_replaced_says_so() {
    let db = harness::sqlite().await;
    let reader = db.reader().await;
    let file = db.file().unwrap();
    std::fs::rename(&file, file.with_extension("away")).unwrap();
    assert!(matches!(reader.data_version().await, Err(StoreError::Unavailable(_))), "removed");
    std::fs::copy(file.with_extension("away"), &file).unwrap();
    assert!(matches!(reader.data_version().await, Err(StoreError::Unavailable(_))), "replaced");
    reader.close().await;
    db.store.close().await;
}

#[tokio::test]
async fn a_reader_creates_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("shared/scopegate.db");
    assert_eq!(Reader::open(&sqlite_url(&file)).await.err(), Some(StoreError::NotThere));
    assert!(!file.parent().unwrap().exists());
}

#[tokio::test]
async fn files_that_a_reader_makes_are_for_their_owner_alone() {
    let db = harness::sqlite().await;
    db.store.close().await;
    let reader = db.reader().await;
    for file in std::fs::read_dir(db.file().unwrap().parent().unwrap()).unwrap() {
        let file = file.unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "DB14 {file:?}");
    }
    assert_eq!(
        meta::find(&mut reader.read().await.unwrap(), "min_reader").await.map(|v| v.is_some()),
        Ok(true)
    );
    reader.close().await;
}
