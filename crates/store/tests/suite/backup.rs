//! A store that goes into a file and comes back: whole, as of one moment, or refused in one line.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use scopegate_store::{
    CopiedTable, Reader, Store, StoreOptions, Synchronous,
    backup::{About, BackupError, CarriedFile, Draft},
    changes, meta,
    restore::{Backup, Place, RestoreError, Restored},
    sqlite_url, users,
};
use sqlx::{AnyConnection, AssertSqlSafe, Connection};
use zeroize::Zeroizing;

use crate::{
    copy::{dump, fill},
    harness::{self, Database, NOW, new_postgres, on_every_database, open_store},
};

#[tokio::test]
async fn a_backup_of_either_database_comes_back_in_either() {
    on_every_database(async |db| {
        fill(db).await;
        let before = dump(&db.store).await;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("backup.db");
        let tables = back_up(db, &file).await.unwrap();
        assert!(tables.iter().any(|table| table.name == "scopes" && table.rows == 452));
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "one file, and no draft");
        let backup = Backup::open(&file).await.unwrap();
        assert_eq!((backup.about(), backup.server_key()), (&about(), Some("fingerprint")));
        assert_eq!(backup.files(), [key()]);
        let target = sqlite_url(&folder.path().join("target.db"));
        for url in [Some(target), new_postgres()].into_iter().flatten() {
            let restored = restore(&file, &url, false).await.unwrap();
            assert_eq!(restored, Restored { aside: None });
            let store = open_store(&url).await;
            assert_eq!(dump(&store).await, before, "{url}");
            store.close().await;
        }
        assert!(!holds(folder.path(), b"the key, of which"), "no key is left in a store");
    })
    .await;
}

#[tokio::test]
async fn what_is_written_during_a_backup_is_in_it_whole_or_not_at_all() {
    on_every_database(async |db| {
        db.with_johndoe().await;
        let folder = tempfile::tempdir().unwrap();
        let writes = async {
            for n in 0..200 {
                db.with_grant(&format!("g{n}")).await;
            }
        };
        let backups = async {
            for n in 0..5 {
                let file = folder.path().join(format!("{n}.db"));
                let tables = back_up(db, &file).await.unwrap();
                assert_eq!(rows(&tables, "grants"), rows(&tables, "refresh_tokens"), "{n}");
            }
        };
        tokio::join!(backups, writes);
        let url = sqlite_url(&folder.path().join("target.db"));
        restore(&folder.path().join("4.db"), &url, false).await.unwrap();
        assert!(Reader::open(&url).await.is_ok());
    })
    .await;
}

