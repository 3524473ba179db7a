//! Files that are no backups, and backups that somebody has changed: refused in one line.

use std::fs;

use scopegate_store::restore::{Backup, RestoreError};

use crate::{
    backup::{back_up, run},
    copy::fill,
    harness,
};

#[tokio::test]
async fn what_is_no_backup_or_none_of_ours_is_refused() {
    let db = harness::sqlite().await;
    fill(&db).await;
    let folder = tempfile::tempdir().unwrap();
    let good = folder.path().join("good.db");
    back_up(&db, &good).await.unwrap();
    db.store.close().await;
    let content = fs::read(&good).unwrap();
    let text = content.len() / 2;
    for (row, content, sql, expected) in [
        ("a text", b"hello, this is no database at all".to_vec(), "", "is no backup"),
        ("nothing", Vec::new(), "", "is no backup"),
        ("a store", fs::read(db.file().unwrap()).unwrap(), "", "is no backup"),
        ("half of it", content[..text].to_vec(), "", "is damaged"),
        ("a row less", content.clone(), "DELETE FROM scopes WHERE name = 'scope-7'", "is damaged"),
        ("a table less", content.clone(), "DELETE FROM backup_tables WHERE rows = 0", "is damaged"),
        (
            "no day",
            content.clone(),
            "UPDATE backup SET value = '-1' WHERE name = 'made_at'",
            "is damaged",
        ),
        (
            "a trigger",
            content.clone(),
            "CREATE TRIGGER more AFTER UPDATE ON grants BEGIN DELETE FROM audit; END",
            "it holds a trigger more",
        ),
        ("a view", content.clone(), "CREATE VIEW \"a\nb\" AS SELECT 1", "it holds a view a\\nb"),
        ("a table more", content.clone(), "CREATE TABLE more (x)", "its table more is not that"),
        (
            "a column more",
            content.clone(),
            "ALTER TABLE grants ADD COLUMN more TEXT AS (upper(id))",
            "its table grants is not that",
        ),
        ("an index more", content.clone(), "CREATE INDEX more ON users (email)", "its index more"),
        ("another format", content.clone(), "UPDATE backup SET value = '2'", "is no backup"),
        (
            "a newer schema",
            content.clone(),
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, \
             execution_time) SELECT 9999, 'newer', success, checksum, 0 FROM _sqlx_migrations \
             WHERE version = 1",
            "the backup has schema 9999",
        ),
    ] {
        let file = folder.path().join("bad.db");
        fs::write(&file, content).unwrap();
        if !sql.is_empty() {
            run(&file, sql).await;
        }
        let refused = Backup::open(&file).await.map(drop).unwrap_err().to_string();
        assert!(refused.contains(expected) && !refused.contains('\n'), "{row}: {refused}");
    }
    let missing = Backup::open(&folder.path().join("missing.db")).await.map(drop);
    assert!(matches!(missing, Err(RestoreError::File { .. })), "{missing:?}");
}
