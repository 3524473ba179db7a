//! Migrations, and which schemas are refused.

use std::os::unix::fs::PermissionsExt;

use scopegate_store::{Reader, SCHEMA, StoreError, meta, sqlite_url};

use crate::harness::{self, on_every_database, open_store};

#[tokio::test]
async fn migrations_are_applied_once() {
    on_every_database(async |db| {
        assert_eq!(db.store.migrate().await, Ok(0));
        assert_eq!(db.store.check().await, Ok(()));
        let other = open_store(&db.url).await;
        assert_eq!(other.migrate().await, Ok(0));
        other.close().await;
    })
    .await;
}

#[tokio::test]
async fn an_unmigrated_database_is_not_there_for_readers_and_not_migrated_for_writers() {
    let folder = tempfile::tempdir().unwrap();
    let url = sqlite_url(&folder.path().join("scopegate.db"));
    assert_eq!(Reader::open(&url).await.err(), Some(StoreError::NotThere), "no file");
    std::fs::write(folder.path().join("scopegate.db"), "").unwrap();
    assert_eq!(Reader::open(&url).await.err(), Some(StoreError::NotThere), "an empty file");
    let store = open_store(&url).await;
    assert_eq!(store.check().await, Err(StoreError::NotMigrated));
    assert_eq!(Reader::open(&url).await.err(), Some(StoreError::NotThere), "no table");
    let migrated = store.migrate().await.unwrap();
    assert_eq!(i64::try_from(migrated), Ok(SCHEMA));
    Reader::open(&url).await.unwrap().close().await;
    store.close().await;
}

#[tokio::test]
async fn two_programs_that_start_at_once_migrate_once() {
    let folder = tempfile::tempdir().unwrap();
    let url = sqlite_url(&folder.path().join("scopegate.db"));
    let start = || async {
        let store = open_store(&url).await;
        let migrated = store.migrate().await;
        store.close().await;
        migrated.unwrap()
    };
    let (a, b, c, d) = tokio::join!(start(), start(), start(), start());
    assert_eq!(i64::try_from(a + b + c + d), Ok(SCHEMA));
}

#[tokio::test]
async fn a_newer_schema_is_used_where_it_allows_that_and_refused_where_not() {
    on_every_database(async |db| {
        for (row, min_reader, expected) in [
            ("met", SCHEMA, Ok(())),
            ("DB13", SCHEMA + 1, Err(StoreError::SchemaTooNew { needs: SCHEMA + 1, has: SCHEMA })),
        ] {
            db.store
                .write(move |conn| {
                    Box::pin(async move {
                        sqlx::query("UPDATE meta SET value = $1 WHERE name = 'min_reader'")
                            .bind(min_reader.to_string())
                            .execute(conn)
                            .await?;
                        Ok(())
                    })
                })
                .await
                .unwrap();
            assert_eq!(db.store.check().await, expected, "{row}");
            assert_eq!(db.store.migrate().await.map(|applied| assert_eq!(applied, 0)), expected);
            let reader = Reader::open(&db.url).await;
            assert_eq!(reader.as_ref().err(), expected.as_ref().err(), "{row}");
            if let Ok(reader) = reader {
                reader.close().await;
            }
        }
    })
    .await;
}

#[tokio::test]
async fn migrations_of_a_newer_program_are_left_alone() {
    on_every_database(async |db| {
        db.store
            .write(|conn| {
                Box::pin(async move {
                    sqlx::query(
                        "INSERT INTO _sqlx_migrations \
                         (version, description, success, checksum, execution_time) \
                         SELECT 9999, 'newer', success, checksum, 0 FROM _sqlx_migrations \
                         WHERE version = 1",
                    )
                    .execute(conn)
                    .await?;
                    Ok(())
                })
            })
            .await
            .unwrap();
        assert_eq!(db.store.check().await, Ok(()));
        assert_eq!(db.store.migrate().await, Ok(0));
    })
    .await;
}

#[tokio::test]
async fn a_value_that_is_put_once_keeps_its_first_writer() {
    on_every_database(async |db| {
        for (value, in_force) in [("first", "first"), ("second", "first")] {
            let found = db
                .store
                .write(move |conn| {
                    Box::pin(async move { meta::put_if_absent(conn, "key", value).await })
                })
                .await;
            assert_eq!(found.as_deref(), Ok(in_force));
        }
        let found = meta::find(&mut db.store.read().await.unwrap(), "key").await;
        assert_eq!(found, Ok(Some("first".to_owned())));
    })
    .await;
}

#[tokio::test]
async fn files_are_for_their_owner_alone() {
    let db = harness::sqlite().await;
    db.with_johndoe().await;
    let file = db.file().unwrap();
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(file.parent().unwrap()), 0o700);
    for suffix in ["", "-wal", "-shm"] {
        let path = format!("{}{suffix}", file.display());
        assert_eq!(mode(path.as_ref()), 0o600, "DB14 {path}");
    }
    db.store.close().await;
}

#[tokio::test]
async fn what_is_no_database_is_refused_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let junk = folder.path().join("junk.db");
    std::fs::write(&junk, "this is no database at all, only a line of text\n".repeat(99)).unwrap();
    for path in [&junk, &folder.path().to_owned(), &junk.join("below/a/file.db")] {
        let options = scopegate_store::StoreOptions {
            url: sqlite_url(path),
            synchronous: scopegate_store::Synchronous::Full,
        };
        let Err(error) = scopegate_store::Store::open(&options).await else { panic!("{path:?}") };
        assert!(!error.to_string().contains('\n'), "{error}");
        assert!(Reader::open(&options.url).await.is_err(), "{path:?}");
    }
}