#[tokio::test]
async fn a_backup_replaces_no_file_and_one_that_fails_leaves_none() {
    on_every_database(async |db| {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("backup.db");
        fs::write(&file, "mine").unwrap();
        let refused = back_up(db, &file).await;
        assert!(matches!(refused, Err(BackupError::Exists(_))), "{refused:?}");
        assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
        let draft = Draft::take(&db.url, &folder.path().join("other.db"), "x").await.unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
        drop(draft);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "a draft goes by itself");
        // Somebody else was faster.
        let draft = Draft::take(&db.url, &folder.path().join("third.db"), "x").await.unwrap();
        fs::write(folder.path().join("third.db"), "theirs").unwrap();
        let refused = draft.finish(&about(), &[]).await;
        assert!(matches!(refused, Err(BackupError::Exists(_))), "{refused:?}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_store_that_is_used_or_holds_something_is_left_as_it_is() {
    on_every_database(async |db| {
        let (folder, file) = backup_of_johndoe().await;
        let used = restore(&file, &db.url, true).await;
        assert!(matches!(used, Err(RestoreError::InUse(_))), "{used:?}");
        db.with_johndoe().await;
        db.store.close().await;
        let full = restore(&file, &db.url, false).await;
        let expected = "the database is not empty: its table subjects holds 2 rows";
        assert!(full.as_ref().unwrap_err().to_string().starts_with(expected), "{full:?}");
        let store = open_store(&db.url).await;
        assert!(users::find(&mut store.read().await.unwrap(), "johndoe").await.unwrap().is_some());
        store.close().await;
        drop(folder);
    })
    .await;
}

#[tokio::test]
async fn a_store_that_is_replaced_is_put_aside_where_it_is_a_file() {
    on_every_database(async |db| {
        let (_folder, file) = backup_of_johndoe().await;
        fill(db).await;
        let before = dump(&db.store).await;
        db.store.close().await;
        let failing = put(&file, &db.url, true, || Err("the keys".to_owned())).await;
        assert_eq!(failing.unwrap_err().to_string(), "the keys");
        let store = open_store(&db.url).await;
        assert_eq!(dump(&store).await, before, "nothing has changed");
        store.close().await;
        let restored = restore(&file, &db.url, true).await.unwrap();
        assert_eq!(restored.aside.is_some(), db.file().is_some());
        let store = open_store(&db.url).await;
        assert_ne!(dump(&store).await, before);
        store.close().await;
        if let Some(aside) = restored.aside {
            let reader = Reader::open(&sqlite_url(&aside)).await.unwrap();
            let seq = changes::last_seq(&mut reader.read().await.unwrap()).await.unwrap();
            assert_ne!(seq, 0, "it can still be read");
        }
    })
    .await;
}

#[tokio::test]
async fn the_log_of_another_file_is_not_taken_for_that_of_the_restored_one() {
    let (folder, file) = backup_of_johndoe().await;
    let db = harness::sqlite().await;
    fill(&db).await;
    let target = folder.path().join("target.db");
    // What a crash leaves: rows in the log only.
    for end in ["", "-wal"] {
        let from = format!("{}{end}", db.file().unwrap().display());
        fs::copy(from, folder.path().join(format!("target.db{end}"))).unwrap();
    }
    fs::remove_file(&target).unwrap();
    restore(&file, &sqlite_url(&target), false).await.unwrap();
    let store = open_store(&sqlite_url(&target)).await;
    let scopes = scopegate_store::scopes::list(&mut store.read().await.unwrap()).await.unwrap();
    assert_eq!(scopes.len(), 2, "those of the backup");
    store.close().await;
    db.store.close().await;
}

#[tokio::test]
async fn a_damaged_store_can_be_replaced() {
    let (folder, file) = backup_of_johndoe().await;
    let target = folder.path().join("target.db");
    fs::write(&target, vec![7; 9000]).unwrap();
    let refused = restore(&file, &sqlite_url(&target), false).await;
    assert!(matches!(refused, Err(RestoreError::Unreadable(_))), "{refused:?}");
    let restored = restore(&file, &sqlite_url(&target), true).await.unwrap();
    assert_eq!(fs::read(restored.aside.unwrap()).unwrap(), vec![7; 9000]);
    assert!(Reader::open(&sqlite_url(&target)).await.is_ok());
}

#[tokio::test]
async fn a_backup_of_an_older_schema_is_brought_up_to_date() {
    let (folder, file) = backup_of_johndoe().await;
    for sql in [
        "DROP TABLE answered_requests",
        "UPDATE backup_tables SET name = 'authorization_requests', rows = 0 \
         WHERE name = 'answered_requests'",
        include_str!("../../../../migrations/0009_authorization_requests.sql"),
        "DELETE FROM _sqlx_migrations WHERE version >= 16",
    ] {
        run(&file, sql).await;
    }
    for url in [Some(sqlite_url(&folder.path().join("target.db"))), new_postgres()] {
        let Some(url) = url else { continue };
        restore(&file, &url, false).await.unwrap();
        let store = open_store(&url).await;
        assert_eq!(store.check().await, Ok(()));
        assert!(users::find(&mut store.read().await.unwrap(), "johndoe").await.unwrap().is_some());
        store.close().await;
    }
}

async fn backup_of_johndoe() -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().expect("the machine has a folder for temporary files");
    let file = folder.path().join("backup.db");
    let db = harness::sqlite().await;
    db.with_johndoe().await;
    back_up(&db, &file).await.expect("a backup can be made");
    db.store.close().await;
    (folder, file)
}

pub(crate) async fn back_up(db: &Database, to: &Path) -> Result<Vec<CopiedTable>, BackupError> {
    let draft = Draft::take(&db.url, to, "unique").await?;
    let mut conn = draft.read().await?;
    meta::find(&mut conn, "server_key").await?;
    drop(conn);
    draft.finish(&about(), &[key()]).await
}

async fn restore(file: &Path, url: &str, replace: bool) -> Result<Restored, RestoreError> {
    put(file, url, replace, || Ok(())).await
}

async fn put(
    file: &Path,
    url: &str,
    replace: bool,
    keys: impl FnOnce() -> Result<(), String>,
) -> Result<Restored, RestoreError> {
    let backup = Backup::open(file).await?;
    let options = StoreOptions { url: url.to_owned(), synchronous: Synchronous::Full };
    let place = Place::check(&options, replace).await?;
    let folder = tempfile::tempdir().expect("the machine has a folder for temporary files");
    let work = place.workplace(folder.path(), "unique")?;
    let prepared = backup.prepare(&work, &Place::scratch(folder.path(), "unique")).await?;
    let store: &Store = prepared.store();
    store.check().await?;
    let put = place.put(prepared, "stamp", keys).await;
    assert!(!work.exists(), "the draft is gone");
    put
}

fn about() -> About {
    About { made_at: NOW, program: "1.2.3".to_owned() }
}

fn key() -> CarriedFile {
    let content = "the key, of which nobody else knows\n".repeat(9);
    CarriedFile { name: "server.key".to_owned(), content: Zeroizing::new(content) }
}

fn rows(tables: &[CopiedTable], name: &str) -> Option<u64> {
    tables.iter().find(|table| table.name == name).map(|table| table.rows)
}

pub(crate) async fn run(file: &Path, sql: &'static str) {
    let mut conn = AnyConnection::connect(&sqlite_url(file)).await.expect("it is a database");
    sqlx::query(AssertSqlSafe(sql)).execute(&mut conn).await.expect(sql);
    conn.close().await.expect("it closes");
}

/// Whether any file but the backup holds these bytes.
fn holds(folder: &Path, bytes: &[u8]) -> bool {
    let entries = fs::read_dir(folder).expect("a folder");
    entries.map(|entry| entry.expect("an entry").path()).any(|path| {
        let content = fs::read(&path).expect("it is ours");
        !path.ends_with("backup.db") && content.windows(bytes.len()).any(|part| part == bytes)
    })
}
